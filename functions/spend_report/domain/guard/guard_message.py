"""What the guard sends: the day so far, for people and for machines."""

import json
from typing import Any

from spend_report.domain.basics.money import usd
from spend_report.domain.basics.places import line_to_add
from spend_report.domain.basics.wording import (
    ascii_only,
    dollars,
    long_day,
    plain,
    short_day,
    things,
    wrapped,
)
from spend_report.domain.guard.guard_sentences import (
    GuardNews,
    budget_to_set,
    causes,
    in_short,
    rate,
    what_happened,
)
from spend_report.domain.guard.what_cannot_wait import Warned
from spend_report.domain.judgement.breaches import Breach
from spend_report.domain.messages.actions import costliest, owners_among, requests_in_lines
from spend_report.domain.messages.alert_message import SUBJECT_WIDTH, Message, attributes
from spend_report.domain.messages.machine_json import KIND, short_name

_MOST_TOLD = 5
_MOST_IN_JSON = 20


def compose_guard(news: GuardNews) -> Message:
    """The message about the warnings of `news`, at least one."""
    running = news.running
    lead, more = news.warned[0], len(news.warned) - 1
    subject = f"LLM spend {short_day(running.day.date)} at {news.clock}: {in_short(lead)}"
    subject += f", {lead.severity.upper()}"
    subject += f", {things(more, 'more warning')}" if more else ""
    features = [one.feature for one in news.warned if one.feature is not None]
    return Message(
        subject=ascii_only(subject, SUBJECT_WIDTH),
        text=_text(news),
        data=json.dumps(_data(news), separators=(",", ":")),
        attributes=attributes(
            KIND,
            news.severity,
            running.day.date,
            dict.fromkeys(features),
            owners_among(features, news.owners),
        ),
    )


def _text(news: GuardNews) -> str:
    running, figures = news.running, news.running.figures
    spent = f"{dollars(figures.cost)} in {things(figures.calls, 'call')}"
    lines = [
        *wrapped(f"LLM spend on {long_day(running.day.date)} until {news.clock}: {spent}."),
        "The day is not over: this is what could not wait for its report.",
        "",
    ]
    for one in news.warned[:_MOST_TOLD]:
        lines += wrapped(f"[{one.severity.upper()}] {what_happened(one, news)}")
        if one.silent_since is None:
            lines += [f"  owner: {plain(owner)}"] if (owner := news.owner(one)) else []
            lines += wrapped(rate(one), "  ")
            lines += [line for cause in causes(one) for line in wrapped(cause, "    ")]
            lines += _requests(one, news)
            lines += _to_do(one, news)
        lines.append("")
    if more := len(news.warned[_MOST_TOLD:]):
        lines += [f"... and {things(more, 'more warning')}, not shown here", ""]
    if nobody := news.owner_to_add(news.warned[:_MOST_TOLD]):
        lines += [*wrapped(nobody.lead), *line_to_add(nobody.line)]
    return "\n".join(lines).rstrip("\n") + "\n"


def _requests(one: Warned, news: GuardNews) -> list[str]:
    found = requests_in_lines(costliest(news.running.figures, one.feature), "    ")
    return ["  Costliest requests so far:", *found] if found else []


def _to_do(one: Warned, news: GuardNews) -> list[str]:
    line = budget_to_set(one)
    to_set = f"To set a budget, add to {news.where.to_add('budgets')}:"
    return [*wrapped(to_set, "  "), *line_to_add(line)] if line else []


def _data(news: GuardNews) -> dict[str, Any]:
    running = news.running
    kept = news.warned[:_MOST_IN_JSON]
    return {
        "kind": KIND,
        "guard": True,
        "guard_time": running.at.isoformat(),
        "date": running.day.date.isoformat(),
        "severity": news.severity,
        "cost_usd": usd(running.figures.cost),
        "calls": running.figures.calls,
        "report": news.report,
        "report_url": None,
        "page_url": None,
        "alerts": [_alert(one, one.breach, news) for one in kept if one.breach],
        "spikes": [_spike(one, news) for one in kept if not one.breach and not one.silent_since],
        "notices": [
            {
                "kind": "silent_hours",
                "text": what_happened(one, news),
                "date": running.day.date.isoformat(),
                "features": [],
                "add": None,
            }
            for one in kept
            if one.silent_since
        ],
        "omitted": {
            "alerts": sum(one.breach is not None for one in news.warned[_MOST_IN_JSON:]),
            "details": 0,
            "notices": 0,
            "spikes": sum(one.breach is None for one in news.warned[_MOST_IN_JSON:]),
        },
    }


def _alert(one: Warned, breach: Breach, news: GuardNews) -> dict[str, Any]:
    return {
        "feature": None if one.feature is None else short_name(one.feature),
        "period": breach.period,
        "budget_usd": usd(breach.budget),
        "spent_usd": usd(breach.spent),
        "over_usd": usd(breach.over),
        "threshold": None if breach.threshold is None else float(breach.threshold),
        "severity": one.severity,
        "date": breach.day.isoformat(),
        "parameter": breach.parameter,
        **_running(one, news),
    }


def _spike(one: Warned, news: GuardNews) -> dict[str, Any]:
    return {
        "feature": None if one.feature is None else short_name(one.feature),
        "what": "cost",
        "cost_usd": usd(one.cost),
        "usual_usd": usd(one.usual_cost),
        "times": None if one.times is None else float(one.times),
        "since": one.since and one.since.isoformat(),
        "severity": one.severity,
        "date": news.running.day.date.isoformat(),
        **_running(one, news),
    }


def _running(one: Warned, news: GuardNews) -> dict[str, Any]:
    return {
        "text": what_happened(one, news),
        "owner": short_name(news.owner(one)),
        "last_hour_usd": usd(one.last_hour),
        "pace_usd": usd(one.pace),
        "causes": causes(one),
        "top_requests": [
            {
                "trace_id": request.trace_id,
                "root_name": short_name(request.root_name),
                "calls": request.calls,
                "cost_usd": usd(request.cost),
                "url": request.url,
            }
            for request in costliest(news.running.figures, one.feature)
        ],
    }
