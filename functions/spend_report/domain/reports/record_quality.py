"""What a day's record says about the data: faults, and LangSmith's second opinion."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from spend_report.domain.basics.money import ZERO, percent, usd
from spend_report.domain.basics.names import UNTAGGED
from spend_report.domain.figures.day_figures import DayFigures, ModelDrift

# Within this, our cost and LangSmith's agree: it rounds, and prices linearly.
_NORMAL_DRIFT = Decimal("0.05")

_MOST_FEATURES_NAMED = 100


def data_quality(figures: DayFigures, most: int) -> dict[str, Any]:
    """Counts of what is missing or wrong, with at most so many rows in each list."""
    untagged = figures.feature(UNTAGGED)
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
                "features": list(model.features[: min(most, _MOST_FEATURES_NAMED)]),
            }
            for model in figures.unpriced[:most]
        ],
        "unexplained": _counts(*figures.quality.unexplained),
        "priced_like_text": _by_name(figures.quality.like_text),
        "not_covered": _by_name(figures.quality.not_covered),
        "data_errors": _by_name(figures.quality.errors),
    }


def _by_name(reasons: Mapping[str, tuple[int, int]]) -> dict[str, dict[str, int]]:
    return {name: _counts(*counts) for name, counts in reasons.items()}


def _counts(calls: int, tokens: int) -> dict[str, int]:
    return {"calls": calls, "tokens": tokens}


def second_opinion(figures: DayFigures, most: int) -> dict[str, Any]:
    """Our cost beside LangSmith's, over the runs that both put a cost on."""
    total = ModelDrift(
        "total",
        sum((model.ours for model in figures.drift), ZERO),
        sum((model.langsmith for model in figures.drift), ZERO),
    )
    return {
        **_drift(total),
        "models": {model.model: _drift(model) for model in figures.drift[:most]},
        "models_off": [
            model.model
            for model in figures.drift[:most]
            if abs(model.share or ZERO) > _NORMAL_DRIFT
        ],
    }


def _drift(model: ModelDrift) -> dict[str, str]:
    return {
        "our_cost_usd": usd(model.ours),
        "langsmith_cost_usd": usd(model.langsmith),
        "drift_pct": percent(model.ours - model.langsmith, model.langsmith),
    }
