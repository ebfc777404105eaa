"""What the traces of a part of a day come to: the calls of each, by project and feature.

Costs are whole numbers of a unit here (see `exact_costs`), which are exact, and fast to add.
"""

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import compress, count
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
        traces, rows = self._of_calls(columns.traces), self._of_calls(range(len(columns)))
        row_of = dict(zip(traces, rows, strict=True))
        self._rows = array("I", row_of.values())  # one of the rows of each trace
        places = dict(zip(row_of, count(), strict=False))
        # Of each call the place of its trace.
        self._places = list(map(places.__getitem__, self._of_calls(columns.traces)))
        del places, row_of
        self._costs = _in_little_space(run_costs(columns, self._decimals))
        # Places are numbered as they first occur, and so the counter has them.
        self._calls = list(Counter(self._places).values())
        self._input, self._output, self._units = ([0] * len(self._rows) for _ in range(3))
        inputs, outputs, units = self._input, self._output, self._units
        for place, input_, output, cost in zip(self._places, *self._amounts(), strict=True):
            inputs[place] += input_
            outputs[place] += output
            units[place] += cost

    def costliest(self, most: int) -> list[str]:
        """The ids of the `most` costliest traces."""
        ids = RowIds(self._columns, self._rows)
        return [ids[place] for place in costliest(self._units, most, ids.__getitem__)]

    def by_owner(self) -> Traces:
        """The same once each call's group says whose it is, with the rates that it had."""
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

    def _amounts(self) -> tuple[Iterable[int], Iterable[int], Iterable[int]]:
        """Input, output and units of each call."""
        columns = (self._columns.input, self._columns.output, self._costs)
        input_, output, units = map(self._of_calls, columns)
        return input_, output, units

    def _part(
        self, apart: Sequence[bool], own: Sequence[int], owners: int
    ) -> list[tuple[int, int]]:
        """Take the calls that are `apart` out of their traces' rows and into rows of their own.

        `own` are the numbers of the calls' owners, of which there are so many. Returns the place
        of the trace and the owner of each row that is new.
        """
        places = list(compress(self._places, apart))
        keys = [
            place * owners + number
            for place, number in zip(places, compress(own, apart), strict=True)
        ]
        new = dict(zip(dict.fromkeys(keys), count(len(self._rows)), strict=False))
        sums = (self._calls, self._input, self._output, self._units)
        for column in sums:
            column.extend([0] * len(new))
        calls, inputs, outputs, units = sums
        of_apart = (compress(amounts, apart) for amounts in self._amounts())
        for place, row, input_, output, cost in zip(
            places, map(new.__getitem__, keys), *of_apart, strict=True
        ):
            calls[place] -= 1
            calls[row] += 1
            inputs[place] -= input_
            inputs[row] += input_
            outputs[place] -= output
            outputs[row] += output
            units[place] -= cost
            units[row] += cost
        return [divmod(key, owners) for key in new]


def _in_little_space(costs: list[int]) -> Sequence[int]:
    """`costs` in eight bytes each, unless one needs more."""
    try:
        return array("q", costs)
    except OverflowError:
        return costs
