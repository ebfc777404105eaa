"""The alert as a person reads it: at most 40 lines of at most 78 characters.

A link stands alone on its line and is never broken, however long it is: a broken one is none.
"""

import textwrap
from collections.abc import Sequence
from fractions import Fraction

from spend_report.domain.basics.wording import (
    days,
    dollars,
    dollars_of,
    long_day,
    month,
    plain,
    share,
    short_day,
    things,
)
from spend_report.domain.judgement.breaches import Breach, Period
from spend_report.domain.judgement.driver_sentences import causes, causes_of_total, comparison
from spend_report.domain.judgement.notices import Notice
from spend_report.domain.messages.news import Alert, DayAlerts, alerts_of, notices_of

MOST_LINES = 40
WIDTH = 78
_MOST_IN_FULL = 3
_LINES_FOR_OTHERS = 6
_LINES_FOR_NOTICES = 9
_UNBROKEN = "\N{NO-BREAK SPACE}%"


def email_text(news: Sequence[DayAlerts]) -> str:
    """The text of one message about the breaches and notices of `news`, at least one of them."""
    head = _heading(news)
    alerts, notices = alerts_of(news), notices_of(news)
    tail = _what_to_look_at(news, alerts, notices)
    room = MOST_LINES - len(head) - len(tail)
    kept_free = min(_LINES_FOR_NOTICES, sum(len(_notice(notice)) + 1 for notice in notices))
    body = _alerts(alerts, room - kept_free)
    body += _notices(notices, room - len(body))
    return "\n".join([*head, *body, *tail]) + "\n"


def _heading(news: Sequence[DayAlerts]) -> list[str]:
    newest = max(news, key=lambda day: day.day)
    figures = newest.figures
    spent = f"{dollars(figures.cost)} in {things(figures.calls, 'call')}"
    lines = _wrapped(f"LLM spend on {long_day(newest.day)}: {spent}.")
    others = sorted(day.day for day in news if day is not newest and (day.breaches or day.notices))
    if others:
        lines += _wrapped(f"Also about {days(others)}, whose figures were restated or reported.")
    return [*lines, ""]


def _alerts(alerts: Sequence[Alert], room: int) -> list[str]:
    """The first few in full, one line for each further one, and how many there was no room for."""
    lines: list[str] = []
    told = 0
    explained: set[str | None] = set()
    for alert in alerts[:_MOST_IN_FULL]:
        feature = alert.breach.feature
        block = [*_in_full(alert, explained=feature in explained), ""]
        explained.add(feature)
        others = len(alerts) - told - 1
        in_a_line_each = min(others, _LINES_FOR_OTHERS) + 1 if others else 0
        if told and len(lines) + len(block) + in_a_line_each > room:
            break
        lines += block
        told += 1
    rest = alerts[told:]
    if not rest:
        return lines
    one_liners = [_line(alert.breach) for alert in rest]
    fitting = room - len(lines) - 1
    if len(one_liners) > fitting:
        kept = max(0, fitting - 1)
        one_liners = one_liners[:kept]
        more = things(len(rest) - kept, "more alert")
        one_liners.append(f"... and {more}, not shown here")
    return [*lines, *one_liners, ""]


def _in_full(alert: Alert, *, explained: bool) -> list[str]:
    """An alert in a block of lines, without its reasons where they were told above."""
    breach = alert.breach
    lines = _wrapped(f"[{breach.severity.upper()}] {sentence(breach)}")
    if breach.missing:
        lines += _wrapped(_missing(breach), "  ")
    why = [] if explained else reasons(alert)
    lines += [f"  {line}" for reason in why for line in _wrapped(reason, width=WIDTH - 2)]
    return lines + _wrapped(f"Budget: {plain(breach.parameter, WIDTH)}", "  ")


def sentence(breach: Breach) -> str:
    """What happened, in a sentence or two."""
    whose = "All features together" if breach.feature is None else plain(breach.feature)
    spent, budget = dollars_of(breach.spent, breach.budget)
    of_budget = f"{'the total' if breach.feature is None else 'its'} {breach.period} budget"
    forecast = breach.forecast
    runs_out = short_day(forecast.runs_out) if forecast and forecast.runs_out else ""
    if breach.threshold is None and forecast:
        return (
            f"{whose} will exceed {of_budget} of {budget} on {runs_out}: "
            f"{spent} so far, {dollars(forecast.projected)} by the end of "
            f"{month(breach.day)} at the pace of the last {forecast.pace_days} reported days "
            f"({dollars(forecast.pace)} a day)."
        )
    told = f"{whose} spent {spent} {_when(breach)}"
    if breach.over > 0:
        return f"{told}, {dollars(breach.over)} over {of_budget} of {budget}."
    told = f"{told}, {share(breach.spent / breach.budget)} of {of_budget} of {budget}."
    if forecast and runs_out:
        comes_to = dollars(forecast.projected)
        told += f" At the pace of the last days it runs out on {runs_out} and comes to {comes_to}."
    return told


def _when(breach: Breach) -> str:
    match breach.period:
        case Period.DAILY:
            return f"on {short_day(breach.day)}"
        case Period.WEEKLY:
            return f"in the week from {short_day(breach.period_start)}"
        case Period.MONTHLY:
            return f"in {month(breach.day)}"


def _missing(breach: Breach) -> str:
    return f"Without {days(breach.missing)}: no report, so the cost is not known."


def reasons(alert: Alert) -> list[str]:
    """Why: the day's change against the usual, and its parts."""
    feature = alert.breach.feature
    if feature is None:
        drivers = alert.on.drivers
        if not drivers:
            return []
        change = sum((driver.change for driver in drivers), Fraction(0))
        before = sum((driver.before.cost for driver in drivers), Fraction(0))
        told, baseline_days = causes_of_total(drivers), drivers[0].baseline_days
    elif driver := alert.on.driver(feature):
        change, before = driver.change, driver.before.cost
        told, baseline_days = causes(driver), driver.baseline_days
    else:
        return [f"No calls on {short_day(alert.on.day)}; the cost is of the days before."]
    told_change = comparison(change, before, baseline_days)
    if alert.breach.period is not Period.DAILY and told:
        told_change = f"{short_day(alert.on.day)}: {told_change}"
    return [told_change, *(f"  {cause}" for cause in told)]


def _line(breach: Breach) -> str:
    """One alert on one line: shortened at its end where names are long."""
    whose = "total" if breach.feature is None else plain(breach.feature)
    spent, budget = dollars_of(breach.spent, breach.budget)
    runs_out = ""
    if breach.threshold is None and breach.forecast and breach.forecast.runs_out:
        spent = f"heading for {dollars(breach.forecast.projected)}"
        runs_out = f", runs out on {short_day(breach.forecast.runs_out)}"
    mark = breach.severity.upper()
    return plain(f"[{mark}] {whose}: {spent} of {budget} {breach.period}{runs_out}", WIDTH)


def _notices(notices: Sequence[Notice], room: int) -> list[str]:
    lines: list[str] = []
    for told, notice in enumerate(notices):
        block = [*_notice(notice), ""]
        is_last = told + 1 == len(notices)
        if len(lines) + len(block) + (0 if is_last else 2) > room:
            more = things(len(notices) - told, "more notice" if told else "notice")
            return [*lines, f"... and {more} about the data, in the summary", ""]
        lines += block
    return lines


def _notice(notice: Notice) -> list[str]:
    lines = _wrapped(f"[DATA] {notice.text}")
    if not notice.add:
        return lines
    if len(notice.add) + 2 <= WIDTH:
        return [*lines, f"  {notice.add}"]
    model, _, prices = notice.add.rpartition(": {")
    return [*lines, f"  {plain(model, WIDTH - 3)}:", f"    {{{prices}"]


def _what_to_look_at(
    news: Sequence[DayAlerts], alerts: Sequence[Alert], notices: Sequence[Notice]
) -> list[str]:
    newest = max(news, key=lambda day: day.day)
    lead = alerts[0] if alerts else None
    of = lead.on if lead else next((day for day in news if notices[0] in day.notices), newest)
    requests = lead.on.costliest(lead.breach.feature) if lead else []
    lines = []
    if lead and requests:
        whose = "" if lead.breach.feature is None else f" of {plain(lead.breach.feature)}"
        lines.append(f"Costliest requests{whose} on {short_day(of.day)}:")
    for request in requests:
        name = plain(request.root_name or request.trace_id)
        lines.append(f"  {dollars(request.cost)} {name}, {things(request.calls, 'call')}")
        lines += [f"  {request.url}"] if request.url else []
    if requests:
        lines.append("")
    where = [url for url in (of.links.page_console, of.links.report_console) if url]
    return [*lines, f"The report of {short_day(of.day)}:", *(f"  {url}" for url in where)]


def _wrapped(text: str, indent: str = "", width: int = WIDTH) -> list[str]:
    """`text` in lines of at most `width`, the further ones two characters in."""
    own_indent = text[: len(text) - len(text.lstrip())]
    lines = textwrap.wrap(
        text.replace(" %", _UNBROKEN),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}{own_indent}  ",
        break_on_hyphens=False,
    )
    return [line.replace(_UNBROKEN, " %") for line in lines]
