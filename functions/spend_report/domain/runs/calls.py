"""The LLM runs of a day, kept until the day is complete.

A run's feature may stand on an ancestor, and a run may turn out to be a wrapper around another,
so nothing can be summed before all runs are in. Until then they lie in columns, and each belongs
to a group of equal metadata and price.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import NamedTuple

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.names import name_of
from spend_report.domain.prices.pricing import PriceBook
from spend_report.domain.runs.attribution import (
    UNTAGGED,
    feature_above,
    ids_above,
    may_continue_after,
    root_started_before,
    starts_above,
)
from spend_report.domain.runs.columns import NO_CALL, Columns, PlainRow
from spend_report.domain.runs.groups import ONE_BY_ONE, ProjectGroups
from spend_report.domain.runs.run import Ancestor, MetadataKeys, Project, Run
from spend_report.domain.runs.usage import MOST_DOLLARS, MOST_TOKENS, plain_cache_read, usage
from spend_report.domain.runs.wrappers import wrappers


class Orphan(NamedTuple):
    """Where a call without a tag of its own stands in its trace; `parent_ids` root first."""

    parent_ids: Sequence[str]
    name: str
    node: str


class Calls:
    """Takes the runs of `day` and knows, once all are in, which of them are calls."""

    def __init__(self, day: ReportDay, keys: MetadataKeys, prices: PriceBook) -> None:
        self.day = day
        self._dimensions = keys.dimensions
        self._prices = prices
        self._groups: dict[str, ProjectGroups] = {}
        self._orphans: dict[int, Orphan] = {}
        self.columns = Columns()
        self._hours = _hours_by_clock(day)
        self.ancestors_of_orphans: dict[str, datetime | None] = {}
        self.ancestors_before: dict[str, datetime | None] = {}
        self.continue_until: datetime | None = None

    def __len__(self) -> int:
        """The runs of the day, without the wrappers once `settle` knows them."""
        return len(self.columns) - self.columns.group.count(NO_CALL)

    def take(self, project: Project, runs: Sequence[Run]) -> None:
        """Add runs of the day, each once, in any order.

        Most runs are plain: ended, with counts that add up. They go into their columns together,
        which is far cheaper than one by one.
        """
        end, hours = self.day.end, self._hours
        groups = self._groups_of(project)
        plain_groups, untagged = groups.plain, groups.untagged
        plain: list[PlainRow] = []
        orphans: list[tuple[int, Run]] = []
        for run in runs:
            prompt, output, total = run.prompt_tokens, run.completion_tokens, run.total_tokens
            trace, parents, cost = run.trace_id, run.parent_run_ids, run.total_cost
            start = run.start_time
            if (
                prompt
                and output
                and total == prompt + output
                and 0 < prompt < total <= MOST_TOKENS
                and (ended := run.end_time) is not None
                and ended <= end
                and start.tzinfo is UTC
                and trace
                and (parents or trace == run.id)
                and (cost is None or 0 <= cost <= MOST_DOLLARS)
                and run.oddities is None
                and (by_metadata := plain_groups.get(run.status)) is not None
            ):
                details = run.prompt_token_details
                cached = 0 if details is None else plain_cache_read(details, prompt)
                try:
                    group = by_metadata[run.metadata]
                except TypeError:  # a list or an object among the metadata values
                    group = ONE_BY_ONE
                if cached is not None and group != ONE_BY_ONE:
                    if group in untagged:
                        orphans.append((len(plain), run))
                    hour = hours[start.day * 24 + start.hour]
                    ids = (run.id, trace, parents or ())
                    plain.append((group, hour, prompt, output, cached, cost or 0.0, *ids))
                    continue
            self._take_one(groups, run)
        for at, run in orphans:
            self._orphans[len(self.columns) + at] = self._orphan(run)
        self.columns.extend(plain)

    def take_outside(self, _project: Project, runs: Sequence[Run]) -> None:
        """Add LLM runs of the days beside.

        They are never counted here, but may be what a run of the day wraps, or what wraps it.
        """
        for run in runs:
            # Where a trace does not tell its ancestors' starts, some turn out to be of the day.
            if not self.day.start <= run.start_time < self.day.end:
                self.columns.append(NO_CALL, 0, run, usage(run))

    def settle(self, ancestors: Mapping[str, Ancestor]) -> int:
        """Leave out the runs that only wrap others, and give every other one a feature.

        A call without a tag has that of its nearest tagged ancestor. Returns how many of the
        day's runs are left out.
        """
        numbers, before = self.columns.group, len(self)
        for row in wrappers(self.columns):
            numbers[row] = NO_CALL
            self._orphans.pop(row, None)
        settled: dict[tuple[int, str], int] = {}
        for row, orphan in self._orphans.items():
            group = self.columns.group_of(row)
            if group.feature == UNTAGGED:
                continue  # by its own word, which outweighs its ancestors'
            feature = feature_above(orphan.parent_ids, ancestors) or UNTAGGED
            key = (numbers[row], feature)
            if key not in settled:
                settled[key] = self.columns.number(replace(group, feature=feature))
            numbers[row] = settled[key]
        return before - len(self)

    def untagged(self) -> Iterator[tuple[int, Orphan]]:
        """The calls that have no feature in the end, and their rows."""
        for row, orphan in self._orphans.items():
            if self.columns.group_of(row).feature == UNTAGGED:
                yield row, orphan

    def _take_one(self, groups: ProjectGroups, run: Run) -> None:
        run.parent_run_ids = ids_above(run)
        found = usage(run)
        group = groups.number(run, found)
        if group in groups.untagged:
            self._orphans[len(self.columns)] = self._orphan(run)
        start = run.start_time.astimezone(UTC)
        hour = self._hours[start.day * 24 + start.hour]
        self.columns.append(group, hour, run, found)
        silent = not found.tokens.input and not found.tokens.output
        self._note_neighbours(run, silent=silent)

    def _groups_of(self, project: Project) -> ProjectGroups:
        groups = self._groups.get(project.id)
        if groups is None:
            groups = self._groups[project.id] = ProjectGroups(
                project, self.columns, self.day, self._dimensions, self._prices
            )
        return groups

    def _orphan(self, run: Run) -> Orphan:
        known, parents = self.ancestors_of_orphans, run.parent_run_ids or ()
        if not all(map(known.get, parents)):  # siblings know the same
            known.update(starts_above(run))
        node = name_of(getattr(run.metadata, "node", None))
        return Orphan(parents, run.name or "", node)

    def _note_neighbours(self, run: Run, *, silent: bool) -> None:
        """Note what lies beyond midnight and decides whether `run` is a call."""
        until = may_continue_after(run, self.day.end)
        if until is not None:
            self.continue_until = max(until, self.continue_until or until)
        if silent and root_started_before(run, self.day.start):
            self.ancestors_before.update(
                (id_, start)
                for id_, start in starts_above(run).items()
                if start is None or start < self.day.start
            )


def _hours_by_clock(day: ReportDay) -> list[int]:
    """The place of an hour in `day.hours` by the day of the month and the hour, both in UTC.

    A day is over long before one of these comes round again.
    """
    places = [0] * (32 * 24)
    for place, hour in enumerate(day.hours):
        places[hour.day * 24 + hour.hour] = place
    return places
