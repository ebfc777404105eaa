"""Bills and traced days in a few words, for the tests of this folder."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from spend_report.domain.bills.bill import (
    Bill,
    BilledLine,
    BilledUsage,
    NotCompared,
    TokenKind,
    TracedModel,
)
from spend_report.domain.bills.compare import DayComparison, compare
from spend_report.domain.bills.rows import ModelPrices, Row
from spend_report.domain.bills.same_model import SameModel
from spend_report.domain.prices.price_sources import PriceSource, Rates

DAY = date(2026, 11, 19)
MILLION = 1_000_000

# Dollars per million tokens: input, output.
PRICES = {
    "gpt-6-luna": ("1.25", "10"),
    "gpt-6-astra": ("3", "12"),
    "gpt-5-mini": ("0.25", "2"),
    "claude-opus-5-5": ("5", "25"),
    "us.anthropic.claude-opus-5-5-v1:0": ("5", "25"),
    "amazon.nova-pro-v1:0": ("0.8", "3.2"),
}


def rates(input_: str, output: str) -> Rates:
    """Reading a cache costs a tenth of the input, writing one the input and a quarter."""
    price = Decimal(input_)
    write = price * Decimal("1.25")
    return Rates(PriceSource.PARAMETER, price, Decimal(output), price / 10, write, price * 2)


def own_price(model: str, provider: str) -> Rates | None:
    del provider
    return rates(*PRICES[model]) if model in PRICES else None


def line(
    model: str,
    kind: str,
    amount: str,
    tokens: int | None = None,
    *,
    item: str = "",
    place: str = "",
    currency: str = "USD",
    in_tokens: bool = True,
    list_amount: Decimal | None = None,
) -> BilledLine:
    return BilledLine(
        model=model,
        kind=TokenKind(kind),
        amount=Decimal(amount),
        list_amount=list_amount,
        tokens=None if tokens is None else Decimal(tokens),
        in_tokens=in_tokens,
        item=item or f"{model}, {kind}",
        place=place,
        currency=currency,
    )


def traced(
    model: str, cost: str, provider: str = "openai", calls: int = 10, **tokens: int
) -> TracedModel:
    counts = {TokenKind(kind): count for kind, count in tokens.items()}
    return TracedModel(provider, model, calls, counts, Decimal(cost))


def bill(*lines: BilledLine, provider: str = "openai", **requests: int) -> Bill:
    usage = {name.replace("_", "-"): BilledUsage(count) for name, count in requests.items()}
    return Bill(provider, DAY, lines, usage)


def compared(
    results: list[Bill | NotCompared],
    models: list[TracedModel],
    *,
    public: Mapping[str, Rates] | None = None,
    aliases: Mapping[str, str] | None = None,
) -> DayComparison:
    """The comparison, after a look at what must always hold."""
    names = SameModel(aliases or {}, lambda _model, _biller: None)
    prices = ModelPrices(own_price, lambda model, _: (public or {}).get(model))
    found = compare(DAY, results, models, names, prices)
    billed = sum(row.billed for row in found.rows if row.billed is not None)
    on_bills = [
        line.amount
        for result in results
        if isinstance(result, Bill)
        for line in result.lines
        if line.currency == "USD"
    ]
    assert billed == sum(on_bills)
    assert sum(row.estimated for row in found.rows) == sum(model.cost for model in models)
    return found


def cells(rows: list[Row]) -> list[tuple[str, str, str, str, str]]:
    """Model, kind, both amounts with the digits that they need, and the cause."""
    return [
        (
            row.model,
            str(row.kind),
            "" if row.billed is None else f"{row.billed.normalize():f}",
            f"{row.estimated.normalize():f}",
            str(row.cause),
        )
        for row in rows
    ]
