"""A budget in words: what happened, since when, and why.

Every window of days is named by its dates, a sum over days of which some have no report is
called a lower bound, and only what is certain is said to be so.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Protocol

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.wording import (
    about,
    at_places,
    days,
    dollars,
    dollars_of,
    month,
    ordinal,
    places_of,
    plain,
    share,
    short_day,
    things,
    upper_first,
)
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.breaches import Breach, Period
from spend_report.domain.judgement.comparison import (
    comparison,
    drivers_of,
    has_baseline,
    is_of_the_day,
    parts_of,
    totals,
)
from spend_report.domain.judgement.driver_sentences import Cause, causes, causes_of_total
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.judgement.forecast import Forecast
from spend_report.domain.record.history import History

_PARTS_SHOWN = 3


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
        told += f" At {_pace(breach.day, breach.forecast)} "
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
        f"{_when(breach)}, and at {_pace(breach.day, forecast)} {least}{projected} by "
        f"{short_day(breach.period_end)}"
    )
    if forecast.runs_out and not is_likely_over(breach):
        told += f", which uses it up on {_runs_out(breach, forecast)}"
    return f"{told}."


def _pace(day: date, forecast: Forecast) -> str:
    """The pace with its days, of which the mean to compare with has the same but for the last."""
    over = days(forecast.pace_over)
    return f"the pace of {over} ({dollars(forecast.pace)} a day, {short_day(day)} included)"


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
    first, last = breach.missing[0].isoformat(), breach.missing[-1].isoformat()
    backfill = json.dumps({"start_date": first, "end_date": last})
    return f"{told} To know, start the backfill with {backfill}."


def is_likely_over(breach: Breach) -> bool:
    """Whether the budget is used up if the days without a report cost as much as the others."""
    if breach.forecast is None or breach.over > 0:
        return False
    return breach.spent + breach.forecast.pace * len(breach.missing) > breach.budget


def _has(dates: Sequence[date]) -> str:
    return "has" if len(dates) == 1 else "have"


def _are(dates: Sequence[date]) -> str:
    return "is" if len(dates) == 1 else "are"


class Explanation(Struct, frozen=True):
    """Why a budget is exceeded: one `lead`, and the `parts` of what it says, if there are any.

    `day` is the one that it is about, where the budget is not a day's.
    """

    lead: str
    parts: Sequence[Cause] = ()
    day: str = ""

    @property
    def lines(self) -> list[str]:
        """It in lines, those of the parts two characters in."""
        if not self.lead:
            return []
        end = ":" if self.parts else "" if self.lead.endswith(".") else "."
        lead = f"{self.day}: {self.lead}" if self.day else upper_first(self.lead)
        return [f"{lead}{end}", *(f"  {part}" for part in self.parts)]


def explanation(breach: Breach, on: Day) -> Explanation:
    """The day's change against the usual, and its parts, or what a usual cost is made of."""
    drivers = drivers_of(breach, on.drivers)
    if not drivers:
        return Explanation(f"{_made_of(breach, on)} {_without_calls(breach, on)}".lstrip())
    now, before = totals(drivers)
    told = comparison(now, before, drivers[0].baseline, lasts=True)
    if not is_of_the_day(breach, on.drivers):
        made_of = _made_of(breach, on)
        return Explanation(made_of if has_baseline(drivers) else f"{made_of} {told}".lstrip())
    own = causes_of_total(drivers) if breach.feature is None else causes(drivers[0])
    day = "" if breach.period is Period.DAILY else short_day(breach.day)
    return Explanation(told, own, day)


def _without_calls(breach: Breach, on: Day) -> str:
    whose = "" if breach.feature is None else f" of {plain(breach.feature)}"
    return f"No calls{whose} on {short_day(on.figures.date)}; the cost is of the days before."


def _made_of(breach: Breach, on: Day) -> str:
    """The largest parts of a period's cost, which add up as they are shown."""
    parts = parts_of(breach, on.figures, on.history)
    places = places_of(breach.spent)
    shown = {name: at_places(parts[name], places) for name in list(parts)[:_PARTS_SHOWN]}
    told = [f"{plain(name)} {dollars(cost)}" for name, cost in shown.items()]
    if rest := parts.keys() - shown.keys():
        left = at_places(breach.spent, places) - sum(shown.values())
        kind = "feature" if breach.feature is None else "model"
        told.append(f"{things(len(rest), f'other {kind}')} {dollars(left)}")
    return f"Of the {dollars(breach.spent)}: {', '.join(told)}." if told else ""
