"""How fast, how many at once and how long LangSmith is asked."""

import asyncio
import random
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

# LangSmith counts requests per key in windows of this length.
WINDOW_SECONDS = 10.0

# Kept back for writing the reports and the alert, or for a clear failure.
RESERVE_SECONDS = 30.0

# A refused rate halves, but not below a twentieth of the limit; each answer wins a request back.
_SHRINK, _LEAST_SHARE = 0.5, 0.05

# Seconds until a look at a limit that only the answers to requests under way can free.
_SHORTLY = 0.02

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 20.0


class TimeUpError(Exception):
    """Waiting longer would use up the time that is kept back."""


class Pacer:
    """Lets requests through: so many in any ten seconds, so many at once, until time is up.

    Args:
        max_requests_per_10s: the most requests that the server sees in any ten seconds.
        max_concurrent: the most requests under way at once.
        remaining_seconds: the time that the whole function has left; None for no end.
    """

    def __init__(
        self,
        *,
        max_requests_per_10s: int,
        max_concurrent: int,
        remaining_seconds: Callable[[], float] | None = None,
    ) -> None:
        self.max_concurrent = max_concurrent
        self.requests = 0
        self._most = max_requests_per_10s
        self._rate = float(max_requests_per_10s)
        self._under_way = 0
        self._answered: deque[float] = deque()
        self._paused_until = self._next = 0.0
        self._at_once = asyncio.Semaphore(max_concurrent)
        self._remaining = remaining_seconds

    def seconds_left(self) -> float | None:
        """The time for reading, without the reserve; None for no end."""
        return None if self._remaining is None else self._remaining() - RESERVE_SECONDS

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until one more request may go out; it is under way inside the block."""
        async with self._at_once:
            while True:
                wait = self._wait()
                if wait <= 0:
                    break
                await asyncio.sleep(wait)
            self._under_way += 1
            self.requests += 1
            if self._rate < self._most:
                self._next = _now() + WINDOW_SECONDS / self._rate
            try:
                yield
            finally:
                self._under_way -= 1
                self._answered.append(_now())

    def answered_well(self) -> None:
        """A request was answered: go back towards the full rate."""
        self._rate = min(float(self._most), self._rate + 1)

    def too_fast(self, seconds: float) -> None:
        """The server refused the rate: nothing goes out for `seconds`, and then evenly and slower.

        Where others share the limit, less than ours is left: half of what was just sent is tried.
        Answers to requests that were under way together count as one refusal.
        """
        now = _now()
        if now >= self._paused_until:
            sent = self._under_way + len(self._answered)
            self._rate = max(1.0, _LEAST_SHARE * self._most, _SHRINK * min(self._rate, sent))
        self._paused_until = max(self._paused_until, now + seconds)

    async def pause(self, seconds: float) -> None:
        """Wait before another attempt. Raises TimeUpError at once if there is no time for it."""
        left = self.seconds_left()
        if left is not None and seconds >= left:
            raise TimeUpError
        await asyncio.sleep(seconds)

    def _wait(self) -> float:
        """Seconds until the next request may go out, or until it is worth looking again.

        A request counts from when it leaves until ten seconds after its answer. The server saw
        it somewhere in between, so it never sees more than the limit in any ten seconds,
        however unevenly the network delays them.
        """
        now = _now()
        if now < max(self._paused_until, self._next):
            return max(self._paused_until, self._next) - now
        while self._answered and self._answered[0] <= now - WINDOW_SECONDS:
            self._answered.popleft()
        if self._under_way + len(self._answered) < self._most:
            return 0.0
        if not self._answered:
            return _SHORTLY
        return max(_SHORTLY, self._answered[0] + WINDOW_SECONDS - now)


def _now() -> float:
    return asyncio.get_running_loop().time()


def backoff(attempt: int, retry_after: float | None, longest: float = _LONGEST_DELAY) -> float:
    """Seconds to wait after failed attempt number `attempt` (from 1).

    What the server asks for in `Retry-After`, with up to a second on top so that not all come
    back at once; else exponential with full jitter, and at most `longest`:
    https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
    """
    if retry_after is not None:
        return retry_after + random.random()  # noqa: S311 - jitter is no secret
    ceiling: float = min(longest, _FIRST_DELAY * 2 ** (attempt - 1))
    return ceiling * random.random()  # noqa: S311 - jitter is no secret
