"""What the day's number rests on, as lines to check it by."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.wording import dollars, plain, share, things
from spend_report.domain.bills.bill_words import BillLine
from spend_report.domain.config.budget_contradictions import budget_contradictions
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.build_figures import UNREADABLE, WRAPPER
from spend_report.domain.figures.day_figures import DayFigures, ModelDrift
from spend_report.domain.prices.price_sources import PriceSource
from spend_report.domain.reports.day_report import Origin
from spend_report.page.labels import listed, portion
from spend_report.page.view_types import Fact

_SOURCES = {
    PriceSource.PARAMETER: "your price parameters",
    PriceSource.CATALOGUE: "the bundled catalogue",
    PriceSource.LANGSMITH: "the cost that LangSmith recorded",
    PriceSource.UNPRICED: "no price known",
}
_LEFT_OUT = {WRAPPER: "wrapping other calls", UNREADABLE: "unreadable"}
_WORTH_NAMING = Decimal("0.05")


def facts(
    figures: DayFigures,
    origin: Origin,
    day: ReportDay,
    budgets: Budgets,
    bills: Sequence[BillLine] = (),
) -> list[Fact]:
    """The facts in the order in which one would check them."""
    return [
        Fact("The day", _day(day, origin)),
        *_runs(figures),
        *_prices(figures),
        *_unpriced(figures),
        *_drift(figures.drift),
        *(Fact("Against the bill", line.text, bad=line.bad) for line in bills),
        *_quality(figures),
        *_sampling(figures),
        *_budgets(budgets),
        *_versions(origin),
    ]


def _day(day: ReportDay, origin: Origin) -> str:
    hours = int((day.end - day.start).total_seconds() // 3600)
    return f"{day.date.isoformat()} in {origin.timezone}, {things(hours, 'hour')}"


def _runs(figures: DayFigures) -> Iterator[Fact]:
    left_out = [
        f"{number:,} {_LEFT_OUT.get(why) or plain(why)}"
        for why, number in figures.left_out.items()
        if number
    ]
    text = f"{figures.fetched:,} fetched from LangSmith, {figures.calls:,} counted as calls"
    if left_out:
        text += f"; left out: {listed(left_out)}"
    yield Fact("LLM runs", text)


def _prices(figures: DayFigures) -> Iterator[Fact]:
    calls: dict[str, int] = {}
    costs: dict[str, Decimal] = {}
    for line in figures.lines:
        calls[line.price_source] = calls.get(line.price_source, 0) + line.calls
        costs[line.price_source] = costs.get(line.price_source, ZERO) + line.cost
    parts = [
        f"{words}: {dollars(costs[source])} ({things(calls[source], 'call')})"
        for source, words in _SOURCES.items()
        if source in calls and source != PriceSource.UNPRICED
    ]
    if parts:
        yield Fact("Prices from", "; ".join(parts))


def _unpriced(figures: DayFigures) -> Iterator[Fact]:
    if figures.unpriced:
        models = [
            f"{plain(row.model) if row.model else 'no model named'} ({things(row.calls, 'call')}, "
            f"{things(row.input_tokens + row.output_tokens, 'token')})"
            for row in figures.unpriced
        ]
        yield Fact("Without a price", f"counted as $0: {listed(models)}", bad=True)


def _drift(drift: Sequence[ModelDrift]) -> Iterator[Fact]:
    ours = sum((model.ours for model in drift), ZERO)
    langsmith = sum((model.langsmith for model in drift), ZERO)
    if not langsmith:
        return
    difference = (ours - langsmith) / langsmith
    sign = "+" if difference > 0 else ""
    text = (
        f"{dollars(langsmith)} for the calls that it priced, {dollars(ours)} here "
        f"({sign}{share(difference)})"
    )
    off = [
        f"{plain(model.model)} {'+' if model.share > 0 else ''}{share(model.share)}"
        for model in drift
        if model.share is not None and abs(model.share) > _WORTH_NAMING
    ]
    if off:
        text += f"; furthest off: {listed(off)}"
    yield Fact("LangSmith's own figure", text, bad=abs(difference) > _WORTH_NAMING)


def _quality(figures: DayFigures) -> Iterator[Fact]:
    quality = figures.quality
    ended = [
        f"{number:,} {words}"
        for number, words in (
            (quality.error_calls, "failed"),
            (quality.pending_calls, "not finished"),
        )
        if number
    ]
    if ended:
        yield Fact("Failed or unfinished", f"{' and '.join(ended)}, all counted")
    gaps = [
        f"{things(number, 'call')} {words}"
        for number, words in (
            (quality.without_usage, "without token counts"),
            (quality.without_model, "without a model's name"),
        )
        if number
    ]
    gaps += [
        f"{things(calls, 'call')} with {plain(reason, 60)}"
        for reason, (calls, _) in quality.errors.items()
    ]
    if gaps:
        yield Fact("Gaps in the data", listed(gaps), bad=True)


def _sampling(figures: DayFigures) -> Iterator[Fact]:
    sampling = figures.sampling
    if sampling.calls:
        part = portion(Decimal(sampling.calls), Decimal(figures.calls))
        text = (
            f"{part} of the calls were traced at a sampling rate. They cost "
            f"{dollars(sampling.cost)} as traced, about {dollars(sampling.scaled_cost)} in all"
        )
        yield Fact("Sampled tracing", text, bad=True)


def _budgets(budgets: Budgets) -> Iterator[Fact]:
    found = [f"{one.path}: {one.text}" for one in budget_contradictions(budgets)]
    if found:
        yield Fact("Budgets at odds", listed(found), bad=True)


def _versions(origin: Origin) -> Iterator[Fact]:
    names = [f"{plain(name, 80)} v{version}" for name, version in origin.parameters.items()]
    if names:
        yield Fact("Parameters", listed(names, most=8))
    if origin.catalogue:
        yield Fact("Price catalogue", origin.catalogue)
