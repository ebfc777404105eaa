"""From sums by group and hour to the lines of the ledger."""

from decimal import Decimal, InvalidOperation

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.ledger import Ledger, LineKey, Totals
from spend_report.domain.parts.sum_calls import Slot
from spend_report.domain.prices.price_sources import PriceSource, Tokens
from spend_report.domain.runs.run import ERROR, PENDING

# A smaller share of traces would be no sample but a slip.
_LEAST_RATE = Decimal("0.000001")


def ledger_of(slots: list[Slot]) -> Ledger:
    """The ledger of the calls in `slots`, of which equal groups are one object."""
    by_line: dict[tuple[int, bool], list[Slot]] = {}
    for slot in slots:
        by_line.setdefault((id(slot.group), slot.recorded), []).append(slot)
    return Ledger((_line_key(own[0]), _totals(own)) for own in by_line.values())


def _totals(slots: list[Slot]) -> Totals:
    group, recorded = slots[0].group, slots[0].recorded
    calls = sum(slot.calls for slot in slots)
    tokens = sum((slot.tokens for slot in slots), Tokens())
    langsmith_cost = sum((slot.langsmith_cost for slot in slots), ZERO)
    cost = langsmith_cost if group.rates is None else group.rates.cost(tokens)
    compared = recorded and group.rates is not None
    without_usage = sum(slot.without_usage for slot in slots)
    is_free = group.status not in {ERROR, PENDING} and (group.rates is not None or not recorded)
    return Totals(
        calls=calls,
        tokens=tokens,
        errors=calls if group.status == ERROR else 0,
        error_cost=cost if group.status == ERROR else ZERO,
        pending=calls if group.status == PENDING else 0,
        without_usage=without_usage,
        finished_without_usage=without_usage if is_free else 0,
        langsmith_cost=langsmith_cost,
        compared=calls if compared else 0,
        compared_cost=cost if compared else ZERO,
    )


def _line_key(slot: Slot) -> LineKey:
    group = slot.group
    if group.rates is not None:
        source = group.rates.source
    else:
        source = PriceSource.LANGSMITH if slot.recorded else PriceSource.UNPRICED
    return LineKey(
        project=group.project.name,
        feature=group.feature,
        dimensions=group.dimensions,
        provider=group.provider,
        model=group.model,
        source=source,
        rates=group.rates,
        sample_rate=_sample_rate(group.sample_rate),
        written=group.written,
    )


def _sample_rate(text: str) -> Decimal | None:
    """The share of traces that the application recorded, if it is one and not all of them."""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and _LEAST_RATE <= rate < 1 else None
