"""How numbers, names and days read."""

from datetime import date
from decimal import Decimal

import pytest

from spend_report.page import labels


@pytest.mark.parametrize(
    ("part", "shown"),
    [
        ("0", "0.0 %"),
        ("0.0004", "under 0.1 %"),
        ("0.043", "4.3 %"),
        ("0.5", "50 %"),
        ("0.994", "99.4 %"),
        ("0.99999", "just under 100 %"),
        ("1", "100 %"),
        ("1.000001", "just over 100 %"),
        ("1.003", "100.3 %"),
        ("1.14", "114 %"),
        ("12.5", "1,250 %"),
    ],
)
def test_portion(part: str, shown: str) -> None:
    """A percentage never says 0 % or 100 % of what is not."""
    assert labels.portion(Decimal(part) * 7, Decimal(7)) == shown


@pytest.mark.parametrize(
    ("amount", "largest", "shown"),
    [
        ("12345.6", "20000", "$12,346"),
        ("4.175", "9", "$4.18"),
        ("-0.0876", "1.27", "\N{MINUS SIGN}$0.09"),
        ("0.0173", "0.4", "$0.017"),
        ("0.00173", "0.004", "$0.0017"),
        ("0.000004", "0.0002", "$0.000004"),
        ("0.004", "5", "<$0.01"),
        ("0", "5", "$0.00"),
    ],
)
def test_aligned(amount: str, largest: str, shown: str) -> None:
    """A column's amounts have the same number of decimals, and what is not nothing is not $0."""
    assert labels.aligned(Decimal(amount), Decimal(largest)) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("0.2", "+$0.20"), ("-0.2", "\N{MINUS SIGN}$0.20"), ("0.001", "±$0.00"), ("0", "±$0.00")],
)
def test_aligned_change(amount: str, shown: str) -> None:
    """A change says its direction, unless the column's decimals do not show it."""
    assert labels.aligned_change(Decimal(amount), Decimal(3)) == shown


def test_name_is_one_short_line() -> None:
    """A stranger's name is one line of at most sixty characters without control characters."""
    name = labels.name("a\n\x00\u202eb" + "c" * 10_000)

    assert name == "a b" + "c" * 56 + "…"


def test_name_without_towers() -> None:
    """Of a tower of combining marks only its foundation stays."""
    assert labels.name("ze" + "\u0301\u0336\u0300" * 400) == "ze\u0301\u0336"


def test_name_of_nothing() -> None:
    """An empty name is said to be one."""
    assert labels.name(" \t") == "(no name)"


def test_days() -> None:
    """Days and months are written in English."""
    assert labels.full_day(date(2026, 11, 21)) == "Saturday, 21 November 2026"
    assert labels.full_month(date(2026, 1, 1)) == "January 2026"


@pytest.mark.parametrize(
    ("items", "shown"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c", "d"], "a, b, c and d"),
        (["a", "b", "c", "d", "e", "f"], "a, b, c, d and 2 more"),
    ],
)
def test_listed(items: list[str], shown: str) -> None:
    """An enumeration names four at most and counts the rest."""
    assert labels.listed(items) == shown
