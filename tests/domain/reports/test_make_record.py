"""The record: what anyone needs to recompute a cell of the other reports."""

from copy import replace
from decimal import Decimal
from typing import Any

import pytest

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
from spend_report.domain.record.history import History
from tests.days import budget, day, line, news
from tests.reckoning import rates
from tests.records import content, record


def read(figures: DayFigures, before: bytes | None = None, **more: Any) -> dict[str, Any]:
    return content(record(figures, before, **more))


def costing(amount: str, **more: Any) -> DayFigures:
    return day("2026-11-21", line("a", amount, tokens=(2000, 200), cached=500), **more)


def test_day() -> None:
    """The summary says which day it is, from when to when, and what it rests on."""
    found = read(costing("1"))

    assert (found["schema"], found["complete"]) == (2, True)
    assert (found["date"], found["timezone"]) == ("2026-11-21", "Europe/Berlin")
    assert (found["start"], found["end"]) == ("2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z")
    assert found["versions"] == {
        "parameters": {"/llm-spend/prod/pricing/initial": 3},
        "catalogue": "genai-prices 0.2.3",
    }
    assert found["reports"] == {"summary": "s3://b/summary.json"}
    assert found["files"] == {"report_2026-11-21.html": "0" * 64}


def test_unfinished() -> None:
    """A day that was not over says so."""
    assert read(costing("1"), complete=False)["complete"] is False


def test_alerts_and_notices() -> None:
    """What was exceeded, and what was wrong with the data, sent or not."""
    figures = costing("1", unpriced=[UnpricedModel("m", "p", 6, 70, 8, ("a",))])
    found = news(figures, History({}), Budgets({"a": budget("0.5", monthly="10")}))

    said = read(figures, breaches=found.breaches, notices=found.notices)

    assert said["alerts"] == [
        {
            "key": "daily/2026-11-21/feature/a/1",
            "feature": "a",
            "period": "daily",
            "budget_usd": "0.500000",
            "spent_usd": "1.000000",
            "threshold": "1",
            "severity": "critical",
        }
    ]
    assert [(notice["kind"], notice["key"]) for notice in said["notices"]] == [
        ("unpriced_model", "notice/2026-11-21/unpriced_model/m")
    ]
    assert said["notices"][0]["text"].startswith("No price for m: 6 calls with 78 tokens (a)")


def test_totals() -> None:
    """Money is text: at six decimals, and once exactly. Tokens are there by class."""
    figures = day(
        "2026-11-21",
        line("a", "1.00000025", tokens=(2000, 200), cached=500),
        line("a", "1.00000025", model="o3", calls=1, tokens=(10, 20)),
    )

    found = read(figures)

    assert found["total"] == {
        "calls": 11,
        "input_tokens": 2010,
        "output_tokens": 220,
        "cached_input_tokens": 500,
        "cost_usd": "2.000000",
        "exact_cost_usd": "2.0000005",
        "error_calls": 0,
        "error_cost_usd": "0.000000",
        "tokens": {
            "input": 2010,
            "cached_input": 500,
            "cache_write": 0,
            "cache_write_1h": 0,
            "output": 220,
        },
    }
    assert found["features"]["a"] == {
        "calls": 11,
        "error_calls": 0,
        "unpriced_calls": 0,
        "input_tokens": 2010,
        "output_tokens": 220,
        "cached_input_tokens": 500,
        "cache_write_tokens": 0,
        "cost_usd": "2.000000",
        "error_cost_usd": "0.000000",
        "models": {
            "gpt-4o": {
                "calls": 10,
                "error_calls": 0,
                "input_tokens": 2000,
                "output_tokens": 200,
                "cached_input_tokens": 500,
                "cost_usd": "1.000000",
            },
            "o3": {
                "calls": 1,
                "error_calls": 0,
                "input_tokens": 10,
                "output_tokens": 20,
                "cached_input_tokens": 0,
                "cost_usd": "1.000000",
            },
        },
        "seen_as": {},
    }
    assert found["cost_by_price_source"] == {"parameter": "2.000000"}


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
        quality=DataQuality(
            *(1, 2, 3, 4),
            errors={"negative token count": (5, 600)},
            unexplained=(6, 700),
            like_text={"image in": (7, 800)},
            not_covered={"web searches": (8, 900)},
        ),
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
        "unexplained": {"calls": 6, "tokens": 700},
        "priced_like_text": {"image in": {"calls": 7, "tokens": 800}},
        "not_covered": {"web searches": {"calls": 8, "tokens": 900}},
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
    before = record(costing("100"))

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
    before = record(costing(old))

    assert read(costing(new), before)["restated"] == {
        "previous_cost_usd": f"{old}.000000",
        "cost_usd": f"{Decimal(new):.6f}",
        "change_usd": change,
        "change_pct": percent,
    }


def test_rerun() -> None:
    """A rerun that changes nothing is the same byte for byte, restated or not."""
    first = record(costing("100"))
    again = record(costing("100"), first)
    restated = record(costing("150"), again)

    assert again == first
    assert record(costing("150"), restated) == restated
