"""Which names mean one model, across a bill and the traces.

Prices are looked up by exact names. A bill has names of its own (`Claude Opus 5.5`, `NovaPro`,
`gpt-4o-2024-08-06`), so here the releases of a model are one, and so are spellings that differ in
nothing but case, dots, dashes and where the model runs.
"""

import re
from collections.abc import Callable, Mapping

from msgspec import Struct

from spend_report.domain.prices.model_names import parameter_names, provider_id

BEDROCK = "bedrock"

_AMAZON = "aws"
_AT_BEDROCK = re.compile(
    r"(?:[a-z-]{2,6}\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral"
    r"|moonshotai|nvidia|openai|qwen|writer|zai)\."
)
_VERSION = re.compile(r"-v\d+(?::\d+\w*)?$")
_RELEASE = re.compile(r"[-@]20\d\d-?\d\d-?\d\d$|-latest$")
_MODE = re.compile(r"-instruct$")
_NOT_A_LETTER = re.compile(r"[^a-z0-9]")
_VENDORS = (
    ("anthropic", re.compile(r"claude")),
    ("openai", re.compile(r"(?:ft:)?(?:gpt|chatgpt|o\d|text-embedding|codex|davinci|babbage)")),
)


class SameModel(Struct, frozen=True):
    """Names of models, told apart as prices tell them apart.

    `aliases` leads from a model to the one whose price it has; `public` gives the public price
    list's own name of a model as a provider sells it, None if it has none.
    """

    aliases: Mapping[str, str]
    public: Callable[[str, str], str | None]

    def key(self, model: str, biller: str) -> str:
        """The same for two names of one model that `biller` bills."""
        name = next(
            (self.aliases[each] for each in parameter_names(model) if each in self.aliases), model
        )
        if biller != BEDROCK:
            name = self.public(name, biller) or name
        return _letters(name)


def biller_of(provider: str, model: str) -> str:
    """Who bills the calls of `model` that runs ascribe to `provider`; empty where nobody knows.

    >>> biller_of("amazon_bedrock", "us.anthropic.claude-opus-5-5-v1:0")
    'bedrock'
    """
    known = provider_id(provider)
    if known == _AMAZON or _AT_BEDROCK.match(model.lower()):
        return BEDROCK
    if known is not None:
        return known
    in_front = provider_id(model.partition("/")[0]) if "/" in model else None
    if in_front is not None:
        return BEDROCK if in_front == _AMAZON else in_front
    return next((name for name, names in _VENDORS if names.match(model.lower())), "")


def _letters(name: str) -> str:
    """`name` without where it runs, its release, and everything but letters and digits."""
    shortest = parameter_names(name)[-1] if name.strip() else ""
    bare = _AT_BEDROCK.sub("", shortest.lower(), count=1)
    for ending in (_VERSION, _RELEASE, _MODE):
        bare = ending.sub("", bare)
    return _NOT_A_LETTER.sub("", bare) or bare
