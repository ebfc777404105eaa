"""Which budgets are exceeded, or will be: one breach at most for each feature and period."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from spend_report.domain.basics.day import days_from
from spend_report.domain.basics.money import ZERO
from spend_report.domain.config.budgets import Budget, Budgets
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.figures.history import History
from spend_report.domain.judgement.forecast import Forecast, month_end, month_forecast, month_start

FULL = Decimal(1)


class Period(StrEnum):
    """What a budget is for, in the calendar of the report's timezone."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Severity(StrEnum):
    """How urgent it is: critical from the whole budget on, below that a warning."""

    CRITICAL = "critical"
    WARNING = "warning"


_DEFAULT_THRESHOLDS = {
    Period.DAILY: (FULL,),
    Period.WEEKLY: (Decimal("0.8"), FULL),
    Period.MONTHLY: (Decimal("0.8"), FULL),
}


@dataclass(frozen=True, slots=True)
class Breach:
    """A budget whose `threshold`, a fraction of it, is exceeded at the end of `day`.

    `feature` None means the sum of all. `threshold` None means that only the forecast exceeds
    the budget. `spent` covers the period's reported days up to `day`; `missing` are those
    without a report, whose cost is not known. Amounts are exact US dollars.

    `key` is the same whenever the same threshold of the same budget is exceeded in the same
    period. `covers` are the keys of what this breach makes needless to say: lower thresholds
    and the forecast.
    """

    day: date
    feature: str | None
    period: Period
    period_start: date
    period_end: date
    budget: Decimal
    spent: Decimal
    threshold: Decimal | None
    missing: Sequence[date]
    forecast: Forecast | None
    parameter: str
    key: str
    covers: Sequence[str]

    @property
    def over(self) -> Decimal:
        """What was spent above the budget; negative while it is not used up."""
        return self.spent - self.budget

    @property
    def severity(self) -> Severity:
        """Critical if the whole budget is used up."""
        whole = self.threshold is not None and self.threshold >= FULL
        return Severity.CRITICAL if whole else Severity.WARNING


def breaches(figures: DayFigures, history: History, budgets: Budgets) -> list[Breach]:
    """What the day's end finds exceeded, most urgent first.

    A period's cost counts up to the day and not beyond, whenever this is asked.
    """
    return sorted(_breaches(figures, history, budgets), key=urgency)


def urgency(breach: Breach) -> tuple[bool, int, Decimal, str, str]:
    """Sorts breaches: critical first, newest day first, then the most dollars over budget."""
    return (
        breach.severity is Severity.WARNING,
        -breach.day.toordinal(),
        -breach.over,
        breach.feature or "",
        breach.period,
    )


@dataclass(frozen=True, slots=True)
class _Account:
    """The cost of one feature, or of all (None), on each reported day up to `day`."""

    feature: str | None
    costs: Mapping[date, Decimal]
    day: date


def _accounts(figures: DayFigures, history: History) -> Iterator[_Account]:
    day = figures.date
    past = {date_: past for date_, past in history.days.items() if date_ < day}
    today = {row.feature: row.cost for row in figures.features}
    yield _Account(None, {date_: past[date_].cost for date_ in past} | {day: figures.cost}, day)
    for feature in {
        name for reported in past.values() for name in reported.features
    } | today.keys():
        costs = {
            date_: row.cost if (row := reported.features.get(feature)) else ZERO
            for date_, reported in past.items()
        }
        yield _Account(feature, costs | {day: today.get(feature, ZERO)}, day)


def _breaches(figures: DayFigures, history: History, budgets: Budgets) -> Iterator[Breach]:
    for account in _accounts(figures, history):
        whose = account.feature
        budget = budgets.total if whose is None else budgets.of(whose)
        if budget:
            found = (_breach(account, period, budget) for period in Period)
            yield from (breach for breach in found if breach)


def _breach(account: _Account, period: Period, terms: Budget) -> Breach | None:
    budget: Decimal | None = getattr(terms, period)
    if budget is None:
        return None
    day, costs = account.day, account.costs
    start, end = _bounds(period, day)
    so_far = list(days_from(start, day))
    spent = sum((costs.get(date_, ZERO) for date_ in so_far), ZERO)
    thresholds = sorted(terms.alert_at or _DEFAULT_THRESHOLDS[period])
    crossed = [threshold for threshold in thresholds if spent > threshold * budget]
    forecast = month_forecast(costs, day, budget) if period is Period.MONTHLY else None
    if not crossed and not (forecast and forecast.projected > budget):
        return None
    levels = [None, *crossed] if period is Period.MONTHLY else crossed
    keys = [_key(period, day, account.feature, level) for level in levels]
    return Breach(
        day=day,
        feature=account.feature,
        period=period,
        period_start=start,
        period_end=end,
        budget=budget,
        spent=spent,
        threshold=crossed[-1] if crossed else None,
        missing=[date_ for date_ in so_far if date_ not in costs],
        forecast=forecast,
        parameter=terms.parameter,
        key=keys[-1],
        covers=keys[:-1],
    )


def _bounds(period: Period, day: date) -> tuple[date, date]:
    match period:
        case Period.DAILY:
            return day, day
        case Period.WEEKLY:
            monday = day - timedelta(days=day.weekday())
            return monday, monday + timedelta(days=6)
        case Period.MONTHLY:
            return month_start(day), month_end(day)


def _key(period: Period, day: date, feature: str | None, threshold: Decimal | None) -> str:
    """Period, its name in the calendar, whose budget and how much of it, as a path."""
    year, week, _ = day.isocalendar()
    name = {
        Period.DAILY: day.isoformat(),
        Period.WEEKLY: f"{year}-W{week:02}",
        Period.MONTHLY: f"{day:%Y-%m}",
    }[period]
    whose = "total" if feature is None else f"feature/{feature}"
    what = "forecast" if threshold is None else f"{threshold.normalize():f}"
    return f"{period}/{name}/{whose}/{what}"
