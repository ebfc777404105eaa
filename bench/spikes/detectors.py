"""Detectors side by side: the most that is usual for a day, by the days before it."""

from collections.abc import Callable, Mapping
from datetime import date
from statistics import mean, median, stdev
from typing import NamedTuple

from spend_report.domain.judgement.usual_without_spikes import usual

_WEEK, _FORTNIGHT = 7, 14

type Days = Mapping[date, float]


class Verdict(NamedTuple):
    """What is usual at most, None if it cannot be told, and whether more would be a message."""

    limit: float | None
    is_told: bool = True


type Detector = Callable[[Days, date, float], Verdict]
"""Asked for a day after the days before; the last argument is the floor."""


def ours(past: Days, day: date, floor: float) -> Verdict:
    """The product's: the second unusual day in a row is no message, the third a new level."""
    found = usual(past, day, floor)
    return Verdict(found.limit, is_told=len(found.unusual) != 1)


def twice_the_week(past: Days, _day: date, floor: float) -> Verdict:
    """A well-known proxy's rule."""
    values = list(past.values())[-_WEEK:]
    if len(values) < _WEEK:
        return Verdict(None)
    usually = mean(values)
    return Verdict(usually + max(usually, floor))


def three_deviations(past: Days, _day: date, floor: float) -> Verdict:
    """Mean and standard deviation of two weeks."""
    values = list(past.values())[-_FORTNIGHT:]
    if len(values) < _FORTNIGHT:
        return Verdict(None)
    return Verdict(mean(values) + max(3 * stdev(values), floor))


def three_mad(past: Days, _day: date, floor: float) -> Verdict:
    """Median and median absolute deviation of two weeks."""
    values = list(past.values())[-_FORTNIGHT:]
    if len(values) < _FORTNIGHT:
        return Verdict(None)
    usually = median(values)
    spread = median(abs(value - usually) for value in values)
    return Verdict(usually + max(3 * spread, floor))


DETECTORS: Mapping[str, Detector] = {
    "spend-report": ours,
    "twice the week's mean": twice_the_week,
    "mean + 3 sd": three_deviations,
    "median + 3 MAD": three_mad,
}
