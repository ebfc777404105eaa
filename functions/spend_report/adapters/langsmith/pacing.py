"""How fast, how many at once and how long LangSmith is asked.

Only arithmetic on a clock: nothing here sleeps, and one thread alone asks and tells it.
"""

import random
import time
from collections import deque
from collections.abc import Callable
from math import inf

# LangSmith counts requests per key in windows of this length.
WINDOW_SECONDS = 10.0

# Kept back for writing the reports and the alert, or for a clear failure.
RESERVE_SECONDS = 30.0

# A refused rate halves, but not below a twentieth of the limit; each answer wins a request back.
_SHRINK, _LEAST_SHARE = 0.5, 0.05

_FIRST_DELAY, _LONGEST_DELAY = 0.5, 20.0


class TimeUpError(Exception):
    """Waiting longer would use up the time that is kept back."""


class Pacer:
    """Lets requests through: so many in any ten seconds, so many at once, until time is up.

    Args:
        max_requests_per_10s: the most requests that the server sees in any ten seconds.
        max_concurrent: the most requests under way at once.
        remaining_seconds: the time that the whole function has left; None for no end.
        now: a clock in seconds.
    """

    def __init__(
        self,
        *,
        max_requests_per_10s: int,
        max_concurrent: int,
        remaining_seconds: Callable[[], float] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.max_concurrent = max_concurrent
        self.requests = 0
        self.now = now
        self._most = max_requests_per_10s
        self._rate = float(max_requests_per_10s)
        self._under_way = 0
        self._counted_until: deque[float] = deque()  # of requests that were answered
        self._paused_until = self._next = 0.0
        self._remaining = remaining_seconds

    def seconds_left(self) -> float:
        """The time for reading, without the reserve. Raises TimeUpError if there is none."""
        left = inf if self._remaining is None else self._remaining() - RESERVE_SECONDS
        if left <= 0:
            raise TimeUpError
        return left

    def wait(self) -> float:
        """Seconds until the next request may go out; infinity until another one was answered.

        A request counts from when it leaves until ten seconds after its answer. The server saw
        it somewhere in between, so it never sees more than the limit in any ten seconds,
        however unevenly the network delays them.
        """
        if self._under_way >= self.max_concurrent:
            return inf
        now = self.now()
        if now < max(self._paused_until, self._next):
            return max(self._paused_until, self._next) - now
        while self._counted_until and self._counted_until[0] <= now:
            self._counted_until.popleft()
        if self._under_way + len(self._counted_until) < self._most:
            return 0.0
        return self._counted_until[0] - now if self._counted_until else inf

    def sent(self) -> None:
        """A request went out."""
        self._under_way += 1
        self.requests += 1
        if self._rate < self._most:
            self._next = self.now() + WINDOW_SECONDS / self._rate

    def ended(self) -> None:
        """A request was answered, well or not, or nobody waits for it any more."""
        self._under_way -= 1
        self._counted_until.append(self.now() + WINDOW_SECONDS)

    def answered_well(self) -> None:
        """The answer was good: go back towards the full rate."""
        self._rate = min(float(self._most), self._rate + 1)

    def too_fast(self, seconds: float) -> None:
        """The server refused the rate: nothing goes out for `seconds`, and then evenly and slower.

        Where others share the limit, less than ours is left: half of what was just sent is tried.
        Answers to requests that were under way together count as one refusal.
        """
        now = self.now()
        if now >= self._paused_until:
            sent = self._under_way + len(self._counted_until)
            self._rate = max(1.0, _LEAST_SHARE * self._most, _SHRINK * min(self._rate, sent))
        self._paused_until = max(self._paused_until, now + seconds)


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
