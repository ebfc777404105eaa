"""The days before a report's day, as their own records say they were."""

from collections.abc import Mapping, Sequence
from copy import replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct, field

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.day_figures import DayFigures, FeatureSpend, ModelSpend
from spend_report.domain.record.past_hours import PastHours


class UsualCost(NamedTuple):
    """US dollars that a day was expected to come to, and the most that was still usual."""

    expected: Decimal
    limit: Decimal


class PastSpike(Struct, frozen=True):
    """A feature, or all together (None), of which `what` was far above its usual on a day.

    `cost` and `usual_cost` are the day's US dollars; `times` is None where the usual is next to
    nothing.
    """

    feature: str | None
    what: str
    cost: Decimal
    usual_cost: Decimal
    times: Decimal | None


class PastDay(Struct, frozen=True):
    """A reported day, its costs at six decimals.

    `models` are by feature and model. `alerts` are the keys of what was exceeded and `notices`
    the texts, by key, of what was wrong with the data, sent or not. `start` and `end` are None
    for the report's own day in this shape. `configuration` is what prices, budgets and features
    said then, by path. `fetched` is the number of LLM runs that LangSmith had. `exact_cost` is
    not rounded, and `restated_from` what the day cost before that, where it was restated. It is
    `complete` if it was over when it was read. `hours` are None where they are not known, and
    so is `usual`, by which all features together were judged.
    """

    date: date
    features: Mapping[str, FeatureSpend]
    models: Sequence[ModelSpend] = ()
    notices: Mapping[str, str] = {}
    alerts: frozenset[str] = frozenset()
    start: datetime | None = None
    end: datetime | None = None
    timezone: str = ""
    fetched: int = 0
    configuration: Mapping[str, str] | None = None
    exact_cost: Decimal = ZERO
    restated_from: Decimal | None = None
    complete: bool = True
    hours: PastHours | None = None
    spikes: Sequence[PastSpike] = ()
    usual: UsualCost | None = None

    @property
    def cost(self) -> Decimal:
        """The day's cost over all features."""
        return sum((feature.cost for feature in self.features.values()), ZERO)


class History(Struct, frozen=True):
    """The reported days before the report's day, by date.

    A day that is missing was not reported, or not to its end. Reaches back to the first day of
    the month, the ISO week, and thirty days, whichever is the earliest. `passed_over` are the
    objects in the place of a record that are none of ours, with the reason.
    """

    days: Mapping[date, PastDay]
    passed_over: Mapping[str, str] = field(default_factory=dict)

    def under(self, aliases: Mapping[str, str]) -> "History":
        """The same days with what was counted under one of `aliases` counted as its feature.

        So an alias that is new today also counts in the means and sums over the days before.
        """
        if not aliases:
            return self
        days = {date_: _under(aliases, day) for date_, day in self.days.items()}
        return History(days, self.passed_over)

    def reported(self, dates: Sequence[date]) -> list[PastDay]:
        """Those of `dates` that were reported, in the given order."""
        return [self.days[day] for day in dates if day in self.days]


def _under(aliases: Mapping[str, str], day: PastDay) -> PastDay:
    if aliases.keys().isdisjoint(day.features):
        return day
    spikes = [
        replace(spike, feature=spike.feature and aliases.get(spike.feature, spike.feature))
        for spike in day.spikes
    ]
    features: dict[str, FeatureSpend] = {}
    for name, row in day.features.items():
        feature = aliases.get(name, name)
        so_far = features.get(feature)
        features[feature] = (so_far + row) if so_far else replace(row, feature=feature)
    models: dict[tuple[str, str], ModelSpend] = {}
    for spend in day.models:
        feature = aliases.get(spend.feature, spend.feature)
        own = models.get((feature, spend.model))
        models[feature, spend.model] = (own + spend) if own else replace(spend, feature=feature)
    hours = replace(day.hours, aliases=aliases) if day.hours else None
    return replace(day, features=features, models=list(models.values()), hours=hours, spikes=spikes)


def today_of(figures: DayFigures) -> PastDay:
    """The day of `figures` in the form of the days before it, but with exact costs."""
    return PastDay(figures.date, {row.feature: row for row in figures.features}, figures.models)
