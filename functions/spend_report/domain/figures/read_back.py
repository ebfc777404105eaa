"""Reading a day's record back: the one way in which anything is learnt of a past day."""

import datetime as dt
from decimal import Decimal

import msgspec
from msgspec import Struct

from spend_report.domain.figures.day_figures import FeatureSpend, ModelSpend
from spend_report.domain.figures.history import PastDay
from spend_report.domain.figures.record import SCHEMA, Feature, Restated, Runs


class NotARecordError(Exception):
    """What lies in the place of a day's record is none that can be used; the text says why."""


class _PastAlert(Struct):
    key: str


class _PastTotal(Struct):
    exact_cost_usd: Decimal


class _Past(Struct):
    """The part of a record that later days need, so that the rest is never decoded."""

    schema: int
    date: dt.date
    complete: bool
    timezone: str
    start: dt.datetime
    end: dt.datetime
    total: _PastTotal
    runs: Runs
    features: dict[str, Feature]
    alerts: list[_PastAlert]
    notices: list[_PastAlert]
    configuration: dict[str, str]
    restated: Restated | None = None


class _Version(Struct):
    schema: int = 0


_version_decoder = msgspec.json.Decoder(_Version)
_past_decoder = msgspec.json.Decoder(_Past)


def past_day(body: bytes, day: dt.date, *, with_models: bool = True) -> PastDay:
    """The day that the record `body` tells of.

    Raises:
        NotARecordError: `body` is no record of `day` that this version can read.
    """
    past = _read(body)
    if past.date != day:
        raise NotARecordError(f"it is the record of {past.date}")
    features = {name: _spend(name, row) for name, row in past.features.items()}
    models = [
        ModelSpend(
            name,
            model,
            own.calls,
            own.input_tokens,
            own.output_tokens,
            own.cost_usd,
            own.cached_input_tokens,
            own.error_calls,
        )
        for name, row in past.features.items()
        for model, own in row.models.items()
    ]
    return PastDay(
        date=past.date,
        features=features,
        models=models if with_models else (),
        notices=frozenset(notice.key for notice in past.notices),
        alerts=frozenset(alert.key for alert in past.alerts),
        start=past.start,
        end=past.end,
        timezone=past.timezone,
        fetched=past.runs.fetched,
        configuration=past.configuration,
        exact_cost=past.total.exact_cost_usd,
        restated_from=past.restated.previous_cost_usd if past.restated else None,
        complete=past.complete,
    )


def _read(body: bytes) -> _Past:
    try:
        schema = _version_decoder.decode(body).schema
        if schema > SCHEMA:
            raise NotARecordError(f"its schema is {schema}, later than {SCHEMA}")
        if schema != SCHEMA:
            raise NotARecordError("it is no record of spend-report")
        past = _past_decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotARecordError(f"it is damaged, or none of spend-report's: {error}") from error
    amounts = [past.total.exact_cost_usd, *(row.cost_usd for row in past.features.values())]
    if not all(amount.is_finite() and amount >= 0 for amount in amounts):
        raise NotARecordError("it is damaged: a cost is no amount")
    return past


def _spend(name: str, row: Feature) -> FeatureSpend:
    return FeatureSpend(
        feature=name,
        calls=row.calls,
        input_tokens=row.input_tokens,
        output_tokens=row.output_tokens,
        cached_input_tokens=row.cached_input_tokens,
        cost=row.cost_usd,
        unpriced_calls=row.unpriced_calls,
        error_calls=row.error_calls,
        cache_write_tokens=row.cache_write_tokens,
        error_cost=row.error_cost_usd,
    )
