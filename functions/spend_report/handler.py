"""The Lambda function's entry: event in, small summary out."""

import gc
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from spend_report.bootstrap import application
from spend_report.event import GuardRequest, parse
from spend_report.settings import Settings
from spend_report.telemetry import logger

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
    request = parse(
        event,
        settings.report_timezone,
        restate_days=settings.restate_days,
        catch_up_days=settings.catch_up_days,
    )
    with application(settings, context, now) as app:
        if isinstance(request, GuardRequest):
            return {"reports": [], "guard": app.guard.look(request.at).as_dict()}
        return {"reports": [result.as_dict() for result in app.job.run(request)]}
