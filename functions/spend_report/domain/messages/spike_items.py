"""Spikes as there is something to say about them: in a sentence, and with what to do."""

import json
from collections.abc import Iterable, Sequence
from datetime import date, datetime, tzinfo
from decimal import ROUND_UP, Decimal
from fractions import Fraction

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.wording import count, dollars, plain, short_day, weekday
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.judgement.spend_series import Measure
from spend_report.domain.judgement.spikes import Spike
from spend_report.domain.judgement.usual_by_weekday import Rule

_TWICE = 2
_CENT = Decimal("0.01")


class Outlier(Struct, frozen=True):
    """A spike in a sentence. `add` is the line that sets a budget in a parameter below `where`.

    Both are empty where there is a budget.
    """

    spike: Spike
    sentence: str
    add: str = ""
    where: str = ""

    @property
    def key(self) -> str:
        """What it is remembered by."""
        return self.spike.key


def outliers(
    spikes: Sequence[Spike], *, budgets: Budgets, timezone: tzinfo, config_path: str
) -> list[Outlier]:
    """What is to be said of `spikes`; not of the total where it is its features' own spikes."""
    of_features = sum((spike.excess for spike in spikes if spike.feature is not None), ZERO)
    found = []
    for spike in spikes:
        if spike.feature is None and _TWICE * of_features >= spike.excess:
            continue
        budget = budgets.total if spike.feature is None else budgets.of(spike.feature)
        watched = budget is not None
        sentence = spike_sentence(spike, watched=watched, timezone=timezone)
        add, where = ("", "") if watched else (_budget_line(spike), f"{config_path}/budgets/")
        found.append(Outlier(spike, sentence, add, where))
    return found


def _budget_line(spike: Spike) -> str:
    """A daily budget of twice the usual, as the line of a budget document."""
    daily = max((_TWICE * spike.usual_cost).quantize(_CENT, ROUND_UP), _CENT)
    if spike.feature is None:
        return f'"total": {{"daily": {daily:f}}}'
    return f'"features": {{{json.dumps(spike.feature)}: {{"daily": {daily:f}}}}}'


def without_alert(found: Iterable[Outlier], features: Iterable[str | None]) -> list[Outlier]:
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
