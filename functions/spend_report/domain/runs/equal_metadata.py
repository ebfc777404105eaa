"""Which runs have the same metadata, and what names stand in it.

Python takes 1, 1.0 and true for equal, but in a report they are three values. Sorted by equality
alone, the one that happens to come first would stand for all. Text equals only the same text, so
that only metadata with numbers in it needs a closer look. A text that is longer than a name may be
is not kept, however often it comes: a few thousand prompts would fill the memory.
"""

from typing import Any, NamedTuple

from msgspec.structs import astuple

from spend_report.domain.basics.names import MOST_CHARACTERS, name_of


class Reading(NamedTuple):
    """What metadata holds: its values as names, in the order of its attributes.

    `numbers` tells it from other metadata that equals it; empty if none does.
    """

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    is_long: bool


NOTHING = Reading((), (), is_long=False)


def read(metadata: Any) -> Reading:
    """What `metadata` holds; `NOTHING` where there is none."""
    if metadata is None:
        return NOTHING
    names: list[str] = []
    numbers: list[str] = []
    is_long = False
    for value in astuple(metadata):
        names.append("" if value is None else name_of(value))
        if isinstance(value, str):
            is_long = is_long or len(value) > MOST_CHARACTERS
        elif isinstance(value, int) or (isinstance(value, float) and value.is_integer()):
            numbers.append(repr(value))
    return Reading(tuple(names), tuple(numbers), is_long)
