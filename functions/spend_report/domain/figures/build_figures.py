"""What the calls of a day come to."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from spend_report.domain.basics.money import ZERO, exactly
from spend_report.domain.figures.adding_up import ledger_of
from spend_report.domain.figures.consistency import check
from spend_report.domain.figures.day_figures import (
    DataQuality,
    DayFigures,
    FeatureSpend,
    ModelDrift,
    Sampling,
    SpendLine,
    UnpricedModel,
    UntaggedPath,
    UsedRates,
)
from spend_report.domain.figures.ledger import Ledger, LineKey, Totals, cost_of
from spend_report.domain.figures.request_costs import TraceCosts, requests
from spend_report.domain.prices.pricing import PriceSource, Rates, Tokens
from spend_report.domain.runs.calls import Calls, Orphan
from spend_report.domain.runs.columns import NO_CALL, Columns
from spend_report.domain.runs.run import Ancestor

WRAPPER = "wrapper"
UNREADABLE = "unreadable"


def figures_of(
    day: date,
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
    ledger = ledger_of(calls.columns)
    top, request_costs = requests(calls.columns, costs)
    figures = DayFigures(
        date=day,
        features=_features(ledger),
        lines=_lines(ledger),
        untagged=_untagged(calls, ancestors),
        top_requests=top,
        request_costs=request_costs,
        unpriced=_unpriced(ledger),
        drift=_drift(ledger),
        sampling=_sampling(ledger),
        quality=_quality(ledger, calls.columns),
        fetched=fetched,
        left_out={WRAPPER: wrapped, UNREADABLE: unreadable},
        used_rates=_used_rates(ledger),
    )
    check(figures, ledger)
    return figures


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
            unpriced_calls=so_far.unpriced_calls + _unpriced_calls(key, totals),
            error_calls=so_far.error_calls + totals.errors,
        )
    return sorted(by_feature.values(), key=lambda row: (-row.cost, row.feature))


def _unpriced_calls(key: LineKey, totals: Totals) -> int:
    """A call without tokens costs nothing, so no price is missing."""
    return totals.calls - totals.without_usage if key.source is PriceSource.UNPRICED else 0


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


def _untagged(calls: Calls, ancestors: Mapping[str, Ancestor]) -> list[UntaggedPath]:
    columns = calls.columns
    rows: defaultdict[tuple[str, str, str, int], list[int]] = defaultdict(list)
    for row, orphan in calls.untagged():
        root_name = _root_name(orphan, ancestors)
        rows[root_name, orphan.name, orphan.node, columns.group[row]].append(row)
    paths: dict[tuple[str, str, str, str, str], UntaggedPath] = {}
    for (root_name, run_name, node, _), of_group in rows.items():
        group = columns.group_of(of_group[0])
        path = (group.project.name, root_name, run_name, node, group.model)
        so_far = paths.get(path) or UntaggedPath(*path, 0, ZERO)
        paths[path] = replace(
            so_far,
            calls=so_far.calls + len(of_group),
            cost=so_far.cost + _cost(group.rates, columns, of_group),
        )
    return sorted(
        paths.values(),
        key=lambda row: (
            -row.cost,
            row.project,
            row.root_name,
            row.run_name,
            row.langgraph_node,
            row.model,
        ),
    )


def _root_name(orphan: Orphan, ancestors: Mapping[str, Ancestor]) -> str:
    if not orphan.parent_ids:
        return orphan.name
    root = ancestors.get(orphan.parent_ids[0])
    return root.name if root else ""


def _cost(rates: Rates | None, columns: Columns, rows: Sequence[int]) -> Decimal:
    """What some calls of one group cost."""
    if rates is not None:
        return rates.cost(sum(map(columns.tokens, rows), Tokens()))
    return sum((exactly(columns.recorded[row]) for row in rows), ZERO)


def _unpriced(ledger: Ledger) -> list[UnpricedModel]:
    found: dict[tuple[str, str], UnpricedModel] = {}
    for key, totals in ledger.lines.items():
        if not _unpriced_calls(key, totals):
            continue
        name = (key.model, key.provider)
        so_far = found.get(name) or UnpricedModel(*name, 0, 0, 0, ())
        found[name] = UnpricedModel(
            *name,
            calls=so_far.calls + _unpriced_calls(key, totals),
            input_tokens=so_far.input_tokens + totals.tokens.input,
            output_tokens=so_far.output_tokens + totals.tokens.output,
            features=tuple(sorted({*so_far.features, key.feature})),
        )
    return sorted(found.values(), key=lambda model: (-model.calls, model.model, model.provider))


def _drift(ledger: Ledger) -> list[ModelDrift]:
    """By model, over the runs that we have a price for and LangSmith recorded a cost on."""
    ours: dict[str, Decimal] = defaultdict(Decimal)
    theirs: dict[str, Decimal] = defaultdict(Decimal)
    for key, totals in ledger.lines.items():
        if totals.compared:
            ours[key.model] += totals.compared_cost
            theirs[key.model] += totals.langsmith_cost
    return [ModelDrift(model, ours[model], theirs[model]) for model in sorted(ours)]


def _used_rates(ledger: Ledger) -> list[UsedRates]:
    used = {
        UsedRates(key.model, key.provider, key.rates)
        for key in ledger.lines
        if key.rates is not None
    }
    return sorted(used, key=lambda row: (row.model, row.provider, str(row.rates)))


def _sampling(ledger: Ledger) -> Sampling:
    calls, cost, scaled = 0, ZERO, ZERO
    for key, totals in ledger.lines.items():
        if key.sample_rate is not None:
            calls += totals.calls
            cost += cost_of(key, totals)
            scaled += cost_of(key, totals) / key.sample_rate
    return Sampling(calls, cost, scaled)


def _quality(ledger: Ledger, columns: Columns) -> DataQuality:
    lines = list(ledger.lines.items())
    errors: dict[str, tuple[int, int]] = {}
    for row, usage in columns.usages.items():
        if columns.group[row] == NO_CALL:
            continue
        of_call: Counter[str] = Counter()
        for reason, tokens in usage.errors:
            of_call[reason] += tokens
        for reason, tokens in of_call.items():
            calls, sum_ = errors.get(reason, (0, 0))
            errors[reason] = (calls + 1, sum_ + tokens)
    return DataQuality(
        error_calls=sum(totals.errors for _, totals in lines),
        pending_calls=sum(totals.pending for _, totals in lines),
        without_usage=sum(totals.without_usage for _, totals in lines),
        without_model=sum(totals.calls for key, totals in lines if not key.model),
        errors=dict(sorted(errors.items())),
    )
