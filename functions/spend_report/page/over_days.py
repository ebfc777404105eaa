"""Costs of features over several days."""

from collections.abc import Sequence
from decimal import Decimal

from spend_report.domain.basics.money import ZERO
from spend_report.domain.record.history import PastDay

CHART_DAYS = 30
"""Calendar days in the chart over time, the report's day included."""


def cost_of(day: PastDay, feature: str) -> Decimal:
    """What `feature` cost on `day`: zero where it had no calls."""
    row = day.features.get(feature)
    return row.cost if row else ZERO


def ranked(days: Sequence[PastDay]) -> list[str]:
    """All features of `days`, costliest first, ties by name."""
    sums: dict[str, Decimal] = {}
    for day in days:
        for feature, row in day.features.items():
            sums[feature] = sums.get(feature, ZERO) + row.cost
    return sorted(sums, key=lambda feature: (-sums[feature], feature))
