"""Which budgets are exceeded, or will be: one breach at most for each feature and period."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate, takewhile

from msgspec import Struct

from spend_report.domain.basics.day import days_before, days_from
from spend_report.domain.basics.money import ZERO
from spend_report.domain.config.budgets import Budget, Budgets
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.forecast import Forecast, month_end, month_forecast, month_start
from spend_report.domain.record.history import History

FULL = Decimal(1)
WEEK = 7


class Period(StrEnum):
    """What a budget is for, in the calendar of the report's timezone."""

    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"


class Severity(StrEnum):
    """How urgent it is: critical above the whole budget, below that a warning."""

    CRITICAL = "critical"
    WARNING = "warning"


_DEFAULT_THRESHOLDS = {
    Period.DAILY: (FULL,),
    Period.WEEKLY: (Decimal("0.8"), FULL),
    Period.MONTHLY: (Decimal("0.8"), FULL),
}


class Breach(Struct, frozen=True):
    """A budget whose `threshold`, a fraction of it, is exceeded at the end of `day`.

    `feature` None means the sum of all. `threshold` None means that only the forecast exceeds
    the budget. `spent` covers the period's reported days up to `day`; `missing` are those
    without a report, whose cost is not known, so that `spent` is then a lower bound. Amounts are
    exact US dollars.

    `since` is the first day of this state: of a daily budget the first of the `days_in_a_row`
    reported days above it, of a longer one the day on which the threshold was crossed. `before`
    are the costs of the reported days among the seven calendar days before that, for a daily
    budget only.

    `parameter` and `path` say where the budget stands, as a `Budget` has them.

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
    since: date
    days_in_a_row: int
    before: Mapping[date, Decimal]
    forecast: Forecast | None
    parameter: str
    path: str
    key: str
    covers: Sequence[str]

    @property
    def over(self) -> Decimal:
        """What was spent above the budget; negative while it is not used up."""
        return self.spent - self.budget

    @property
    def severity(self) -> Severity:
        """Critical if more was spent than the budget, at whatever fraction it alerts."""
        return Severity.CRITICAL if self.over > 0 else Severity.WARNING

    @property
    def excess(self) -> Decimal:
        """US dollars above the budget, spent or to come; not above zero if neither."""
        ahead = (self.forecast.estimate or self.forecast.projected) if self.forecast else ZERO
        return max(self.over, ahead - self.budget)

    @property
    def at_stake(self) -> Decimal:
        """US dollars above the budget, spent or to come; if neither, above what it alerts at."""
        above = self.excess
        return above if above > 0 else self.spent - (self.threshold or ZERO) * self.budget


def breaches(figures: DayFigures, history: History, budgets: Budgets) -> list[Breach]:
    """What the day's end finds exceeded, most urgent first.

    A period's cost counts up to the day and not beyond, whenever this is asked.
    """
    return sorted(_breaches(figures, history, budgets), key=urgency)


def urgency(breach: Breach) -> tuple[bool, Decimal, int, str, str]:
    """Sorts breaches: critical first, then the most dollars at stake, then the newest day."""
    return (
        breach.severity is Severity.WARNING,
        -breach.at_stake,
        -breach.day.toordinal(),
        breach.feature or "",
        breach.period,
    )


class _Account(Struct, frozen=True):
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
    foretold = forecast is not None and spent <= budget < forecast.projected
    if not crossed and not foretold:
        return None
    levels = [None, *crossed] if period is Period.MONTHLY else crossed
    keys = [_key(period, day, account.feature, level) for level in levels]
    limit = crossed[-1] * budget if crossed and spent <= budget else budget
    over = _days_above(costs, day, limit) if period is Period.DAILY else []
    since = over[0] if over else _crossed_on(costs, so_far, limit)
    week = days_before(since, WEEK) if over else []
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
        since=since,
        days_in_a_row=len(over) or 1,
        before={date_: costs[date_] for date_ in week if date_ in costs},
        forecast=forecast,
        parameter=terms.parameter,
        path=terms.path,
        key=keys[-1],
        covers=keys[:-1],
    )


def _days_above(costs: Mapping[date, Decimal], day: date, limit: Decimal) -> list[date]:
    """The reported days in a row, up to `day`, that cost more than `limit`, oldest first."""
    newest_first = sorted((date_ for date_ in costs if date_ <= day), reverse=True)
    return list(takewhile(lambda date_: costs[date_] > limit, newest_first))[::-1]


def _crossed_on(costs: Mapping[date, Decimal], dates: Sequence[date], limit: Decimal) -> date:
    """The first of `dates` at whose end more than `limit` was spent; the last if none was."""
    sums = accumulate(costs.get(date_, ZERO) for date_ in dates)
    pairs = zip(dates, sums, strict=True)
    return next((date_ for date_, spent in pairs if spent > limit), dates[-1])


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
