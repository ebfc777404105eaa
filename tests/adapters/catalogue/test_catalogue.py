"""The catalogue is real here: it is in the package, and no network is touched."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from genai_prices import Usage
from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import ClauseEquals, ClauseOr, MatchLogic, ModelInfo, Provider

from spend_report.adapters.catalogue.catalogue import PriceCatalogue, catalogue_version
from spend_report.adapters.catalogue.models import find, is_exact
from spend_report.domain.prices.price_sources import PriceSource, Rates, Tokens

DAY = datetime(2026, 11, 21, tzinfo=UTC)
HOUR = timedelta(hours=1)
CATALOGUE = PriceCatalogue()


def rates_of(
    model: str, provider: str, *, tokens: int = 1, at: datetime = DAY, tier: str | None = None
) -> Rates | None:
    price = CATALOGUE.price(model, provider, at, at + HOUR)
    return price.at(at, tokens, tier) if price is not None else None


def amounts(rates: Rates | None) -> list[str]:
    assert rates is not None
    assert rates.source is PriceSource.CATALOGUE
    found = (rates.input, rates.output, rates.cache_read, rates.cache_write, rates.cache_write_1h)
    return [f"{amount.normalize():f}" for amount in found]


@pytest.mark.parametrize(
    ("model", "provider", "expected"),
    [
        ("gpt-4o", "openai", "2.5 10 1.25 2.5 2.5"),
        ("gpt-4o-mini", "openai", "0.15 0.6 0.075 0.15 0.15"),
        ("gpt-4-turbo", "openai", "10 30 10 10 10"),
        ("claude-3-5-sonnet-20241022", "anthropic", "3 15 0.3 3.75 6"),
        ("claude-sonnet-5-5", "anthropic", "2 10 0.1 2.5 4"),
        ("gemini-3.8-flash", "google_genai", "0.75 3.75 0.075 0.75 0.75"),
    ],
)
def test_public_prices(model: str, provider: str, expected: str) -> None:
    """Input, output, cache read and both cache writes cost what the vendors' price lists say."""
    assert amounts(rates_of(model, provider)) == expected.split()


def test_dated_snapshot() -> None:
    """A dated model costs what it costs, not what its family does: this one costs twice as much."""
    assert amounts(rates_of("gpt-4o-2024-05-13", "openai"))[:2] == ["5", "15"]


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [(272_000, "2 10 0.1 2.5 2.5"), (272_001, "4 15 0.2 5 5")],
)
def test_long_context(tokens: int, expected: str) -> None:
    """Above the threshold, all tokens of the call cost the higher tier's price."""
    assert amounts(rates_of("gpt-6.1-sol", "openai", tokens=tokens)) == expected.split()


@pytest.mark.parametrize(
    ("tokens", "expected"),
    [(100_000, "0.1 0.5 0.01 0.125 0.2"), (100_001, "0.5 2.5 0.05 0.625 1")],
)
def test_long_context_of_claude(tokens: int, expected: str) -> None:
    """Above 100,000 tokens every class of claude-haiku-5-5 costs five times as much."""
    assert amounts(rates_of("claude-haiku-5-5", "anthropic", tokens=tokens)) == expected.split()


@pytest.mark.parametrize(
    ("tokens", "expected"), [(32_000, "0.03"), (32_001, "0.1"), (256_001, "0.2")]
)
def test_two_thresholds(tokens: int, expected: str) -> None:
    """Where there are several thresholds, the highest one below the call's input counts."""
    assert amounts(rates_of("qwen/qwen3.7-flash", "openrouter", tokens=tokens))[0] == expected


def test_price_change_within_the_day() -> None:
    """A price that doubles at midnight UTC does so for the calls that start from then on."""
    midnight = datetime(2027, 1, 1, tzinfo=UTC)

    price = CATALOGUE.price("gemini-3.8-flash", "google", midnight - HOUR, midnight + HOUR)

    assert price is not None
    assert price.flat is None
    last, first = (
        price.at(midnight - timedelta(microseconds=1), 1, None),
        price.at(midnight, 1, None),
    )
    assert amounts(last)[0] == "0.75"
    assert amounts(first)[0] == "1.5"


def test_times_of_day() -> None:
    """Where nights are cheaper, each call costs what it does at its time, in UTC."""
    price = CATALOGUE.price("deepseek-reasoner", "deepseek", DAY, DAY + 24 * HOUR)

    assert price is not None
    assert price.flat is None
    assert amounts(price.at(DAY + timedelta(minutes=29), 1, None))[0] == "0.135"
    assert amounts(price.at(DAY + timedelta(minutes=30), 1, None))[0] == "0.55"
    assert amounts(price.at(DAY + timedelta(hours=16, minutes=30), 1, None))[0] == "0.135"


def test_times_of_day_in_another_timezone() -> None:
    """A day that begins at 10:00 UTC has the night's price in its middle."""
    start = DAY + 10 * HOUR
    price = CATALOGUE.price("deepseek-reasoner", "deepseek", start, start + 24 * HOUR)

    assert price is not None
    moments = [start, start + 7 * HOUR, start + 14 * HOUR, start + 15 * HOUR, start + 23 * HOUR]
    assert [amounts(price.at(moment, 1, None))[0] for moment in moments] == [
        "0.55",
        "0.135",
        "0.135",
        "0.55",
        "0.55",
    ]


def test_flat_price() -> None:
    """Where nothing varies within the day, one price serves every call."""
    price = CATALOGUE.price("gpt-4o", "openai", DAY, DAY + 24 * HOUR)

    assert price is not None
    assert price.flat == price.at(DAY, 10_000_000, None)


def test_service_tiers() -> None:
    """Flex and priority calls cost their own prices; an unknown tier costs the standard price."""
    standard = amounts(rates_of("gpt-6.1-sol", "openai"))[0]
    flex = amounts(rates_of("gpt-6.1-sol", "openai", tier="flex"))[0]
    priority = amounts(rates_of("gpt-6.1-sol", "openai", tier="priority"))[0]
    unknown = amounts(rates_of("gpt-6.1-sol", "openai", tier="turbo"))[0]

    assert (flex, standard, priority, unknown) == ("1", "2", "4", "2")


def test_tiers_of_a_borrowed_price() -> None:
    """Where Azure takes OpenAI's price, it takes the standard price for every service tier."""
    assert rates_of("gpt-6.1-terra", "azure", tier="flex") == rates_of("gpt-6.1-terra", "azure")
    assert rates_of("gpt-6.1-terra", "azure") == rates_of("gpt-6.1-terra", "openai")
    assert rates_of("gpt-6.1-terra", "openai", tier="flex") != rates_of("gpt-6.1-terra", "openai")


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("whisper-1", "openai"),
        ("tts-1", "openai"),
        ("gpt-transcribe", "openai"),
        ("deepseek/deepseek-r1:free", "openrouter"),
    ],
)
def test_no_price_per_token(model: str, provider: str) -> None:
    """A model that is not sold by the token is unknown, where the package would say $0."""
    assert rates_of(model, provider) is None


@pytest.mark.parametrize(
    ("model", "provider", "same_as"),
    [
        ("openai/gpt-4o", "openai", ("gpt-4o", "openai")),
        ("GPT-4o", "openai", ("gpt-4o", "openai")),
        ("gpt-4o-20240806", "openai", ("gpt-4o-2024-08-06", "openai")),
        ("gpt-4o", "", ("gpt-4o", "openai")),
        ("gpt-4o", "azure_openai", ("gpt-4o", "azure")),
        ("gpt-4o", "my-gateway", ("gpt-4o", "openai")),
        ("models/gemini-3.8-flash", "google_genai", ("gemini-3.8-flash", "google")),
        (
            "publishers/google/models/gemini-3.8-flash",
            "google_vertexai",
            ("gemini-3.8-flash", "google"),
        ),
        ("gemini-3.8-flash-001", "google", ("gemini-3.8-flash", "google")),
        ("anthropic/claude-sonnet-5-5", "openai", ("claude-sonnet-5-5", "anthropic")),
        # Clients with a `base_url` call every provider openai.
        ("grok-4", "openai", ("grok-4", "x-ai")),
        ("gemini-3.8-flash", "openai", ("gemini-3.8-flash", "google")),
        ("mistral/mistral-large-latest", "litellm", ("mistral-large-latest", "mistral")),
        ("anthropic/claude-sonnet-5-5", "litellm", ("claude-sonnet-5-5", "anthropic")),
        (
            "us.anthropic.claude-opus-4-6-v1:0",
            "amazon_bedrock",
            ("us.anthropic.claude-opus-4-6-v1:0", "aws"),
        ),
        (
            "us.anthropic.claude-opus-4-6-v1:0",
            "anthropic",
            ("us.anthropic.claude-opus-4-6-v1:0", "aws"),
        ),
        (
            "ca.anthropic.claude-opus-4-6-v1:0",
            "bedrock",
            ("us.anthropic.claude-opus-4-6-v1:0", "aws"),
        ),
        (
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-6-v1:0",
            "amazon_bedrock",
            ("us.anthropic.claude-opus-4-6-v1:0", "aws"),
        ),
        (
            "bedrock/converse/us.anthropic.claude-opus-4-6-v1:0",
            "litellm",
            ("us.anthropic.claude-opus-4-6-v1:0", "aws"),
        ),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc", "openai", ("ft:gpt-4o-mini-2024-07-18", "openai")),
    ],
)
def test_same_model(model: str, provider: str, same_as: tuple[str, str]) -> None:
    """A model has its price however its client spells it."""
    expected = rates_of(*same_as)

    assert expected is not None
    assert rates_of(model, provider) == expected


def test_regions_of_bedrock() -> None:
    """Bedrock's global profile of a model is cheaper than its regional ones."""
    everywhere = amounts(rates_of("global.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock"))
    regional = amounts(rates_of("eu.anthropic.claude-sonnet-4-5-20250929-v1:0", "bedrock"))

    assert (everywhere[0], regional[0]) == ("3", "3.3")


def test_fine_tuned() -> None:
    """A fine-tuned model costs the fine-tuned price, which is twice its base's."""
    assert amounts(rates_of("ft:gpt-4o-mini-2024-07-18:acme::abc", "openai"))[0] == "0.3"
    assert amounts(rates_of("gpt-4o-mini-2024-07-18.ft-0e208cf33a6a4669", "azure"))[0] == "0.3"
    assert amounts(rates_of("gpt-4o-mini-2024-07-18", "openai"))[0] == "0.15"


@pytest.mark.parametrize(
    ("model", "provider"),
    [
        ("gpt-4oo", "openai"),
        ("gpt-4o-eu", "openai"),
        ("gpt-5-nano-tts", "openai"),
        ("claude-3-5-sonnet-turbo", "anthropic"),
        ("my-claude-3-5-haiku-20241022", "bedrock"),
        ("us.anthropic.claude-3-5-haiku-20241022-turbo", "bedrock"),
        ("gemini-4-argon-5-mini", "google"),
        ("my-o4-mini", "azure"),
        ("ft:gpt-4-0613:acme::abc", "openai"),
        ("ft:gpt-9:acme::abc", "openai"),
        ("gpt-4.5-preview.ft-0e208cf33a6a4669", "azure"),
        ("accounts/acme/models/kimi-k3", "fireworks"),
        ("gpt-4o", "anthropic"),
        # OpenAI gives them away and does not sell them.
        ("gpt-oss-120b", "openai"),
        ("openai/gpt-oss-120b", "openai"),
        ("gpt-oss-20b", "azure"),
        ("gpt-oss-120b", ""),
        ("deepseek-r1", "ollama"),
        ("mistral-large-latest", "my-gateway"),
        ("deepseek/deepseek-chat", "my-gateway"),
        ("", ""),
        ("", "openai"),
    ],
)
def test_never_a_near_match(model: str, provider: str) -> None:
    """Another name, or a model that anybody may host, has no price here."""
    assert rates_of(model, provider) is None


def test_alias_targets() -> None:
    """An alias may lead to any model that its vendor sells by the token."""
    names = ["gpt-4o", "azure/gpt-4o", "deepseek-chat", "whisper-1", "gpt-4oo"]

    known = [name for name in names if CATALOGUE.knows(name)]

    assert known == ["gpt-4o", "azure/gpt-4o", "deepseek-chat"]


def test_version() -> None:
    """The summary names the catalogue's exact version."""
    assert catalogue_version() == "genai-prices 0.2.3"


def test_loaded_only_when_asked() -> None:
    """A process that asks for no price does not load the catalogue's tables."""
    code = (
        "import sys; from spend_report.adapters.catalogue.catalogue import PriceCatalogue;"
        "PriceCatalogue(); sys.exit('genai_prices' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def exact_names(clause: MatchLogic) -> list[str]:
    if isinstance(clause, ClauseOr):
        return [name for each in clause.or_ for name in exact_names(each)]
    return [clause.equals] if isinstance(clause, ClauseEquals) else []


def named_models() -> list[tuple[Provider, str]]:
    return [
        (provider, name)
        for provider in get_snapshot().providers
        for model in provider.models
        for name in exact_names(model.match)
    ]


def test_finds_what_the_package_finds() -> None:
    """Every exact name in the catalogue leads to the very entry that the package finds.

    But for models that others sell: the vendor has an entry of them, at nobody's price.
    """
    differing = [
        (provider.id, name)
        for provider, name in named_models()
        if (provider.id, name[:7]) != ("openai", "gpt-oss")
        and (
            (found := find(name, provider.id)) is None
            or found.model is not provider.find_model(name, all_providers=get_snapshot().providers)
        )
    ]

    assert differing == []


def test_stricter_never_looser() -> None:
    """Whatever counts as an exact name here is a name of that model for the package too."""
    endings = ["", "-2026-01-31", "-20260131", "@20260131", "-v1:0", "-latest", "-001", "-mini"]
    models = [model for provider in get_snapshot().providers for model in provider.models]

    looser = [
        ref
        for model in models
        for ending in endings
        if is_exact(model, ref := model.id.lower() + ending) and not model.is_match(ref)
    ]

    assert looser == []


MOMENTS = [DAY, DAY + 3 * HOUR, DAY + 8 * HOUR, datetime(2025, 3, 1, 20, tzinfo=UTC)]
USAGES = [
    Tokens(input=1_000, output=500),
    Tokens(input=90_001, output=1_234, cache_read=80_000),
    Tokens(input=150_000, output=7, cache_read=20_000, cache_write=30_000, cache_write_1h=40_000),
    Tokens(input=200_000, output=3),
    Tokens(input=300_001, output=99, cache_write=1, cache_write_1h=0),
    Tokens(input=10_000, output=900, audio_input=3_000, audio_output=800),
    Tokens(*(10_000, 900, 4_000), audio_input=3_000, audio_cache_read=1_000),
]


def package_cost(
    model: ModelInfo, provider: Provider, tokens: Tokens, at: datetime, tier: str | None
) -> Decimal:
    usage = Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write + tokens.cache_write_1h,
        cache_write_1h_tokens=tokens.cache_write_1h,
        input_audio_tokens=tokens.audio_input + tokens.audio_cache_read,
        cache_audio_read_tokens=tokens.audio_cache_read,
        output_audio_tokens=tokens.audio_output,
    )
    context = {"service_tier": tier, "processing": tier} if tier else None
    price = model.calc_price(usage, provider, genai_request_timestamp=at, price_context=context)
    return price.total_price


@pytest.mark.parametrize(
    "provider_id", ["openai", "anthropic", "google", "aws", "azure", "deepseek", "x-ai"]
)
def test_costs_what_the_package_says(provider_id: str) -> None:
    """For every model, time, size and tier, the cost is the package's own, to the last digit."""
    provider = next(each for each in get_snapshot().providers if each.id == provider_id)
    named = [(model, names[0]) for model in provider.models if (names := exact_names(model.match))]
    compared = 0
    for (model, name), at, tier in product(named, MOMENTS, [None, "flex", "priority", "batch"]):
        price = CATALOGUE.price(name, provider_id, at - HOUR, at + HOUR)
        for tokens in USAGES:
            rates = price.at(at, tokens.input, tier) if price is not None else None
            if rates is not None:
                expected = package_cost(model, provider, tokens, at, tier)
                assert rates.cost(tokens) == expected, (name, at, tier, tokens)
                compared += 1

    assert compared > 300
