"""Whose the features in a message are."""

from collections.abc import Iterable, Mapping

from spend_report.domain.basics.wording import plain
from spend_report.domain.messages.news import Item, features_of

_OWNERS_NAMED = 3


def owners_of(items: Iterable[Item]) -> list[str]:
    """The owners of the features that `items` are about, each once, in the features' order."""
    items = list(items)
    owners: dict[str, str] = {}
    for item in items:
        owners |= {one: item.on.owners[one] for one in item.features if one in item.on.owners}
    return owners_among(features_of(items), owners)


def owners_among(features: Iterable[str], owners: Mapping[str, str]) -> list[str]:
    """The owners of `features`, each once; `owners` has those of the features that have one."""
    return list(dict.fromkeys(owners[feature] for feature in features if feature in owners))


def owner_line(item: Item) -> str:
    """`owner: search`; empty where nobody is named."""
    found = owners_of([item])
    if len(found) == 1:
        return f"owner: {plain(found[0])}"
    named = ", ".join(plain(owner) for owner in found[:_OWNERS_NAMED])
    more = len(found) - _OWNERS_NAMED
    return f"owners: {named}{f' and {more:,} more' if more > 0 else ''}" if found else ""
