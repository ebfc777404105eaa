"""Why a kind of token was billed at another amount than the traces come to.

The figures tell: other tokens at our price are tokens, the same tokens at another price are a
price, and where both differ the gap is cut in two, exactly.
"""

from decimal import Decimal
from enum import StrEnum
from typing import NamedTuple

from msgspec import Struct

from spend_report.domain.basics.money import PER_MILLION, ZERO


class Cause(StrEnum):
    """Causes of a gap, as they stand in the table."""

    NONE = ""
    NOT_TRACED = "not_traced"
    TOKENS_DIFFER = "tokens_differ"
    PRICE_DIFFERS = "price_differs"
    NOT_PRICED_HERE = "not_priced_here"
    NOT_BILLED = "not_billed"


class Billed(Struct, frozen=True):
    """The bill's side of a kind of token.

    `tokens` and `list_amount` are None where it does not say; `in_tokens` is whether the tokens
    are that for certain, not thousands or millions of them.
    """

    amount: Decimal
    tokens: Decimal | None = None
    list_amount: Decimal | None = None
    in_tokens: bool = True


class Ours(Struct, frozen=True):
    """The traces' side. Prices are dollars per million tokens, None where nobody knows.

    `price` is what such a token costs in the reports, `public` what the public list says.
    """

    amount: Decimal
    tokens: Decimal
    price: Decimal | None = None
    public: Decimal | None = None


class Part(NamedTuple):
    """A part of both sides that has one cause."""

    billed: Decimal
    estimated: Decimal
    cause: Cause


# Bills come with up to sixteen digits and are rounded here or there; a millionth is no gap.
_SAME = Decimal("0.000001")
# Calls at several prices (batches, tiers) leave a trace of a difference that is none.
_SAME_PRICE = Decimal("0.001")
# A price per million tokens has few digits; amount over tokens has, if they differ, many.
_PRICE_DIGITS = Decimal("0.00001")
_NOISE = Decimal("1e-12")
# Where a gap is cut; the rest is what remains, so that both sum to the whole exactly.
_SHARE = Decimal("1e-12")
_UNITS = (Decimal(1), Decimal(1_000), Decimal(1_000_000))


def same(one: Decimal, other: Decimal) -> bool:
    """Whether two amounts are one, but for rounding."""
    return abs(one - other) <= max(_SAME, _SAME * abs(one))


def parts(
    billed: Billed, tokens: Decimal | None, ours: Ours, *, more: Cause, fewer: Cause
) -> list[Part]:
    """Both sides in parts of one cause each, which sum to both sides exactly.

    `tokens` are those that were billed, None if that can't be told. `more` is why more tokens may
    have been billed than were traced, and `fewer` the opposite.
    """
    if tokens is None:
        cause = more if billed.amount > ours.amount else fewer
        return [_part(billed, ours, cause)]
    if _same_tokens(tokens, ours.tokens):
        return [_part(billed, ours, Cause.PRICE_DIFFERS)]
    cause = more if tokens > ours.tokens else fewer
    if not tokens or not ours.tokens or _same_price(billed.amount / tokens, ours):
        return [Part(billed.amount, ours.amount, cause)]
    if tokens > ours.tokens:
        priced = (billed.amount * ours.tokens / tokens).quantize(_SHARE)
        rest = Part(billed.amount - priced, ZERO, cause)
        return [Part(priced, ours.amount, Cause.PRICE_DIFFERS), rest]
    priced = (ours.amount * tokens / ours.tokens).quantize(_SHARE)
    rest = Part(ZERO, ours.amount - priced, cause)
    return [Part(billed.amount, priced, Cause.PRICE_DIFFERS), rest]


def _part(billed: Billed, ours: Ours, cause: Cause) -> Part:
    even = same(billed.amount, ours.amount)
    return Part(billed.amount, ours.amount, Cause.NONE if even else cause)


def billed_tokens(billed: Billed, ours: Ours, *, untraced_calls: bool | None) -> Decimal | None:
    """The tokens that were billed, as the bill says or its amounts tell; None if neither.

    From an amount alone they are those that were traced, if that makes the price one that can be;
    otherwise those that cost the amount at our price. `untraced_calls` is whether the bill counts
    more requests than were traced, None if it does not count them.
    """
    if billed.tokens is not None:
        return billed.tokens if billed.in_tokens else _in_units(billed.tokens, billed.amount, ours)
    before_discount = billed.amount if billed.list_amount is None else billed.list_amount
    at_our_price = before_discount / ours.price / PER_MILLION if ours.price else None
    if not ours.tokens:
        return at_our_price
    if same(billed.amount, ours.amount) or same(before_discount, ours.amount):
        return ours.tokens
    prices = {price_of(amount, ours.tokens) for amount in (billed.amount, before_discount)}
    if prices == {None} or untraced_calls:
        return at_our_price
    is_a_price = (
        untraced_calls is False
        or ours.public in prices
        or billed.amount < ours.amount  # a call that is traced and not billed is rare
        or at_our_price is None
        or abs(at_our_price - round(at_our_price)) > _SAME
    )
    return ours.tokens if is_a_price else at_our_price


def price_of(amount: Decimal, tokens: Decimal) -> Decimal | None:
    """The dollars per million tokens that `amount` is, if a price can be so; else None."""
    if not tokens or amount <= 0:
        return None
    price = (amount / tokens / PER_MILLION).quantize(_PRICE_DIGITS).normalize()
    is_exact = abs(price * tokens * PER_MILLION - amount) <= _NOISE * max(Decimal(1), amount)
    return price if is_exact and price else None


def _in_units(quantity: Decimal, amount: Decimal, ours: Ours) -> Decimal:
    """`quantity` as tokens, where the bill may count thousands or millions of them.

    The unit is the one that brings the price nearest to ours.
    """
    price = ours.price or ours.public or ZERO
    if price <= 0 or not quantity or amount <= 0:
        return quantity

    def distance(unit: Decimal) -> Decimal:
        times = amount / (quantity * unit) / PER_MILLION / price
        return max(times, 1 / times)

    unit = min(_UNITS, key=distance)
    return quantity * unit


def _same_tokens(one: Decimal, other: Decimal) -> bool:
    return abs(one - other) <= max(Decimal("0.5"), _SAME * abs(other))


def _same_price(price: Decimal, ours: Ours) -> bool:
    mine = ours.amount / ours.tokens
    return abs(price - mine) <= _SAME_PRICE * mine
