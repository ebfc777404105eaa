"""Series of days to judge detectors by: public ones from a file, and features as simulated."""

import csv
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import exp, log
from pathlib import Path
from random import Random

SUNDAY = 6
_FIRST = date(2025, 1, 1)
_SEED = 20_261_127


@dataclass(frozen=True, slots=True)
class Series:
    """Values by day. `labelled` are days that people called an anomaly."""

    name: str
    values: Mapping[date, float]
    labelled: frozenset[date] = field(default_factory=frozenset)


def read_labelled(path: Path) -> list[Series]:
    """Series from a CSV file with the columns `series,date,value,labelled`."""
    values: dict[str, dict[date, float]] = {}
    labelled: dict[str, set[date]] = {}
    with path.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            day, name = date.fromisoformat(row["date"]), row["series"]
            values.setdefault(name, {})[day] = float(row["value"])
            if row["labelled"] == "1":
                labelled.setdefault(name, set()).add(day)
    return [
        Series(name, dict(sorted(days.items())), frozenset(labelled.get(name, ())))
        for name, days in values.items()
    ]


def simulated(kind: str, count: int, days: int) -> list[Series]:
    """`count` features of a `kind` over so many days, in US dollars; always the same ones."""
    random = Random(f"{_SEED} {kind}")
    return [Series(f"{kind} {number}", _days(kind, random, days)) for number in range(count)]


def _days(kind: str, random: Random, count: int) -> dict[date, float]:
    first = _FIRST + timedelta(random.randrange(365))
    value_of = KINDS[kind]
    days = ((first + timedelta(number), number) for number in range(count))
    return {day: value_of(day, number, random) for day, number in days}


def _noise(random: Random, spread: float) -> float:
    return exp(random.gauss(0, spread))


def _flat(_day: date, _number: int, random: Random) -> float:
    return 10 * _noise(random, 0.08)


def _weekly(day: date, _number: int, random: Random) -> float:
    return (3.5 if day.weekday() >= SUNDAY - 1 else 10) * _noise(random, 0.15)


def _noisy(_day: date, _number: int, random: Random) -> float:
    return 10 * _noise(random, 0.45)


def _small(_day: date, _number: int, random: Random) -> float:
    """About eight requests a day, some far dearer than others."""
    return sum(0.3 * _noise(random, 0.8) for _ in range(_requests(random)))


def _requests(random: Random, mean: float = 8) -> int:
    count, left = 0, exp(-mean)
    product = random.random()
    while product > left:
        count, product = count + 1, product * random.random()
    return count


def _growing(day: date, number: int, random: Random) -> float:
    """Ten times as much after half a year, then as it is."""
    grown = exp(min(number, 182) / 182 * log(10))
    return (0.6 if day.weekday() >= SUNDAY - 1 else 1) * 2 * grown * _noise(random, 0.15)


def _sunday_batch(day: date, _number: int, random: Random) -> float:
    return (80 if day.weekday() == SUNDAY else 10) * _noise(random, 0.12)


def _only_sundays(day: date, _number: int, random: Random) -> float:
    return 80 * _noise(random, 0.12) if day.weekday() == SUNDAY else 0


def _month_end(day: date, _number: int, random: Random) -> float:
    return (60 if (day + timedelta(1)).day == 1 else 10) * _noise(random, 0.12)


KINDS: Mapping[str, Callable[[date, int, Random], float]] = {
    "flat": _flat,
    "weekly": _weekly,
    "noisy": _noisy,
    "small": _small,
    "growing": _growing,
    "Sunday batch": _sunday_batch,
    "only Sundays": _only_sundays,
    "month's end": _month_end,
}


def with_gaps(series: Series, random: Random, share: float = 0.1) -> Series:
    """`series` with some days missing, and a week in the middle."""
    days = list(series.values)
    middle = set(days[len(days) // 2 : len(days) // 2 + 7])
    kept = {
        day: value
        for day, value in series.values.items()
        if day not in middle and random.random() >= share
    }
    return Series(series.name, kept, series.labelled)


def shifted(series: Series, at: int, factor: float) -> Series:
    """`series` with all days from the `at`th on `factor` times as high."""
    values = {
        day: value * (factor if number >= at else 1)
        for number, (day, value) in enumerate(series.values.items())
    }
    return Series(series.name, values, series.labelled)


def days_before(series: Series, count: int) -> Iterator[tuple[date, float, dict[date, float]]]:
    """Each day with its value and the values of the `count` calendar days before it."""
    memory: dict[date, float] = {}
    for day, value in series.values.items():
        memory = {seen: old for seen, old in memory.items() if day - seen <= timedelta(count)}
        yield day, value, memory
        memory[day] = value
