"""The sums of a day by not more names than it may report."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from spend_report.domain.basics.names import OTHER
from spend_report.domain.figures.hours import costs_of
from spend_report.domain.parts.sum_calls import Slot, added
from spend_report.domain.runs.columns import Group
from spend_report.domain.runs.too_many_names import (
    MOST_GROUPS,
    MOST_VALUES,
    folded,
    kept_names,
    without_cheap_combinations,
)


@dataclass(frozen=True, slots=True)
class ReportedNames:
    """Of the attributes of groups that had too many values, those that keep their names."""

    kept: Mapping[str, frozenset[str]]

    def of(self, attribute: str) -> Callable[[str], str]:
        """The name that a value of `attribute` is reported under."""
        kept = self.kept.get(attribute)
        return lambda name: name if kept is None or name in kept else OTHER


def bounded(slots: Sequence[Slot], dimensions: Sequence[str]) -> tuple[list[Slot], ReportedNames]:
    """The sums in `slots` with the rarest names folded, and the names that are left.

    `dimensions` are the names of the groups' dimensions.
    """
    groups = _groups(slots)
    kept = kept_names(groups, dimensions, MOST_VALUES, lambda: costs_of(groups, slots))
    bound = list(slots)
    if kept:
        bound = _regrouped(slots, groups, [folded(group, dimensions, kept) for group in groups])
        groups = _groups(bound)
    if len(groups) > MOST_GROUPS:
        few = without_cheap_combinations(groups, MOST_GROUPS, costs_of(groups, bound))
        bound = _regrouped(bound, groups, few)
    return bound, ReportedNames(kept)


def _groups(slots: Sequence[Slot]) -> list[Group]:
    return list({id(slot.group): slot.group for slot in slots}.values())


def _regrouped(
    slots: Sequence[Slot], groups: Sequence[Group], instead: Sequence[Group]
) -> list[Slot]:
    new = {id(group): other for group, other in zip(groups, instead, strict=True)}
    return added(slot._replace(group=new[id(slot.group)]) for slot in slots)
