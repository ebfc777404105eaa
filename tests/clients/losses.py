"""What each client gets wrong: what it never writes, and what it writes beside where it belongs."""

from typing import NamedTuple


class Fault(NamedTuple):
    """What a client does, and what the report makes of it."""

    does: str
    made: str


# Nobody can know from a trace what is not written there.
LOST = {
    "audio": Fault(
        "does not say which tokens are audio", "costs what text does: too cheap for Gemini's audio"
    ),
    "cached audio": Fault(
        "does not say which cached tokens are audio", "as few of them as there must be"
    ),
    "cache read": Fault("leaves out cached tokens", "cost what other input does: too dear"),
    "cache write": Fault(
        "leaves out what was written into the cache", "costs what other input does: too cheap"
    ),
    "lifetime": Fault(
        "leaves out how long the cache holds what was written",
        "costs what five minutes do: too cheap for an hour",
    ),
    "billed units": Fault(
        "writes the tokens counted, not those billed", "costs what was counted: too dear"
    ),
    "tier": Fault("leaves out the service tier", "costs the standard price"),
    "other names": Fault(
        "reads cached tokens and thinking only where OpenAI has them, not in the fields of "
        "DeepSeek, Mistral and Perplexity",
        "cached tokens cost what other input does: too dear; Perplexity's thinking nothing",
    ),
    "every chunk": Fault(
        "adds up the usage that Perplexity repeats in every chunk", "costs it all: far too dear"
    ),
    "usage": Fault("leaves out the usage", "costs nothing, and is told as calls without usage"),
    "model": Fault(
        "leaves out the model's name", "costs nothing, and is told as calls without a model"
    ),
    "blocked": Fault("leaves out the usage of a blocked prompt", "costs nothing"),
}
# The total tells what belongs where.
BESIDE = {
    "thinking": Fault("leaves thinking beside the output", "counted as output"),
    "tool use": Fault(
        "leaves the prompt of Gemini's own tools beside the input",
        "counted as input, and named as unexplained",
    ),
    "small total": Fault("adds reasoning to the output, not to the total", "the total is ignored"),
    "lifetime's name": Fault(
        "calls the lifetime of an hour `ephemeral_1hr_input_tokens`", "known by both names"
    ),
    "bands": Fault("splits cached tokens above 200,000", "added up"),
}
FAULTS = {**LOST, **BESIDE}

OF: dict[str, tuple[str, ...]] = {
    "ChatOpenAI": ("other names", "thinking"),
    "ChatOpenAI, streamed": ("other names", "thinking", "every chunk"),
    "ChatAnthropic, streamed": ("lifetime",),
    "ChatGoogleGenerativeAI": ("audio", "blocked", "tool use"),
    "ChatGoogleGenerativeAI, streamed": ("audio", "tool use"),
    "ChatVertexAI": ("audio", "thinking", "tool use"),
    "ChatBedrock, Invoke": ("lifetime",),
    "ChatXAI": ("small total",),
    "ChatMistralAI": ("cache read",),
    "ChatCohere": ("billed units",),
    "ChatCohere, streamed": ("usage",),
    "wrap_openai": ("cache write", "other names", "thinking"),
    "wrap_openai, streamed": ("cache write", "other names", "thinking", "tier"),
    "wrap_openai, responses": ("cache write",),
    "wrap_gemini": ("audio", "thinking", "tool use", "bands"),
    "OpenAI Agents, responses": ("cache write", "tier"),
    "OpenAI Agents, chat completions": ("model",),
    "Claude Agent SDK": ("lifetime's name",),
    "Google ADK": ("audio", "thinking", "tool use"),
    "Google ADK, live": ("cached audio", "thinking", "tool use"),
}


def faults(client: str) -> tuple[str, ...]:
    """The faults of `client`; of its streams too, unless these have faults of their own."""
    return OF.get(client, OF.get(client.removesuffix(", streamed"), ()))
