"""Names that are likely one name, typed in two ways.

Two names are alike if they differ only in case, in hyphens, underscores and spaces, in how Unicode
composes their letters, or in what nobody sees. They are also alike if one letter is missing, too
many or another, or two have changed places, where that is a slip rather than another word: never a
digit (`v1`, `v2`), never in a name of up to six characters, never in a word of two letters (`-en`,
`-es`), and never where both words stand in other names too (`contact-…`, `contract-…`).
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from spend_report.domain.basics.names import name_of

# Shorter names and words differ by a letter from many that mean something else.
_LONGER_THAN = 6
_LEAST_WORD = 3
# Nobody types a longer name: it came out of a program.
_MOST_TYPED = 64
_LOOKS_LIKE = 0.7

_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
_PART = re.compile(r"[^\W\d_]+|\d+|\S")
_SEPARATORS = {"Pd", "Pc", "Zs"}


class _Form(NamedTuple):
    """What is left of a name without what its spelling is free in, and the words in it."""

    name: str
    text: str
    words: frozenset[str]

    @property
    def may_be_mistyped(self) -> bool:
        return len(self.name) > _LONGER_THAN and len(self.text) <= _MOST_TYPED


class SimilarNames:
    """Finds among `names` those that others are likely meant to be.

    Where several of them would do, the first in their order does: by cost, it is the costliest.
    """

    def __init__(self, names: Iterable[str]) -> None:
        self._forms = [_form(name) for name in dict.fromkeys(names)]
        self._ranks = {form.name: rank for rank, form in enumerate(self._forms)}
        self._by_text: dict[str, _Form] = {}
        for form in self._forms:
            if form.text:  # nothing but spaces, hyphens and underscores says nothing
                self._by_text.setdefault(form.text, form)
        self._by_slip: defaultdict[str, list[_Form]] = defaultdict(list)
        self._uses: Counter[str] = Counter()
        for form in self._by_text.values():
            self._uses.update(form.words)
            for text in _slips(form):
                self._by_slip[text].append(form)

    def alike(self, name: str) -> str | None:
        """The first of the names, other than `name` itself, that is alike to it."""
        form = _form(name)
        same = self._by_text.get(form.text)
        if same is not None and same.name != name:
            return same.name
        near = {other for text in _slips(form) for other in self._by_slip.get(text, ())}
        meant = [other.name for other in near if self._is_slip(form, other)]
        return min(meant, key=self._ranks.__getitem__, default=None)

    def nearest(self, name: str) -> str | None:
        """The name that `name` is alike to, else the one that looks most like it, if any does."""
        alike = self.alike(name)
        if alike is not None:
            return alike
        by_look = {form.text[:_MOST_TYPED]: form for form in reversed(self._forms)}
        look = _form(name).text[:_MOST_TYPED]
        by_look.pop(look, None)
        closest = get_close_matches(look, by_look, n=1, cutoff=_LOOKS_LIKE)
        return by_look[closest[0]].name if closest else None

    def pairs(self) -> list[tuple[str, str]]:
        """Each name that is alike to one before it, as the second of a pair."""
        return [
            (other, form.name)
            for form in self._forms
            if (other := self.alike(form.name)) is not None
            and self._ranks[other] < self._ranks[form.name]
        ]

    def _is_slip(self, one: _Form, other: _Form) -> bool:
        if not _one_letter_apart(one.text, other.text):
            return False
        words = [
            max(a.words - b.words, key=len, default="") for a, b in ((one, other), (other, one))
        ]
        return min(map(len, words)) >= _LEAST_WORD and not all(
            self._stands_elsewhere(word, one, other) for word in words
        )

    def _stands_elsewhere(self, word: str, *but: _Form) -> bool:
        own = {self._by_text[form.text] for form in but if form.text in self._by_text}
        return self._uses[word] > sum(word in form.words for form in own)


def _form(name: str) -> _Form:
    text, words = "", set()
    for part in _parts(name_of(name)):
        if part.isdecimal() and text[-1:].isdecimal():
            text += "-"  # what parts two numbers is not free: 1-12 is not 11-2
        elif part.isalpha():
            words.add(part)
        text += part
    return _Form(name, text, frozenset(words))


def _parts(name: str) -> list[str]:
    """The words, numbers and signs of `name`."""
    kept = unicodedata.normalize(
        "NFKC", _HUMP.sub(" ", unicodedata.normalize("NFKC", name)).casefold()
    )
    categories = ((char, unicodedata.category(char)) for char in kept)
    return _PART.findall(
        "".join(" " if kind in _SEPARATORS else char for char, kind in categories if kind != "Cf")
    )


def _slips(form: _Form) -> Iterator[str]:
    """Texts of which two names that are one letter apart have at least one in common."""
    if form.may_be_mistyped:
        text = form.text
        shorter = (text[:at] + text[at + 1 :] for at, char in enumerate(text) if _is_letter(char))
        yield from {text, *shorter}


def _one_letter_apart(one: str, other: str) -> bool:
    """Whether one letter was left out, put in or replaced, or two neighbours changed places."""
    start = _common(one, other)
    most = min(len(one), len(other)) - start
    end = min(most, _common(one[::-1], other[::-1]))
    rests = one[start : len(one) - end], other[start : len(other) - end]
    is_swap = rests[0] == rests[1][::-1] and len(rests[0]) == len("ab")
    return (is_swap or max(map(len, rests)) == 1) and all(map(_is_letter, "".join(rests)))


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _is_letter(char: str) -> bool:
    """Whether `char` is a letter as typed by its key; a wide one stands for a syllable or word."""
    return char.isalpha() and unicodedata.east_asian_width(char) not in {"W", "F"}
