"""A cost against the mean of the days before it, and what the cost of a period is made of."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from spend_report.domain.basics.day import days_from
from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.wording import (
    about,
    at_places,
    days,
    dollars,
    places_of,
    signed_dollars,
)
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.breaches import Breach, Period
from spend_report.domain.judgement.drivers import BASELINE_DAYS, Driver
from spend_report.domain.record.history import History, today_of

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


def change_shown(
    now: Fraction | Decimal, before: Fraction | Decimal, places: int | None = None
) -> tuple[Decimal, int]:
    """The difference of both as they are shown, and its number of decimals, unless it is given.

    Where the three stand side by side they must agree before the reader's eyes.
    """
    if places is None:
        places = places_of(max(now, before))
    return at_places(now, places) - at_places(before, places), places


def parts_of(breach: Breach, figures: DayFigures, history: History) -> dict[str, Decimal]:
    """What a period's cost is made of, the largest part first.

    US dollars on its reported days: of the total by feature, of a feature by model. Empty where
    the models of a day are not known.
    """
    dates = list(days_from(breach.period_start, breach.day))
    costs: dict[str, Decimal] = {}
    for day in [*history.reported(dates[:-1]), today_of(figures)]:
        if breach.feature is None:
            rows = [(name, row.cost) for name, row in day.features.items()]
        else:
            own = [row for row in day.models if row.feature == breach.feature]
            if not own and breach.feature in day.features:
                return {}
            rows = [(row.model or "no model", row.cost) for row in own]
        for name, cost in rows:
            costs[name] = costs.get(name, ZERO) + cost
    spent = ((name, cost) for name, cost in costs.items() if cost)
    return dict(sorted(spent, key=lambda part: (-part[1], part[0])))


def is_of_the_day(breach: Breach, drivers: Sequence[Driver]) -> bool:
    """Whether the day's own change is why: without it the budget would not be exceeded.

    Of a week or a month at its usual cost, what changed on its last day explains nothing.
    """
    if breach.period is Period.DAILY:
        return True
    own = drivers_of(breach, drivers)
    if not has_baseline(own):
        return False
    now, before = totals(own)
    if now <= before:
        return False
    without = Fraction(breach.spent) - (now - before)
    if breach.over <= 0:
        without += before * (breach.period_end - breach.day).days
        if breach.forecast:
            without += Fraction(breach.forecast.pace) * len(breach.missing)
    return without <= breach.budget


def has_baseline(drivers: Sequence[Driver]) -> bool:
    """Whether enough days before are reported to say what is usual."""
    return bool(drivers) and drivers[0].baseline_days >= MIN_BASELINE_DAYS


def drivers_of(breach: Breach, drivers: Sequence[Driver]) -> list[Driver]:
    """Why the cost of the breach's feature changed, or of all."""
    return [driver for driver in drivers if breach.feature in {None, driver.feature}]
