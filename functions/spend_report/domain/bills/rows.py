"""The rows of one model: what was billed and traced of each kind of token, and why they differ."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.bills.bill import DOLLARS, BilledLine, TokenKind, TracedModel
from spend_report.domain.bills.causes import Billed, Cause, Ours, billed_tokens, parts
from spend_report.domain.bills.cost_by_kind import cost_by_kind, prices_of
from spend_report.domain.bills.matching import ModelSides
from spend_report.domain.bills.price_line import price_note
from spend_report.domain.bills.untraced import bypassing, places, why_more
from spend_report.domain.prices.price_sources import Rates

NOT_COMPARED = "not compared"

type RatesOf = Callable[[str, str], Rates | None]
"""The ordinary price of a model, by its name and provider; None if unknown."""


class ModelPrices(Struct, frozen=True):
    """What models cost on the day: in the reports (`own`), and in the public list."""

    own: RatesOf
    public: RatesOf


class Row(Struct, frozen=True):
    """A row of `bills`, exact dollars. `billed` is None where nothing is compared.

    `cause` is a `Cause` or says why nothing is compared; `note` is what to do, or where to look.
    """

    provider: str
    model: str
    kind: TokenKind
    billed: Decimal | None
    estimated: Decimal
    cause: str
    note: str = ""

    @property
    def gap(self) -> Decimal:
        """What is billed above the traces; zero where nothing is compared."""
        return ZERO if self.billed is None else self.billed - self.estimated


def unbilled_rows(
    biller: str, traced: Iterable[TracedModel], cause: str, prices: ModelPrices
) -> Iterator[Row]:
    """The rows of models that stand on no bill that is compared."""
    billed = ZERO if cause == Cause.NOT_BILLED else None
    for row in traced:
        for kind, cost in cost_by_kind(row, prices.own(row.model, row.provider)).items():
            if cost:
                yield Row(biller, row.model, kind, billed, cost, cause)


def rows_of_model(sides: ModelSides, prices: ModelPrices) -> Iterator[Row]:
    """The rows of a model that is on a bill that is compared, or should be."""
    if not sides.lines:
        yield from unbilled_rows(sides.biller, sides.traced, Cause.NOT_BILLED, prices)
        return
    foreign = [line for line in sides.lines if line.currency != DOLLARS]
    lines = [line for line in sides.lines if line.currency == DOLLARS]
    ours = _ours(sides, prices)
    for kind, amount in _foreign(foreign).items():
        left = ours.pop(kind, None) if not any(line.kind is kind for line in lines) else None
        cause = f"{NOT_COMPARED}: {amount}"
        estimated = left.amount if left else ZERO
        yield Row(sides.biller, sides.name, kind, None, estimated, cause)
    is_known = bool(sides.traced) or prices.own(sides.name, sides.biller) is not None
    if lines and is_known and all(line.is_whole_model for line in lines):
        yield _whole(sides, lines, ours)
    else:
        yield from _by_kind(sides, lines, ours, prices)


def _foreign(lines: Sequence[BilledLine]) -> dict[TokenKind, str]:
    """Amounts in other currencies, as text, by kind."""
    sums: dict[TokenKind, dict[str, Decimal]] = defaultdict(dict)
    for line in lines:
        of_kind = sums[line.kind]
        of_kind[line.currency] = of_kind.get(line.currency, ZERO) + line.amount
    return {
        kind: ", ".join(f"{amount:f} {currency}" for currency, amount in sorted(amounts.items()))
        for kind, amounts in sums.items()
    }


def _ours(sides: ModelSides, prices: ModelPrices) -> dict[TokenKind, Ours]:
    """The traces' side by kind, with prices also where nothing was traced."""
    amounts: dict[TokenKind, Decimal] = defaultdict(Decimal)
    tokens: dict[TokenKind, int] = defaultdict(int)
    for row in sides.traced:
        for kind, cost in cost_by_kind(row, prices.own(row.model, row.provider)).items():
            amounts[kind] += cost
        for kind, count in row.tokens.items():
            tokens[kind] += count
    own = _prices(prices.own(sides.name, sides.biller))
    public = _prices(prices.public(sides.name, sides.biller))
    kinds = {*amounts, *(line.kind for line in sides.lines)}
    return {
        kind: Ours(amounts[kind], Decimal(tokens[kind]), own.get(kind), public.get(kind))
        for kind in TokenKind
        if kind in kinds
    }


def _prices(rates: Rates | None) -> Mapping[TokenKind, Decimal]:
    return {} if rates is None else prices_of(rates)


def _whole(sides: ModelSides, lines: Sequence[BilledLine], ours: Mapping[TokenKind, Ours]) -> Row:
    """One row for a model that was billed without saying for what."""
    billed = Billed(sum((line.amount for line in lines), ZERO))
    mine = Ours(sum((each.amount for each in ours.values()), ZERO), ZERO)
    more = Cause.TOKENS_DIFFER if sides.traced else Cause.NOT_TRACED
    part, *_ = parts(billed, None, mine, more=more, fewer=Cause.TOKENS_DIFFER)
    return Row(sides.biller, sides.name, TokenKind.OTHER, *part)


def _by_kind(
    sides: ModelSides,
    lines: Sequence[BilledLine],
    ours: Mapping[TokenKind, Ours],
    prices: ModelPrices,
) -> Iterator[Row]:
    billed = {kind: _billed(sides, lines, kind) for kind in ours}
    untraced_calls = _untraced_calls(sides)
    tokens = {
        kind: billed_tokens(billed[kind], mine, untraced_calls=untraced_calls)
        for kind, mine in ours.items()
    }
    excess = {
        kind: count - ours[kind].tokens for kind, count in tokens.items() if count is not None
    }
    place = bypassing(excess, lines)
    more = why_more(sides, excess, untraced_calls=untraced_calls, place=place)
    known = _prices(prices.own(sides.name, sides.biller))
    notes = {
        Cause.NOT_TRACED: place or places(lines),
        Cause.PRICE_DIFFERS: price_note(sides.name, billed, tokens, known),
    }
    for kind, mine in ours.items():
        if kind is TokenKind.OTHER:
            yield from _other(sides, lines, mine)
            continue
        for part in parts(billed[kind], tokens[kind], mine, more=more, fewer=Cause.TOKENS_DIFFER):
            if part.billed or part.estimated:
                note = notes.get(part.cause, "")
                yield Row(sides.biller, sides.name, kind, *part, note)


def _other(sides: ModelSides, lines: Sequence[BilledLine], mine: Ours) -> Iterator[Row]:
    """What is not billed by text tokens, item by item; nothing here has a price of it."""
    items: dict[str, Decimal] = defaultdict(Decimal)
    for line in lines:
        if line.kind is TokenKind.OTHER:
            items[line.item] += line.amount
    for item, amount in items.items():
        if amount:
            cause = Cause.NOT_PRICED_HERE
            yield Row(sides.biller, sides.name, TokenKind.OTHER, amount, ZERO, cause, item)
    if mine.amount:
        cause = Cause.TOKENS_DIFFER
        yield Row(sides.biller, sides.name, TokenKind.OTHER, ZERO, mine.amount, cause)


def _billed(sides: ModelSides, lines: Sequence[BilledLine], kind: TokenKind) -> Billed:
    of_kind = [line for line in lines if line.kind is kind]
    lists = [line.list_amount for line in of_kind]
    counts = [line.tokens for line in of_kind]
    tokens: Decimal | None
    if None not in counts:
        tokens = sum((count for count in counts if count is not None), ZERO)
    elif sides.usage.tokens is not None:
        tokens = Decimal(sides.usage.tokens.get(kind, 0))
    else:
        tokens = None
    return Billed(
        amount=sum((line.amount for line in of_kind), ZERO),
        tokens=tokens,
        list_amount=None
        if not of_kind or None in lists
        else sum((each for each in lists if each is not None), ZERO),
        in_tokens=all(line.in_tokens for line in of_kind),
    )


def _untraced_calls(sides: ModelSides) -> bool | None:
    if sides.usage.requests is None:
        return None
    return sides.usage.requests > sum(row.calls for row in sides.traced)
