"""The page's two kinds of chart."""

from decimal import Decimal
from itertools import pairwise
from math import ceil

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.wording import dollars, short_day
from spend_report.page import labels
from spend_report.page.svg import Bar, Layer, draw
from spend_report.page.view_types import Mover, OverTime, Series

GAP, BAND, SPIKE = "gap", "band", "spike"
_WEEK, _FEW = 7, 10
_STEPS = (Decimal(1), Decimal(2), Decimal("2.5"), Decimal(5), Decimal(10))
_MOST_TICKS = 5
# Parts of the scale: how far a mark is above its day, and how high it is.
_ABOVE, _MARK, _WITH_MARK = Decimal("0.015"), Decimal("0.045"), Decimal("1.07")
_MOST_FOR_BAND = Decimal("1.5")


def stacked(chart: OverTime) -> str:
    """The cost per day, stacked by feature. A day without a report is one pale column."""
    days = [short_day(day) for day in chart.days]
    ticks = _ticks(_highest(chart))
    layers = [_layer(series, days) for series in chart.series]
    if chart.missing:
        gap = {day: Bar(GAP, ticks[-1], f"{short_day(day)}: not reported") for day in chart.missing}
        layers.append([gap.get(day) for day in chart.days])
    if chart.spikes:
        layers += _marks(chart, ticks[-1])
    named = days[:: -_WEEK if len(days) > _FEW else 1]
    return draw(
        layers,
        columns=[day if day in named else "" for day in days],
        top=ticks[-1],
        width=600,
        height=190,
        font_size=15,
        behind=_band(chart, ticks[-1]),
        guides=[(tick, _tick(tick)) for tick in ticks],
        budget=chart.budget,
    )


def _highest(chart: OverTime) -> Decimal:
    """What the scale has to reach: days, marks, budget, and the band while it leaves them room."""
    highest = max([ZERO, *filter(None, chart.totals)])
    highest = max(highest * _WITH_MARK if chart.spikes else highest, chart.budget or ZERO)
    band = max((usual.high for usual in chart.usual.values()), default=ZERO)
    return max(highest, min(band, highest * _MOST_FOR_BAND))


def _marks(chart: OverTime, top: Decimal) -> list[Layer]:
    """A mark a little above each day on which something was far above its usual."""
    words = {
        day: f"{short_day(day)}: far above the usual: {chart.spikes[day]}" for day in chart.spikes
    }
    mark = {day: Bar(SPIKE, top * _MARK, text, points=True) for day, text in words.items()}
    room = dict.fromkeys(mark, Bar("", top * _ABOVE))
    return [[room.get(day) for day in chart.days], [mark.get(day) for day in chart.days]]


def _band(chart: OverTime, top: Decimal) -> list[Layer]:
    """From the least to the most that is usual for each day, as far as the scale reaches."""
    below, band = {}, {}
    for day, usual in chart.usual.items():
        low, high = min(usual.low, top), min(usual.high, top)
        words = f"{short_day(day)}: usually {dollars(usual.low)} to {dollars(usual.high)}"
        below[day], band[day] = Bar("", low), Bar(BAND, high - low, words)
    return [[bars.get(day) for day in chart.days] for bars in (below, band)] if band else []


def _layer(series: Series, days: list[str]) -> Layer:
    return [
        Bar(series.slot, cost, f"{day}: {series.name} {dollars(cost)}") if cost else None
        for day, cost in zip(days, series.costs, strict=True)
    ]


def waterfall(mover: Mover) -> str:
    """From the baseline over the four drivers to the day's cost.

    No step ends below zero: each is the cost of the day's calls at a mixture of the day's and
    the baseline's models, lengths and prices.
    """
    parts = {
        "calls": mover.volume,
        "models": mover.mix,
        "tokens": mover.tokens_per_call,
        "price": mover.price,
    }
    levels = [mover.baseline]
    for part in parts.values():
        levels.append(levels[-1] + part)
    largest = max(levels)
    floors = [None, *(Bar("", min(pair)) for pair in pairwise(levels)), None]
    steps = [
        _end("before", mover.baseline, largest),
        *(_step(what, part, largest) for what, part in parts.items()),
        _end("the day", mover.cost, largest),
    ]
    return draw(
        [floors, steps],
        columns=["before", *parts, "the day"],
        top=largest or Decimal(1),
        width=360,
        height=130,
        font_size=11,
    )


def _end(what: str, cost: Decimal, largest: Decimal) -> Bar:
    label = labels.aligned(cost, largest)
    return Bar("level", cost, f"{what}: {label}", label)


def _step(what: str, part: Decimal, largest: Decimal) -> Bar:
    label = labels.aligned_change(part, largest)
    return Bar("up" if part > 0 else "down", abs(part), f"{what}: {label}", label)


def _ticks(highest: Decimal) -> list[Decimal]:
    """Round amounts from zero to the first that is not below `highest`, five at most."""
    if not highest:
        return [ZERO, Decimal(1)]
    rough = highest / (_MOST_TICKS - 1)
    unit = Decimal(1).scaleb(rough.adjusted())
    step = next(step * unit for step in _STEPS if step * unit >= rough)
    return [step * number for number in range(ceil(highest / step) + 1)]


def _tick(amount: Decimal) -> str:
    whole = amount == amount.to_integral_value()
    return f"${amount:,.0f}" if whole else dollars(amount)
