"""The Lambda function's entry: event in, small summary out."""

import os
from typing import Any

from spend_report.bootstrap import application
from spend_report.event import parse
from spend_report.settings import Settings
from spend_report.telemetry import logger


def lambda_handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    """Report the days that `event` asks for; the README lists the events and the result.

    Raises:
        SpendReportError: not everything was reported; the message says what to do.
    """
    logger.append_keys(request_id=getattr(context, "aws_request_id", None))
    settings = Settings.from_environment(os.environ)
    request = parse(event, settings.report_timezone, settings.restate_days)
    with application(settings, context) as service:
        return {"reports": [result.as_dict() for result in service.run(request)]}
