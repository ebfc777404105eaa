"""Why a budget is exceeded, or a cost unusual: the change against the usual, and its parts."""

from collections.abc import Sequence

from msgspec import Struct

from spend_report.domain.basics.wording import (
    at_places,
    dollars,
    places_of,
    plain,
    short_day,
    things,
    upper_first,
)
from spend_report.domain.judgement.breaches import Breach, Period
from spend_report.domain.judgement.comparison import (
    comparison,
    drivers_of,
    has_baseline,
    is_of_the_day,
    parts_of,
    totals,
)
from spend_report.domain.judgement.driver_sentences import Cause, causes, causes_of_total
from spend_report.domain.messages.sentences import Day
from spend_report.domain.messages.spike_words import SpikeWords

_PARTS_SHOWN = 3


class Explanation(Struct, frozen=True):
    """Why a budget is exceeded: one `lead`, and the `parts` of what it says, if there are any.

    `day` is the one that it is about, where the budget is not a day's.
    """

    lead: str
    parts: Sequence[Cause] = ()
    day: str = ""

    @property
    def lines(self) -> list[str]:
        """It in lines, those of the parts two characters in."""
        if not self.lead:
            return []
        end = ":" if self.parts else "" if self.lead.endswith(".") else "."
        lead = f"{self.day}: {self.lead}" if self.day else upper_first(self.lead)
        return [f"{lead}{end}", *(f"  {part}" for part in self.parts)]


def explanation(breach: Breach, on: Day) -> Explanation:
    """The day's change against the usual, and its parts, or what a usual cost is made of."""
    drivers = drivers_of(breach, on.drivers)
    if not drivers:
        return Explanation(f"{_made_of(breach, on)} {_without_calls(breach, on)}".lstrip())
    now, before = totals(drivers)
    told = comparison(now, before, drivers[0].baseline, lasts=True)
    if not is_of_the_day(breach, on.drivers):
        made_of = _made_of(breach, on)
        return Explanation(made_of if has_baseline(drivers) else f"{made_of} {told}".lstrip())
    own = causes_of_total(drivers) if breach.feature is None else causes(drivers[0])
    day = "" if breach.period is Period.DAILY else short_day(breach.day)
    return Explanation(told, own, day)


def _without_calls(breach: Breach, on: Day) -> str:
    whose = "" if breach.feature is None else f" of {plain(breach.feature)}"
    return f"No calls{whose} on {short_day(on.figures.date)}; the cost is of the days before."


def _made_of(breach: Breach, on: Day) -> str:
    """The largest parts of a period's cost, which add up as they are shown."""
    parts = parts_of(breach, on.figures, on.history)
    places = places_of(breach.spent)
    shown = {name: at_places(parts[name], places) for name in list(parts)[:_PARTS_SHOWN]}
    told = [f"{plain(name)} {dollars(cost)}" for name, cost in shown.items()]
    if rest := parts.keys() - shown.keys():
        left = at_places(breach.spent, places) - sum(shown.values())
        kind = "feature" if breach.feature is None else "model"
        told.append(f"{things(len(rest), f'other {kind}')} {dollars(left)}")
    return f"Of the {dollars(breach.spent)}: {', '.join(told)}." if told else ""


def spike_reasons(words: SpikeWords, on: Day) -> list[str]:
    """The day's change against the days before in a line, and its parts two characters in."""
    feature = words.spike.feature
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


def change_of_day(on: Day) -> str:
    """The day's cost against the usual; empty where there is none."""
    if not has_baseline(on.drivers):
        return ""
    now, before = totals(on.drivers)
    return comparison(now, before, on.drivers[0].baseline, lasts=False)
