"""A catalogue entry's price over time, size of the request and service tier.

The rules are the package's own (`ModelInfo.get_prices`, `ModelPrice.calc_price`): dates and
times of day are UTC; above a threshold of input tokens the higher tier is the price of all
tokens; a class of tokens without a price of its own costs what the class around it does.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from genai_prices.types import (
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TieredPrices,
    TimeOfDateConstraint,
)

from spend_report.domain.prices.price_sources import PriceSource, Rates

type _ByContext = tuple[list[int], list[Rates]]  # thresholds, and the rates below and above them


# How the package calls what a call's service tier is.
_CONTEXTS = {
    "flex": {"service_tier": "flex"},
    "priority": {"service_tier": "priority"},
    "batch": {"processing": "batch"},
}


class CataloguePrice:
    """The price of `model` for calls that start in `start <= t < end`.

    `has_tiers` says whether its service tiers apply; a tier without a price of its own costs
    the standard price.
    """

    def __init__(
        self, model: ModelInfo, start: datetime, end: datetime, *, has_tiers: bool
    ) -> None:
        self._model = model
        self._has_tiers = has_tiers
        changes = {change for change in _changes(model, start, end) if start < change < end}
        self._starts = [start, *sorted(changes)]
        self._tables: dict[tuple[int, str | None], _ByContext | None] = {}
        standard = [self._table(index, None) for index in range(len(self._starts))]
        rates = {rates for table in standard for rates in (table[1] if table else [None])}
        self.flat = rates.pop() if len(rates) == 1 else None

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        """The rates of one call; None where the model has no price per token."""
        index = max(0, bisect_right(self._starts, started) - 1)
        table = self._table(index, service_tier)
        if table is None:
            return None
        thresholds, rates = table
        return rates[bisect_left(thresholds, input_tokens)]

    def _table(self, index: int, service_tier: str | None) -> _ByContext | None:
        key = (index, service_tier)
        if key not in self._tables:
            context = _CONTEXTS.get(service_tier or "") if self._has_tiers else None
            self._tables[key] = _by_context(self._model.get_prices(self._starts[index], context))
        return self._tables[key]


def has_token_price(model: ModelInfo) -> bool:
    """Whether `model` has, at any time, a price per token."""
    if isinstance(model.prices, ModelPrice):
        return _by_context(model.prices) is not None
    return any(_by_context(dated.prices) is not None for dated in model.prices)


def _changes(model: ModelInfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Every instant of the days around `start` and `end` at which a price may begin or end."""
    prices = model.prices if isinstance(model.prices, list) else []
    for dated in (*prices, *(model.price_variants or ())):
        match dated.constraint:
            case StartDateConstraint(day):
                yield datetime.combine(day, time.min, UTC)
            case TimeOfDateConstraint(first, last):
                for days in range((end - start).days + 3):
                    day = start.astimezone(UTC).date() + timedelta(days=days - 1)
                    for clock in (first, last):
                        yield datetime.combine(day, clock, clock.tzinfo or UTC)
            case None:
                pass


def _by_context(price: ModelPrice) -> _ByContext | None:
    tiered = [value for value in vars(price).values() if isinstance(value, TieredPrices)]
    thresholds = sorted({tier.start for value in tiered for tier in value.tiers})
    rates = [_rates(price, tokens) for tokens in (0, *(start + 1 for start in thresholds))]
    known = [each for each in rates if each is not None]
    return (thresholds, known) if len(known) == len(rates) else None


def _rates(price: ModelPrice, input_tokens: int) -> Rates | None:
    """The rates of a call with `input_tokens`; None without a price of input tokens.

    Only embeddings and the like have no price of output; they have no output tokens either.
    """

    def of(name: str) -> Decimal | None:
        value: Decimal | TieredPrices | None = getattr(price, name)
        if not isinstance(value, TieredPrices):
            return value
        above = [tier.price for tier in value.tiers if input_tokens > tier.start]
        return above[-1] if above else value.base

    input_ = of("input_mtok")
    if input_ is None:
        return None
    write = _first(of("cache_write_mtok"), input_)
    audio, audio_read = of("input_audio_mtok"), of("cache_audio_read_mtok")
    if audio_read is None and of("cache_read_mtok") is None:
        audio_read = audio  # what is cached has no discount here
    return Rates(
        source=PriceSource.CATALOGUE,
        input=input_,
        output=_first(of("output_mtok"), Decimal(0)),
        cache_read=_first(of("cache_read_mtok"), input_),
        cache_write=write,
        cache_write_1h=_first(of("cache_write_1h_mtok"), write),
        audio_input=audio,
        audio_cache_read=audio_read,
        audio_output=of("output_audio_mtok"),
    )


def _first(price: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if price is None else price
