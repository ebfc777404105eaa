"""Usage as LangSmith's own client sends it, stored, and reported.

What LangSmith does with some keys nobody outside of it knows: there both ways are played.
"""

from datetime import UTC, datetime
from typing import Any

import pytest
from langsmith import Client

from local.langsmith_server import Doubts
from tests.deployment import PROJECT, Deployment, by

DAY = "2026-11-21"
CLEAR = Doubts()

type Usage = dict[str, Any]


def traced(
    deployment: Deployment, model: str, usage: Usage | None, metadata: Usage | None = None
) -> dict[str, str]:
    """What the report says of one call that was traced."""
    client = Client(deployment.langsmith.url, api_key=deployment.langsmith.api_key, info={})
    at = datetime(2026, 11, 21, 10, tzinfo=UTC)
    named: dict[str, Any] = {"feature": "chat", "ls_model_name": model, "ls_provider": "acme"}
    if metadata is not None:
        named["usage_metadata"] = metadata
    client.create_run(
        *("call", {}, "llm"),
        project_name=PROJECT,
        start_time=at,
        end_time=at,
        outputs={} if usage is None else {"usage_metadata": usage},
        extra={"metadata": named},
    )
    client.close()
    deployment.put_prices({"m": {"input": 1000, "output": 7000, "cache_read": 100}})
    return by("feature", deployment.report(DAY).rows("spend_by_feature", DAY))["chat"]


@pytest.mark.parametrize(
    "costs",
    [
        {"total_cost": 0.25},
        {"input_cost": 0.05, "output_cost": 0.2},
        {"input_cost": 0.05, "output_cost": 0.2, "total_cost": 0.25},
        {"input_cost": None, "output_cost": 0.25, "total_cost": None},
    ],
)
def test_costs_that_were_sent(deployment: Deployment, costs: Usage) -> None:
    """A cost that the application worked out itself counts where nobody knows the model."""
    counts = {"input_tokens": 1000, "output_tokens": 100, "total_tokens": 1100}

    row = traced(deployment, "house-model", {**counts, **costs})

    assert (row["estimated_cost_usd"], row["unpriced_calls"]) == ("0.250000", "0")


def test_a_cost_without_tokens(deployment: Deployment) -> None:
    """A call of a model that is paid by the piece may have a cost alone."""
    row = traced(deployment, "house-model", {"total_cost": 0.25})

    assert (row["estimated_cost_usd"], row["input_tokens"]) == ("0.250000", "0")


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"input_tokens": None, "output_tokens": 7, "total_tokens": 7}, ("0", "7")),
        ({"input_tokens": 9, "output_tokens": None, "total_tokens": None}, ("9", "0")),
        ({"input_tokens": 9, "output_tokens": 7}, ("9", "7")),
        ({"input_token_details": None, "input_tokens": 9, "output_tokens": 7}, ("9", "7")),
        ({}, ("0", "0")),
    ],
)
def test_what_is_not_there(deployment: Deployment, usage: Usage, tokens: tuple[str, str]) -> None:
    """Null, missing and zero are the same."""
    row = traced(deployment, "m", usage)

    assert (row["input_tokens"], row["output_tokens"]) == tokens


THINKING = {
    "input_tokens": 1000,
    "output_tokens": 900,
    "total_tokens": 2400,
    "output_token_details": {"reasoning": 500},
}
MORE_THINKING = {**THINKING, "output_tokens": 100, "total_tokens": 1600}
FLEX = {
    "input_tokens": 1000,
    "output_tokens": 100,
    "total_tokens": 1100,
    "input_token_details": {"flex_cache_read": 400, "flex": 600},
}


@pytest.mark.parametrize(
    ("usage", "doubts", "cost"),
    [
        # 1,000 x 1,000 + (900 + 500) x 7,000
        (THINKING, CLEAR, "10.800000"),
        # Without the total nothing tells that the thinking lies beside: 500 tokens fewer.
        (THINKING, Doubts(keeps_total=False), "7.300000"),
        # More than the output it must lie beside: 1,000 x 1,000 + 600 x 7,000
        (MORE_THINKING, CLEAR, "5.200000"),
        (MORE_THINKING, Doubts(keeps_total=False), "5.200000"),
        # 600 x 1,000 + 400 x 100 + 100 x 7,000; as plain input where the class is dropped
        (FLEX, CLEAR, "1.340000"),
        (FLEX, Doubts(keeps_all_classes=False), "1.700000"),
    ],
)
def test_what_nobody_knows(deployment: Deployment, usage: Usage, doubts: Doubts, cost: str) -> None:
    """If LangSmith drops a total or a class, the report lacks what that told, and nothing else."""
    deployment.langsmith.decide(doubts)

    assert traced(deployment, "m", usage)["estimated_cost_usd"] == cost


@pytest.mark.parametrize(
    ("doubts", "tokens"), [(CLEAR, "1000"), (Doubts(outputs_first=False), "7")]
)
def test_usage_in_two_places(deployment: Deployment, doubts: Doubts, tokens: str) -> None:
    """Where the outputs and the metadata hold usage, one of both counts, never their sum."""
    deployment.langsmith.decide(doubts)

    row = traced(deployment, "m", THINKING, {"input_tokens": 7, "output_tokens": 1})

    assert row["input_tokens"] == tokens
