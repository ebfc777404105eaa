from collections.abc import Sequence
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.figures.ledger import Ledger, LineKey, Totals, cost_of
from spend_report.domain.prices.price_sources import PriceSource, Rates, Tokens
from tests.reckoning import rates

CHEAP, DEAR = rates("0.15", "0.60"), rates("2.50", "10")


def key(feature: str = "x", rates_: Rates | None = CHEAP, source: str = "parameter") -> LineKey:
    return LineKey("app", feature, (), "openai", "m", PriceSource(source), rates_, None)


_TOTALS = st.builds(
    Totals,
    calls=st.integers(1, 5),
    tokens=st.builds(Tokens, st.integers(0, 10**6), st.integers(0, 10**6)),
    errors=st.integers(0, 5),
    langsmith_cost=st.decimals(0, 10, places=9),
)
_LINES = st.lists(st.tuples(st.builds(key, st.sampled_from("xyz")), _TOTALS), max_size=8)


@given(st.lists(_LINES, min_size=1, max_size=4), st.data())
def test_merging(parts: Sequence[list[tuple[LineKey, Totals]]], data: st.DataObject) -> None:
    """Partial ledgers come to the same in any order, and to the same as all lines at once."""
    order = data.draw(st.permutations(range(len(parts))))

    merged = Ledger()
    for index in order:
        merged = merged.merge(Ledger(parts[index]))

    assert merged == Ledger([line for part in parts for line in part])


def test_merge_leaves_both() -> None:
    """Merging makes a new ledger and leaves the two as they were."""
    one, other = Ledger([(key(), Totals(calls=1))]), Ledger([(key(), Totals(calls=2))])

    merged = one.merge(other)

    assert merged.lines[key()].calls == 3
    assert (one.lines[key()].calls, other.lines[key()].calls) == (1, 2)


def test_lines_apart() -> None:
    """Calls of different prices stay apart, so that each can be priced by itself."""
    ledger = Ledger([(key(rates_=CHEAP), Totals(calls=1)), (key(rates_=DEAR), Totals(calls=1))])

    assert len(ledger.lines) == 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # 1000 x 2.50 + 100 x 10
        (key(rates_=DEAR), "0.0035"),
        (key(rates_=None, source="langsmith"), "0.07"),
        (key(rates_=None, source="unpriced"), "0"),
    ],
)
def test_cost(line: LineKey, expected: str) -> None:
    """A line costs its tokens' price, else what LangSmith recorded, else nothing."""
    totals = Totals(calls=1, tokens=Tokens(1000, 100), langsmith_cost=Decimal("0.07"))

    assert cost_of(line, totals) == Decimal(expected)


_TOKENS = st.builds(
    lambda fresh, output, read, write, write_1h, audio: Tokens(
        *(fresh + read + write + write_1h, output, read, write, write_1h),
        *(min(audio, fresh), min(audio, read), min(audio, output)),
    ),
    *(st.integers(0, 10**6) for _ in range(6)),
)


@given(st.lists(_TOKENS, max_size=20))
def test_priced_once_is_priced_each(calls: list[Tokens]) -> None:
    """One bucket of tokens, priced once, costs exactly what its calls do one by one."""
    ledger = Ledger((key(rates_=DEAR), Totals(calls=1, tokens=tokens)) for tokens in calls)

    together = sum(cost_of(line, totals) for line, totals in ledger.lines.items())

    assert together == sum(DEAR.cost(tokens) for tokens in calls)
