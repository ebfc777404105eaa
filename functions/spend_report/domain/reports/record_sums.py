"""The sums of a day's record: features with their models, and hours."""

from collections.abc import Sequence
from copy import replace
from decimal import Decimal

from spend_report.domain.basics.money import ZERO, shares, six_places
from spend_report.domain.basics.names import OTHER
from spend_report.domain.figures.day_figures import DayFigures, FeatureSpend, ModelSpend
from spend_report.domain.figures.hours import FeatureHour, Hours, ModelHour
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.record import summary_fields as typed

# A feature has few names, or its aliases are no names.
_MOST_NAMES = 50

# A model's hours take so much more room than a feature's line.
_ROOM_OF_A_MODEL = 16


def features_of(figures: DayFigures, most: int) -> dict[str, typed.Feature]:
    """Every feature, with the models of the costliest `most` pairs of both."""
    models: dict[str, list[ModelSpend]] = {}
    for number, spend in enumerate(sorted(figures.models, key=lambda own: -own.cost)):
        name = spend.model if number < most else OTHER
        models.setdefault(spend.feature, []).append(replace(spend, model=name))
    found = {row.feature: _feature(row, models.get(row.feature, ())) for row in figures.features}
    for feature, names in list(figures.seen_as.items())[:most]:
        found[feature].seen_as = {
            name: typed.SeenAs(spend.calls, six_places(spend.cost))
            for name, spend in list(names.items())[:_MOST_NAMES]
        }
    return found


def _feature(row: FeatureSpend, models: Sequence[ModelSpend]) -> typed.Feature:
    costs = shares(row.cost, [model.cost for model in models])
    by_model: dict[str, typed.Model] = {}
    for model, cost in zip(models, costs, strict=True):
        own = by_model.setdefault(model.model, typed.Model(0, 0, 0, 0, 0, six_places(ZERO)))
        own.calls += model.calls
        own.error_calls += model.error_calls
        own.input_tokens += model.input_tokens
        own.output_tokens += model.output_tokens
        own.cached_input_tokens += model.cached_input_tokens
        own.cost_usd += cost
    return typed.Feature(
        calls=row.calls,
        error_calls=row.error_calls,
        unpriced_calls=row.unpriced_calls,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_input_tokens=row.cached_input_tokens,
        cache_write_tokens=row.cache_write_tokens,
        cost_usd=six_places(row.cost),
        error_cost_usd=six_places(row.error_cost),
        models=by_model,
    )


def hours_of(figures: DayFigures, most: int) -> typed.Hours:
    """The hours of the `most` costliest features; those of all others are added up."""
    hours = figures.hours
    features = dict[str, Sequence[FeatureHour]]()
    for number, row in enumerate(figures.features):
        name = row.feature if number < most else OTHER
        own = hours.features.get(row.feature, ())
        features[name] = _added(features[name], own) if name in features else own
    return typed.Hours(
        first=hours.starts[0],
        features={
            name: typed.FeatureHours(
                [hour.calls for hour in own], _costs([hour.cost for hour in own])
            )
            for name, own in features.items()
        },
        models=_model_hours(hours, most),
    )


def _added(one: Sequence[FeatureHour], other: Sequence[FeatureHour]) -> list[FeatureHour]:
    return [
        FeatureHour(a.calls + b.calls, a.cost + b.cost) for a, b in zip(one, other, strict=True)
    ]


def _model_hours(hours: Hours, most: int) -> list[typed.ModelHours]:
    ranked = sorted(
        hours.models.items(), key=lambda item: (-sum(hour.cost for hour in item[1]), item[0])
    )
    shown, rest = ranked[: most // _ROOM_OF_A_MODEL], ranked[most // _ROOM_OF_A_MODEL :]
    if rest:
        columns = zip(*(own for _, own in rest), strict=True)
        shown.append(((OTHER, OTHER), [_sum(column) for column in columns]))
    return [
        typed.ModelHours(
            provider=provider,
            model=model,
            calls=[hour.calls for hour in own],
            input_tokens=[hour.tokens.input for hour in own],
            cached_input_tokens=[hour.tokens.cache_read for hour in own],
            cache_write_tokens=[hour.tokens.written for hour in own],
            output_tokens=[hour.tokens.output for hour in own],
            cost_usd=_costs([hour.cost for hour in own]),
        )
        for (provider, model), own in shown
    ]


def _sum(hours: Sequence[ModelHour]) -> ModelHour:
    return ModelHour(
        sum(hour.calls for hour in hours),
        sum((hour.tokens for hour in hours), Tokens()),
        sum((hour.cost for hour in hours), ZERO),
    )


def _costs(costs: Sequence[Decimal]) -> list[Decimal]:
    return shares(sum(costs, ZERO), costs)
