"""Pages of runs: what is asked for, window by window."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import batched
from typing import Any, NamedTuple

from spend_report.adapters.langsmith.api import Request
from spend_report.adapters.langsmith.concurrency import Call, Next, Work
from spend_report.adapters.langsmith.decoder import (
    Page,
    PageDecoder,
    UnreadablePageError,
    cursor_at_end,
)
from spend_report.adapters.langsmith.windows import Cutter, Window
from spend_report.domain.runs.run import Project, Run
from spend_report.errors import LangSmithRefusedError, UnknownProjectError
from spend_report.ports import Take

PAGE_SIZE = 1000

# Never INPUTS, OUTPUTS, EVENTS, EXTRA or MANIFEST: they are heavy and carry people's prompts.
RUN_SELECTS = [
    *("ID", "START_TIME", "END_TIME", "STATUS", "NAME", "METADATA"),
    *("PARENT_RUN_IDS", "TRACE_ID", "DOTTED_ORDER"),
    *("PROMPT_TOKENS", "COMPLETION_TOKENS", "TOTAL_TOKENS", "TOTAL_COST"),
    *("PROMPT_TOKEN_DETAILS", "COMPLETION_TOKEN_DETAILS"),
]
ANCESTOR_SELECTS = ["ID", "START_TIME", "NAME", "METADATA"]

# The pages of a day of sixteen windows, half as large again as they usually are.
_MOST_UNREAD = 32_000_000  # in bytes

# What a refused cursor may be answered with; without a cursor the same statuses are errors.
_CURSOR_REFUSED = frozenset({400, 404, 410, 422})
_NOT_FOUND = 404

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# How far a run's start may lie from what its children know of it.
_AROUND_STARTS = timedelta(minutes=1)


_QUERY = "/api/v2/runs/query"


class Pages:
    """Makes the calls that fetch the next page of a window.

    `decode` makes a page of what they are answered with, or raises UnreadablePageError.
    """

    def __init__(self, decoder: PageDecoder) -> None:
        self.decode = decoder.decode

    def next(
        self, window: Window, then: Callable[[bytes | None], Iterable[Next]], **query: Any
    ) -> Call:
        """The call for the next page of `window`, of which `query` says what is asked for.

        `then` gets the answer, or None if the window's cursor was refused.
        """
        low, high = window.bounds
        query |= {"min_start_time": low, "max_start_time": high, "page_size": PAGE_SIZE}
        if window.cursor:
            query["cursor"] = window.cursor

        def refused(error: LangSmithRefusedError) -> Iterable[Next]:
            if "cursor" in query and error.status in _CURSOR_REFUSED:
                return then(None)
            if error.status == _NOT_FOUND:
                raise UnknownProjectError(
                    f"{error}: it does not know project {window.project.name!r} any more, or it is "
                    "self-hosted and older than 0.16, without the v2 API"
                ) from error
            raise error

        return Call(Request("POST", _QUERY, query), then, refused)


class _Unread(NamedTuple):
    """A page that waits: the cursor by which it was asked for, and what was asked for behind it."""

    cursor: str | None
    body: bytes
    following: Call


class DayReading:
    """Reads all LLM runs of a span of time, and knows how far it came.

    Args:
        pages: makes the calls.
        start: where the span begins; it ends before `end`.
        first: the windows to begin with, which cover the span for each project.
        take: takes the runs.
        max_concurrent: how many windows may be read at once.
    """

    def __init__(
        self,
        pages: Pages,
        start: datetime,
        end: datetime,
        first: Sequence[Window],
        *,
        take: Take,
        max_concurrent: int,
    ) -> None:
        self.runs: Counter[str] = Counter()
        self.unreadable = 0
        self._pages = pages
        self._projects = list(dict.fromkeys(window.project for window in first))
        self._span = (start, end)
        self._left = (end - start) * len(self._projects)
        self._take = take
        self._cutter = Cutter(max_concurrent)
        self._open = [*first]
        self._unread: dict[Window, _Unread] = {}
        self._broken: set[Window] = set()  # windows that had a page that could not be read

    def calls(self) -> list[Call]:
        """The calls that read the windows to their ends, cutting those that turn out to be full."""
        return list(map(self._next, self._open))

    @property
    def is_done(self) -> bool:
        """Whether all windows were read to their ends."""
        return not self._open

    def progress(self) -> str:
        """How far reading came, for a person."""
        for window in [*self._unread]:  # what has arrived counts
            self._catch_up(window)
        start, end = self._span
        whole = (end - start) * len(self._projects)
        share = 1 - self._left / whole if whole else 1
        names = ", ".join(project.name for project in self._projects)
        return (
            f"read {self.runs.total():,} runs, {share:.0%} of {start:%Y-%m-%dT%H:%MZ} to "
            f"{end:%Y-%m-%dT%H:%MZ} of {names}"
        )

    def _next(self, window: Window) -> Call:
        then = partial(self._add, window)
        project = [window.project.id]
        return self._pages.next(
            window, then, project_ids=project, run_type="LLM", selects=RUN_SELECTS
        )

    def _add(self, window: Window, body: bytes | None) -> Iterable[Next]:
        if again := self._catch_up(window):
            return again
        if body is None:
            window.restart()
            return [self._next(window)]
        if cursor := self._cursor_ahead(window, body):
            asked, window.cursor = window.cursor, cursor
            following = self._next(window)
            self._unread[window] = _Unread(asked, body, following)
            return [following, partial(self._catch_up, window)]
        taking = self._accept(window, self._pages.decode(body))
        self._open.remove(window)
        unfinished = [] if window.done else [window, *self._cutter.cut(window, self._open)]
        self._open += unfinished
        return [*map(self._next, unfinished), taking]

    def _cursor_ahead(self, window: Window, body: bytes) -> str | None:
        """The cursor by which to ask for the next page before this one is read, if that may be.

        A server that waits costs more than a page that does. Only who may cut the window has to
        know first what is in the page.
        """
        if window in self._broken or self._cutter.has_room(self._open):
            return None
        waiting = sum(len(unread.body) for unread in self._unread.values())
        return cursor_at_end(body) if waiting + len(body) <= _MOST_UNREAD else None

    def _catch_up(self, window: Window) -> Iterable[Call]:
        """Read the page of `window` that waits, if one does.

        If it cannot be read, that follows: it is asked for again, and what is behind it after it.
        """
        unread = self._unread.pop(window, None)
        if unread is None:
            return []
        try:
            page = self._pages.decode(unread.body)
        except UnreadablePageError:
            unread.following.is_wanted = False
            self._broken.add(window)
            window.cursor = unread.cursor
            return [self._next(window)]
        self._accept(window, page)()
        return []

    def _accept(self, window: Window, page: Page) -> Work:
        """Count the runs of `page`, and say how to take them."""
        before = window.left
        runs = window.accept(page)
        self._left -= before - window.left
        self.unreadable += page.unreadable
        self.runs[window.project.id] += len(runs)
        return partial(self._take, window.project, runs)


class LookUp:
    """Looks up runs by their ids, each once.

    Args:
        pages: makes the calls.
        projects: where to look.
        ids: the ids, and their starts as far as these are known.
        unknown_start: the span in which the others are searched.
        take: takes the runs that were found.
        query: what else is asked for of them.
    """

    def __init__(
        self,
        pages: Pages,
        projects: Sequence[Project],
        ids: Mapping[str, datetime | None],
        unknown_start: tuple[datetime, datetime],
        take: Callable[[Sequence[Run]], None],
        **query: Any,
    ) -> None:
        self._pages = pages
        self._project = Project("", ", ".join(project.name for project in projects), "")
        # One id that is none would have LangSmith refuse the whole request.
        self._ids = {id_: at for id_, at in ids.items() if _UUID.fullmatch(id_)}
        self._unknown_start = unknown_start
        self._take = take
        self._unanswered = 0
        self._query = {"project_ids": [project.id for project in projects], **query}

    def calls(self) -> list[Call]:
        """The calls that look them up, as many in each as a page holds."""
        # Sorted by their starts, so that the windows of the requests are small.
        known = sorted((at, id_) for id_, at in self._ids.items() if at is not None)
        unknown = (id_ for id_, at in self._ids.items() if at is None)
        calls = [
            self._first((chunk[0][0], chunk[-1][0]), [id_ for _, id_ in chunk])
            for chunk in batched(known, PAGE_SIZE, strict=False)
        ] + [
            self._first(self._unknown_start, list(ids))
            for ids in batched(unknown, PAGE_SIZE, strict=False)
        ]
        self._unanswered = len(calls)
        return calls

    @property
    def is_done(self) -> bool:
        """Whether all that were called for were found, or do not exist."""
        return not self._unanswered

    def _first(self, span: tuple[datetime, datetime], ids: list[str]) -> Call:
        window = Window(self._project, span[0] - _AROUND_STARTS, span[1] + _AROUND_STARTS)
        return self._next(window, ids, set(ids))

    def _next(self, window: Window, ids: list[str], missing: set[str]) -> Call:
        then = partial(self._add, window, ids, missing)
        return self._pages.next(window, then, ids=ids, **self._query)

    def _add(
        self, window: Window, ids: list[str], missing: set[str], body: bytes | None
    ) -> Iterable[Call]:
        if body is None:
            window.restart()
        else:
            accepted = window.accept(self._pages.decode(body))
            # A server may send more than what it was asked for.
            found = [run for run in accepted if run.id in missing]
            missing.difference_update(run.id for run in found)
            self._take(found)
        if missing and not window.done:
            return [self._next(window, ids, missing)]
        self._unanswered -= 1
        return []
