"""What a day's data lack: each kind with a population of its own, and a floor.

The rules, one function each, say what they look at and from what amount on they speak up. None
does about less than a cent, or a hundredth of the calls where nobody knows what they cost.
"""

import json
from collections.abc import Iterator, Sequence
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.names import UNTAGGED
from spend_report.domain.basics.places import Places
from spend_report.domain.basics.wording import about, ascii_only, dollars, plain, share, things
from spend_report.domain.figures.build_figures import UNREADABLE
from spend_report.domain.figures.day_figures import DayFigures, ModelDrift, UnpricedModel
from spend_report.domain.prices.price_sources import PriceSource

LEAST_DOLLARS = Decimal("0.01")
_LEAST_SHARE = Decimal("0.01")
_DRIFT_LIMIT = Decimal("0.20")
_WITHOUT_USAGE_LIMIT = Decimal("0.05")
_MEND = "mend the client that writes these runs"


class NoticeKind(StrEnum):
    """What a notice is about."""

    UNPRICED_MODEL = "unpriced_model"
    UNTAGGED_SHARE = "untagged_share"
    DRIFT = "drift"
    ALL_SILENT = "all_silent"
    FEATURE_SILENT = "feature_silent"
    USAGE_MISSING = "usage_missing"
    UNEXPLAINED_TOKENS = "unexplained_tokens"
    NOT_COVERED = "not_covered"
    DATA_ERROR = "data_error"
    UNREADABLE_RUNS = "unreadable_runs"
    CONFIG_CHANGED = "config_changed"
    REPORT_KEPT = "report_kept"
    CALENDAR_SHIFT = "calendar_shift"
    TOO_MANY_NAMES = "too_many_names"
    UNREGISTERED_FEATURE = "unregistered_feature"
    SIMILAR_FEATURES = "similar_features"
    BUDGET_UNUSED = "budget_unused"


class Finding(Struct, frozen=True):
    """One thing that is wrong: `subject` in a few ASCII words, `text` in sentences, `do` a request.

    `about` tells it from others of its kind. `calls` are concerned, and `cost` is at stake, in US
    dollars; where nobody knows it, at the day's mean cost of a token or a call. `add` is the line
    that mends it in a price parameter, with `<USD>` to fill in.
    """

    kind: NoticeKind
    about: str
    subject: str
    text: str
    do: str
    features: Sequence[str] = ()
    add: str = ""
    calls: int = 0
    cost: Decimal = ZERO


def findings(figures: DayFigures, untagged_limit: Decimal, where: Places) -> Iterator[Finding]:
    """What the data of the day lack, by kind; `where` names the parameters that mend it."""
    yield from _unpriced(figures, where)
    yield from _untagged(figures, untagged_limit)
    yield from _drift(figures, where)
    yield from _without_usage(figures)
    yield from _errors(figures)
    yield from _unreadable(figures)


def _unpriced(figures: DayFigures, where: Places) -> Iterator[Finding]:
    """Calls with tokens on a model that nobody knows a price of, from the first on."""
    by_model: dict[str, list[UnpricedModel]] = {}
    for entry in figures.unpriced:
        by_model.setdefault(entry.model, []).append(entry)
    for model, entries in by_model.items():
        calls = sum(entry.calls for entry in entries)
        tokens = sum(entry.input_tokens + entry.output_tokens for entry in entries)
        features = sorted({feature for entry in entries for feature in entry.features})
        cost = tokens * cost_per_token(figures)
        missing = f"{things(calls, 'call')} with {things(tokens, 'token')} ({names(features)})"
        guess = f" ({about(cost)} at the day's mean cost per token)" if cost else ""
        if model:
            subject, do = f"no price for {ascii_only(model)}", f"add a price for {plain(model)}"
            text = (
                f"No price for {plain(model)}: {missing} count as $0{guess}. Add its price per "
                f"million tokens to {where.to_add('pricing')}."
            )
            add = f'{json.dumps(model)}: {{"input": <USD>, "output": <USD>}}'
        else:
            subject, do, add = "calls without a model", "set ls_model_name on them", ""
            text = (
                f"{missing} name no model and count as $0{guess}. Set ls_model_name in their "
                "metadata."
            )
        kind = NoticeKind.UNPRICED_MODEL
        yield Finding(kind, model, subject, text, do, features, add, calls, cost)


def _untagged(figures: DayFigures, limit: Decimal) -> Iterator[Finding]:
    """The cost without a feature, above `limit` of the day's."""
    row = figures.feature(UNTAGGED)
    if row is None or row.cost <= limit * figures.cost or row.cost < LEAST_DOLLARS:
        return
    part = share(row.cost / figures.cost)
    text = (
        f"{part} of the day's cost has no feature ({dollars(row.cost)} of "
        f"{dollars(figures.cost)}; the limit is {share(limit)})."
    )
    do = "tag the calls without a feature"
    if figures.untagged:
        path = figures.untagged[0]
        where = f"{plain(path.run_name)} in {plain(path.root_name)}"
        do = f"tag {where}"
        text += (
            f" Tag the costliest path first: {where} ({dollars(path.cost)}); the untagged report "
            "lists all."
        )
    kind = NoticeKind.UNTAGGED_SHARE
    yield Finding(
        kind, "", f"{part} untagged", text, do, [UNTAGGED], calls=row.calls, cost=row.cost
    )


def _drift(figures: DayFigures, where: Places) -> Iterator[Finding]:
    """Models at the catalogue's price: a price that somebody set is meant to differ."""
    for model in figures.drift:
        if model.source != PriceSource.CATALOGUE or not _is_off(model):
            continue
        side = "above" if model.ours > model.langsmith else "below"
        apart = f"{share(abs(model.share or ZERO))} {side} LangSmith's"
        text = (
            f"{plain(model.model)} costs {dollars(model.ours)} by the bundled catalogue, {apart} "
            f"{dollars(model.langsmith)} for the same calls. To settle which one counts, set "
            f"a price of your own in {where.to_add('pricing')}."
        )
        lines = [line for line in figures.lines if line.model == model.model]
        yield Finding(
            NoticeKind.DRIFT,
            model.model,
            f"{ascii_only(model.model)} {apart}",
            text,
            f"settle the price of {plain(model.model)}",
            sorted({line.feature for line in lines}),
            calls=sum(line.calls for line in lines),
            cost=abs(model.ours - model.langsmith),
        )


def _is_off(model: ModelDrift) -> bool:
    apart = abs(model.ours - model.langsmith)
    return model.share is not None and abs(model.share) > _DRIFT_LIMIT and apart >= LEAST_DOLLARS


def _without_usage(figures: DayFigures) -> Iterator[Finding]:
    """Of the calls that ended well, those without a token: a failed one has none to report."""
    by_feature = figures.quality.finished_without_usage
    calls, finished = sum(by_feature.values()), figures.quality.finished_calls(figures.calls)
    cost = calls * _cost_per_call(figures, calls)
    if calls <= _WITHOUT_USAGE_LIMIT * finished or (figures.cost and cost < LEAST_DOLLARS):
        return
    features = sorted(by_feature, key=lambda feature: (-by_feature[feature], feature))
    guess = f", {about(cost)} at the mean cost of the day's other calls" if cost else ""
    text = (
        f"{calls:,} of {things(finished, 'finished call')} ({share(Decimal(calls) / finished)}) "
        f"report no tokens and so cost nothing here ({names(features)}){guess}. Where they "
        "stream, switch their usage on (stream_usage=True)."
    )
    kind = NoticeKind.USAGE_MISSING
    do = f"switch usage on for {names(features)}"
    yield Finding(kind, "", "calls without usage", text, do, features, calls=calls, cost=cost)


def _errors(figures: DayFigures) -> Iterator[Finding]:
    """Figures that can't be true, from a hundredth of the calls or a cent's worth of tokens on."""
    for reason, (calls, tokens) in sorted(figures.quality.errors.items()):
        cost = tokens * cost_per_token(figures)
        if cost < LEAST_DOLLARS and calls < _LEAST_SHARE * figures.calls:
            continue
        what = f"{things(calls, 'call')} with {plain(reason, 60)}"
        text = (
            f"{what}: {things(tokens, 'token')} are not counted as reported."
            if tokens
            else f"{what}, which is not counted."
        )
        text += " The client that writes these runs has to be mended."
        subject = ascii_only(reason, 60)
        kind = NoticeKind.DATA_ERROR
        yield Finding(kind, reason, subject, text, _MEND, calls=calls, cost=cost)


def _unreadable(figures: DayFigures) -> Iterator[Finding]:
    """Runs that can be put into no day."""
    if unreadable := figures.left_out.get(UNREADABLE, 0):
        runs = things(unreadable, "run")
        text = (
            f"LangSmith returned {runs} without a readable id or start; they are not counted. The "
            "client that writes these runs has to be mended."
        )
        cost = unreadable * _cost_per_call(figures, 0)
        kind = NoticeKind.UNREADABLE_RUNS
        yield Finding(kind, "", f"{runs} unreadable", text, _MEND, calls=unreadable, cost=cost)


def cost_per_token(figures: DayFigures) -> Decimal:
    """The mean over the lines that cost something; zero where none does."""
    tokens = sum(row.input_tokens + row.output_tokens for row in figures.lines if row.cost)
    return figures.cost / tokens if tokens else ZERO


def _cost_per_call(figures: DayFigures, without: int) -> Decimal:
    """The mean cost of a call, but for so many `without` any."""
    calls = figures.calls - without
    return figures.cost / calls if calls > 0 else ZERO


def names(features: Sequence[str], most: int = 3) -> str:
    """The first few of `features`, and how many more there are."""
    shown = ", ".join(plain(feature) for feature in features[:most])
    rest = len(features) - most
    return f"{shown} and {rest:,} more" if rest > 0 else shown
