"""One message for all readers: a subject, a text, JSON, and what subscriptions filter on."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from msgspec import Struct

from spend_report.domain.basics.wording import (
    ascii_only,
    short_day,
    things,
)
from spend_report.domain.judgement.breaches import Severity
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
    larger_budget,
    newest_told,
    severity_of,
)

SUBJECT_WIDTH = 99
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
    """The most urgent in a few words, and the budget that more dollars are above, if both fit."""
    lead, *rest = items_of(news)
    urgency = "NOTICE" if isinstance(lead, Remark) else lead.severity.upper()
    told = f"LLM spend {short_day(lead.on.day)}: {lead.in_short}, {urgency}"
    if larger := larger_budget([lead, *rest]):
        left = [item for item in rest if item is not larger]
        both = ascii_only(_counted(f"{told}; {larger.in_short}", lead, left), 2 * SUBJECT_WIDTH)
        if len(both) <= SUBJECT_WIDTH:
            return both
    return ascii_only(_counted(told, lead, rest), SUBJECT_WIDTH)


def _counted(told: str, lead: Item, others: Sequence[Item]) -> str:
    """What is `told`, and how many others there are of each kind."""
    over = sum(item.severity is Severity.CRITICAL and isinstance(item, Alert) for item in others)
    notices = sum(isinstance(item, Remark) for item in others)
    spikes = sum(isinstance(item, SpikeAlert) for item in others)
    warnings = len(others) - over - notices - spikes
    more = "more " if isinstance(lead, Remark) else ""
    counts = [
        f"{over:,} more over budget" if over else "",
        things(warnings, "warning") if warnings else "",
        things(spikes, "more spike" if isinstance(lead, SpikeAlert) else "spike") if spikes else "",
        things(notices, f"{more}notice") if notices else "",
    ]
    return ", ".join([told, *(count for count in counts if count)])
