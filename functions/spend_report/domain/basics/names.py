"""Names that strangers wrote into metadata and parameters, as comparable values of bounded length.

Two names are the same if people can't tell them apart: they are compared and shown in Unicode's
composed form (NFC) and without what nobody sees. This is the one entrance for names: whatever
holds a name of a feature, a dimension's value or a model got it from here.
"""

import json
import re
import unicodedata
from functools import lru_cache
from hashlib import sha256
from typing import Any

# The feature of calls that no tag gives to another.
UNTAGGED = "untagged"
# What names beyond the costliest count as, where there are too many.
OTHER = "(other)"
# These say that there is no name of one's own, and take the place of none.
NO_NAMES = frozenset({"", UNTAGGED, OTHER})

MOST_CHARACTERS = 200
_HASH_DIGITS = 8

_LINE_BREAK = re.compile("\r\n|[\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029]")
# Control characters, surrogates, and what Unicode calls default ignorable: soft hyphens, joiners,
# direction marks, fillers, variation selectors, tags.
# https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
_UNSEEN = re.compile(
    "[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f"
    "\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def name_of(value: Any) -> str:
    """`value` of a metadata key as a name: trimmed, and empty if there is none.

    What is not text (numbers, lists, …) becomes its JSON, so that nothing is lost and equal
    values stay equal. Line breaks and tabs become spaces, as they do in the reports; lone
    surrogates, which no encoding can carry, become `?`. A name of more than `MOST_CHARACTERS` is
    cut and ends in `…` and eight hexadecimal digits of its hash.
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    if value.isascii() and value.isprintable():
        return _cut(value.strip())
    return _known(value) if len(value) <= MOST_CHARACTERS else _name(value)


def _name(text: str) -> str:
    text = one_line(text.encode("utf-8", "replace").decode("utf-8"))
    return _cut(unicodedata.normalize("NFC", _UNSEEN.sub("", text)).strip())


# Most names come again and again.
_known = lru_cache(4_096)(_name)


def one_line(text: str) -> str:
    """`text` with a space for each line break or tab."""
    return _LINE_BREAK.sub(" ", text)


def _cut(text: str) -> str:
    if len(text) <= MOST_CHARACTERS:
        return text
    mark = f"…{sha256(text.encode()).hexdigest()[:_HASH_DIGITS]}"
    return text[: MOST_CHARACTERS - len(mark)] + mark
