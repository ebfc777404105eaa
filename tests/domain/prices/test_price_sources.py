from datetime import UTC, datetime
from decimal import Decimal

from spend_report.domain.prices.price_sources import Price, PriceBook, PriceSource, Rates, Tokens

DAY = datetime(2026, 11, 21, tzinfo=UTC)
END = datetime(2026, 11, 22, tzinfo=UTC)
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def rates(input_: str, output: str = "10", **more: str) -> Rates:
    amounts = {name: Decimal(more.get(name, input_)) for name in ("cache_read", "cache_write")}
    hour = Decimal(more.get("cache_write_1h", input_))
    return Rates(
        PriceSource.PARAMETER, Decimal(input_), Decimal(output), cache_write_1h=hour, **amounts
    )


class FlatPrice:
    def __init__(self, rates: Rates) -> None:
        self.flat: Rates | None = rates

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        return self.flat


class FromNoon:
    flat = None

    def __init__(self, rates: Rates) -> None:
        self._rates = rates

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        return self._rates if started >= NOON else None


class Source:
    def __init__(self, **prices: Price) -> None:
        self._prices = prices
        self.asked: list[str] = []

    def price(self, model: str, provider: str, start: datetime, end: datetime) -> Price | None:
        self.asked.append(model)
        return self._prices.get(model)


def test_cost_by_hand() -> None:
    """Cost = uncached input, cache reads, both kinds of cache writes and output, each at its price.

    700 x 3 + 100 x 0.30 + 150 x 3.75 + 50 x 6 + 200 x 15 = 5992.5 dollars per million.
    """
    price = rates("3", "15", cache_read="0.30", cache_write="3.75", cache_write_1h="6")
    tokens = Tokens(input=1000, output=200, cache_read=100, cache_write=150, cache_write_1h=50)

    assert price.cost(tokens) == Decimal("0.0059925")


def test_first_source_wins() -> None:
    """The first source that knows the model answers, and the later ones are not even asked."""
    own, public = Source(a=FlatPrice(rates("1"))), Source(a=FlatPrice(rates("2")))

    price = PriceBook([own, public]).price("a", "openai", DAY, END)

    assert price is not None
    assert price.flat == rates("1")
    assert public.asked == []


def test_unknown_model() -> None:
    """A model that no source knows has no price."""
    assert PriceBook([Source(), Source()]).price("a", "openai", DAY, END) is None


def test_gap_falls_to_the_next_source() -> None:
    """A call before the first source's price begins costs what the next source says."""
    book = PriceBook([Source(a=FromNoon(rates("1"))), Source(a=FlatPrice(rates("2")))])

    price = book.price("a", "", DAY, END)

    assert price is not None
    assert price.flat is None
    assert price.at(DAY, 1, None) == rates("2")
    assert price.at(NOON, 1, None) == rates("1")


def test_gap_without_a_next_source() -> None:
    """A call before the only source's price begins has no price."""
    price = PriceBook([Source(a=FromNoon(rates("1"))), Source()]).price("a", "", DAY, END)

    assert price is not None
    assert price.at(DAY, 1, None) is None


def test_asks_once_a_day() -> None:
    """A model is looked up once for a day, however many slices of the report it is in."""
    source = Source()
    book = PriceBook([source])

    for _ in range(3):
        book.price("a", "openai", DAY, END)

    assert source.asked == ["a"]
