"""Many requests side by side: each on a thread of its own, everything else on the caller's.

A thread sends one request, decodes the answer and is gone. What to ask next, how fast, and
whether to ask again is decided in one place and on one thread, so nothing here needs a lock.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from contextvars import copy_context
from heapq import heappop, heappush
from itertools import count
from math import isinf
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Protocol

from msgspec import Struct

from spend_report.adapters.langsmith.api import PassingError, Request
from spend_report.adapters.langsmith.decoder import UnreadablePageError
from spend_report.adapters.langsmith.pacing import WINDOW_SECONDS, Pacer, TimeUpError, backoff
from spend_report.errors import LangSmithError, LangSmithRefusedError

# A request that hangs is cheaper to repeat than to wait for; one that is slow gets longer.
_TIMEOUTS = (10.0, 20.0, 40.0, 60.0)
_MOST_ATTEMPTS = 10
# Of work that waits, most of which holds a page.
_MOST_WORK = 16
# A shared rate limit passes; only time bounds how often we come back, or this where there is none.
_MOST_RATE_REFUSALS = 60


type Work = Callable[[], None]
"""What is done while nothing is to be sent."""

type Next = Call | Work
"""What follows from an answer."""


def _raise(error: LangSmithRefusedError) -> Iterable[Next]:
    raise error


class Call(Struct):
    """A request, and what becomes of its answer.

    `decode` makes something of the body, on the request's thread. `then` takes that and says what
    follows; so does `refused`, unless the refusal is an error.
    """

    request: Request
    decode: Callable[[bytes], Any]
    then: Callable[[Any], Iterable[Next]]
    refused: Callable[[LangSmithRefusedError], Iterable[Next]] = _raise
    attempts: int = 0
    rate_refusals: int = 0


type Answer = tuple[Call, Any]
"""A call and what was decoded, or the exception that it ended with."""


class Line(Protocol):
    """What carries calls side by side."""

    def start(self, call: Call, work: Callable[[], Any]) -> None:
        """Do `work`, whose result is the answer to `call`."""
        ...

    def answer(self, seconds: float) -> Answer | None:
        """The next answer; None if there is none within `seconds`, which may be infinite."""
        ...


class Threads:
    """A `Line` of threads. They are daemons: nobody waits for a silent server, not even the end."""

    def __init__(self) -> None:
        self._answers: SimpleQueue[Answer] = SimpleQueue()

    def start(self, call: Call, work: Callable[[], Any]) -> None:
        """See `Line.start`."""

        def run() -> None:
            try:
                result = work()
            except Exception as error:  # noqa: BLE001 - raised again where the answers are read
                result = error
            self._answers.put((call, result))

        Thread(target=run, name="langsmith", daemon=True).start()

    def answer(self, seconds: float) -> Answer | None:
        """See `Line.answer`."""
        try:
            return self._answers.get(timeout=None if isinf(seconds) else max(0.0, seconds))
        except Empty:
            return None


def begun[Result](work: Callable[[], Result]) -> "Future[Result]":
    """What `work` comes to, on a thread like those: one that nobody waits for at the end."""
    future = Future[Result]()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is read
            future.set_exception(error)

    # With the caller's context: money is added up as exactly there as here.
    Thread(target=copy_context().run, args=[run], name="langsmith", daemon=True).start()
    return future


class Asker:
    """Asks until all is answered: at the pacer's pace, again where that helps.

    Args:
        send: sends a request that may take so many seconds, as `LangSmithApi.send`.
        pacer: says when the next request may go out.
        server: names the server in errors.
        line: makes what carries the requests.
    """

    def __init__(
        self,
        send: Callable[[Request, float], bytes],
        pacer: Pacer,
        server: str,
        line: Callable[[], Line] = Threads,
    ) -> None:
        self.last_failure = ""
        self._send = send
        self._pacer = pacer
        self._server = server
        self._line = line
        self._number = count()

    def ask(self, first: Iterable[Next]) -> None:
        """Ask and do `first`, and whatever follows from it.

        Raises:
            TimeUpError: the time that is kept back would be used up.
            LangSmithError: one of them failed; those under way are abandoned.
        """
        # Nobody will hear what comes back on a line that was abandoned.
        line, pacer = self._line(), self._pacer
        ready, later, under_way = deque[Call](), list[tuple[float, int, Call]](), 0
        work = deque[Work]()
        _deal_out(first, ready, work)
        try:
            while ready or later or under_way or work:
                wait = pacer.seconds_left()
                while later and later[0][0] <= pacer.now():
                    ready.append(heappop(later)[-1])
                while ready and (turn := pacer.wait()) <= 0:
                    self._start(line, ready.popleft())
                    under_way += 1
                if ready:
                    wait = min(wait, turn)
                if later:
                    wait = min(wait, later[0][0] - pacer.now())
                answer = _answer_or_work(line, wait, work)
                if answer is None:
                    continue
                pacer.ended()
                under_way -= 1
                call, result = answer
                if isinstance(result, PassingError):
                    again = pacer.now() + self._seconds_until_retry(call, result)
                    heappush(later, (again, next(self._number), call))
                else:
                    self._follow(call, result, ready, work)
        finally:
            for _ in range(under_way):
                pacer.ended()

    def _start(self, line: Line, call: Call) -> None:
        self._pacer.sent()
        seconds = _TIMEOUTS[min(call.attempts, len(_TIMEOUTS) - 1)]

        def work() -> Any:
            body = self._send(call.request, seconds)
            try:
                return call.decode(body)
            except UnreadablePageError as error:
                raise PassingError("an answer that is not a page of JSON") from error

        line.start(call, work)

    def _follow(self, call: Call, result: Any, ready: deque[Call], work: deque[Work]) -> None:
        if isinstance(result, LangSmithRefusedError):
            following = call.refused(result)
        elif isinstance(result, Exception):
            raise result
        else:
            self._pacer.answered_well()
            following = call.then(result)
        _deal_out(following, ready, work)

    def _seconds_until_retry(self, call: Call, error: PassingError) -> float:
        self.last_failure = str(error)
        if error.rate_refused:
            call.rate_refusals += 1
            seconds = backoff(call.rate_refusals, error.retry_after, WINDOW_SECONDS)
        else:
            call.attempts += 1
            seconds = backoff(call.attempts, error.retry_after)
        if call.attempts >= _MOST_ATTEMPTS or call.rate_refusals >= _MOST_RATE_REFUSALS:
            raise LangSmithError(
                f"LangSmith at {self._server} failed {call.attempts + call.rate_refusals} times in "
                f"a row, last: {self.last_failure}. That day's report was not written; run it again"
            ) from error
        if seconds >= self._pacer.seconds_left():
            raise TimeUpError
        if error.rate_refused:
            self._pacer.too_fast(seconds)
        return seconds


def _deal_out(items: Iterable[Next], ready: deque[Call], work: deque[Work]) -> None:
    for item in items:
        if isinstance(item, Call):
            ready.append(item)
        else:
            work.append(item)


def _answer_or_work(line: Line, seconds: float, work: deque[Work]) -> Answer | None:
    """The next answer within `seconds`, or None and some `work` done if there is any.

    An answer comes first, since its server waits for the next request: pages are asked for before
    the last ones are worked up, as long as not too many of them wait for that.
    """
    if len(work) < _MOST_WORK:
        answer = line.answer(0 if work else seconds)
        if answer is not None:
            return answer
    if work:
        work.popleft()()
    return None
