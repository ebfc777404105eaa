"""What few runs have, but on some days every run: columns with an entry for these alone.

An object a run would do on most days. Where an application talks, or writes with a client whose
totals nobody can explain, it would take more memory than all that every run has. And names, on
days on which there are too many.
"""

from array import array
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet

from spend_report.domain.basics.names import OTHER
from spend_report.domain.basics.ranking import costliest
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.usage import Remark, RemarkKind

# Reasons are words of this package, and names of classes that any client may make up.
_MOST_REASONS = 10_000
_LARGEST = 2**62  # an array's entry has 63 bits and a sign; no count is that large


class AudioColumns:
    """The audio tokens of runs, in the order of their rows."""

    def __init__(self) -> None:
        self.rows = array("I")
        self._input = array("q")
        self._cache_read = array("q")
        self._output = array("q")

    def append(self, row: int, tokens: Tokens) -> None:
        """Add what `tokens` has of audio, if it has any."""
        if tokens.has_audio:
            self.rows.append(row)
            self._input.append(tokens.audio_input)
            self._cache_read.append(tokens.audio_cache_read)
            self._output.append(tokens.audio_output)

    def of(self, row: int) -> Tokens | None:
        """The audio tokens of a run, and nothing else of it; None where it has none."""
        at = bisect_left(self.rows, row)
        return self._tokens(at) if at < len(self.rows) and self.rows[at] == row else None

    def __iter__(self) -> Iterator[tuple[int, Tokens]]:
        """Each row with its audio tokens."""
        return ((row, self._tokens(at)) for at, row in enumerate(self.rows))

    def _tokens(self, at: int) -> Tokens:
        return Tokens(
            audio_input=self._input[at],
            audio_cache_read=self._cache_read[at],
            audio_output=self._output[at],
        )


class RemarkColumns:
    """What there is to say about runs, in the order of their rows."""

    def __init__(self) -> None:
        self._rows = array("I")
        self._reasons = array("I")
        self._tokens = array("q")
        self._numbers: dict[tuple[RemarkKind, str], int] = {}

    def append(self, row: int, remark: Remark) -> None:
        """Add a remark on a run."""
        reason = (remark.kind, remark.about)
        if reason not in self._numbers and len(self._numbers) >= _MOST_REASONS:
            reason = (remark.kind, OTHER)
        self._rows.append(row)
        self._reasons.append(self._numbers.setdefault(reason, len(self._numbers)))
        self._tokens.append(min(remark.tokens, _LARGEST))

    def __iter__(self) -> Iterator[tuple[int, Remark]]:
        """Each row with each of its remarks."""
        reasons = list(self._numbers)
        for row, number, tokens in zip(self._rows, self._reasons, self._tokens, strict=True):
            yield row, Remark(*reasons[number], tokens)


class Numbers(dict[str, int]):
    """A number for each name, which it gets when it is first asked for.

    Attributes:
        characters: those of all names.
    """

    characters = 0

    def __missing__(self, name: str) -> int:
        number = self[name] = len(self)
        self.characters += len(name)
        return number


class NameColumn:
    """Of runs the names of one kind, by number."""

    def __init__(self) -> None:
        self.names = Numbers()
        self.numbers = array("I")

    def append(self, name: str) -> None:
        """Add the name of a run."""
        self.numbers.append(self.names[name])

    def keep(
        self,
        most: int,
        costs: Iterable[int],
        always: AbstractSet[str],
        aliases: Mapping[str, str],
        other: str = OTHER,
    ) -> None:
        """Keep the `most` costliest names; the rest becomes the `other`.

        `costs` are those of the runs. Names are kept `always` that take the place of no other, and
        a name together with its `aliases`.
        """
        names, sums = list(self.names), [0] * len(self.names)
        if len(names) <= most:
            return
        for number, cost in zip(self.numbers, costs, strict=True):
            sums[number] += cost
        _share(sums, self.names, aliases)
        for name in always & self.names.keys():
            sums[self.names[name]] = -1
        kept = {names[place] for place in costliest(sums, most, names.__getitem__)} | always
        self.names = Numbers()
        new = [self.names[name if name in kept else other] for name in names]
        self.numbers = array("I", map(new.__getitem__, self.numbers))


def _share(sums: list[int], numbers: Mapping[str, int], aliases: Mapping[str, str]) -> None:
    """Have each name of a feature cost what all of them do."""
    features = defaultdict[str, list[int]](list)
    for name in {*aliases, *aliases.values()} & numbers.keys():
        features[aliases.get(name, name)].append(numbers[name])
    for own in features.values():
        total = sum(sums[number] for number in own)
        for number in own:
            sums[number] = total
