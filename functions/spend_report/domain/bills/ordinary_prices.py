"""What models cost on a day, by the price of a small call without a service tier."""

from datetime import UTC, date, datetime, time, timedelta

from spend_report.domain.bills.rows import ModelPrices, RatesOf
from spend_report.domain.prices.price_sources import PriceSourceLookup, Rates


def ordinary_prices(
    own: PriceSourceLookup, public: PriceSourceLookup | None, day: date
) -> ModelPrices:
    """The prices of the UTC day `day`: the reports' `own`, and those in `public`."""
    return ModelPrices(_on(day, own), _on(day, public) if public else _unknown)


def _on(day: date, source: PriceSourceLookup) -> RatesOf:
    start = datetime.combine(day, time(), UTC)

    def rates(model: str, provider: str) -> Rates | None:
        price = source.price(model, provider, start, start + timedelta(days=1))
        return None if price is None else price.flat or price.at(start, 0, None)

    return rates


def _unknown(_model: str, _provider: str) -> None:
    return None
