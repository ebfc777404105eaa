"""Which runs have the same metadata.

Python takes 1, 1.0 and true for equal, but in a report they are three values. Sorted by equality
alone, the one that happens to come first would stand for all.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from msgspec.structs import astuple

from spend_report.domain.runs import Run


def identity(metadata: Any) -> Any:
    """A key that only the same `metadata` has; unhashable where a value is."""
    values = astuple(metadata) if metadata is not None else ()
    numbers = tuple(repr(value) for value in values if _has_equals(value))
    return (metadata, numbers) if numbers else metadata


def by_identity(runs: list[Run]) -> Iterable[list[Run]]:
    """`runs` of equal metadata, apart by the same metadata."""
    if identity(runs[0].metadata) is runs[0].metadata:
        return (runs,)
    same: defaultdict[Any, list[Run]] = defaultdict(list)
    for run in runs:
        same[identity(run.metadata)].append(run)
    return same.values()


def _has_equals(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
