"""What is wrong with the data of a day, or beside its sums: prices missing, differing, sampled."""

from collections import Counter
from collections.abc import Mapping

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.names import OTHER
from spend_report.domain.figures.day_figures import (
    DataQuality,
    ModelDrift,
    Sampling,
    UnpricedModel,
    UsedRates,
)
from spend_report.domain.figures.ledger import Ledger, cost_of, unpriced_calls
from spend_report.domain.parts.remarks import Remarks
from spend_report.domain.prices.beside_tokens import fee
from spend_report.domain.prices.price_sources import PriceSource
from spend_report.domain.runs.usage import RemarkKind

# A client may make up names of its own for classes of tokens.
_MOST_REASONS = 20


def unpriced(ledger: Ledger) -> list[UnpricedModel]:
    found: dict[tuple[str, str], UnpricedModel] = {}
    for key, totals in ledger.lines.items():
        if not unpriced_calls(key, totals):
            continue
        name = (key.model, key.provider)
        so_far = found.get(name) or UnpricedModel(*name, 0, 0, 0, ())
        found[name] = UnpricedModel(
            *name,
            calls=so_far.calls + unpriced_calls(key, totals),
            input_tokens=so_far.input_tokens + totals.tokens.input,
            output_tokens=so_far.output_tokens + totals.tokens.output,
            features=tuple(sorted({*so_far.features, key.feature})),
        )
    return sorted(found.values(), key=lambda model: (-model.calls, model.model, model.provider))


def drift(ledger: Ledger) -> list[ModelDrift]:
    """By model, over the runs that we have a price for and LangSmith recorded a cost on."""
    found: dict[str, ModelDrift] = {}
    for key, totals in ledger.lines.items():
        if totals.compared:
            so_far = found.get(key.model) or ModelDrift(key.model, ZERO, ZERO, key.source)
            found[key.model] = ModelDrift(
                key.model,
                so_far.ours + totals.compared_cost,
                so_far.langsmith + totals.langsmith_cost,
                max(so_far.source, key.source),  # of both, `parameter` sorts last
            )
    return [found[model] for model in sorted(found)]


def used_rates(ledger: Ledger) -> list[UsedRates]:
    used = {
        UsedRates(key.model, key.provider, key.rates)
        for key in ledger.lines
        if key.rates is not None
    }
    return sorted(used, key=lambda row: (row.model, row.provider, str(row.rates)))


def sampling(ledger: Ledger) -> Sampling:
    calls, cost, scaled = 0, ZERO, ZERO
    for key, totals in ledger.lines.items():
        if key.sample_rate is not None:
            calls += totals.calls
            cost += cost_of(key, totals)
            scaled += cost_of(key, totals) / key.sample_rate
    return Sampling(calls, cost, scaled)


def quality(ledger: Ledger, remarks: Remarks) -> DataQuality:
    lines = list(ledger.lines.items())
    silent: Counter[str] = Counter()
    for key, totals in lines:
        if totals.finished_without_usage:
            silent[key.feature] += totals.finished_without_usage
    return DataQuality(
        error_calls=sum(totals.errors for _, totals in lines),
        pending_calls=sum(totals.pending for _, totals in lines),
        without_usage=sum(totals.without_usage for _, totals in lines),
        without_model=sum(totals.calls for key, totals in lines if not key.model),
        finished_without_usage=dict(sorted(silent.items())),
        errors=_foremost(_about(remarks, RemarkKind.ERROR)),
        unexplained=remarks.get((RemarkKind.UNEXPLAINED, ""), (0, 0)),
        like_text=_foremost(_about(remarks, RemarkKind.LIKE_TEXT)),
        not_covered=dict(
            sorted({**_fees(ledger), **_about(remarks, RemarkKind.NOT_COVERED)}.items())
        ),
    )


def _fees(ledger: Ledger) -> Mapping[str, tuple[int, int]]:
    """The calls, and their tokens of output, of models that are charged for more than tokens.

    Those without any price are told as such.
    """
    found: dict[str, tuple[int, int]] = {}
    for key, totals in ledger.lines.items():
        if key.source is not PriceSource.UNPRICED and (about := fee(key.model)):
            calls, tokens = found.get(about, (0, 0))
            found[about] = (calls + totals.calls, tokens + totals.tokens.output)
    return found


def _about(remarks: Remarks, wanted: RemarkKind) -> dict[str, tuple[int, int]]:
    return {about: sums for (kind, about), sums in remarks.items() if kind is wanted}


def _foremost(reasons: Mapping[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
    """The reasons by name; of very many those with most tokens, and the others together."""
    ranked = sorted(reasons, key=lambda about: (-reasons[about][1], about))
    kept = {about: reasons[about] for about in sorted(ranked[:_MOST_REASONS])}
    for about in ranked[_MOST_REASONS:]:
        calls, tokens = kept.get(OTHER, (0, 0))
        kept[OTHER] = (calls + reasons[about][0], tokens + reasons[about][1])
    return kept
