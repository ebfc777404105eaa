from typing import Any

import pytest

from spend_report.domain.basics.names import name_of


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, ""),
        ("", ""),
        (" rag-search\n", "rag-search"),
        ("two\nlines\r\nor\u2028three", "two lines or three"),
        (42, "42"),
        (4.5, "4.5"),
        (True, "true"),
        (0, "0"),
        (["a", 1], '["a", 1]'),
        ({"b": 1, "a": None}, '{"a": null, "b": 1}'),
        ("grün 🚀", "grün 🚀"),
        (["grün"], '["grün"]'),
        ("half \ud83d pair", "half ? pair"),
    ],
)
def test_text(value: Any, expected: str) -> None:
    """Text is trimmed and on one line, other values are their JSON, and null is no value."""
    assert name_of(value) == expected
