"""What the hours of the days before came to, and the hour in which a spike began.

Hours are UTC instants, so that the records of days in another timezone tell the same of them;
the part that an hour has in each of two neighbouring days adds up.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import fmean
from typing import NamedTuple

from msgspec import Struct

from spend_report.domain.figures.hours import Hours
from spend_report.domain.record.history import PastDay

_HOUR, _DAY, _WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_DAYS_BEFORE = [_DAY * back for back in range(1, 8)]
_WEEKS_BEFORE = [_WEEK * back for back in range(1, 5)]


class Spent(NamedTuple):
    """Calls and US dollars of an hour, or of several."""

    calls: float = 0
    cost: float = 0

    def plus(self, calls: float, cost: float) -> "Spent":
        """With so much more."""
        return Spent(self.calls + calls, self.cost + cost)


_NOTHING = Spent()


class HoursBefore(Struct, frozen=True):
    """The hours of the days before: of some features, or of all together (None).

    `known` are those hours that are reported, whether there were calls in them or not.
    """

    known: frozenset[datetime]
    spent: Mapping[str | None, Mapping[datetime, Spent]]

    @classmethod
    def of(cls, days: Sequence[PastDay], features: Collection[str | None]) -> "HoursBefore":
        """The hours of `features` on `days`."""
        known: set[datetime] = set()
        spent: dict[str | None, dict[datetime, Spent]] = {feature: {} for feature in features}
        for day in days:
            if day.hours and day.end:
                known.update(day.hours.starts(-((day.hours.first - day.end) // _HOUR)))
            _take(day, spent)
        return cls(frozenset(known), spent)

    def at(self, feature: str | None, hour: datetime) -> Spent | None:
        """What the hour that begins at `hour` came to; None where it is not known."""
        return self.spent[feature].get(hour, _NOTHING) if hour in self.known else None

    def usual(self, feature: str | None, hour: datetime) -> Spent | None:
        """The mean of the same hour on the same weekdays, else on the seven days before."""
        for backs in (_WEEKS_BEFORE, _DAYS_BEFORE):
            found = [own for back in backs if (own := self.at(feature, hour - back)) is not None]
            if len(found) > 1:
                return Spent(fmean(own.calls for own in found), fmean(own.cost for own in found))
        return None


def _take(day: PastDay, spent: Mapping[str | None, dict[datetime, Spent]]) -> None:
    for feature, hours in day.hours.features() if day.hours else ():
        for sums in [spent[whose] for whose in (feature, None) if whose in spent]:
            rows = zip(hours.calls, hours.cost_usd, strict=False)
            for start, (calls, cost) in zip(
                day.hours.starts(len(hours.calls)) if day.hours else (), rows, strict=False
            ):
                sums[start] = sums.get(start, _NOTHING).plus(calls, float(cost))


def first_hours_above(
    hours: Hours, past: Sequence[PastDay], in_calls: Mapping[str | None, bool]
) -> dict[str | None, datetime]:
    """The hours from which the features of `in_calls` ran above their usual, where they are known.

    `in_calls` says of each whether that is about its calls, or about its US dollars.
    """
    if not in_calls:
        return {}
    before = HoursBefore.of(past, in_calls.keys())
    found = {
        feature: first_hour_above(hours, before, feature, in_calls=calls)
        for feature, calls in in_calls.items()
    }
    return {feature: hour for feature, hour in found.items() if hour is not None}


def first_hour_above(
    hours: Hours, before: HoursBefore, feature: str | None, *, in_calls: bool
) -> datetime | None:
    """The first hour with its even share of what the day is above the usual."""
    excess: dict[datetime, float] = {}
    for hour, own in by_hour(hours, feature).items():
        usual = before.usual(feature, hour)
        if usual is None:
            return None
        excess[hour] = own.calls - usual.calls if in_calls else own.cost - usual.cost
    least = fmean(excess.values()) if excess else 0.0
    return next((hour for hour, above in excess.items() if above >= least > 0), None)


def by_hour(hours: Hours, feature: str | None) -> dict[datetime, Spent]:
    """The hours of a day: of `feature`, or of all together."""
    rows = [row for name, row in hours.features.items() if feature in {None, name}]
    return {
        start: Spent(sum(row[at].calls for row in rows), float(sum(row[at].cost for row in rows)))
        for at, start in enumerate(hours.starts)
    }
