"""What providers bill: each by its own formula, over the fields of its own answer.

Nothing here knows what a client makes of an answer. The formulas are those of the providers'
references: OpenAI's input holds the cached tokens and its output the reasoning; Anthropic's and
Bedrock's caches lie beside the input; Gemini's thinking lies beside the candidates, and the prompt
of its own tools beside the prompt; xAI's reasoning lies beside the completion.
"""

from collections.abc import Collection, Mapping
from copy import replace
from dataclasses import astuple, dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from genai_prices import Usage, calc_price

from tests.clients.answers import Answer

type Fields = Mapping[str, Any]

WHEN = datetime(2026, 11, 21, 10, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Bill:
    """Tokens that a provider bills: `input` holds the cached ones, audio is a part of each."""

    input: int = 0
    output: int = 0
    read: int = 0
    written: int = 0  # for five minutes and for an hour
    written_1h: int = 0
    audio_in: int = 0
    audio_read: int = 0
    audio_out: int = 0

    def without(self, lost: Collection[str]) -> "Bill":
        """The bill as it is to be seen through a client that does not write the `lost` classes."""
        bill = self
        if "audio" in lost:
            bill = replace(bill, audio_in=0, audio_read=0, audio_out=0)
        if "cache write" in lost:
            bill = replace(bill, written=0, written_1h=0)
        if "lifetime" in lost:
            bill = replace(bill, written_1h=0)
        if "cache read" in lost:
            bill = replace(bill, read=0, audio_read=0)
        if "cached audio" in lost:
            fresh = bill.input - bill.read - bill.written
            bill = replace(bill, audio_read=max(0, bill.audio_in - fresh))
        return bill

    def twice(self) -> "Bill":
        """The bill for double the tokens."""
        return Bill(*(2 * count for count in astuple(self)))

    def dollars(self, input_: int, output: int, read: int, written: int) -> Decimal:
        """The cost at prices per million tokens, audio like text and one price of cache writes."""
        uncached = self.input - self.read - self.written
        millionths = (
            uncached * input_ + self.output * output + self.read * read + self.written * written
        )
        return Decimal(millionths) / 1_000_000

    def catalogue_dollars(
        self, model: str, provider: str, when: datetime = WHEN, tier: str | None = None
    ) -> Decimal:
        """The cost as genai-prices itself works it out; `tier` is that of the service."""
        usage = Usage(
            input_tokens=self.input,
            output_tokens=self.output,
            cache_read_tokens=self.read,
            cache_write_tokens=self.written,
            cache_write_1h_tokens=self.written_1h,
            input_audio_tokens=self.audio_in,
            cache_audio_read_tokens=self.audio_read,
            output_audio_tokens=self.audio_out,
        )
        price = calc_price(
            usage,
            model,
            provider_id=provider,
            genai_request_timestamp=when,
            price_context={"service_tier": tier} if tier in ("flex", "priority") else None,
        )
        return price.total_price


def openai(usage: Fields) -> Bill:
    """https://platform.openai.com/docs/api-reference: both chat completions and responses."""
    ins = usage.get("prompt_tokens_details") or usage.get("input_tokens_details") or {}
    outs = usage.get("completion_tokens_details") or {}
    read = ins.get("cached_tokens") or usage.get("num_cached_tokens") or 0
    return Bill(
        input=usage.get("prompt_tokens", usage.get("input_tokens", 0)),
        output=usage.get("completion_tokens", usage.get("output_tokens", 0)),
        read=read,
        written=ins.get("cache_write_tokens") or 0,
        audio_in=ins.get("audio_tokens") or 0,
        audio_out=outs.get("audio_tokens") or 0,
    )


def xai(usage: Fields) -> Bill:
    """https://docs.x.ai/docs/models: reasoning tokens are beside the completion's."""
    bill = openai(usage)
    outs = usage.get("completion_tokens_details") or {}
    return replace(bill, output=bill.output + (outs.get("reasoning_tokens") or 0))


def perplexity(usage: Fields) -> Bill:
    """https://docs.perplexity.ai/getting-started/pricing: thinking beside the completion.

    Its price, those of citations and of searches are not tokens of these kinds.
    """
    bill = openai(usage)
    return replace(bill, output=bill.output + usage.get("reasoning_tokens", 0))


def deepseek(usage: Fields) -> Bill:
    """https://api-docs.deepseek.com/api/create-chat-completion: hits and misses."""
    bill = openai(usage)
    return replace(bill, read=usage.get("prompt_cache_hit_tokens", bill.read))


def anthropic(usage: Fields) -> Bill:
    """https://docs.claude.com/en/api/messages: three disjoint parts of the input."""
    read = usage.get("cache_read_input_tokens") or 0
    written = usage.get("cache_creation_input_tokens") or 0
    lifetimes = usage.get("cache_creation") or {}
    return Bill(
        input=usage["input_tokens"] + read + written,
        output=usage["output_tokens"],
        read=read,
        written=written,
        written_1h=lifetimes.get("ephemeral_1h_input_tokens") or 0,
    )


def gemini(usage: Fields) -> Bill:
    """https://ai.google.dev/api/generate-content#UsageMetadata: thinking is beside candidates."""
    audio = {
        side: _audio(usage.get(f"{side}TokensDetails"))
        for side in ("prompt", "cache", "candidates", "toolUsePrompt")
    }
    return Bill(
        input=usage.get("promptTokenCount", 0) + usage.get("toolUsePromptTokenCount", 0),
        output=usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0),
        read=usage.get("cachedContentTokenCount", 0),
        audio_in=audio["prompt"] + audio["toolUsePrompt"],
        audio_read=audio["cache"],
        audio_out=audio["candidates"],
    )


def bedrock(usage: Fields) -> Bill:
    """https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_TokenUsage.html"""
    read = usage.get("cacheReadInputTokens") or 0
    written = usage.get("cacheWriteInputTokens") or 0
    long = sum(
        part.get("inputTokens", 0)
        for part in usage.get("cacheDetails") or ()
        if part.get("ttl") == "1h"
    )
    return Bill(usage["inputTokens"] + read + written, usage["outputTokens"], read, written, long)


def cohere(usage: Fields) -> Bill:
    """https://docs.cohere.com/reference/chat: billed units, without Cohere's own preamble."""
    units = usage["billed_units"]
    return Bill(int(units["input_tokens"]), int(units.get("output_tokens", 0)))


def ollama(answer: Fields) -> Bill:
    """https://github.com/ollama/ollama/blob/main/docs/api.md: nobody bills, but counts."""
    return Bill(answer.get("prompt_eval_count", 0), answer.get("eval_count", 0))


def _audio(details: Any) -> int:
    return sum(
        part.get("tokenCount", 0) for part in details or () if part.get("modality") == "AUDIO"
    )


def of(answer: Answer, lost: Collection[str] = ()) -> Bill:
    """The bill for an answer, as far as a client tells that does not write the `lost`.

    An answer that says nothing of usage is a bill of nothing.
    """
    body = answer.body
    usage = body if answer.api == "ollama_chat" else body.get("usage") or body.get("usageMetadata")
    if (
        not usage
        or {"model", "usage"} & {*lost}
        or ("blocked" in lost and "promptFeedback" in body)
    ):
        return Bill()
    if "billed units" in lost and "billed_units" in usage:
        usage = {"billed_units": usage["tokens"]}
    if "other names" in lost:
        usage = {name: count for name, count in usage.items() if name not in _OTHER_NAMES}
    bill = _FORMULAS.get(answer.api, openai)(usage).without(lost)
    repeated = "every chunk" in lost and answer.api == "perplexity_chat"
    return bill.twice() if repeated else bill  # as many chunks as there are in its stream here


# Where DeepSeek and Mistral have cached tokens, and Perplexity its thinking.
_OTHER_NAMES = ("prompt_cache_hit_tokens", "num_cached_tokens", "reasoning_tokens")
_FORMULAS = {
    "anthropic_messages": anthropic,
    "bedrock_converse": bedrock,
    "cohere_chat": cohere,
    "deepseek_chat": deepseek,
    "gemini": gemini,
    "ollama_chat": ollama,
    "perplexity_chat": perplexity,
    "xai_chat": xai,
}
