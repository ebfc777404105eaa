"""A spike of which no alert tells, in words: why, what to do, and in a line."""

from spend_report.domain.basics.wording import count, dollars, plain
from spend_report.domain.judgement.comparison import comparison, totals
from spend_report.domain.judgement.driver_sentences import causes, causes_of_total
from spend_report.domain.judgement.spend_series import Measure
from spend_report.domain.judgement.spikes import Spike
from spend_report.domain.messages.actions import action_on
from spend_report.domain.messages.sentences import Day
from spend_report.domain.messages.spike_items import Outlier

_OF = {Measure.COST: "", Measure.CALLS: " calls", Measure.COST_PER_CALL: " a call"}


def spike_reasons(outlier: Outlier, on: Day) -> list[str]:
    """The day's change against the days before in a line, and its parts two characters in."""
    feature = outlier.spike.feature
    drivers = [driver for driver in on.drivers if feature in {None, driver.feature}]
    if not drivers:
        return []
    now, before = totals(drivers)
    told = comparison(now, before, drivers[0].baseline, lasts=True)
    own = causes_of_total(drivers) if feature is None else causes(drivers[0])
    told = told[0].upper() + told[1:]
    return [
        f"{told}{':' if own else '' if told.endswith('.') else '.'}",
        *(f"  {cause}" for cause in own),
    ]


def spike_to_do(outlier: Outlier, on: Day) -> str:
    """What to find out, and where a budget can be set that watches it."""
    told = f"{action_on(outlier.spike.feature, on)}."
    if not outlier.add:
        return told
    return f"{told} To set a budget, add to a parameter below {outlier.where}:"


def in_short(spike: Spike) -> str:
    """A spike in a few words, for a line or a subject."""
    whose = "total" if spike.feature is None else plain(spike.feature)
    if spike.what is Measure.CALLS:
        value, usual = count(int(spike.value)), count(int(spike.usual))
    else:
        value, usual = dollars(spike.value), dollars(spike.usual)
    times = "far above" if spike.times is None else f"{spike.times:f} times"
    return f"{whose} {value}{_OF[spike.what]}, {times} the usual {usual}"
