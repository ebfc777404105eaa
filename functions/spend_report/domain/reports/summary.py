"""`summary.json`: the totals, and what anyone needs to recompute a cell of the other reports."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from spend_report.domain.basics.money import ZERO, percent, usd
from spend_report.domain.figures.day_figures import DayFigures, ModelDrift
from spend_report.domain.reports.day_report import DayReport

# Within this, our cost and LangSmith's agree: it rounds, and prices linearly.
_NORMAL_DRIFT = Decimal("0.05")
_WORTH_A_WORD = Decimal("0.01")


def summary(
    report: DayReport,
    *,
    reports: Mapping[str, str],
    alerts: Sequence[Mapping[str, Any]],
    notices: Sequence[Mapping[str, Any]],
    before: bytes | None,
) -> bytes:
    """The summary of `report`. `before` is the one that its day had until now."""
    day, figures, origin = report.day, report.figures, report.origin
    content = {
        "date": day.date.isoformat(),
        "timezone": origin.timezone,
        "start": day.start.isoformat(),
        "end": day.end.isoformat(),
        "total": {
            "calls": figures.calls,
            "input_tokens": sum(row.input_tokens for row in figures.features),
            "output_tokens": sum(row.output_tokens for row in figures.features),
            "cached_input_tokens": sum(row.cached_input_tokens for row in figures.features),
            "cost_usd": usd(figures.cost),
            "exact_cost_usd": f"{figures.cost.normalize():f}",
        },
        "runs": {
            "fetched": figures.fetched,
            "counted": figures.calls,
            "left_out": dict(figures.left_out),
        },
        "features": {
            row.feature: {"calls": row.calls, "cost_usd": usd(row.cost)} for row in figures.features
        },
        "cost_by_price_source": _by_source(figures),
        "cost_per_request": {
            feature: {
                "requests": costs.count,
                "median_usd": usd(costs.median),
                "p95_usd": usd(costs.p95),
                "maximum_usd": usd(costs.maximum),
            }
            for feature, costs in figures.request_costs.items()
        },
        "data_quality": _quality(figures),
        "langsmith": _second_opinion(figures),
        "sampling": {
            "calls": figures.sampling.calls,
            "share_of_calls_pct": percent(Decimal(figures.sampling.calls), Decimal(figures.calls)),
            "cost_usd": usd(figures.sampling.cost),
            "scaled_cost_usd": usd(figures.sampling.scaled_cost),
        },
        "versions": {"parameters": dict(origin.parameters), "catalogue": origin.catalogue},
        "prices_usd_per_million_tokens": [
            {
                "model": row.model,
                "provider": row.provider,
                "price_source": row.rates.source,
                "input": str(row.rates.input),
                "output": str(row.rates.output),
                "cache_read": str(row.rates.cache_read),
                "cache_write": str(row.rates.cache_write),
                "cache_write_1h": str(row.rates.cache_write_1h),
            }
            for row in figures.used_rates
        ],
        "reports": dict(reports),
        "alerts": list(alerts),
        "notices": list(notices),
        "restated": _restated(figures.cost, before),
    }
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8")


def _by_source(figures: DayFigures) -> dict[str, str]:
    sums: dict[str, Decimal] = {}
    for line in figures.lines:
        sums[line.price_source] = sums.get(line.price_source, ZERO) + line.cost
    return {source: usd(cost) for source, cost in sorted(sums.items())}


def _quality(figures: DayFigures) -> dict[str, Any]:
    untagged = figures.feature("untagged")
    return {
        "error_calls": figures.quality.error_calls,
        "pending_calls": figures.quality.pending_calls,
        "calls_without_usage": figures.quality.without_usage,
        "calls_without_model": figures.quality.without_model,
        "untagged_calls": untagged.calls if untagged else 0,
        "untagged_share_of_cost_pct": percent(untagged.cost if untagged else ZERO, figures.cost),
        "unpriced": [
            {
                "model": model.model,
                "provider": model.provider,
                "calls": model.calls,
                "input_tokens": model.input_tokens,
                "output_tokens": model.output_tokens,
                "features": list(model.features),
            }
            for model in figures.unpriced
        ],
        "data_errors": {
            reason: {"calls": calls, "tokens": tokens}
            for reason, (calls, tokens) in figures.quality.errors.items()
        },
    }


def _second_opinion(figures: DayFigures) -> dict[str, Any]:
    """Our cost beside LangSmith's, over the runs that both put a cost on."""
    total = ModelDrift(
        "total",
        sum((model.ours for model in figures.drift), ZERO),
        sum((model.langsmith for model in figures.drift), ZERO),
    )
    return {
        **_drift(total),
        "models": {model.model: _drift(model) for model in figures.drift},
        "models_off": [
            model.model for model in figures.drift if abs(model.share or ZERO) > _NORMAL_DRIFT
        ],
    }


def _drift(model: ModelDrift) -> dict[str, str]:
    return {
        "our_cost_usd": usd(model.ours),
        "langsmith_cost_usd": usd(model.langsmith),
        "drift_pct": percent(model.ours - model.langsmith, model.langsmith),
    }


def _restated(cost: Decimal, before: bytes | None) -> dict[str, str] | None:
    """What the day cost before it moved by more than a hundredth, and what has changed since.

    A rerun that changes nothing, or little, keeps the figure that an earlier one kept.
    """
    old = _content(before)
    try:
        previous = Decimal(old["total"]["exact_cost_usd"])
        if abs(cost - previous) <= _WORTH_A_WORD * previous:
            previous = Decimal(old["restated"]["previous_cost_usd"])
    except (KeyError, TypeError):  # none before, none kept, or not a summary of ours
        return None
    return {
        "previous_cost_usd": usd(previous),
        "cost_usd": usd(cost),
        "change_usd": usd(cost - previous),
        "change_pct": percent(cost - previous, previous),
    }


def _content(summary: bytes | None) -> Any:
    try:
        return json.loads(summary or b"null")
    except ValueError:
        return None
