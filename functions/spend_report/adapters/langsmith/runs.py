"""Runs from LangSmith: the adapter that the daily job sees."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Self

from spend_report.adapters.langsmith.api import LangSmithApi
from spend_report.adapters.langsmith.concurrency import Asker, Next, Work, begun
from spend_report.adapters.langsmith.counting import Counting
from spend_report.adapters.langsmith.decoder import PageDecoder
from spend_report.adapters.langsmith.outside import OutsideRuns
from spend_report.adapters.langsmith.pacing import RESERVE_SECONDS, Pacer, TimeUpError
from spend_report.adapters.langsmith.pages import (
    ANCESTOR_SELECTS,
    RUN_SELECTS,
    DayReading,
    LookUp,
    Pages,
)
from spend_report.adapters.langsmith.projects import find_projects
from spend_report.adapters.langsmith.windows import windows
from spend_report.domain.basics.names import name_of
from spend_report.domain.runs.run import Ancestor, MetadataKeys, Project, Run
from spend_report.errors import OutOfTimeError
from spend_report.ports import ExpectedRuns, Outside, Span, Take

# Where it is known how many runs to expect, a day begins with a window for so many: a page holds
# them even if there are some more.
_RUNS_PER_WINDOW = 800

_LAST_MOMENT = 1.0  # in seconds
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
        meanwhile: is done once, while the first pages are waited for.
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
        meanwhile: Work | None = None,
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
            max_connections=max_concurrent,
        )
        self._asker = Asker(self._api.send, self._pacer, self._api.endpoint)
        self._pages = Pages(PageDecoder(metadata_keys))
        self._names = projects
        self._finding: Future[Sequence[Project]] | None = None
        self._density: dict[Project, float] = {}
        self._meanwhile = [] if meanwhile is None else [meanwhile]

    def __enter__(self) -> Self:
        """Begin to look up the projects, which nobody need wait for until they are read."""
        self._finding = begun(self._find)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; a look-up that nobody waited for has a moment to end before."""
        if self._finding is not None:
            wait([self._finding], _LAST_MOMENT)
        self._api.close()

    @property
    def requests(self) -> int:
        """How many requests were sent so far, retries included."""
        return self._pacer.requests

    def projects(self) -> Sequence[Project]:
        """The configured projects. Raises UnknownProjectError, LangSmithKeyError."""
        if self._finding is None:
            self._finding = begun(self._find)
        return self._finding.result()

    def _find(self) -> Sequence[Project]:
        with self._in_time(lambda: "was looking up the projects"):
            return find_projects(self._asker.ask, self._names, self._api.web_url)

    def read(
        self, start: datetime, end: datetime, take: Take, expected: ExpectedRuns | None = None
    ) -> int:
        """See `RunSource.read`."""
        if expected is not None:
            self._expect(expected.runs / max((end - start).total_seconds(), 1))
        reading = self._reading(start, end, take, expected.shares if expected else ())
        meanwhile, self._meanwhile = self._meanwhile, []
        self._ask([*reading.calls(), *meanwhile], reading.progress)
        for project in self.projects():
            density = reading.runs[project.id] / max((end - start).total_seconds(), 1)
            self._density[project] = max(density, self._density.get(project, 0))
        return reading.unreadable

    def count(self, start: datetime, end: datetime, spans: int) -> list[float]:
        """See `RunSource.count`."""
        counting = Counting(self._pages, self.projects(), start, end, spans)
        self._ask(counting.calls(), lambda: "was counting the runs of the day")
        return counting.runs

    def ancestors(self, ids: Mapping[str, datetime | None], day: Span) -> Mapping[str, Ancestor]:
        """See `RunSource.ancestors`."""
        found: dict[str, Ancestor] = {}
        calls = self._ancestors(ids, _span(ids, day), found).calls()
        self._ask(calls, lambda: _looking_up(len(ids)))
        return found

    def outside(
        self,
        day: Span,
        *,
        ancestors: Mapping[str, datetime | None],
        before: Mapping[str, datetime | None],
        after: Span | None,
        take: Take,
    ) -> Outside:
        """See `RunSource.outside`. Everything is read side by side: three waits become one."""
        found: dict[str, Ancestor] = {}
        span = _span(ancestors, day)
        asked = [
            self._ancestors(ancestors, span, found),
            *(self._llm_runs(project, before, day, take) for project in self.projects()),
            *([self._reading(*after, take)] if after is not None else ()),
        ]

        def look_up(ids: Iterable[str], named: dict[str, Ancestor]) -> LookUp:
            more = dict.fromkeys(id_ for id_ in ids if id_ not in ancestors)
            return self._ancestors(more, span, named)

        def in_time(names: int) -> AbstractContextManager[None]:
            return self._in_time(lambda: _looking_up(len(ancestors) + len(before) + names))

        with in_time(0):
            asking = self._asker.begin(call for one in asked for call in one.calls())
        return OutsideRuns(asking, asked, found, look_up=look_up, in_time=in_time)

    def _ancestors(
        self, ids: Mapping[str, datetime | None], span: Span, found: dict[str, Ancestor]
    ) -> LookUp:
        same: dict[Ancestor, Ancestor] = {}  # names repeat: a day has few, and many ancestors

        def take(runs: Sequence[Run]) -> None:
            for run in runs:
                feature = name_of(getattr(run.metadata, "feature", None))
                ancestor = Ancestor(name_of(run.name), feature)
                found[run.id] = same.setdefault(ancestor, ancestor)

        return LookUp(self._pages, self.projects(), ids, span, take, selects=ANCESTOR_SELECTS)

    def _llm_runs(
        self, project: Project, ids: Mapping[str, datetime | None], day: Span, take: Take
    ) -> LookUp:
        return LookUp(
            *(self._pages, [project], ids, _span(ids, day), partial(take, project)),
            run_type="LLM",
            selects=RUN_SELECTS,
        )

    def _reading(
        self, start: datetime, end: datetime, take: Take, shares: Sequence[int] = ()
    ) -> DayReading:
        seconds = (end - start).total_seconds()
        first = [
            window
            for project in self.projects()
            for window in windows(
                project, start, end, self._first_windows(project, seconds), shares
            )
        ]
        return DayReading(
            self._pages, start, end, first, take=take, max_concurrent=self._pacer.max_concurrent
        )

    def _expect(self, runs_per_second: float) -> None:
        """Any of the projects may have them all."""
        for project in self.projects():
            self._density.setdefault(project, runs_per_second)

    def _first_windows(self, project: Project, seconds: float) -> int:
        """As many windows as may be read at once; fewer where few runs are to be expected."""
        most = max(1, self._pacer.max_concurrent // len(self.projects()))
        if project not in self._density:
            return most
        return min(most, 1 + int(self._density[project] * seconds / _RUNS_PER_WINDOW))

    def _ask(self, first: Iterable[Next], progress: Callable[[], str]) -> None:
        with self._in_time(progress):
            self._asker.ask(first)

    @contextmanager
    def _in_time(self, progress: Callable[[], str]) -> Iterator[None]:
        """Say how far it came where time is up."""
        try:
            yield
        except TimeUpError as error:
            last = self._asker.last_failure
            raise OutOfTimeError(
                f"Stopped with {RESERVE_SECONDS:.0f} s of the function's time left; it "
                f"{progress()}{f'; last failure: {last}' if last else ''}. That day's "
                "report was not written. Run the day again; if this happens every day, let the "
                "function ask for more at once (MAX_REQUESTS_PER_10S, as LangSmith allows)"
            ) from error


def _span(ids: Mapping[str, datetime | None], day: Span) -> Span:
    """In which those of `ids` are searched whose start is not known."""
    starts = [at for at in ids.values() if at is not None]
    starts += [day[0] - _LONGEST_TRACE, day[1]]
    return min(starts), max(starts)


def _looking_up(runs: int) -> str:
    return f"had read the day and was looking up {runs:,} runs around its LLM runs"
