"""What is remembered of a compared day: the record beside its CSV, which is never read back."""

import datetime as dt
from collections.abc import Iterable, Mapping
from decimal import Decimal

import msgspec
from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.bills.causes import Cause
from spend_report.domain.bills.compare import Comparison, DayComparison

SCHEMA = 1

# A gap is worth a person's time above both.
_LEAST_DOLLARS = Decimal(1)
_LEAST_SHARE = Decimal("0.02")

# Providers bill for the day before yesterday, and again what came late. AWS takes longer.
SETTLED_AFTER = 2
COMPARED_AGAIN_AFTER = 5
_SETTLED_LATER = frozenset({"bedrock"})
# Days that failed, or were missed, are tried for so long.
REMEMBERED_DAYS = 14

_GAPS_KEPT = 5
_SIX_PLACES = Decimal("0.000001")


class ModelGap(Struct, frozen=True):
    """What a model was billed above (or below) the traces, for one cause."""

    model: str
    cause: str
    gap_usd: Decimal
    note: str = ""


class ProviderDay(Struct, frozen=True):
    """A provider's bill of the day beside its traces.

    `reason` is why it was not compared, empty if it was. `over_since` is the first of the days in
    a row on which the gap is worth a word, None where it is not.
    """

    reason: str
    billed_usd: Decimal
    estimated_usd: Decimal
    gap_usd: Decimal
    explained_share: Decimal | None
    gaps: list[ModelGap]
    over_since: dt.date | None = None


class BillRecord(Struct, frozen=True):
    """A UTC day's comparisons by provider. `compared_on` is the UTC day of the run."""

    schema: int
    date: dt.date
    compared_on: dt.date
    providers: dict[str, ProviderDay]


def encoded(record: BillRecord) -> bytes:
    """`record` as JSON."""
    return msgspec.json.encode(record) + b"\n"


def read(body: bytes) -> BillRecord | None:
    """The record that `body` is; None if it is none of ours."""
    try:
        record = msgspec.json.decode(body, type=BillRecord)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return record if record.schema == SCHEMA else None


def record_of(
    found: DayComparison, compared_on: dt.date, day_before: BillRecord | None
) -> BillRecord:
    """What is remembered of `found`; `day_before` is the record of the day before it."""
    before = day_before.providers if day_before else {}
    providers = {
        each.provider: _provider_day(each, found.day, before.get(each.provider))
        for each in found.comparisons
    }
    return BillRecord(SCHEMA, found.day, compared_on, providers)


def due(today: dt.date, records: Mapping[dt.date, BillRecord]) -> list[dt.date]:
    """The UTC days that a run on the UTC day `today` compares, newest first.

    These are the day before yesterday and the day five days back; and, as far as the records
    reach, those that were missed, that failed, or that were not compared again after five days.
    """
    first = min(records, default=today)
    days = []
    for age in range(SETTLED_AFTER, REMEMBERED_DAYS + 1):
        day = today - dt.timedelta(days=age)
        record = records.get(day)
        if age in (SETTLED_AFTER, COMPARED_AGAIN_AFTER):
            is_due = True
        elif record is None:
            is_due = day > first
        else:
            settled_on = day + dt.timedelta(days=COMPARED_AGAIN_AFTER)
            came_late = age > COMPARED_AGAIN_AFTER and record.compared_on < settled_on
            is_due = came_late or any(each.reason for each in record.providers.values())
        if is_due:
            days.append(day)
    return days


def is_worse(new: BillRecord, old: BillRecord | None) -> bool:
    """Whether `new` lacks a bill that `old` has."""
    return old is not None and any(
        each.reason and provider in old.providers and not old.providers[provider].reason
        for provider, each in new.providers.items()
    )


def settled_day(provider: str, today: dt.date) -> dt.date:
    """The newest UTC day whose bill is taken as settled on the UTC day `today`."""
    age = COMPARED_AGAIN_AFTER if provider in _SETTLED_LATER else SETTLED_AFTER
    return today - dt.timedelta(days=age)


def newest(
    day: dt.date, providers: Iterable[str], records: Mapping[dt.date, BillRecord]
) -> list[tuple[dt.date, str, ProviderDay]]:
    """For each of `providers` its newest day up to `day` that has been tried."""
    found = []
    for provider in providers:
        days = [
            date for date, record in records.items() if date <= day and provider in record.providers
        ]
        if days:
            found.append((max(days), provider, records[max(days)].providers[provider]))
    return found


def _provider_day(found: Comparison, day: dt.date, before: ProviderDay | None) -> ProviderDay:
    share = found.explained_share
    over_since = None
    if not found.reason and found.gap > max(_LEAST_DOLLARS, _LEAST_SHARE * found.billed):
        over_since = (before.over_since if before else None) or day
    return ProviderDay(
        reason=found.reason,
        billed_usd=found.billed.quantize(_SIX_PLACES),
        estimated_usd=found.estimated.quantize(_SIX_PLACES),
        gap_usd=found.gap.quantize(_SIX_PLACES),
        explained_share=None if share is None else share.quantize(_SIX_PLACES),
        gaps=[] if found.reason else _gaps(found),
        over_since=over_since,
    )


def _gaps(found: Comparison) -> list[ModelGap]:
    """The largest gaps by model and cause; what is billed by nobody is none."""
    sums: dict[tuple[str, str], Decimal] = {}
    notes: dict[tuple[str, str], str] = {}
    for row in found.rows:
        key = (row.model, str(row.cause))
        if row.gap and row.cause != Cause.NOT_BILLED:
            sums[key] = sums.get(key, ZERO) + row.gap
            notes.setdefault(key, row.note)
    largest = sorted(sums, key=lambda key: (-abs(sums[key]), key))[:_GAPS_KEPT]
    return [ModelGap(*key, sums[key].quantize(_SIX_PLACES), notes[key]) for key in largest]
