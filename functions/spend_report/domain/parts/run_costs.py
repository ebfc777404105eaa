"""What each run costs, in units (see `exact_costs`)."""

from collections.abc import Callable
from decimal import Decimal
from operator import attrgetter

from spend_report.domain.basics.money import exactly
from spend_report.domain.parts.exact_costs import NOTHING, prices_of, units_of
from spend_report.domain.prices.price_sources import Rates
from spend_report.domain.runs.columns import NO_CALL, Columns


def run_costs(columns: Columns, decimals: int) -> list[int]:
    """The cost of each run; 10**`decimals` units are a dollar. Of runs that are no calls: zero."""
    prices = [NOTHING, *(prices_of(group.rates, decimals) for group in columns.groups)]
    costs = [
        input_ * price - cache_read * off + output * output_price
        for (price, off, output_price), input_, cache_read, output in zip(
            map(prices.__getitem__, columns.group),
            columns.input,
            columns.cache_read,
            columns.output,
            strict=True,
        )
    ]
    _add_writes(columns, decimals, costs)
    for row in columns.audio.rows:
        if columns.group[row] != NO_CALL and columns.group_of(row).rates is not None:
            costs[row] = run_cost(columns, row, decimals)
    numbers = enumerate(columns.groups, NO_CALL + 1)
    unpriced = {number for number, group in numbers if group.rates is None}
    if unpriced:
        for row, number in enumerate(columns.group):
            if number in unpriced:
                costs[row] = run_cost(columns, row, decimals)
    return costs


def run_cost(columns: Columns, row: int, decimals: int) -> int:
    """The cost of the call in `row`, in the same units."""
    rates = columns.group_of(row).rates
    if rates is None:
        return units_of(exactly(columns.recorded[row]), decimals)
    return units_of(rates.cost(columns.tokens(row)), decimals)


def _add_writes(columns: Columns, decimals: int, costs: list[int]) -> None:
    """Add what writing to a cache costs above the input, where anything was written."""
    for column, rate_of in (
        (columns.cache_write, attrgetter("cache_write")),
        (columns.cache_write_1h, attrgetter("cache_write_1h")),
    ):
        if any(column):
            more = [0, *(_above_input(group.rates, rate_of, decimals) for group in columns.groups)]
            for row, tokens in enumerate(column):
                if tokens:
                    costs[row] += tokens * more[columns.group[row]]


def _above_input(rates: Rates | None, rate_of: Callable[[Rates], Decimal], decimals: int) -> int:
    return 0 if rates is None else units_of(rate_of(rates) - rates.input, decimals - 6)
