from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from spend_report.errors import EventError
from spend_report.events.report_event import ReportRequest, parse

UTC, BERLIN, NEW_YORK = map(ZoneInfo, ("UTC", "Europe/Berlin", "America/New_York"))
DAY_19, DAY_20, DAY_21 = (date(2026, 11, day) for day in (19, 20, 21))


def read(event: Any, timezone: ZoneInfo = UTC) -> ReportRequest:
    """The request, where a scheduled run restates one day and catches up seven."""
    request = parse(event, timezone, restate_days=1, catch_up_days=7)
    assert isinstance(request, ReportRequest)
    return request


@pytest.mark.parametrize(
    ("time", "timezone", "expected"),
    [
        ("2026-11-22T06:00:00Z", UTC, DAY_21),
        ("2026-11-22T00:00:00Z", UTC, DAY_21),
        ("2026-11-21T23:59:59Z", UTC, DAY_20),
        # Half past midnight in Berlin, and still the evening before in New York.
        ("2026-11-21T23:30:00Z", BERLIN, DAY_21),
        ("2026-11-22T04:30:00Z", NEW_YORK, DAY_20),
        ("2026-11-22T06:00:00+02:00", UTC, DAY_21),
    ],
)
def test_schedule(time: str, timezone: ZoneInfo, expected: date) -> None:
    """The schedule's event asks for the calendar day before its instant, in the timezone."""
    request = parse({"scheduled_time": time}, timezone, restate_days=0, catch_up_days=0)

    assert request == ReportRequest((expected,), scheduled=True, at=datetime.fromisoformat(time))


def test_days_before() -> None:
    """The schedule's event restates and catches up days before its day, the oldest first."""
    request = parse(
        {"scheduled_time": "2026-11-22T06:00:00Z"}, UTC, restate_days=1, catch_up_days=2
    )

    assert request == ReportRequest(
        (DAY_21,),
        restate=(DAY_20,),
        catch_up=(DAY_19, DAY_20),
        scheduled=True,
        at=datetime(2026, 11, 22, 6, tzinfo=UTC),
    )


def test_eventbridge() -> None:
    """A Scheduled Event of EventBridge is the same; its further keys do not matter."""
    event = {"detail-type": "Scheduled Event", "time": "2026-11-22T06:00:00Z", "account": "1"}

    assert read(event) == read({"scheduled_time": "2026-11-22T06:00:00Z"})


def test_one_day() -> None:
    """A date asks for that day alone, loud or silent."""
    assert read({"date": "2026-11-20"}, BERLIN) == ReportRequest((DAY_20,))
    assert read({"date": "2026-11-20", "notify": False}) == ReportRequest((DAY_20,), notify=False)


def test_accept_less() -> None:
    """A date and a range may replace a report even by less."""
    less = {"accept_less": True}

    assert read({"date": "2026-11-20", **less}) == ReportRequest((DAY_20,), accept_less=True)
    assert read({"start_date": "2026-11-20", "end_date": "2026-11-21", **less}) == ReportRequest(
        (DAY_20, DAY_21), accept_less=True
    )


def test_range() -> None:
    """A range asks for each day, both ends included, the oldest first, and none before."""
    request = read({"start_date": "2026-11-19", "end_date": "2026-11-21"})

    assert request == ReportRequest((DAY_19, DAY_20, DAY_21))


def test_range_of_one_day() -> None:
    """A range may begin and end on the same day."""
    event = {"start_date": "2026-11-20", "end_date": "2026-11-20", "notify": False}

    assert read(event) == ReportRequest((DAY_20,), notify=False)


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({}, "scheduled_time"),
        ({"scheduled_time": "2026-11-22T06:00:00"}, "scheduled_time"),
        ({"scheduled_time": "<aws.scheduler.scheduled-time>"}, "scheduled_time"),
        ({"scheduled_time": "2026-11-22T06:00:00Z", "notify": False}, "notify"),
        ({"scheduled_time": "2026-11-22T06:00:00Z", "accept_less": True}, "accept_less"),
        ({"date": "20.11.2026"}, "date"),
        ({"date": 20261120}, "date"),
        ({"date": "2026-11-31"}, "date"),
        ({"date": "2026-11-20", "dry_run": True}, "dry_run"),
        ({"date": "2026-11-20", "notify": "no"}, "notify"),
        ({"date": "2026-11-20", "accept_less": 1}, "accept_less"),
        ({"date": "2026-11-20", "end_date": "2026-11-21"}, "end_date"),
        ({"start_date": "2026-11-20"}, "end_date"),
        ({"end_date": "2026-11-20"}, "start_date"),
        ({"start_date": "2026-11-21", "end_date": "2026-11-20"}, "end_date"),
        ({"detail-type": "Scheduled Event"}, "scheduled_time"),
        ({"Records": []}, "Records"),
        ([], "no JSON object"),
        (None, "no JSON object"),
    ],
)
def test_refused(event: Any, named: str) -> None:
    """Anything else is refused, naming the key and what was expected."""
    with pytest.raises(EventError, match=named) as refused:
        read(event)

    assert '{"date": "2026-11-20"}' in str(refused.value)
