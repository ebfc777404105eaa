"""The ledger: what was spent, by everything that a report slices by.

A ledger is a value. Adding calls in any order, or merging partial ledgers in any order, gives
the same ledger, because a total is a sum of integers and exact decimals. Tokens are summed
within one set of rates and priced once, which is exact: cost is linear in tokens there.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from operator import add
from typing import NamedTuple

from msgspec import Struct, field
from msgspec.structs import astuple

from spend_report.domain.basics.money import ZERO
from spend_report.domain.prices.price_sources import PriceSource, Rates, Tokens


class LineKey(NamedTuple):
    """What the calls of one line have in common.

    `rates` is None where LangSmith's recorded cost counts or nothing does. `sample_rate` is the
    share of traces that the application recorded, None if all. `written` is the tag that names
    the feature, itself or one of its aliases.
    """

    project: str
    feature: str
    dimensions: tuple[str, ...]
    provider: str
    model: str
    source: PriceSource
    rates: Rates | None
    sample_rate: Decimal | None
    written: str = ""


class Totals(Struct, frozen=True):
    """Sums over calls; costs in US dollars.

    `without_usage` have no tokens; of these, `finished_without_usage` ended well and cost nothing.
    `langsmith_cost` is what LangSmith recorded, on `compared` of the calls; `compared_cost` is
    ours for exactly those. `error_cost` is that of the calls that failed.
    """

    calls: int = 0
    tokens: Tokens = field(default_factory=Tokens)
    errors: int = 0
    pending: int = 0
    without_usage: int = 0
    finished_without_usage: int = 0
    compared: int = 0
    langsmith_cost: Decimal = ZERO
    compared_cost: Decimal = ZERO
    error_cost: Decimal = ZERO

    def __add__(self, other: "Totals") -> "Totals":
        return Totals(*map(add, astuple(self), astuple(other)))


class Ledger:
    """Totals by line. See the module for why it merges."""

    def __init__(self, lines: Iterable[tuple[LineKey, Totals]] = ()) -> None:
        self._lines: dict[LineKey, Totals] = {}
        for key, totals in lines:
            self.add(key, totals)

    def add(self, key: LineKey, totals: Totals) -> None:
        """Add the sums `totals` to the line `key`."""
        self._lines[key] = self._lines.get(key, Totals()) + totals

    def merge(self, other: "Ledger") -> "Ledger":
        """A new ledger with the calls of both."""
        return Ledger([*self.lines.items(), *other.lines.items()])

    @property
    def lines(self) -> Mapping[LineKey, Totals]:
        """The totals by line, in no particular order."""
        return self._lines

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ledger) and self._lines == other._lines

    __hash__ = None  # type: ignore[assignment]  # a mutable value


def cost_of(key: LineKey, totals: Totals) -> Decimal:
    """What the calls of a line cost, in US dollars; zero where they are unpriced."""
    if key.rates is not None:
        return key.rates.cost(totals.tokens)
    return totals.langsmith_cost if key.source is PriceSource.LANGSMITH else ZERO


def unpriced_calls(key: LineKey, totals: Totals) -> int:
    """The calls of a line without a price. One without tokens costs nothing, so none is missing."""
    return totals.calls - totals.without_usage if key.source is PriceSource.UNPRICED else 0
