"""Too many names of one kind: they leave the groups, for a column of their own.

Somebody who puts an id where a name belongs makes as many groups as there are calls, too many to
hold; a number for each call is little. So the kind that has most names moves out. Once all runs
are in, the costliest of its names move back, and the rest becomes `(other)`. Nothing is lost
before that, so it makes no difference in which order the runs come.
"""

from array import array
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple

from msgspec.structs import replace

from spend_report.domain.basics.names import NO_NAMES, OTHER, UNTAGGED, name_of
from spend_report.domain.basics.ranking import costliest
from spend_report.domain.prices.model_names import display
from spend_report.domain.prices.price_sources import Rates
from spend_report.domain.runs.columns import NAMED, NO_CALL, Columns, Group
from spend_report.domain.runs.rare_columns import NameColumn
from spend_report.domain.runs.run import MetadataKeys, Run


class Held(NamedTuple):
    """What is held while a day is read: far more than is reported, so that that is among it.

    Attributes:
        groups: groups, with all of their names.
        values: names of a kind that move back.
        names: names that moved out, of all kinds together. Beyond that the cheapest so far are
            lost: only then the order in which runs come makes a difference.
        characters: those of these names together.
        paths: code paths of calls without a feature, once all are known.
    """

    groups: int = 25_000
    values: int = 10_000
    names: int = 1_000_000
    characters: int = 50_000_000
    paths: int = 20_000

    def exceeded_by(self, columns: Iterable[NameColumn]) -> bool:
        """Whether the names in `columns` are more than can be held."""
        names = [column.names for column in columns]
        characters = sum(own.characters for own in names)
        return sum(map(len, names)) > self.names or characters > self.characters


HELD = Held()

# A price rests on these, or a code path, so that the metadata keeps them.
_NEEDED = frozenset({"provider", "model", "node"})

# In which a million tokens are priced here: so many are a dollar.
_UNITS = 10**9

type _Prices = tuple[int, int, float]
"""Of a token of input and of output, and of a dollar that LangSmith recorded."""

_FREE: _Prices = (0, 0, 0.0)


class _Kind(NamedTuple):
    """A kind of names that moved: an attribute of metadata and of groups.

    `field` is the metadata's own, from which the names are taken; empty where it keeps them.
    """

    attribute: str
    field: str
    column: NameColumn


class MovedNames:
    """The kinds of names that moved from the groups of `columns` to columns; none on most days.

    `aliases` are the features that other names count as.
    """

    def __init__(
        self, columns: Columns, keys: MetadataKeys, aliases: Mapping[str, str], held: Held
    ) -> None:
        self._columns = columns
        self._keys = keys
        self._aliases = aliases
        self._kinds: list[_Kind] = []
        self._held = held
        self._most_groups = held.groups
        untagged = (alias for alias, feature in aliases.items() if feature == UNTAGGED)
        self._stay = NO_NAMES.union(untagged)

    def __bool__(self) -> bool:
        return bool(self._kinds)

    def take_out(self, run: Run) -> tuple[int, ...]:
        """Take the names that have columns out of the metadata of `run`; their numbers there."""
        metadata = run.metadata
        numbers: list[int] = []
        changed: dict[str, str] = {}
        for attribute, field, column in self._kinds:
            name = name_of(getattr(metadata, attribute, None))
            if attribute == "model":
                name = display(name)
            numbers.append(column.names[name])
            if field and name not in self._stay:
                changed[field] = OTHER
        if changed:
            run.metadata = replace(metadata, **changed)
        return tuple(numbers)

    def bare(self, group: Group) -> Group:
        """`group` without the names that have columns."""
        for kind in self._kinds:
            if self._name(group, kind.attribute) not in self._stay:
                group = self._named(group, kind.attribute, OTHER)
        return group

    def make_room(self) -> bool:
        """Move names if there are too many groups. Says whether these have new numbers."""
        columns, held = self._columns, self._held
        if held.exceeded_by(columns.names):
            most = max(self._kinds, key=lambda kind: len(kind.column.names))
            self._keep(most, len(most.column.names) // 2)
        if len(columns.groups) <= self._most_groups:
            return False
        while len(columns.groups) > held.groups // 2 and (left := self._left()):
            alike = self._alike(max(left, key=self._names_of))
            for attribute in filter(alike.__contains__, left):
                self._move(attribute, stays=not _NEEDED.isdisjoint(alike))
            columns.regroup(
                zip(columns.group), lambda key: self.bare(columns.groups[key[0] - NO_CALL - 1])
            )
        self._most_groups = max(held.groups, 2 * len(columns.groups))
        return True

    def move_back(self) -> None:
        """Give the groups their names again: the costliest, in their costliest combinations."""
        if not self._kinds:
            return
        for kind in self._kinds:
            self._keep(kind, self._held.values)
        columns, names = self._columns, [list(kind.column.names) for kind in self._kinds]
        sums: defaultdict[tuple[int, ...], int] = defaultdict(int)
        for key, cost in zip(self._keys_of_rows(), costs(columns), strict=True):
            sums[key] += cost

        def whole(key: tuple[int, ...], *, is_dear: bool = True) -> Group:
            group = columns.groups[key[0] - NO_CALL - 1]
            for kind, own, number in zip(self._kinds, names, key[1:], strict=True):
                if is_dear or kind.attribute not in self._keys.dimensions:
                    group = self._named(group, kind.attribute, own[number])
            return group if is_dear else group.without_dimensions()

        combinations = [key for key in sums if key[0] != NO_CALL]
        places = costliest(
            [sums[key] for key in combinations],
            self._held.groups,
            lambda place: whole(combinations[place]).names,
        )
        dear = {combinations[place] for place in places}
        columns.regroup(self._keys_of_rows(), lambda key: whole(key, is_dear=key in dear))
        self._kinds.clear()
        columns.names.clear()

    def _keys_of_rows(self) -> Iterator[tuple[int, ...]]:
        return zip(self._columns.group, *(own.numbers for own in self._columns.names), strict=True)

    def _left(self) -> list[str]:
        """The attributes of groups that did not move."""
        moved = {kind.attribute for kind in self._kinds}
        return [name for name in (*NAMED, *self._keys.dimensions) if name not in moved]

    def _names_of(self, attribute: str) -> int:
        return len({self._name(group, attribute) for group in self._columns.groups})

    def _move(self, attribute: str, *, stays: bool) -> None:
        """Make a column of the names of one kind, and say whether the metadata keeps them."""
        columns, column = self._columns, NameColumn()
        numbers = [column.names[self._name(group, attribute)] for group in columns.groups]
        column.numbers = array("I", map([0, *numbers].__getitem__, columns.group))
        columns.names.append(column)
        field = self._keys.struct.__struct_fields__[self._keys.place_of[attribute]]
        self._kinds.append(_Kind(attribute, "" if stays else field, column))

    def _alike(self, attribute: str) -> list[str]:
        """The attributes that one metadata key fills, of which `attribute` is one."""
        place_of = self._keys.place_of
        return [name for name, place in place_of.items() if place == place_of[attribute]]

    def _keep(self, kind: _Kind, most: int) -> None:
        aliases = self._aliases if kind.attribute == "feature" else {}
        kind.column.keep(most, costs(self._columns), self._stay, aliases)

    def _name(self, group: Group, attribute: str) -> str:
        if attribute in self._keys.dimensions:
            return group.dimensions[self._keys.dimensions.index(attribute)]
        name: str = getattr(group, "written" if attribute == "feature" else attribute)
        return name

    def _named(self, group: Group, attribute: str, name: str) -> Group:
        """`group` with another `name`."""
        if attribute == "feature":
            return group._replace(feature=self._aliases.get(name, name), written=name)
        if attribute in self._keys.dimensions:
            names = list(group.dimensions)
            names[self._keys.dimensions.index(attribute)] = name
            return group._replace(dimensions=tuple(names))
        changed: dict[str, Any] = {attribute: name}
        return group._replace(**changed)


def costs(columns: Columns) -> Iterator[int]:
    """About what each run costs, good enough to tell the cheap from the dear."""
    prices = [_FREE, *(_prices(group.rates) for group in columns.groups)]
    return (
        input_ * price + output * output_price + int(recorded * share)
        for (price, output_price, share), input_, output, recorded in zip(
            map(prices.__getitem__, columns.group),
            *(columns.input, columns.output, columns.recorded),
            strict=True,
        )
    )


def costs_of(columns: Columns, rows: Iterable[int]) -> Iterator[int]:
    """The same of `rows` alone, which ascend."""
    left, at = costs(columns), 0
    for row in rows:
        yield next(islice(left, row - at, None))
        at = row + 1


def _prices(rates: Rates | None) -> _Prices:
    if rates is None:
        return 0, 0, float(_UNITS * 10**6)
    return int(rates.input * _UNITS), int(rates.output * _UNITS), 0.0
