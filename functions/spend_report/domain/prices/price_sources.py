"""Prices of tokens: what a price is, and where the price of a model comes from."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from spend_report.domain.basics.money import PER_MILLION, ZERO


class PriceSource(StrEnum):
    """Where a cost comes from, in the order in which the sources are asked."""

    PARAMETER = "parameter"
    CATALOGUE = "catalogue"
    LANGSMITH = "langsmith"
    UNPRICED = "unpriced"


class Rates(Struct, frozen=True, cache_hash=True):
    """US dollars per million tokens. `cache_write` is the five-minute lifetime's price.

    The prices of audio are None where it costs what text does.
    """

    source: PriceSource
    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal
    cache_write_1h: Decimal
    audio_input: Decimal | None = None
    audio_cache_read: Decimal | None = None
    audio_output: Decimal | None = None

    def cost(self, tokens: "Tokens") -> Decimal:
        """What `tokens` cost, exactly."""
        return PER_MILLION * (
            tokens.uncached * self.input
            + tokens.cache_read * self.cache_read
            + tokens.cache_write * self.cache_write
            + tokens.cache_write_1h * self.cache_write_1h
            + tokens.output * self.output
            + tokens.audio_input * _more(self.audio_input, self.input)
            + tokens.audio_cache_read * _more(self.audio_cache_read, self.cache_read)
            + tokens.audio_output * _more(self.audio_output, self.output)
        )


def _more(price: Decimal | None, than: Decimal) -> Decimal:
    """By how much a token of audio costs more than the text that it is counted with."""
    return ZERO if price is None else price - than


class Tokens(Struct, frozen=True, gc=False):
    """Tokens of one or many calls, so that sums price like the calls one by one.

    `input` includes the cached tokens, `output` the reasoning. `audio_input` is a part of what
    is `uncached`, `audio_cache_read` of `cache_read`, and `audio_output` of the output.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    audio_input: int = 0
    audio_cache_read: int = 0
    audio_output: int = 0

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            self.input + other.input,
            self.output + other.output,
            self.cache_read + other.cache_read,
            self.cache_write + other.cache_write,
            self.cache_write_1h + other.cache_write_1h,
            self.audio_input + other.audio_input,
            self.audio_cache_read + other.audio_cache_read,
            self.audio_output + other.audio_output,
        )

    @property
    def has_audio(self) -> bool:
        """Whether any of the tokens are audio."""
        return bool(self.audio_input or self.audio_cache_read or self.audio_output)

    @property
    def written(self) -> int:
        """Input tokens that were written to a cache, for however long."""
        return self.cache_write + self.cache_write_1h

    @property
    def uncached(self) -> int:
        """Input tokens that neither come from a cache nor went into one."""
        return self.input - self.cache_read - self.cache_write - self.cache_write_1h


class Price(Protocol):
    """A model's price over time and size of the request.

    `flat` is the price of every call of the report's day that names no service tier, where there
    is only one, which lets the caller skip `at`; None where the price depends on the call.
    """

    @property
    def flat(self) -> Rates | None: ...

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        """The rates of one call; None where no price is in force."""
        ...


class PriceSourceLookup(Protocol):
    """One place that may know a model's price."""

    def price(self, model: str, provider: str, start: datetime, end: datetime) -> Price | None:
        """The price of `model` between the instants `start` and `end`; None if unknown here."""
        ...


# A day has a few dozen models; ids in place of their names would fill the memory.
_MOST_KNOWN = 10_000


class PriceBook:
    """The sources of prices, asked in order: for each call, the first with a price in force."""

    def __init__(self, sources: Sequence[PriceSourceLookup]) -> None:
        self._sources = sources
        self._known: dict[tuple[str, str, datetime, datetime], Price | None] = {}

    def price(self, model: str, provider: str, start: datetime, end: datetime) -> Price | None:
        """The price of `model` for calls that start in `start <= t < end`; None if unpriced.

        `model` and `provider` are as the run names them; either may be empty.
        """
        key = (model, provider, start, end)
        if key not in self._known:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            asked = (source.price(model, provider, start, end) for source in self._sources)
            self._known[key] = first_in_force(asked)
        return self._known[key]


def first_in_force(prices: Iterable[Price | None]) -> Price | None:
    """The price that answers, for each call, with the first of `prices` in force.

    Asks no further than the first that covers every call, because later sources cost time.
    """
    chain: list[Price] = []
    for price in prices:
        if price is not None:
            chain.append(price)
            if price.flat is not None:
                break
    return chain[0] if len(chain) == 1 else _Chain(tuple(chain)) if chain else None


class _Chain(Struct, frozen=True):
    prices: tuple[Price, ...]
    flat: None = None

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        asked = (price.at(started, input_tokens, service_tier) for price in self.prices)
        return next((rates for rates in asked if rates is not None), None)
