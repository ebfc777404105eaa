"""Proof that a day's figures agree with each other, before anybody sees them."""

from collections.abc import Sequence
from decimal import Decimal

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.day_figures import DayFigures, FeatureSpend, SpendLine
from spend_report.domain.figures.ledger import Ledger, cost_of
from spend_report.errors import InconsistentReportError


def check(figures: DayFigures, ledger: Ledger) -> None:
    """Nothing is lost between the lines, and every run is either counted or left out.

    Raises:
        InconsistentReportError: otherwise.
    """
    lines = ledger.lines.items()
    sums = {
        "the runs": (
            sum(totals.calls for _, totals in lines),
            sum(totals.tokens.input for _, totals in lines),
            sum(totals.tokens.output for _, totals in lines),
            sum((cost_of(key, totals) for key, totals in lines), ZERO),
        ),
        "spend_by_feature": _sums(figures.features),
        "spend_detail": _sums(figures.lines),
    }
    if len(set(sums.values())) > 1:
        told = "; ".join(f"{name}: {values}" for name, values in sums.items())
        raise InconsistentReportError(
            f"{figures.date}: calls, tokens and dollars differ between {told}. "
            "Nothing was published; this is a fault in spend-report, please report it"
        )
    if figures.fetched != figures.calls + sum(figures.left_out.values()):
        raise InconsistentReportError(
            f"{figures.date}: {figures.fetched} runs were read, but {figures.calls} counted and "
            f"{dict(figures.left_out)} left out. Nothing was published; this is a fault in "
            "spend-report, please report it"
        )


def _sums(rows: Sequence[FeatureSpend] | Sequence[SpendLine]) -> tuple[int, int, int, Decimal]:
    return (
        sum(row.calls for row in rows),
        sum(row.input_tokens for row in rows),
        sum(row.output_tokens for row in rows),
        sum((row.cost for row in rows), ZERO),
    )
