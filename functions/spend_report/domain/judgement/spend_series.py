"""What each feature, and all together, spent on a day and on the days before it."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.names import OTHER
from spend_report.domain.figures.day_figures import DayFigures, FeatureSpend
from spend_report.domain.record.history import PastDay


class Measure(StrEnum):
    """What is far above the usual. The first that is so is told; the others are its causes."""

    COST = "cost"
    CALLS = "calls"
    COST_PER_CALL = "cost_per_call"


class Spent(Struct, frozen=True):
    """Calls and US dollars of one day."""

    calls: int
    cost: Decimal

    def of(self, measure: Measure) -> float | None:
        """The figure that is judged; None where a day without calls has none."""
        match measure:
            case Measure.COST:
                return float(self.cost)
            case Measure.CALLS:
                return float(self.calls)
            case Measure.COST_PER_CALL:
                return float(self.cost / self.calls) if self.calls else None


class SpendSeries(Struct, frozen=True):
    """What one feature, or all together (None), spent on `day` and on the days before."""

    feature: str | None
    day: date
    today: Spent
    before: Mapping[date, Spent]

    def past(self, measure: Measure) -> dict[date, float]:
        """The figures of the days before that have one."""
        return {
            day: value
            for day, spent in self.before.items()
            if (value := spent.of(measure)) is not None
        }


def series_of_day(figures: DayFigures, past: Sequence[PastDay]) -> list[SpendSeries]:
    """The series of all features together, then one of each feature of the day."""
    day = figures.date
    total = {seen.date: _total(seen) for seen in past}
    found = [SpendSeries(None, day, Spent(figures.calls, figures.cost), total)]
    for row in figures.features:
        if row.feature == OTHER:  # not the same features from day to day
            continue
        before = {seen.date: _spent(seen.features.get(row.feature)) for seen in past}
        found.append(SpendSeries(row.feature, day, Spent(row.calls, row.cost), before))
    return found


def _spent(spend: FeatureSpend | None) -> Spent:
    return Spent(spend.calls, spend.cost) if spend else Spent(0, ZERO)


def _total(day: PastDay) -> Spent:
    return Spent(sum(row.calls for row in day.features.values()), day.cost)
