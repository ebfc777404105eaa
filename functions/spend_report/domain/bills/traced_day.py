"""What the records say of a UTC day, whichever calendar their own days are of."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec
from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.bills.bill import TokenKind, TracedModel
from spend_report.domain.record.summary_fields import SCHEMA, ModelHours
from spend_report.errors import BillError

_HOUR = dt.timedelta(hours=1)
_DAY = dt.timedelta(days=1)


class _Hours(Struct):
    first: dt.datetime
    models: list[ModelHours]


class _Past(Struct):
    """The part of a record that a bill is compared with."""

    schema: int
    date: dt.date
    complete: bool
    start: dt.datetime
    end: dt.datetime
    hours: _Hours


_decoder = msgspec.json.Decoder(_Past)


def dates_around(day: dt.date) -> list[dt.date]:
    """The days of any calendar that have hours of the UTC day `day`."""
    return [day - _DAY, day, day + _DAY]


def traced_on(day: dt.date, records: Iterable[bytes]) -> list[TracedModel]:
    """The models of the UTC day `day`, by provider and name, from the `records` around it.

    Raises:
        BillError: they do not cover the whole day.
    """
    start = dt.datetime.combine(day, dt.time.min, dt.UTC)
    end = start + _DAY
    days = sorted((past for body in records if (past := _read(body))), key=lambda past: past.start)
    covered = start
    for past in days:
        if past.start <= covered:
            covered = max(covered, past.end)
    if covered < end:
        raise BillError(f"the traces of {day} (UTC) are not reported from {covered:%H:%M} on")
    sums: dict[tuple[str, str], TracedModel] = {}
    for past in days:
        for hours in past.hours.models:
            for traced in _hours_of(hours, past.hours.first, start, end):
                key = (traced.provider, traced.model)
                sums[key] = _plus(sums[key], traced) if key in sums else traced
    return list(sums.values())


def _read(body: bytes) -> _Past | None:
    """The record, if it is one of a whole day."""
    try:
        past = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return past if past.schema == SCHEMA and past.complete else None


def _hours_of(
    hours: ModelHours, first: dt.datetime, start: dt.datetime, end: dt.datetime
) -> Iterable[TracedModel]:
    for index, calls in enumerate(hours.calls):
        if calls and start <= first + index * _HOUR < end:
            cached = hours.cached_input_tokens[index]
            written = hours.cache_write_tokens[index]
            tokens = {
                TokenKind.INPUT: max(0, hours.input_tokens[index] - cached - written),
                TokenKind.CACHED_INPUT: cached,
                TokenKind.CACHE_WRITE: written,
                TokenKind.OUTPUT: hours.output_tokens[index],
            }
            cost = hours.cost_usd[index]
            yield TracedModel(hours.provider, hours.model, calls, tokens, cost)


def _plus(one: TracedModel, other: TracedModel) -> TracedModel:
    tokens: Mapping[TokenKind, int] = {
        kind: one.tokens.get(kind, 0) + other.tokens.get(kind, 0)
        for kind in {*one.tokens, *other.tokens}
    }
    cost: Decimal = sum((one.cost, other.cost), ZERO)
    return TracedModel(one.provider, one.model, one.calls + other.calls, tokens, cost)
