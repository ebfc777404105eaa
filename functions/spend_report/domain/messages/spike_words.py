"""Spikes in words: in a sentence, in a few words, and with the budget that would watch them."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from decimal import ROUND_UP, Decimal
from fractions import Fraction
from typing import Protocol

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.places import Places
from spend_report.domain.basics.wording import count, dollars, plain, short_day, weekday
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.judgement.spend_series import Measure
from spend_report.domain.judgement.spikes import Spike
from spend_report.domain.judgement.usual_by_weekday import Rule

_TWICE = 2
_CENT = Decimal("0.01")
_MEASURED: dict[str, str] = {Measure.CALLS: "calls", Measure.COST_PER_CALL: "cost of a call"}


class Unusual(Protocol):
    """What is far above its usual: a day's spike, one of a past day, or a day that still runs."""

    @property
    def feature(self) -> str | None:
        """Of what; None is all together."""
        ...

    @property
    def what(self) -> str:
        """What is far above its usual, a `Measure` or what a newer record has."""
        ...

    @property
    def cost(self) -> Decimal:
        """US dollars."""
        ...

    @property
    def usual_cost(self) -> Decimal:
        """The same as it usually is."""
        ...

    @property
    def times(self) -> Decimal | None:
        """How many times its usual it is; None where that is next to nothing."""
        ...


class SpikeWords(Struct, frozen=True):
    """A spike in a sentence.

    `add` is the line that sets a budget, and `where` the parameter that it belongs into; both are
    empty where there is a budget.
    """

    spike: Spike
    sentence: str
    add: str = ""
    where: str = ""

    @property
    def key(self) -> str:
        """What it is remembered by."""
        return self.spike.key


def spikes_in_words(
    spikes: Sequence[Spike], *, budgets: Budgets, timezone: tzinfo, where: Places
) -> list[SpikeWords]:
    """What is to be said of `spikes`; not of the total where it is its features' own spikes."""
    of_features = sum((spike.excess for spike in spikes if spike.feature is not None), ZERO)
    found = []
    for spike in spikes:
        if spike.feature is None and _TWICE * of_features >= spike.excess:
            continue
        budget = budgets.total if spike.feature is None else budgets.of(spike.feature)
        watched = budget is not None
        sentence = spike_sentence(spike, watched=watched, timezone=timezone)
        add = ("", "") if watched else (_budget_line(spike), where.to_add("budgets"))
        found.append(SpikeWords(spike, sentence, *add))
    return found


def _budget_line(spike: Spike) -> str:
    """A daily budget of twice the usual, as the line of a budget document."""
    daily = max((_TWICE * spike.usual_cost).quantize(_CENT, ROUND_UP), _CENT)
    if spike.feature is None:
        return f'"total": {{"daily": {daily:f}}}'
    return f'"features": {{{json.dumps(spike.feature)}: {{"daily": {daily:f}}}}}'


def without_alert(found: Iterable[SpikeWords], features: Iterable[str | None]) -> list[SpikeWords]:
    """Those of `found` whose feature is not among `features`."""
    told = set(features)
    return [one for one in found if one.spike.feature not in told]


def spike_sentence(spike: Spike, *, watched: bool, timezone: tzinfo) -> str:
    """What happened: how much, how much usually, since when, and whether a budget is set for it.

    Hours are told in `timezone`.
    """
    told = f"{_what(spike)}, {_against_usual(spike)}"
    if spike.what is not Measure.COST:
        told += f" ({dollars(spike.cost)} in all, usually {dollars(spike.usual_cost)})"
    if spike.level_since:
        told += f": a new level since {short_day(spike.level_since)}"
    elif spike.since:
        told += f", since {_hour(spike.since, spike.day, timezone)}"
    if not watched:
        told += f"; no budget watches {'them' if spike.feature is None else 'it'}"
    return f"{told}."


def _hour(since: datetime, day: date, timezone: tzinfo) -> str:
    """The hour on the clock; the day's first one may begin before the day does."""
    local = since.astimezone(timezone)
    return f"{local:%H:%M}" if local.date() == day else "00:00"


def _what(spike: Spike) -> str:
    name = "All features together" if spike.feature is None else plain(spike.feature)
    value = _amount(spike, spike.value)
    match spike.what:
        case Measure.COST:
            return f"{name} cost {value}"
        case Measure.CALLS:
            return f"{name} made {value} calls"
        case Measure.COST_PER_CALL:
            return f"{name} cost {value} a call"


def _against_usual(spike: Spike) -> str:
    usually = _amount(spike, spike.usual)
    for_day = "" if spike.rule is Rule.WEEK else f" for a {weekday(spike.day)}"
    whose = "their" if spike.feature is None else "its"
    if spike.times is None:
        return f"far above {whose} usual {usually}{for_day}"
    return f"{spike.times:f} times {whose} usual {usually}{for_day}"


def _amount(spike: Spike, value: Decimal) -> str:
    return count(Fraction(value)) if spike.what is Measure.CALLS else dollars(value)


def in_short(one: Unusual, owner: str = "") -> str:
    """A spike in a few words, for a line or a subject, with the owner if one is given.

    `rag-search (search) $41.20, 6.3 times the usual $6.50`
    """
    whose = "total" if one.feature is None else plain(one.feature)
    told = f"{whose}{owner and f' ({plain(owner)})'} {dollars(one.cost)}, "
    told += "far above the usual" if one.times is None else f"{one.times:f} times the usual"
    usual = dollars(one.usual_cost)
    measured = _MEASURED.get(one.what)
    return f"{told} {measured} (usually {usual})" if measured else f"{told} {usual}"
