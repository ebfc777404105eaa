"""A part of a day as a file: msgpack, with its long columns as they lie in memory.

The same part has the same bytes, in whichever order its runs came.
"""

from array import array
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from spend_report.domain.parts.join_traces import ordered
from spend_report.domain.parts.part import Part, Pending
from spend_report.domain.parts.path_sums import Path, PathSpend
from spend_report.domain.parts.sum_calls import Slot
from spend_report.domain.parts.trace_ids import PackedIds
from spend_report.domain.parts.traces import Owner, Traces
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.columns import Group
from spend_report.domain.runs.usage import Remark, RemarkKind

VERSION = 1
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
    """A `Traces`; `units` as text where one does not fit into 64 bits."""

    decimals: int
    owners: list[Owner]
    ids: bytes
    odd: dict[int, str]
    owner: bytes
    calls: bytes
    input: bytes
    output: bytes
    units: bytes | list[str]
    further: bytes


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


def encoded(part: Part) -> bytes:
    """`part` as a file, with its traces in the order of their ids."""
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
            traces=_traces(ordered(part.traces)),
            paths=sorted(part.paths.items()),
            remarks=sorted((*key, *sums) for key, sums in part.remarks.items()),
            pending=[_pending(run, numbers) for run in part.pending],
            wrapping_usage=array("q", part.wrapping_usage).tobytes(),
            open_wrappers=array("q", part.open_wrappers).tobytes(),
        )
    )


def decoded(body: bytes) -> Part:
    """The part in `body`. Raises NotAPartError."""
    try:
        file = msgspec.msgpack.decode(body, type=_File)
    except msgspec.MsgspecError as error:
        raise NotAPartError(str(error)) from error
    if file.version != VERSION:
        raise NotAPartError(f"version {file.version} instead of {VERSION}")
    return Part(
        file.fetched,
        file.unreadable,
        file.wrappers,
        slots=[_slot_of(slot, file.groups) for slot in file.slots],
        traces=_traces_of(file.traces),
        paths=dict(file.paths),
        remarks={(kind, about): (calls, tokens) for kind, about, calls, tokens in file.remarks},
        pending=[_pending_of(run, file.groups) for run in file.pending],
        wrapping_usage=_column("q", file.wrapping_usage),
        open_wrappers=_column("q", file.open_wrappers),
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


def _traces(traces: Traces) -> _Traces:
    ids = traces.ids if isinstance(traces.ids, PackedIds) else PackedIds.of(traces.ids)
    return _Traces(
        traces.decimals,
        list(traces.owners),
        bytes(ids.packed),
        ids.odd,
        owner=array("I", traces.owner).tobytes(),
        calls=array("I", traces.calls).tobytes(),
        input=array("q", traces.input).tobytes(),
        output=array("q", traces.output).tobytes(),
        units=_amounts(traces.units),
        further=array("I", traces.further).tobytes(),
    )


def _traces_of(traces: _Traces) -> Traces:
    units = traces.units
    return Traces(
        traces.decimals,
        traces.owners,
        PackedIds(traces.ids, traces.odd),
        owner=_column("I", traces.owner),
        calls=_column("I", traces.calls),
        input=_column("q", traces.input),
        output=_column("q", traces.output),
        units=_column("q", units) if isinstance(units, bytes) else list(map(int, units)),
        further=_column("I", traces.further),
    )


def _amounts(units: Sequence[int]) -> bytes | list[str]:
    try:
        return array("q", units).tobytes()
    except OverflowError:
        return list(map(str, units))


def _column(kind: Any, body: bytes) -> "array[int]":
    """The column in `body`, as the processor has it: all of Lambda's have it the same way."""
    column: array[int] = array(kind)
    column.frombytes(body)
    return column
