"""Our reading of real answers beside that of others: `USAGE_DATA` (tests/clients/answers.py).

`extracted` is what genai-prices reads out of an answer, for each provider and API that might have
sent it: a second opinion on the formulas that the tests of the clients take for the truth.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.clients.answers import api_of, blocks, real
from tests.clients.billing import Bill, of

# By our name of an API, how genai-prices calls it.
EXTRACTORS = {
    "anthropic_messages": ("anthropic", "default"),
    "bedrock_converse": ("aws", "default"),
    "cohere_chat": ("cohere", "default"),
    "deepseek_chat": ("deepseek", "chat"),
    "gemini": ("google", "default"),
    "groq_chat": ("groq", "default"),
    "mistral_chat": ("mistral", "default"),
    "openai_chat": ("openai", "chat"),
    "openai_responses": ("openai", "responses"),
    "openrouter_chat": ("openrouter", "chat"),
    "perplexity_chat": ("perplexity", "default"),
    "xai_chat": ("x-ai", "chat"),
}


def extracted() -> Iterator[tuple[str, Bill, Bill]]:
    """Each real answer's name, our bill, and theirs."""
    for answer in real():
        block = blocks()[int(answer.name.removeprefix("real "))]
        for opinion in block["extracted"]:
            if EXTRACTORS[answer.api] in {
                (each["provider_id"], each["api_flavor"]) for each in opinion["extractors"]
            }:
                # It passes over Mistral's `num_cached_tokens`: each of its answers with that field
                # alone differs in this.
                yield answer.name, of(answer, {"other names"}), _bill(opinion["usage"])


def _bill(usage: dict[str, Any]) -> Bill:
    return Bill(
        input=usage.get("input_tokens", 0),
        output=usage.get("output_tokens", 0),
        read=usage.get("cache_read_tokens", 0),
        written=usage.get("cache_write_tokens", 0),
        written_1h=usage.get("cache_write_1h_tokens", 0),
        audio_in=usage.get("input_audio_tokens", 0),
        audio_read=usage.get("cache_audio_read_tokens", 0),
        audio_out=usage.get("output_audio_tokens", 0),
    )


def test_second_opinion() -> None:
    """Whatever the provider, genai-prices reads the same tokens out of its answer as we do."""
    if not blocks():
        pytest.skip("USAGE_DATA names no file of real answers")
    opinions = list(extracted())

    assert len(opinions) > 150
    assert {name: (ours, theirs) for name, ours, theirs in opinions if ours != theirs} == {}


def test_every_answer_of_a_chat_is_used() -> None:
    """Only embeddings, which no chat's client can be answered with, are passed over."""
    for block in blocks():
        usage = block["response"].get("usage") or {}
        has_output = {"completion_tokens", "output_tokens", "outputTokens"} & set(usage)
        assert api_of(block["response"]) or not has_output
