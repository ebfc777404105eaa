"""Reading a day's record back: the one way in which anything is learnt of a past day."""

import datetime as dt
from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec
from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.day_figures import FeatureSpend, ModelSpend
from spend_report.domain.record import bounded_fields as fields
from spend_report.domain.record.history import PastDay, PastSpike, UsualCost
from spend_report.domain.record.past_hours import PastHours
from spend_report.domain.record.summary_fields import SCHEMA

_LONGEST_DAY = dt.timedelta(days=2)

type _Past = fields.PastRecord[fields.Feature] | fields.PastRecord[fields.FeatureWithModels]


class NotARecordError(Exception):
    """What lies in the place of a day's record is none that can be used; the text says why."""


class _Version(Struct):
    schema: int = 0


_version_decoder = msgspec.json.Decoder(_Version)
_decoder = msgspec.json.Decoder(fields.PastRecord[fields.Feature])
_decoder_with_models = msgspec.json.Decoder(fields.PastRecord[fields.FeatureWithModels])


def past_day(body: bytes, day: dt.date, *, with_models: bool = True) -> PastDay:
    """The day that the record `body` tells of.

    Raises:
        NotARecordError: `body` is no record of `day` that this version can read.
    """
    past = _read(body, with_models=with_models)
    _check(past, day)
    return PastDay(
        date=past.date,
        features={name: _spend(name, row) for name, row in past.features.items()},
        models=list(_models(past)),
        notices={notice.key: notice.text for notice in past.notices},
        alerts=frozenset(alert.key for alert in past.alerts),
        start=past.start,
        end=past.end,
        timezone=past.timezone,
        fetched=past.runs.fetched,
        configuration=past.configuration,
        exact_cost=past.total.exact_cost_usd,
        restated_from=past.restated.previous_cost_usd if past.restated else None,
        complete=past.complete,
        hours=PastHours(past.hours.first, bytes(past.hours.features)),
        spikes=list(_spikes(past)),
        usual=_usual(past.usual),
    )


def _read(body: bytes, *, with_models: bool) -> _Past:
    try:
        past = (_decoder_with_models if with_models else _decoder).decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        _check_schema(_schema_of(body))
        raise NotARecordError(f"it is damaged, or none of spend-report's: {error}") from error
    _check_schema(past.schema)
    return past


def _schema_of(body: bytes) -> int:
    """The schema that damaged or foreign JSON says it has; ours, where it says nothing."""
    try:
        return _version_decoder.decode(body).schema
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return SCHEMA


def _check_schema(schema: int) -> None:
    if schema > SCHEMA:
        raise NotARecordError(f"its schema is {schema}, later than {SCHEMA}")
    if schema != SCHEMA:
        raise NotARecordError("it is no record of spend-report")


def _check(past: _Past, day: dt.date) -> None:
    if past.date != day:
        raise NotARecordError(f"it is the record of {past.date}")
    midnight = dt.datetime.combine(day, dt.time(), dt.UTC)
    ends = (past.start - midnight, past.end - midnight)
    if past.start >= past.end or any(abs(end) > _LONGEST_DAY for end in ends):
        raise NotARecordError("it is damaged: its start and end are not the day's")
    if not _are_amounts(list(_amounts(past))):
        raise NotARecordError("it is damaged: a cost is no amount")


def _amounts(past: _Past) -> Iterator[Decimal]:
    yield past.total.exact_cost_usd
    if past.restated is not None:
        yield past.restated.previous_cost_usd
    for row in past.features.values():
        yield row.cost_usd
        yield row.error_cost_usd
        if isinstance(row, fields.FeatureWithModels):
            yield from (model.cost_usd for model in row.models.values())


def _are_amounts(amounts: Sequence[Decimal]) -> bool:
    return (
        all(map(Decimal.is_finite, amounts))
        and not any(map(Decimal.is_signed, amounts))
        and max(amounts) <= fields.MOST
        and min(map(Decimal.adjusted, amounts)) >= -fields.MOST_DECIMALS
    )


def _spikes(past: _Past) -> Iterator[PastSpike]:
    """What is expected is no sum: where it is beyond all bounds, only that is left out."""
    for own in past.spikes:
        if _are_amounts([own.cost_usd, own.usual_usd, own.times or ZERO]):
            yield PastSpike(own.feature, own.what, own.cost_usd, own.usual_usd, own.times)


def _usual(own: fields.UsualCost | None) -> UsualCost | None:
    if own is None or not _are_amounts([own.usual_usd, own.limit_usd]):
        return None
    found = UsualCost(own.usual_usd, own.limit_usd)
    return found if found.expected <= found.limit else None


def _models(past: _Past) -> Iterator[ModelSpend]:
    for name, row in past.features.items():
        if isinstance(row, fields.FeatureWithModels):
            for model, own in row.models.items():
                yield ModelSpend(
                    name,
                    model,
                    own.calls,
                    own.input_tokens,
                    own.output_tokens,
                    own.cost_usd,
                    own.cached_input_tokens,
                    own.error_calls,
                )


def _spend(name: str, row: fields.Feature) -> FeatureSpend:
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
