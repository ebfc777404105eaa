"""What the guard posts to the chat: a message for each warning, in the thread of its feature."""

from spend_report.domain.basics.wording import short_day, things
from spend_report.domain.guard.guard_sentences import (
    GuardNews,
    budget_to_set,
    causes,
    in_short,
    rate,
    what_happened,
)
from spend_report.domain.guard.what_cannot_wait import Warned
from spend_report.domain.messages.chat import (
    MOST_MESSAGES,
    ChatMessage,
    chat_message,
    requests_to_look_at,
    safe,
    safe_text,
    thread_of,
)


def guard_chat_messages(news: GuardNews) -> list[ChatMessage]:
    """The most urgent first; beyond ten the rest is counted in the last."""
    if len(news.warned) <= MOST_MESSAGES:
        return [_message(one, news) for one in news.warned]
    shown = news.warned[: MOST_MESSAGES - 1]
    more = things(len(news.warned) - len(shown), "more warning")
    return [
        *(_message(one, news) for one in shown),
        chat_message(
            thread=thread_of("more", news.running.day.date),
            title=f"{_head(news)}: {more}",
            description="Machines get up to twenty; the report of the morning has them all.",
            next_steps=[],
            keywords=["more"],
        ),
    ]


def _message(one: Warned, news: GuardNews) -> ChatMessage:
    whose = "total" if one.feature is None else safe(one.feature)
    what = "total" if one.feature is None else f"feature-{one.feature}"
    lines = [f"{one.severity.upper()}: {what_happened(one, news)}"]
    steps: list[str] = []
    if one.silent_since is not None:
        whose = what = "data"
    else:
        lines += [f"owner: {safe(owner)}"] if (owner := news.owner(one)) else []
        lines += [rate(one), *causes(one)]
        steps += requests_to_look_at(news.running.figures, one.feature)
        if line := budget_to_set(one):
            where = news.where.to_add("budgets")
            steps.append(safe_text(f"To set a budget, add to {where}: {line}"))
        if nobody := news.owner_to_add([one]):
            steps.append(safe_text(f"{nobody.lead} {nobody.line}"))
    return chat_message(
        thread=thread_of(what, news.running.day.date),
        title=f"{_head(news)}: {safe_text(in_short(one))}, {one.severity.upper()}",
        description=safe_text("\n".join(lines)),
        next_steps=steps,
        keywords=[whose, one.severity],
    )


def _head(news: GuardNews) -> str:
    return f"LLM spend {short_day(news.running.day.date)} at {news.clock}"
