"""Finding a model in the catalogue by an exact name, at the provider that sold the call.

Importing this module loads the catalogue: a second and tens of megabytes.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from genai_prices.data_snapshot import get_snapshot
from genai_prices.types import (
    ClauseAnd,
    ClauseContains,
    ClauseEndsWith,
    ClauseEquals,
    ClauseOr,
    ClauseRegex,
    ClauseStartsWith,
    MatchLogic,
    ModelInfo,
    Provider,
)

from spend_report.domain.prices.model_names import catalogue_names, provider_id

# What may follow a known name so that it is still that model: dates, versions, context windows.
_RELEASE = re.compile(
    r"(?:[-@](?:\d{4}-\d\d-\d\d|\d{8}|\d{3,4}|\d\d-(?:\d\d|\d{4})|latest|default|preview|exp|v\d+)"
    r"|:\d+k?)+$"
)
# Where Bedrock runs a model: https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html
# `global.` is not among them: it has prices of its own.
_REGIONS = r"(?:us|us-gov|eu|apac|ap|au|jp|ca|in|sa|me|af)\."
_REGION = re.compile(rf"^{_REGIONS}")
_BEDROCK = re.compile(
    r"(?:[a-z-]{2,6}\.)?(?:ai21|amazon|anthropic|cohere|deepseek|google|meta|minimax|mistral"
    r"|moonshotai|nvidia|openai|qwen|writer|zai)\.[a-z]"
)
_PLACE = re.compile(rf"(?:{_REGIONS})?(?:[a-z0-9]+\.)?")
_COMPACT_DATE = re.compile(r"-(20\d\d)(\d\d)(\d\d)$")

# Their models are theirs alone, or the name says which cloud sold them. Open-weight models run
# anywhere, at anybody's price, so their vendor's name in front of a model says nothing.
_UNMISTAKABLE = frozenset({"anthropic", "aws", "azure", "google", "openai", "x-ai"})
_ROUTER = "litellm"  # it writes the true provider in front of the model

# What a vendor gives away and others sell, at up to six times what the catalogue notes for the
# vendor. Clients with another `base_url` still call the provider `openai`.
_SOLD_BY_OTHERS = {"openai": re.compile("gpt-oss")}


class Found(NamedTuple):
    """An entry of the catalogue.

    `own`: it is the seller's own, not one that it takes from the vendor (Azure from OpenAI);
    only then do its variants, such as service tiers, hold.
    """

    model: ModelInfo
    own: bool


def find(name: str, provider: str) -> Found | None:
    """The catalogue's entry of the model `name` as sold by `provider`; None if it has none."""
    refs = [ref.lower() for ref in catalogue_names(name)]
    refs += [dashed for ref in refs if (dashed := _COMPACT_DATE.sub(r"-\1-\2-\3", ref)) != ref]
    for host in _hosts(refs, provider):
        known = refs + [_REGION.sub("", ref) for ref in refs if host.id == "aws"]
        for seller in (host, *_lenders(host)):
            for ref in known:
                models = (model for model in seller.models if is_exact(model, ref))
                model = next((model for model in models if is_sold(seller, model)), None)
                if model is not None:
                    return Found(model, seller is host)
    return None


def is_sold(seller: Provider, model: ModelInfo) -> bool:
    """Whether `seller` sells `model` itself, and not only others do."""
    others = _SOLD_BY_OTHERS.get(seller.id)
    return others is None or others.match(model.id) is None


def is_exact(model: ModelInfo, ref: str) -> bool:
    """Whether the lower-case name `ref` is `model` itself or a release of it.

    `gpt-5-nano-2025-08-07` is a release of gpt-5-nano; `gpt-5-nano-tts`, which the catalogue's
    own pattern admits too, may be anything. A fine-tuned model is never its base.
    """
    if ref.startswith("ft:") and not model.id.startswith("ft:"):
        return False
    return _names(model.match, ref, _RELEASE.sub("", ref))


def _names(clause: MatchLogic, ref: str, stem: str) -> bool:  # noqa: PLR0911  # one a clause
    """Whether `clause` covers `ref` but for a release at its end and a region at its start."""
    match clause:
        case ClauseEquals(equals):
            return ref == equals.lower()
        case ClauseStartsWith(text):
            return ref.startswith(text.lower()) and len(text) >= len(stem)
        case ClauseEndsWith(text):
            return ref.endswith(text.lower()) and _is_place(ref[: -len(text)])
        case ClauseContains(text):
            before, found, _ = ref.partition(text.lower())
            return bool(found) and _is_place(before) and len(before) + len(text) >= len(stem)
        case ClauseRegex(pattern):
            match_ = re.match(pattern, ref)
            return match_ is not None and match_.end() >= len(stem)
        case ClauseOr(clauses):
            return any(_names(each, ref, stem) for each in clauses)
        case ClauseAnd(clauses):
            return clause.is_match(ref) and any(_names(each, ref, stem) for each in clauses)


def _is_place(text: str) -> bool:
    return _PLACE.fullmatch(text) is not None


def _hosts(refs: list[str], provider: str) -> Iterator[Provider]:
    """Who may have sold the call, the likeliest first.

    A provider that the run names and the catalogue has is taken at its word. `openai` is also
    what clients of compatible services call themselves, so there a provider in front of the
    model's name counts as well, and the vendor of a model that is sold by no other name
    (`grok-4`). Without a provider the model's own vendor is meant; with one
    that nobody knows (a gateway, a machine under a desk) only if nobody else sells the model.
    """
    if any(_BEDROCK.match(ref) for ref in refs):
        yield from _by_id("aws")
    own = list(_by_id(provider))
    yield from own
    if own and own[0].id != "openai":
        return
    anyone = not provider.strip() or provider.strip().lower() == _ROUTER
    named = [host for ref in refs if "/" in ref for host in _by_id(ref.partition("/")[0])]
    vendors = [host for ref in refs for host in _vendor(ref)]
    for host in (*named, *vendors):
        if anyone or host.id in _UNMISTAKABLE:
            yield host


def _by_id(spelling: str) -> Iterator[Provider]:
    wanted = provider_id(spelling) or spelling.strip().lower()
    return (provider for provider in get_snapshot().providers if provider.id == wanted)


def _lenders(host: Provider) -> Iterator[Provider]:
    return (lender for id_ in host.fallback_model_providers or () for lender in _by_id(id_))


def _vendor(ref: str) -> Iterator[Provider]:
    providers = get_snapshot().providers
    return (each for each in providers if each.model_match and each.model_match.is_match(ref))
