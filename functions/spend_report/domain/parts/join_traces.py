"""The traces of several parts of a day, made one.

So that this takes little memory, each part has its traces in as many blocks as every other, by
their ids: what the parts have of one trace is in the same block of each.
"""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, compress, count
from typing import Literal
from zlib import crc32

from spend_report.domain.parts.part import Pending
from spend_report.domain.parts.trace_ids import PackedIds, packed
from spend_report.domain.parts.traces import Block, Further, Owner, Traces

BLOCKS = 256


def in_blocks(traces: Traces) -> Traces:
    """`traces` in `BLOCKS` blocks by their ids: the same ones, in whichever order calls came.

    They are in one block, and have a row for each owner.
    """
    (block,) = traces.blocks
    used = {traces.owners[number] for number in set(block.owner)}
    owners = sorted(used, key=lambda owner: (owner.project.id, owner.feature))
    numbers = dict(zip(owners, count(), strict=False))
    renumbered = [numbers.get(owner, 0) for owner in traces.owners]
    owner = array("I", map(renumbered.__getitem__, block.owner))
    # By a hash, as ids of one day may all begin alike.
    rows = [array("I") for _ in range(BLOCKS)]
    for row, id_ in enumerate(block.ids):
        rows[crc32(id_.encode("utf-8", "replace")) % BLOCKS].append(row)
    return Traces(traces.decimals, owners, (_ordered(block, owner, own) for own in rows))


def joined(parts: Sequence[Traces]) -> Traces:
    """What `parts` come to together, each of which is `in_blocks`."""
    decimals = max(part.decimals for part in parts)
    numbers = dict[Owner, int]()
    renumbered = [
        [numbers.setdefault(owner, len(numbers)) for owner in part.owners] for part in parts
    ]
    scales = [10 ** (decimals - part.decimals) for part in parts]
    blocks = (
        _one(list(map(_adapted, of_each, renumbered, scales)))
        for of_each in zip(*(part.blocks for part in parts), strict=True)
    )
    return Traces(decimals, list(numbers), blocks)


def of_calls(calls: Sequence[tuple[Pending, int]]) -> Traces:
    """The traces of `calls`, each with how many decimals of a dollar its unit has."""
    decimals = max((own for _, own in calls), default=0)
    owners = dict.fromkeys(call.owner for call, _ in calls)
    numbers = dict(zip(owners, count(), strict=False))
    ids = [call.trace_id for call, _ in calls]
    tokens = [call.slot.tokens for call, _ in calls]
    block = Block(
        ids,
        owner=array("I", (numbers[call.owner] for call, _ in calls)),
        calls=array("I", [1]) * len(calls),
        input=array("q", (one.input for one in tokens)),
        output=array("q", (one.output for one in tokens)),
        units=[call.units * 10 ** (decimals - own) for call, own in calls],
        further=Further.of(_repeated(enumerate(ids))),
    )
    return in_blocks(Traces(decimals, list(owners), [block]))


def _ordered(block: Block, owner: Sequence[int], rows: Sequence[int]) -> Block:
    """Those `rows` of a block in the order of their ids, and of their owners."""
    places = sorted((block.ids[row], owner[row], row) for row in rows)
    ids, rows = [id_ for id_, _, _ in places], [row for _, _, row in places]
    return Block(
        packed(ids),
        owner=array("I", map(owner.__getitem__, rows)),
        calls=array("I", map(block.calls.__getitem__, rows)),
        input=array("q", map(block.input.__getitem__, rows)),
        output=array("q", map(block.output.__getitem__, rows)),
        units=packed_units(list(map(block.units.__getitem__, rows))),
        further=Further.of(_repeated(enumerate(ids))),
    )


def packed_units(units: Sequence[int]) -> Sequence[int]:
    """`units` in eight bytes each, unless one does not fit."""
    try:
        return array("q", units)
    except OverflowError:
        return units


def _adapted(block: Block, numbers: Sequence[int], scale: int) -> Block:
    """`block` with its owners' new numbers, and units of which `scale` are one of its own."""
    if scale > 1:
        block.units = [units * scale for units in block.units]
    block.owner = array("I", map(numbers.__getitem__, block.owner))
    return block


def _one(blocks: Sequence[Block]) -> Block:
    """All rows of `blocks`, of which some may have the same traces."""
    return Block(
        PackedIds.chained([packed(block.ids) for block in blocks]),
        owner=_chained("I", (block.owner for block in blocks)),
        calls=_chained("I", (block.calls for block in blocks)),
        input=_chained("q", (block.input for block in blocks)),
        output=_chained("q", (block.output for block in blocks)),
        units=list(chain.from_iterable(block.units for block in blocks)),
        further=_further(blocks),
    )


def _chained(kind: Literal["I", "q"], columns: Iterable[Sequence[int]]) -> Sequence[int]:
    whole: array[int] = array(kind)
    for column in columns:
        whole.extend(column)
    return whole


def _further(blocks: Sequence[Block]) -> Further:
    """The rows of `blocks`, one behind the other, that are not the first of their trace."""
    offsets = list(accumulate((len(block.owner) for block in blocks), initial=0))
    further = {
        offset + row: offset + first
        for offset, block in zip(offsets, blocks, strict=False)
        for row, first in block.further.pairs()
    }
    return Further.of(further | _repeated(_maybe_shared(blocks, offsets)))


def _repeated(rows: Iterable[tuple[int, str]]) -> dict[int, int]:
    """Those of `rows` whose id, which is given with each, an earlier one has: the first with it."""
    firsts = dict[str, int]()
    numbered = ((row, firsts.setdefault(id_, row)) for row, id_ in rows)
    return {row: first for row, first in numbered if first != row}


def _maybe_shared(blocks: Sequence[Block], offsets: Sequence[int]) -> Iterator[tuple[int, str]]:
    """All rows of those traces that are in several blocks, and hardly any other."""
    seen, twice = set[int](), set[int]()
    keys = [packed(block.ids).keys() for block in blocks]
    for own in keys:
        twice |= seen.intersection(own)
        seen.update(own)
    for block, offset, own in zip(blocks, offsets, keys, strict=False):
        for row in compress(count(), map(twice.__contains__, own)):
            yield offset + row, block.ids[row]
