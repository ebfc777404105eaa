"""The month's cost, if it goes on as in the last seven days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from spend_report.domain.basics.day import days_before, days_from
from spend_report.domain.basics.money import ZERO

PACE_DAYS = 7
MIN_PACE_DAYS = 3
"""A pace of fewer reported days would be an anecdote."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """US dollars of a calendar month, as seen at the end of one of its days.

    `spent` is what the reported days of the month cost so far, `pace` the mean of the reported
    days among the last seven. Days of the month without a report count nothing: with any, the
    forecast is too low, which the reader is told. `runs_out` is the first day on which the
    budget is exceeded at that pace, None if the month ends before.
    """

    spent: Decimal
    pace: Decimal
    projected: Decimal
    pace_days: int
    runs_out: date | None


def month_forecast(
    costs: Mapping[date, Decimal], day: date, budget: Decimal | None = None
) -> Forecast | None:
    """The forecast for the month of `day`.

    `costs` maps every reported day, `day` among them, to its cost in US dollars, zero where
    there was none. None if fewer than three of the last seven days were reported.
    """
    last_days = [past for past in [*days_before(day, PACE_DAYS - 1), day] if past in costs]
    if len(last_days) < MIN_PACE_DAYS:
        return None
    spent = sum((cost for date_, cost in costs.items() if month_start(day) <= date_ <= day), ZERO)
    recent = sum((costs[past] for past in last_days), ZERO)

    def by(date_: date) -> Decimal:
        # Multiplied before it is divided: an even share then stays exact at the budget's edge.
        return spent + recent * (date_ - day).days / len(last_days)

    ahead = days_from(day + timedelta(days=1), month_end(day))
    return Forecast(
        spent=spent,
        pace=recent / len(last_days),
        projected=by(month_end(day)),
        pace_days=len(last_days),
        runs_out=next(
            (date_ for date_ in ahead if budget is not None and by(date_) > budget), None
        ),
    )


def month_start(day: date) -> date:
    """The first day of the month of `day`."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    next_month = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return next_month - timedelta(days=1)
