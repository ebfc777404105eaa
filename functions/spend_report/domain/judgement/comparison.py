"""A day's cost against the mean of the days before it, in a sentence."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from spend_report.domain.basics.wording import (
    about,
    at_places,
    days,
    dollars,
    places_of,
    signed_dollars,
)
from spend_report.domain.judgement.drivers import BASELINE_DAYS, Driver

MIN_BASELINE_DAYS = 3
"""Fewer reported days say too little about what is usual."""

_DAYS_OF_A_MONTH = 30
_ZERO = Fraction(0)


def totals(drivers: Sequence[Driver]) -> tuple[Fraction, Fraction]:
    """What all features of `drivers` cost together, and what they cost before."""
    now = sum((driver.now.cost for driver in drivers), _ZERO)
    return now, sum((driver.before.cost for driver in drivers), _ZERO)


def comparison(now: Fraction, before: Fraction, baseline: Sequence[date], *, lasts: bool) -> str:
    """How much more or less than on the `baseline` days, or why that can't be said.

    `lasts`: with what an increase comes to in a month, if it stays.
    """
    if not baseline:
        return "None of the 7 days before has a report, so there is nothing to compare with."
    if len(baseline) < MIN_BASELINE_DAYS:
        return (
            f"Of the {BASELINE_DAYS} days before only {' and '.join(map(days, _each(baseline)))} "
            f"{'has' if len(baseline) == 1 else 'have'} a report, too few to say why."
        )
    change, places = change_shown(now, before)
    difference = f"{signed_dollars(change, places)} against" if change else "as much as"
    text = f"{difference} the mean of {days(baseline)} ({dollars(before)})"
    if lasts and change > 0:
        text += f", {about(change * _DAYS_OF_A_MONTH)} a month if it stays"
    return text


def _each(dates: Sequence[date]) -> list[list[date]]:
    return [[date_] for date_ in dates]


def change_shown(now: Fraction, before: Fraction) -> tuple[Decimal, int]:
    """The difference of both as they are shown, and its number of decimals."""
    places = places_of(now - before)
    return at_places(now, places) - at_places(before, places), places
