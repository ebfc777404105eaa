"""Which names of bills and traces mean one model, and who bills it."""

import pytest

from spend_report.domain.bills.same_model import SameModel, biller_of

NAMES = SameModel(
    {"our-luna": "gpt-6-luna"}, lambda model, _: {"luna-latest": "gpt-6-luna"}.get(model)
)


@pytest.mark.parametrize(
    ("biller", "names"),
    [
        ("openai", ["gpt-6-luna", "gpt-6-luna-2026-08-06", "GPT-6-Luna", "openai/gpt-6-luna"]),
        ("openai", ["gpt-6-luna", "our-luna", "luna-latest"]),
        ("anthropic", ["claude-opus-5-5", "claude-opus-5-5-20260801", "Claude Opus 5.5"]),
        ("anthropic", ["claude-opus-5-5", "anthropic/claude-opus-5.5", "claude-opus-5-5-latest"]),
        (
            "bedrock",
            [
                "Claude Opus 5.5",
                "anthropic.claude-opus-5-5-v1:0",
                "us.anthropic.claude-opus-5-5-20260801-v1:0",
            ],
        ),
        ("bedrock", ["NovaPro", "amazon.nova-pro-v1:0", "eu.amazon.nova-pro-v1:0"]),
    ],
)
def test_one_model_under_several_names(biller: str, names: list[str]) -> None:
    """Releases, spellings, aliases and places are one model."""
    assert len({NAMES.key(name, biller) for name in names}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("gpt-6-luna", "gpt-6-luna-mini"),
        ("gpt-4o", "gpt-4"),
        ("gpt-4o", "gpt-4o-audio-preview"),
        ("claude-opus-5-5", "claude-opus-5"),
        ("claude-opus-5-5", "claude-sonnet-5-5"),
        ("o1", "o1-pro"),
    ],
)
def test_models_that_are_not_one(one: str, other: str) -> None:
    """No model is taken for another because its name begins alike."""
    assert NAMES.key(one, "openai") != NAMES.key(other, "openai")


@pytest.mark.parametrize(
    ("provider", "model", "biller"),
    [
        ("openai", "gpt-6-luna", "openai"),
        ("", "gpt-6-luna", "openai"),
        ("", "ft:gpt-6-luna:acme", "openai"),
        ("", "claude-opus-5-5", "anthropic"),
        ("anthropic", "claude-opus-5-5", "anthropic"),
        ("amazon_bedrock", "claude-opus-5-5", "bedrock"),
        ("", "us.anthropic.claude-opus-5-5-v1:0", "bedrock"),
        ("", "bedrock/amazon.nova-pro-v1:0", "bedrock"),
        ("azure_openai", "gpt-6-luna", "azure"),
        ("", "our-own", ""),
        ("", "", ""),
    ],
)
def test_who_bills(provider: str, model: str, biller: str) -> None:
    """A run's provider bills it, or who the model's name tells; nobody is made up."""
    assert biller_of(provider, model) == biller
