"""The month so far, against its budget."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from spend_report.domain.basics.day import days_from
from spend_report.domain.basics.money import ZERO
from spend_report.domain.judgement.forecast import month_end, month_forecast, month_start
from spend_report.domain.reports.day_report import DayReport
from spend_report.page.labels import name
from spend_report.page.over_days import cost_of

SHOWN_ROWS = 8


class MonthRow(Struct, frozen=True):
    """A monthly sum so far; `name` is None for all features. No forecast without data for one."""

    name: str | None
    spent: Decimal
    budget: Decimal | None
    forecast: Decimal | None

    @property
    def over_budget(self) -> bool:
        """Whether the budget is used up already."""
        return self.budget is not None and self.spent > self.budget

    @property
    def forecast_over(self) -> bool:
        """Whether the month will exceed the budget if it goes on like this."""
        if self.budget is None or self.forecast is None:
            return False
        return self.forecast > self.budget

    @property
    def used(self) -> Decimal:
        """The part of the budget that is used; of a budget of zero, all that was spent."""
        return self.spent / self.budget if self.budget else self.spent


class Month(Struct, frozen=True):
    """The calendar month up to the report's day, its `day_count`-th of `length` days.

    The forecast goes on at the mean of `pace_over`. What is `missing` has no report, so that the
    sums are lower bounds.
    """

    first: date
    day_count: int
    length: int
    rows: Sequence[MonthRow]
    missing: Sequence[date]
    pace_over: Sequence[date]


def month(report: DayReport) -> Month | None:
    """All features together, then those with a monthly budget, the most used first.

    None where there is no monthly budget and no day of the month but the report's own.
    """
    last = report.day.date
    days = [day for date_, day in report.history.days.items() if date_ < last] + [report.today]
    dates = list(days_from(month_start(last), last))
    of_month = [day for day in days if day.date in dates]
    budgets = {
        feature: budget.monthly
        for feature in sorted({feature for day in of_month for feature in day.features})
        if (budget := report.budgets.of(feature)) and budget.monthly is not None
    }
    total = report.budgets.total.monthly if report.budgets.total else None
    if total is None and not budgets and len(of_month) == 1:
        return None
    rows = [
        _row(feature, {day.date: cost_of(day, feature) for day in days}, last, budget)
        for feature, budget in budgets.items()
    ]
    rows.sort(key=lambda row: row.used, reverse=True)
    reported = {day.date for day in of_month}
    forecast = month_forecast({day.date: day.cost for day in days}, last)
    return Month(
        first=dates[0],
        day_count=last.day,
        length=month_end(last).day,
        rows=[_row(None, {day.date: day.cost for day in days}, last, total), *rows[:SHOWN_ROWS]],
        missing=[date_ for date_ in dates if date_ not in reported],
        pace_over=forecast.pace_over if forecast else (),
    )


def _row(
    feature: str | None, costs: Mapping[date, Decimal], last: date, budget: Decimal | None
) -> MonthRow:
    forecast = month_forecast(costs, last, budget)
    return MonthRow(
        name=None if feature is None else name(feature),
        spent=sum((costs.get(date_, ZERO) for date_ in days_from(month_start(last), last)), ZERO),
        budget=budget,
        forecast=forecast.projected if forecast else None,
    )
