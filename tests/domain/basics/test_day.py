from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.basics.day import ReportDay, days_before, days_from

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("day", "timezone", "start", "hours"),
    [
        (date(2026, 11, 21), "UTC", datetime(2026, 11, 21, tzinfo=UTC), 24),
        (date(2026, 11, 21), "Asia/Kathmandu", datetime(2026, 11, 20, 18, 15, tzinfo=UTC), 24),
        (date(2026, 3, 29), "Europe/Berlin", datetime(2026, 3, 28, 23, tzinfo=UTC), 23),
        (date(2026, 10, 25), "Europe/Berlin", datetime(2026, 10, 24, 22, tzinfo=UTC), 25),
        (date(2026, 11, 1), "America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC), 25),
        # Lord Howe moves its clocks by half an hour.
        (date(2026, 4, 5), "Australia/Lord_Howe", datetime(2026, 4, 4, 13, tzinfo=UTC), 24.5),
        # In Havana the clocks go forward at midnight, so that the day begins at one o'clock.
        (date(2026, 3, 8), "America/Havana", datetime(2026, 3, 8, 5, tzinfo=UTC), 23),
    ],
)
def test_day(day: date, timezone: str, start: datetime, hours: float) -> None:
    """A day goes from its midnight to the next day's, however far apart these are."""
    found = ReportDay.of(day, ZoneInfo(timezone))

    assert (found.date, found.start) == (day, start)
    assert found.end - found.start == hours * HOUR


@given(
    st.dates(date(2020, 1, 1), date(2035, 1, 1)),
    st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Pacific/Apia", "Asia/Tehran"]),
)
def test_days_meet(day: date, timezone: str) -> None:
    """Each day ends where the next begins: no instant is in two days or in none."""
    today, tomorrow = (
        ReportDay.of(each, ZoneInfo(timezone)) for each in (day, day + timedelta(days=1))
    )

    assert today.end == tomorrow.start


def test_days_before() -> None:
    """The days before a day, the oldest first, across a month's end."""
    assert days_before(date(2026, 3, 2), 3) == [
        date(2026, 2, 27),
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]
    assert days_before(date(2026, 3, 2), 0) == []


def test_days_from() -> None:
    """Both ends are included; backwards there are none."""
    assert list(days_from(date(2026, 2, 28), date(2026, 3, 1))) == [
        date(2026, 2, 28),
        date(2026, 3, 1),
    ]
    assert list(days_from(date(2026, 3, 1), date(2026, 2, 28))) == []
