"""LangSmith's own mapping of any answer, and what is made of it.

An answer is made up, with its counts missing, null or zero in turn; the provider's formula over
its fields says what is billed. `tests/clients` has all clients, with answers written down.
"""

import re
import warnings
from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st
from langsmith._internal._usage import _create_usage_metadata as wrap_openai
from langsmith.integrations._gemini_usage import normalize_gemini_usage_metadata as adk_live
from langsmith.integrations.claude_agent_sdk._usage import extract_usage_metadata as claude_agent
from langsmith.integrations.google_adk._usage import extract_usage_from_response as adk

from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.run import MetadataKeys
from spend_report.domain.runs.usage import usage
from tests.clients import billing
from tests.clients.billing import Bill
from tests.traces import decoded, llm

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # the package's own, about a module of its own
    from langsmith.wrappers._anthropic import _create_usage_metadata as wrap_anthropic
    from langsmith.wrappers._gemini import _create_usage_metadata as wrap_gemini

KEYS = MetadataKeys("feature", ())
MANY = st.integers(1, 300_000)
NOTHING = st.sampled_from([None, 0, "missing"])
MAYBE = MANY | NOTHING

type Fields = dict[str, Any]


def count(value: Any) -> int:
    return value if isinstance(value, int) else 0


def said(**fields: Any) -> Fields:
    """The fields that are there."""
    return {name: value for name, value in fields.items() if value != "missing"}


def counted(written: Mapping[str, Any]) -> Tokens:
    """The tokens that the report has of what a client wrote."""
    run = llm(
        "a",
        tokens=None,
        prompt_tokens=written.get("input_tokens"),
        completion_tokens=written.get("output_tokens"),
        total_tokens=written.get("total_tokens"),
        prompt_token_details={"raw": dict(written.get("input_token_details") or {})},
        completion_token_details={"raw": dict(written.get("output_token_details") or {})},
    )
    return usage(decoded(run, KEYS)).tokens


def of(tokens: Tokens) -> Bill:
    """The report's tokens as a bill."""
    return Bill(
        *(tokens.input, tokens.output, tokens.cache_read, tokens.written, tokens.cache_write_1h),
        *(tokens.audio_input + tokens.audio_cache_read, tokens.audio_cache_read),
        tokens.audio_output,
    )


@given(MANY, MAYBE, MAYBE, MAYBE, MAYBE, st.booleans())
def test_anthropic(
    fresh: int, read: Any, short: Any, long: Any, output: Any, with_lifetimes: bool
) -> None:
    """Three parts of an input that lie beside each other, and two lifetimes of what is written."""
    lifetimes = said(ephemeral_5m_input_tokens=short, ephemeral_1h_input_tokens=long)
    answer = said(
        input_tokens=fresh,
        cache_read_input_tokens=read,
        cache_creation_input_tokens=count(short) + count(long),
        cache_creation=lifetimes if with_lifetimes else None,
        output_tokens=count(output),
    )

    assert of(counted(wrap_anthropic(answer))) == billing.anthropic(answer)
    assert of(counted(claude_agent(answer))) == billing.anthropic(answer)


@given(MANY, MAYBE, MAYBE, MAYBE, MAYBE, st.sampled_from([None, "flex", "priority", "default"]))
def test_openai(
    fresh: int, read: Any, written: Any, text: Any, reasoning: Any, tier: str | None
) -> None:
    """Cached tokens are inside the input, reasoning inside the output, in any service tier."""
    prompt, completion = fresh + count(read) + count(written), count(text) + count(reasoning)
    ins = said(cached_tokens=read, cache_write_tokens=written)
    outs = said(reasoning_tokens=reasoning)
    chat = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": ins or None,
        "completion_tokens_details": outs or None,
    }
    responses = {
        "input_tokens": prompt,
        "output_tokens": completion,
        "total_tokens": prompt + completion,
        "input_tokens_details": ins,
        "output_tokens_details": outs,
    }

    for answer in (chat, responses):
        tokens = counted(wrap_openai(answer, tier))  # which writes nothing of cache writes
        assert of(tokens) == billing.openai(answer).without({"cache write"})


@given(MANY, MAYBE, MANY, MANY)
def test_xai(fresh: int, read: Any, text: int, reasoning: int) -> None:
    """The reasoning lies beside the completion, and the total holds both.

    Left out are answers where the reasoning happens to be as much as what is cached.
    """
    assume(count(read) != reasoning)
    answer = {
        "prompt_tokens": fresh + count(read),
        "completion_tokens": text,
        "total_tokens": fresh + count(read) + text + reasoning,
        "prompt_tokens_details": said(cached_tokens=read),
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }

    assert of(counted(wrap_openai(answer))) == billing.xai(answer)


@given(MANY, MAYBE, MAYBE, MAYBE, MAYBE)
def test_gemini(fresh: int, cached: Any, text: Any, thoughts: Any, tools: Any) -> None:
    """Thinking lies beside the candidates, and the prompt of Gemini's tools beside the prompt.

    Left out are answers where what lies beside happens to be as much as what is cached: there a
    total can't tell them apart.
    """
    beside = {count(tools), count(tools) + count(thoughts)}
    assume(not count(cached) or not beside & {count(cached), count(cached) + count(thoughts)})
    answer = said(
        promptTokenCount=fresh + count(cached),
        cachedContentTokenCount=cached,
        candidatesTokenCount=text,
        thoughtsTokenCount=thoughts,
        toolUsePromptTokenCount=tools,
        totalTokenCount=fresh + sum(map(count, (cached, text, thoughts, tools))),
    )
    bill = billing.gemini({name: value or 0 for name, value in answer.items()})
    snake = {
        re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", name): value for name, value in answer.items()
    }
    held = SimpleNamespace(**snake)

    assert of(counted(wrap_gemini(snake))) == bill
    assert of(counted(adk(SimpleNamespace(usage_metadata=held)))) == bill
    assert of(counted(adk_live(held) or {})) == bill
