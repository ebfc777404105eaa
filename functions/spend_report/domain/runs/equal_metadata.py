"""Which runs have the same metadata.

Python takes 1, 1.0 and true for equal, but in a report they are three values. Sorted by equality
alone, the one that happens to come first would stand for all. Text equals only the same text, so
that only metadata with numbers in it needs a closer look.
"""

from typing import Any

from msgspec.structs import astuple


def has_numbers(metadata: Any) -> bool:
    """Whether other metadata may equal `metadata` without being the same."""
    return metadata is not None and any(map(_has_equals, astuple(metadata)))


def identity(metadata: Any) -> Any:
    """A key that only the same `metadata` has; unhashable where a value is."""
    if not has_numbers(metadata):
        return metadata
    return (metadata, tuple(repr(value) for value in astuple(metadata) if _has_equals(value)))


def _has_equals(value: Any) -> bool:
    return isinstance(value, int) or (isinstance(value, float) and value.is_integer())
