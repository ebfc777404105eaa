"""Spikes: what costs far more than is usual, whether a budget watches it or not."""

from collections.abc import Mapping, Sequence
from copy import replace
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from spend_report.domain.basics.day import days_before
from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.breaches import Severity
from spend_report.domain.judgement.hours_before import first_hours_above
from spend_report.domain.judgement.spend_series import Measure, SpendSeries, series_of_day
from spend_report.domain.judgement.usual_by_weekday import Rule
from spend_report.domain.judgement.usual_without_spikes import (
    LASTING_DAYS,
    MEMORY_DAYS,
    Usual,
    usual,
)
from spend_report.domain.record.history import History

FLOOR_SHARE_OF_TOTAL = 0.01
_PLACES = Decimal("0.000001")
_ONE_PLACE = Decimal("0.1")
_MOST_TIMES = 1000


class Spike(Struct, frozen=True):
    """A feature, or all together (None), of which `what` is far above the usual on `day`.

    `value` and `usual` are in the unit of `what`; `cost` and `usual_cost` are the day's US
    dollars beside it, and `excess` is how many dollars the spike is worth. `rule` and
    `learnt_days` say what the usual rests on.

    `began` is the first of the unusual days in a row that end with `day`. Once they have
    lasted, `level_since` is that day. `since` is the instant from which the day ran above the
    usual, where its hours are known.

    `key` is the same on all days of one spike, and another when it became a new level, which
    `covers` the first: whoever has sent both is done with it.
    """

    day: date
    feature: str | None
    what: Measure
    value: Decimal
    usual: Decimal
    cost: Decimal
    usual_cost: Decimal
    excess: Decimal
    severity: Severity
    rule: Rule
    learnt_days: int
    began: date
    level_since: date | None
    since: datetime | None = None

    @property
    def times(self) -> Decimal | None:
        """How many times the usual it is, with one decimal; None where usual is next to nothing."""
        if self.usual * _MOST_TIMES < self.value:
            return None
        return (self.value / self.usual).quantize(_ONE_PLACE)

    @property
    def key(self) -> str:
        """What a spike is remembered by."""
        return self.covers[0] + "/level" if self.covers else self._key

    @property
    def covers(self) -> Sequence[str]:
        """The keys of what it makes needless to say."""
        return [self._key] if self.level_since else []

    @property
    def _key(self) -> str:
        whose = "total" if self.feature is None else f"feature/{self.feature}"
        return f"spike/{self.began}/{whose}"


class Spikes(Struct, frozen=True):
    """The spikes of a day, most urgent first, and what each feature usually costs (None: all)."""

    found: Sequence[Spike]
    usual_cost: Mapping[str | None, Usual]

    @property
    def expected(self) -> dict[str, Decimal]:
        """The US dollars that each feature usually costs, where that is known."""
        return {
            feature: _decimal(usual.value)
            for feature, usual in self.usual_cost.items()
            if feature is not None and usual.value is not None
        }


NO_SPIKES = Spikes((), {})


def find_spikes(figures: DayFigures, history: History, floor: Decimal) -> Spikes:
    """What of the day is far above what is usual after the reported days of `history`.

    An excess up to `floor` US dollars, or up to a hundredth of the usual day in total, is none.
    """
    past = history.reported(days_before(figures.date, MEMORY_DAYS))
    series = series_of_day(figures, past)
    total = usual(series[0].past(Measure.COST), figures.date, float(floor))
    least = max(float(floor), FLOOR_SHARE_OF_TOTAL * (total.value or 0.0))
    judged = [_Judged(each, least, total.value) for each in series]
    spikes = [spike for one in judged if (spike := one.spike())]
    in_calls = {spike.feature: spike.what is Measure.CALLS for spike in spikes}
    begun = first_hours_above(figures.hours, past, in_calls)
    found = [replace(spike, since=begun.get(spike.feature)) for spike in spikes]
    return Spikes(
        sorted(found, key=urgency), {one.series.feature: one.usual_cost for one in judged}
    )


def urgency(spike: Spike) -> tuple[bool, int, Decimal, str]:
    """Sorts spikes: critical first, newest day first, then the largest excess."""
    return (
        spike.severity is Severity.WARNING,
        -spike.day.toordinal(),
        -spike.excess,
        spike.feature or "",
    )


class _Judged:
    """A series beside what is usual for it."""

    def __init__(self, series: SpendSeries, floor: float, usual_total: float | None) -> None:
        self.series = series
        self.usual_cost = usual(series.past(Measure.COST), series.day, floor)
        self._floor = floor
        self._usual_total = usual_total

    def spike(self) -> Spike | None:
        """The first measure that is far above the usual."""
        return next((spike for measure in Measure if (spike := self._spike(measure))), None)

    def _spike(self, measure: Measure) -> Spike | None:
        worth = self._dollars_of(measure)
        value = self.series.today.of(measure)
        if value is None or value * worth <= self._floor:
            return None
        found = self.usual_cost
        if measure is not Measure.COST:
            found = usual(self.series.past(measure), self.series.day, self._floor / worth)
        if found.value is None or not found.is_exceeded_by(value):
            return None
        return self._found(measure, found, value, found.value, (value - found.value) * worth)

    def _dollars_of(self, measure: Measure) -> float:
        """What one unit of `measure` is worth in US dollars."""
        match measure:
            case Measure.COST:
                return 1.0
            case Measure.CALLS:
                return self._usual_cost_of_a_call()
            case Measure.COST_PER_CALL:
                return float(self.series.today.calls)

    def _usual_cost_of_a_call(self) -> float:
        days = self.series.before.values()
        calls = sum(spent.calls for spent in days)
        return float(sum((spent.cost for spent in days), ZERO) / calls) if calls else 0.0

    def _found(
        self, measure: Measure, found: Usual, value: float, usually: float, excess: float
    ) -> Spike:
        series = self.series
        lasted = len(found.unusual) + 1 >= LASTING_DAYS
        began = found.unusual[0] if found.unusual else series.day
        is_critical = self._usual_total is not None and excess > self._usual_total
        return Spike(
            day=series.day,
            feature=series.feature,
            what=measure,
            value=series.today.cost if measure is Measure.COST else _decimal(value),
            usual=_decimal(usually),
            cost=series.today.cost,
            usual_cost=_decimal(self.usual_cost.value or 0.0),
            excess=_decimal(excess),
            severity=Severity.CRITICAL if is_critical else Severity.WARNING,
            rule=found.rule,
            learnt_days=found.days,
            began=began,
            level_since=began if lasted else None,
        )


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_PLACES)
