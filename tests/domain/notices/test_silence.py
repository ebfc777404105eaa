"""Silence, judged by what is usual for the weekday, with gaps in the reports."""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal

import pytest

from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.notices.silence import silences
from spend_report.domain.record.history import History
from tests.days import day, history, line, past

SATURDAY, SUNDAY, MONDAY = "2026-11-21", "2026-11-22", "2026-11-23"
RAG, QUIET = line("rag", "1"), line("quiet", "1")


def told(figures: DayFigures, before: History) -> list[tuple[str, list[str]]]:
    """The notices of silence, with whom they are about."""
    found = silences(figures, before)
    return [(notice.kind, list(notice.features)) for notice in found]


def days_before(
    until: str, count: int, *, missing: Collection[int] = (), free: Collection[int] = ()
) -> History:
    """`count` days with calls of two features up to the day before `until`.

    `missing` have no report and on `free` only rag has calls; both are so many days back.
    """
    last = date.fromisoformat(until)
    return history(
        *(
            past(str(last - timedelta(days=back)), RAG, *([] if back in free else [QUIET]))
            for back in range(1, count + 1)
            if back not in missing
        )
    )


def sundays(until: str, count: int) -> set[int]:
    """How many days back the Sundays are."""
    last = date.fromisoformat(until)
    return {back for back in range(1, count + 1) if (last - timedelta(days=back)).isoweekday() == 7}


@pytest.mark.parametrize(
    ("on", "count", "missing", "free", "silent"),
    [
        (SATURDAY, 7, set(), set(), True),
        (SATURDAY, 7, {3}, set(), True),  # a day without a report says nothing
        (SATURDAY, 7, {1, 5}, set(), True),
        (SATURDAY, 8, {7}, set(), True),  # no such weekday is reported, and there was no free day
        (SATURDAY, 8, {7}, {2}, False),  # then it may be one of the free ones
        (SATURDAY, 7, set(), {6}, True),  # a product without Sundays
        (MONDAY, 7, set(), {1}, True),  # the Monday after its free Sunday
        (SUNDAY, 7, set(), {7}, False),  # the free Sunday itself
        (SUNDAY, 28, set(), {7, 14, 21, 28}, False),
        (SUNDAY, 28, set(), {14}, True),  # an outage two weeks ago hides nothing
        (SUNDAY, 28, {1, 2, 3, 4, 5, 6}, set(), True),  # only Sundays tell
        (SATURDAY, 6, set(), set(), False),  # too young: its first Saturday
        (SATURDAY, 7, set(), {2, 3, 4}, False),  # it comes and goes
        (SATURDAY, 7, {1, 2, 3, 4}, set(), False),  # next to nothing is known
    ],
)
def test_silent_feature(
    on: str, count: int, missing: set[int], free: set[int], silent: bool
) -> None:
    """A feature is missed on a weekday on which it usually has calls, and on no other."""
    before = days_before(on, count, missing=missing, free=free)

    assert told(day(on, RAG), before) == ([("feature_silent", ["quiet"])] if silent else [])


def test_a_weekly_job() -> None:
    """What only runs on Sundays is missed on a Sunday, and never on a Saturday."""
    for_sunday, for_saturday = (
        {back for back in range(1, 29) if back not in sundays(on, 28)} for on in (SUNDAY, SATURDAY)
    )

    assert told(day(SUNDAY, RAG), days_before(SUNDAY, 28, free=for_sunday)) == [
        ("feature_silent", ["quiet"])
    ]
    assert told(day(SATURDAY, RAG), days_before(SATURDAY, 28, free=for_saturday)) == []


@pytest.mark.parametrize("missing", [set(), {1}, {4}])
def test_everything_silent(missing: set[int]) -> None:
    """No call at all is one notice, not one for each feature, also next to a missing day."""
    before = days_before(SATURDAY, 8, missing=missing)

    assert told(day(SATURDAY), before) == [("all_silent", [])]


def test_everything_silent_after_a_free_day() -> None:
    """A product without Sundays that has no calls on a Monday is silent; on Sunday it was not."""
    last = date.fromisoformat(MONDAY)
    off = sundays(MONDAY, 15)
    before = history(
        *(
            past(str(last - timedelta(days=back)), *([] if back in off else [RAG]))
            for back in range(1, 16)
        )
    )
    up_to_sunday = History(
        {date_: day_ for date_, day_ in before.days.items() if str(date_) < SUNDAY}
    )

    assert told(day(MONDAY), before) == [("all_silent", [])]
    assert told(day(SUNDAY), up_to_sunday) == []


@pytest.mark.parametrize("name", ["untagged", "(other)"])
def test_nobodys_silence_is_none(name: str) -> None:
    """`untagged` goes when the last path is tagged, which is no trouble."""
    last = date.fromisoformat(SATURDAY)
    before = history(
        *(past(str(last - timedelta(days=back)), RAG, line(name, "1")) for back in range(1, 15))
    )

    assert told(day(SATURDAY, RAG), before) == []


@pytest.mark.parametrize(
    ("cost", "calls", "silent"), [("0.009", 3, 0), ("0.01", 3, 1), ("0", 10, 1)]
)
def test_the_floor(cost: str, calls: int, silent: int) -> None:
    """Less than a cent and ten calls a day is not missed."""
    last = date.fromisoformat(SATURDAY)
    small = line("small", cost, calls=calls)
    before = history(*(past(str(last - timedelta(days=back)), RAG, small) for back in range(1, 8)))

    assert len(told(day(SATURDAY, RAG), before)) == silent


def test_what_it_says() -> None:
    """How much is usual on such a day, and when the last calls were, which need not be the day
    before."""
    before = days_before(SATURDAY, 14, missing={1}, free={2})

    (notice,) = silences(day(SATURDAY, RAG), before)

    assert notice.text == (
        "quiet had no LLM call on 21 Nov. On a Saturday there usually are about 10 ($1.00); the "
        "last were on 18 Nov. No data is not a saving: check that it still runs and still traces "
        "to LangSmith."
    )
    assert (notice.calls, notice.cost) == (10, Decimal(1))


def test_folded_names_are_not_silent() -> None:
    """Where the cheapest names became `(other)`, only what usually costs more is known silent."""
    before = days_before(SATURDAY, 14)
    dear = line("(other)", "1.00")
    cheap = line("(other)", "0.99")

    assert told(day(SATURDAY, RAG, dear), before) == []
    assert told(day(SATURDAY, RAG, cheap), before) == [("feature_silent", ["quiet"])]
