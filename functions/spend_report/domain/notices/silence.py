"""What has no calls on a day on which it usually has: no data is not a saving.

A day is judged by the same weekday of the weeks before, so that a product without Sundays is not
missed on one. A day without a report says nothing and is passed over, and one exception among
three or four of these weekdays is allowed: an outage a month ago must not hide the next one.
Where a day has so many names that the cheapest became `(other)`, only a feature that usually
costs more than all of these is known to be silent.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from statistics import median

from msgspec import Struct

from spend_report.domain.basics.day import days_before
from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.names import OTHER, UNTAGGED
from spend_report.domain.basics.wording import ascii_only, dollars, plain, short_day, weekday
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.notices.data_notices import LEAST_DOLLARS, Finding, NoticeKind
from spend_report.domain.record.history import History

_WEEK = 7
_WEEKS = 4
_SAME_WEEKDAYS = 3
"""So many say enough by themselves, also of a job that runs once a week."""
_ACTIVE_DAYS = 4
_FREE_DAYS = 2
_LEAST_CALLS = 10
# What goes when it is mended, and what is nobody's.
_UNNAMED = frozenset({UNTAGGED, OTHER})


class _Past(Struct, frozen=True):
    """Calls and cost of something on the reported days before, zeros included."""

    calls: Mapping[date, int]
    costs: Mapping[date, Decimal]


def silences(figures: DayFigures, history: History) -> Iterator[Finding]:
    """What is silent: everything, or else each named feature that is."""
    day = figures.date
    past = {date_: reported for date_, reported in history.days.items() if date_ < day}
    if not figures.calls:
        everything = _Past(
            {date_: sum(row.calls for row in past[date_].features.values()) for date_ in past},
            {date_: past[date_].cost for date_ in past},
        )
        if text := _silence("There was", day, everything):
            do = "check that the application runs and traces to LangSmith"
            calls, cost = _usual(day, everything)
            subject, kind = "no LLM call at all", NoticeKind.ALL_SILENT
            yield Finding(kind, "", subject, text, do, calls=calls, cost=cost)
        return
    others = figures.feature(OTHER)
    known = {feature for reported in past.values() for feature in reported.features}
    for feature in sorted(known - _UNNAMED - {row.feature for row in figures.features}):
        rows = {date_: reported.features.get(feature) for date_, reported in past.items()}
        own = _Past(
            {date_: row.calls if row else 0 for date_, row in rows.items()},
            {date_: row.cost if row else ZERO for date_, row in rows.items()},
        )
        if others is not None and _usual(day, own)[1] <= others.cost:
            continue
        if text := _silence(f"{plain(feature)} had", day, own):
            do = f"check that {plain(feature)} runs and traces to LangSmith"
            calls, cost = _usual(day, own)
            subject, kind = f"{ascii_only(feature)} went silent", NoticeKind.FEATURE_SILENT
            yield Finding(kind, feature, subject, text, do, [feature], calls=calls, cost=cost)


def _silence(beginning: str, day: date, past: _Past) -> str:
    """The sentences about a silence that is none of the usual ones; empty where it is."""
    calls, cost = _usual(day, past)
    if not _is_expected(day, past) or (cost < LEAST_DOLLARS and calls < _LEAST_CALLS):
        return ""
    last = max(date_ for date_, number in past.calls.items() if number)
    return (
        f"{beginning} no LLM call on {short_day(day)}. On a {weekday(day)} there usually are about "
        f"{calls:,} ({dollars(cost)}); the last were on {short_day(last)}. No data is not a "
        "saving: check that it still runs and still traces to LangSmith."
    )


def _is_expected(day: date, past: _Past) -> bool:
    same = [past.calls[date_] > 0 for date_ in _same_weekdays(day, past)]
    recent = [past.calls[date_] > 0 for date_ in days_before(day, _WEEK) if date_ in past.calls]
    exceptions = 1 if len(same) >= _SAME_WEEKDAYS else 0
    if sum(same) < len(same) - exceptions or not any(past.calls.values()):
        return False
    if len(same) >= _SAME_WEEKDAYS:
        return True
    if sum(recent) < max(_ACTIVE_DAYS, len(recent) - _FREE_DAYS):
        return False
    # Without such a weekday, only where its report is missing and there was no free day yet.
    is_old = min(past.calls) <= day - timedelta(days=_WEEK)
    return bool(same) or (is_old and all(recent))


def _usual(day: date, past: _Past) -> tuple[int, Decimal]:
    """Calls and cost of such a day: the median of those with calls."""
    dates = [date_ for date_ in _same_weekdays(day, past) if past.calls[date_]]
    dates = dates or [date_ for date_ in days_before(day, _WEEK) if past.calls.get(date_)]
    if not dates:
        return 0, ZERO
    return (
        round(median(past.calls[date_] for date_ in dates)),
        median(past.costs[date_] for date_ in dates),
    )


def _same_weekdays(day: date, past: _Past) -> list[date]:
    """The same weekday of the last four weeks, where it is reported."""
    weekdays = [day - timedelta(weeks=back) for back in range(1, _WEEKS + 1)]
    return [date_ for date_ in weekdays if date_ in past.calls]
