"""The Lambda function's entry: event in, small summary out."""

import gc
import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from spend_report.bootstrap import application, prepare
from spend_report.events.report_event import GuardRequest, parse
from spend_report.events.step_event import (
    CollectRequest,
    MergeRequest,
    PlanRequest,
    StepRequest,
    parse_step,
)
from spend_report.settings import Settings
from spend_report.telemetry import logger

if "AWS_LAMBDA_FUNCTION_NAME" in os.environ:
    # Lambda's init phase has a whole processor.
    prepare()

# All that was imported stays: neither the collector nor the end of the process need look at it.
gc.freeze()


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Report the days that `event` asks for; the README lists the events and the result.

    Raises:
        SpendReportError: not everything was reported; the message says what to do.
    """
    return handle(event, context, lambda: datetime.now(UTC))


def handle(event: dict[str, Any], context: Any, now: Callable[[], datetime]) -> dict[str, Any]:
    """The same by another clock, which says no more than whether a day is over."""
    logger.append_keys(request_id=getattr(context, "aws_request_id", None))
    settings = Settings.from_environment(os.environ)
    read = partial(
        parse,
        timezone=settings.report_timezone,
        restate_days=settings.restate_days,
        catch_up_days=settings.catch_up_days,
    )
    step = parse_step(event, settings.report_timezone, read)
    if step is not None:
        return _step(step, settings, context, now)
    request = read(event)
    with application(settings, context, now, request) as app:
        if isinstance(request, GuardRequest):
            return {"reports": [], "guard": app.guard.look(request.at).as_dict()}
        return {"reports": [result.as_dict() for result in app.job.run(request)]}


def _step(
    step: StepRequest, settings: Settings, context: Any, now: Callable[[], datetime]
) -> dict[str, Any]:
    """One step of the state machine that reads days in parts."""
    if isinstance(step, CollectRequest):
        settings = settings.of_one_worker
    with application(settings, context, now, step) as app:
        match step:
            case PlanRequest(event=event, report=report):
                windows = app.parts.plan(app.job.days(report))
                run = getattr(context, "aws_request_id", "")
                plan = {"run": run, "event": dict(event), "windows": windows}
                return plan | {"workers": settings.workers}
            case CollectRequest(day=day, window=window):
                return app.parts.collect(day, window)
            case MergeRequest(report=report):
                return {"reports": [result.as_dict() for result in app.job.run(report)]}
