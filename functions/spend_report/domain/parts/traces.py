"""What the traces of a part of a day come to: the calls of each, by project and feature.

Costs are whole numbers of a unit here (see `exact_costs`), which are exact, and fast to add.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, count, repeat
from typing import NamedTuple, Self

from msgspec import Struct

from spend_report.domain.basics.ranking import costliest
from spend_report.domain.parts.exact_costs import decimals_of
from spend_report.domain.parts.run_costs import run_costs
from spend_report.domain.parts.trace_ids import RowIds
from spend_report.domain.runs.columns import NO_CALL, Columns
from spend_report.domain.runs.run import Project


class Owner(NamedTuple):
    """Whose calls of a trace are added up together."""

    project: Project
    feature: str


class Further(NamedTuple):
    """The rows that are not the first of their trace, and of each the one that is."""

    rows: Sequence[int]
    firsts: Sequence[int]

    @classmethod
    def of(cls, firsts: Mapping[int, int]) -> Self:
        """The same, by the rows."""
        return cls(array("I", firsts.keys()), array("I", firsts.values()))

    def pairs(self) -> Iterator[tuple[int, int]]:
        """Each row with the first."""
        return zip(*self, strict=True)


class Block(Struct):
    """Some traces: sums over their calls, by trace and owner. Every field has one entry a row.

    A trace has a row for each of its owners, or several of them. `owner` is a place in
    `Traces.owners`; 10 to the power of `Traces.decimals` of the `units` are a dollar.
    """

    ids: Sequence[str]
    owner: Sequence[int]
    calls: Sequence[int]
    input: Sequence[int]
    output: Sequence[int]
    units: Sequence[int]
    further: Further

    def of_several_rows(self) -> dict[int, list[int]]:
        """All rows of those traces that have more than one, by the first of them."""
        rows: dict[int, list[int]] = {}
        for row, first in self.further.pairs():
            rows.setdefault(first, [first]).append(row)
        return rows

    def of_one_row(self) -> Iterator[tuple[int, int]]:
        """The owners and the units of the other traces."""
        alone = bytearray(b"\1") * len(self.owner)
        for row, first in self.further.pairs():
            alone[row] = alone[first] = False
        return compress(zip(self.owner, self.units, strict=True), alone)

    def costliest(self, most: int) -> list[int]:
        """The first rows of the `most` costliest traces, of equals the first by id."""
        totals = list(self.units)
        for row, first in self.further.pairs():
            totals[first] += self.units[row]
            totals[row] = -1  # behind all others
        rows = costliest(totals, most, self.ids.__getitem__)
        return [row for row in rows if totals[row] >= 0]


class Traces(Struct):
    """The traces of a part of a day, each in one of `blocks`, which can be gone through once."""

    decimals: int
    owners: Sequence[Owner]
    blocks: Iterable[Block]


class TraceSums:
    """Sums over the calls in `columns` by trace, as long as it is open whose each call is."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._decimals = decimals_of(columns.groups)
        places = dict(zip(dict.fromkeys(self._of_calls(columns.traces)), count(), strict=False))
        self._rows = array("I", bytes(4 * len(places)))  # one of the rows of each trace
        # Of each call the place of its trace.
        self._places = list(map(places.__getitem__, self._of_calls(columns.traces)))
        del places
        self._calls, self._units = [0] * len(self._rows), [0] * len(self._rows)
        self._input, self._output = [0] * len(self._rows), [0] * len(self._rows)
        self._add_up()

    def costliest(self, most: int) -> list[str]:
        """The ids of the `most` costliest traces."""
        ids = RowIds(self._columns, self._rows)
        return [ids[place] for place in costliest(self._units, most, ids.__getitem__)]

    def by_owner(self) -> Traces:
        """The same once each call's group says whose it is."""
        columns = self._columns
        numbers: dict[Owner, int] = {}
        owners = (Owner(group.project, group.feature) for group in columns.groups)
        by_group = [NO_CALL, *(numbers.setdefault(one, len(numbers)) for one in owners)]
        own = list(map(by_group.__getitem__, self._of_calls(columns.group)))
        owner = [0] * len(self._rows)
        for place, number in zip(self._places, own, strict=True):
            owner[place] = number
        apart = [owner[place] != number for place, number in zip(self._places, own, strict=True)]
        further = self._part(apart, own, len(numbers)) if any(apart) else []
        first = [place for place, _ in further]
        block = Block(
            ids=RowIds(columns, self._rows + array("I", map(self._rows.__getitem__, first))),
            owner=array("I", [*owner, *(number for _, number in further)]),
            calls=array("I", self._calls),
            input=array("q", self._input),
            output=array("q", self._output),
            units=self._units,
            further=Further(range(len(self._rows), len(self._units)), array("I", first)),
        )
        return Traces(self._decimals, list(numbers), [block])

    def _of_calls[T](self, column: Sequence[T]) -> Iterable[T]:
        """Of a `column` what is of calls."""
        group = self._columns.group
        return compress(column, group) if NO_CALL in group else column

    def _add_up(self) -> None:
        columns = self._columns
        calls, inputs, outputs, units = self._calls, self._input, self._output, self._units
        for place, row, input_, output in zip(
            self._places,
            self._of_calls(range(len(columns))),
            self._of_calls(columns.input),
            self._of_calls(columns.output),
            strict=True,
        ):
            self._rows[place] = row
            calls[place] += 1
            inputs[place] += input_
            outputs[place] += output
        costs = self._of_calls(run_costs(columns, self._decimals))
        for place, cost in zip(self._places, costs, strict=True):
            units[place] += cost

    def _part(
        self, apart: Sequence[bool], own: Sequence[int], owners: int
    ) -> list[tuple[int, int]]:
        """Take the calls that are `apart` out of their traces' rows and into rows of their own.

        `own` are the numbers of the calls' owners, of which there are so many. Returns the place
        of the trace and the owner of each row that is new.
        """
        columns = self._columns
        places = list(compress(self._places, apart))
        keys = [
            place * owners + number
            for place, number in zip(places, compress(own, apart), strict=True)
        ]
        new = dict(zip(dict.fromkeys(keys), count(len(self._rows)), strict=False))
        rows = list(map(new.__getitem__, keys))
        for sums, amounts in (
            (self._calls, repeat(1)),
            (self._input, self._of_calls(columns.input)),
            (self._output, self._of_calls(columns.output)),
            (self._units, self._of_calls(run_costs(columns, self._decimals))),
        ):
            sums.extend([0] * len(new))
            for place, row, amount in zip(places, rows, compress(amounts, apart), strict=True):
                sums[place] -= amount
                sums[row] += amount
        return [divmod(key, owners) for key in new]
