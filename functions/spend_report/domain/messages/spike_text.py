"""A spike as a sentence for people."""

from datetime import date, datetime, tzinfo
from decimal import Decimal
from fractions import Fraction

from spend_report.domain.basics.wording import count, dollars, plain, short_day, weekday
from spend_report.domain.judgement.spend_series import Measure
from spend_report.domain.judgement.spikes import Spike
from spend_report.domain.judgement.usual_by_weekday import Rule


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
