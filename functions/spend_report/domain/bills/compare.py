"""The bill beside the traces: a row for each model and kind of token, with the cause of its gap.

Nothing is dropped and nothing counted twice: the rows sum to the bills and to the traced day.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.bills.bill import DOLLARS, Bill, NotCompared, TokenKind, TracedModel
from spend_report.domain.bills.causes import Cause
from spend_report.domain.bills.matching import billers, sides
from spend_report.domain.bills.rows import (
    NOT_COMPARED,
    ModelPrices,
    Row,
    rows_of_model,
    unbilled_rows,
)
from spend_report.domain.bills.same_model import SameModel


class Comparison(Struct, frozen=True):
    """The bill of one provider beside what was traced of its models.

    `reason` is why there is no bill to compare; empty where there is one.
    """

    provider: str
    rows: Sequence[Row]
    reason: str = ""

    @property
    def billed(self) -> Decimal:
        """The bill's sum in dollars."""
        return sum((row.billed for row in self.rows if row.billed is not None), ZERO)

    @property
    def estimated(self) -> Decimal:
        """What the traces of the provider's models come to."""
        return sum((row.estimated for row in self.rows), ZERO)

    @property
    def unexplained(self) -> Decimal:
        """What was billed above what the traces come to, row by row."""
        return sum((max(row.gap, ZERO) for row in self._compared), ZERO)

    @property
    def explained_share(self) -> Decimal | None:
        """The share of what was billed that the traces come to; None where nothing was billed."""
        charged = sum((max(row.billed or ZERO, ZERO) for row in self._compared), ZERO)
        return 1 - self.unexplained / charged if charged else None

    @property
    def gap(self) -> Decimal:
        """How far bill and traces are apart: what is billed above or below, whichever is more.

        What was traced and is on no bill is no gap of this one.
        """
        below = sum(
            (max(-row.gap, ZERO) for row in self._compared if row.cause != Cause.NOT_BILLED), ZERO
        )
        return max(self.unexplained, below)

    @property
    def _compared(self) -> list[Row]:
        return [row for row in self.rows if row.billed is not None]


class DayComparison(Struct, frozen=True):
    """The bills of a UTC day beside its traces; `elsewhere` is what is on none of the bills."""

    day: date
    comparisons: Sequence[Comparison]
    elsewhere: Sequence[Row]

    @property
    def rows(self) -> list[Row]:
        """All rows, by provider, the largest amounts first."""
        of_bills = [row for each in self.comparisons for row in each.rows]
        return [*of_bills, *self.elsewhere]


def compare(
    day: date,
    results: Sequence[Bill | NotCompared],
    traced: Iterable[TracedModel],
    names: SameModel,
    prices: ModelPrices,
) -> DayComparison:
    """Each of `results` beside the `traced` models of the UTC day `day`."""
    bills = {result.provider: result for result in results if isinstance(result, Bill)}
    by_biller = billers(traced, bills, names)
    comparisons = []
    for result in results:
        rows = by_biller.pop(result.provider, [])
        comparisons.append(_comparison(result, rows, names, prices))
    elsewhere = [
        row
        for biller, models in by_biller.items()
        for row in unbilled_rows(biller, models, Cause.NOT_BILLED, prices)
    ]
    return DayComparison(day, comparisons, _sorted(elsewhere))


def _comparison(
    result: Bill | NotCompared,
    traced: Sequence[TracedModel],
    names: SameModel,
    prices: ModelPrices,
) -> Comparison:
    reason = _reason(result, traced)
    if isinstance(result, NotCompared) or reason:
        cause = f"{NOT_COMPARED}: {reason}"
        rows = list(unbilled_rows(result.provider, traced, cause, prices))
        return Comparison(
            result.provider,
            _sorted(rows) or [Row(result.provider, "", TokenKind.OTHER, None, ZERO, cause)],
            reason,
        )
    rows = [row for model in sides(result, traced, names) for row in rows_of_model(model, prices)]
    return Comparison(result.provider, _sorted(rows))


def _reason(result: Bill | NotCompared, traced: Sequence[TracedModel]) -> str:
    if isinstance(result, NotCompared):
        return result.reason
    if not result.lines and any(row.cost for row in traced):
        return "the bill of the day is empty, while calls were traced"
    currencies = {line.currency for line in result.lines}
    if result.lines and DOLLARS not in currencies:
        return f"billed in {', '.join(sorted(currencies))}, not in US dollars"
    return ""


def _sorted(rows: Iterable[Row]) -> list[Row]:
    """The largest models first, each model's rows together."""
    size: dict[str, Decimal] = {}
    listed = list(rows)
    for row in listed:
        amount = max(row.billed or ZERO, row.estimated)
        size[row.model] = size.get(row.model, ZERO) + amount
    kinds = list(TokenKind)
    return sorted(listed, key=lambda row: (-size[row.model], row.model, kinds.index(row.kind)))
