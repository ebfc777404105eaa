"""What a traced model's cost comes to by kind of token, as far as prices tell."""

from collections.abc import Mapping
from decimal import Decimal

from spend_report.domain.basics.money import PER_MILLION, ZERO
from spend_report.domain.bills.bill import TokenKind, TracedModel
from spend_report.domain.prices.price_sources import Rates

# Shares are rounded here, so that the last of them makes the sum exact.
_SHARE = Decimal("1e-12")


def cost_by_kind(traced: TracedModel, rates: Rates | None) -> dict[TokenKind, Decimal]:
    """The cost of `traced` by kind; the parts sum to it exactly.

    `rates` is the model's ordinary price, None if unknown. Where the calls had other prices too
    (tiers, long contexts, caches that live an hour), what is left goes to the cache writes if
    their longer lifetime explains it, and else to all kinds alike.
    """
    tokens = {kind: count for kind, count in traced.tokens.items() if count}
    if not tokens:
        return {TokenKind.OTHER: traced.cost} if traced.cost else {}
    prices = prices_of(rates) if rates is not None else dict.fromkeys(TokenKind, Decimal(1))
    parts = {kind: count * prices[kind] * PER_MILLION for kind, count in tokens.items()}
    left = traced.cost - sum(parts.values(), ZERO)
    if not left:
        return parts
    written = tokens.get(TokenKind.CACHE_WRITE, 0)
    if rates is not None and written:
        longer = written * (rates.cache_write_1h - rates.cache_write) * PER_MILLION
        if 0 < left <= longer:
            return parts | {TokenKind.CACHE_WRITE: parts[TokenKind.CACHE_WRITE] + left}
    return _spread(traced.cost, parts if any(parts.values()) else tokens)


def prices_of(rates: Rates) -> dict[TokenKind, Decimal]:
    """US dollars per million tokens by kind."""
    return {
        TokenKind.INPUT: rates.input,
        TokenKind.CACHED_INPUT: rates.cache_read,
        TokenKind.CACHE_WRITE: rates.cache_write,
        TokenKind.OUTPUT: rates.output,
        TokenKind.OTHER: ZERO,
    }


def _spread(
    amount: Decimal, weights: Mapping[TokenKind, Decimal | int]
) -> dict[TokenKind, Decimal]:
    """`amount` in proportion to `weights`; the heaviest takes what rounding leaves."""
    whole = sum(weights.values(), ZERO)
    parts = {
        kind: (amount * weight / whole).quantize(_SHARE) if whole else ZERO
        for kind, weight in weights.items()
    }
    heaviest = max(weights, key=lambda kind: weights[kind])
    parts[heaviest] += amount - sum(parts.values(), ZERO)
    return parts
