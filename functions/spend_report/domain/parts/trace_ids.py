"""Ids of traces in little space."""

import re
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from types import MappingProxyType
from typing import Self

from spend_report.domain.runs.columns import Columns

_UUID = re.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_BYTES = 16


class RowIds(Sequence[str]):
    """The ids of traces, each as the text in one row of `columns`."""

    def __init__(self, columns: Columns, rows: Sequence[int]) -> None:
        self._columns = columns
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place: int) -> str:  # type: ignore[override]  # nobody takes a slice
        return self._columns.trace_id(self._rows[place])


class PackedIds(Sequence[str]):
    """The ids of traces as numbers, `_BYTES` each, but for those that are no UUIDs.

    Attributes:
        packed: the numbers one after the other; zeros for the `odd` ones.
        odd: ids of another form, by their places.
    """

    def __init__(self, packed: bytes = b"", odd: Mapping[int, str] = MappingProxyType({})) -> None:
        self.packed = bytearray(packed)
        self.odd = dict(odd)

    @classmethod
    def of(cls, ids: Iterable[str]) -> Self:
        """`ids`, packed."""
        packed = cls()
        for id_ in ids:
            packed.append(id_)
        return packed

    @classmethod
    def chained(cls, parts: Sequence["PackedIds"]) -> Self:
        """The ids of `parts`, one behind the other."""
        offsets = accumulate(map(len, parts), initial=0)
        odd = {
            offset + place: id_
            for offset, part in zip(offsets, parts, strict=False)
            for place, id_ in part.odd.items()
        }
        return cls(b"".join(part.packed for part in parts), odd)

    def keys(self) -> Sequence[int]:
        """A number for each id, the same for equal ids, and hardly ever the same for others."""
        return array("Q", self.packed)[1::2]

    def __len__(self) -> int:
        return len(self.packed) // _BYTES

    def __getitem__(self, place: int) -> str:  # type: ignore[override]  # nobody takes a slice
        if place in self.odd:
            return self.odd[place]
        if place >= len(self):
            raise IndexError(place)
        digits = self.packed[place * _BYTES : (place + 1) * _BYTES].hex()
        return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"

    def append(self, id_: str) -> None:
        """Add an id."""
        if _UUID.fullmatch(id_):
            self.packed += bytes.fromhex(id_.replace("-", ""))
        else:
            self.odd[len(self)] = id_
            self.packed += bytes(_BYTES)


def packed(ids: Sequence[str]) -> PackedIds:
    """`ids`, packed if they are not yet."""
    return ids if isinstance(ids, PackedIds) else PackedIds.of(ids)
