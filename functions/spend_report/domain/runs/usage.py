"""Tokens of one run, as its client wrote them, made what the provider bills.

A run states three numbers, `prompt_tokens` (the input), `completion_tokens` (the output) and
`total_tokens`, and classes of tokens inside the first two. By LangSmith's definition the input
includes what a cache holds, and the output the reasoning, but not every client writes it so:
ChatVertexAI, `wrap_gemini` and the Google ADK leave Gemini's thinking beside the output, and
clients of Claude's API the cached tokens beside the input. What the total holds beyond input
and output is explained by a class, or named:

1. A class cannot be larger than what it is inside of. Where it is, it lies outside.
2. A total that is not above input and output explains nothing, and may be too small.
3. A rest that equals the cached tokens, or these and the reasoning, is just that.
4. Of any other rest, what the reasoning allows is output. What still remains is input (a prompt
   of Gemini's own tools is one such), and nothing says so: it is unexplained.
"""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from spend_report.domain.prices.beside_tokens import Fee
from spend_report.domain.prices.price_sources import Rates, Tokens
from spend_report.domain.runs.run import Run, TokenDetails
from spend_report.domain.runs.token_classes import Meaning, TokenClass, token_class

# A trillion tokens in one call: no model comes near, so it is a fault of the data.
MOST_TOKENS = 10**12
MOST_DOLLARS = 10**6  # of one call, likewise
# And no price is so low. The sums of a day have 60 digits, which these two bounds never exceed.
LEAST_DOLLARS = 1e-18
_LONGEST_NAME = 60

NEGATIVE = "negative token count"
TOO_LARGE = "implausibly large token count"
NOT_A_COUNT = "token count that is not a whole number"
AUDIO_ABOVE_ALL = "audio tokens above all tokens"
WRONG_COST = "cost recorded by LangSmith that can't be one"


class RemarkKind(StrEnum):
    """What there is to say about some tokens of a run."""

    ERROR = "error"  # they are wrong
    UNEXPLAINED = "unexplained"  # they are in the total, but in no class; they cost as input
    LIKE_TEXT = "like_text"  # they are no text, but cost what text does
    NOT_COVERED = "not_covered"  # what they cost on the bill is more, or less, than here


class Remark(NamedTuple):
    """`tokens` of a run that are worth a word: a reason, their modality or fee, in `about`."""

    kind: RemarkKind
    about: str
    tokens: int


class Usage(Struct, frozen=True, gc=False):
    """The tokens of a run, its service tier, and what there is to say about them."""

    tokens: Tokens
    service_tier: str | None
    remarks: tuple[Remark, ...]


def usage(run: Run) -> Usage:
    """The usage of `run`. Nonsense becomes an error with its amount, never a negative count."""
    remarks: list[Remark] = []
    stated = (run.prompt_tokens, run.completion_tokens, run.total_tokens)
    prompt, completion, total = (_count(number, remarks) for number in stated)
    ins = _amounts(run.prompt_token_details, remarks)
    outs = _amounts(run.completion_token_details, remarks)

    long = _sum(ins, Meaning.WRITTEN_1H)
    written = max(_sum(ins, Meaning.WRITTEN), _sum(ins, Meaning.WRITTEN_5M) + long)
    reasoning = _sum(outs, Meaning.REASONING)
    beside = total - prompt - completion - written
    read = _read(ins, prompt, (beside, beside - reasoning))
    input_, output, unexplained = _placed(prompt, completion, total, read + written, reasoning)
    tokens = Tokens(input_, output, read, written - long, long)
    audio_in, audio_out = _sum(ins, Meaning.AUDIO), _sum(outs, Meaning.AUDIO)
    if audio_in or audio_out:
        tokens = _with_audio(tokens, audio_in, audio_out, remarks)
    if unexplained:
        remarks.append(Remark(RemarkKind.UNEXPLAINED, "", unexplained))
    for side, amounts in (("in", ins), ("out", outs)):
        remarks += _beside_text(amounts, side)
    if not plausible_cost(run):
        remarks.append(Remark(RemarkKind.ERROR, WRONG_COST, 0))
    if run.oddities:
        remarks += [Remark(RemarkKind.ERROR, NOT_A_COUNT, 0)] * len(run.oddities)
    tier = next((class_.tier for class_ in (*ins, *outs) if class_.tier), None)
    return Usage(tokens, tier, tuple(remarks))


def plausible_cost(run: Run) -> bool:
    """Whether LangSmith's recorded cost is none, or can be one."""
    return not run.total_cost or LEAST_DOLLARS <= run.total_cost <= MOST_DOLLARS


def at_standard_price(tokens: Tokens, service_tier: str) -> Remark:
    """All `tokens` of a run in a service tier that nobody has a price of."""
    return Remark(RemarkKind.NOT_COVERED, f"{service_tier} tier", tokens.input + tokens.output)


def audio_like_text(tokens: Tokens, rates: Rates) -> list[Remark]:
    """The audio of a run that costs what text does, because nobody has another price of it."""
    ins, outs = tokens.audio_input + tokens.audio_cache_read, tokens.audio_output
    found = []
    if ins and rates.audio_input is None:
        found.append(Remark(RemarkKind.LIKE_TEXT, "audio in", ins))
    if outs and rates.audio_output is None:
        found.append(Remark(RemarkKind.LIKE_TEXT, "audio out", outs))
    return found


def _count(value: int | None, remarks: list[Remark]) -> int:
    if value is None:
        return 0
    if value < 0:
        remarks.append(Remark(RemarkKind.ERROR, NEGATIVE, -value))
        return 0
    if value > MOST_TOKENS:
        remarks.append(Remark(RemarkKind.ERROR, TOO_LARGE, value))
        return 0
    return value


def _amounts(details: TokenDetails | None, remarks: list[Remark]) -> dict[TokenClass, int]:
    """Tokens by class, without those that have none. Two spellings of a class are one."""
    amounts: dict[TokenClass, int] = {}
    for name, value in details.raw.items() if details is not None and details.raw else ():
        if not (count := _count(value, remarks)):
            continue
        class_ = token_class(name)
        if class_.meaning is Meaning.UNKNOWN:
            about = f"unknown class of tokens {name[:_LONGEST_NAME]!r}"
            remarks.append(Remark(RemarkKind.ERROR, about, count))
        amounts[class_] = max(amounts.get(class_, 0), count)
    return amounts


def _sum(amounts: Mapping[TokenClass, int], meaning: Meaning) -> int:
    return sum(count for class_, count in amounts.items() if class_.meaning is meaning)


def _read(amounts: Mapping[TokenClass, int], prompt: int, rests: Collection[int]) -> int:
    """The tokens read from a cache, which some clients split by price band.

    Bands are disjoint, unless they would be more than the input and the largest is not: then
    they repeat each other. `rests` are what the total would leave for them outside the input.
    """
    bands = [count for class_, count in amounts.items() if class_.meaning is Meaning.READ]
    largest, all_ = max(bands, default=0), sum(bands)
    repeated = largest <= prompt < all_ and all_ not in rests
    return largest if repeated else all_


def _placed(
    prompt: int, completion: int, total: int, cached: int, reasoning: int
) -> tuple[int, int, int]:
    """Input and output with what lies outside of them, and what of the input is unexplained."""
    input_, output = prompt, completion
    if cached > input_:
        input_, cached = input_ + cached, 0
    if reasoning > output:
        output, reasoning = output + reasoning, 0
    rest = total - input_ - output
    if rest <= 0:
        return input_, output, 0
    if cached and rest in (cached, cached + reasoning):
        return input_ + cached, output + rest - cached, 0
    thought = min(rest, reasoning)
    return input_ + rest - thought, output + thought, rest - thought


def _with_audio(tokens: Tokens, audio_in: int, audio_out: int, remarks: list[Remark]) -> Tokens:
    """`tokens` with their audio. Of the cached tokens as few are audio as there must be."""
    excess = max(0, audio_in - tokens.input) + max(0, audio_out - tokens.output)
    if excess:
        remarks.append(Remark(RemarkKind.ERROR, AUDIO_ABOVE_ALL, excess))
    fresh = min(audio_in, tokens.uncached)
    return tokens + Tokens(
        audio_input=fresh,
        audio_cache_read=min(audio_in - fresh, tokens.cache_read),
        audio_output=min(audio_out, tokens.output),
    )


def _beside_text(amounts: Mapping[TokenClass, int], side: str) -> Iterator[Remark]:
    for class_, count in amounts.items():
        if class_.meaning is Meaning.MODALITY:
            yield Remark(RemarkKind.LIKE_TEXT, f"{class_.part} {side}", count)
        elif class_.meaning is Meaning.CITATION:
            yield Remark(RemarkKind.NOT_COVERED, Fee.CITATIONS, count)
