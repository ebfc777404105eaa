"""What needs a person: the one sentence at the top, and the list of what to do.

Both are what the e-mail says of the same day, in its order and its words.
"""

from collections.abc import Sequence
from copy import replace
from decimal import Decimal
from zoneinfo import ZoneInfo

from spend_report.domain.basics.links import Links
from spend_report.domain.basics.wording import (
    days,
    dollars,
    plain,
    share,
    signed_dollars,
    things,
    upper_first,
)
from spend_report.domain.judgement.breaches import Breach, Severity
from spend_report.domain.judgement.comparison import MIN_BASELINE_DAYS, is_of_the_day
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.messages.actions import feature_to_look_at, owner_line, to_do
from spend_report.domain.messages.news import (
    Alert,
    DayAlerts,
    Item,
    SpikeAlert,
    items_of,
    larger_budget,
)
from spend_report.domain.messages.reasons import explanation
from spend_report.domain.messages.sentences import holes, is_likely_over, sentence, to_know, who
from spend_report.domain.messages.spike_words import spikes_in_words
from spend_report.domain.reports.day_report import DayReport
from spend_report.page.labels import portion
from spend_report.page.view_types import Advice, Total

_LINE_WIDTH = 200
_STEADY = Decimal("0.10")


def items(report: DayReport) -> list[Item]:
    """All that there is to say of the day: critical first, then what has most at stake."""
    day = DayAlerts(
        figures=report.figures,
        drivers=report.drivers,
        breaches=report.breaches,
        notices=report.notices,
        links=Links("", "", ""),
        history=report.history,
        where=report.where,
        owners=report.owners,
        spikes=spikes_in_words(
            report.spikes.found,
            budgets=report.budgets,
            timezone=ZoneInfo(report.origin.timezone),
            where=report.where,
        ),
    )
    return items_of([day])


def headline(report: DayReport, total: Total) -> Advice:
    """The first thing that there is to say; if there is none, how the day compares."""
    found = items(report)
    if not report.complete:
        unfinished = f"The day is not over: {dollars(total.cost)} so far, and its figures may grow."
        if not found:
            return Advice("unfinished", unfinished)
        first = _first(found)
        return replace(first, text=f"{unfinished} {first.text}")
    return _first(found) if found else Advice("ok", _calm(total, report.drivers))


def _first(found: Sequence[Item]) -> Advice:
    """The first of what there is to say, and how much more there is."""
    others = _others(found)
    match found[0]:
        case Alert(breach, on):
            return Advice(breach.severity, f"{sentence(breach)}{_mostly(breach, on)}{others}")
        case SpikeAlert(words) as spike_alert:
            return Advice(spike_alert.severity, f"{words.sentence}{others}")
        case remark:
            return Advice(remark.severity, f"{remark.notice.text}{others}")


def tasks_of(report: DayReport) -> list[Advice]:
    """One line for each budget and each notice, with what to do about it."""
    return [_task(item) for item in items(report)]


def in_trouble(report: DayReport) -> str | None:
    """The feature to look at first, if there is one."""
    first = next(iter(items(report)), None)
    return feature_to_look_at(first.breach, first.on) if isinstance(first, Alert) else None


def _task(item: Item) -> Advice:
    match item:
        case Alert(breach, on):
            missing = to_know(breach, on)
            texts = (
                f"{_whose(item)}: {_state(breach)}.",
                holes(breach),
                upper_first(to_do(breach, on)),
                missing.lead if missing else "",
            )
            run = missing.line if missing else ""
            return Advice(breach.severity, " ".join(filter(None, texts)), run=run)
        case SpikeAlert(words) as spike_alert:
            line = plain(words.add, _LINE_WIDTH) if words.add else ""
            return Advice(spike_alert.severity, words.sentence, line)
        case remark:
            add = remark.notice.add
            line = plain(add, _LINE_WIDTH) if add else ""
            theirs = owner_line(remark)
            text = f"{remark.notice.text}{theirs and f' ({theirs})'}"
            return Advice(remark.severity, text, line)


def _whose(alert: Alert) -> str:
    """Whose budget it is, and who owns that feature."""
    theirs = owner_line(alert)
    return f"{who(alert.breach)}{theirs and f' ({theirs})'}"


def _state(breach: Breach) -> str:
    """Where its budget stands, e.g. `$0.28 over its daily budget of $2.00`."""
    whose = "the total" if breach.feature is None else "its"
    budget = f"{whose} {breach.period} budget of {dollars(breach.budget)}"
    least = "at least " if breach.missing else ""
    if breach.over > 0:
        return f"{least}{dollars(breach.over)} over {budget}"
    if breach.threshold is None and breach.forecast:
        if is_likely_over(breach):
            return f"{budget} is likely used up"
        return f"heading for {least}{dollars(breach.forecast.projected)} of {budget}"
    return f"{least}{share(breach.spent / breach.budget)} of {budget} used"


def _mostly(breach: Breach, on: DayAlerts) -> str:
    """The largest cause, or what a usual cost is made of."""
    why = explanation(breach, on)
    causes = [cause for cause in why.parts if cause.amount > 0]
    if causes:
        return f" Mostly {causes[0]}."
    return "" if is_of_the_day(breach, on.drivers) or not why.lead else f" {why.lead}"


def _others(found: Sequence[Item]) -> str:
    """What else there is: the budget that is more dollars over than the first, the rest counted."""
    larger = larger_budget(found)
    rest = [item for item in found[1:] if item is not larger]
    budgets = [item for item in rest if isinstance(item, Alert)]
    exceeded = sum(item.severity is Severity.CRITICAL for item in budgets)
    spikes = sum(isinstance(item, SpikeAlert) for item in rest)
    counts = (
        (exceeded, "more budget exceeded", "more budgets exceeded"),
        (len(budgets) - exceeded, "budget at risk", "budgets at risk"),
        (spikes, "spike", "spikes"),
        (len(rest) - len(budgets) - spikes, "notice about the data", "notices about the data"),
    )
    parts = [things(number, one, many) for number, one, many in counts if number]
    if larger:
        return f" Besides: {', '.join([larger.in_short, *parts])}."
    if not parts:
        return ""
    return f" Besides, {', '.join(parts[:-1])}{' and ' if parts[:-1] else ''}{parts[-1]}."


def _calm(total: Total, drivers: Sequence[Driver]) -> str:
    if not total.calls:
        return "There were no LLM calls."
    fine = "No budget is exceeded" if total.budget is not None else "Nothing needs a look"
    if not total.mean or total.change is None or len(total.mean_over) < MIN_BASELINE_DAYS:
        return f"{fine}."
    if abs(total.change) <= _STEADY * total.mean:
        return f"{fine}, and the day cost about as much as the days before."
    direction = "more" if total.change > 0 else "less"
    part, usual = portion(abs(total.change), total.mean), f"the mean of {days(total.mean_over)}"
    text = f"{fine}. The day cost {part} {direction} than {usual}"
    along = [driver for driver in drivers if (driver.change > 0) == (total.change > 0)]
    if along and along[0].change:
        text += f", most of all {plain(along[0].feature)} ({signed_dollars(along[0].change)})"
    return f"{text}."
