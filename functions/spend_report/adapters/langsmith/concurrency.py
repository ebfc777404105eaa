"""Many requests side by side: each on a thread of its own, everything else on the caller's.

A thread sends one request and is gone with the answer. What is in it, what to ask next, how fast,
and whether to ask again is found out in one place and on one thread, so nothing here needs a lock.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from functools import partial
from heapq import heappop, heappush
from itertools import count
from math import isinf
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Protocol

from msgspec import Struct

from spend_report.adapters.langsmith.api import PassingError, Request
from spend_report.adapters.langsmith.decoder import UnreadablePageError
from spend_report.adapters.langsmith.pacing import WINDOW_SECONDS, Pacer, TimeUpError, backoff
from spend_report.errors import LangSmithError, LangSmithRefusedError

# A request that hangs is cheaper to repeat than to wait for; one that is slow gets longer.
_TIMEOUTS = (10.0, 20.0, 40.0, 60.0)
_MOST_ATTEMPTS = 10
# Of work that waits, which may hold a page each.
_MOST_WORK = 16
# A shared rate limit passes; only time bounds how often we come back, or this where there is none.
_MOST_RATE_REFUSALS = 60


type Work = Callable[[], Iterable[Next] | None]
"""What is done while nothing is to be sent, and may have something follow as well."""

type Next = Call | Work
"""What follows from an answer."""


def _raise(error: LangSmithRefusedError) -> Iterable[Next]:
    raise error


class Call(Struct):
    """A request, and what becomes of its answer.

    `then` takes the body and says what follows, or raises UnreadablePageError; `refused` says
    what follows from a refusal, unless that is an error. What is not wanted any more is dropped
    when it arrives, and not asked for again.
    """

    request: Request
    then: Callable[[bytes], Iterable[Next]]
    refused: Callable[[LangSmithRefusedError], Iterable[Next]] = _raise
    is_wanted: bool = True
    attempts: int = 0
    rate_refusals: int = 0


type Answer = tuple[Call, bytes | Exception]
"""A call and the body of its answer, or the exception that it ended with."""


class Line(Protocol):
    """What carries calls side by side."""

    def start(self, call: Call, send: Callable[[], bytes]) -> None:
        """Do `send`, whose result is the answer to `call`."""
        ...

    def answer(self, seconds: float) -> Answer | None:
        """The next answer; None if there is none within `seconds`, which may be infinite."""
        ...


class Threads:
    """A `Line` of threads. They are daemons: nobody waits for a silent server, not even the end."""

    def __init__(self) -> None:
        self._answers: SimpleQueue[Answer] = SimpleQueue()

    def start(self, call: Call, send: Callable[[], bytes]) -> None:
        """See `Line.start`."""

        def run() -> None:
            result: bytes | Exception
            try:
                result = send()
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

    Thread(target=run, name="langsmith", daemon=True).start()
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
        self.send = send
        self.pacer = pacer
        self._server = server
        self._line = line

    def ask(self, first: Iterable[Next]) -> None:
        """Ask and do `first`, and whatever follows from it. Raises like `Asking.go_on`."""
        self.begin(first).go_on()

    def begin(self, first: Iterable[Next]) -> "Asking":
        """The same begun; before it is gone on with to its end, nothing else may be begun.

        Raises TimeUpError.
        """
        # Nobody will hear what comes back on a line that was abandoned.
        asking = Asking(self, self._line())
        asking.also(first)
        return asking

    def seconds_until_retry(self, call: Call, error: PassingError) -> float:
        """After `error`. Raises LangSmithError where it is one too many, and TimeUpError."""
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
        if seconds >= self.pacer.seconds_left():
            raise TimeUpError
        if error.rate_refused:
            self.pacer.too_fast(seconds)
        return seconds


class Asking:
    """What is being asked, over `line`."""

    def __init__(self, asker: Asker, line: Line) -> None:
        self._asker = asker
        self._pacer = asker.pacer
        self._line = line
        self._ready = deque[Call]()
        self._later: list[tuple[float, int, Call]] = []
        self._under_way = 0
        self._work = deque[Work]()
        self._number = count()

    def also(self, more: Iterable[Next]) -> None:
        """Ask and do `more` as well; what may be sent by now is. Raises TimeUpError."""
        for item in more:
            if isinstance(item, Call):
                self._ready.append(item)
            else:
                self._work.append(item)
        self._send()

    def go_on(self, until: Callable[[], bool] = lambda: False) -> None:
        """Go on to the end, or `until` that is so and all work that came up is done.

        Raises:
            TimeUpError: the time that is kept back would be used up.
            LangSmithError: a call failed; those under way are abandoned.
        """
        try:
            while self._is_open() and (self._work or not until()):
                self._take_step()
        except BaseException:
            for _ in range(self._under_way):
                self._pacer.ended()
            raise

    def _is_open(self) -> bool:
        return bool(self._ready or self._later or self._under_way or self._work)

    def _take_step(self) -> None:
        pacer, later = self._pacer, self._later
        while later and later[0][0] <= pacer.now():
            self._ready.append(heappop(later)[-1])
        wait = self._send()
        if later:
            wait = min(wait, later[0][0] - pacer.now())
        answer = self._answer_or_work(wait)
        if answer is None:
            return
        pacer.ended()
        self._under_way -= 1
        call, result = answer
        if not call.is_wanted:
            return
        try:
            self.also(self._following(call, result))
        except PassingError as error:
            again = pacer.now() + self._asker.seconds_until_retry(call, error)
            heappush(later, (again, next(self._number), call))

    def _send(self) -> float:
        """Send what may be sent; the seconds until more may, or time is up. Raises TimeUpError."""
        left = self._pacer.seconds_left()
        while self._ready:
            if (wait := self._pacer.wait()) > 0:
                return min(left, wait)
            self._pacer.sent()
            self._under_way += 1
            call = self._ready.popleft()
            seconds = _TIMEOUTS[min(call.attempts, len(_TIMEOUTS) - 1)]
            self._line.start(call, partial(self._asker.send, call.request, seconds))
        return left

    def _answer_or_work(self, seconds: float) -> Answer | None:
        """The next answer within `seconds`, or None and some work done if there is any.

        An answer comes first, since its server waits for the next request: pages are asked for
        before the last ones are worked up, as long as not too many of them wait for that.
        """
        work = self._work
        if len(work) < _MOST_WORK:
            answer = self._line.answer(0 if work else seconds)
            if answer is not None:
                return answer
        if work:
            self.also(work.popleft()() or ())
        return None

    def _following(self, call: Call, result: bytes | Exception) -> Iterable[Next]:
        if isinstance(result, LangSmithRefusedError):
            return call.refused(result)
        if isinstance(result, Exception):
            raise result
        try:
            following = call.then(result)
        except UnreadablePageError as error:
            raise PassingError("an answer that is not a page of JSON") from error
        self._pacer.answered_well()
        return following
