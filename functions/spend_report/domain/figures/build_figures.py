"""What the calls of a day come to."""

from collections.abc import Mapping, Sequence
from copy import replace

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.bound_names import MOST_VALUES, bounded
from spend_report.domain.figures.data_quality import (
    drift,
    quality,
    sampling,
    unpriced,
    used_rates,
)
from spend_report.domain.figures.day_figures import DayFigures, FeatureSpend, ModelSpend, SpendLine
from spend_report.domain.figures.hours import hours_of
from spend_report.domain.figures.ledger import Ledger, cost_of, unpriced_calls
from spend_report.domain.figures.lines import ledger_of
from spend_report.domain.figures.names_as_written import seen_as
from spend_report.domain.figures.request_costs import requests
from spend_report.domain.figures.sums_agree import check
from spend_report.domain.figures.untagged_paths import untagged_paths
from spend_report.domain.parts.add_parts import whole
from spend_report.domain.parts.part import Part
from spend_report.domain.runs.run import MetadataKeys

WRAPPER = "wrapper"
UNREADABLE = "unreadable"


def figures_of(day: ReportDay, parts: Sequence[Part], keys: MetadataKeys) -> DayFigures:
    """The figures of `day`, of which `parts` hold all runs, by what is read of their metadata.

    Root names of `top_requests` that no part knows are filled in by `with_root_names`.

    Raises:
        InconsistentReportError: sums over the same calls differ.
    """
    part = whole(parts)
    slots, names = bounded(part.slots, keys.dimensions)
    ledger = ledger_of(slots)
    top, request_costs = requests(part.traces, names.of("feature"))
    figures = DayFigures(
        date=day.date,
        features=_features(ledger),
        lines=_lines(ledger),
        models=_models(ledger),
        hours=hours_of(slots, day.hours),
        folded={keys.key_of[name]: MOST_VALUES for name in names.kept},
        untagged=untagged_paths(part.paths, names.of("model")),
        top_requests=top,
        request_costs=request_costs,
        unpriced=unpriced(ledger),
        drift=drift(ledger),
        sampling=sampling(ledger),
        quality=quality(ledger, part.remarks),
        fetched=part.fetched,
        left_out={WRAPPER: part.wrappers, UNREADABLE: part.unreadable},
        used_rates=used_rates(ledger),
        seen_as=seen_as(ledger),
    )
    check(figures, ledger)
    return with_root_names(figures, part.roots)


def with_root_names(figures: DayFigures, roots: Mapping[str, str | None]) -> DayFigures:
    """`figures` with the names of the top requests' roots, as far as `roots` knows them."""
    return replace(
        figures,
        top_requests=[
            replace(request, root_name=roots.get(request.trace_id) or request.root_name)
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
