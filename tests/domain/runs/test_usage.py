from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.plain_usage import plain_tokens
from spend_report.domain.runs.run import MetadataKeys, Run
from spend_report.domain.runs.token_classes import Meaning, token_class
from spend_report.domain.runs.usage import (
    AUDIO_ABOVE_ALL,
    MOST_TOKENS,
    NEGATIVE,
    NOT_A_COUNT,
    TOO_LARGE,
    RemarkKind,
    Usage,
    usage,
)
from tests.traces import decoded, llm

KEYS = MetadataKeys("feature", ())

type Classes = Mapping[str, int | None]


def run_of(
    prompt: int | None, completion: int | None, total: int | None, ins: Classes, outs: Classes
) -> Run:
    fields: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": total,
        "prompt_token_details": {"raw": ins} if ins else None,
        "completion_token_details": {"raw": outs} if outs else None,
    }
    return decoded(llm("a", tokens=None, **fields), KEYS)


def of(
    prompt: int | None,
    completion: int | None,
    total: int | None,
    *,
    reasoning: int = 0,
    outs: Classes | None = None,
    **ins: int | None,
) -> Usage:
    return usage(run_of(prompt, completion, total, ins, {"reasoning": reasoning, **(outs or {})}))


def errors(found: Usage) -> list[tuple[str, int]]:
    return [(about, tokens) for kind, about, tokens in found.remarks if kind is RemarkKind.ERROR]


def unexplained(found: Usage) -> int:
    return sum(tokens for kind, _, tokens in found.remarks if kind is RemarkKind.UNEXPLAINED)


def test_nothing_reported() -> None:
    """A run without token fields has no tokens, and that is no error."""
    assert of(None, None, None) == Usage(Tokens(), None, ())


def test_input_includes_the_cached() -> None:
    """Cache reads are part of the input, not on top of it."""
    tokens = of(1000, 100, 1100, cache_read=300).tokens

    assert (tokens.input, tokens.cache_read, tokens.uncached) == (1000, 300, 700)


@pytest.mark.parametrize(
    ("stated", "classes", "expected"),
    [
        # Thinking beside the output: Gemini's clients, xAI's API.
        ((7477, 2060, 11_476), {"reasoning": 1939}, (7477, 3999, 0)),
        ((1000, 100, 3100), {"reasoning": 2000}, (1000, 2100, 0)),
        ((10_120, 1499, 14_428), {"reasoning": 2809, "cache_read": 128}, (10_120, 4308, 0)),
        # ... and inside of it already.
        ((1000, 2100, 3100), {"reasoning": 2000}, (1000, 2100, 0)),
        # More than the output, whatever the total says.
        ((1000, 100, 1100), {"reasoning": 101}, (1000, 201, 0)),
        ((1000, 100, None), {"reasoning": 101}, (1000, 201, 0)),
        # The cached tokens beside the input, also where the total forgets them.
        ((100, 50, 1150), {"cache_read": 1000}, (1100, 50, 0)),
        ((2000, 50, 3050), {"cache_read": 600, "cache_creation": 400}, (3000, 50, 0)),
        ((500, 100, 600), {"cache_read": 150_000}, (150_500, 100, 0)),
        # Both beside.
        ((2000, 500, 3800), {"cache_read": 1000, "reasoning": 300}, (3000, 800, 0)),
        ((100, 50, 1450), {"cache_read": 1000, "reasoning": 300}, (1100, 350, 0)),
        # A total that is too small.
        ((1000, 900, 1100), {"reasoning": 800}, (1000, 900, 0)),
        ((1000, 900, 0), {"reasoning": 800}, (1000, 900, 0)),
        # A prompt of the provider's own tools stands in the total alone.
        ((15, 40, 600), {"reasoning": 257}, (303, 297, 288)),
        ((432, None, 528), {"reasoning": 18}, (510, 18, 78)),
        ((13, 194, 496), {}, (302, 194, 289)),
        # Nothing but a total.
        ((None, None, 150), {}, (150, 0, 150)),
        ((100, None, 150), {}, (150, 0, 50)),
    ],
)
def test_what_the_total_holds(
    stated: tuple[int | None, int | None, int | None],
    classes: dict[str, int],
    expected: tuple[int, int, int],
) -> None:
    """What the total holds beyond input and output goes where its classes say, or is named."""
    found = of(*stated, **classes)  # type: ignore[arg-type]  # `outs` is none of the names

    assert (found.tokens.input, found.tokens.output, unexplained(found)) == expected


@pytest.mark.parametrize(
    ("details", "write", "write_1h"),
    [
        ({"cache_creation": 300}, 300, 0),
        ({"cache_write": 300}, 300, 0),
        ({"cache_creation": 300, "cache_write_tokens": 300}, 300, 0),
        ({"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200}, 100, 200),
        ({"ephemeral_5m_input_tokens": 100, "ephemeral_1hr_input_tokens": 200}, 100, 200),
        ({"cache_creation_5m": 100, "cache_creation_ephemeral_1h_tokens": 200}, 100, 200),
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
                "ephemeral_5m_input_tokens": None,
                "ephemeral_1h_input_tokens": 200,
            },
            0,
            200,
        ),
    ],
)
def test_writes_once(details: dict[str, int | None], write: int, write_1h: int) -> None:
    """`cache_creation` and the lifetimes are the same tokens and count once, by any name."""
    tokens = of(1000, 100, 1100, **details).tokens  # type: ignore[arg-type]  # as above

    assert (tokens.cache_write, tokens.cache_write_1h) == (write, write_1h)


@pytest.mark.parametrize(
    ("stated", "bands", "read"),
    [
        ((300_000, 10, 300_010), (200_000, 50_000), 250_000),
        ((300_000, 10, 300_010), (200_000, 0), 200_000),
        # More than there is: the one repeats the other.
        ((300_000, 10, 300_010), (300_000, 100_000), 300_000),
        ((500, 10, 510), (300, 300), 300),
        # More than the input, but the total has room for both outside of it.
        ((240_000, 10, 490_010), (200_000, 50_000), 250_000),
    ],
)
def test_price_bands_of_reads(
    stated: tuple[int, int, int], bands: tuple[int, int], read: int
) -> None:
    """Bands of cache reads are disjoint, unless they would be more than the input."""
    found = of(*stated, cache_read=bands[0], cache_read_over_200k=bands[1], over_200k=7)

    assert found.tokens.cache_read == read
    assert found.remarks == ()


@pytest.mark.parametrize("tier", ["flex", "priority", "batch"])
def test_service_tier(tier: str) -> None:
    """A tier in front of a class's name is the call's tier; the class means what it does."""
    details = {tier: 300, f"{tier}_cache_read": 400, f"{tier}_cache_creation": 300}
    found = of(1000, 100, 1150, outs={tier: 100, f"{tier}_reasoning": 50}, **details)

    assert found.service_tier == tier
    assert found.remarks == ()
    assert found.tokens == Tokens(1000, 150, 400, 300)


def test_service_tier_of_the_output_alone() -> None:
    """The tier counts as well where only the output names it."""
    assert of(1000, 100, 1100, outs={"flex": 100}).service_tier == "flex"


@pytest.mark.parametrize(
    "name", ["warp_tokens", "flexible", "cache_reads", "ephemeral_2d", "", "_"]
)
def test_unknown_class(name: str) -> None:
    """A class that nobody knows is named with its amount; its tokens cost like all others."""
    found = of(1000, 100, 1100, **{name: 50})  # type: ignore[arg-type]  # as above

    assert errors(found) == [(f"unknown class of tokens {name!r}", 50)]
    assert (found.tokens, found.service_tier) == (Tokens(1000, 100), None)


def test_unknown_class_of_none() -> None:
    """A class without tokens, or with null, is no class."""
    assert of(1000, 100, 1100, warp=0, woof=None, outs={"warp": None}).remarks == ()


def test_modalities_like_text() -> None:
    """Pictures and the like are known, but cost what text does, and that is said."""
    found = of(1000, 100, 1100, image=258, text=42, outs={"text": 90, "video_tokens": 7})

    said = [(kind, about, tokens) for kind, about, tokens in found.remarks]
    assert said == [
        (RemarkKind.LIKE_TEXT, "image in", 258),
        (RemarkKind.LIKE_TEXT, "video out", 7),
    ]


@pytest.mark.parametrize(
    ("details", "fresh", "from_cache"),
    [
        ({"audio": 300}, 300, 0),
        ({"audio": 300, "cache_read": 700}, 300, 0),
        ({"audio": 300, "cache_read": 900}, 100, 200),
        ({"audio": 1000, "cache_read": 400, "cache_creation": 500}, 100, 400),
        ({"flex_audio": 300, "flex": 700}, 300, 0),
    ],
)
def test_audio_in(details: dict[str, int], fresh: int, from_cache: int) -> None:
    """Audio comes from the cache as far as there is no other place for it in the input."""
    found = of(1000, 100, 1100, **details)  # type: ignore[arg-type]  # as above

    assert (found.tokens.audio_input, found.tokens.audio_cache_read) == (fresh, from_cache)
    assert found.remarks == ()


def test_audio_above_all() -> None:
    """More audio than there is of anything is an error, with what is too much."""
    found = of(1000, 100, 1100, audio=1300, outs={"audio": 150})

    assert errors(found) == [(AUDIO_ABOVE_ALL, 350)]
    assert (found.tokens.audio_input, found.tokens.audio_output) == (1000, 100)


def test_negative() -> None:
    """Negative counts are errors with their amounts and count as nothing."""
    found = of(-500, -20, 10, cache_read=-3)

    assert sorted(errors(found)) == [(NEGATIVE, 3), (NEGATIVE, 20), (NEGATIVE, 500)]
    assert found.tokens == Tokens(input=10)


def test_too_large() -> None:
    """A count that no model can reach is an error, so that one run cannot be the day's cost."""
    found = of(MOST_TOKENS + 1, 5, 5)

    assert errors(found) == [(TOO_LARGE, MOST_TOKENS + 1)]
    assert found.tokens == Tokens(output=5)


def test_odd_fields() -> None:
    """Each field that was no whole number is an error of an unknown amount."""
    run = decoded(llm("a", oddities=["prompt_tokens"]), KEYS)

    assert errors(usage(run)) == [(NOT_A_COUNT, 0)]


@pytest.mark.parametrize(
    ("name", "meaning", "tier"),
    [
        ("cached_tokens", Meaning.READ, None),
        ("cache_read_input_tokens", Meaning.READ, None),
        ("priority_cache_read_over_200k", Meaning.READ, "priority"),
        ("cache_creation_input_tokens", Meaning.WRITTEN, None),
        ("Reasoning_Tokens", Meaning.REASONING, None),
        ("flex", Meaning.ORDINARY, "flex"),
        ("over_200k", Meaning.ORDINARY, None),
        ("rejected_prediction_tokens", Meaning.ORDINARY, None),
        ("document", Meaning.MODALITY, None),
        ("flexible_cache_read", Meaning.UNKNOWN, None),
    ],
)
def test_names_of_classes(name: str, meaning: Meaning, tier: str | None) -> None:
    """Classes are known by the names that clients and providers have for them."""
    class_ = token_class(name)

    assert (class_.meaning, class_.tier) == (meaning, tier)


_COUNTS = st.none() | st.integers(-(10**3), 10**4) | st.integers(-5, 2 * MOST_TOKENS)
_NAMES = st.sampled_from(
    [
        *("cache_read", "cache_read_over_200k", "cache_creation", "ephemeral_5m_input_tokens"),
        *("ephemeral_1h_input_tokens", "ephemeral_1hr_input_tokens", "flex", "flex_cache_read"),
        *("priority_cache_read", "audio", "image", "text", "reasoning", "flex_reasoning", "warp"),
    ]
)
_CLASSES = st.dictionaries(_NAMES, st.none() | st.integers(-100, 10**4) | st.integers(0, 10**13))


@given(_COUNTS, _COUNTS, _COUNTS, _CLASSES, _CLASSES)
def test_never_negative_and_never_twice(
    prompt: int | None, completion: int | None, total: int | None, ins: Any, outs: Any
) -> None:
    """Whatever a run says, no class of its tokens is negative or more than what it is part of."""
    tokens = usage(run_of(prompt, completion, total, ins, outs)).tokens

    assert min(tokens.cache_read, tokens.cache_write, tokens.cache_write_1h, tokens.uncached) >= 0
    assert 0 <= tokens.audio_input <= tokens.uncached
    assert 0 <= tokens.audio_cache_read <= tokens.cache_read
    assert 0 <= tokens.audio_output <= tokens.output


_SMALL = st.integers(0, 500)


@given(_SMALL, _SMALL, _SMALL, _SMALL, _SMALL, _SMALL)
def test_none_lost(
    prompt: int, completion: int, total: int, read: int, written: int, reasoning: int
) -> None:
    """No token of a run is lost, and none appears that nobody states.

    Input and output are at least what is stated and what their classes hold. Together they are
    the total, or more only by classes that are larger than what they should be inside of.
    """
    found = of(
        *(prompt, completion, total),
        cache_read=read,
        cache_creation=written,
        reasoning=reasoning,
    )

    input_, output = found.tokens.input, found.tokens.output
    outside_in = read + written if read + written > prompt else 0
    outside_out = reasoning if reasoning > completion else 0
    assert input_ >= max(prompt, read + written)
    assert output >= max(completion, reasoning)
    assert input_ + output == max(total, prompt + completion + outside_in + outside_out)
    assert unexplained(found) <= max(0, total - prompt - completion)


@given(_COUNTS, _COUNTS, _COUNTS, _CLASSES, _CLASSES)
def test_fast_is_the_same(
    prompt: int | None, completion: int | None, total: int | None, ins: Any, outs: Any
) -> None:
    """What is found fast is what the rule finds, and there is nothing to say about it."""
    run = run_of(prompt, completion, total, ins, outs)

    tokens = plain_tokens(run)

    assert tokens is None or usage(run) == Usage(Tokens(*tokens), None, ())


@pytest.mark.parametrize(
    ("ins", "outs", "fast"),
    [
        ({"audio": 0, "cache_read": 120}, {"audio": 0, "reasoning": 60}, True),
        ({"cache_creation": 0, "ephemeral_5m_input_tokens": 300, "cache_read": None}, {}, True),
        ({"ephemeral_1h_input_tokens": 300}, {"reasoning": 900}, True),
        ({"cache_read": 1001}, {}, False),
        ({"flex": 880, "flex_cache_read": 120}, {}, False),
        ({"audio": 1}, {}, False),
        ({"image": 1}, {}, False),
        ({}, {"warp": 1}, False),
        ({}, {"reasoning": 901}, False),
    ],
)
def test_most_are_fast(ins: Classes, outs: Classes, fast: bool) -> None:  # a case
    """Caches and reasoning inside of 1000 in and 900 out are ordinary."""
    assert (plain_tokens(run_of(1000, 900, 1900, ins, outs)) is not None) == fast
