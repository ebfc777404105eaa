"""A budget in words: what happened, since when, why, and what to do about it.

Every window of days is named by its dates, a sum over days of which some have no report is
called a lower bound, and only what is certain is said to be so.
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.wording import (
    about,
    days,
    dollars,
    dollars_of,
    month,
    ordinal,
    plain,
    share,
    short_day,
    things,
)
from spend_report.domain.figures.day_figures import DayFigures, Request
from spend_report.domain.judgement.breaches import Breach, Period
from spend_report.domain.judgement.comparison import comparison, totals
from spend_report.domain.judgement.driver_sentences import Cause, causes, causes_of_total
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.judgement.forecast import Forecast

REQUESTS_SHOWN = 3
_PARAMETER_WIDTH = 120
_NO_CAUSE = "cut a cost that is the usual one, or raise the budget"


class Day(Protocol):
    """What the sentences about a budget look at beside it."""

    @property
    def figures(self) -> DayFigures:
        """The day's figures."""
        ...

    @property
    def drivers(self) -> Sequence[Driver]:
        """Why its costs changed."""
        ...


def who(breach: Breach) -> str:
    """Whose budget it is."""
    return "All features together" if breach.feature is None else plain(breach.feature)


def sentence(breach: Breach) -> str:
    """What happened, and since when, in a few sentences."""
    of_budget = f"{'the total' if breach.feature is None else 'its'} {breach.period} budget"
    if breach.threshold is None and breach.forecast:
        return _foretold(breach, breach.forecast, of_budget)
    spent, budget = dollars_of(breach.spent, breach.budget)
    least = "at least " if breach.missing else ""
    told = f"{who(breach)} spent {least}{spent} {_when(breach)}"
    if breach.over > 0:
        told += f", {least}{dollars(breach.over)} over {of_budget} of {budget}"
    else:
        told += f", {least}{share(breach.spent / breach.budget)} of {of_budget} of {budget}"
    told += f"{_since(breach)}."
    if breach.over <= 0 and breach.forecast and breach.forecast.runs_out:
        told += f" {_pace(breach.forecast)} it is used up on {_runs_out(breach, breach.forecast)}"
        told += f" and the month comes to {least}{dollars(breach.forecast.projected)}."
    return told


def _foretold(breach: Breach, forecast: Forecast, of_budget: str) -> str:
    verb = "are" if breach.feature is None else "is"
    spent, budget = dollars_of(breach.spent, breach.budget)
    projected = dollars(forecast.projected)
    least = "at least " if breach.missing else ""
    told = (
        f"{who(breach)} {verb} heading over {of_budget} of {budget}: {least}{spent} "
        f"{_when(breach)}, and at the pace of {days(forecast.pace_over)} "
        f"({dollars(forecast.pace)} a day) {least}{projected} by "
        f"{short_day(breach.period_end)}"
    )
    if forecast.runs_out:
        told += f", which uses it up on {_runs_out(breach, forecast)}"
    return f"{told}."


def _pace(forecast: Forecast) -> str:
    return f"At the pace of {days(forecast.pace_over)} ({dollars(forecast.pace)} a day)"


def _runs_out(breach: Breach, forecast: Forecast) -> str:
    when = short_day(forecast.runs_out) if forecast.runs_out else ""
    return f"{when} at the latest" if breach.missing else when


def _when(breach: Breach) -> str:
    match breach.period:
        case Period.DAILY:
            return f"on {short_day(breach.day)}"
        case Period.WEEKLY:
            where = f"the week from {short_day(breach.period_start)}"
        case Period.MONTHLY:
            where = month(breach.day)
    if not breach.missing:
        return f"in {where}"
    reported = (breach.day - breach.period_start).days + 1 - len(breach.missing)
    return f"on the {things(reported, 'day')} of {where} with a report"


def _since(breach: Breach) -> str:
    """Since when it is so: a level that is new today and an old one read differently."""
    if breach.period is not Period.DAILY:
        crossed = "used up" if breach.over > 0 else "passed"
        return f", {crossed} on {short_day(breach.since)}" if breach.since < breach.day else ""
    limit = breach.budget if breach.over > 0 else breach.budget * (breach.threshold or 1)
    above = "over it" if breach.over > 0 else f"above {share(breach.threshold or ZERO)} of it"
    earlier = sum(cost > limit for cost in breach.before.values())
    if breach.days_in_a_row > 1:
        nth = ordinal(breach.days_in_a_row)
        told = f": the {nth} day in a row {above}, since {short_day(breach.since)}"
        told += "" if breach.before else " or earlier"
    elif earlier:
        told = f": {above} on {earlier} of the {things(len(breach.before), 'day')} before too"
    elif breach.before:
        told = f": the first day {above}"
    else:
        return ""
    if not breach.before:
        return told
    low, high = (dollars(end(breach.before.values())) for end in (min, max))
    span = low if low == high else f"{low} to {high}"
    return f"{told}; {span} on {days(list(breach.before))}"


def holes(breach: Breach) -> str:
    """What the days without a report mean for the sum; empty where there are none."""
    if not breach.missing:
        return ""
    told = f"{days(breach.missing)} {_has(breach.missing)} no report"
    forecast = breach.forecast
    if forecast and forecast.estimate is not None:
        told += f": at the same pace they bring the month to {about(forecast.estimate)}"
        so_far = breach.spent + forecast.pace * len(breach.missing)
        is_over = so_far > breach.budget >= breach.spent
        told += ", and the budget is used up already" if is_over else ""
    return f"{told}. Report {_them(breach.missing)} to know."


def _them(dates: Sequence[date]) -> str:
    return "it" if len(dates) == 1 else "these days"


def _has(dates: Sequence[date]) -> str:
    return "has" if len(dates) == 1 else "have"


def explanation(breach: Breach, on: Day) -> tuple[str, list[Cause]]:
    """The day's change against the usual, and its parts."""
    drivers = drivers_of(breach, on)
    if not drivers:
        return _without_calls(breach, on), []
    now, before = totals(drivers)
    told = comparison(now, before, drivers[0].baseline, lasts=True)
    own = causes_of_total(drivers) if breach.feature is None else causes(drivers[0])
    if breach.period is not Period.DAILY:
        told = f"{short_day(on.figures.date)}: {told}"
    return told, own


def reasons(breach: Breach, on: Day) -> list[str]:
    """The same as lines, those of the parts two characters in."""
    told, own = explanation(breach, on)
    told = told[0].upper() + told[1:]
    return [
        f"{told}{':' if own else '' if told.endswith('.') else '.'}",
        *(f"  {cause}" for cause in own),
    ]


def drivers_of(breach: Breach, on: Day) -> list[Driver]:
    """Why the cost of the breach's feature changed, or of all."""
    return [driver for driver in on.drivers if breach.feature in {None, driver.feature}]


def _without_calls(breach: Breach, on: Day) -> str:
    whose = "" if breach.feature is None else f" of {plain(breach.feature)}"
    return f"No calls{whose} on {short_day(on.figures.date)}; the cost is of the days before."


def to_do(breach: Breach, on: Day) -> str:
    """What to find out, where to look, and what to change if it is meant to be so."""
    parameter = plain(breach.parameter, _PARAMETER_WIDTH)
    feature = feature_to_look_at(breach, on)
    where = f"at {plain(feature)}, " if feature and breach.feature is None else ""
    first = action(breach, on)
    if first == _NO_CAUSE:
        return f"{first} in {parameter}."
    return f"{where}{first}. If it is meant to be so, raise the budget in {parameter}."


def action(breach: Breach, on: Day) -> str:
    """The first thing to do, e.g. `find out what makes the prompts longer`."""
    return action_on(feature_to_look_at(breach, on), on)


def action_on(feature: str | None, on: Day) -> str:
    """The same about a feature, or about all together (None)."""
    own = [cause for driver in on.drivers if driver.feature == feature for cause in causes(driver)]
    question = next((cause.question for cause in own if cause.amount > 0 and cause.question), "")
    request = next(iter(costliest(on.figures, feature)), None)
    look = f"begin with the costliest request, {_request(request, on)}" if request else ""
    if question:
        return f"find out {question}{look and f'; {look}'}"
    return look or _NO_CAUSE


def feature_to_look_at(breach: Breach, on: Day) -> str | None:
    """The budget's own; of the total the one that grew most, None where none did."""
    if breach.feature is not None:
        return breach.feature
    grew = max(on.drivers, key=lambda driver: driver.change, default=None)
    return grew.feature if grew and grew.change > 0 and grew.baseline_days else None


def _request(request: Request, on: Day) -> str:
    name = plain(request.root_name or request.trace_id)
    costs = on.figures.request_costs.get(request.feature)
    median = f", where the median is {dollars(costs.median)}" if costs else ""
    return f"{name} ({dollars(request.cost)}{median})"


def costliest(figures: DayFigures, feature: str | None) -> list[Request]:
    """The costliest requests of `feature`, or of all."""
    fitting = [row for row in figures.top_requests if feature in {None, row.feature}]
    return fitting[:REQUESTS_SHOWN]
