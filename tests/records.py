"""A day's record, written and read as the function does it."""

import json
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.places import Places
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import (
    DayFigures,
    ModelDrift,
    RequestCosts,
    UnpricedModel,
    UsedRates,
)
from spend_report.domain.record.decode_record import past_day
from spend_report.domain.record.history import History
from spend_report.domain.reports.day_report import DayReport, Origin
from spend_report.domain.reports.make_record import make_record
from tests.days import day, line
from tests.reckoning import rates

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
        "where": Places("/llm-spend/prod"),
    }
    return make_record(
        DayReport(figures=figures, **(defaults | more)),
        reports={"summary": "s3://b/summary.json"},
        files={f"report_{figures.date}.html": "0" * 64},
        before=past_day(before, figures.date) if before else None,
    )


def content(body: bytes) -> dict[str, Any]:
    """What a record says."""
    found: dict[str, Any] = json.loads(body)
    return found


def _name(number: int, character: str) -> str:
    """A name of 200 characters."""
    return f"{character * 196}{number:04}"


def full_day(character: str) -> DayFigures:
    """A day with a thousand features of four models each, and as much of everything else."""
    models = [_name(number, character) for number in range(1_000)]
    features = [_name(number, character) for number in range(1_000)]
    lines = [
        line(feature, "0.123456", model=models[(4 * number + other) % 1_000])
        for number, feature in enumerate(features)
        for other in range(4)
    ]
    costs = RequestCosts(7, Decimal("0.1"), Decimal("0.5"), Decimal("0.75"))
    return day(
        "2026-11-21",
        *lines,
        request_costs=dict.fromkeys(features, costs),
        unpriced=[UnpricedModel(model, "p", 6, 70, 8, tuple(features)) for model in models],
        drift=[ModelDrift(model, Decimal(3), Decimal(1)) for model in models],
        used_rates=[UsedRates(model, "openai", rates("2.50", "10.00")) for model in models],
    )
