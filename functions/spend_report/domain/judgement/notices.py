"""What is wrong with the data: the figures may mislead, and somebody should mend it."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from spend_report.domain.basics.day import days_before
from spend_report.domain.basics.names import UNTAGGED
from spend_report.domain.basics.wording import ascii_only, dollars, plain, share, short_day, things
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.figures.build_figures import UNREADABLE
from spend_report.domain.figures.day_figures import DayFigures, UnpricedModel
from spend_report.domain.figures.history import History
from spend_report.domain.judgement import names_in_doubt

DRIFT_LIMIT = Decimal("0.20")
WITHOUT_USAGE_LIMIT = Decimal("0.05")
SILENT_AFTER_DAYS = 7
_KEY_WIDTH = 80


class NoticeKind(StrEnum):
    """What a notice is about."""

    UNPRICED_MODEL = "unpriced_model"
    UNTAGGED_SHARE = "untagged_share"
    DRIFT = "drift"
    ALL_SILENT = "all_silent"
    FEATURE_SILENT = "feature_silent"
    USAGE_MISSING = "usage_missing"
    DATA_ERROR = "data_error"
    UNREADABLE_RUNS = "unreadable_runs"
    REPORT_KEPT = "report_kept"
    CALENDAR_SHIFT = "calendar_shift"
    TOO_MANY_NAMES = "too_many_names"
    UNREGISTERED_FEATURE = "unregistered_feature"
    SIMILAR_FEATURES = "similar_features"
    BUDGET_UNUSED = "budget_unused"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that is wrong on `day`: `subject` in a few ASCII words, `text` in sentences.

    `add` is the line that mends it in a price parameter, with `<USD>` to fill in. `features`
    are those concerned. `key` stays the same from the first day of the trouble until a
    reported day without it, and carries that first day's date: whoever has sent it once is
    done with it.
    """

    day: date
    kind: NoticeKind
    subject: str
    text: str
    key: str
    features: Sequence[str] = ()
    add: str = ""
    calls: int = 0
    cost: Decimal = Decimal(0)


def notices(
    figures: DayFigures,
    history: History,
    *,
    budgets: Budgets,
    register: FeatureRegister,
    untagged_limit: Decimal,
    config_path: str,
) -> list[Notice]:
    """What is wrong with the data of the day, by kind in the order of `NoticeKind`.

    `untagged_limit` is the share of the cost above which `untagged` is too much, `config_path`
    the root of the parameters. `history` tells the first day of what was wrong before, and has
    its features under the names that `register` gives them.
    """
    return [
        Notice(
            day=figures.date,
            kind=found.kind,
            subject=found.subject,
            text=found.text,
            key=notice_key(found.kind, found.about, figures.date, history),
            features=found.features,
            add=found.add,
        )
        for found in (
            *_findings(figures, history, untagged_limit, config_path),
            *_names_in_doubt(figures, history, budgets, register, config_path),
        )
    ]


def notice_key(kind: NoticeKind, about: str, day: date, history: History) -> str:
    """The key of a notice on `day`, in which stands the first day of the same trouble.

    That is the one which the newest reported day before has in its own notice of the kind
    `about` the same; `day` itself where it has none.
    """
    if len(about) > _KEY_WIDTH:
        about = hashlib.sha256(about.encode()).hexdigest()
    identity = f"{kind}/{about}"
    newest = max((past for past in history.days if past < day), default=None)
    known = history.days[newest].notices if newest else frozenset()
    same = (key for key in known if key.split("/", 2)[2:] == [identity])
    return next(same, f"notice/{day}/{identity}")


@dataclass(frozen=True, slots=True)
class _Finding:
    kind: NoticeKind
    about: str
    subject: str
    text: str
    features: Sequence[str] = ()
    add: str = ""


def _findings(
    figures: DayFigures, history: History, untagged_limit: Decimal, config_path: str
) -> Iterator[_Finding]:
    yield from _unpriced(figures, config_path)
    yield from _untagged(figures, untagged_limit)
    yield from _drift(figures)
    yield from _silent(figures, history)
    yield from _quality(figures)


def _names_in_doubt(
    figures: DayFigures,
    history: History,
    budgets: Budgets,
    register: FeatureRegister,
    config_path: str,
) -> Iterator[_Finding]:
    for doubt in names_in_doubt.unregistered(figures, history, register, config_path):
        yield _Finding(NoticeKind.UNREGISTERED_FEATURE, *doubt)
    for doubt in names_in_doubt.likely_pairs(figures, register, config_path):
        yield _Finding(NoticeKind.SIMILAR_FEATURES, *doubt)
    for doubt in names_in_doubt.unused_budgets(figures, history, budgets):
        yield _Finding(NoticeKind.BUDGET_UNUSED, *doubt)


def _unpriced(figures: DayFigures, config_path: str) -> Iterator[_Finding]:
    by_model: dict[str, list[UnpricedModel]] = {}
    for entry in figures.unpriced:
        by_model.setdefault(entry.model, []).append(entry)
    for model, entries in by_model.items():
        calls = sum(entry.calls for entry in entries)
        tokens = sum(entry.input_tokens + entry.output_tokens for entry in entries)
        features = sorted({feature for entry in entries for feature in entry.features})
        missing = (
            f"{things(calls, 'call')} with {things(tokens, 'token')} "
            f"({_names(features)}) count as $0"
        )
        if not model:
            text = f"{missing}, because they name no model. Set ls_model_name in their metadata."
            yield _Finding(NoticeKind.UNPRICED_MODEL, "", "calls without a model", text, features)
            continue
        text = (
            f"No price for {plain(model)}: {missing}. Add its price per million tokens to a "
            f"parameter below {config_path}/pricing/."
        )
        yield _Finding(
            NoticeKind.UNPRICED_MODEL,
            model,
            f"no price for {ascii_only(model)}",
            text,
            features,
            f'{json.dumps(model)}: {{"input": <USD>, "output": <USD>}}',
        )


def _untagged(figures: DayFigures, limit: Decimal) -> Iterator[_Finding]:
    row = figures.feature(UNTAGGED)
    if row is None or row.cost <= limit * figures.cost:
        return
    part = share(row.cost / figures.cost)
    text = (
        f"{part} of the day's cost has no feature ({dollars(row.cost)} of "
        f"{dollars(figures.cost)}; the limit is {share(limit)})."
    )
    if figures.untagged:
        path = figures.untagged[0]
        text += (
            f" The costliest path is {plain(path.run_name)} in {plain(path.root_name)} "
            f"({dollars(path.cost)}); the untagged report lists all."
        )
    subject = f"{part} untagged"
    yield _Finding(NoticeKind.UNTAGGED_SHARE, "", subject, text, [UNTAGGED])


def _drift(figures: DayFigures) -> Iterator[_Finding]:
    for model in figures.drift:
        if model.share is None or abs(model.share) <= DRIFT_LIMIT:
            continue
        side = "above" if model.share > 0 else "below"
        apart = f"{share(abs(model.share))} {side} LangSmith's"
        text = (
            f"{plain(model.model)} costs {dollars(model.ours)} here, {apart} "
            f"{dollars(model.langsmith)} for the same calls. One of the two price lists is wrong."
        )
        features = sorted({line.feature for line in figures.lines if line.model == model.model})
        subject = f"{ascii_only(model.model)} {apart}"
        yield _Finding(NoticeKind.DRIFT, model.model, subject, text, features)


def _silent(figures: DayFigures, history: History) -> Iterator[_Finding]:
    week = history.reported(days_before(figures.date, SILENT_AFTER_DAYS))
    if len(week) < SILENT_AFTER_DAYS:
        return
    hint = "No data is not a saving: check that it still runs and still traces to LangSmith."
    before = f"on {short_day(figures.date)}, but on each of the {SILENT_AFTER_DAYS} days before"
    if not figures.calls and all(any(row.calls for row in day.features.values()) for day in week):
        text = f"No LLM call at all {before}. {hint}"
        yield _Finding(NoticeKind.ALL_SILENT, "", "no LLM call at all", text)
        return
    for feature in sorted(week[0].features):
        if not figures.feature(feature) and all(feature in day.features for day in week):
            text = f"{plain(feature)} had no calls {before}. {hint}"
            subject = f"{ascii_only(feature)} went silent"
            yield _Finding(NoticeKind.FEATURE_SILENT, feature, subject, text, [feature])


def _quality(figures: DayFigures) -> Iterator[_Finding]:
    quality = figures.quality
    if quality.without_usage > WITHOUT_USAGE_LIMIT * figures.calls:
        text = (
            f"{quality.without_usage:,} of {things(figures.calls, 'call')} "
            f"({share(Decimal(quality.without_usage) / figures.calls)}) report no tokens and so "
            "cost nothing here. Streams need their usage switched on (stream_usage=True)."
        )
        yield _Finding(NoticeKind.USAGE_MISSING, "", "calls without usage", text)
    for reason, (calls, tokens) in sorted(quality.errors.items()):
        text = (
            f"{things(calls, 'call')} with {plain(reason, 60)}: {things(tokens, 'token')} "
            "are not counted as reported."
        )
        yield _Finding(NoticeKind.DATA_ERROR, reason, ascii_only(reason, 60), text)
    if unreadable := figures.left_out.get(UNREADABLE, 0):
        runs = things(unreadable, "run")
        text = f"LangSmith returned {runs} without a readable id or start; they are not counted."
        yield _Finding(NoticeKind.UNREADABLE_RUNS, "", f"{runs} unreadable", text)


def _names(features: Sequence[str], most: int = 3) -> str:
    shown = ", ".join(plain(feature) for feature in features[:most])
    rest = len(features) - most
    return f"{shown} and {rest} more" if rest > 0 else shown
