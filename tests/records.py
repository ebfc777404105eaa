"""A day's record, written and read as the function does it."""

import json
from typing import Any
from zoneinfo import ZoneInfo

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.figures.history import History
from spend_report.domain.figures.read_back import past_day
from spend_report.domain.reports.day_report import DayReport, Origin
from spend_report.domain.reports.summary import summary

ORIGIN = Origin("Europe/Berlin", {"/llm-spend/prod/pricing/initial": 3}, "genai-prices 0.2.3")


def record(figures: DayFigures, before: bytes | None = None, **more: Any) -> bytes:
    """The record of `figures`; `before` was the day's record until then.

    `more` replaces what the report has by default.
    """
    defaults: dict[str, Any] = {
        "day": ReportDay.of(figures.date, ZoneInfo(ORIGIN.timezone)),
        "history": History({}),
        "budgets": Budgets(),
        "drivers": (),
        "breaches": (),
        "notices": (),
        "origin": ORIGIN,
        "links": {},
        "feature_key": "feature",
    }
    return summary(
        DayReport(figures=figures, **(defaults | more)),
        reports={"summary": "s3://b/summary.json"},
        files={f"report_{figures.date}.html": "0" * 64},
        before=past_day(before, figures.date) if before else None,
    )


def content(body: bytes) -> dict[str, Any]:
    """What a record says."""
    found: dict[str, Any] = json.loads(body)
    return found
