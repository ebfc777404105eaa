"""Which of a model's prices is in force at an instant."""

from bisect import bisect_left, bisect_right
from datetime import UTC, datetime

from msgspec import Struct

from spend_report.domain.prices.price_sources import Rates

ALWAYS = datetime.min.replace(tzinfo=UTC)
"""From when a price without a date is in force."""


class PriceHistory(Struct, frozen=True):
    """A model's prices, each in force from its instant on until the next; ascending."""

    starts: tuple[datetime, ...]
    rates: tuple[Rates, ...]

    @property
    def flat(self) -> Rates | None:
        """The rates, if they were always the same."""
        return self.rates[0] if self.starts == (ALWAYS,) else None

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        """The rates in force at `started`, for any size and tier; None before the first."""
        del input_tokens, service_tier
        index = bisect_right(self.starts, started)
        return self.rates[index - 1] if index else None

    def between(self, start: datetime, end: datetime) -> "PriceHistory | None":
        """The part that matters to `start <= t < end`; None if none is in force there."""
        first, last = bisect_right(self.starts, start), bisect_left(self.starts, end)
        starts, rates = self.starts[first:last], self.rates[first:last]
        if first:
            starts, rates = (ALWAYS, *starts), (self.rates[first - 1], *rates)
        return PriceHistory(starts, rates) if rates else None
