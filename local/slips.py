"""Likely slips in a valid configuration: wrong units, budgets at odds, names that nobody has."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from spend_report.domain.basics.names import OTHER, UNTAGGED
from spend_report.domain.config.budget_contradictions import budget_contradictions
from spend_report.domain.config.configuration import Configuration
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.config.price_list import Catalogue, PriceList
from spend_report.domain.notices.name_notices import entry_for
from spend_report.domain.notices.similar_names import SimilarNames
from spend_report.domain.prices.model_names import display, parameter_names
from spend_report.domain.prices.price_sources import Rates
from spend_report.domain.record.summary_fields import Record

_FAR_OFF = 10
_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class LastReport:
    """The newest day that was reported, with its features, and its models and their providers."""

    day: str
    features: frozenset[str]
    models: frozenset[tuple[str, str]]


def last_report(folder: Path) -> LastReport | None:
    """The newest report below `folder`, whatever prefix its keys have; None if there is none."""
    summaries = folder.rglob("summary/dt=*/summary_*.json")  # the mark that a day is whole
    for path in sorted(summaries, key=lambda path: path.parent.name, reverse=True):
        with suppress(msgspec.MsgspecError):  # what is no record of ours is passed over
            record = msgspec.json.decode(path.read_bytes(), type=Record)
            models = frozenset((row.model, row.provider) for row in record.hours.models)
            return LastReport(str(record.date), frozenset(record.features), models)
    return None


def slips(
    read: Configuration, catalogue: Catalogue, report: LastReport | None, now: datetime
) -> Iterator[str]:
    """One line each: the document, the field, and what looks wrong about it."""
    yield from _amounts(read.prices, catalogue, report, now)
    for found in budget_contradictions(read.budgets):
        yield f"{found.parameter}: {found.path}: {found.text}"
    if report is not None:
        yield from _unused_models(read.prices, report)
        yield from _unused_budgets(read, report)
        yield from _unregistered(read.register, report)


def _unused_budgets(read: Configuration, report: LastReport) -> Iterator[str]:
    seen = sorted({read.register.feature(name) for name in report.features})
    names = SimilarNames(seen)
    for feature, budget in read.budgets.features.items():
        if feature not in seen:
            nearest = names.nearest(feature)
            there = f"the nearest is {nearest}" if nearest else f"there were {', '.join(seen)}"
            yield (
                f"{budget.parameter}: features.{feature}: no run of {report.day} had this "
                f"feature; {there}"
            )


def _unregistered(register: FeatureRegister, report: LastReport) -> Iterator[str]:
    if not register.in_use:
        return
    known = SimilarNames([*register.features, *register.aliases])
    for name in sorted(report.features - {UNTAGGED, OTHER}):
        if register.feature(name) not in register.features:
            alike = known.alike(name)
            question = f": is it {alike}? add" if alike else "; add"
            yield (
                f"features: {name} of {report.day} is in no document{question} "
                f"{entry_for(name, alike, register)}"
            )


def _amounts(
    prices: PriceList, catalogue: Catalogue, report: LastReport | None, now: datetime
) -> Iterator[str]:
    """Prices at least ten times off: per thousand pasted as per million, a slipped point."""
    used = sorted(report.models) if report is not None else []
    for model, history in prices.models.items():
        providers = ["", *(provider for name, provider in used if name == model)]
        for start, ours in zip(history.starts, history.rates, strict=True):
            at = max(start, now)
            public = (catalogue.price(model, each, at, at + _MOMENT) for each in providers)
            price = next((price for price in public if price is not None), None)
            theirs = price.at(at, 1, None) if price is not None else None
            if theirs is not None:
                for name, amount, listed in _far_off(ours, theirs):
                    yield (
                        f"{prices.parameters[model]}: {model}.{name}: is {amount:f}, the catalogue "
                        f"says {listed.normalize():f}; amounts are US dollars per million tokens"
                    )


def _far_off(ours: Rates, theirs: Rates) -> Iterator[tuple[str, Decimal, Decimal]]:
    for name in ("input", "output", "cache_read", "cache_write"):
        amount, listed = getattr(ours, name), getattr(theirs, name)
        inherited = name.startswith("cache_") and amount == ours.input
        far_off = amount >= listed * _FAR_OFF or amount * _FAR_OFF <= listed
        if amount and listed and far_off and not inherited:
            yield name, amount, listed


def _unused_models(prices: PriceList, report: LastReport) -> Iterator[str]:
    used = {name for model, _ in report.models for name in parameter_names(model)}
    of_aliases = {
        name
        for alias, target in prices.aliases.items()
        if display(alias) in used
        for name in parameter_names(target)
    }
    for model, parameter in prices.parameters.items():
        if display(model) not in used | of_aliases:
            yield f"{parameter}: {model}: no run of {report.day} used this model"
