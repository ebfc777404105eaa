"""Answers of providers: those written down in `recorded/`, and real ones where somebody has them.

`USAGE_DATA` names a file of these, one JSON object a line: `response` is what a provider sent
(the test data of pydantic/genai-prices, cut down to model and usage).
"""

import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

FOLDER = Path(__file__).with_name("recorded")
# Whose API is OpenAI's too, with fields of their own: clients of OpenAI's are used with them.
LIKE_OPENAI = (
    "deepseek_chat",
    "groq_chat",
    "mistral_chat",
    "openrouter_chat",
    "perplexity_chat",
    "xai_chat",
)


class Answer(NamedTuple):
    """An answer of an API: its name, the model that was asked, whose it is, and its JSON."""

    api: str
    name: str
    model: str
    provider: str
    body: dict[str, Any]


def answers(api: str) -> list[Answer]:
    """All that a client of `api` is tried with."""
    apis = (api, *LIKE_OPENAI) if api == "openai_chat" else (api,)
    found = list(real())
    return [
        answer
        for each in apis
        for answer in (*_recorded(each), *(r for r in found if r.api == each))
    ]


def recorded(api: str) -> list[Answer]:
    """Those that are written down of `api` itself."""
    return list(_recorded(api))


def _file(api: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((FOLDER / f"{api}.json").read_text(encoding="utf-8"))
    return found


def _recorded(api: str) -> Iterator[Answer]:
    """What each holds beside the frame that all of its API have."""
    file = _file(api)
    for name, parts in file["answers"].items():
        model = parts.get("model") or parts.get("modelVersion") or file["model"]
        yield Answer(
            api, f"{file['provider']}: {name}", model, file["provider"], file["frame"] | parts
        )


def blocks() -> list[dict[str, Any]]:
    """The lines of `USAGE_DATA`; none where it names no file."""
    path = os.environ.get("USAGE_DATA")
    lines = Path(path).read_text(encoding="utf-8").splitlines() if path else []
    return [json.loads(line) for line in lines]


def real() -> Iterator[Answer]:
    """Those of `USAGE_DATA`, by the number of their line."""
    for number, block in enumerate(blocks()):
        response = block["response"]
        if api := api_of(response):
            file = _file(api)
            model = response.get("model") or response.get("modelVersion") or file["model"]
            yield Answer(api, f"real {number}", model, file["provider"], file["frame"] | response)


def api_of(response: Mapping[str, Any]) -> str | None:
    """The API whose answer `response` is, by the names of its fields; None of a chat's."""
    if "usageMetadata" in response:
        return "gemini"
    usage = response.get("usage") or {}
    if "prompt_tokens" in usage:
        return (
            _openai_chat(str(response.get("model")), usage)
            if "completion_tokens" in usage
            else None
        )
    for name, api in (
        ("cache_read_input_tokens", "anthropic_messages"),
        ("input_tokens_details", "openai_responses"),
        ("inputTokens", "bedrock_converse"),
        ("billed_units", "cohere_chat"),
    ):
        if name in usage:
            return api
    return None


def _openai_chat(model: str, usage: Mapping[str, Any]) -> str:
    for names, api in (
        ({"queue_time", "completion_time"}, "groq_chat"),
        ({"prompt_cache_hit_tokens"}, "deepseek_chat"),
        ({"num_cached_tokens"}, "mistral_chat"),
        ({"cost_details", "is_byok"}, "openrouter_chat"),
        ({"search_context_size", "citation_tokens"}, "perplexity_chat"),
        ({"num_sources_used"}, "xai_chat"),
    ):
        if names & set(usage):
            return api
    return "xai_chat" if model.startswith("grok") else "openai_chat"
