"""US dollars as exact decimals, from the text they came in to the text they leave in."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import ROUND_DOWN, Context, Decimal
from fractions import Fraction
from typing import Any

import msgspec

ZERO = Decimal(0)
# The default of 28 digits rounds a sum of very large and very small amounts.
EXACT = Context(prec=60)
PER_MILLION = Decimal("0.000001")
_SIX_PLACES = Decimal("0.000001")
_ONE_PLACE = Decimal("0.1")

_GRID_PLACES = 15
_GRID = 1e15
_MOST_UNITS = 8 * 10**15  # above $8, two multiples of 1e-15 may be the same double

_decimals = msgspec.json.Decoder(list[Decimal])


class Figure(str):
    """A number as text, never to be mistaken for text that a stranger wrote."""

    __slots__ = ()


def usd(amount: Decimal) -> Figure:
    """`amount` with six decimals, ties to even: the one place where money is rounded.

    >>> usd(Decimal("0.0000025"))
    '0.000002'
    """
    return Figure(f"{amount.quantize(_SIX_PLACES):f}")


def rounded(amount: Fraction) -> Decimal:
    """`amount` at six decimals by the rule of `usd`, where an exact share is no decimal.

    >>> rounded(Fraction(1, 3))
    Decimal('0.333333')
    """
    return Decimal(round(amount * 1_000_000)).scaleb(-6)


def six_places(amount: Decimal) -> Decimal:
    """`amount` rounded as `usd` rounds it."""
    return amount.quantize(_SIX_PLACES)


def shares(whole: Decimal, parts: Sequence[Decimal]) -> list[Decimal]:
    """The exact `parts` of `whole` at six decimals, so that they sum to `whole` at six decimals.

    Each is cut off, and the millionths that are left go to those that lost most by it (the largest
    remainder method), so that no part is off by a millionth or turns negative.
    """
    cut = [part.quantize(_SIX_PLACES, ROUND_DOWN) for part in parts]
    left = int((six_places(whole) - sum(cut)).scaleb(6))
    losses = [part - own for part, own in zip(parts, cut, strict=True)]
    for place in sorted(range(len(parts)), key=lambda place: (-losses[place], place))[:left]:
        cut[place] += _SIX_PLACES
    return cut


def percent(part: Decimal, whole: Decimal) -> Figure:
    """`part` as a percentage of `whole` with one decimal; empty where `whole` is zero."""
    if not whole:
        return Figure()
    return Figure(f"{(part * 100 / whole).quantize(_ONE_PLACE):f}")


def exactly(amount: float) -> Decimal:
    """The shortest decimal that reads back as `amount`: the text that a double was sent as."""
    return Decimal(repr(amount))


def exact_sums(keys: Iterable[int], amounts: Iterable[float]) -> dict[int, Decimal]:
    """The sums of `exactly` the `amounts` by their `keys`, at a fraction of its price.

    A double that is a whole number of 1e-15 again after division is that number. All others go
    through their texts, many at once. Exact in the context `EXACT`.
    """
    whole: defaultdict[int, int] = defaultdict(int)
    others: defaultdict[int, list[float]] = defaultdict(list)
    for key, amount in zip(keys, amounts, strict=True):
        units = int(amount * _GRID + 0.5)
        if units / _GRID == amount and units < _MOST_UNITS:
            whole[key] += units
        else:
            others[key].append(amount)
    sums = defaultdict(Decimal, {key: _in_dollars(units) for key, units in whole.items()})
    for key, doubles in others.items():
        sums[key] += sum(_decimals.decode(msgspec.json.encode(doubles)))
    return sums


def _in_dollars(units: int) -> Decimal:
    return Decimal(units).scaleb(-_GRID_PLACES)


def loads_exact(text: str) -> Any:
    """JSON with every number that has a fraction or exponent as the `Decimal` of its own text.

    Raises:
        ValueError: not JSON, NaN or an infinity, or a key that stands twice in one object
            (of which other parsers silently keep the last).
    """
    return json.loads(
        text,
        parse_float=Decimal,
        parse_constant=_refuse_constant,
        object_pairs_hook=_refuse_repeated_keys,
    )


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is not an amount")


def _refuse_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in pairs:
        if key in result:
            raise ValueError(f"{key!r} stands twice")
        result[key] = value
    return result
