"""Tokens of a run like most, fast; `usage` has the rule, and takes all other runs.

Most runs state an input, an output and a total that adds up, and no classes but those of caches
and reasoning. What is found here is what `usage` would find, without a remark.
"""

from collections.abc import Mapping

from spend_report.domain.runs.run import Run
from spend_report.domain.runs.usage import MOST_TOKENS

type PlainTokens = tuple[int, int, int, int, int]
"""Input, output, cache reads, and cache writes for five minutes and for an hour."""

type _Classes = Mapping[str, int | None]


def plain_tokens(run: Run) -> PlainTokens | None:
    """The tokens of `run`; None where more than these has to be looked at."""
    input_, output, total = run.prompt_tokens, run.completion_tokens, run.total_tokens
    if not input_ or not output or not total:
        return None
    ins, outs = run.prompt_token_details, run.completion_token_details
    rest = total - input_ - output
    if not rest and ins is None and outs is None and 0 < input_ < total <= MOST_TOKENS:
        return input_, output, 0, 0, 0
    if not (0 < input_ <= MOST_TOKENS and 0 < output <= MOST_TOKENS and 0 < total <= MOST_TOKENS):
        return None
    cached = _cached(ins.raw, input_) if ins is not None and ins.raw else _NONE
    reasoning = _reasoning(outs.raw, output) if outs is not None and outs.raw else 0
    if cached is None or reasoning is None:
        return None
    if rest > 0:
        if rest > reasoning or rest == sum(cached):
            return None
        output += rest
    return input_, output, *cached


_NONE = (0, 0, 0)


def _cached(classes: _Classes, input_: int) -> tuple[int, int, int] | None:
    """Cache reads and both cache writes, if they are within the input and nothing else is."""
    read = written = short = long = 0
    for name, count in classes.items():
        if not count:  # OpenAI's clients name `audio` each time, mostly with zero
            continue
        if name == "cache_read":
            read = count
        elif name == "cache_creation":
            written = count
        elif name == "ephemeral_5m_input_tokens":
            short = count
        elif name == "ephemeral_1h_input_tokens":
            long = count
        else:
            return None
    if short or long:
        written = max(written, short + long)
    plain = read >= 0 and 0 <= short <= written and long >= 0 and read + written <= input_
    return (read, written - long, long) if plain else None


def _reasoning(classes: _Classes, output: int) -> int | None:
    """The reasoning, if it is within the output and nothing else is."""
    reasoning = 0
    for name, count in classes.items():
        if count:
            if name != "reasoning":
                return None
            reasoning = count
    return reasoning if 0 <= reasoning <= output else None
