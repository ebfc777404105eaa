"""From the day's calls to its ledger."""

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation

from spend_report.domain.columns import Columns, Group
from spend_report.domain.ledger import Ledger, LineKey, Totals
from spend_report.domain.money import ZERO
from spend_report.domain.pricing import PriceSource
from spend_report.domain.runs import ERROR, PENDING

# A smaller share of traces would be no sample but a slip.
_LEAST_RATE = Decimal("0.000001")


def ledger_of(groups: Mapping[Group, Columns]) -> Ledger:
    """The ledger of the calls in `groups`."""
    return Ledger(
        (_line_key(group, recorded=recorded), _totals(group, columns, recorded=recorded))
        for group, all_columns in groups.items()
        for columns, recorded in _by_recorded(all_columns)
    )


def _by_recorded(columns: Columns) -> Iterator[tuple[Columns, bool]]:
    """The calls that LangSmith recorded a cost for (zero is none), and the others."""
    if not columns.recorded:
        return
    if min(columns.recorded) > 0:
        yield columns, True
    elif max(columns.recorded) <= 0:
        yield columns, False
    else:
        rows = range(len(columns))
        yield columns.rows([row for row in rows if columns.recorded[row] > 0]), True
        yield columns.rows([row for row in rows if columns.recorded[row] <= 0]), False


def _totals(group: Group, columns: Columns, *, recorded: bool) -> Totals:
    tokens, calls = columns.total_tokens(), len(columns)
    langsmith_cost = columns.total_recorded() if recorded else ZERO
    compared = recorded and group.rates is not None
    return Totals(
        calls=calls,
        tokens=tokens,
        errors=calls if group.status == ERROR else 0,
        pending=calls if group.status == PENDING else 0,
        without_usage=columns.without_usage,
        langsmith_cost=langsmith_cost,
        compared=calls if compared else 0,
        compared_cost=group.rates.cost(tokens) if group.rates is not None and recorded else ZERO,
    )


def _line_key(group: Group, *, recorded: bool) -> LineKey:
    if group.rates is not None:
        source = group.rates.source
    else:
        source = PriceSource.LANGSMITH if recorded else PriceSource.UNPRICED
    return LineKey(
        project=group.project.name,
        feature=group.feature,
        dimensions=group.dimensions,
        provider=group.provider,
        model=group.model,
        source=source,
        rates=group.rates,
        sample_rate=_sample_rate(group.sample_rate),
    )


def _sample_rate(text: str) -> Decimal | None:
    """The share of traces that the application recorded, if it is one and not all of them."""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and _LEAST_RATE <= rate < 1 else None
