"""Tokens of one run, as LangSmith reports them, made fit for pricing.

Rules and their source: LangSmith defines `prompt_tokens` as including cached tokens, but some
integrations report cache tokens outside of it; the larger figure is the input. `cache_creation`
and the two `ephemeral_*` classes are the same tokens. langchain-openai puts the service tier in
front of a class's name (`flex_cache_read`) and what is left of the input under the tier itself.
"""

from collections.abc import Mapping

from msgspec import Struct

from spend_report.domain.prices.pricing import Tokens
from spend_report.domain.runs.run import Run, TokenDetails

SERVICE_TIERS = ("flex", "priority")

# A trillion tokens in one call: no model comes near, so it is a fault of the data.
MOST_TOKENS = 10**12
MOST_DOLLARS = 10**6  # of one call, likewise

_AT_THE_INPUT_PRICE = frozenset({"cache_read", "audio", "text", "image"})

NEGATIVE = "negative token count"
TOO_LARGE = "implausibly large token count"
NOT_A_COUNT = "token count that is not a whole number"
CACHED_ABOVE_INPUT = "cached tokens above the input"
WRONG_COST = "cost recorded by LangSmith that can't be one"


class Usage(Struct, frozen=True, gc=False):
    """The tokens of a run, its service tier, and what was wrong with the figures.

    `errors` has pairs of a reason and the number of tokens concerned.
    """

    tokens: Tokens
    service_tier: str | None
    errors: tuple[tuple[str, int], ...]


def usage(run: Run) -> Usage:
    """The usage of `run`. Nonsense becomes an error with its amount, never a negative count."""
    errors: list[tuple[str, int]] = []
    total = _count(run.total_tokens, errors)
    prompt = _count(run.prompt_tokens, errors)
    output = _count(run.completion_tokens, errors)
    if run.completion_tokens is None and run.prompt_tokens is not None:
        output = max(0, total - prompt)
    input_ = max(prompt, total - output)

    raw = run.prompt_token_details.raw if run.prompt_token_details is not None else None
    tier, read, written, long_lived = None, 0, 0, 0
    if raw:
        details = {name: _count(value, errors) for name, value in raw.items()}
        tier = next((tier for tier in SERVICE_TIERS if _names_tier(details, tier)), None)
        read = max(_of(details, "cache_read"), _of(details, "cache_read_over_200k"))
        long_lived = _of(details, "ephemeral_1h_input_tokens")
        short_lived = _of(details, "ephemeral_5m_input_tokens")
        written = max(_of(details, "cache_creation"), short_lived + long_lived)
    excess = max(0, read + written - input_)
    if excess:
        errors.append((CACHED_ABOVE_INPUT, excess))
    if not plausible_cost(run):
        errors.append((WRONG_COST, 0))
    if run.oddities:
        errors.extend((NOT_A_COUNT, 0) for _ in run.oddities)
    tokens = Tokens(input_, output, read, written - long_lived, long_lived, excess)
    return Usage(tokens, tier, tuple(errors))


def _count(value: int | None, errors: list[tuple[str, int]]) -> int:
    if value is None:
        return 0
    if value < 0:
        errors.append((NEGATIVE, -value))
        return 0
    if value > MOST_TOKENS:
        errors.append((TOO_LARGE, value))
        return 0
    return value


def plain_cache_read(details: TokenDetails, prompt: int) -> int | None:
    """The cached tokens of a call whose `details` hold nothing else that has a price of its own.

    Most calls' details are so: OpenAI's name `audio` and Anthropic's `cache_creation` each time,
    mostly with zero. None for all others, which `usage` looks at.
    """
    read = 0
    for name, count in details.raw.items() if details.raw else ():
        if count == 0:
            continue
        if count < 0 or name not in _AT_THE_INPUT_PRICE:
            return None
        if name == "cache_read":
            read = count
    return read if read <= prompt else None


def plausible_cost(run: Run) -> bool:
    """Whether LangSmith's recorded cost is none, or can be one."""
    return run.total_cost is None or 0 <= run.total_cost <= MOST_DOLLARS


def _of(details: Mapping[str, int], name: str) -> int:
    """The tokens of a class, with and without a service tier in front of its name."""
    return details.get(name, 0) + sum(details.get(f"{tier}_{name}", 0) for tier in SERVICE_TIERS)


def _names_tier(details: dict[str, int], tier: str) -> bool:
    return any(name == tier or name.startswith(f"{tier}_") for name in details)
