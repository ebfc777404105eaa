"""Figures and names as words."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.domain.basics import wording


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("2.28", "$2.28"),
        ("2.285", "$2.28"),
        ("1234567.891", "$1,234,567.89"),
        ("0.5", "$0.50"),
        ("0.1", "$0.10"),
        ("0.04", "$0.04"),
        ("0.0414", "$0.041"),
        ("0.00414", "$0.0041"),
        ("0.0000001", "$0.00"),
        ("-1.5", "\N{MINUS SIGN}$1.50"),
    ],
)
def test_dollars(amount: str, shown: str) -> None:
    """Cents, and for less than ten cents the first two digits."""
    assert wording.dollars(Decimal(amount)) == shown


@pytest.mark.parametrize(
    ("amount", "limit", "shown"),
    [
        ("2.28", "2.00", ("$2.28", "$2.00")),
        ("2.004", "2.00", ("$2.004", "$2.00")),
        ("0.0052", "0.005", ("$0.0052", "$0.005")),
        ("1.00", "0", ("$1.00", "$0.00")),
    ],
)
def test_amount_beside_its_limit(amount: str, limit: str, shown: tuple[str, str]) -> None:
    """Two different amounts never look the same."""
    assert wording.dollars_of(Decimal(amount), Decimal(limit)) == shown


@pytest.mark.parametrize(
    ("part", "shown"), [("0.253", "25 %"), ("0.072", "7.2 %"), ("0.05", "5 %"), ("0", "0 %")]
)
def test_share(part: str, shown: str) -> None:
    """Whole percents, one decimal below ten."""
    assert wording.share(Decimal(part)) == shown


def test_count() -> None:
    """Whole with commas; a mean of few has one decimal."""
    assert [wording.count(n) for n in (Fraction(2000), Fraction(29, 7), Fraction(4))] == [
        "2,000",
        "4.1",
        "4",
    ]


def test_days_are_drawn_together() -> None:
    """Runs of days become spans, over a month's end too."""
    days = [date(2026, 10, 31), date(2026, 11, 1), date(2026, 11, 4), date(2026, 11, 5)]

    assert wording.days(days) == "31 Oct \N{EN DASH} 1 Nov, 4\N{EN DASH}5 Nov"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("rag-search", "rag-search"),
        ("two\r\nlines\tand\x1b[31m red", "two lines and [31m red"),
        ("over\u202eride", "over ride"),
        ("x" * 10_000, "x" * 39 + "…"),
        ("\x00\u200b", "(no name)"),
        ("\u05d0\u05d1", "\u2068\u05d0\u05d1\u2069"),
        ("emoji 🎉", "emoji 🎉"),
    ],
)
def test_names_of_strangers(name: str, shown: str) -> None:
    """A name becomes one short line without anything that a terminal or mail client obeys."""
    assert wording.plain(name) == shown


@settings(deadline=None)
@given(st.text(max_size=300))
def test_any_name_is_harmless(name: str) -> None:
    """Whatever the name: one line, printable, at most 40 characters, and in ASCII too."""
    shown, subject = wording.plain(name), wording.ascii_only(name)

    assert 0 < len(shown) <= 40
    assert shown.strip("\u2068\u2069").isprintable()
    assert 0 < len(subject) <= 40
    assert subject.isascii()
    assert subject.isprintable()
