"""A budget in words: what happened, and since when.

Every window of days is named by its dates, a sum over days of which some have no report is
called a lower bound, and only what is certain is said to be so.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.places import Places, ToCopy
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
    short_month,
    things,
)
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.breaches import Breach, Period
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.judgement.forecast import Forecast
from spend_report.domain.record.history import History

_SHORT_NAME_WIDTH = 30


class Day(Protocol):
    """What is looked at beside a budget to say why, what to do, and who."""

    @property
    def figures(self) -> DayFigures:
        """The day's figures."""
        ...

    @property
    def drivers(self) -> Sequence[Driver]:
        """Why its costs changed."""
        ...

    @property
    def history(self) -> History:
        """The days before."""
        ...

    @property
    def owners(self) -> Mapping[str, str]:
        """Who owns a feature, where that is known."""
        ...

    @property
    def where(self) -> Places:
        """Where in the account something is set or started."""
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
        told += f" At {_pace(breach.forecast)} "
        if not is_likely_over(breach):
            told += f"it is used up on {_runs_out(breach, breach.forecast)} and "
        told += f"the month comes to {least}{dollars(breach.forecast.projected)}."
    return told


def _foretold(breach: Breach, forecast: Forecast, of_budget: str) -> str:
    is_plural = breach.feature is None
    if is_likely_over(breach):
        state = f"{'have' if is_plural else 'has'} likely used up"
    else:
        state = f"{'are' if is_plural else 'is'} heading over"
    spent, budget = dollars_of(breach.spent, breach.budget)
    projected = dollars(forecast.projected)
    least = "at least " if breach.missing else ""
    told = (
        f"{who(breach)} {state} {of_budget} of {budget}: {least}{spent} "
        f"{_when(breach)}, and at {_pace(forecast)} {least}{projected} by "
        f"{short_day(breach.period_end)}"
    )
    if forecast.runs_out and not is_likely_over(breach):
        told += f", which uses it up on {_runs_out(breach, forecast)}"
    return f"{told}."


def _pace(forecast: Forecast) -> str:
    return f"the pace of {days(forecast.pace_over)} ({dollars(forecast.pace)} a day)"


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
    if not breach.before:
        return f"{_in_a_row(breach, above)} or earlier" if breach.days_in_a_row > 1 else ""
    window = days(list(breach.before))
    low, high = (dollars(end(breach.before.values())) for end in (min, max))
    usual = f"{low if low == high else f'{low} to {high}'} a day"
    earlier = sum(cost > limit for cost in breach.before.values())
    if breach.days_in_a_row > 1:
        return f"{_in_a_row(breach, above)}; {window} cost {usual}"
    if earlier:
        return f": {above} on {earlier} of the {len(breach.before)} days {window} too ({usual})"
    return f": the first day {above} after {window} ({usual})"


def _in_a_row(breach: Breach, above: str) -> str:
    nth = ordinal(breach.days_in_a_row)
    return f": the {nth} day in a row {above}, since {short_day(breach.since)}"


def holes(breach: Breach) -> str:
    """What the days without a report mean for the sum; empty where there are none."""
    if not breach.missing:
        return ""
    told = f"{days(breach.missing)} {_has(breach.missing)} no report and {_are(breach.missing)} "
    told += "not in these sums."
    forecast = breach.forecast
    if forecast and forecast.estimate is not None:
        told += f" At the same pace the month comes to {about(forecast.estimate)} with "
        told += "it" if len(breach.missing) == 1 else "them"
        is_new = is_likely_over(breach) and breach.threshold is not None
        told += ", and the budget is likely used up already." if is_new else "."
    return told


def to_know(breach: Breach, on: Day) -> ToCopy | None:
    """How the days without a report are reported; None where there are none."""
    if not breach.missing:
        return None
    return on.where.to_report(breach.missing)


def is_likely_over(breach: Breach) -> bool:
    """Whether the budget is used up if the days without a report cost as much as the others."""
    if breach.forecast is None or breach.over > 0:
        return False
    return breach.spent + breach.forecast.pace * len(breach.missing) > breach.budget


def _has(dates: Sequence[date]) -> str:
    return "has" if len(dates) == 1 else "have"


def _are(dates: Sequence[date]) -> str:
    return "is" if len(dates) == 1 else "are"


def in_short(breach: Breach) -> str:
    """The same in a few words, for a line or a subject: `rag-search $2.14 of $2.00`."""
    whose = "total" if breach.feature is None else plain(breach.feature, _SHORT_NAME_WIDTH)
    when = {
        Period.DAILY: "",
        Period.WEEKLY: " this week",
        Period.MONTHLY: f" in {short_month(breach.day)}",
    }[breach.period]
    spent, budget = dollars_of(breach.spent, breach.budget)
    least = "at least " if breach.missing else ""
    if breach.threshold is None and breach.forecast:
        if is_likely_over(breach):
            return f"{whose} likely over {budget}{when}"
        return f"{whose} heading for {least}{dollars(breach.forecast.projected)} of {budget}{when}"
    used = "" if breach.over > 0 else f" ({share(breach.spent / breach.budget)})"
    return f"{whose} {least}{spent} of {budget}{when}{used}"
