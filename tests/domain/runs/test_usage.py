from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.prices.pricing import Tokens
from spend_report.domain.runs.run import MetadataKeys, TokenDetails
from spend_report.domain.runs.usage import (
    CACHED_ABOVE_INPUT,
    MOST_TOKENS,
    NEGATIVE,
    NOT_A_COUNT,
    TOO_LARGE,
    Usage,
    plain_cache_read,
    usage,
)
from tests.traces import decoded, llm

KEYS = MetadataKeys("feature", ())


def of(prompt: int | None, completion: int | None, total: int | None, **details: int) -> Usage:
    fields: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": total,
        "prompt_token_details": {"raw": details} if details else None,
    }
    return usage(decoded(llm("a", tokens=None, **fields), KEYS))


def test_nothing_reported() -> None:
    """A run without token fields has no tokens, and that is no error."""
    assert of(None, None, None) == Usage(Tokens(), None, ())


def test_input_includes_the_cached() -> None:
    """Cache reads are part of the input, not on top of it."""
    tokens = of(1000, 100, 1100, cache_read=300).tokens

    assert (tokens.input, tokens.cache_read, tokens.uncached) == (1000, 300, 700)


def test_input_outside() -> None:
    """Where the total is larger than input plus output, the rest belongs to the input."""
    tokens = of(100, 50, 1150, cache_read=1000).tokens

    assert (tokens.input, tokens.uncached) == (1100, 100)


def test_output_from_the_total() -> None:
    """Where only the input and the total are known, the rest is the output."""
    tokens = of(100, None, 150).tokens

    assert (tokens.input, tokens.output) == (100, 50)


def test_only_the_total() -> None:
    """A total by itself is input: the cheaper reading would hide what was spent least."""
    assert of(None, None, 150).tokens == Tokens(input=150)


@pytest.mark.parametrize(
    ("details", "write", "write_1h"),
    [
        ({"cache_creation": 300}, 300, 0),
        ({"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200}, 100, 200),
        (
            {
                "cache_creation": 300,
                "ephemeral_5m_input_tokens": 100,
                "ephemeral_1h_input_tokens": 200,
            },
            100,
            200,
        ),
        ({"cache_creation": 300, "ephemeral_1h_input_tokens": 200}, 100, 200),
        (
            {
                "cache_creation": 0,
                "ephemeral_5m_input_tokens": 0,
                "ephemeral_1h_input_tokens": 200,
            },
            0,
            200,
        ),
    ],
)
def test_writes_once(details: dict[str, int], write: int, write_1h: int) -> None:
    """`cache_creation` and the lifetimes are the same tokens and count once."""
    tokens = of(1000, 100, 1100, **details).tokens

    assert (tokens.cache_write, tokens.cache_write_1h) == (write, write_1h)


def test_reads_of_long_prompts() -> None:
    """Where a long prompt's cache reads have a class of their own, it is the cache reads."""
    assert of(1000, 100, 1100, cache_read_over_200k=300).tokens.cache_read == 300
    assert of(1000, 100, 1100, cache_read_over_200k=300, cache_read=300).tokens.cache_read == 300


@pytest.mark.parametrize("tier", ["flex", "priority"])
def test_service_tier(tier: str) -> None:
    """A tier in front of a class's name is the call's tier; the class means what it does."""
    found = of(1000, 100, 1100, **{tier: 600, f"{tier}_cache_read": 400})

    assert found.service_tier == tier
    assert (found.tokens.input, found.tokens.cache_read) == (1000, 400)


def test_no_service_tier() -> None:
    """A class that only begins like a tier names none."""
    assert of(1000, 100, 1100, flexible=3).service_tier is None


def test_cached_above_input() -> None:
    """What is cached beyond the input is an error with its amount, and nothing is left uncached."""
    found = of(100, 50, 150, cache_read=700, cache_creation=300)

    assert found.errors == ((CACHED_ABOVE_INPUT, 900),)
    assert found.tokens.uncached == 0


def test_negative() -> None:
    """Negative counts are errors with their amounts and count as nothing."""
    found = of(-500, -20, 10, cache_read=-3)

    assert sorted(found.errors) == [(NEGATIVE, 3), (NEGATIVE, 20), (NEGATIVE, 500)]
    assert found.tokens == Tokens(input=10)


def test_too_large() -> None:
    """A count that no model can reach is an error, so that one run cannot be the day's cost."""
    found = of(MOST_TOKENS + 1, 5, 5)

    assert found.errors == ((TOO_LARGE, MOST_TOKENS + 1),)
    assert found.tokens == Tokens(output=5)


def test_odd_fields() -> None:
    """Each field that was no whole number is an error of an unknown amount."""
    run = decoded(llm("a", oddities=["prompt_tokens"]), KEYS)

    assert usage(run).errors == ((NOT_A_COUNT, 0),)


_COUNTS = st.none() | st.integers(-(10**6), 2 * MOST_TOKENS)
_CLASSES = st.sampled_from(
    [
        *("cache_read", "cache_creation", "ephemeral_5m_input_tokens"),
        *("ephemeral_1h_input_tokens", "flex", "flex_cache_read", "priority_cache_read", "audio"),
    ]
)


@given(_COUNTS, _COUNTS, _COUNTS, st.dictionaries(_CLASSES, st.integers(-100, 10**13)))
def test_never_negative(
    prompt: int | None, completion: int | None, total: int | None, details: dict[str, Any]
) -> None:
    """Whatever a run says, no class of its tokens is negative."""
    tokens = of(prompt, completion, total, **details).tokens

    classes = (
        *(tokens.input, tokens.output, tokens.uncached, tokens.cache_read),
        *(tokens.cache_write, tokens.cache_write_1h, tokens.cached_above_input),
    )
    assert min(classes) >= 0


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ({"audio": 0, "cache_read": 120}, 120),
        ({"cache_creation": 0, "ephemeral_1h_input_tokens": 0}, 0),
        ({"text": 800, "image": 100}, 0),
        ({"cache_read": 1001}, None),
        ({"cache_creation": 1, "cache_read": 120}, None),
        ({"flex": 880, "flex_cache_read": 120}, None),
        ({"audio": -1}, None),
        ({"something_new": 1}, None),
    ],
)
def test_plain_details(details: dict[str, int], expected: int | None) -> None:
    """Of 1000 input tokens, only cached ones within them may have a price of their own."""
    assert plain_cache_read(TokenDetails(details), 1000) == expected
