"""A table of cases: what LangSmith has of a day, what its record had, and what becomes of it."""

from copy import replace
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.judgement.completeness import (
    Completeness,
    Verdict,
    calendar_shift,
    completeness,
    is_future,
)
from spend_report.domain.record.history import History
from tests.days import past

DAY = ReportDay.of(date(2026, 11, 21), ZoneInfo("Europe/Berlin"))
AFTER, DURING = DAY.end, DAY.end - timedelta(microseconds=1)
WRITE, UNFINISHED, KEEP = Verdict.WRITE, Verdict.WRITE_UNFINISHED, Verdict.KEEP


@dataclass(frozen=True)
class Case:
    """`recorded` is what the record counts, `whole` whether its day was over then."""

    now: datetime
    recorded: int | None
    fetched: int
    verdict: Verdict
    if_less_is_accepted: Verdict
    whole: bool = True


CASES = {
    "first report": Case(AFTER, None, 100, WRITE, WRITE),
    "first report of nothing": Case(AFTER, None, 0, WRITE, WRITE),
    "as many": Case(AFTER, 100, 100, WRITE, WRITE),
    "more": Case(AFTER, 100, 5_000, WRITE, WRITE),
    "98 %": Case(AFTER, 100, 98, WRITE, WRITE),
    "less than 98 %": Case(AFTER, 100, 97, KEEP, WRITE),
    "one run of 49 less": Case(AFTER, 49, 48, KEEP, WRITE),
    "one run of 50 less": Case(AFTER, 50, 49, WRITE, WRITE),
    "nothing left": Case(AFTER, 1, 0, KEEP, WRITE),
    "nothing twice": Case(AFTER, 0, 0, WRITE, WRITE),
    "completed": Case(AFTER, 100, 150, WRITE, WRITE, whole=False),
    "completed with less": Case(AFTER, 100, 50, WRITE, WRITE, whole=False),
    "not over": Case(DURING, None, 100, UNFINISHED, UNFINISHED),
    "not over, again": Case(DURING, 100, 120, UNFINISHED, UNFINISHED, whole=False),
    "not over, with less": Case(DURING, 100, 50, UNFINISHED, UNFINISHED, whole=False),
    "not over, though it was": Case(DURING, 100, 100, KEEP, UNFINISHED),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("accept_less", [False, True])
def test_verdict(case: str, accept_less: bool) -> None:
    """A whole day's record is never replaced by less than 98 % of it, nor by an unfinished day."""
    own = CASES[case]
    before = None
    if own.recorded is not None:
        before = replace(past("2026-11-21"), fetched=own.recorded, complete=own.whole)

    found = completeness(
        DAY, now=own.now, before=before, fetched=own.fetched, accept_less=accept_less
    )

    assert found == Completeness(
        own.if_less_is_accepted if accept_less else own.verdict,
        own.fetched,
        own.recorded if own.whole else None,
    )


def test_future() -> None:
    """A day is in the future until its first instant, in the report's timezone."""
    midnight_in_berlin = datetime(2026, 11, 20, 23, tzinfo=UTC)

    assert is_future(DAY, midnight_in_berlin - timedelta(microseconds=1))
    assert not is_future(DAY, midnight_in_berlin)


@pytest.mark.parametrize(
    ("zone", "hours"),
    [("Europe/Berlin", 0), ("UTC", 0), ("America/New_York", 5), ("Asia/Tokyo", -9)],
)
def test_calendar_shift(zone: str, hours: int) -> None:
    """After a day in UTC, New York's next day begins five hours late and Tokyo's nine early."""
    day = ReportDay.of(date(2026, 11, 21), ZoneInfo(zone))
    before = ReportDay.of(date(2026, 11, 20), ZoneInfo("UTC" if hours else zone))
    neighbour = replace(past("2026-11-20"), start=before.start, end=before.end)

    found = calendar_shift(day, History({neighbour.date: neighbour}))

    assert found == timedelta(hours=hours)


def test_no_neighbour() -> None:
    """Without a record of the day before there is nothing to compare with."""
    assert calendar_shift(DAY, History({})) == timedelta()
