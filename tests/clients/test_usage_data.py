"""Real answers of all providers, through the clients' own code and the real handler.

`USAGE_DATA` names a file of them, one JSON object a line: `response` is what the provider sent
(the test data of pydantic/genai-prices), `extracted` what genai-prices reads out of it.
"""

import json
import os
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from langsmith._internal._usage import _create_usage_metadata as wrap_openai

from tests.clients import billing
from tests.clients.billing import Answer, Bill
from tests.deployment import Deployment, Row, by
from tests.traces import RawRun, llm

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package's own, about a module of its own
    from langsmith.wrappers._anthropic import _create_usage_metadata as wrap_anthropic
    from langsmith.wrappers._gemini import _create_usage_metadata as wrap_gemini

DAY = "2026-11-21"
DATA = os.environ.get("USAGE_DATA")
PRICES = {"input": 1000, "output": 7000, "cache_read": 100, "cache_write": 1250}
MILLIONTH = Decimal("0.000001")


@dataclass(frozen=True, slots=True)
class Written:
    """An answer as a client of its API wrote it, and what its provider bills for it."""

    name: str
    model: str
    provider: str
    usage: Mapping[str, Any]
    bill: Bill
    priced: bool  # by genai-prices, for this provider

    def run(self, model: str) -> RawRun:
        """The run as LangSmith stores it."""
        usage = self.usage
        return llm(
            self.name,
            f"{DAY}T10:00:00Z",
            model=model,
            provider=self.provider,
            feature=self.name,
            tokens=None,
            prompt_tokens=usage["input_tokens"],
            completion_tokens=usage["output_tokens"],
            total_tokens=usage["total_tokens"],
            prompt_token_details={"raw": dict(usage.get("input_token_details") or {})},
            completion_token_details={"raw": dict(usage.get("output_token_details") or {})},
        )


def answers() -> list[dict[str, Any]]:
    if not DATA:
        pytest.skip("USAGE_DATA names no file of real answers")
    lines = Path(DATA).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def snake(value: Any) -> Any:
    """JSON of Google's API as its Python client holds it."""
    if isinstance(value, dict):
        return {
            re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", k): snake(v) for k, v in value.items()
        }
    return [snake(each) for each in value] if isinstance(value, list) else value


def gemini(usage: Answer) -> Mapping[str, Any]:
    return wrap_gemini(snake(usage))


def writers(usage: Answer) -> list[tuple[str, str, Callable[[Any], Any], Bill]]:
    """Who writes such a block: client, provider, its code, and the bill as far as it tells."""
    if "promptTokenCount" in usage:
        return [("wrap_gemini", "google", gemini, billing.gemini(usage).without({"audio"}))]
    if "cache_read_input_tokens" in usage:
        return [("wrap_anthropic", "anthropic", wrap_anthropic, billing.anthropic(usage))]
    if "completion_tokens" in usage or "input_tokens_details" in usage:
        lost = {"cache write"} | ({"cache read"} if "num_cached_tokens" in usage else set())
        return [("wrap_openai", "openai", wrap_openai, billing.openai(usage).without(lost))]
    return []


def priced_by(extracted: Any) -> set[str]:
    """The providers for which genai-prices has a price of the answer."""
    return {
        extractor["provider_id"]
        for each in extracted
        for extractor in each["extractors"]
        if "input_price" in extractor
    }


def written() -> list[Written]:
    found = []
    for number, line in enumerate(answers()):
        response = line["response"]
        usage = response.get("usage") or response.get("usageMetadata") or {}
        model = response.get("model") or response.get("modelVersion") or "nameless"
        for client, provider, write, bill in writers(usage):
            name = f"{number} {client}"
            priced = provider in priced_by(line["extracted"])
            found.append(Written(name, model, provider, write(usage), bill, priced))
    return found


def costs(rows: dict[str, Row]) -> dict[str, Decimal]:
    return {name: Decimal(row["estimated_cost_usd"]) for name, row in rows.items()}


def test_tokens(deployment: Deployment) -> None:
    """Every token of every real answer is billed once, as its provider bills it."""
    cases = written()
    deployment.put_prices({"any": PRICES})
    deployment.add_runs(*(each.run("any") for each in cases))

    report = deployment.report(DAY)

    found = costs(by("feature", report.rows("spend_by_feature", DAY)))
    assert len(cases) > 150
    assert found == {each.name: each.bill.dollars(1000, 7000, 100, 1250) for each in cases}


def test_prices(deployment: Deployment) -> None:
    """Where genai-prices has a price of the model, an answer costs what that package says."""
    cases = [each for each in written() if each.priced]
    deployment.add_runs(*(each.run(each.model) for each in cases))

    report = deployment.report(DAY)

    assert len(cases) > 100
    found = costs(by("feature", report.rows("spend_by_feature", DAY)))
    assert found == {
        each.name: each.bill.catalogue_dollars(each.model, each.provider).quantize(MILLIONTH)
        for each in cases
    }
