"""What is usual for a day, learnt from the days before it without learning from spikes.

The days before are gone through once more: each is judged by those before it, so that a spike
enters the memory capped, and what lasts becomes the new usual. Floats serve: these are
statistics, no money.
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from itertools import dropwhile
from math import exp, log
from statistics import median

from msgspec import Struct

from spend_report.domain.judgement.usual_by_weekday import (
    LEAST_FACTOR,
    WEEK,
    Expected,
    Rule,
    expected,
)

MEMORY_DAYS = 31
"""How many calendar days back are learnt from: a month and its day a month before."""

LASTING_DAYS = 3
"""So many unusual days in a row are a new level."""

_OFFSET_OF_FLOOR, _OFFSET_OF_LARGEST = 0.1, 0.001
_LEAST_OFFSET = sys.float_info.min


class Usual(Struct, frozen=True):
    """What is expected of a day.

    `value` is the expected value and `limit` the highest that is still usual, in the unit of
    the days; both None where `days`, the number of days to learn from, is too small. `unusual`
    are the unusual days that directly precede, oldest first.
    """

    rule: Rule
    days: int
    value: float | None = None
    limit: float | None = None
    unusual: Sequence[date] = ()

    def is_exceeded_by(self, value: float) -> bool:
        """Whether `value` is unusually high."""
        return self.limit is not None and value > self.limit


def usual(past: Mapping[date, float], day: date, floor: float) -> Usual:
    """What is usual for `day`, by its days before.

    Args:
        past: the values of the reported days before, ascending, none of them negative; a day
            without a report is not in it. Nothing is learnt from before the first spend.
        day: the day to be judged.
        floor: an excess of this size is never unusual, in the unit of the values.
    """
    begun = dict(dropwhile(lambda seen: not seen[1], past.items()))
    memory = _Memory(floor, max(begun.values(), default=0.0))
    first_spikes = _spikes_of_first_week(begun, floor)
    for seen, value in begun.items():
        memory.take(seen, value, first_spikes.get(seen))
    return memory.expect(day)


def _spikes_of_first_week(past: Mapping[date, float], floor: float) -> dict[date, float]:
    """Days of the first week that no later one of their weekday comes near, with a cap.

    Nothing before them shows what they are, and a memory that begins from a spike is blind on
    that weekday for weeks. Where many stand out, they were another level.
    """
    found = {}
    typical = median(past.values()) if past else 0.0
    for seen in list(past)[:WEEK]:
        same = [
            past[later] for week in range(1, 5) if (later := seen + timedelta(week * WEEK)) in past
        ]
        if len(same) > 1:
            cap = 1.5 * max(typical, *same)
            if past[seen] > cap + floor:
                found[seen] = cap
    return found if len(found) < LASTING_DAYS else {}


class _Memory:
    """The days as they are learnt from, as logarithms.

    A small offset is added before the logarithm is taken: it gives a day without spend one,
    and takes the weight from differences that are small beside the floor.
    """

    def __init__(self, floor: float, largest: float) -> None:
        self._floor = floor
        self._offset = max(_OFFSET_OF_FLOOR * floor, _OFFSET_OF_LARGEST * largest) or _LEAST_OFFSET
        self._days: dict[date, float] = {}
        self._spikes: dict[date, float] = {}
        self._unusual: dict[date, float] = {}

    def take(self, day: date, value: float, cap: float | None = None) -> None:
        """Learn from `day`: what is unusual enters capped, and as it is once it has lasted."""
        seen = log(value + self._offset)
        if cap is not None:
            self._spikes[day] = seen
            self._days[day] = log(cap + self._offset)
            return
        usual = self.expect(day)
        if usual.value is None or not usual.is_exceeded_by(value):
            self._unusual.clear()
            self._days[day] = seen
            return
        self._spikes[day] = seen
        self._unusual[day] = seen - log(usual.value + self._offset)
        self._days[day] = min(seen, median(self._last_week()) + LEAST_FACTOR)
        if len(self._unusual) == LASTING_DAYS:
            self._settle()

    def _last_week(self) -> list[float]:
        return list(self._days.values())[-WEEK:]

    def _settle(self) -> None:
        """The unusual days are a new level: lift all before them to it."""
        rise = median(self._unusual.values())
        self._days = {day: value + rise for day, value in self._days.items()}
        for day in self._unusual:
            self._days[day] = self._spikes.pop(day)
        self._unusual.clear()

    def expect(self, day: date) -> Usual:
        """What is usual for `day`."""
        found = expected(self._days, day)
        if found is None:
            return Usual(Rule.NONE, len(self._days))
        middle = self._of_month(found, day)
        value = max(exp(middle) - self._offset, 0.0)
        floor = self._floor * (2 if found.rule is Rule.WEEK else 1)
        limit = max(exp(middle + found.width) - self._offset, value + floor)
        return Usual(found.rule, len(self._days), value, limit, tuple(self._unusual))

    def _of_month(self, found: Expected, day: date) -> float:
        """Usual is also what was a spike on the same day a month before: the month's batch."""
        return max([found.middle, *(self._spikes.get(twin, found.middle) for twin in _twins(day))])


def _twins(day: date) -> list[date]:
    """The days of the month before as far from its first and from its last day as `day` is."""
    first = day.replace(day=1)
    next_first = (first + timedelta(MEMORY_DAYS)).replace(day=1)
    length, length_before = next_first - first, first - (first - timedelta(1)).replace(day=1)
    return [day - length_before, day - length]
