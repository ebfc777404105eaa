"""Text that strangers wrote into metadata, as one comparable value."""

import json
import re
from typing import Any

_LINE_BREAK = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")


def text_of(value: Any) -> str:
    """`value` of a metadata key as text: trimmed, and empty if there is none.

    What is not text (numbers, lists, …) becomes its JSON, so that nothing is lost and equal
    values stay equal. Line breaks become spaces, as they do in the reports. Lone surrogates,
    which no encoding can carry, become `?`.
    """
    if value is None:
        return ""
    text = (
        value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, sort_keys=True, default=str)
    )
    return one_line(text.encode("utf-8", "replace").decode("utf-8").strip())


def one_line(text: str) -> str:
    """`text` with a space for each line break."""
    return _LINE_BREAK.sub(" ", text)
