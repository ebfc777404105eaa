"""The line of a price parameter that would make the reports cost what was billed."""

from collections.abc import Mapping
from decimal import Decimal

from spend_report.domain.basics.money import PER_MILLION
from spend_report.domain.bills.bill import TokenKind
from spend_report.domain.bills.causes import Billed, price_of

_FIELDS = {
    TokenKind.INPUT: "input",
    TokenKind.OUTPUT: "output",
    TokenKind.CACHED_INPUT: "cache_read",
    TokenKind.CACHE_WRITE: "cache_write",
}
_CACHES = (TokenKind.CACHED_INPUT, TokenKind.CACHE_WRITE)
_SHOWN = Decimal("0.0001")


def price_note(
    model: str,
    billed: Mapping[TokenKind, Billed],
    tokens: Mapping[TokenKind, Decimal | None],
    known: Mapping[TokenKind, Decimal],
) -> str:
    """`"gpt-4o": {"input": 2.5, "output": 10}`: what was billed, and ours where nothing was.

    Where what was billed is no single price (batches, tiers), its mean by kind, in words; empty
    where not even that is known.

    Args:
        model: the name that the parameter would use.
        billed: the bill's side by kind.
        tokens: how many tokens that were.
        known: our prices in dollars per million tokens.
    """
    exact: dict[TokenKind, Decimal] = {}
    means: dict[TokenKind, Decimal] = {}
    for kind, bill in billed.items():
        count = tokens[kind]
        if kind in _FIELDS and count and bill.amount > 0:
            means[kind] = bill.amount / count / PER_MILLION
            price = price_of(bill.amount, count)
            if price is not None:
                exact[kind] = price
    if not means:
        return ""
    if exact.keys() != means.keys():
        by_kind = (f"{kind} {price.quantize(_SHOWN):f}" for kind, price in means.items())
        return f"billed at a mean of, in $ per million: {', '.join(by_kind)}"
    # A cache without a price of its own costs the input's, which may be the wrong one.
    own = {
        kind: price
        for kind, price in known.items()
        if kind not in _CACHES or price != known[TokenKind.INPUT]
    }
    prices = {kind: (own | exact).get(kind) for kind in _FIELDS}
    if prices[TokenKind.INPUT] is None or prices[TokenKind.OUTPUT] is None:
        by_kind = (f"{kind} {price:f}" for kind, price in exact.items())
        return f"billed at, in $ per million: {', '.join(by_kind)}"
    fields = (
        f'"{_FIELDS[kind]}": {price.normalize():f}'
        for kind, price in prices.items()
        if price is not None
    )
    return f'"{model}": {{{", ".join(fields)}}}'
