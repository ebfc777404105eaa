"""One message for all readers: a subject, a text, JSON, and what subscriptions filter on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from spend_report.domain.basics.wording import (
    ascii_only,
    dollars,
    dollars_of,
    share,
    short_day,
    things,
)
from spend_report.domain.judgement.breaches import Breach, Period, Severity
from spend_report.domain.messages.email_text import email_text
from spend_report.domain.messages.machine_json import KIND, machine_json, short_name
from spend_report.domain.messages.news import DayAlerts, alerts_of, notices_of, severity_of

SUBJECT_WIDTH = 99
_FEATURES_BYTES = 20 * 1024


@dataclass(frozen=True, slots=True)
class Message:
    """What is published. `data` is JSON for machines, `text` for people.

    `attributes` are text or lists of text, for filter policies.
    """

    subject: str
    text: str
    data: str
    attributes: Mapping[str, str | Sequence[str]]


def compose(news: Sequence[DayAlerts]) -> Message:
    """The message about the breaches and notices of `news`, of which there is at least one."""
    features = [
        breach.feature for day in news for breach in day.breaches if breach.feature is not None
    ]
    features += [name for day in news for notice in day.notices for name in notice.features]
    return Message(
        subject=_subject(news),
        text=email_text(news),
        data=machine_json(news),
        attributes=attributes(
            KIND, severity_of(news), max(day.day for day in news), dict.fromkeys(features)
        ),
    )


def attributes(
    kind: str, severity: str, day: date, features: Iterable[str]
) -> dict[str, str | Sequence[str]]:
    """What filter policies see. Very long names are shortened and very many are left out."""
    kept: list[str] = []
    room = _FEATURES_BYTES
    for feature in features:
        name = "".join(char if char.isprintable() else " " for char in short_name(feature))
        room -= len(json.dumps(name)) + 2
        if room < 0:
            break
        kept.append(name)
    return {"kind": kind, "severity": severity, "date": day.isoformat(), "features": kept}


def _subject(news: Sequence[DayAlerts]) -> str:
    alerts, notices = alerts_of(news), notices_of(news)
    if alerts:
        lead = alerts[0].breach
        rest = [alert.breach for alert in alerts[1:]]
        over = sum(breach.severity is Severity.CRITICAL for breach in rest)
        warnings = len(rest) - over
        told = f"LLM spend {short_day(lead.day)}: {_breach(lead)}"
        others = [
            f"{over:,} more over budget" if over else "",
            things(warnings, "warning") if warnings else "",
            things(len(notices), "notice") if notices else "",
        ]
    else:
        told = f"LLM spend {short_day(notices[0].day)}: {notices[0].subject}"
        others = [things(len(notices) - 1, "more notice") if notices[1:] else ""]
    subject = ", ".join([told, *(other for other in others if other)])
    return ascii_only(subject, SUBJECT_WIDTH)


def _breach(breach: Breach) -> str:
    whose = "total" if breach.feature is None else ascii_only(breach.feature)
    spent, budget = dollars_of(breach.spent, breach.budget)
    when = {Period.DAILY: "", Period.WEEKLY: " this week", Period.MONTHLY: " this month"}[
        breach.period
    ]
    if breach.threshold is None and breach.forecast:
        return f"{whose} heading for {dollars(breach.forecast.projected)} of {budget}{when}"
    if breach.over > 0:
        return f"{whose} {spent} of {budget}{when}"
    return f"{whose} {spent} of {budget}{when} ({share(breach.spent / breach.budget)})"
