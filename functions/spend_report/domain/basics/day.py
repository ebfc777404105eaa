"""The day of a report: a calendar day in the report's timezone."""

import datetime as dt
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from msgspec import Struct

_HOUR = timedelta(hours=1)


class ReportDay(Struct, frozen=True):
    """A calendar day and the half-open interval of instants that it covers.

    `start` and `end` are UTC instants with `start <= t < end`; where the clocks change they
    are 23 or 25 hours apart.
    """

    date: dt.date
    start: datetime
    end: datetime

    @property
    def hours(self) -> list[datetime]:
        """The UTC hours that the day touches, each by its first instant: 23 to 27 of them.

        The first and the last may be the neighbouring days' as well.
        """
        first = self.start.replace(minute=0, second=0, microsecond=0)
        count = ceil((self.end - first) / _HOUR)
        return [first + _HOUR * number for number in range(count)]

    @property
    def hours_by_clock(self) -> list[int]:
        """The place of an hour in `hours`, by 24 times its day of the month and its hour in UTC.

        A day is over long before one of these comes round again.
        """
        places = [0] * (32 * 24)
        for place, hour in enumerate(self.hours):
            places[hour.day * 24 + hour.hour] = place
        return places

    @classmethod
    def of(cls, day: dt.date, timezone: ZoneInfo) -> "ReportDay":
        """The report day `day` in `timezone`."""
        return cls(day, _midnight(day, timezone), _midnight(day + timedelta(days=1), timezone))


def _midnight(day: date, timezone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, timezone).astimezone(UTC)


def days_before(day: date, count: int) -> list[date]:
    """The `count` calendar days before `day`, oldest first."""
    return [day - timedelta(days=back) for back in range(count, 0, -1)]


def days_from(first: date, last: date) -> Iterator[date]:
    """Each day from `first` to `last`, both included."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)
