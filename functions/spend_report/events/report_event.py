"""The event that invoked the function, and the days that it asks for."""

import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
)

from spend_report.domain.basics.day import days_before, days_from
from spend_report.errors import EventError

_EXPECTED = (
    'Expected {"scheduled_time": "2026-11-22T06:00:00Z"}, an EventBridge Scheduled Event, '
    '{"guard_time": "2026-11-22T10:00:00Z"}, {"date": "2026-11-20"} or '
    '{"start_date": "2026-11-01", "end_date": "2026-11-20"}, '
    'the last two also with "notify": false or "accept_less": true'
)
_EVENTBRIDGE_TYPE = "Scheduled Event"


class ReportRequest(Struct, frozen=True):
    """The days to report, oldest first.

    `restate` are days before that are reported again if they were reported, `catch_up` those
    that are reported if they were not. A `scheduled` request is the daily one, made for the
    instant `at`. With `accept_less` a report is replaced even where LangSmith has less than it
    had.
    """

    days: tuple[date, ...]
    restate: tuple[date, ...] = ()
    catch_up: tuple[date, ...] = ()
    notify: bool = True
    accept_less: bool = False
    scheduled: bool = False
    at: datetime | None = None


class GuardRequest(Struct, frozen=True):
    """A look at the day that is running at the instant `at`."""

    at: datetime


def _day(value: object) -> date:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError("expected a date like 2026-11-22")
    return date.fromisoformat(value)


def _instant(value: object) -> datetime:
    # Not pydantic's own reading, which takes "1795327200" for seconds since 1970.
    try:
        return datetime.fromisoformat(str(value))
    except ValueError as error:
        raise ValueError("expected an instant like 2026-11-22T06:00:00Z") from error


# LangSmith began in 2023; a year far off is a slip, and the calendar's ends are out of reach.
type Day = Annotated[date, BeforeValidator(_day), Field(ge=date(2020, 1, 1), lt=date(2100, 1, 1))]
type Instant = Annotated[
    AwareDatetime,
    BeforeValidator(_instant),
    Field(ge=datetime(2020, 1, 1, tzinfo=UTC), lt=datetime(2100, 1, 1, tzinfo=UTC)),
]


class Event(BaseModel):
    """A kind of event: its keys, and no others."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class _Scheduled(Event):
    scheduled_time: Instant


class _Guard(Event):
    guard_time: Instant


class _EventBridge(Event):
    model_config = ConfigDict(extra="ignore", strict=True, defer_build=True)

    time: Instant


class _Day(Event):
    date: Day
    notify: bool = True
    accept_less: bool = False


class _Range(Event):
    start_date: Day
    end_date: Day
    notify: bool = True
    accept_less: bool = False


def parse(
    event: Any, timezone: ZoneInfo, *, restate_days: int, catch_up_days: int
) -> ReportRequest | GuardRequest:
    """The request that `event` is. Days are those of `timezone`.

    Raises:
        EventError: an unknown key, a malformed or backwards date; the message names the key.
    """
    if not isinstance(event, dict):
        raise EventError(f"the event is no JSON object. {_EXPECTED}")
    match _read(event):
        case _Guard(guard_time=instant):
            return GuardRequest(instant)
        case _Scheduled(scheduled_time=instant) | _EventBridge(time=instant):
            day = instant.astimezone(timezone).date() - timedelta(days=1)
            return ReportRequest(
                (day,),
                restate=tuple(days_before(day, restate_days)),
                catch_up=tuple(days_before(day, catch_up_days)),
                scheduled=True,
                at=instant,
            )
        case _Day(date=day, notify=notify, accept_less=accept_less):
            return ReportRequest((day,), notify=notify, accept_less=accept_less)
        case _Range(start_date=first, end_date=last, notify=notify, accept_less=accept_less):
            if last < first:
                raise EventError(f"end_date {last} is before start_date {first}. {_EXPECTED}")
            days = tuple(days_from(first, last))
            return ReportRequest(days, notify=notify, accept_less=accept_less)
        case _:
            raise AssertionError("every kind of event has a case")


def _read(event: dict[str, Any]) -> Event:
    kind: type[Event]
    if event.get("detail-type") == _EVENTBRIDGE_TYPE:
        kind = _EventBridge
    elif "guard_time" in event:
        kind = _Guard
    elif "date" in event:
        kind = _Day
    elif "start_date" in event or "end_date" in event:
        kind = _Range
    else:
        kind = _Scheduled
    return validated(kind, event)


def validated[Kind: Event](kind: type[Kind], event: Any) -> Kind:
    """`event`, which has to be of this `kind`. Raises EventError, naming the key."""
    try:
        return kind.model_validate(event)
    except ValidationError as error:
        problems = "; ".join(
            f"{'.'.join(map(str, problem['loc']))}: {problem['msg'].removeprefix('Value error, ')}"
            for problem in error.errors()
        )
        raise EventError(f"the event's {problems}. {_EXPECTED}") from None
