"""A part of a day as two files in msgpack: its traces in blocks, and everything else.

Columns are there as they lie in memory. The same part has the same bytes, in whichever order its
runs came.
"""

from array import array
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from itertools import accumulate, pairwise
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from spend_report.domain.parts.join_traces import in_blocks, packed_units
from spend_report.domain.parts.part import Part, Pending
from spend_report.domain.parts.path_sums import Path, PathSpend
from spend_report.domain.parts.sum_calls import Slot
from spend_report.domain.parts.trace_ids import PackedIds, packed
from spend_report.domain.parts.traces import Block, Further, Owner, Traces
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.columns import Group
from spend_report.domain.runs.usage import Remark, RemarkKind

VERSION = 2
"""Raised when a reader would misread older files: a merge reads what the same code wrote."""


class NotAPartError(ValueError):
    """The file is none of this version."""


class _Slot(Struct, array_like=True):
    """A `Slot`, with the place of its group in `_File.groups`."""

    group: int
    recorded: bool
    hour: int
    calls: int
    without_usage: int
    tokens: Tokens
    langsmith_cost: Decimal


class _Pending(Struct, array_like=True):
    id: int
    has_usage: bool
    ancestors: bytes
    slot: _Slot
    trace_id: str
    units: str
    path: Path | None
    remarks: list[Remark]


class _Traces(Struct, array_like=True):
    """A `Traces`; each of its blocks is where the one before it ends, and has so many bytes."""

    decimals: int
    owners: list[Owner]
    sizes: list[int]


class _Block(Struct, array_like=True):
    """A `Block`; `units` as text where one does not fit into 64 bits."""

    ids: bytes
    odd: dict[int, str]
    owner: bytes
    calls: bytes
    input: bytes
    output: bytes
    units: bytes | list[str]
    further: list[bytes]


class _File(Struct, array_like=True):
    version: int
    fetched: int
    unreadable: int
    wrappers: int
    groups: list[Group]
    slots: list[_Slot]
    traces: _Traces
    paths: list[tuple[Path, PathSpend]]
    remarks: list[tuple[RemarkKind, str, int, int]]
    pending: list[_Pending]
    wrapping_usage: bytes
    open_wrappers: bytes


class PartFiles(NamedTuple):
    """A part as files: `sums` are all but the `traces`, which nobody can read without them."""

    sums: bytes
    traces: bytes


type ReadTraces = Callable[[int, int], bytes]
"""Reads the bytes of a part's `traces` from one place to another."""


def encoded(part: Part) -> PartFiles:
    """`part` as files."""
    traces = in_blocks(part.traces)
    blocks = [msgspec.msgpack.encode(_block(block)) for block in traces.blocks]
    in_file = _Traces(traces.decimals, list(traces.owners), list(map(len, blocks)))
    return PartFiles(_sums(part, in_file), b"".join(blocks))


def decoded(sums: bytes, read: ReadTraces, at_once: int) -> Part:
    """The part in `sums`, whose traces are `read` when they are needed, about `at_once` bytes.

    Raises NotAPartError, as going through the traces does.
    """
    file = _decoded(sums, _File)
    if file.version != VERSION:
        raise NotAPartError(f"version {file.version} instead of {VERSION}")
    blocks = _blocks(file.traces.sizes, read, at_once)
    return Part(
        file.fetched,
        file.unreadable,
        file.wrappers,
        slots=[_slot_of(slot, file.groups) for slot in file.slots],
        traces=Traces(file.traces.decimals, file.traces.owners, blocks),
        paths=dict(file.paths),
        remarks={(kind, about): (calls, tokens) for kind, about, calls, tokens in file.remarks},
        pending=[_pending_of(run, file.groups) for run in file.pending],
        wrapping_usage=_column("q", file.wrapping_usage),
        open_wrappers=_column("q", file.open_wrappers),
    )


def _sums(part: Part, traces: _Traces) -> bytes:
    slots = [*part.slots, *(run.slot for run in part.pending)]
    groups = sorted({slot.group for slot in slots}, key=_sort_key)
    numbers = {group: number for number, group in enumerate(groups)}
    return msgspec.msgpack.encode(
        _File(
            VERSION,
            part.fetched,
            part.unreadable,
            part.wrappers,
            groups=groups,
            slots=sorted(
                (_slot(slot, numbers) for slot in part.slots),
                key=lambda slot: (slot.group, slot.recorded, slot.hour),
            ),
            traces=traces,
            paths=sorted(part.paths.items()),
            remarks=sorted((*key, *sums) for key, sums in part.remarks.items()),
            pending=[_pending(run, numbers) for run in part.pending],
            wrapping_usage=array("q", part.wrapping_usage).tobytes(),
            open_wrappers=array("q", part.open_wrappers).tobytes(),
        )
    )


def _sort_key(group: Group) -> tuple[Any, ...]:
    return (group.project.id, repr(group.rates), *map(str, group[1:]))


def _slot(slot: Slot, numbers: dict[Group, int]) -> _Slot:
    return _Slot(numbers[slot.group], *slot[1:])


def _slot_of(slot: _Slot, groups: Sequence[Group]) -> Slot:
    _, *rest = msgspec.structs.astuple(slot)
    return Slot(groups[slot.group], *rest)


def _pending(run: Pending, numbers: dict[Group, int]) -> _Pending:
    return _Pending(
        run.id,
        run.has_usage,
        array("q", run.ancestors).tobytes(),
        _slot(run.slot, numbers),
        run.trace_id,
        str(run.units),
        run.path,
        list(run.remarks),
    )


def _pending_of(run: _Pending, groups: Sequence[Group]) -> Pending:
    return Pending(
        run.id,
        run.has_usage,
        _column("q", run.ancestors),
        _slot_of(run.slot, groups),
        run.trace_id,
        int(run.units),
        run.path,
        run.remarks,
    )


def _block(block: Block) -> _Block:
    ids = packed(block.ids)
    units = packed_units(block.units)
    return _Block(
        bytes(ids.packed),
        ids.odd,
        owner=array("I", block.owner).tobytes(),
        calls=array("I", block.calls).tobytes(),
        input=array("q", block.input).tobytes(),
        output=array("q", block.output).tobytes(),
        units=units.tobytes() if isinstance(units, array) else list(map(str, units)),
        further=[array("I", column).tobytes() for column in block.further],
    )


def _blocks(sizes: Sequence[int], read: ReadTraces, at_once: int) -> Iterator[Block]:
    """The blocks of such `sizes`, as many at a time as are about `at_once` bytes."""
    body, begin = b"", 0
    ends = list(accumulate(sizes))
    for start, end in pairwise([0, *ends]):
        if end > begin + len(body):
            least = next((far for far in ends if far >= start + max(1, at_once)), ends[-1])
            body, begin = read(start, least), start
        yield _block_of(_decoded(body[start - begin : end - begin], _Block))


def _block_of(block: _Block) -> Block:
    units = block.units
    return Block(
        PackedIds(block.ids, block.odd),
        owner=_column("I", block.owner),
        calls=_column("I", block.calls),
        input=_column("q", block.input),
        output=_column("q", block.output),
        units=_column("q", units) if isinstance(units, bytes) else list(map(int, units)),
        further=Further(*(_column("I", column) for column in block.further)),
    )


def _decoded[T](body: bytes, type_: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(body, type=type_)
    except msgspec.MsgspecError as error:
        raise NotAPartError(str(error)) from error


def _column(kind: Any, body: bytes) -> "array[int]":
    """The column in `body`, as the processor has it: all of Lambda's have it the same way."""
    column: array[int] = array(kind)
    column.frombytes(body)
    return column
