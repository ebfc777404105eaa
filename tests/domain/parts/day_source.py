"""A day's runs in memory, asked for as LangSmith is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from spend_report.adapters.aws.part_file import PartFiles, encoded
from spend_report.adapters.aws.part_file import decoded as decoded_part
from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.names import name_of
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.parts.part import Part
from spend_report.domain.parts.windows import Window
from spend_report.domain.runs.run import Ancestor, MetadataKeys, Project
from spend_report.fetching import Reading, add_up, collect, fetch
from spend_report.ports import ExpectedRuns, Span, Take
from tests.traces import RawRun, decoded

_PAGE = 7
_AT_ONCE = 2_000


class DaySource:
    """A `RunSource` of `runs` by their projects."""

    def __init__(self, runs: Mapping[Project, Sequence[RawRun]], keys: MetadataKeys) -> None:
        self._runs = runs
        self._keys = keys

    def read(
        self, start: datetime, end: datetime, take: Take, expected: ExpectedRuns | None = None
    ) -> int:
        for project, runs in self._llm_runs():
            own = [raw for raw in runs if start <= raw["start_time"] < end]
            for at in range(0, len(own), _PAGE):
                take(project, [decoded(raw, self._keys) for raw in own[at : at + _PAGE]])
        return 0

    def count(self, start: datetime, end: datetime, spans: int) -> list[float]:
        raise NotImplementedError

    def ancestors(self, ids: Mapping[str, datetime | None], day: Span) -> Mapping[str, Ancestor]:
        return {
            raw["id"]: Ancestor(name_of(raw["name"]), name_of(raw["metadata"].get("feature")))
            for runs in self._runs.values()
            for raw in runs
            if raw["id"] in ids
        }

    def outside(
        self,
        day: Span,
        *,
        ancestors: Mapping[str, datetime | None],
        before: Mapping[str, datetime | None],
        after: Span | None,
        take: Take,
    ) -> "OutsideInMemory":
        for project, runs in self._llm_runs():
            take(project, [decoded(raw, self._keys) for raw in runs if raw["id"] in before])
        if after is not None:
            self.read(*after, take)
        return OutsideInMemory(self, day, self.ancestors(ancestors, day))

    def _llm_runs(self) -> Iterator[tuple[Project, Sequence[RawRun]]]:
        for project, runs in self._runs.items():
            yield project, [raw for raw in runs if raw["run_type"] == "LLM"]


class OutsideInMemory:
    """An `Outside` of which all is known."""

    def __init__(self, source: DaySource, day: Span, found: Mapping[str, Ancestor]) -> None:
        self._source = source
        self._day = day
        self._found = found
        self._named: Mapping[str, Ancestor] = {}

    def ask_names(self, ids: Iterable[str]) -> None:
        self._named = self._source.ancestors(dict.fromkeys(ids), self._day)

    def ancestors(self) -> Mapping[str, Ancestor]:
        return self._found

    def names(self) -> Mapping[str, str]:
        return {id_: run.name for id_, run in self._named.items()}


def cut(day: ReportDay, shares: Sequence[float]) -> list[Window]:
    """The windows that `day` falls into if it is cut at each of `shares` of its length."""
    whole = day.end - day.start
    inner = {
        day.start + timedelta(microseconds=int(share * whole.total_seconds() * 1e6))
        for share in shares
    }
    edges = sorted({day.start, day.end} | inner)
    return [Window(*pair) for pair in pairwise(edges)]


def in_parts(
    source: DaySource, day: ReportDay, windows: Sequence[Window], reading: Reading
) -> DayFigures:
    """The figures of `day`, of which each of `windows` was read alone, and kept as a file."""
    parts = [part_in(kept) for kept in files(source, day, windows, reading)]
    return add_up(source, day, parts, reading.keys)


def part_in(kept: PartFiles) -> Part:
    """The part that is kept, read a few blocks at a time."""
    return decoded_part(kept.sums, lambda start, end: kept.traces[start:end], _AT_ONCE)


def in_one(source: DaySource, day: ReportDay, reading: Reading) -> DayFigures:
    """The figures of `day`, read as a whole."""
    return fetch(source, day, reading)


def files(
    source: DaySource, day: ReportDay, windows: Sequence[Window], reading: Reading
) -> list[PartFiles]:
    """The parts of `day` as files."""
    return [encoded(collect(source, day, window, reading)) for window in windows]
