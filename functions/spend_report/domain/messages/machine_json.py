"""The alert as queues, functions and webhooks read it; `docs/alert.schema.json` describes it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from spend_report.domain.basics.money import usd
from spend_report.domain.figures.day_figures import Request
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.judgement.notices import Notice
from spend_report.domain.messages.email_text import reasons
from spend_report.domain.messages.news import Alert, DayAlerts, alerts_of, notices_of, severity_of

KIND = "spend_alert"
NAME_WIDTH = 200
MOST_BYTES = 50 * 1024
"""As it lies in the SNS message, quotes escaped: four protocols get a copy of it, and SNS takes
256 KB in all. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

_WIDEST = 999_999


def machine_json(news: Sequence[DayAlerts]) -> str:
    """The message as JSON in ASCII, at most `MOST_BYTES` when quoted again.

    If there is more to say than fits, the most urgent stays: first the alerts without their
    details, then the notices, then the details. `omitted` counts what was left out.
    """
    alerts, notices = alerts_of(news), notices_of(news)
    message = _frame(news)
    room = MOST_BYTES - _size(message)
    kept_alerts: list[dict[str, Any]] = message["alerts"]
    kept_notices: list[dict[str, Any]] = message["notices"]
    for alert in alerts:
        room = _add(kept_alerts, _core(alert), room)
    for notice in notices:
        room = _add(kept_notices, _notice(notice), room)
    detailed = 0
    for entry, alert in zip(kept_alerts, alerts, strict=False):
        details = _details(alert)
        if _size(details) > room:
            break
        entry.update(details)
        room -= _size(details)
        detailed += 1
    message["omitted"] = {
        "alerts": len(alerts) - len(kept_alerts),
        "details": len(kept_alerts) - detailed,
        "notices": len(notices) - len(kept_notices),
    }
    return _dumps(message)


def _frame(news: Sequence[DayAlerts]) -> dict[str, Any]:
    """The message with nothing in its lists yet, and with counts as wide as they can get."""
    newest = max(news, key=lambda day: day.day)
    return {
        "kind": KIND,
        "date": newest.day.isoformat(),
        "severity": severity_of(news),
        "cost_usd": usd(newest.figures.cost),
        "calls": newest.figures.calls,
        "report": newest.links.report,
        "report_url": newest.links.report_console,
        "page_url": newest.links.page_console or None,
        "alerts": [],
        "notices": [],
        "omitted": dict.fromkeys(("alerts", "details", "notices"), _WIDEST),
    }


def _dumps(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def short_name(name: str) -> str:
    """`name` as it is, unless it is so long that a message could not carry many of them."""
    return name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH - 1]}…"


def _add(entries: list[dict[str, Any]], entry: dict[str, Any], room: int) -> int:
    """What is left of `room` after `entry` was added; nothing once one did not fit."""
    if _size(entry) > room:
        return 0
    entries.append(entry)
    return room - _size(entry)


def _size(value: Mapping[str, Any]) -> int:
    """Bytes of `value` as JSON inside a JSON string, with a comma."""
    return len(json.dumps(_dumps(value)))


def _core(alert: Alert) -> dict[str, Any]:
    breach = alert.breach
    return {
        "feature": None if breach.feature is None else short_name(breach.feature),
        "period": breach.period,
        "budget_usd": usd(breach.budget),
        "spent_usd": usd(breach.spent),
        "over_usd": usd(breach.over),
        "threshold": None if breach.threshold is None else float(breach.threshold),
        "severity": breach.severity,
        "date": breach.day.isoformat(),
    }


def _details(alert: Alert) -> dict[str, Any]:
    breach, forecast = alert.breach, alert.breach.forecast
    drivers = (
        alert.on.drivers
        if breach.feature is None
        else [driver for driver in alert.on.drivers if driver.feature == breach.feature]
    )
    return {
        "period_start": breach.period_start.isoformat(),
        "period_end": breach.period_end.isoformat(),
        "missing_days": [day.isoformat() for day in breach.missing],
        "forecast": forecast
        and {
            "projected_usd": usd(forecast.projected),
            "pace_usd": usd(forecast.pace),
            "pace_days": forecast.pace_days,
            "runs_out": forecast.runs_out and forecast.runs_out.isoformat(),
        },
        "parameter": breach.parameter,
        "why": why(drivers, [line.strip() for line in reasons(alert)]),
        "top_requests": [_request(request) for request in alert.on.costliest(breach.feature)],
    }


def why(drivers: Sequence[Driver], text: Sequence[str]) -> dict[str, Any] | None:
    """The sum of `drivers` as amounts that add up, and in words; None without any."""
    if not drivers:
        return None
    rows = [driver.amounts for driver in drivers]
    sums = {f"{name}_usd": usd(sum(getattr(row, name) for row in rows)) for name in rows[0]._fields}
    return {**sums, "baseline_days": drivers[0].baseline_days, "text": text}


def _request(request: Request) -> dict[str, Any]:
    return {
        "trace_id": request.trace_id,
        "root_name": short_name(request.root_name),
        "calls": request.calls,
        "cost_usd": usd(request.cost),
        "url": request.url,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {
        "kind": notice.kind,
        "text": notice.text,
        "date": notice.day.isoformat(),
        "features": [short_name(feature) for feature in notice.features],
        "add": notice.add or None,
    }
