"""Three rules for what a day is expected to come to, by how many days there are to learn from.

They work on logarithms of the days' values, because spend grows, swells and shrinks by factors.
`make bench-spikes` measures their false alarms and their finds, beside other rules.
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from math import log, sqrt
from statistics import fmean, median
from typing import NamedTuple

WEEK = 7
LEAST_DAYS = 7
"""Fewer days say nothing about what is usual."""

LEAST_FACTOR = log(1.5)
"""No rule calls less than 1.5 times the usual unusual."""

_WEEKDAYS_FROM, _SEASONAL_FROM = 14, 21
_SMOOTHING = 0.3
_SEASONAL_Z, _WEEKDAYS_Z = 3.0, 3.6
_SAME_WEEKDAYS = 4
_LEAST_SCALE = 0.15
_MAD_TO_DEVIATION = 1.4826
_A_TENTH, _TWICE = log(1.1), log(2)


class Rule(StrEnum):
    """How the expected value was found."""

    SEASONAL = "seasonal"
    WEEKDAYS = "weekdays"
    WEEK = "week"
    NONE = "none"


class Expected(NamedTuple):
    """What a day should come to, and how far above that is still usual, both as logarithms."""

    rule: Rule
    middle: float
    width: float


type Days = Mapping[date, float]
"""Logarithms by reported day, ascending."""


def expected(days: Days, day: date) -> Expected | None:
    """What `day` should come to after `days`; None where they are too few or lack its weekday."""
    if len(days) < LEAST_DAYS or all(seen.weekday() != day.weekday() for seen in days):
        return None
    if len(days) >= _SEASONAL_FROM:
        return _seasonal(days, day)
    if len(days) >= _WEEKDAYS_FROM and (by_weekdays := _weekdays(days, day)):
        return by_weekdays
    return _week(days, day)


def _seasonal(days: Days, day: date) -> Expected:
    """Additive Holt-Winters with a period of a week and no trend, begun from the first week.

    A weekday that the first week lacks begins where it is first met.
    """
    values = list(days.items())
    level = fmean(value for _, value in values[:WEEK])
    season = {seen.weekday(): value - level for seen, value in values[:WEEK]}
    errors = []
    for seen, value in values[WEEK:]:
        weekday = seen.weekday()
        if weekday not in season:
            season[weekday] = value - level
            continue
        error = value - level - season[weekday]
        errors.append(error)
        level += _SMOOTHING * error
        season[weekday] += _SMOOTHING * (value - level - season[weekday])
    middle = level + season[day.weekday()]
    return _usual(Rule.SEASONAL, middle, _SEASONAL_Z * _deviation(errors))


def _weekdays(days: Days, day: date) -> Expected | None:
    """The same weekdays before, moved by the drift from week to week."""
    before = [day - timedelta(weeks=back) for back in range(1, _SAME_WEEKDAYS + 1)]
    same = [days[seen] for seen in before if seen in days]
    moves = [
        value - days[seen - timedelta(WEEK)]
        for seen, value in days.items()
        if seen - timedelta(WEEK) in days
    ]
    if not same or len(moves) < WEEK:
        return None
    middle = median(same) + median(moves[-WEEK:])
    centre = median(moves)
    spread = median(abs(move - centre) for move in moves) * _MAD_TO_DEVIATION / sqrt(2)
    highest = max(*same, *_last_week(days)) + _A_TENTH
    width = max(_WEEKDAYS_Z * max(spread, _LEAST_SCALE), highest - middle)
    return _usual(Rule.WEEKDAYS, middle, width)


def _week(days: Days, day: date) -> Expected:
    """More than twice the median of the last seven, clearly above them and the same weekdays.

    Clearly, because the second Sunday's batch is no larger than the first one's but for chance.
    """
    last = _last_week(days)
    same = (value for seen, value in days.items() if seen.weekday() == day.weekday())
    middle = median(last)
    return _usual(Rule.WEEK, middle, max(_TWICE, max(*last, *same) + LEAST_FACTOR - middle))


def _deviation(errors: Sequence[float]) -> float:
    middle = fmean(errors)
    return sqrt(sum((error - middle) ** 2 for error in errors) / (len(errors) - 1))


def _last_week(days: Days) -> list[float]:
    return list(days.values())[-WEEK:]


def _usual(rule: Rule, middle: float, width: float) -> Expected:
    return Expected(rule, middle, max(width, LEAST_FACTOR))
