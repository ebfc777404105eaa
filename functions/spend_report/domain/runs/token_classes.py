"""What the classes of a run's tokens are called, and what they mean.

LangSmith takes whatever names a client writes. Seen in clients' own code, besides LangSmith's
`cache_read`, `cache_creation`, `reasoning` and `audio`: `cache_write`; `ephemeral_1hr_input_tokens`
for `ephemeral_1h_input_tokens`; `cache_read_over_200k` and `over_200k` for a price band; and a
service tier in front (`flex_cache_read`), where the tier alone (`flex`) holds all other tokens.
"""

import re
from enum import Enum, auto
from functools import lru_cache
from typing import NamedTuple

SERVICE_TIERS = ("flex", "priority", "batch")


class Meaning(Enum):
    """What the tokens of a class are."""

    READ = auto()  # from a cache
    WRITTEN = auto()  # into a cache, for whatever time
    WRITTEN_5M = auto()
    WRITTEN_1H = auto()
    REASONING = auto()
    AUDIO = auto()
    MODALITY = auto()  # another kind of content that is not text
    CITATION = auto()  # of what a search found: beside the tokens, at a price of its own
    ORDINARY = auto()  # tokens like all others, by a name
    UNKNOWN = auto()


class TokenClass(NamedTuple):
    """A class of tokens: what they are, in which service tier, and in which part of them."""

    meaning: Meaning
    tier: str | None
    part: str


_TIER = re.compile(rf"(?P<tier>{'|'.join(SERVICE_TIERS)})(?:_|$)")
_UNIT = re.compile(r"(?:_(?:input|output|prompt|completion))?_tokens?(?:_count)?$")
_BAND = r"(?:over|under|above|below|up_to)_\d+k"
_WRITES = r"(?:(?:ephemeral|cache_creation|cache_write)_)+"
_PATTERNS = (
    (Meaning.READ, rf"(?:cache_read|cached|cached_content)(?:_{_BAND})?"),
    (Meaning.WRITTEN, r"cache_creation|cache_write"),
    (Meaning.WRITTEN_5M, rf"{_WRITES}5m(?:in)?"),
    (Meaning.WRITTEN_1H, rf"{_WRITES}(?:1hr?|60m(?:in)?)"),
    (Meaning.REASONING, r"reasoning|thinking|thoughts"),
    (Meaning.AUDIO, r"audio"),
    (Meaning.MODALITY, r"image|video|document"),
    (Meaning.CITATION, r"citations?"),
    (Meaning.ORDINARY, rf"text|{_BAND}|(?:accepted|rejected)_prediction|"),
)
_MEANINGS = tuple((meaning, re.compile(pattern)) for meaning, pattern in _PATTERNS)


@lru_cache(maxsize=4096)  # bounded, since the names are whatever clients write
def token_class(name: str) -> TokenClass:
    """What the class `name` means.

    >>> token_class("flex_cache_read")
    TokenClass(meaning=<Meaning.READ: 1>, tier='flex', part='')
    """
    stem, tier = name.strip().lower(), None
    if found := _TIER.match(stem):
        stem, tier = stem[found.end() :], found["tier"]
    stem = _UNIT.sub("", stem)
    for meaning, pattern in _MEANINGS:
        if pattern.fullmatch(stem) and (stem or tier):
            return TokenClass(meaning, tier, _part(meaning, stem))
    return TokenClass(Meaning.UNKNOWN, None, name)


def _part(meaning: Meaning, stem: str) -> str:
    """What tells apart two classes of one meaning: the price band, or the modality."""
    if meaning is Meaning.READ:
        band = re.search(_BAND, stem)
        return band[0] if band else ""
    return stem if meaning in (Meaning.MODALITY, Meaning.ORDINARY) else ""
