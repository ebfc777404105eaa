"""The traces of several parts of a day, made one."""

from array import array
from collections.abc import Iterable, Iterator, MutableSequence, Sequence
from heapq import merge
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

from spend_report.domain.parts.trace_ids import PackedIds
from spend_report.domain.parts.traces import Owner, Traces


class Entry(NamedTuple):
    """Calls of one owner in one trace; the last four are amounts."""

    id: str
    owner: Owner
    calls: int
    input: int
    output: int
    units: int


def ordered(traces: Traces) -> Traces:
    """`traces` in the order of their ids."""
    places = sorted(range(len(traces.ids)), key=traces.ids.__getitem__)
    return _collected(_entries(traces, places, traces.decimals), traces.decimals)


def joined(parts: Sequence[Traces]) -> Traces:
    """What `parts` come to together, each of which is `ordered`, as in files."""
    decimals = max(part.decimals for part in parts)
    streams = (_entries(part, range(len(part.ids)), decimals) for part in parts)
    return _collected(merge(*streams, key=itemgetter(0)), decimals)


def traces_from(entries: Iterable[Entry], decimals: int) -> Traces:
    """The traces of `entries` in any order, of which 10**`decimals` units are a dollar."""
    return _collected(sorted(entries, key=itemgetter(0)), decimals)


def _entries(traces: Traces, places: Iterable[int], decimals: int) -> Iterator[Entry]:
    """The rows of the traces at `places`, one after the other."""
    rows, scale = traces.rows(), 10 ** (decimals - traces.decimals)
    for place in places:
        id_ = traces.ids[place]
        for row in rows.get(place, (place,)):
            yield Entry(
                id_,
                traces.owners[traces.owner[row]],
                *(traces.calls[row], traces.input[row], traces.output[row]),
                units=traces.units[row] * scale,
            )


def _collected(entries: Iterable[Entry], decimals: int) -> Traces:
    """The traces of `entries`, which come in the order of their ids."""
    ids, numbers = PackedIds(), dict[Owner, int]()
    first, further = _Rows(), _Rows()
    of = array("I")
    for id_, own in groupby(entries, itemgetter(0)):
        by_owner: dict[int, list[int]] = {}
        for entry in sorted(own, key=_by_owner):  # in whichever order the calls came
            number = numbers.setdefault(entry.owner, len(numbers))
            amounts = by_owner.setdefault(number, [0, 0, 0, 0])
            for place, amount in enumerate(entry[2:]):
                amounts[place] += amount
        rows = iter(by_owner.items())
        first.append(*next(rows))
        for number, amounts in rows:
            of.append(len(ids))
            further.append(number, amounts)
        ids.append(id_)
    return Traces(
        decimals,
        list(numbers),
        ids,
        owner=first.owner + further.owner,
        calls=first.calls + further.calls,
        input=first.input + further.input,
        output=first.output + further.output,
        units=_both(first.units, further.units),
        further=of,
    )


def _both(first: MutableSequence[int], further: MutableSequence[int]) -> Sequence[int]:
    try:
        first.extend(further)
    except OverflowError:
        return [*first, *further]
    return first


def _by_owner(entry: Entry) -> tuple[str, str]:
    return entry.owner.project.id, entry.owner.feature


class _Rows:
    """Rows of a `Traces` under construction."""

    def __init__(self) -> None:
        self.owner, self.calls = array("I"), array("I")
        self.input, self.output = array("q"), array("q")
        self.units: MutableSequence[int] = array("q")

    def append(self, owner: int, amounts: Sequence[int]) -> None:
        self.owner.append(owner)
        calls, input_, output, units = amounts
        self.calls.append(calls)
        self.input.append(input_)
        self.output.append(output)
        try:
            self.units.append(units)
        except OverflowError:  # more than 63 bits, which a very small unit may need
            self.units = [*self.units, units]
