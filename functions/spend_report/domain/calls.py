"""The LLM runs of a day, kept until the day is complete.

A run's feature may stand on an ancestor, and a run may turn out to be a wrapper around another,
so nothing can be summed before all runs are in. Until then they lie in groups of equal metadata
and price, in columns.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from spend_report.domain.alike import has_numbers, identity
from spend_report.domain.attribution import (
    feature_above,
    ids_above,
    may_continue_after,
    root_started_before,
    starts_above,
)
from spend_report.domain.columns import ID_LENGTH, Columns, Group, Orphan
from spend_report.domain.day import ReportDay
from spend_report.domain.model_names import display
from spend_report.domain.nesting import wrappers
from spend_report.domain.pricing import Price, PriceBook, Rates
from spend_report.domain.report import UNTAGGED
from spend_report.domain.runs import SUCCESS, Ancestor, MetadataKeys, Project, Run
from spend_report.domain.text import text_of
from spend_report.domain.usage import MOST_DOLLARS, MOST_TOKENS, plain_cache_read, usage

# A run may also say itself that it has none.
_NO_FEATURE = ("", UNTAGGED)


# Plain runs that wait to be sorted together: some ten megabytes.
_ENOUGH = 8_000


@dataclass(slots=True)
class _Slice:
    """One combination of metadata values, as it came.

    `columns` is where its successful runs go, if the price is the same for all of them.
    """

    group: Group
    price: Price | None
    columns: Columns | None
    others: dict[tuple[str, int], Columns] = field(default_factory=dict)


class Calls:
    """Takes the runs of `day` and knows, once all are in, which of them are calls."""

    def __init__(self, day: ReportDay, keys: MetadataKeys, prices: PriceBook) -> None:
        self._day = day
        self._dimensions = keys.dimensions
        self._prices = prices
        self._slices: dict[str, dict[Any, _Slice]] = {}
        self._waiting: defaultdict[Project, defaultdict[Any, list[Run]]]
        self._waiting = defaultdict(lambda: defaultdict(list))
        self._waiting_runs = 0
        self._groups: defaultdict[Group, Columns] = defaultdict(Columns)
        self._outside = Columns()
        self._ancestors_of_orphans: dict[str, datetime | None] = {}
        self.ancestors_before: dict[str, datetime | None] = {}
        self.continue_until: datetime | None = None

    @property
    def groups(self) -> Mapping[Group, Columns]:
        """The runs of the day, by what they have in common."""
        self._sort()
        return self._groups

    @property
    def ancestors_of_orphans(self) -> Mapping[str, datetime | None]:
        """The runs above those without a tag, and when they started, if that is known."""
        self._sort()
        return self._ancestors_of_orphans

    def take(self, project: Project, runs: Sequence[Run]) -> None:
        """Add runs of the day, each once, in any order.

        Most runs are plain: successful, ended, with counts that add up. They wait, by metadata,
        and go into their columns together, which is far cheaper than one by one.
        """
        end = self._day.end
        waiting = self._waiting[project]
        for run in runs:
            prompt, output, trace = run.prompt_tokens, run.completion_tokens, run.trace_id
            if (
                prompt
                and output
                and 0 < prompt <= MOST_TOKENS
                and 0 < output <= MOST_TOKENS
                and run.total_tokens == prompt + output
                and run.status == SUCCESS
                and run.end_time is not None
                and run.end_time <= end
                and trace is not None
                and len(trace) == ID_LENGTH
                and trace.isascii()
                and (run.parent_run_ids or trace == run.id)
                and (run.total_cost is None or 0 <= run.total_cost <= MOST_DOLLARS)
                and run.oddities is None
            ):
                details = run.prompt_token_details
                raw = details.raw if details is not None else None
                if not raw or plain_cache_read(raw, prompt) is not None:
                    try:
                        waiting[run.metadata].append(run)
                    except TypeError:  # a list or an object among the metadata values
                        self._take_one(project, run)
                    continue
            self._take_one(project, run)
        self._waiting_runs += len(runs)
        if self._waiting_runs >= _ENOUGH:
            self._sort()

    def take_outside(self, _project: Project, runs: Sequence[Run]) -> None:
        """Add LLM runs of the days beside.

        They are never counted here, but may be what a run of the day wraps, or what wraps it.
        """
        for run in runs:
            # Where a trace does not tell its ancestors' starts, some turn out to be of the day.
            if not self._day.start <= run.start_time < self._day.end:
                self._outside.append(run, usage(run))

    def settle(self, ancestors: Mapping[str, Ancestor]) -> None:
        """Give every run without a tag the feature of its nearest tagged ancestor."""
        self._sort()
        for group, columns in [item for item in self._groups.items() if not item[0].feature]:
            del self._groups[group]
            rows: defaultdict[str, list[int]] = defaultdict(list)
            for row, orphan in enumerate(columns.orphans):
                rows[feature_above(orphan.parent_ids, ancestors) or UNTAGGED].append(row)
            for feature, at in rows.items():
                settled = columns.rows(at)
                if feature != UNTAGGED:
                    settled.orphans.clear()
                self._groups[replace(group, feature=feature)] += settled

    def drop_wrappers(self) -> int:
        """Leave out the runs that only wrap others; returns how many of the day's they are."""
        self._sort()
        all_columns = [*self._groups.values(), self._outside]
        found = wrappers(all_columns)
        dropped = 0
        for (group, columns), rows in zip(list(self._groups.items()), found, strict=False):
            if rows:
                dropped += len(rows)
                self._groups[group] = columns.rows(
                    [row for row in range(len(columns)) if row not in rows]
                )
        return dropped

    def _sort(self) -> None:
        """Put the waiting runs into their columns."""
        for project, waiting in self._waiting.items():
            for metadata, runs in waiting.items():
                slice_ = self._slice(project, runs[0])
                if slice_.columns is None or has_numbers(metadata):
                    for run in runs:
                        self._take_one(project, run)
                    continue
                slice_.columns.extend(runs)
                if slice_.group.feature in _NO_FEATURE:
                    slice_.columns.orphans.extend(map(self._orphan, runs))
        self._waiting.clear()
        self._waiting_runs = 0

    def _take_one(self, project: Project, run: Run) -> None:
        run.parent_run_ids = ids_above(run)
        slice_ = self._slice(project, run)
        found = usage(run)
        tokens = found.tokens
        rates = None
        if slice_.price is not None:
            rates = slice_.price.at(run.start_time, tokens.input, found.service_tier)
        columns = self._columns(slice_, (run.status or "").upper(), rates)
        columns.append(run, found)
        if slice_.group.feature in _NO_FEATURE:
            columns.orphans.append(self._orphan(run))
        self._note_neighbours(run, silent=not tokens.input and not tokens.output)

    def _columns(self, slice_: _Slice, status: str, rates: Rates | None) -> Columns:
        key = (status, id(rates))  # the group keeps the rates, so that the id stays theirs
        columns = slice_.others.get(key)
        if columns is None:
            columns = self._groups[replace(slice_.group, status=status, rates=rates)]
            slice_.others[key] = columns
        return columns

    def _slice(self, project: Project, run: Run) -> _Slice:
        slices = self._slices.setdefault(project.id, {})
        key = run.metadata
        try:
            slice_ = slices.get(key)
            if slice_ is None:
                key = identity(run.metadata)
                slice_ = slices.get(key)
        except TypeError:  # a list or an object among the values: looked at each time
            return self._new_slice(project, run)
        if slice_ is None:
            slice_ = slices[key] = self._new_slice(project, run)
        return slice_

    def _new_slice(self, project: Project, run: Run) -> _Slice:
        def value(name: str) -> str:
            return text_of(getattr(run.metadata, name, None))

        group = Group(
            project=project,
            status=SUCCESS,
            feature=value("feature"),
            dimensions=tuple(value(name) for name in self._dimensions),
            provider=value("provider"),
            model=display(value("model")),
            sample_rate=value("sample_rate"),
            rates=None,
        )
        price = self._prices.price(value("model"), group.provider, self._day.start, self._day.end)
        if price is None:
            return _Slice(group, price, self._groups[group])
        if price.flat is not None:
            return _Slice(group, price, self._groups[replace(group, rates=price.flat)])
        return _Slice(group, price, None)

    def _orphan(self, run: Run) -> Orphan:
        self._ancestors_of_orphans.update(starts_above(run))
        node = text_of(getattr(run.metadata, "node", None))
        return Orphan(tuple(run.parent_run_ids or ()), run.name or "", node)

    def _note_neighbours(self, run: Run, *, silent: bool) -> None:
        """Note what lies beyond midnight and decides whether `run` is a call."""
        until = may_continue_after(run, self._day.end)
        if until is not None:
            self.continue_until = max(until, self.continue_until or until)
        if silent and root_started_before(run, self._day.start):
            self.ancestors_before.update(
                (id_, start)
                for id_, start in starts_above(run).items()
                if start is None or start < self._day.start
            )
