"""What the calls of a day come to."""

from collections.abc import Mapping
from copy import replace

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.data_quality import (
    drift,
    quality,
    sampling,
    unpriced,
    used_rates,
)
from spend_report.domain.figures.day_figures import DayFigures, FeatureSpend, ModelSpend, SpendLine
from spend_report.domain.figures.hours import costs_of, hours_of
from spend_report.domain.figures.ledger import Ledger, cost_of, unpriced_calls
from spend_report.domain.figures.names_as_written import seen_as
from spend_report.domain.figures.request_costs import TraceCosts, requests
from spend_report.domain.figures.sum_calls import Slot, add_up, ledger_of
from spend_report.domain.figures.sums_agree import check
from spend_report.domain.figures.untagged_paths import untagged_paths
from spend_report.domain.runs.calls import Calls
from spend_report.domain.runs.run import Ancestor
from spend_report.domain.runs.too_many_names import MOST_GROUPS, MOST_VALUES, fold_combinations

WRAPPER = "wrapper"
UNREADABLE = "unreadable"


def figures_of(
    calls: Calls,
    costs: TraceCosts,
    ancestors: Mapping[str, Ancestor],
    unreadable: int,
) -> DayFigures:
    """The figures of `calls`, which hold all runs of the day, and `ancestors` of theirs.

    `costs` are those of the day as it was read; they are counted again if some of its runs turn
    out to be wrappers. Root names of `top_requests` are filled in by `with_root_names`.
    `unreadable` is the number of runs that had no id or start.

    Raises:
        InconsistentReportError: sums over the same calls differ.
    """
    fetched = len(calls) + unreadable
    wrapped = calls.settle(ancestors)
    if wrapped:
        costs.count()
    slots, folded = _bounded(calls)
    ledger = ledger_of(slots)
    top, request_costs = requests(calls.columns, costs)
    figures = DayFigures(
        date=calls.day.date,
        features=_features(ledger),
        lines=_lines(ledger),
        models=_models(ledger),
        hours=hours_of(slots, calls.day.hours),
        folded=dict.fromkeys(folded, MOST_VALUES),
        untagged=untagged_paths(calls, ancestors),
        top_requests=top,
        request_costs=request_costs,
        unpriced=unpriced(ledger),
        drift=drift(ledger),
        sampling=sampling(ledger),
        quality=quality(ledger, calls.columns),
        fetched=fetched,
        left_out={WRAPPER: wrapped, UNREADABLE: unreadable},
        used_rates=used_rates(ledger),
        seen_as=seen_as(ledger),
    )
    check(figures, ledger)
    return figures


def _bounded(calls: Calls) -> tuple[list[Slot], list[str]]:
    """The sums of the calls by not more names than a day may report, and the keys that had more."""
    columns = calls.columns
    slots = add_up(columns)
    folded = calls.fold(MOST_VALUES, lambda: costs_of(columns.groups, slots))
    if folded:
        slots = add_up(columns)
    if fold_combinations(columns, MOST_GROUPS, lambda: costs_of(columns.groups, slots)):
        slots = add_up(columns)
    return slots, folded


def with_root_names(figures: DayFigures, roots: Mapping[str, Ancestor]) -> DayFigures:
    """`figures` with the names of the top requests' roots, as far as `roots` knows them."""
    return replace(
        figures,
        top_requests=[
            replace(request, root_name=roots[request.trace_id].name)
            if request.trace_id in roots
            else request
            for request in figures.top_requests
        ],
    )


def _features(ledger: Ledger) -> list[FeatureSpend]:
    by_feature: dict[str, FeatureSpend] = {}
    for key, totals in ledger.lines.items():
        so_far = by_feature.get(key.feature) or FeatureSpend(key.feature, 0, 0, 0, 0, ZERO, 0, 0)
        by_feature[key.feature] = FeatureSpend(
            feature=key.feature,
            calls=so_far.calls + totals.calls,
            input_tokens=so_far.input_tokens + totals.tokens.input,
            output_tokens=so_far.output_tokens + totals.tokens.output,
            cached_input_tokens=so_far.cached_input_tokens + totals.tokens.cache_read,
            cost=so_far.cost + cost_of(key, totals),
            unpriced_calls=so_far.unpriced_calls + unpriced_calls(key, totals),
            error_calls=so_far.error_calls + totals.errors,
            cache_write_tokens=so_far.cache_write_tokens + totals.tokens.written,
            error_cost=so_far.error_cost + totals.error_cost,
        )
    return sorted(by_feature.values(), key=lambda row: (-row.cost, row.feature))


def _lines(ledger: Ledger) -> list[SpendLine]:
    by_key: dict[tuple[object, ...], SpendLine] = {}
    for key, totals in ledger.lines.items():
        row_key = key[:6]
        so_far = by_key.get(row_key) or SpendLine(*row_key, 0, 0, 0, 0, ZERO, ZERO)
        by_key[row_key] = replace(
            so_far,
            calls=so_far.calls + totals.calls,
            input_tokens=so_far.input_tokens + totals.tokens.input,
            output_tokens=so_far.output_tokens + totals.tokens.output,
            cached_input_tokens=so_far.cached_input_tokens + totals.tokens.cache_read,
            cost=so_far.cost + cost_of(key, totals),
            langsmith_cost=so_far.langsmith_cost + totals.langsmith_cost,
        )
    return sorted(
        by_key.values(),
        key=lambda row: (
            -row.cost,
            row.project,
            row.feature,
            row.dimensions,
            row.provider,
            row.model,
            row.price_source,
        ),
    )


def _models(ledger: Ledger) -> list[ModelSpend]:
    sums: dict[tuple[str, str], ModelSpend] = {}
    for key, totals in ledger.lines.items():
        name = (key.feature, key.model)
        so_far = sums.get(name) or ModelSpend(*name, 0, 0, 0, ZERO)
        sums[name] = ModelSpend(
            *name,
            calls=so_far.calls + totals.calls,
            input_tokens=so_far.input_tokens + totals.tokens.input,
            output_tokens=so_far.output_tokens + totals.tokens.output,
            cost=so_far.cost + cost_of(key, totals),
            cached_input_tokens=so_far.cached_input_tokens + totals.tokens.cache_read,
            error_calls=so_far.error_calls + totals.errors,
        )
    return [sums[name] for name in sorted(sums)]
