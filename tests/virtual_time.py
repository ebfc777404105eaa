"""Requests without waiting: a line whose clock jumps to the next answer."""

from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count
from math import inf

from spend_report.adapters.langsmith.api import Request
from spend_report.adapters.langsmith.concurrency import Answer, Call

type Serve = Callable[[Request], tuple[float, bytes | Exception]]
"""Answers a request: the seconds that it takes, and the body or the exception."""


class VirtualTime:
    """A clock, and a `Line` on which what `serve` answers arrives after its time."""

    def __init__(self, serve: Serve = lambda _request: (0.0, b"")) -> None:
        self._now = 0.0
        self._serve = serve
        self._number = count()
        self._arriving: list[tuple[float, int, Call, bytes | Exception]] = []

    def now(self) -> float:
        """The time in seconds since the beginning."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Nothing happens for so long."""
        self._now += seconds

    def send(self, request: Request, _longest: float) -> bytes:
        """What the asker sends with: `start` has the seconds that it takes."""
        self._seconds, answer = self._serve(request)
        if isinstance(answer, Exception):
            raise answer
        return answer

    def start(self, call: Call, send: Callable[[], bytes]) -> None:
        """See `Line.start`."""
        result: bytes | Exception
        try:
            result = send()
        except Exception as error:  # noqa: BLE001 - as threads do
            result = error
        heappush(self._arriving, (self._now + self._seconds, next(self._number), call, result))

    def answer(self, seconds: float) -> Answer | None:
        """See `Line.answer`."""
        at = self._arriving[0][0] if self._arriving else inf
        if at > self._now + seconds:
            self._now += seconds
            return None
        self._now, _, call, result = heappop(self._arriving)
        return call, result
