"""A day that one function cannot read: planned, read in parts by workers, and added up."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import localcontext
from typing import Any, NamedTuple

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.money import EXACT
from spend_report.domain.parts.part import Part
from spend_report.domain.parts.windows import Window, even_windows
from spend_report.errors import MissingPartError
from spend_report.events.step_event import window_event
from spend_report.fetching import collect
from spend_report.one_day import Reporting
from spend_report.ports import PartStore

_SPANS = 96
_PAGE = 1_000
# What a worker is given: of its quarter of an hour, two thirds at LangSmith's full pace.
_SECONDS = 600
# What a worker's memory holds, whatever the pace: 900 of 1,024 MB, by `bench.huge`.
_MOST_RUNS = 2_500_000


class Workers(NamedTuple):
    """How many workers read side by side, and what all of them ask for in ten seconds at most."""

    number: int
    requests_per_10s: int

    @property
    def most_runs(self) -> float:
        """The runs that one of them is given at most."""
        return min(_MOST_RUNS, _SECONDS / 10 * self.requests_per_10s * _PAGE / self.number)


class PartsJob:
    """Plans and collects. The merge is the daily job's, which takes the parts for the runs.

    Args:
        reporting: knows the settings, the prices and the names.
        parts: where parts lie.
        workers: who shares the work.
    """

    def __init__(self, reporting: Reporting, parts: PartStore, workers: Workers) -> None:
        self._reporting = reporting
        self._parts = parts
        self._workers = workers

    def plan(self, days: Sequence[date]) -> list[dict[str, str]]:
        """The windows of `days` as events have them, of about equal numbers of runs.

        Raises LangSmithError.
        """
        source, policy = self._reporting.source, self._reporting.policy
        planned: list[dict[str, str]] = []
        for date_ in days:
            day = ReportDay.of(date_, policy.timezone)
            windows = even_windows(
                day,
                source.count(day.start, day.end, _SPANS),
                fewest=self._workers.number,
                most_runs=self._workers.most_runs,
            )
            planned += (window_event(date_, window) for window in windows)
        return planned

    def collect(self, date_: date, window: Window) -> dict[str, Any]:
        """Read one window and put its part down; a retry puts down the same bytes.

        Raises LangSmithError, AwsError.
        """
        reporting = self._reporting
        day = ReportDay.of(date_, reporting.policy.timezone)
        with localcontext(EXACT):
            part = collect(reporting.source, day, window, reporting.reading)
            return {"part": self._parts.write(date_, window, part), "runs": part.fetched}


def parts_of(
    store: PartStore, windows: Mapping[date, Sequence[Window]], day: date
) -> Sequence[Part]:
    """The parts of `day`, one for each of its windows. Raises MissingPartError."""
    if day not in windows:
        raise MissingPartError(f"{day} was not planned, so there are no parts of it")
    return store.read(day, windows[day])
