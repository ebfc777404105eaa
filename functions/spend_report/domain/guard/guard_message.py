"""What the guard sends: the day so far, for people and for machines."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from spend_report.domain.basics.money import usd
from spend_report.domain.basics.wording import (
    ascii_only,
    dollars,
    long_day,
    plain,
    short_day,
    signed_dollars,
    things,
)
from spend_report.domain.guard.running_day import RunningDay
from spend_report.domain.guard.warnings import SILENT_HOURS, Warned
from spend_report.domain.judgement.breaches import Breach, Severity
from spend_report.domain.messages.email_text import is_reachable
from spend_report.domain.messages.machine_json import KIND, short_name
from spend_report.domain.messages.sentences import costliest, sentence
from spend_report.domain.messages.sns_message import SUBJECT_WIDTH, Message, attributes

_MOST_TOLD = 5
_MOST_IN_JSON = 20
_CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class GuardNews:
    """What is told of a running day. `report` is where its report will lie."""

    running: RunningDay
    warned: Sequence[Warned]
    report: str
    config_path: str

    @property
    def severity(self) -> Severity:
        """Critical if one warning is."""
        critical = any(one.severity is Severity.CRITICAL for one in self.warned)
        return Severity.CRITICAL if critical else Severity.WARNING

    @property
    def clock(self) -> str:
        """The time of day in the report's timezone."""
        return f"{self.running.at.astimezone(self.running.zone):%H:%M}"


def compose_guard(news: GuardNews) -> Message:
    """The message about the warnings of `news`, at least one."""
    running = news.running
    lead, more = news.warned[0], len(news.warned) - 1
    subject = f"LLM spend {short_day(running.day.date)} at {news.clock}: {_in_short(lead)}"
    subject += f", {things(more, 'more warning')}" if more else ""
    features = [one.feature for one in news.warned if one.feature is not None]
    return Message(
        subject=ascii_only(subject, SUBJECT_WIDTH),
        text=_text(news),
        data=json.dumps(_data(news), separators=(",", ":")),
        attributes=attributes(KIND, news.severity, running.day.date, dict.fromkeys(features)),
    )


def what_happened(one: Warned, news: GuardNews) -> str:
    """A warning in a few sentences."""
    if one.silent_since is not None:
        since = one.silent_since.astimezone(news.running.zone)
        return (
            f"No LLM call since {since:%H:%M}: {SILENT_HOURS} hours in which there were calls on "
            "every day of the weeks before. Check that the application runs and traces to "
            "LangSmith."
        )
    if one.breach is not None:
        told = sentence(one.breach)
        if one.usual is not None:
            told += f" By this time of day it is usually {dollars(_decimal(one.usual.cost))}."
        return told
    verb, whose = ("have", "their") if one.feature is None else ("has", "its")
    usually = _decimal(one.usual.cost if one.usual else 0.0)
    times = f", {one.cost / usually:.1f} times {whose} usual" if usually >= _CENT else ", usually"
    told = f"{_who(one)} {verb} cost {dollars(one.cost)} by {news.clock}{times} {dollars(usually)}"
    told += " by then"
    return f"{told}." if one.watched else f"{told}; no budget watches {_it(one)}."


def rate(one: Warned) -> str:
    """How fast it goes on, and where it leads."""
    told = f"{dollars(one.last_hour)} in the last hour; at this pace the day comes to "
    told += dollars(one.pace)
    if one.usual_day is not None:
        told += f", where it usually comes to {dollars(_decimal(one.usual_day))}"
    return f"{told}."


def causes(one: Warned) -> list[str]:
    """The dollars above the usual by this hour: from more calls, and from costlier ones."""
    usual = one.usual
    if usual is None or not one.calls:
        return []
    change = float(one.cost) - usual.cost
    per_call = float(one.cost) / one.calls
    per_usual_call = usual.cost / usual.calls if usual.calls else per_call
    from_calls = (one.calls - usual.calls) * per_usual_call
    parts = {
        f"{signed_dollars(_decimal(from_calls))} from {one.calls:,} calls instead of "
        f"{usual.calls:,.0f}": from_calls,
        f"{signed_dollars(_decimal(change - from_calls))} from {dollars(_decimal(per_call))} a "
        f"call instead of {dollars(_decimal(per_usual_call))}": change - from_calls,
    }
    return [told for told, amount in parts.items() if abs(amount) >= float(_CENT)]


def _text(news: GuardNews) -> str:
    running, figures = news.running, news.running.figures
    spent = f"{dollars(figures.cost)} in {things(figures.calls, 'call')}"
    lines = [
        f"LLM spend on {long_day(running.day.date)} until {news.clock}: {spent}.",
        "The day is not over: this is what could not wait for its report.",
        "",
    ]
    for one in news.warned[:_MOST_TOLD]:
        lines += [f"[{one.severity.upper()}] {what_happened(one, news)}"]
        if one.silent_since is None:
            lines += [f"  {rate(one)}", *(f"  {cause}" for cause in causes(one))]
            lines += _requests(one, news)
            lines += _to_do(one, news)
        lines.append("")
    if more := len(news.warned) - _MOST_TOLD:
        lines += [f"... and {things(more, 'more warning')}, not shown here"] * (more > 0)
    return "\n".join(lines).rstrip("\n") + "\n"


def _requests(one: Warned, news: GuardNews) -> list[str]:
    found = costliest(news.running.figures, one.feature)
    lines = ["  Costliest requests so far:"] if found else []
    for request in found:
        name = plain(request.root_name or request.trace_id)
        lines.append(f"    {dollars(request.cost)} {name}, {things(request.calls, 'call')}")
        lines += [f"    {request.url}"] if is_reachable(request.url) else []
    return lines


def _to_do(one: Warned, news: GuardNews) -> list[str]:
    if one.watched:
        return []
    daily = max(2 * _decimal(one.usual_day or 0.0), _CENT).quantize(_CENT)
    line = f'{{"daily": {daily:f}}}'
    whose = f'"total": {line}'
    if one.feature is not None:
        whose = f'"features": {{{json.dumps(one.feature)}: {line}}}'
    return [
        f"  To set a budget, add to a parameter below {news.config_path}/budgets/:",
        f"  {whose}",
    ]


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
    usual = _decimal(one.usual.cost if one.usual else 0.0)
    return {
        "feature": None if one.feature is None else short_name(one.feature),
        "what": "cost",
        "cost_usd": usd(one.cost),
        "usual_usd": usd(usual),
        "times": round(float(one.cost / usual), 1) if usual >= _CENT else None,
        "since": None,
        "severity": one.severity,
        "date": news.running.day.date.isoformat(),
        **_running(one, news),
    }


def _running(one: Warned, news: GuardNews) -> dict[str, Any]:
    return {
        "text": what_happened(one, news),
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


def _in_short(one: Warned) -> str:
    if one.silent_since is not None:
        return "no LLM call for three hours"
    whose = "total" if one.feature is None else ascii_only(one.feature)
    if one.breach is not None:
        return f"{whose} {dollars(one.breach.spent)} of {dollars(one.breach.budget)} already"
    usual = _decimal(one.usual.cost if one.usual else 0.0)
    return f"{whose} {dollars(one.cost)}, usually {dollars(usual)} by then"


def _who(one: Warned) -> str:
    return "All features together" if one.feature is None else plain(one.feature)


def _it(one: Warned) -> str:
    return "them" if one.feature is None else "it"


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(Decimal("0.000001"))
