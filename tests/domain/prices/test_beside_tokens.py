"""Which models are charged for more than their tokens, by their names."""

import pytest

from spend_report.domain.prices.beside_tokens import Fee, fee


@pytest.mark.parametrize(
    "model",
    [
        "gpt-image-1",
        "gpt-image-2.5-flare",
        "chatgpt-image-latest",
        "gpt-5-image-mini",
        "gemini-2.5-flash-image",
        "gemini-3-pro-image-preview",
        "google/gemini-3.1-flash-lite-image",
        "gemini-nano-banana-2.1",
        "GPT-Image-1",
    ],
)
def test_images(model: str) -> None:
    """Models that draw."""
    assert fee(model) is Fee.IMAGES


@pytest.mark.parametrize(
    "model",
    [
        "sonar",
        "sonar-reasoning-pro",
        "perplexity/sonar-pro-search",
        "gpt-4o-mini-search-preview-2025-03-11",
        "gpt-5-search-api",
        "o3-deep-research",
        "sonar-deep-research",
    ],
)
def test_searches(model: str) -> None:
    """Models that search the web by themselves."""
    assert fee(model) is Fee.SEARCHES


@pytest.mark.parametrize(
    "model",
    [
        "",
        "gpt-4o",
        "gemini-2.5-flash",
        "amazon.titan-embed-image-v1",
        "imagenet-classifier",
        "gpt-rosalind-research",
        "relace-search",
        "nousresearch/hermes-3",
        "unsonar-7b",
    ],
)
def test_neither(model: str) -> None:
    """Models that cost what their tokens do."""
    assert fee(model) is None
