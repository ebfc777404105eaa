"""From calls to sums by group, recorded cost and hour."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, MutableMapping, MutableSequence
from decimal import Decimal
from itertools import compress
from operator import not_
from typing import NamedTuple

from spend_report.domain.basics.money import ZERO, exact_sums, exactly
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.columns import NO_CALL, Columns, Group

# Rows that are added up at once: what their figures cost in memory, some 10 MB.
_BATCH = 50_000

# A day of 25 hours that begins and ends within an hour touches 26 of them.
MOST_HOURS = 27

# A list for every slot there may be is fastest, but a flood of groups would fill the memory.
_MOST_SLOTS_IN_A_LIST = 1_000_000


class Slot(NamedTuple):
    """The calls of a group that started in one hour and have a recorded cost, or have none."""

    group: Group
    recorded: bool
    hour: int
    calls: int
    without_usage: int
    tokens: Tokens
    langsmith_cost: Decimal


def add_up(columns: Columns) -> list[Slot]:
    """The sums over the calls in `columns`, in slots that have at least one."""
    sums = _Sums(len(columns.groups))
    for start in range(0, len(columns), _BATCH):
        sums.add(columns, slice(start, start + _BATCH))
    for row, tokens in columns.audio:
        sums.audio[_number(columns.group[row], columns.recorded[row], columns.hour[row])] += tokens
    return list(sums.slots(columns))


def added(slots: Iterable[Slot]) -> list[Slot]:
    """The sums of `slots`, one slot for each group, recorded cost or not, and hour.

    Equal groups are one object afterwards.
    """
    groups: dict[Group, Group] = {}
    sums: dict[tuple[int, bool, int], Slot] = {}
    for slot in slots:
        group = groups.setdefault(slot.group, slot.group)
        key = (id(group), slot.recorded, slot.hour)
        so_far = sums.get(key)
        sums[key] = (
            slot._replace(group=group)
            if so_far is None
            else so_far._replace(
                calls=so_far.calls + slot.calls,
                without_usage=so_far.without_usage + slot.without_usage,
                tokens=so_far.tokens + slot.tokens,
                langsmith_cost=so_far.langsmith_cost + slot.langsmith_cost,
            )
        )
    return list(sums.values())


def slot_of(columns: Columns, row: int) -> Slot:
    """The slot of the call in `row` alone."""
    recorded = columns.recorded[row] > 0
    return Slot(
        group=columns.group_of(row),
        recorded=recorded,
        hour=columns.hour[row],
        calls=1,
        without_usage=int(not columns.has_usage(row)),
        tokens=columns.tokens(row),
        langsmith_cost=exactly(columns.recorded[row]) if recorded else ZERO,
    )


def _number(group: int, recorded: float, hour: int) -> int:
    """The number of a slot."""
    return (group + group + (recorded > 0)) * MOST_HOURS + hour


class _Sums:
    """Sums over calls by the numbers of their slots."""

    def __init__(self, groups: int) -> None:
        size = 2 * (NO_CALL + 1 + groups) * MOST_HOURS
        self.calls = Counter[int]()
        self.without_usage = Counter[int]()
        self.input, self.output, self.cache_read = (_zeros(size) for _ in range(3))
        self.recorded = defaultdict[int, Decimal](Decimal)
        self.writes, self.writes_1h = defaultdict[int, int](int), defaultdict[int, int](int)
        self.audio = defaultdict[int, Tokens](Tokens)

    def add(self, columns: Columns, rows: slice) -> None:
        """Add what all calls have."""
        all_input, all_output = columns.input[rows], columns.output[rows]
        recorded = columns.recorded[rows]
        numbers = [  # `_number`, but faster
            (group + group + (cost > 0)) * MOST_HOURS + hour
            for group, cost, hour in zip(
                columns.group[rows], recorded, columns.hour[rows], strict=True
            )
        ]
        self.calls.update(numbers)
        inputs, outputs, cache_reads = self.input, self.output, self.cache_read
        for number, input_, output, cache_read in zip(
            numbers, all_input, all_output, columns.cache_read[rows], strict=True
        ):
            inputs[number] += input_
            outputs[number] += output
            cache_reads[number] += cache_read
        for column, sums in (
            (columns.cache_write[rows], self.writes),
            (columns.cache_write_1h[rows], self.writes_1h),
        ):
            if any(column):  # which on most days none is
                for number, written in zip(numbers, column, strict=True):
                    sums[number] += written
        for number, amount in exact_sums(numbers, recorded).items():
            self.recorded[number] += amount
        if 0 in all_input:
            used = map(any, zip(all_input, all_output, strict=True))
            self.without_usage.update(compress(numbers, map(not_, used)))

    def slots(self, columns: Columns) -> Iterator[Slot]:
        """The slots with calls."""
        for number, calls in sorted(self.calls.items()):
            group, recorded = divmod(number // MOST_HOURS, 2)
            if group == NO_CALL:
                continue
            tokens = Tokens(
                *(self.input[number], self.output[number], self.cache_read[number]),
                *(self.writes.get(number, 0), self.writes_1h.get(number, 0)),
            )
            yield Slot(
                group=columns.groups[group - NO_CALL - 1],
                recorded=bool(recorded),
                hour=number % MOST_HOURS,
                calls=calls,
                without_usage=self.without_usage[number],
                tokens=tokens + self.audio[number] if number in self.audio else tokens,
                langsmith_cost=self.recorded[number] if recorded else ZERO,
            )


def _zeros(size: int) -> MutableSequence[int] | MutableMapping[int, int]:
    return [0] * size if size <= _MOST_SLOTS_IN_A_LIST else defaultdict(int)
