"""The summary: what anyone needs to recompute a cell of the other reports."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import (
    DataQuality,
    DayFigures,
    ModelDrift,
    RequestCosts,
    Sampling,
    UnpricedModel,
    UsedRates,
)
from spend_report.domain.reports.day_report import DayReport, Origin
from spend_report.domain.reports.summary import summary
from tests.days import day, history, line
from tests.reckoning import rates

START, END = datetime(2026, 11, 20, 23, tzinfo=UTC), datetime(2026, 11, 21, 23, tzinfo=UTC)
ORIGIN = Origin("Europe/Berlin", {"/llm-spend/prod/pricing/initial": 3}, "genai-prices 0.2.3")


def written(figures: DayFigures, before: bytes | None = None) -> bytes:
    report = DayReport(
        day=ReportDay(figures.date, START, END),
        figures=figures,
        history=history(),
        budgets=Budgets(),
        drivers=(),
        breaches=(),
        notices=(),
        origin=ORIGIN,
        links={},
        feature_key="feature",
    )
    return summary(
        report,
        reports={"summary": "s3://b/summary.json"},
        alerts=[{"key": "daily"}],
        notices=[{"kind": "untagged"}],
        before=before,
    )


def read(figures: DayFigures, before: bytes | None = None) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(written(figures, before))
    return content


def costing(amount: str, **more: Any) -> DayFigures:
    return day("2026-11-21", line("a", amount, tokens=(2000, 200), cached=500), **more)


def test_day() -> None:
    """The summary says which day it is, from when to when, and what it rests on."""
    content = read(costing("1"))

    assert (content["date"], content["timezone"]) == ("2026-11-21", "Europe/Berlin")
    assert content["start"] == "2026-11-20T23:00:00+00:00"
    assert content["end"] == "2026-11-21T23:00:00+00:00"
    assert content["versions"] == {
        "parameters": {"/llm-spend/prod/pricing/initial": 3},
        "catalogue": "genai-prices 0.2.3",
    }
    assert content["reports"] == {"summary": "s3://b/summary.json"}
    assert (content["alerts"], content["notices"]) == ([{"key": "daily"}], [{"kind": "untagged"}])


def test_totals() -> None:
    """Money is text: at six decimals, and once exactly."""
    content = read(costing("1.00000050"))

    assert content["total"] == {
        "calls": 10,
        "input_tokens": 2000,
        "output_tokens": 200,
        "cached_input_tokens": 500,
        "cost_usd": "1.000000",
        "exact_cost_usd": "1.0000005",
    }
    assert content["features"] == {"a": {"calls": 10, "cost_usd": "1.000000"}}
    assert content["cost_by_price_source"] == {"parameter": "1.000000"}


def test_exact_text() -> None:
    """The exact cost is written without an exponent, however round it is."""
    assert read(costing("100"))["total"]["exact_cost_usd"] == "100"
    assert read(costing("0"))["total"]["exact_cost_usd"] == "0"


def test_runs() -> None:
    """Runs fetched are the counted ones and the ones left out, by reason."""
    figures = replace(costing("1", left_out={"wrapper": 3, "unreadable": 1}), fetched=14)

    assert read(figures)["runs"] == {
        "fetched": 14,
        "counted": 10,
        "left_out": {"wrapper": 3, "unreadable": 1},
    }


def test_requests() -> None:
    """What a request of each feature costs."""
    costs = RequestCosts(7, Decimal("0.1"), Decimal("0.5"), Decimal("0.75"))

    assert read(costing("1", request_costs={"a": costs}))["cost_per_request"] == {
        "a": {
            "requests": 7,
            "median_usd": "0.100000",
            "p95_usd": "0.500000",
            "maximum_usd": "0.750000",
        }
    }


def test_quality() -> None:
    """What is missing or wrong in the runs, with the untagged's share of the cost."""
    figures = day(
        "2026-11-21",
        line("a", "3"),
        line("untagged", "1", calls=4),
        quality=DataQuality(1, 2, 3, 4, {"negative token count": (5, 600)}),
        unpriced=[UnpricedModel("m", "p", 6, 70, 8, ("a", "b"))],
    )

    assert read(figures)["data_quality"] == {
        "error_calls": 1,
        "pending_calls": 2,
        "calls_without_usage": 3,
        "calls_without_model": 4,
        "untagged_calls": 4,
        "untagged_share_of_cost_pct": "25.0",
        "unpriced": [
            {
                "model": "m",
                "provider": "p",
                "calls": 6,
                "input_tokens": 70,
                "output_tokens": 8,
                "features": ["a", "b"],
            }
        ],
        "data_errors": {"negative token count": {"calls": 5, "tokens": 600}},
    }


def test_second_opinion() -> None:
    """LangSmith's cost stands beside ours by model and in total; more than 5 % off is named."""
    drift = [
        ModelDrift("near", Decimal("1.05"), Decimal("1.00")),
        ModelDrift("off", Decimal("0.94"), Decimal("1.00")),
    ]

    found = read(costing("1", drift=drift))["langsmith"]

    assert found["models_off"] == ["off"]
    assert found["models"]["off"] == {
        "our_cost_usd": "0.940000",
        "langsmith_cost_usd": "1.000000",
        "drift_pct": "-6.0",
    }
    assert (found["our_cost_usd"], found["langsmith_cost_usd"], found["drift_pct"]) == (
        *("1.990000", "2.000000", "-0.5"),
    )


def test_sampling() -> None:
    """Sampled calls are named with their share, their cost, and what they stand for."""
    figures = costing("1", sampling=Sampling(5, Decimal("0.5"), Decimal(2)))

    assert read(figures)["sampling"] == {
        "calls": 5,
        "share_of_calls_pct": "50.0",
        "cost_usd": "0.500000",
        "scaled_cost_usd": "2.000000",
    }


def test_used_prices() -> None:
    """Every price that was applied can be read, exactly as it was."""
    figures = costing("1", used_rates=[UsedRates("gpt-4o", "openai", rates("2.50", "10.00"))])

    assert read(figures)["prices_usd_per_million_tokens"] == [
        {
            "model": "gpt-4o",
            "provider": "openai",
            "price_source": "parameter",
            "input": "2.50",
            "output": "10.00",
            "cache_read": "0.25",
            "cache_write": "3.1250",
            "cache_write_1h": "5.00",
        }
    ]


@pytest.mark.parametrize("amount", ["100", "100.99", "101", "99"])
def test_small_change(amount: str) -> None:
    """A day that is reported again and moved by no more than 1 % says nothing of it."""
    before = written(costing("100"))

    assert read(costing(amount), before)["restated"] is None


@pytest.mark.parametrize(
    ("old", "new", "change", "percent"),
    [
        ("100", "101.01", "1.010000", "1.0"),
        ("100", "50", "-50.000000", "-50.0"),
        ("0", "5", "5.000000", ""),
    ],
)
def test_restated(old: str, new: str, change: str, percent: str) -> None:
    """A day that moved by more than 1 % keeps the figure that it had and says so."""
    before = written(costing(old))

    assert read(costing(new), before)["restated"] == {
        "previous_cost_usd": f"{old}.000000",
        "cost_usd": f"{Decimal(new):.6f}",
        "change_usd": change,
        "change_pct": percent,
    }


def test_rerun() -> None:
    """A rerun that changes nothing is the same byte for byte, restated or not."""
    first = written(costing("100"))
    again = written(costing("100"), first)
    restated = written(costing("150"), again)

    assert again == first
    assert written(costing("150"), restated) == restated
