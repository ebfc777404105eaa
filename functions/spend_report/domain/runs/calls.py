"""The LLM runs of a day, kept until the day is complete.

A run's feature may stand on an ancestor, and a run may turn out to be a wrapper around another,
so nothing can be summed before all runs are in. Until then they lie in columns, and each belongs
to a group of equal metadata and price.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from types import MappingProxyType
from typing import NamedTuple

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.names import OTHER, UNTAGGED, name_of
from spend_report.domain.prices.price_sources import PriceBook
from spend_report.domain.runs.attribution import (
    ancestor_ids,
    ancestor_starts,
    may_continue_after,
    nearest_feature,
    root_started_before,
)
from spend_report.domain.runs.columns import NO_CALL, Columns, PlainRow
from spend_report.domain.runs.groups import NO_FEATURE, ONE_BY_ONE, ProjectGroups
from spend_report.domain.runs.plain_usage import plain_tokens
from spend_report.domain.runs.rare_columns import NameColumn
from spend_report.domain.runs.run import Ancestor, MetadataKeys, Project, Run
from spend_report.domain.runs.too_many_names import HELD, Held, MovedNames, costs_of
from spend_report.domain.runs.usage import LEAST_DOLLARS, MOST_DOLLARS, at_standard_price, usage
from spend_report.domain.runs.wrappers import wrappers


class CodePath(NamedTuple):
    """Where in the code a call without a tag of its own was made."""

    run_name: str
    node: str


_BREAK = "\n"  # no name has one
_OTHER_PATH = _BREAK.join(CodePath(OTHER, ""))


class Calls:
    """Takes the runs of `day` and knows, once all are in, which of them are calls.

    `aliases` are the features that other names count as.
    """

    def __init__(
        self,
        day: ReportDay,
        keys: MetadataKeys,
        prices: PriceBook,
        aliases: Mapping[str, str] = MappingProxyType({}),
        held: Held = HELD,
    ) -> None:
        self.day = day
        self._keys = keys
        self._prices = prices
        self._aliases = aliases
        self._groups: dict[str, ProjectGroups] = {}
        self._orphans = array("Q")  # rows without a tag of their own, ascending
        self._paths = NameColumn()  # and the code path of each
        self.columns = Columns()
        self._held = held
        self._moved = MovedNames(self.columns, keys, aliases, held)
        self._hours = day.hours_by_clock
        self.ancestors_of_orphans: dict[str, datetime | None] = {}
        self.ancestors_before: dict[str, datetime | None] = {}
        self.continue_until: datetime | None = None

    def __len__(self) -> int:
        """The runs of the day, without the wrappers once `settle` knows them."""
        return len(self.columns) - self.columns.group.count(NO_CALL)

    def take(self, project: Project, runs: Sequence[Run]) -> None:
        """Add runs of the day, each once, in any order.

        Most runs are plain: ended, with tokens of ordinary classes. They go into their columns
        together, which is far cheaper than one by one.
        """
        end, hours = self.day.end, self._hours
        groups = self._groups_of(project)
        plain_groups, untagged = groups.plain, groups.untagged
        moved, has_moved = self._moved, bool(self._moved)
        names: Sequence[int] = ()
        plain: list[PlainRow] = []
        orphans: list[tuple[int, Run]] = []
        for run in runs:
            trace, parents, cost = run.trace_id, run.parent_run_ids, run.total_cost
            start = run.start_time
            if has_moved:
                names = moved.take_out(run)
            if (
                (tokens := plain_tokens(run)) is not None
                and (ended := run.end_time) is not None
                and ended <= end
                and start.tzinfo is UTC
                and trace
                and (parents or trace == run.id)
                and (not cost or LEAST_DOLLARS <= cost <= MOST_DOLLARS)
                and run.oddities is None
                and (by_metadata := plain_groups.get(run.status)) is not None
            ):
                try:
                    group = by_metadata[run.metadata]
                except TypeError:  # a list or an object among the metadata values
                    group = ONE_BY_ONE
                if group == ONE_BY_ONE:
                    group = groups.number(run, tokens[0], None)
                if group in untagged:
                    orphans.append((len(plain), run))
                hour = hours[start.day * 24 + start.hour]
                row = (group, hour, tokens, cost or 0.0, run.id, trace, parents or (), names)
                plain.append(row)
            else:
                self._take_one(groups, run, names)
        for at, run in orphans:
            self._note_orphan(len(self.columns) + at, run)
        self.columns.extend(plain)
        self._make_room()

    def bound(self) -> None:
        """Leave not more names than a day may have, once all of its runs are in."""
        self._groups.clear()
        self._moved.move_back()

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
        columns, before = self.columns, len(self)
        numbers = columns.group
        for row in wrappers(columns):
            numbers[row] = NO_CALL
        settled: dict[tuple[int, int], int] = {}
        tags = self._tags_above(ancestors)
        names = list(tags.names)
        for row, tag in zip(self._orphans, tags.numbers, strict=True):
            # By its own word, which outweighs its ancestors', a call may be untagged.
            if numbers[row] == NO_CALL or columns.group_of(row).feature == UNTAGGED:
                continue
            key = (numbers[row], tag)
            if key not in settled:
                written = names[tag]
                feature = self._aliases.get(written, written)
                group = columns.group_of(row)._replace(feature=feature, written=written)
                settled[key] = columns.number(group)
            numbers[row] = settled[key]
        self._keep_paths(self._held.paths)
        return before - len(self)

    def untagged(self) -> Iterator[tuple[int, CodePath, int | None]]:
        """The calls that have no feature in the end: their rows, code paths, and traces' roots.

        None where a call is its own root.
        """
        paths = [CodePath(*path.split(_BREAK)) for path in self._paths.names]
        columns = self.columns
        for row, path, run_ancestors in zip(
            self._orphans, self._paths.numbers, columns.ancestors_of(self._orphans), strict=True
        ):
            if columns.group[row] != NO_CALL and columns.group_of(row).feature == UNTAGGED:
                yield row, paths[path], run_ancestors[0] if run_ancestors else None

    def _tags_above(self, ancestors: Mapping[str, Ancestor]) -> NameColumn:
        """Of the runs without a tag of their own, that of the nearest tagged ancestor."""
        features = {hash(id_): found.feature for id_, found in ancestors.items() if found.feature}
        tags = NameColumn()
        for run_ancestors in self.columns.ancestors_of(self._orphans):
            tags.append(nearest_feature(run_ancestors, features) or UNTAGGED)
        of_orphans = costs_of(self.columns, self._orphans)
        tags.keep(self._held.values, of_orphans, frozenset({UNTAGGED}), self._aliases)
        return tags

    def _take_one(self, groups: ProjectGroups, run: Run, names: Sequence[int]) -> None:
        run.parent_run_ids = ancestor_ids(run)
        found = usage(run)
        tokens, tier = found.tokens, found.service_tier
        group = groups.number(run, tokens.input, tier)
        if tier and groups.lacks_tier(run, tokens.input, tier):
            self.columns.remarks.append(len(self.columns), at_standard_price(tokens, tier))
        if group in groups.untagged:
            self._note_orphan(len(self.columns), run)
        start = run.start_time.astimezone(UTC)
        hour = self._hours[start.day * 24 + start.hour]
        self.columns.append(group, hour, run, found, names)
        silent = not tokens.input and not tokens.output
        self._note_neighbours(run, silent=silent)

    def _groups_of(self, project: Project) -> ProjectGroups:
        groups = self._groups.get(project.id)
        if groups is None:
            groups = self._groups[project.id] = ProjectGroups(
                *(project, self.columns, self.day, self._keys, self._prices),
                aliases=self._aliases,
                bare=self._moved.bare,
            )
        return groups

    def _note_orphan(self, row: int, run: Run) -> None:
        known, parents = self.ancestors_of_orphans, run.parent_run_ids or ()
        if not all(map(known.__contains__, parents)):  # siblings know the same
            known.update(ancestor_starts(run))
        self._orphans.append(row)
        node = getattr(run.metadata, "node", None)
        self._paths.append(_BREAK.join((name_of(run.name), name_of(node))))

    def _make_room(self) -> None:
        if self._held.exceeded_by([self._paths]):
            self._keep_paths(len(self._paths.names) // 2)
        if self._moved.make_room():
            for groups in self._groups.values():
                groups.forget()

    def _keep_paths(self, most: int) -> None:
        """Keep the costliest code paths of calls that have no feature, as far as is known."""
        columns = self.columns
        of_untagged = (
            cost if columns.group_of(row).feature in NO_FEATURE else 0
            for row, cost in zip(self._orphans, costs_of(columns, self._orphans), strict=True)
        )
        self._paths.keep(most, of_untagged, frozenset(), {}, _OTHER_PATH)

    def _note_neighbours(self, run: Run, *, silent: bool) -> None:
        """Note what lies beyond midnight and decides whether `run` is a call."""
        until = may_continue_after(run, self.day.end)
        if until is not None:
            self.continue_until = max(until, self.continue_until or until)
        if silent and root_started_before(run, self.day.start):
            self.ancestors_before.update(
                (id_, start)
                for id_, start in ancestor_starts(run).items()
                if start is None or start < self.day.start
            )
