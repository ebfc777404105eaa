"""The clients of LLMs themselves, from a provider's answer to the CSV: `make clients` first."""

import json
import os
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import pytest

from tests.clients import billing
from tests.clients.app import CLIENTS
from tests.clients.billing import Bill
from tests.clients.losses import faults
from tests.clients.provider import Recorded, recorded
from tests.deployment import PROJECT, Deployment, Row, by

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / "build/clients/bin/python"
MILLIONTH = Decimal("0.000001")
# Dollars per million tokens, so high that a token more or less is seen.
PRICES = {"input": 1000, "output": 7000, "cache_read": 100, "cache_write": 1250}


class Case(NamedTuple):
    """What a client was answered, and the bill for it as far as the client tells."""

    answer: Recorded
    bill: Bill


class Outcome(NamedTuple):
    """What the clients say of themselves, and the rows by feature at two sorts of prices."""

    told: dict[str, Any]
    by_catalogue: dict[str, Row]
    by_parameter: dict[str, Row]


def cases() -> dict[str, Case]:
    """The cases by feature: every client with every answer of its API."""
    found = {}
    for client in CLIENTS:
        for answer in recorded(client.api):
            bill = billing.of(client.api, answer.body, faults(client.name))
            found[f"{client.name} | {answer.name}"] = Case(answer, bill)
    return found


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
                **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
                "LANGSMITH_TRACING": "true",
                "LANGSMITH_ENDPOINT": deployment.langsmith.url,
                "LANGSMITH_API_KEY": deployment.langsmith.api_key,
                "LANGSMITH_PROJECT": PROJECT,
                "NO_PROXY": "127.0.0.1",
            },
            check=True,
            capture_output=True,
            timeout=400,
        )
        day = datetime.now(ZoneInfo(timezone)).date().isoformat()
        found = []
        for prices in ({}, dict.fromkeys({case.answer.model for case in cases().values()}, PRICES)):
            deployment.put_prices(prices)
            report = deployment.report(day, REPORT_TIMEZONE=timezone)
            found.append(by("feature", report.rows("spend_by_feature", day)))
        yield Outcome(json.loads(done.stdout), *found)


def test_every_client_runs(outcome: Outcome) -> None:
    """Each client takes each answer of its API, and each call arrives once."""
    failures = {name: told["failures"] for name, told in outcome.told.items() if told["failures"]}

    assert not failures
    assert {name: row["calls"] for name, row in outcome.by_parameter.items()} == dict.fromkeys(
        cases(), "1"
    )


def test_tokens(outcome: Outcome) -> None:
    """Every token is billed once, at the price of its kind, whatever client wrote it."""
    expected = {name: case.bill.dollars(1000, 7000, 100, 1250) for name, case in cases().items()}

    found = {name: Decimal(row["estimated_cost_usd"]) for name, row in outcome.by_parameter.items()}

    assert {k: (str(found[k]), str(v)) for k, v in expected.items() if found[k] != v} == {}


def test_prices(outcome: Outcome) -> None:
    """At the public prices each call costs what genai-prices says: tiers, lifetimes, audio."""
    expected, found = {}, {}
    now = datetime.now(UTC)
    for name, (answer, bill) in cases().items():
        # Nobody sells Ollama's, Perplexity has a fee for each request, DeepSeek a price by hour.
        if answer.provider in {"ollama", "perplexity", "deepseek"} or " on xAI" in name:
            continue
        untold = "tier" in faults(name.split(" | ")[0])
        tier = None if untold else answer.body.get("service_tier")
        dollars = bill.catalogue_dollars(answer.model, answer.provider, now, tier)
        expected[name] = dollars.quantize(MILLIONTH)
        found[name] = Decimal(outcome.by_catalogue[name]["estimated_cost_usd"])

    assert {k: (str(found[k]), str(v)) for k, v in expected.items() if found[k] != v} == {}
