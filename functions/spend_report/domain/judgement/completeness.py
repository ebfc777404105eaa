"""Whether what LangSmith has of a day may become its report.

A report is never replaced by less: once LangSmith has dropped runs (retention, a deleted project),
a rerun would write a smaller number over the true one. A day that is not over is reported as
unfinished, and never over one that was.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.record.history import History, PastDay

LEAST_PERCENT = 98
"""So many of the runs that a whole day's record counts must still be there."""


class Verdict(StrEnum):
    """What to do with the figures that were read of a day."""

    WRITE = "write"
    WRITE_UNFINISHED = "write as unfinished"
    KEEP = "keep the report that there is"


class Completeness(Struct, frozen=True):
    """The verdict, and what it rests on.

    `fetched` is the number of LLM runs that LangSmith has, `recorded` that of the day's record,
    None without one of a whole day.
    """

    verdict: Verdict
    fetched: int
    recorded: int | None


def is_future(day: ReportDay, now: datetime) -> bool:
    """Whether `day` has not begun."""
    return day.start > now


def completeness(
    day: ReportDay,
    *,
    now: datetime,
    before: PastDay | None,
    fetched: int,
    accept_less: bool,
) -> Completeness:
    """What becomes of a `day` of which LangSmith has `fetched` LLM runs.

    `before` is the day as it was reported until now.
    """
    recorded = before.fetched if before is not None and before.complete else None
    is_over = day.end <= now
    is_less = recorded is not None and 100 * fetched < LEAST_PERCENT * recorded
    if not accept_less and (is_less or (recorded is not None and not is_over)):
        verdict = Verdict.KEEP
    else:
        verdict = Verdict.WRITE if is_over else Verdict.WRITE_UNFINISHED
    return Completeness(verdict, fetched, recorded)


def calendar_shift(day: ReportDay, history: History) -> timedelta:
    """The time between the end of the day before, as its record has it, and the start of `day`.

    Positive where runs fall between the two, negative where both count them, zero without a
    record of the day before.
    """
    neighbour = history.days.get(day.date - timedelta(days=1))
    end = neighbour.end if neighbour is not None and neighbour.end is not None else day.start
    return day.start - end
