"""Too many names of one kind: the costliest keep their own, the rest becomes `(other)`.

Somebody who puts an id where a name belongs makes as many groups as there are calls. They are
folded when they are too many to hold, and once more, by their exact costs, before they are
reported. Sums stay what they are: only the names of the cheapest are lost.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from spend_report.domain.basics.names import OTHER, UNTAGGED
from spend_report.domain.runs.columns import NO_CALL, Columns, Group

MOST_VALUES = 1_000
"""Values of the feature, of a dimension, and so on, that a day reports by their own names."""

MOST_GROUPS = 20_000
"""Combinations of them all that a day reports, each a row or a few of `spend_detail`."""

# These say that there is no name, and cost nothing to keep.
_ALWAYS_KEPT = frozenset({"", UNTAGGED, OTHER})

_PLAIN_ATTRIBUTES = ("feature", "provider", "model", "sample_rate")

type Costs = Sequence[int] | Sequence[float]
"""What the calls of each group cost, in any unit."""


def fold(columns: Columns, dimensions: Sequence[str], most_values: int, most_groups: int) -> None:
    """Leave at most so many values of each attribute, and so many groups, the costliest so far.

    `dimensions` are the names of the groups' dimensions.
    """
    used = set(columns.group)
    groups = [group for number, group in enumerate(columns.groups, NO_CALL + 1) if number in used]

    def costs() -> Costs:
        by_group = estimated_costs(columns)
        return [by_group[columns.number(group) - NO_CALL - 1] for group in groups]

    kept = kept_names(groups, dimensions, most_values, costs)
    if kept:
        columns.regroup([folded(group, dimensions, kept) for group in columns.groups])
    if len(columns.groups) > most_groups:
        costs_ = estimated_costs(columns)
        columns.regroup(without_cheap_combinations(columns.groups, most_groups, costs_))


def kept_names(
    groups: Sequence[Group], dimensions: Sequence[str], most: int, costs: Callable[[], Costs]
) -> dict[str, frozenset[str]]:
    """Of each attribute that has more than `most` values, the costliest.

    `costs` go with `groups`, all of which have calls.
    """
    names = (*_PLAIN_ATTRIBUTES, *dimensions)
    getters = {name: _getter(name, dimensions) for name in names}
    flooded = [
        name
        for name, value_of in getters.items()
        if len(set(map(value_of, groups)) - _ALWAYS_KEPT) > most
    ]
    if not flooded:
        return {}
    by_group = list(zip(groups, costs(), strict=True))
    return {name: _costliest(by_group, getters[name], most) for name in flooded}


def without_cheap_combinations(groups: Sequence[Group], most: int, costs: Costs) -> list[Group]:
    """`groups`, of which all but the `most` costliest lose their dimensions."""
    ranked = sorted(range(len(groups)), key=lambda place: (-costs[place], _name(groups[place])))
    cheap = set(ranked[most:])
    return [
        group._replace(dimensions=(OTHER,) * len(group.dimensions)) if place in cheap else group
        for place, group in enumerate(groups)
    ]


def estimated_costs(columns: Columns) -> list[float]:
    """About what the calls of each group cost, good enough to tell the cheap from the dear."""
    costs = [0.0] * (NO_CALL + 1 + len(columns.groups))
    prices = [
        (float(group.rates.input), float(group.rates.output)) if group.rates else (1.0, 1.0)
        for group in columns.groups
    ]
    prices.insert(NO_CALL, (0.0, 0.0))
    rows = zip(columns.group, columns.input, columns.output, strict=True)
    for number, input_, output in rows:
        price, output_price = prices[number]
        costs[number] += input_ * price + output * output_price
    return costs[NO_CALL + 1 :]


def _getter(name: str, dimensions: Sequence[str]) -> Callable[[Group], str]:
    if name in dimensions:
        place = dimensions.index(name)
        return lambda group: group.dimensions[place]
    return attrgetter(name)


def _costliest(
    by_group: Iterable[tuple[Group, float]], value_of: Callable[[Group], str], most: int
) -> frozenset[str]:
    sums: defaultdict[str, float] = defaultdict(int)
    for group, cost in by_group:
        sums[value_of(group)] += cost
    named = sums.keys() - _ALWAYS_KEPT
    ranked = sorted(named, key=lambda value: (-sums[value], value))
    return _ALWAYS_KEPT.union(ranked[:most])


def folded(group: Group, dimensions: Sequence[str], kept: Mapping[str, frozenset[str]]) -> Group:
    """`group` with `(other)` in place of each name that is not `kept`."""
    changed: dict[str, Any] = {
        name: OTHER
        for name in _PLAIN_ATTRIBUTES
        if name in kept and getattr(group, name) not in kept[name]
    }
    if "feature" in changed:
        changed["written"] = OTHER
    if not kept.keys().isdisjoint(dimensions):
        changed["dimensions"] = tuple(
            OTHER if name in kept and value not in kept[name] else value
            for name, value in zip(dimensions, group.dimensions, strict=True)
        )
    return group._replace(**changed) if changed else group


def _name(group: Group) -> tuple[str, ...]:
    return (group.feature, group.model, group.provider, *group.dimensions, group.project.id)
