"""The clients of LLMs themselves, from a provider's answer to the CSV: `make clients` first.

With `USAGE_DATA`, real answers go the same way (tests/clients/answers.py).
"""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from tests.clients import billing
from tests.clients.app import Case, cases
from tests.clients.billing import Bill
from tests.clients.losses import faults
from tests.deployment import PROJECT, Deployment, Row, by

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "build/clients/bin/python"
MILLIONTH = Decimal("0.000001")
# Dollars per million tokens, so high that a token more or less is seen.
PRICES = {"input": 1000, "output": 7000, "cache_read": 100, "cache_write": 1250}


class Outcome(NamedTuple):
    """What failed, and the day's rows by feature and summary at two sorts of prices."""

    failures: dict[str, str]
    by_catalogue: dict[str, Row]
    by_parameter: dict[str, Row]
    quality: dict[str, Any]


@cache
def bills() -> dict[str, tuple[Case, Bill]]:
    """By feature the cases, and the bill for each as far as its client tells."""
    return {
        case.feature: (case, billing.of(case.answer, faults(case.client.name))) for case in cases()
    }


def rows(
    deployment: Deployment, prices: dict[str, Any], timezone: str
) -> tuple[dict[str, Row], dict[str, Any]]:
    """The rows of all cases by feature, and what is said of the quality of the day's data."""
    deployment.put_prices(prices)
    day = datetime.now(ZoneInfo(timezone)).date().isoformat()
    found: dict[str, Row] = {}
    for key in sorted({case.key for case, _ in bills().values()}):
        report = deployment.report(day, REPORT_TIMEZONE=timezone, FEATURE_KEY=key)
        found |= by("feature", report.rows("spend_by_feature", day))
    found.pop("untagged", None)  # those under the other keys
    return found, report.summary(day)["data_quality"]


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Outcome]:
    if not PYTHON.exists():
        pytest.skip("the clients are not installed: make clients")
    timezone = "UTC" if 1 <= datetime.now(UTC).hour < 23 else "Asia/Tokyo"
    with Deployment(tmp_path_factory.mktemp("log") / "log") as deployment:
        done = subprocess.run(
            [PYTHON, "-m", "tests.clients.app"],
            cwd=ROOT,
            env={
                **{
                    key: os.environ[key]
                    for key in ("PATH", "HOME", "USAGE_DATA")
                    if key in os.environ
                },
                "LANGSMITH_TRACING": "true",
                "LANGSMITH_ENDPOINT": deployment.langsmith.url,
                "LANGSMITH_API_KEY": deployment.langsmith.api_key,
                "LANGSMITH_PROJECT": PROJECT,
                "NO_PROXY": "127.0.0.1",
            },
            check=True,
            capture_output=True,
            timeout=900,
        )
        by_catalogue, _ = rows(deployment, {}, timezone)
        models = {case.answer.model for case, _ in bills().values()}
        by_parameter, quality = rows(deployment, dict.fromkeys(models, PRICES), timezone)
        yield Outcome(json.loads(done.stdout), by_catalogue, by_parameter, quality)


def test_every_client_runs(outcome: Outcome) -> None:
    """Each client takes each answer of its API, and each call arrives once."""
    assert not outcome.failures
    assert {name: row["calls"] for name, row in outcome.by_parameter.items()} == dict.fromkeys(
        bills(), "1"
    )


def test_tokens(outcome: Outcome) -> None:
    """Every token is billed once, at the price of its kind, whatever client wrote it."""
    expected = {name: bill.dollars(1000, 7000, 100, 1250) for name, (_, bill) in bills().items()}

    found = {name: Decimal(row["estimated_cost_usd"]) for name, row in outcome.by_parameter.items()}

    assert {k: (str(found.get(k)), str(v)) for k, v in expected.items() if found.get(k) != v} == {}


def test_prices(outcome: Outcome) -> None:
    """At the public prices each call costs what genai-prices says: tiers, lifetimes, audio."""
    expected, found = {}, {}
    now = datetime.now(UTC)
    for name, ((client, answer, _), bill) in bills().items():
        # Nobody sells Ollama's, Perplexity has a fee for each request, DeepSeek a price by hour;
        # a client of OpenAI's calls itself that, whosever the answer is; Bedrock has prices of its
        # own for Anthropic's.
        nobodys = answer.provider in {"ollama", "perplexity", "deepseek"}
        if nobodys or answer.api != client.api or client.name.startswith("ChatBedrock, Invoke"):
            continue
        untold = "tier" in faults(client.name)
        tier = None if untold else answer.body.get("service_tier")
        try:
            dollars = bill.catalogue_dollars(answer.model, answer.provider, now, tier)
        except LookupError:
            continue
        expected[name] = dollars.quantize(MILLIONTH)
        found[name] = Decimal(outcome.by_catalogue[name]["estimated_cost_usd"])

    assert len(expected) > 200
    assert {k: (str(found.get(k)), str(v)) for k, v in expected.items() if found.get(k) != v} == {}


def test_no_class_is_unknown(outcome: Outcome) -> None:
    """Whatever the clients call their classes of tokens, each name is known."""
    assert outcome.quality["data_errors"] == {}
