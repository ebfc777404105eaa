"""Which of many cost most."""

from collections.abc import Callable, Sequence
from heapq import nlargest, nsmallest
from typing import Any


def costliest(costs: Sequence[int], most: int, name_of: Callable[[int], Any]) -> list[int]:
    """The places of the `most` largest of `costs`, the largest first, of equals the first by name.

    `name_of` gives the name of a place, and is asked for few.
    """
    enough = min(nlargest(most, costs), default=0)
    wanted = ((-cost, name_of(place), place) for place, cost in enumerate(costs) if cost >= enough)
    return [place for _, _, place in nsmallest(most, wanted)]
