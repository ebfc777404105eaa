"""The alerts for a chat room, one message for each feature.

Amazon Q Developer in chat applications (Slack, Microsoft Teams) shows only its own schema and
drops anything else without a word:
https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

from msgspec import Struct

from spend_report.domain.basics.links import Links
from spend_report.domain.basics.wording import (
    dollars,
    plain,
    short_day,
    things,
    upper_first,
)
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.messages.actions import (
    costliest,
    is_reachable,
    owner_line,
    owner_to_add,
    spike_to_do,
    to_do,
)
from spend_report.domain.messages.news import (
    Alert,
    DayAlerts,
    Item,
    SpikeAlert,
    alerts_of,
    newest_told,
    notices_of,
    spike_alerts_of,
)
from spend_report.domain.messages.reasons import explanation, spike_reasons
from spend_report.domain.messages.sentences import holes, sentence, to_know
from spend_report.domain.notices.notices import Notice

MOST_MESSAGES = 10
_TITLE_WIDTH = 200
_NOTICES_SHOWN = 10
_SIMPLE = re.compile(r"[A-Za-z0-9_.-]{1,64}")
# Slack reads <…> as a link or a mention (`<!channel>`), and the others as formatting.
_HARMLESS = str.maketrans("<>*`~|", "()''-/")


class ChatMessage(Struct, frozen=True):
    """`body` is the JSON that Amazon Q Developer reads, one message of `thread`."""

    thread: str
    body: str


def chat_messages(news: Sequence[DayAlerts]) -> list[ChatMessage]:
    """A message for each feature with alerts, most urgent first, and one for the notices.

    The messages about a feature in a month make one thread. Beyond ten the rest is counted
    in the last.
    """
    messages = [
        *_about_features(alerts_of(news)),
        *_about_spikes(spike_alerts_of(news)),
        *_about_data(news, notices_of(news)),
    ]
    if len(messages) <= MOST_MESSAGES:
        return messages
    shown = MOST_MESSAGES - 1
    left_out = things(len(messages) - shown, "more subject")
    newest = newest_told(news)
    return [
        *messages[:shown],
        chat_message(
            thread=thread_of("more", newest.day),
            title=f"LLM spend {short_day(newest.day)}: {left_out} with alerts",
            description="The e-mail and the report list them all.",
            next_steps=_report(newest.links),
            keywords=["more"],
        ),
    ]


def _about_features(alerts: Sequence[Alert]) -> Iterator[ChatMessage]:
    by_feature: dict[str | None, list[Alert]] = {}
    for alert in alerts:
        by_feature.setdefault(alert.breach.feature, []).append(alert)
    for feature, own in by_feature.items():
        lead = own[0]
        whose = "total" if feature is None else safe(feature)
        lines = []
        for breach in (alert.breach for alert in own):
            lines.append(f"{breach.severity.upper()}: {sentence(breach)}")
            lines += [holes(breach)] if breach.missing else []
        if words := lead.on.spike(feature):
            lines.append(words.sentence)
        lines += [theirs] if (theirs := owner_line(lead)) else []
        lines += explanation(lead.breach, lead.on).lines
        # Each period's own: the month has days without a report that the week has not.
        known = [missing for alert in own if (missing := to_know(alert.breach, alert.on))]
        commands = dict.fromkeys(f"{missing.lead} {missing.line}" for missing in known)
        yield chat_message(
            thread=thread_of("total" if feature is None else f"feature-{feature}", lead.breach.day),
            title=_title(lead),
            description=safe_text("\n".join(lines)),
            next_steps=[
                safe_text(upper_first(to_do(lead.breach, lead.on))),
                *map(safe_text, commands),
                *requests_to_look_at(lead.on.figures, feature),
                *_owner_to_add([lead]),
                *_report(lead.on.links),
            ],
            keywords=[whose, lead.breach.severity],
        )


def _about_spikes(spike_alerts: Sequence[SpikeAlert]) -> Iterator[ChatMessage]:
    for spike_alert in spike_alerts:
        words, spike = spike_alert.words, spike_alert.words.spike
        lines = [
            f"{spike.severity.upper()}: {words.sentence}",
            *([theirs] if (theirs := owner_line(spike_alert)) else []),
            *spike_reasons(words, spike_alert.on),
        ]
        yield chat_message(
            thread=thread_of(
                "total" if spike.feature is None else f"feature-{spike.feature}", spike.day
            ),
            title=_title(spike_alert),
            description=safe_text("\n".join(lines)),
            next_steps=[
                safe_text(f"{spike_to_do(words, spike_alert.on)} {words.add}".strip()),
                *requests_to_look_at(spike_alert.on.figures, spike.feature),
                *_owner_to_add([spike_alert]),
                *_report(spike_alert.on.links),
            ],
            keywords=["total" if spike.feature is None else safe(spike.feature), spike.severity],
        )


def _title(item: Alert | SpikeAlert) -> str:
    """As the subject of the e-mail has it."""
    told = f"LLM spend {short_day(item.on.day)}: {item.in_short}, {item.severity.upper()}"
    return safe_text(told)


def requests_to_look_at(figures: DayFigures, feature: str | None) -> list[str]:
    """The costliest requests of `feature`, or of all, that a link leads to."""
    return [
        f"Look at the request {dollars(request.cost)} "
        f"{safe(request.root_name or request.trace_id)}: {request.url}"
        for request in costliest(figures, feature)
        if is_reachable(request.url)
    ]


def _owner_to_add(items: Sequence[Item]) -> list[str]:
    found = owner_to_add(items)
    return [safe_text(f"{found.lead} {found.line}")] if found else []


def _about_data(news: Sequence[DayAlerts], notices: Sequence[Notice]) -> Iterator[ChatMessage]:
    if not notices:
        return
    newest = newest_told(news)
    shown = notices[:_NOTICES_SHOWN]
    lines = [safe_text(notice.text) for notice in shown]
    if len(notices) > len(shown):
        lines.append(f"... and {things(len(notices) - len(shown), 'more notice')}")
    yield chat_message(
        thread=thread_of("data", newest.day),
        title=f"LLM spend {short_day(newest.day)}: {things(len(notices), 'notice')} about the data",
        description="\n".join(lines),
        next_steps=[
            *(f"Add the line: {safe_text(notice.add)}" for notice in shown if notice.add),
            *_report(newest.links),
        ],
        keywords=["data", "warning"],
    )


def _report(links: Links) -> list[str]:
    url = links.page_console or links.report_console
    return [f"Report: {url}"] if url else []


def chat_message(
    *, thread: str, title: str, description: str, next_steps: Sequence[str], keywords: Sequence[str]
) -> ChatMessage:
    """A message in the schema of custom notifications. All texts are `safe_text` already."""
    body: dict[str, Any] = {
        "version": "1.0",
        "source": "custom",
        "content": {
            "textType": "client-markdown",
            "title": title[:_TITLE_WIDTH],
            "description": description,
            "nextSteps": next_steps,
            "keywords": keywords,
        },
        "metadata": {
            "threadId": thread,
            "summary": title[:_TITLE_WIDTH],
            "eventType": "spend_alert",
        },
    }
    return ChatMessage(thread, json.dumps(body, ensure_ascii=False))


def thread_of(what: str, day: date) -> str:
    """The same for the same thing in the same month, and short whatever its name is."""
    simple = _SIMPLE.fullmatch(what)
    name = what if simple else hashlib.sha256(what.encode()).hexdigest()[:16]
    return f"{name}-{day:%Y-%m}"


def safe(name: str) -> str:
    """A stranger's name, short, on one line and harmless."""
    return safe_text(plain(name))


def safe_text(text: str) -> str:
    """`text` without what a chat would take for a link, a mention or formatting."""
    return text.translate(_HARMLESS)
