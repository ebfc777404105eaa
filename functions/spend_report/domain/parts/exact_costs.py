"""Costs as whole numbers of a unit, which are exact, and far faster to add than decimals.

The unit is the largest decimal one, 10**-`decimals` dollars, of which every price of a token is a
multiple. What LangSmith recorded is cut at 18 decimals.
"""

from collections.abc import Iterable
from decimal import Decimal

from spend_report.domain.prices.price_sources import Rates
from spend_report.domain.runs.columns import Group

_DECIMALS_OF_RECORDED = 18

type TokenPrices = tuple[int, int, int]
"""Units for an input token, how many less for a cached one, and for an output token."""

NOTHING: TokenPrices = (0, 0, 0)


def decimals_of(groups: Iterable[Group]) -> int:
    """How many decimals of a dollar the unit has in which a call of any of `groups` is whole."""
    rates = {id(group.rates): group.rates for group in groups}
    return max(map(_decimals, rates.values()), default=0)


def prices_of(rates: Rates | None, decimals: int) -> TokenPrices:
    """The prices of tokens in units; zero where there are no `rates`."""
    if rates is None:
        return NOTHING
    input_, read, output = (
        units_of(rate, decimals - 6) for rate in (rates.input, rates.cache_read, rates.output)
    )
    return input_, input_ - read, output


def units_of(amount: Decimal, decimals: int) -> int:
    """`amount` in units; what is smaller than one is cut off."""
    return int(amount.scaleb(decimals))


def dollars_of(units: int, decimals: int) -> Decimal:
    """`units` as exact US dollars."""
    return Decimal(units).scaleb(-decimals)


def _decimals(rates: Rates | None) -> int:
    if rates is None:
        return _DECIMALS_OF_RECORDED
    all_rates = (
        *(rates.input, rates.output),
        *(rates.cache_read, rates.cache_write, rates.cache_write_1h),
        *(rates.audio_input, rates.audio_cache_read, rates.audio_output),
    )
    exponents = (rate.normalize().as_tuple().exponent for rate in all_rates if rate is not None)
    return 6 + max(0, *(-int(exponent) for exponent in exponents))
