"""What each hour of a day came to: by feature, and by provider and model.

Hours are UTC, whatever the report's timezone is: bills are, and the hour in which something began
must not depend on the calendar. The first and the last hour of a day may be the neighbouring
days' as well, of which each then has its own part.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct, field

from spend_report.domain.parts.exact_costs import decimals_of, dollars_of, prices_of, units_of
from spend_report.domain.parts.sum_calls import Slot
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.columns import Group


class FeatureHour(NamedTuple):
    """Calls and exact US dollars of a feature in an hour."""

    calls: int = 0
    cost: Decimal = Decimal(0)


class ModelHour(NamedTuple):
    """Calls, tokens and exact US dollars of a model in an hour."""

    calls: int = 0
    tokens: Tokens = Tokens()
    cost: Decimal = Decimal(0)


class Hours(Struct, frozen=True):
    """The hours of a day. `starts` are their first instants; every row has one entry for each.

    `models` are by provider and model.
    """

    starts: Sequence[datetime] = ()
    features: Mapping[str, Sequence[FeatureHour]] = field(default_factory=dict)
    models: Mapping[tuple[str, str], Sequence[ModelHour]] = field(default_factory=dict)


def hours_of(slots: Sequence[Slot], starts: Sequence[datetime]) -> Hours:
    """The hours of the calls in `slots`."""
    groups = {id(slot.group): slot.group for slot in slots}
    decimals = decimals_of(groups.values())
    prices = {key: prices_of(group.rates, decimals) for key, group in groups.items()}
    no_units, no_calls = [0] * len(starts), [0] * len(starts)
    feature_calls: dict[str, list[int]] = {}
    feature_units: dict[str, list[int]] = {}
    models: dict[tuple[str, str], list[tuple[int, Tokens, int]]] = {}
    nothing = [(0, Tokens(), 0)] * len(starts)
    for slot in slots:
        group, hour = slot.group, slot.hour
        units = _units(slot, prices[id(group)], decimals)
        feature_calls.setdefault(group.feature, no_calls.copy())[hour] += slot.calls
        feature_units.setdefault(group.feature, no_units.copy())[hour] += units
        own = models.setdefault((group.provider, group.model), nothing.copy())
        calls, tokens, so_far = own[hour]
        own[hour] = (calls + slot.calls, tokens + slot.tokens, so_far + units)
    return Hours(
        starts,
        {
            feature: [
                FeatureHour(calls, dollars_of(units, decimals))
                for calls, units in zip(own, feature_units[feature], strict=True)
            ]
            for feature, own in feature_calls.items()
        },
        {
            model: [
                ModelHour(calls, tokens, dollars_of(units, decimals))
                for calls, tokens, units in own
            ]
            for model, own in models.items()
        },
    )


def costs_of(groups: Sequence[Group], slots: Sequence[Slot]) -> list[int]:
    """What the calls of each of `groups` cost, in a unit that they share."""
    decimals = decimals_of(groups)
    places = {id(group): place for place, group in enumerate(groups)}
    costs = [0] * len(groups)
    for slot in slots:
        prices = prices_of(slot.group.rates, decimals)
        costs[places[id(slot.group)]] += _units(slot, prices, decimals)
    return costs


def _units(slot: Slot, prices: tuple[int, int, int], decimals: int) -> int:
    """What the calls of `slot` cost, in units."""
    rates, tokens = slot.group.rates, slot.tokens
    if rates is None:
        return units_of(slot.langsmith_cost, decimals)
    if tokens.written or tokens.has_audio:
        return units_of(rates.cost(tokens), decimals)
    price, off, output_price = prices
    return tokens.input * price - tokens.cache_read * off + tokens.output * output_price
