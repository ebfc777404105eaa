"""Days drawn together: what a feature and its models come to on the mean, exactly."""

from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple

from msgspec import Struct

from spend_report.domain.figures.day_figures import FeatureSpend, ModelSpend
from spend_report.domain.record.history import PastDay


class Volume(Struct, frozen=True):
    """Calls, tokens and US dollars of one feature; per day, where they stand for several."""

    calls: Fraction = Fraction(0)
    input_tokens: Fraction = Fraction(0)
    output_tokens: Fraction = Fraction(0)
    cached_input_tokens: Fraction = Fraction(0)
    cost: Fraction = Fraction(0)

    def total_tokens(self) -> Fraction:
        """Input and output."""
        return self.input_tokens + self.output_tokens


class Spend(NamedTuple):
    """Calls, tokens and cost of one model."""

    calls: Fraction
    tokens: Fraction
    cost: Fraction


type Mean = tuple[Volume, Mapping[str, Spend]]
"""A feature as a whole and by model."""

NO_SPEND = Spend(Fraction(0), Fraction(0), Fraction(0))
ABSENT: Mean = (Volume(), {})


def means(days: Sequence[PastDay], per_days: int, *, detailed: bool) -> dict[str, Mean]:
    """The mean of each feature over `days`, for so many days.

    Unless `detailed`, the days' models are not looked at and a feature counts as one model.
    """
    over = Fraction(len(days), per_days)
    rows: dict[str, list[FeatureSpend]] = {}
    models: dict[str, list[ModelSpend]] = {}
    for day in days:
        for feature, row in day.features.items():
            rows.setdefault(feature, []).append(row)
            if not detailed:
                whole = ModelSpend(
                    feature, "", row.calls, row.input_tokens, row.output_tokens, row.cost
                )
                models.setdefault(feature, []).append(whole)
        for spend in day.models if detailed else ():
            models.setdefault(spend.feature, []).append(spend)
    return {
        feature: (_volume(own, over), _by_model(models.get(feature, ()), over))
        for feature, own in rows.items()
    }


def _volume(rows: Sequence[FeatureSpend], over: Fraction) -> Volume:
    return Volume(
        calls=sum(row.calls for row in rows) / over,
        input_tokens=sum(row.input_tokens for row in rows) / over,
        output_tokens=sum(row.output_tokens for row in rows) / over,
        cached_input_tokens=sum(row.cached_input_tokens for row in rows) / over,
        cost=sum((Fraction(row.cost) for row in rows), Fraction(0)) / over,
    )


def _by_model(spends: Iterable[ModelSpend], over: Fraction) -> dict[str, Spend]:
    sums: dict[str, Spend] = {}
    for spend in spends:
        calls, tokens, cost = sums.get(spend.model, NO_SPEND)
        sums[spend.model] = Spend(
            calls + spend.calls / over,
            tokens + spend.tokens / over,
            cost + Fraction(spend.cost) / over,
        )
    return sums
