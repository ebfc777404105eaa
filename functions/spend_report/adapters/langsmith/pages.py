"""Pages of runs: what is asked for, window by window."""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import batched, chain
from typing import Any

from spend_report.adapters.langsmith.api import LangSmithApi
from spend_report.adapters.langsmith.decoder import Page, PageDecoder
from spend_report.adapters.langsmith.tasks import cancel, together
from spend_report.adapters.langsmith.windows import Cutter, Window, equal_windows
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

# What a refused cursor may be answered with; without a cursor the same statuses are errors.
_CURSOR_REFUSED = frozenset({400, 404, 410, 422})
_NOT_FOUND = 404

_UUID = re.compile("[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")

# How far a run's start may lie from what its children know of it.
_AROUND_STARTS = timedelta(minutes=1)


class PageSource:
    """Fetches the next page of a window."""

    def __init__(self, api: LangSmithApi, decoder: PageDecoder) -> None:
        self._api = api
        self._decode = decoder.decode

    async def page(self, window: Window, **query: Any) -> Page | None:
        """The next page of `window`; None if its cursor was refused."""
        low, high = window.bounds
        query |= {"min_start_time": low, "max_start_time": high, "page_size": PAGE_SIZE}
        if window.cursor:
            query["cursor"] = window.cursor
        try:
            return await self._api.query(query, self._decode)
        except LangSmithRefusedError as error:
            if window.cursor and error.status in _CURSOR_REFUSED:
                return None
            if error.status == _NOT_FOUND:
                raise UnknownProjectError(
                    f"{error}: it does not know project {window.project.name!r} any more, or it is "
                    "self-hosted and older than 0.16, without the v2 API"
                ) from error
            raise


class DayReading:
    """Reads all LLM runs of a span of time, and knows how far it came."""

    def __init__(
        self, source: PageSource, start: datetime, end: datetime, first: Mapping[Project, int]
    ) -> None:
        """`first` says into how many windows each project's time is cut to begin with."""
        self.runs: Counter[str] = Counter()
        self.unreadable = 0
        self._source = source
        self._projects = list(first)
        self._span = (start, end)
        self._left = (end - start) * len(first)
        self._waiting = deque(
            chain.from_iterable(
                equal_windows(project, start, end, count) for project, count in first.items()
            )
        )

    def progress(self) -> str:
        """How far reading came, for a person."""
        start, end = self._span
        whole = (end - start) * len(self._projects)
        share = 1 - self._left / whole if whole else 1
        names = ", ".join(project.name for project in self._projects)
        return (
            f"read {self.runs.total():,} runs, {share:.0%} of {start:%Y-%m-%dT%H:%MZ} to "
            f"{end:%Y-%m-%dT%H:%MZ} of {names}"
        )

    async def run(self, take: Take, max_concurrent: int) -> None:
        """Read every window to its end, cutting the ones that turn out to be full."""
        cutter = Cutter(max_concurrent)
        under_way: dict[asyncio.Task[None], Window] = {}
        try:
            while self._waiting or under_way:
                while self._waiting and len(under_way) < max_concurrent:
                    window = self._waiting.popleft()
                    under_way[asyncio.create_task(self._read_page(window, take))] = window
                done, _ = await asyncio.wait(under_way, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
                read = [under_way.pop(task) for task in done]
                unfinished = [window for window in read if not window.done]
                others = [*under_way.values(), *self._waiting]
                self._waiting.extend([*unfinished, *cutter.cut(unfinished, others)])
        finally:
            await cancel(under_way)

    async def _read_page(self, window: Window, take: Take) -> None:
        page = await self._source.page(
            window, project_ids=[window.project.id], run_type="LLM", selects=RUN_SELECTS
        )
        if page is None:
            window.restart()
            return
        # Here and not when all tasks are looked through: what was just decoded is in the cache.
        before = window.left
        runs = window.accept(page)
        self._left -= before - window.left
        self.unreadable += page.unreadable
        self.runs[window.project.id] += len(runs)
        if runs:
            take(window.project, runs)


async def look_up(
    source: PageSource,
    projects: Sequence[Project],
    ids: Mapping[str, datetime | None],
    unknown_start: tuple[datetime, datetime],
    take: Callable[[Sequence[Run]], None],
    **query: Any,
) -> None:
    """Hand the runs `ids` of `projects` that `query` leaves to `take`, each once.

    The values of `ids` are their starts; those without one are searched in `unknown_start`.
    """
    named = Project("", ", ".join(project.name for project in projects), "")
    project_ids = [project.id for project in projects]

    async def look_up_in(start: datetime, end: datetime, wanted: list[str]) -> None:
        window = Window(named, start - _AROUND_STARTS, end + _AROUND_STARTS)
        missing = set(wanted)
        while missing and not window.done:
            page = await source.page(window, project_ids=project_ids, ids=wanted, **query)
            if page is None:
                window.restart()
                continue
            # A server may send more than what it was asked for.
            found = [run for run in window.accept(page) if run.id in missing]
            missing.difference_update(run.id for run in found)
            take(found)

    # One id that is none would have LangSmith refuse the whole request.
    real = {id_: at for id_, at in ids.items() if _UUID.fullmatch(id_)}
    # Sorted by their starts, so that the windows of the requests are small.
    known = sorted((at, id_) for id_, at in real.items() if at is not None)
    unknown = [id_ for id_, at in real.items() if at is None]
    chunks = [
        (chunk[0][0], chunk[-1][0], [id_ for _, id_ in chunk])
        for chunk in batched(known, PAGE_SIZE, strict=False)
    ]
    chunks += [(*unknown_start, list(chunk)) for chunk in batched(unknown, PAGE_SIZE, strict=False)]
    await together(look_up_in(*chunk) for chunk in chunks)
