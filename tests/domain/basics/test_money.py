from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.basics.money import exact_sums, exactly, loads_exact, percent, rounded, usd


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        ("0", "0.000000"),
        ("2.14", "2.140000"),
        ("0.0000005", "0.000000"),
        ("0.0000015", "0.000002"),
        ("0.0000025", "0.000002"),
        ("0.00000250000000000001", "0.000003"),
        ("-1.5", "-1.500000"),
        ("1E+3", "1000.000000"),
        ("123456789012.3456785", "123456789012.345678"),
    ],
)
def test_usd(amount: str, expected: str) -> None:
    """Six decimals, ties to even, and never an exponent."""
    assert usd(Decimal(amount)) == expected


@given(st.decimals(-(10**9), 10**9, places=9))
def test_usd_and_rounded_agree(amount: Decimal) -> None:
    """An amount and the same amount as a fraction are rounded alike."""
    assert Decimal(usd(amount)) == rounded(Fraction(amount))


@pytest.mark.parametrize(
    ("part", "whole", "expected"),
    [("1", "3", "33.3"), ("1", "8", "12.5"), ("2.1400001", "2", "107.0"), ("0", "5", "0.0")],
)
def test_percent(part: str, whole: str, expected: str) -> None:
    """Percentages have one decimal."""
    assert percent(Decimal(part), Decimal(whole)) == expected


def test_percent_of_nothing() -> None:
    """There is no percentage of nothing: the cell stays empty."""
    assert percent(Decimal(1), Decimal(0)) == ""


@pytest.mark.parametrize("text", ["0.1", "1e-07", "0.0035", "123456.789"])
def test_exactly(text: str) -> None:
    """A double becomes the decimal that it was sent as, not the binary fraction it is."""
    assert exactly(float(text)) == Decimal(text)


def test_exact_numbers() -> None:
    """Numbers in a document are exactly what is written there."""
    assert loads_exact('{"a": 2.10, "b": 1e-7, "c": 3}') == {
        "a": Decimal("2.10"),
        "b": Decimal("1E-7"),
        "c": 3,
    }


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('{"a": NaN}', "NaN"),
        ('{"a": -Infinity}', "Infinity"),
        ('{"a": 1, "a": 2}', "'a' stands twice"),
        ('{"a": 1', "delimiter"),
    ],
)
def test_refused(text: str, told: str) -> None:
    """What is no amount, or says two things at once, is refused."""
    with pytest.raises(ValueError, match=told):
        loads_exact(text)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.floats(0, 10**6, allow_subnormal=False)
            | st.decimals(0, 10**6, places=7).map(float)
            | st.decimals(0, 20, places=15).map(float)
            | st.sampled_from([0.009562500000000002, 9.007199254740993, 1e-300, 5e-324]),
        ),
        min_size=1,
    )
)
def test_exact_sums(amounts: list[tuple[int, float]]) -> None:
    """Many at once, doubles come to the sum of their texts, whether they are short or long."""
    with localcontext(prec=2000):
        expected = {
            key: sum((exactly(amount) for at, amount in amounts if at == key), Decimal(0))
            for key, _ in amounts
        }

        assert exact_sums(*zip(*amounts, strict=True)) == expected
