"""The events of the state machine that reads a day in parts: plan, collect, merge."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from pydantic import Field

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.parts.windows import Window, cover
from spend_report.errors import EventError
from spend_report.events.report_event import (
    Day,
    Event,
    GuardRequest,
    Instant,
    ReportRequest,
    validated,
)


class PlanRequest(Struct, frozen=True):
    """The windows in which the days of `report` shall be read; `event` is what asked for it."""

    event: Mapping[str, Any]
    report: ReportRequest


class CollectRequest(Struct, frozen=True):
    """One window of a `day`, to be read for the plan `run`."""

    run: str
    day: date
    window: Window


class MergeRequest(Struct, frozen=True):
    """The report of days whose parts lie there, one for each of `windows` of the plan `run`."""

    run: str
    report: ReportRequest
    windows: Mapping[date, Sequence[Window]]


type StepRequest = PlanRequest | CollectRequest | MergeRequest

type _Run = Annotated[str, Field(pattern="^[A-Za-z0-9-]{1,80}$")]


class _Plan(Event):
    plan: dict[str, Any]


class _Window(Event):
    date: Day
    start: Instant
    end: Instant


class _Collect(Event):
    run: _Run
    collect: _Window


class _Merge(Event):
    run: _Run
    merge: dict[str, Any]
    windows: list[_Window]


def parse_step(
    event: Any, timezone: ZoneInfo, parse: Callable[[Any], ReportRequest | GuardRequest]
) -> StepRequest | None:
    """The step that `event` asks for; None if it is no step's. `parse` reads what it is a step of.

    Raises:
        EventError: an unknown key, a malformed window; the message names it.
    """
    if not isinstance(event, dict):
        return None
    if "plan" in event:
        asked = validated(_Plan, event).plan
        return PlanRequest(asked, _report(parse(asked)))
    if "collect" in event:
        step = validated(_Collect, event)
        return CollectRequest(step.run, step.collect.date, _window(step.collect, timezone))
    if "merge" in event:
        merge = validated(_Merge, event)
        windows: dict[date, list[Window]] = {}
        for one in merge.windows:
            windows.setdefault(one.date, []).append(_window(one, timezone))
        for day, own in windows.items():
            if not cover(ReportDay.of(day, timezone), own):
                raise EventError(f"the event's windows do not cover {day} in {timezone}")
        return MergeRequest(merge.run, _report(parse(merge.merge)), windows)
    return None


def window_event(day: date, window: Window) -> dict[str, str]:
    """A window as it stands in events."""
    start, end = window
    return {"date": day.isoformat(), "start": start.isoformat(), "end": end.isoformat()}


def _report(request: ReportRequest | GuardRequest) -> ReportRequest:
    if not isinstance(request, ReportRequest):
        raise EventError("the guard's look at a day is not made in parts")
    return request


def _window(window: _Window, timezone: ZoneInfo) -> Window:
    day = ReportDay.of(window.date, timezone)
    start, end = (instant.astimezone(day.start.tzinfo) for instant in (window.start, window.end))
    if not day.start <= start < end <= day.end:
        raise EventError(f"the event's window {start} to {end} is no part of {day.date}")
    return Window(start, end)
