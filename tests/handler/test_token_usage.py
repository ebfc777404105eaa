"""Tokens as clients write them: what they cost by a parameter's price and by the catalogue's."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.deployment import Deployment, Reports, by
from tests.traces import RawRun, llm

DAY = "2026-11-21"


@dataclass(frozen=True, slots=True)
class Written:
    """A run as a client wrote it, and its cost, worked out by hand."""

    name: str
    model: str
    stated: tuple[int | None, int | None, int | None]
    cost: str
    provider: str = "openai"
    ins: Mapping[str, Any] = field(default_factory=dict)
    outs: Mapping[str, Any] = field(default_factory=dict)

    def run(self) -> RawRun:
        prompt, completion, total = self.stated
        return llm(
            self.name,
            f"{DAY}T10:00:00Z",
            model=self.model,
            provider=self.provider,
            feature=self.name,
            tokens=None,
            prompt_tokens=prompt,
            completion_tokens=completion,
            total_tokens=total,
            prompt_token_details={"raw": dict(self.ins)},
            completion_token_details={"raw": dict(self.outs)},
        )


WRITTEN = [
    # 7,477 x 1.25 + (2,060 + 1,939) x 10: ChatVertexAI, `wrap_gemini`
    Written(
        *("thinking beside the output", "gemini-2.5-pro", (7477, 2060, 11_476), "0.049336"),
        *("google_vertexai", {"cache_read": 0}, {"reasoning": 1939}),
    ),
    # 1,000 x 0.30 + (100 + 2,000) x 2.50
    Written(
        *("more thinking than output", "gemini-2.5-flash", (1000, 100, 3100), "0.005550"),
        *("google_genai", {}, {"reasoning": 2000}),
    ),
    # 9,992 x 3 + 128 x 0.75 + (1,499 + 2,809) x 15: `wrap_openai` on xAI's API
    Written(
        *("xAI", "grok-4", (10_120, 1499, 14_428), "0.094692"),
        *("openai", {"cache_read": 128, "audio": 0}, {"reasoning": 2809}),
    ),
    # 199,000 x 1.25 + 4,500 x 10: the input is below the tier of 200,000
    Written(
        *("thinking lifts no tier", "gemini-2.5-pro", (199_000, 500, 203_500), "0.293750"),
        *("google_genai", {}, {"reasoning": 4000}),
    ),
    # 1,000 x 0.30 + 2,100 x 2.50
    Written(
        *("thinking inside", "gemini-2.5-flash", (1000, 2100, 3100), "0.005550"),
        *("google_genai", {}, {"reasoning": 2000}),
    ),
    # 500 x 0.50 + 150,000 x 0.05 + 100 x 2.50: with the cached tokens above 100,000
    Written(
        *("cached outside", "claude-haiku-5-5", (500, 100, 600), "0.008000"),
        *("anthropic", {"cache_read": 150_000}),
    ),
    # 700 x 2 + 300 x 2.50 + 100 x 10
    Written(
        *("cache_write", "claude-sonnet-5-5", (1000, 100, 1100), "0.003150"),
        *("anthropic", {"cache_write": 300}),
    ),
    # 1,000 x 2.50 + 100 x 10
    Written(
        *("nobody's class", "gpt-4o", (1000, 100, 1100), "0.003500"),
        *("openai", {"warp_tokens": 50}),
    ),
    # (432 + 78) x 0.50 + 18 x 3: no output but thinking, and a prompt of the tools
    Written(
        *("tool-use prompt", "gemini-3-flash-preview", (432, None, 528), "0.000309"),
        *("google_genai", {"text": 301}, {"reasoning": 18}),
    ),
]
# 200 x 2 + 200 x 0.10 + 100 x 2.50 + 500 x 4 + 100 x 10; a parameter has one price of writes
BOTH_LIFETIMES = Written(
    *("both lifetimes", "claude-sonnet-5-5", (1000, 100, 1100), "0.003670", "anthropic"),
    {"cache_read": 200, "ephemeral_5m_input_tokens": 100, "ephemeral_1hr_input_tokens": 500},
)
# 85 x 0.30 + 144 x 1.00 + 17 x 2.50; gpt-audio: 20 x 2.50 + 44 x 32 + 10 x 10 + 80 x 64
AUDIO = [
    Written(
        *("audio in", "gemini-2.5-flash", (229, 17, 246), "0.000212"),
        *("google_genai", {"audio": 144}),
    ),
    Written(
        *("audio out", "gpt-audio", (64, 90, 154), "0.006678"),
        *("openai", {"audio": 44, "text": 20}, {"audio": 80, "text": 10}),
    ),
]
# Dollars per million, as the price lists say.
PRICES = {
    "gemini-2.5-pro": {"input": 1.25, "output": 10},
    "gemini-2.5-flash": {"input": 0.30, "output": 2.50},
    "gemini-3-flash-preview": {"input": 0.50, "output": 3},
    "grok-4": {"input": 3, "output": 15, "cache_read": 0.75},
    "claude-haiku-5-5": {"input": 0.50, "output": 2.50, "cache_read": 0.05},
    "claude-sonnet-5-5": {"input": 2, "output": 10, "cache_read": 0.10, "cache_write": 2.50},
    "gpt-4o": {"input": 2.50, "output": 10},
}


def report_of(deployment: Deployment, written: list[Written]) -> Reports:
    deployment.add_runs(*(each.run() for each in written))
    return deployment.report(DAY)


def costs(report: Reports) -> dict[str, str]:
    rows = by("feature", report.rows("spend_by_feature", DAY))
    return {name: row["estimated_cost_usd"] for name, row in rows.items()}


def test_by_catalogue(deployment: Deployment) -> None:
    """Every run costs what its provider bills, at the public prices."""
    written = [*WRITTEN, BOTH_LIFETIMES, *AUDIO]

    report = report_of(deployment, written)

    assert costs(report) == {each.name: each.cost for each in written}
    rows = report.rows("spend_detail", DAY)
    assert {row["price_source"] for row in rows} == {"catalogue"}
    assert all(int(row["input_tokens"]) >= int(row["cached_input_tokens"]) for row in rows)


def test_by_parameter(deployment: Deployment) -> None:
    """Every run costs what its provider bills, at the parameters' prices."""
    deployment.put_prices(PRICES)

    report = report_of(deployment, WRITTEN)

    assert costs(report) == {each.name: each.cost for each in WRITTEN}
    assert {row["price_source"] for row in report.rows("spend_detail", DAY)} == {"parameter"}


def test_what_is_named(deployment: Deployment) -> None:
    """The summary says what nobody explains, what nobody knows, and what costs like text."""
    deployment.put_prices({"gemini-2.5-flash": PRICES["gemini-2.5-flash"]})
    pictures = Written(
        *("pictures", "gpt-4o", (1000, 100, 1100), "0.003500", "openai", {"image": 700})
    )

    report = report_of(deployment, [*WRITTEN, *AUDIO, pictures])

    quality = report.summary(DAY)["data_quality"]
    assert quality["unexplained"] == {"calls": 1, "tokens": 78}
    assert quality["data_errors"] == {
        "unknown class of tokens 'warp_tokens'": {"calls": 1, "tokens": 50}
    }
    assert quality["priced_like_text"] == {
        "audio in": {"calls": 1, "tokens": 144},
        "image in": {"calls": 1, "tokens": 700},
    }


def test_prices_of_audio(deployment: Deployment) -> None:
    """The summary has the prices of audio that were applied."""
    report = report_of(deployment, AUDIO)

    prices = report.summary(DAY)["prices_usd_per_million_tokens"]
    found = {row["model"]: {k: v for k, v in row.items() if "audio" in k} for row in prices}
    assert found == {
        "gemini-2.5-flash": {"audio_input": "1", "audio_cache_read": "0.1"},
        "gpt-audio": {"audio_input": "32", "audio_cache_read": "32", "audio_output": "64"},
    }


@pytest.mark.parametrize("model", ["gpt-oss-120b", "openai/gpt-oss-20b"])
def test_sold_by_others(deployment: Deployment, model: str) -> None:
    """A model that the named provider does not sell has no price of its vendor's."""
    deployment.add_runs(llm("a", f"{DAY}T10:00:00Z", model=model, feature="x"))

    summary = deployment.report(DAY).summary(DAY)

    (notice,) = summary["notices"]
    assert (notice["kind"], summary["total"]["cost_usd"]) == ("unpriced_model", "0.000000")
    assert notice["text"].startswith(f"No price for {model}: 1 call with 1,100 tokens")


def test_a_tier_of_the_batch(deployment: Deployment) -> None:
    """Calls of a batch cost the batch's prices where there are any: half, for gpt-4o."""
    batch = Written(
        *("batch", "gpt-4o", (1000, 100, 1100), "0.001750", "openai"),
        *({"batch": 1000}, {"batch": 100}),
    )

    assert costs(report_of(deployment, [batch])) == {"batch": "0.001750"}


def test_what_is_not_covered(deployment: Deployment) -> None:
    """What the bill has beside tokens is named where the day shows signs of it, and told."""
    report = report_of(
        deployment,
        [
            # 100 x 0.30 + 1,300 x 2.50, of which 1,290 were an image at 30
            Written(
                *("picture", "gemini-2.5-flash-image", (100, 1300, 1400), "0.003280"),
                *("google_genai", {}, {}),
            ),
            Written("search", "sonar-pro", (1000, 100, 1100), "0.004500", "perplexity"),
            Written(
                *("research", "sonar-deep-research", (33, 11_305, 11_338), "0.090506"),
                *("perplexity", {}, {"citation_tokens": 20_016}),
            ),
            # The catalogue has no price of a batch for it.
            Written(
                *("batch", "grok-4", (1000, 100, 1100), "0.004500", "x-ai"),
                *({"batch": 1000}, {"batch": 100}),
            ),
            # ... and has one for this.
            Written("flex", "gpt-5-mini", (1000, 100, 1100), "", "openai", {"flex": 1000}),
            Written("plain", "gpt-4o", (1000, 100, 1100), "0.003500"),
        ],
    )

    summary = report.summary(DAY)
    assert summary["data_quality"]["data_errors"] == {}
    assert summary["data_quality"]["not_covered"] == {
        "batch tier": {"calls": 1, "tokens": 1100},
        "citations": {"calls": 1, "tokens": 20_016},
        "image output": {"calls": 1, "tokens": 1300},
        "web searches": {"calls": 2, "tokens": 11_405},
    }
    told = [n["text"] for n in summary["notices"] if n["kind"] == "not_covered"]
    assert [text.partition(" not covered: ")[0] for text in told] == [
        "The batch tier is",
        "Citations are",
        "Image output is",
        "Web searches are",
    ]
    assert "1 call of gemini-2.5-flash-image (picture) cost" in told[2]
    assert "2 calls of sonar-deep-research, sonar-pro (research, search) cost" in told[3]


def test_nothing_that_is_not_covered(deployment: Deployment) -> None:
    """A day without a sign of such fees says nothing of them."""
    summary = report_of(deployment, WRITTEN).summary(DAY)

    assert summary["data_quality"]["not_covered"] == {}
    assert "not covered" not in str(summary["notices"])


def test_pictures_without_a_price(deployment: Deployment) -> None:
    """A model without any price is told as that, not as one of which only the images lack it."""
    house = Written("picture", "house-image-2", (1000, 100, 1100), "0.000000", "vllm")

    summary = report_of(deployment, [house]).summary(DAY)

    assert summary["data_quality"]["not_covered"] == {}
    assert [notice["kind"] for notice in summary["notices"]] == ["unpriced_model"]


def test_a_tier_at_a_price_of_its_own(deployment: Deployment) -> None:
    """A price that somebody set is meant for every tier."""
    deployment.put_prices({"grok-4": PRICES["grok-4"]})
    batch = Written(
        *("batch", "grok-4", (1000, 100, 1100), "0.004500", "x-ai"),
        *({"batch": 1000}, {"batch": 100}),
    )

    summary = report_of(deployment, [batch]).summary(DAY)

    assert summary["data_quality"]["not_covered"] == {}
