"""Ids as hashes of 64 bits, which take a quarter of their space and less time to compare.

To mistake one for another takes two equal hashes in one day, which has a chance of one in thirty
million where there are a million of them.
"""

from collections.abc import Sequence
from struct import pack


def hashes(ids: Sequence[str]) -> bytes:
    """The hashes of `ids`, as `array("q").frombytes` takes them: faster than one by one."""
    return pack(f"{len(ids)}q", *map(hash, ids))
