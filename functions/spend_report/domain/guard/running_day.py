"""What a day has come to by an instant, and what days usually come to by the same time of day."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from statistics import median
from zoneinfo import ZoneInfo

from msgspec import Struct

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.hours_before import (
    HoursBefore,
    Spent,
    by_hour,
    first_hours_above,
)
from spend_report.domain.record.history import History, PastDay

HOUR = timedelta(hours=1)
_WEEK_DAYS = 7
_MEMORY_DAYS = 28
_LEAST_SAME_WEEKDAYS = 2
_PLACES = Decimal("0.000001")


class RunningDay(Struct, frozen=True):
    """A day up to `at`, and the days before. `day` is the whole of it, `zone` its timezone."""

    day: ReportDay
    at: datetime
    zone: ZoneInfo
    figures: DayFigures
    history: History

    def spent(self, feature: str | None) -> tuple[int, Decimal]:
        """Calls and US dollars so far, of `feature` or of all together."""
        if feature is None:
            return self.figures.calls, self.figures.cost
        row = self.figures.feature(feature)
        return (row.calls, row.cost) if row else (0, Decimal(0))

    def last_hour(self, feature: str | None) -> Decimal:
        """US dollars in the hour before `at`; of the hour in which it began, its share."""
        spent = 0.0
        for start, own in by_hour(self.figures.hours, feature).items():
            length = min(start + HOUR, self.at) - start
            inside = min(start + HOUR, self.at) - max(start, self.at - HOUR)
            if length > timedelta(0) and inside > timedelta(0):
                spent += own.cost * (inside / length)
        return Decimal(repr(spent)).quantize(_PLACES)

    def pace(self, feature: str | None) -> Decimal:
        """What the day comes to if every hour to come costs what the last one did."""
        hours_left = Decimal(repr((self.day.end - self.at) / HOUR))
        return self.spent(feature)[1] + (self.last_hour(feature) * hours_left).quantize(_PLACES)

    def usually(self, features: Collection[str | None]) -> Mapping[str | None, Spent | None]:
        """What each of `features` usually comes to by this time; None where that is not known.

        By an hour later, to be exact: what begins an hour early, or by another clock than
        the day's, is not unusual.
        """
        before = self._before(features)
        spans = {day: self._same_span(day) for day in self._days()}
        return {feature: self._typical(before, feature, spans) for feature in features}

    def since(self, features: Collection[str | None]) -> Mapping[str | None, datetime]:
        """The hours from which `features` ran above their usual, where that is known."""
        in_calls = dict.fromkeys(features, False)
        return first_hours_above(self.figures.hours, self._past(), in_calls)

    def silent_hours(self, count: int) -> Sequence[datetime]:
        """The last `count` whole hours, if there were calls in them on all days before but not now.

        At least a week must be known, and the hours must be the day's own.
        """
        last = self.at.replace(minute=0, second=0, microsecond=0)
        hours = [last - number * HOUR for number in range(count, 0, -1)]
        now = by_hour(self.figures.hours, None)
        if hours[0] < self.day.start or any(own.calls for at, own in now.items() if at >= hours[0]):
            return []
        before = self._before([None])
        known = 0
        for day in self._days():
            back = self.at - self._same_time(day)
            found = [before.at(None, _whole(hour - back)) for hour in hours]
            if any(own is None for own in found):
                continue
            known += 1
            if not all(own and own.calls for own in found):
                return []
        return hours if known >= _WEEK_DAYS else []

    def _before(self, features: Collection[str | None]) -> HoursBefore:
        return HoursBefore.of(self._past(), features)

    def _past(self) -> Sequence[PastDay]:
        # The day before the first may have a part of its hours.
        dates = [self.day.date - timedelta(back) for back in range(_MEMORY_DAYS + 1, 0, -1)]
        return self.history.reported(dates)

    def _days(self) -> list[date]:
        """The days before, the newest first."""
        return [self.day.date - timedelta(back) for back in range(1, _MEMORY_DAYS + 1)]

    def _same_time(self, day: date) -> datetime:
        """The instant of `day` at which its clock shows what it shows now."""
        return datetime.combine(day, self.at.astimezone(self.zone).time(), self.zone)

    def _same_span(self, day: date) -> tuple[datetime, datetime]:
        start = ReportDay.of(day, self.zone).start
        end = self._same_time(day).astimezone(self.at.tzinfo) + HOUR
        return start, min(end, ReportDay.of(day, self.zone).end)

    def _typical(
        self,
        before: HoursBefore,
        feature: str | None,
        spans: Mapping[date, tuple[datetime, datetime]],
    ) -> Spent | None:
        """The median of the same weekdays; of the last week, but not below those, if they are few.

        So a second Sunday's batch is measured by the first one's.
        """
        sums = {
            day: spent
            for day, (start, end) in spans.items()
            if (spent := _sum(before, feature, start, end)) is not None
        }
        if len(sums) < _WEEK_DAYS:
            return None
        same = [own for day, own in sums.items() if day.weekday() == self.day.date.weekday()]
        if len(same) >= _LEAST_SAME_WEEKDAYS:
            return _median(same)
        week = _median(list(sums.values())[:_WEEK_DAYS])
        return max([week, *same], key=lambda own: own.cost)


def _sum(before: HoursBefore, feature: str | None, start: datetime, end: datetime) -> Spent | None:
    """What a span came to, of its first and last hour the part inside; None if not all is known."""
    total = Spent()
    hour = _whole(start)
    while hour < end:
        own = before.at(feature, hour)
        if own is None:
            return None
        inside = (min(hour + HOUR, end) - max(hour, start)) / HOUR
        total = total.plus(own.calls * inside, own.cost * inside)
        hour += HOUR
    return total


def _whole(instant: datetime) -> datetime:
    return instant.replace(minute=0, second=0, microsecond=0)


def _median(spent: Sequence[Spent]) -> Spent:
    return Spent(median(own.calls for own in spent), median(own.cost for own in spent))
