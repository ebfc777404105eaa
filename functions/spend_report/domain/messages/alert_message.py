"""One message for all readers: a subject, a text, JSON, and what subscriptions filter on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from spend_report.domain.basics.wording import (
    ascii_only,
    dollars,
    dollars_of,
    share,
    short_day,
    things,
)
from spend_report.domain.judgement.breaches import Breach, Period, Severity
from spend_report.domain.messages.actions import owners_of
from spend_report.domain.messages.email_text import email_text
from spend_report.domain.messages.machine_json import KIND, machine_json, short_name
from spend_report.domain.messages.news import (
    Alert,
    DayAlerts,
    Item,
    Remark,
    SpikeAlert,
    features_of,
    items_of,
    newest_told,
    severity_of,
)
from spend_report.domain.messages.spike_reasons import in_short

SUBJECT_WIDTH = 99
_NAME_WIDTH = 30
_FEATURES_BYTES = 16 * 1024
_OWNERS_BYTES = 4 * 1024


class Message(Struct, frozen=True):
    """What is published. `data` is JSON for machines, `text` for people.

    `attributes` are text or lists of text, for filter policies.
    """

    subject: str
    text: str
    data: str
    attributes: Mapping[str, str | Sequence[str]]


def compose(news: Sequence[DayAlerts]) -> Message:
    """The message about the breaches and notices of `news`, of which there is at least one."""
    items = items_of(news)
    return Message(
        subject=_subject(news),
        text=email_text(news),
        data=machine_json(news),
        attributes=attributes(
            KIND,
            severity_of(news),
            newest_told(news).day,
            features_of(items),
            owners_of(items),
        ),
    )


def attributes(
    kind: str,
    severity: str,
    day: date,
    features: Iterable[str] = (),
    owners: Iterable[str] = (),
) -> dict[str, str | Sequence[str]]:
    """What filter policies see. Very long names are shortened and very many are left out."""
    return {
        "kind": kind,
        "severity": severity,
        "date": day.isoformat(),
        "features": _names(features, _FEATURES_BYTES),
        "owners": _names(owners, _OWNERS_BYTES),
    }


def _names(names: Iterable[str], room: int) -> list[str]:
    kept: list[str] = []
    for each in names:
        name = "".join(char if char.isprintable() else " " for char in short_name(each))
        room -= len(json.dumps(name)) + 2
        if room < 0:
            break
        kept.append(name)
    return kept


def _subject(news: Sequence[DayAlerts]) -> str:
    lead, *rest = items_of(news)
    urgency = "NOTICE" if isinstance(lead, Remark) else lead.severity.upper()
    told = f"LLM spend {short_day(lead.on.day)}: {_in_short(lead)}, {urgency}"
    over = sum(item.severity is Severity.CRITICAL and isinstance(item, Alert) for item in rest)
    notices = sum(isinstance(item, Remark) for item in rest)
    spikes = sum(isinstance(item, SpikeAlert) for item in rest)
    warnings = len(rest) - over - notices - spikes
    more = "more " if isinstance(lead, Remark) else ""
    others = [
        f"{over:,} more over budget" if over else "",
        things(warnings, "warning") if warnings else "",
        things(spikes, "more spike" if isinstance(lead, SpikeAlert) else "spike") if spikes else "",
        things(notices, f"{more}notice") if notices else "",
    ]
    subject = ", ".join([told, *(other for other in others if other)])
    return ascii_only(subject, SUBJECT_WIDTH)


def _in_short(item: Item) -> str:
    match item:
        case Remark(notice):
            return notice.subject
        case SpikeAlert(outlier):
            return in_short(outlier.spike)
        case Alert(breach):
            return _breach(breach)


def _breach(breach: Breach) -> str:
    whose = "total" if breach.feature is None else ascii_only(breach.feature, _NAME_WIDTH)
    spent, budget = dollars_of(breach.spent, breach.budget)
    least = "at least " if breach.missing else ""
    when = {Period.DAILY: "", Period.WEEKLY: " this week", Period.MONTHLY: " this month"}[
        breach.period
    ]
    if breach.threshold is None and breach.forecast:
        return f"{whose} heading for {least}{dollars(breach.forecast.projected)} of {budget}{when}"
    if breach.over > 0:
        return f"{whose} {least}{spent} of {budget}{when}"
    return f"{whose} {least}{spent} of {budget}{when} ({share(breach.spent / breach.budget)})"
