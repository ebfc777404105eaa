"""Why a feature's cost changed: volume, mix, tokens per call and price, which sum exactly.

This is price-volume-mix analysis, as management accounting splits a change of revenue into its
causes (Horngren, Datar, Rajan: Cost Accounting, chapter on sales variances), here with one step
more, because what an LLM call costs is its tokens times their price. The causes are taken one
after the other, in the order in which they come about, so that there is no remainder to share
out: first how many calls, then on which models, then how long, then at what price.

With calls N, and for each model m its share of the calls s, its tokens (input and output) per
call u and its cost per token p; 0 the baseline's days taken together and 1 the day; N0 and C0
the baseline's mean calls and cost per day:

    volume          = (N1 - N0) * C0 / N0
    mix             = N1 * sum((s1 - s0) * u0 * p0)
    tokens per call = N1 * sum(s1 * (u1 - u0) * p0)
    price           = N1 * sum(s1 * u1 * (p1 - p0))

Since C0 = N0 * sum(s0 * u0 * p0), the four sum to C1 - C0. A model without calls in the
baseline takes u0 = u1 and p0 = p1, so all it adds is mix; one that is gone has s1 = 0, which is
mix as well. A model whose calls report no tokens on one side has no price there and takes the
other side's. Where the baseline has no calls of the feature, the whole change is volume.

Cached tokens are tokens, and cheaper ones: cache hits are therefore part of the price.

The price is computed as the change less the other three. That equals its formula, and takes up
the millionths of a dollar by which a past day's detail, rounded row by row, misses its feature's
cost. The arithmetic is exact (fractions); `Driver.amounts` rounds it so that the sum still holds.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

from msgspec import Struct

from spend_report.domain.basics.day import days_before
from spend_report.domain.basics.money import rounded
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.daily_means import ABSENT, NO_SPEND, Mean, Spend, Volume, means
from spend_report.domain.record.history import History, PastDay, today_of

BASELINE_DAYS = 7
"""Calendar days before the day whose reports make the baseline."""


class ModelChange(Struct, frozen=True):
    """One model of a feature. Shares are of the calls, from 0 to 1.

    `mix` is what the model adds to the mix, beyond what the same calls cost at the baseline's
    average: the models' sum to the feature's mix. `tokens_before` are u0, `tokens_now` u1.
    """

    model: str
    share_before: Fraction
    share_now: Fraction
    tokens_before: Fraction
    tokens_now: Fraction
    mix: Fraction


class Amounts(NamedTuple):
    """A driver's amounts in US dollars at six decimals: cost - baseline = change = the parts."""

    cost: Decimal
    baseline: Decimal
    change: Decimal
    from_calls: Decimal
    from_models: Decimal
    from_tokens_per_call: Decimal
    from_price_per_token: Decimal


class Driver(Struct, frozen=True):
    """The change of one feature's cost on `day` against its baseline, in exact US dollars.

    `baseline` are the days that the baseline is the mean of; without any there is nothing to
    compare with. `now` and `before` hold what the sentences about it need.
    """

    day: date
    feature: str
    volume: Fraction
    mix: Fraction
    tokens_per_call: Fraction
    price: Fraction
    baseline: Sequence[date]
    now: Volume
    before: Volume
    models: Sequence[ModelChange] = ()

    @property
    def baseline_days(self) -> int:
        """How many days the baseline is the mean of."""
        return len(self.baseline)

    @property
    def change(self) -> Fraction:
        """The day's cost less the baseline's mean."""
        return self.now.cost - self.before.cost

    @property
    def amounts(self) -> Amounts:
        """The amounts at six decimals, which still sum exactly.

        Each is rounded by itself; what that leaves over (at most two millionths of a dollar)
        goes to the largest part, where it matters least.
        """
        cost, baseline = rounded(self.now.cost), rounded(self.before.cost)
        exact = (self.volume, self.mix, self.tokens_per_call, self.price)
        parts = [rounded(part) for part in exact]
        largest = max(range(len(parts)), key=lambda place: abs(exact[place]))
        parts[largest] += cost - baseline - sum(parts)
        return Amounts(cost, baseline, cost - baseline, *parts)


def explain(figures: DayFigures, history: History) -> list[Driver]:
    """One driver for each feature of the day and each that only the baseline has.

    The largest change, up or down, comes first; ties by name.
    """
    past = history.reported(days_before(figures.date, BASELINE_DAYS))
    return compare([today_of(figures)], past, figures.date)


def compare(
    days: Sequence[PastDay], baseline: Sequence[PastDay], as_of: date, *, per_days: int = 1
) -> list[Driver]:
    """The drivers between the means of `days` and of `baseline` per so many days.

    They are sorted as `explain` sorts them. Where a day's models are not known, each feature
    counts as one model.
    """
    detailed = all(day.models or not day.features for day in [*days, *baseline])
    now = means(days, per_days, detailed=detailed)
    before = means(baseline, per_days, detailed=detailed)
    dates = [day.date for day in baseline]
    drivers = [
        _driver(as_of, feature, now.get(feature), before.get(feature), dates)
        for feature in now.keys() | before.keys()
    ]
    return sorted(drivers, key=lambda driver: (-abs(driver.amounts.change), driver.feature))


def _driver(
    as_of: date, feature: str, now: Mean | None, before: Mean | None, dates: Sequence[date]
) -> Driver:
    (day, day_models), (base, base_models) = now or ABSENT, before or ABSENT
    change = day.cost - base.cost
    if not base.calls or not day.calls:
        nothing = Fraction(0)
        return Driver(as_of, feature, change, nothing, nothing, nothing, dates, day, base)
    volume = (day.calls - base.calls) * base.cost / base.calls
    models = [
        _model(name, day_models.get(name, NO_SPEND), base_models.get(name, NO_SPEND), day, base)
        for name in sorted(day_models.keys() | base_models.keys())
    ]
    mix = sum((model.mix for model, _ in models), Fraction(0))
    tokens = sum((tokens for _, tokens in models), Fraction(0))
    price = change - volume - mix - tokens
    changes = [model for model, _ in models]
    return Driver(as_of, feature, volume, mix, tokens, price, dates, day, base, changes)


def _model(
    name: str, now: Spend, before: Spend, day: Volume, base: Volume
) -> tuple[ModelChange, Fraction]:
    """What changed on one model, and its part of the tokens per call."""
    share_now, share_before = now.calls / day.calls, before.calls / base.calls
    tokens_now = now.tokens / now.calls if now.calls else Fraction(0)
    price_now = now.cost / now.tokens if now.tokens else None
    tokens_before = before.tokens / before.calls if before.calls else tokens_now
    price_before = before.cost / before.tokens if before.tokens else price_now
    price = price_before if price_before is not None else Fraction(0)
    per_call = tokens_before * price
    average = base.cost / base.calls
    change = ModelChange(
        model=name,
        share_before=share_before,
        share_now=share_now,
        tokens_before=tokens_before,
        tokens_now=tokens_now,
        mix=day.calls * (share_now - share_before) * (per_call - average),
    )
    return change, day.calls * share_now * (tokens_now - tokens_before) * price
