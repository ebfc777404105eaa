"""Whole numbers by the million, and which of them stand where in their order."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence

# So many are sorted, which is fastest; of more, those that cannot be the answer are left out first.
_FEW = 100_000
_BITS = 12


class Amounts:
    """Numbers from zero on, in eight bytes each, but for the few that are too large for that."""

    def __init__(self) -> None:
        self._most = array("q")
        self._large: list[int] = []

    def __len__(self) -> int:
        return len(self._most) + len(self._large)

    def add(self, amount: int) -> None:
        """Take one more."""
        try:
            self._most.append(amount)
        except OverflowError:
            self._large.append(amount)

    def at(self, ranks: Sequence[int]) -> list[int]:
        """The numbers at `ranks`, which ascend, of all in ascending order; the first is at 0."""
        most = len(self._most)
        found = list(_at(self._most, [rank for rank in ranks if rank < most]))
        large = sorted(self._large)
        return [*found, *(large[rank - most] for rank in ranks if rank >= most)]


def _at(amounts: Sequence[int], ranks: Sequence[int]) -> Iterator[int]:
    if len(amounts) <= _FEW:
        ordered = sorted(amounts)
        yield from (ordered[rank] for rank in ranks)
        return
    low, high = min(amounts), max(amounts)
    # Numbers that have these bits in common are told apart by the others, one level down.
    shift = max(0, (high - low).bit_length() - _BITS)
    sizes = Counter((amount - low) >> shift for amount in amounts)
    before = 0
    for leading, size in sorted(sizes.items()):
        own = [rank - before for rank in ranks if before <= rank < before + size]
        if own and not shift:
            yield from [low + leading] * len(own)
        elif own:
            alike = (amount for amount in amounts if (amount - low) >> shift == leading)
            yield from _at(array("q", alike), own)
        before += size
