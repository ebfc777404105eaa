"""The sums of a day by not more names than it may report: the costliest keep theirs.

The rest becomes `(other)`. Sums stay what they are: only the names of the cheapest are lost.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from msgspec import Struct

from spend_report.domain.basics.names import NO_NAMES, OTHER
from spend_report.domain.basics.ranking import costliest
from spend_report.domain.figures.hours import costs_of
from spend_report.domain.parts.sum_calls import Slot, added
from spend_report.domain.runs.columns import NAMED, Group

MOST_VALUES = 1_000
"""Values of the feature, of a dimension, and so on, that a day reports by their own names."""

_MOST_GROUPS = 20_000
"""Combinations of them all that a day reports, each a row or a few of `spend_detail`."""


class ReportedNames(Struct, frozen=True):
    """Of the attributes of groups that had too many values, those that keep their names."""

    kept: Mapping[str, frozenset[str]]

    def of(self, attribute: str) -> Callable[[str], str]:
        """The name that a value of `attribute` is reported under."""
        kept = self.kept.get(attribute)
        return lambda name: name if kept is None or name in kept else OTHER


def bounded(slots: Sequence[Slot], dimensions: Sequence[str]) -> tuple[list[Slot], ReportedNames]:
    """The sums in `slots` with the cheapest names folded, and the names that are left.

    `dimensions` are the names of the groups' dimensions.
    """
    groups = _groups(slots)
    kept = _kept_names(groups, slots, dimensions)
    bound = list(slots)
    if kept:
        bound = _regrouped(slots, groups, [_folded(group, dimensions, kept) for group in groups])
        groups = _groups(bound)
    if len(groups) > _MOST_GROUPS:
        costs = costs_of(groups, bound)
        dear = costliest(costs, _MOST_GROUPS, lambda place: groups[place].names)
        few = [group.without_dimensions() for group in groups]
        for place in dear:
            few[place] = groups[place]
        bound = _regrouped(bound, groups, few)
    return bound, ReportedNames(kept)


def _groups(slots: Sequence[Slot]) -> list[Group]:
    return list({id(slot.group): slot.group for slot in slots}.values())


def _regrouped(
    slots: Sequence[Slot], groups: Sequence[Group], instead: Sequence[Group]
) -> list[Slot]:
    new = {id(group): other for group, other in zip(groups, instead, strict=True)}
    return added(slot._replace(group=new[id(slot.group)]) for slot in slots)


def _kept_names(
    groups: Sequence[Group], slots: Sequence[Slot], dimensions: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Of each attribute that has too many values, the costliest."""
    getters = {name: _getter(name, dimensions) for name in (*NAMED, *dimensions)}
    flooded = [
        name
        for name, value_of in getters.items()
        if len(set(map(value_of, groups)) - NO_NAMES) > MOST_VALUES
    ]
    if not flooded:
        return {}
    by_group = list(zip(groups, costs_of(groups, slots), strict=True))
    return {name: _costliest(by_group, getters[name]) for name in flooded}


def _getter(name: str, dimensions: Sequence[str]) -> Callable[[Group], str]:
    if name in dimensions:
        place = dimensions.index(name)
        return lambda group: group.dimensions[place]
    return attrgetter(name)


def _costliest(
    by_group: Iterable[tuple[Group, int]], value_of: Callable[[Group], str]
) -> frozenset[str]:
    sums = defaultdict[str, int](int)
    for group, cost in by_group:
        sums[value_of(group)] += cost
    named = sorted(sums.keys() - NO_NAMES)
    places = costliest([sums[name] for name in named], MOST_VALUES, named.__getitem__)
    return NO_NAMES.union(named[place] for place in places)


def _folded(group: Group, dimensions: Sequence[str], kept: Mapping[str, frozenset[str]]) -> Group:
    """`group` with `(other)` in place of each name that is not `kept`."""
    changed: dict[str, Any] = {
        name: OTHER for name in NAMED if name in kept and getattr(group, name) not in kept[name]
    }
    if "feature" in changed:
        changed["written"] = OTHER
    if not kept.keys().isdisjoint(dimensions):
        changed["dimensions"] = tuple(
            OTHER if name in kept and value not in kept[name] else value
            for name, value in zip(dimensions, group.dimensions, strict=True)
        )
    return group._replace(**changed) if changed else group
