"""What a request costs: the calls of a trace together.

Costs are whole numbers of a unit here (see `exact_costs`), which are exact, and fast to add.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from heapq import nlargest, nsmallest
from itertools import compress
from operator import attrgetter
from typing import NamedTuple

from spend_report.domain.basics.money import exactly
from spend_report.domain.figures.day_figures import Request, RequestCosts
from spend_report.domain.figures.exact_costs import (
    NOTHING,
    decimals_of,
    dollars_of,
    prices_of,
    units_of,
)
from spend_report.domain.prices.price_sources import Rates
from spend_report.domain.runs.columns import NO_CALL, Columns


class TraceCosts:
    """What the traces of the calls in `columns` cost.

    Attributes:
        units: the cost by trace, of which the hash stands for it; 10**`decimals` are a dollar.
        top: the `most` costliest, which depend on nobody's feature.
    """

    def __init__(self, columns: Columns, most: int) -> None:
        self._columns = columns
        self._most = most
        self.count()

    def count(self) -> None:
        """Add up, once more where calls have turned out to be none."""
        columns = self._columns
        self.decimals = decimals_of(columns.groups)
        self.units = dict.fromkeys(_calls(columns, columns.traces), 0)
        run_costs = _run_costs(columns, self.decimals)
        calls = zip(columns.traces, run_costs, strict=True)
        for trace, units in _calls(columns, calls):
            self.units[trace] += units
        self.top = nsmallest(self._most, self._costliest(columns))
        rows = {top.trace: top.rows for top in self.top}
        places = zip(columns.traces, range(len(columns)), columns.group, strict=True)
        for trace, row, group in compress(places, map(rows.__contains__, columns.traces)):
            if group != NO_CALL:
                rows[trace].append(row)

    def _costliest(self, columns: Columns) -> Iterator["_Top"]:
        """The costliest traces, and those that cost as much as the last of them."""
        enough = min(nlargest(self._most, self.units.values()), default=0)
        wanted = {trace for trace, units in self.units.items() if units >= enough}
        places = zip(columns.traces, range(len(columns)), strict=True)
        for trace, row in compress(places, map(wanted.__contains__, columns.traces)):
            wanted.remove(trace)  # its further calls are then passed over
            yield _Top(-self.units[trace], columns.trace_id(row), trace, [])


class _Top(NamedTuple):
    """Sorts by cost, highest first, then by trace."""

    negative_units: int
    trace_id: str
    trace: int
    rows: list[int]


def requests(columns: Columns, costs: TraceCosts) -> tuple[list[Request], dict[str, RequestCosts]]:
    """The costliest requests of the calls, and what a request of each feature costs.

    A request belongs to the feature that costs most in it; of equals the first by name. Its
    root's name is left empty.
    """
    names = sorted({group.feature for group in columns.groups})
    owners = _owners(columns, costs, {name: number for number, name in enumerate(names)})
    by_feature: list[list[int]] = [[] for _ in names]
    for trace, units in costs.units.items():
        by_feature[owners[trace]].append(units)
    return (
        [_request(columns, top, names[owners[top.trace]], costs.decimals) for top in costs.top],
        {
            name: _request_costs(units, costs.decimals)
            for name, units in zip(names, by_feature, strict=True)
            if units
        },
    )


def _owners(columns: Columns, costs: TraceCosts, numbers: Mapping[str, int]) -> dict[int, int]:
    """The feature that each trace belongs to, by its number."""
    by_group = [0, *(numbers[group.feature] for group in columns.groups)]
    features = list(map(by_group.__getitem__, columns.group))
    # Begun with the keys that there are already, so that no second set of them takes memory.
    owners = dict.fromkeys(costs.units, 0)
    owners.update(_calls(columns, zip(columns.traces, features, strict=True)))
    pairs = _calls(columns, zip(columns.traces, features, strict=True))
    shared = {trace for trace, feature in pairs if owners[trace] != feature}
    if shared:
        parts: dict[int, Counter[int]] = {trace: Counter() for trace in shared}
        run_costs = _run_costs(columns, costs.decimals)
        calls = zip(columns.traces, features, run_costs, strict=True)
        for trace, feature, units in _calls(columns, calls):
            if trace in shared:
                parts[trace][feature] += units
        for trace, part in parts.items():
            owners[trace] = min(part, key=lambda feature: (-part[feature], feature))
    return owners


def _calls[T](columns: Columns, column: Iterable[T]) -> Iterable[T]:
    """Of a `column` the part that are calls."""
    return compress(column, columns.group) if NO_CALL in columns.group else column


def _run_costs(columns: Columns, decimals: int) -> list[int]:
    """The cost of each run, in units."""
    prices = [NOTHING, *(prices_of(group.rates, decimals) for group in columns.groups)]
    costs = [
        input_ * price - cache_read * off + output * output_price
        for (price, off, output_price), input_, cache_read, output in zip(
            map(prices.__getitem__, columns.group),
            columns.input,
            columns.cache_read,
            columns.output,
            strict=True,
        )
    ]
    _add_writes(columns, decimals, costs)
    for row in columns.audio.rows:
        if columns.group[row] != NO_CALL and (rates := columns.group_of(row).rates) is not None:
            costs[row] = units_of(rates.cost(columns.tokens(row)), decimals)
    numbers = enumerate(columns.groups, NO_CALL + 1)
    unpriced = {number for number, group in numbers if group.rates is None}
    if unpriced:
        for row, number in enumerate(columns.group):
            if number in unpriced:
                costs[row] = units_of(exactly(columns.recorded[row]), decimals)
    return costs


def _add_writes(columns: Columns, decimals: int, costs: list[int]) -> None:
    """Add what writing to a cache costs above the input, where anything was written."""
    for column, rate_of in (
        (columns.cache_write, attrgetter("cache_write")),
        (columns.cache_write_1h, attrgetter("cache_write_1h")),
    ):
        if any(column):
            more = [0, *(_above_input(group.rates, rate_of, decimals) for group in columns.groups)]
            for row, tokens in enumerate(column):
                if tokens:
                    costs[row] += tokens * more[columns.group[row]]


def _above_input(rates: Rates | None, rate_of: Callable[[Rates], Decimal], decimals: int) -> int:
    return 0 if rates is None else units_of(rate_of(rates) - rates.input, decimals - 6)


def _request_costs(units: list[int], decimals: int) -> RequestCosts:
    units.sort()
    nearest_rank = -(-len(units) * 95 // 100) - 1
    return RequestCosts(
        count=len(units),
        median=dollars_of(units[(len(units) - 1) // 2] + units[len(units) // 2], decimals) / 2,
        p95=dollars_of(units[nearest_rank], decimals),
        maximum=dollars_of(units[-1], decimals),
    )


def _request(columns: Columns, top: _Top, feature: str, decimals: int) -> Request:
    projects = [columns.group_of(row).project for row in top.rows]
    project = min(projects, key=lambda project: (project.name, project.id))
    return Request(
        project=project.name,
        feature=feature,
        trace_id=top.trace_id,
        root_name="",
        calls=len(top.rows),
        input_tokens=sum(columns.input[row] for row in top.rows),
        output_tokens=sum(columns.output[row] for row in top.rows),
        cost=dollars_of(-top.negative_units, decimals),
        url=project.trace_url(top.trace_id),
    )
