"""What was spent, and on what: the day, and the days before it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from spend_report.domain.basics.day import days_before, days_from
from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.names import UNTAGGED
from spend_report.domain.figures.day_figures import FeatureSpend
from spend_report.domain.judgement.drivers import BASELINE_DAYS, Driver
from spend_report.domain.record.history import PastSpike, UsualCost
from spend_report.domain.reports.day_report import DayReport
from spend_report.page.labels import listed, name
from spend_report.page.over_days import CHART_DAYS, cost_of, ranked
from spend_report.page.palette import OTHER
from spend_report.page.view_types import FeatureRow, Features, OverTime, Range, Series, Total

SHOWN_FEATURES = 12
MOST_FEATURES = 16
SHOWN_SPIKES = 3

type Colours = Mapping[str, str]


def total(report: DayReport) -> Total:
    """The day's sum beside its budget and the mean of the days before."""
    past = report.history.reported(days_before(report.day.date, BASELINE_DAYS))
    if not report.complete:  # a part of a day is not like whole ones
        past = []
    figures, budget = report.figures, report.budgets.total
    return Total(
        cost=figures.cost,
        calls=figures.calls,
        requests=sum(costs.count for costs in figures.request_costs.values()),
        budget=budget.daily if budget else None,
        mean=sum((day.cost for day in past), ZERO) / len(past) if past else None,
        mean_over=[day.date for day in past],
    )


def features(report: DayReport, colours: Colours) -> Features | None:
    """The costliest features and those above their budget; the others are folded away."""
    compared = report.drivers if report.complete else ()
    drivers = {driver.feature: driver for driver in compared if driver.baseline_days}
    rows = [
        _feature(report, row, drivers.get(row.feature), colours[row.feature])
        for row in report.figures.features
    ]
    if not rows:
        return None
    below = rows[SHOWN_FEATURES:]
    over = [place for place, row in enumerate(below) if row.over_budget]
    lifted = over[: MOST_FEATURES - SHOWN_FEATURES]
    return Features(
        rows=rows[:SHOWN_FEATURES] + [below[place] for place in lifted],
        more=[row for place, row in enumerate(below) if place not in lifted],
    )


def _feature(
    report: DayReport, row: FeatureSpend, driver: Driver | None, colour: str
) -> FeatureRow:
    highest = report.figures.features[0].cost
    budget = report.budgets.of(row.feature)
    costs = report.figures.request_costs.get(row.feature)
    owner = report.owners.get(row.feature, "")
    return FeatureRow(
        name=name(row.feature),
        slot=colour,
        cost=row.cost,
        relative=row.cost / highest if highest else ZERO,
        calls=row.calls,
        per_request=costs.median if costs else None,
        p95=costs.p95 if costs else None,
        budget=budget.daily if budget else None,
        baseline=driver.amounts.baseline if driver else None,
        owner=name(owner) if owner else "",
    )


def over_time(report: DayReport, colours: Colours) -> OverTime | None:
    """From the first reported day on; None without another day, or if nothing cost anything."""
    days = report.last_days(CHART_DAYS)
    dates = list(days_from(days[0].date, days[-1].date))
    if len(dates) == 1 or not any(day.cost for day in days):
        return None
    by_date = {day.date: day for day in days}
    reported = [by_date.get(date_) for date_ in dates]
    by_colour: dict[str, list[str]] = {}
    for feature in ranked(days):
        by_colour.setdefault(colours[feature], []).append(feature)
    series = [
        Series(
            name=name(members[0]) if len(members) == 1 else f"{len(members)} others",
            slot=colour,
            costs=[
                None if day is None else sum((cost_of(day, one) for one in members), ZERO)
                for day in reported
            ],
        )
        for colour, members in by_colour.items()
    ]
    budget = report.budgets.total
    return OverTime(
        days=dates,
        series=sorted((one for one in series if one.total), key=_stacking),
        totals=[None if day is None else day.cost for day in reported],
        budget=budget.daily if budget else None,
        usual={day.date: _range(day.usual) for day in days if day.usual},
        spikes={day.date: _spiked(day.spikes) for day in days if day.spikes},
    )


def _range(usual: UsualCost) -> Range:
    """From as many times below the expected cost as the highest usual one is above it."""
    low = usual.expected * usual.expected / usual.limit if usual.limit else ZERO
    return Range(low, usual.limit)


def _spiked(spikes: Sequence[PastSpike]) -> str:
    """The features that were far above their usual; all together, where it was none alone."""
    features = [name(spike.feature) for spike in spikes if spike.feature is not None]
    return listed(features, most=SHOWN_SPIKES) if features else "all features together"


def _stacking(series: Series) -> tuple[int, Decimal]:
    """Bottom up: the hues by cost, then the untagged, then the others."""
    return {UNTAGGED: 1, OTHER: 2}.get(series.slot, 0), -series.total
