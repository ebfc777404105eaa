"""Windows of time that are read side by side, each newest run first.

Windows of equal length hold very unequal numbers of runs. So a day is cut as an earlier day's hours
suggest, and when a window is found to hold more than its share while others are done, what is left
of it is cut again. Windows never overlap, so a run belongs to exactly one.
"""

from array import array
from bisect import bisect
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import accumulate, islice, pairwise
from operator import attrgetter, gt

from spend_report.adapters.langsmith.decoder import Page
from spend_report.domain.runs.id_hashes import hashes
from spend_report.domain.runs.run import Project, Run
from spend_report.errors import LangSmithError

# Whether LangSmith's bounds are inclusive, and how finely it compares, is not documented: ask for
# a little more on both sides and decide here.
_PADDING = timedelta(milliseconds=1)

# A server whose cursor never ends repeats runs or sends empty pages; a few of those are normal.
_MOST_FRUITLESS_PAGES = 20
_MOST_FRUITLESS_RESTARTS = 3

# A window that shall hold fewer runs than this is not worth a request.
_FEWEST_RUNS = 250

# Each cut costs at most one page that is not full. With these, and the windows of the start, a
# million runs stay within 1,100 requests.
_FREE_CUTS = 32
_PAGES_PER_CUT = 20

# A batch of runs that all start at once may fill pages. To cut there would mean to read them again.
_SHORTEST_SPAN = timedelta(milliseconds=100)

_ID, _START = attrgetter("id"), attrgetter("start_time")


@dataclass(slots=True, eq=False)
class Window:
    """The runs of `project` with `start <= start_time < end`, read down to `oldest`.

    `upto` is the upper bound of the current query, `cursor` where it goes on. `density` is the
    number of runs per second in the newest page; None before the first, and where it covers too
    little time to tell.
    """

    project: Project
    start: datetime
    end: datetime
    oldest: datetime = field(init=False)
    upto: datetime = field(init=False)
    cursor: str | None = None
    done: bool = False
    density: float | None = None
    _hashes: "array[int]" = field(default_factory=lambda: array("q"))
    _fruitless_pages: int = 0
    _fruitless_restarts: int = 0

    def __post_init__(self) -> None:
        self.oldest = self.upto = self.end

    @property
    def bounds(self) -> tuple[str, str]:
        """The bounds to ask for, in RFC 3339."""
        return (self.start - _PADDING).isoformat(), (self.upto + _PADDING).isoformat()

    @property
    def left(self) -> timedelta:
        """The part of the window that was not read yet."""
        return timedelta() if self.done else self.oldest - self.start

    def accept(self, page: Page) -> Sequence[Run]:
        """The runs of `page` that are the window's and were not seen before."""
        before = self.oldest
        fresh, starts, ids = page.runs, list(map(_START, page.runs)), list(map(_ID, page.runs))
        if not self._all_fresh(starts) or len(set(ids)) < len(ids):
            fresh = self._fresh(page.runs)
            starts, ids = list(map(_START, fresh)), list(map(_ID, fresh))
        if fresh:
            self.oldest = min(before, *starts)
            if page.next_cursor is not None:
                self._hashes.frombytes(hashes(ids))
            self._fruitless_pages = self._fruitless_restarts = 0
        else:
            self._fruitless_pages += 1
        span = before - self.oldest
        self.density = len(fresh) / span.total_seconds() if span > _SHORTEST_SPAN else None
        self.cursor = page.next_cursor
        self.done = page.next_cursor is None
        if self._fruitless_pages > _MOST_FRUITLESS_PAGES and not self.done:
            raise LangSmithError(
                f"LangSmith sent {self._fruitless_pages} pages without a new run for project "
                f"{self.project.name!r}, each with a cursor to the next: its cursor does not end. "
                "Run the day again; if it stays, report it to LangSmith"
            )
        return fresh

    def restart(self) -> None:
        """Go on from the oldest run seen with a new query, because the cursor is refused."""
        self._fruitless_restarts += 1
        if self._fruitless_restarts > _MOST_FRUITLESS_RESTARTS:
            raise LangSmithError(
                f"LangSmith refuses its own cursor for project {self.project.name!r} again and "
                "again. Run the day again; if it stays, report it to LangSmith"
            )
        self._requery()

    def expected(self) -> float | None:
        """How many runs are left if they lie as densely as in the newest page."""
        return None if self.density is None else self.density * self.left.total_seconds()

    def cut(self, parts: int) -> list["Window"]:
        """Cut what is left into `parts`, keep the newest and return the others, newest first."""
        step = self.left / parts
        edges = [self.start + step * index for index in range(parts)]
        older = [Window(self.project, start, end) for start, end in pairwise(edges) if start < end]
        if older:
            self.start = edges[-1]
            self._requery()
        return older[::-1]

    def _requery(self) -> None:
        self.cursor, self.upto = None, self.oldest

    def _all_fresh(self, starts: Sequence[datetime]) -> bool:
        """Whether runs that start so are the window's, and none was seen on an earlier page.

        That is so where each starts before the one in front of it, and the first before all runs
        that were seen.
        """
        return not starts or (
            starts[0] < self.oldest
            and starts[-1] >= self.start
            and all(map(gt, starts, islice(starts, 1, None)))
        )

    def _fresh(self, runs: Sequence[Run]) -> Sequence[Run]:
        """Those of `runs` that lie in the window and are new.

        The ids are compared by their hashes, eight bytes a run instead of ninety.
        """
        seen = set(self._hashes)
        fresh: list[Run] = []
        for run in runs:
            if self.start <= run.start_time < self.end and hash(run.id) not in seen:
                seen.add(hash(run.id))
                fresh.append(run)
        return fresh


def windows(
    project: Project, start: datetime, end: datetime, count: int, shares: Sequence[int] = ()
) -> list[Window]:
    """`count` windows that cover `start` to `end`, each for as many runs as the others.

    `shares` are those of equal parts of the time, as they are expected; without any, the windows
    are of the same length.
    """
    sums = [*accumulate((max(0, share) for share in shares), initial=0)]
    if not sums[-1]:
        sums = [0, 1]
    part = (end - start) / (len(sums) - 1)
    edges = [start]
    for index in range(1, count):
        share = sums[-1] * index / count
        before = bisect(sums, share) - 1
        within = (share - sums[before]) / (sums[before + 1] - sums[before])
        edges.append(start + part * (before + within))
    return [Window(project, *pair) for pair in pairwise([*edges, end])]


class Cutter:
    """Decides which windows to cut so that as many are read at once as may be."""

    def __init__(self, max_concurrent: int) -> None:
        self._max_concurrent = max_concurrent
        self._pages = 0
        self._cuts = 0

    def has_room(self, windows: Collection[Window]) -> bool:
        """Whether more than these may be read at once."""
        return len(windows) < self._max_concurrent

    def cut(self, window: Window, others: Collection[Window]) -> list[Window]:
        """New windows out of `window`, whose page just came, for those that may be read besides.

        `others` are all that are being read or wait for it.
        """
        self._pages += 1
        idle = self._max_concurrent - 1 - len(others)
        parts = min(self._parts(window, others), idle + 1)
        older = window.cut(parts) if parts > 1 else []
        self._cuts += len(older)
        return older

    def _parts(self, window: Window, others: Iterable[Window]) -> int:
        """Into how many parts `window` falls if all are to hold the same number of runs."""
        own, density = window.expected(), window.density
        if own is None or density is None or own < 2 * _FEWEST_RUNS:
            return 1
        # What is unknown is taken to be as dense as this one.
        total = own + sum(
            expected
            if (expected := other.expected()) is not None
            else density * other.left.total_seconds()
            for other in others
        )
        share = round(own * self._max_concurrent / total)
        allowed = 1 + _FREE_CUTS + self._pages // _PAGES_PER_CUT - self._cuts
        return min(share, int(own / _FEWEST_RUNS), allowed)
