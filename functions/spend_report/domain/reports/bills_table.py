"""The table `bills`: a UTC day's bills beside its traces."""

from decimal import Decimal

from spend_report.domain.basics.money import Figure, percent, usd
from spend_report.domain.bills.compare import DayComparison
from spend_report.domain.bills.rows import Row
from spend_report.domain.reports.csv_tables import table

BILLS = [
    "date",
    "provider",
    "model",
    "token_kind",
    "billed_usd",
    "estimated_usd",
    "gap_usd",
    "gap_pct",
    "cause",
    "note",
]


def bills(found: DayComparison) -> bytes:
    """One row per provider, model, kind of token and cause; the largest models first.

    What is not compared has neither a bill nor a gap.
    """
    return table(
        BILLS,
        (
            (
                found.day,
                row.provider,
                row.model,
                str(row.kind),
                *_amounts(row),
                str(row.cause),
                row.note,
            )
            for row in found.rows
        ),
    )


def _amounts(row: Row) -> tuple[Figure, Figure, Figure, Figure]:
    estimated = usd(row.estimated)
    if row.billed is None:
        return Figure(), estimated, Figure(), Figure()
    # The gap of the written figures, so that the row adds up as it stands.
    billed = usd(row.billed)
    gap = Decimal(billed) - Decimal(estimated)
    return billed, estimated, usd(gap), percent(gap, Decimal(billed))
