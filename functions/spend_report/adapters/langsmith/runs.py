"""Runs from LangSmith: the adapter that the service sees."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from spend_report.adapters.langsmith.api import LangSmithApi
from spend_report.adapters.langsmith.decoder import PageDecoder
from spend_report.adapters.langsmith.pacing import RESERVE_SECONDS, Pacer, TimeUpError
from spend_report.adapters.langsmith.pages import (
    ANCESTOR_SELECTS,
    RUN_SELECTS,
    DayReading,
    PageSource,
    look_up,
)
from spend_report.adapters.langsmith.projects import find_projects
from spend_report.adapters.langsmith.tasks import together
from spend_report.domain.basics.names import name_of
from spend_report.domain.runs.run import Ancestor, MetadataKeys, Project, Run
from spend_report.errors import OutOfTimeError
from spend_report.ports import Take

# Where an earlier day tells how many runs to expect, a day begins with a window for so many.
_RUNS_PER_WINDOW = 500

# A run without a known start is searched in this time before the runs below it.
_LONGEST_TRACE = timedelta(hours=24)


class LangSmithRuns:
    """A `RunSource` over LangSmith's v2 API; a context manager, because it holds connections.

    Args:
        endpoint: the API's address, e.g. `https://api.smith.langchain.com`.
        api_key: the API key; `key_name` says in messages where it comes from.
        workspace_id: for keys that see several workspaces; None otherwise.
        projects: names or UUIDs of projects.
        metadata_keys: what is read of a run's metadata.
        max_requests_per_10s: the most requests in any ten seconds, retries included.
        max_concurrent: the most requests at once.
        remaining_seconds: the time that the function has left; None for no end.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        api_key: str,
        workspace_id: str | None,
        projects: Sequence[str],
        metadata_keys: MetadataKeys,
        key_name: str = "LANGSMITH_API_KEY",
        max_requests_per_10s: int = 300,
        max_concurrent: int = 16,
        remaining_seconds: Callable[[], float] | None = None,
    ) -> None:
        self._pacer = Pacer(
            max_requests_per_10s=max_requests_per_10s,
            max_concurrent=max_concurrent,
            remaining_seconds=remaining_seconds,
        )
        self._api = LangSmithApi(
            endpoint=endpoint,
            api_key=api_key,
            key_name=key_name,
            workspace_id=workspace_id,
            pacer=self._pacer,
        )
        self._source = PageSource(self._api, PageDecoder(metadata_keys))
        self._names = projects
        self._projects: Sequence[Project] = ()
        self._max_concurrent = max_concurrent
        self._span: tuple[datetime, datetime] | None = None
        self._density: dict[Project, float] = {}
        self._runner = asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and the event loop."""
        self._runner.run(self._api.close())
        self._runner.close()

    @property
    def requests(self) -> int:
        """How many requests were sent so far, retries included."""
        return self._pacer.requests

    def projects(self) -> Sequence[Project]:
        """See `RunSource.projects`."""
        if not self._projects:
            self._projects = self._run(
                find_projects(self._api, self._names), lambda: "was looking up the projects"
            )
        return self._projects

    def read(self, start: datetime, end: datetime, take: Take) -> int:
        """See `RunSource.read`."""
        reading = self._reading(start, end)
        self._run(reading.run(take, self._max_concurrent), reading.progress)
        for project in self.projects():
            density = reading.runs[project.id] / max((end - start).total_seconds(), 1)
            self._density[project] = max(density, self._density.get(project, 0))
        return reading.unreadable

    def ancestors(self, ids: Mapping[str, datetime | None]) -> Mapping[str, Ancestor]:
        """See `RunSource.ancestors`."""
        found: dict[str, Ancestor] = {}
        projects = self.projects()
        self._run(self._look_up_ancestors(projects, ids, found), lambda: _looking_up(len(ids)))
        return found

    def around(
        self,
        *,
        above: Mapping[str, datetime | None],
        before: Mapping[str, datetime | None],
        after: tuple[datetime, datetime] | None,
        take: Take,
    ) -> Mapping[str, Ancestor]:
        """See `RunSource.around`. Everything is read side by side: three waits become one."""
        found: dict[str, Ancestor] = {}
        projects = self.projects()
        work = [
            self._look_up_ancestors(projects, above, found),
            *(self._look_up_llm_runs(project, before, take) for project in projects),
        ]
        if after is not None:
            work.append(self._reading(*after).run(take, self._max_concurrent))
        self._run(together(work), lambda: _looking_up(len(above) + len(before)))
        return found

    async def _look_up_ancestors(
        self,
        projects: Sequence[Project],
        ids: Mapping[str, datetime | None],
        found: dict[str, Ancestor],
    ) -> None:
        same: dict[Ancestor, Ancestor] = {}  # names repeat: a day has few, and many ancestors

        def take(runs: Sequence[Run]) -> None:
            for run in runs:
                feature = name_of(getattr(run.metadata, "feature", None))
                ancestor = Ancestor(name_of(run.name), feature)
                found[run.id] = same.setdefault(ancestor, ancestor)

        await self._look_up(projects, ids, take, selects=ANCESTOR_SELECTS)

    async def _look_up_llm_runs(
        self, project: Project, ids: Mapping[str, datetime | None], take: Take
    ) -> None:
        await self._look_up(
            [project], ids, partial(take, project), run_type="LLM", selects=RUN_SELECTS
        )

    async def _look_up(
        self,
        projects: Sequence[Project],
        ids: Mapping[str, datetime | None],
        take: Callable[[Sequence[Run]], None],
        **query: Any,
    ) -> None:
        starts = [at for at in ids.values() if at is not None]
        if self._span is not None:
            starts += [self._span[0] - _LONGEST_TRACE, self._span[1]]
        if starts:
            await look_up(self._source, projects, ids, (min(starts), max(starts)), take, **query)

    def _reading(self, start: datetime, end: datetime) -> DayReading:
        seconds = (end - start).total_seconds()
        first = {project: self._first_windows(project, seconds) for project in self.projects()}
        self._span = self._span_with(start, end)
        return DayReading(self._source, start, end, first)

    def _first_windows(self, project: Project, seconds: float) -> int:
        """As many windows as may be read at once; fewer where few runs are to be expected."""
        most = max(1, self._max_concurrent // len(self.projects()))
        if project not in self._density:
            return most
        return min(most, 1 + int(self._density[project] * seconds / _RUNS_PER_WINDOW))

    def _span_with(self, start: datetime, end: datetime) -> tuple[datetime, datetime]:
        """From `start` to `end`, and what was read right before or after it."""
        if self._span is None or start > self._span[1] or end < self._span[0]:
            return start, end
        return min(start, self._span[0]), max(end, self._span[1])

    def _run[T](self, work: Coroutine[Any, Any, T], progress: Callable[[], str]) -> T:
        async def in_time() -> T:
            left = self._pacer.seconds_left()
            try:
                async with asyncio.timeout(None if left is None else max(0.0, left)):
                    return await work
            except (TimeUpError, TimeoutError) as error:
                last = self._api.last_failure
                raise OutOfTimeError(
                    f"Stopped with {RESERVE_SECONDS:.0f} s of the function's time left; it "
                    f"{progress()}{f'; last failure: {last}' if last else ''}. Nothing was "
                    "reported. Run the day again, with a longer timeout if this happens every day"
                ) from error

        return self._runner.run(in_time())


def _looking_up(runs: int) -> str:
    return f"had read the day and was looking up {runs:,} runs around its LLM runs"
