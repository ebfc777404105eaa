"""The month's cost, if it goes on as in the last seven days."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from msgspec import Struct

from spend_report.domain.basics.day import days_before, days_from
from spend_report.domain.basics.money import ZERO

PACE_DAYS = 7
MIN_PACE_DAYS = 3
"""A pace of fewer reported days would be an anecdote."""

_WEEKS = 4
_DROPPED = Decimal("0.5")
"""A day below half of what is usual for its weekday: the pace before it goes on no longer."""


class Forecast(Struct, frozen=True):
    """US dollars of a calendar month, as seen at the end of one of its days.

    `spent` is what the reported days of the month cost so far, `pace` the mean of `pace_over`,
    the reported days among the last seven. Days of the month without a report count nothing in
    `projected`, which is then a lower bound, and as many days at that pace in `estimate`, which
    is None if there are none. `runs_out` is the first day on which the budget is exceeded at
    that pace (at the latest, if days are missing); None if the month ends before.
    """

    spent: Decimal
    pace: Decimal
    pace_over: Sequence[date]
    projected: Decimal
    estimate: Decimal | None
    runs_out: date | None


def month_forecast(
    costs: Mapping[date, Decimal], day: date, budget: Decimal | None = None
) -> Forecast | None:
    """The forecast for the month of `day`.

    `costs` maps every reported day, `day` among them, to its cost in US dollars, zero where
    there was none. None if fewer than three of the last seven days were reported, or if the day
    itself shows that their pace is over.
    """
    last_days = [past for past in [*days_before(day, PACE_DAYS - 1), day] if past in costs]
    if len(last_days) < MIN_PACE_DAYS:
        return None
    so_far = list(days_from(month_start(day), day))
    spent = sum((costs.get(date_, ZERO) for date_ in so_far), ZERO)
    recent = sum((costs[past] for past in last_days), ZERO)
    if not _goes_on(costs, day, recent / len(last_days)):
        return None

    def by(date_: date, more: int = 0) -> Decimal:
        # Multiplied before it is divided: an even share then stays exact at the budget's edge.
        return spent + recent * ((date_ - day).days + more) / len(last_days)

    end = month_end(day)
    ahead = days_from(day + timedelta(days=1), end)
    missing = sum(date_ not in costs for date_ in so_far)
    return Forecast(
        spent=spent,
        pace=recent / len(last_days),
        pace_over=last_days,
        projected=by(end),
        estimate=by(end, missing) if missing else None,
        runs_out=next(
            (date_ for date_ in ahead if budget is not None and by(date_) > budget), None
        ),
    )


def _goes_on(costs: Mapping[date, Decimal], day: date, pace: Decimal) -> bool:
    """Whether the day is like the same weekday of the weeks before, or else like the pace.

    What was switched off, or scaled down, on the last days of a month must not be foretold on
    the first day of the next; a Sunday on which there is never anything is no end.
    """
    weekdays = [day - timedelta(weeks=back) for back in range(1, _WEEKS + 1)]
    same = [costs[past] for past in weekdays if past in costs]
    usual = median(same) if same else pace
    return costs[day] >= _DROPPED * usual


def month_start(day: date) -> date:
    """The first day of the month of `day`."""
    return day.replace(day=1)


def month_end(day: date) -> date:
    """The last day of the month of `day`."""
    next_month = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return next_month - timedelta(days=1)
