"""A warning of the guard in words: what happened, how fast it goes on, and why."""

import json
from collections.abc import Mapping, Sequence

from msgspec import Struct

from spend_report.domain.basics.places import Places, ToCopy
from spend_report.domain.basics.wording import dollars, plain, signed_dollars
from spend_report.domain.guard.running_day import RunningDay
from spend_report.domain.guard.what_cannot_wait import CENT, SILENT_HOURS, Warned, decimal_of
from spend_report.domain.judgement.breaches import Severity
from spend_report.domain.messages.actions import no_owner
from spend_report.domain.messages.sentences import in_short as breach_in_short
from spend_report.domain.messages.sentences import sentence
from spend_report.domain.messages.spike_words import in_short as spike_in_short


class GuardNews(Struct, frozen=True):
    """What is told of a running day.

    `report` is where its report will lie, and `where` where in the account something is set.
    `owners` maps a feature to who owns it, where that is known.
    """

    running: RunningDay
    warned: Sequence[Warned]
    report: str
    where: Places
    owners: Mapping[str, str]

    def owner(self, one: Warned) -> str:
        """Whose feature it is; empty for the total, and where nobody is named."""
        return "" if one.feature is None else self.owners.get(one.feature, "")

    def owner_to_add(self, warned: Sequence[Warned]) -> ToCopy | None:
        """How owners are named, where `warned` are about features that have none; else None."""
        features = dict.fromkeys(one.feature for one in warned if one.feature is not None)
        return no_owner(features, self.owners, self.where)

    @property
    def severity(self) -> Severity:
        """Critical if one warning is."""
        critical = any(one.severity is Severity.CRITICAL for one in self.warned)
        return Severity.CRITICAL if critical else Severity.WARNING

    @property
    def clock(self) -> str:
        """The time of day in the report's timezone."""
        return f"{self.running.at.astimezone(self.running.zone):%H:%M}"


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
            told += f" By this time of day it is usually {dollars(one.usual_cost)}."
        return told
    verb, whose = ("have", "their") if one.feature is None else ("has", "its")
    times = ", usually" if one.times is None else f", {one.times:f} times {whose} usual"
    usually = dollars(one.usual_cost)
    told = f"{_who(one)} {verb} cost {dollars(one.cost)} by {news.clock}{times} {usually}"
    told += " by then"
    if one.since is not None:
        told += f", since {one.since.astimezone(news.running.zone):%H:%M}"
    return f"{told}." if one.watched else f"{told}; no budget watches {_it(one)}."


def in_short(one: Warned) -> str:
    """The same in a few words, for a subject."""
    if one.silent_since is not None:
        return "no LLM call for three hours"
    if one.breach is not None:
        return f"{breach_in_short(one.breach)} already"
    return f"{spike_in_short(one)} by then"


def budget_to_set(one: Warned) -> str:
    """The line that sets a budget of twice the usual; empty where one watches it."""
    if one.watched:
        return ""
    daily = max(2 * decimal_of(one.usual_day or 0.0), CENT).quantize(CENT)
    line = f'{{"daily": {daily:f}}}'
    if one.feature is None:
        return f'"total": {line}'
    return f'"features": {{{json.dumps(one.feature)}: {line}}}'


def rate(one: Warned) -> str:
    """How fast it goes on, and where it leads."""
    told = f"{dollars(one.last_hour)} in the last hour; at this pace the day comes to "
    told += dollars(one.pace)
    if one.usual_day is not None:
        told += f", where it usually comes to {dollars(decimal_of(one.usual_day))}"
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
        f"{signed_dollars(decimal_of(from_calls))} from {one.calls:,} calls instead of "
        f"{usual.calls:,.0f}": from_calls,
        f"{signed_dollars(decimal_of(change - from_calls))} from {dollars(decimal_of(per_call))} a "
        f"call instead of {dollars(decimal_of(per_usual_call))}": change - from_calls,
    }
    return [told for told, amount in parts.items() if abs(amount) >= float(CENT)]


def _who(one: Warned) -> str:
    return "All features together" if one.feature is None else plain(one.feature)


def _it(one: Warned) -> str:
    return "them" if one.feature is None else "it"
