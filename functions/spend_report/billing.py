"""The bills: read, set beside the traces, written down, and told where a gap stays.

Nothing of this touches the daily report, which is written and told before it. A bill that can't
be read is noted with its reason, and the next run tries again.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from msgspec import Struct

from spend_report.domain.basics.links import console_url
from spend_report.domain.bills.bill import Bill, NotCompared
from spend_report.domain.bills.bill_record import (
    REMEMBERED_DAYS,
    BillRecord,
    due,
    is_worse,
    newest,
    record_of,
    settled_day,
)
from spend_report.domain.bills.bill_words import BillLine, line_of
from spend_report.domain.bills.compare import DayComparison, compare
from spend_report.domain.bills.rows import ModelPrices
from spend_report.domain.bills.same_model import SameModel
from spend_report.domain.bills.traced_day import dates_around, traced_on
from spend_report.domain.messages.bill_message import BillNotice
from spend_report.domain.reports.bills_table import bills
from spend_report.errors import SpendReportError
from spend_report.ports import BillSource, BillStore, Observer
from spend_report.sending import Sending

# A bill and its table need no longer, whatever the provider does.
_LEAST_SECONDS = 120


class Billing(Struct, frozen=True):
    """Compares bills. Without `sources` it does nothing.

    `prices` gives what models cost on a UTC day; `seconds_left` is the time of the whole run, None
    where nothing limits it.
    """

    sources: Sequence[BillSource]
    store: BillStore
    names: SameModel
    prices: Callable[[date], ModelPrices]
    region: str
    seconds_left: Callable[[], float] | None = None

    def lines(self, day: date) -> list[BillLine]:
        """A line for each provider: its newest comparison that a report of `day` may know.

        The run that reports a day compares the UTC day before it, but afterwards. Where nothing
        can be read there are no lines: the day is reported all the same.
        """
        if not self.sources:
            return []
        try:
            records = self._records(day)
        except SpendReportError:
            return []
        last = day - timedelta(days=2)
        found = newest(last, [source.provider for source in self.sources], records)
        return [line_of(*each) for each in found]

    def compare(self, instant: datetime, sending: Sending, observer: Observer) -> None:
        """Compare the days that are due at `instant`, and tell of gaps that stay.

        Raises:
            AwsError: a table can't be written or a notice not sent; all else is a reason in the
                table.
        """
        if not self.sources:
            return
        today = instant.astimezone(UTC).date()
        records = dict(self._records(today))
        for day in due(today, records):
            if self.seconds_left is not None and self.seconds_left() < _LEAST_SECONDS:
                break
            records[day] = self.compare_day(day, today, records, observer)
        for source in self.sources:
            notice = self._notice(source.provider, today, records)
            if notice is not None:
                sending.bill(notice)

    def compare_day(
        self, day: date, today: date, records: Mapping[date, BillRecord], observer: Observer
    ) -> BillRecord:
        """Compare the UTC day `day` and write it down. Raises AwsError."""
        found = self.found(day)
        record = record_of(found, today, records.get(day - timedelta(days=1)))
        observer.compared(found)
        known = records.get(day)
        if known is not None and is_worse(record, known):
            return known
        self.store.write(bills(found), record)
        return record

    def found(self, day: date) -> DayComparison:
        """The bills of the UTC day `day` beside its traces; nothing is written down."""
        traced, results = [], []
        try:
            traced = traced_on(day, self.store.traced(dates_around(day)))
        except SpendReportError as error:
            results = [NotCompared(source.provider, str(error)) for source in self.sources]
        return compare(
            day,
            results or [_read(source, day) for source in self.sources],
            traced,
            self.names,
            self.prices(day),
        )

    def _records(self, today: date) -> Mapping[date, BillRecord]:
        days = [today - timedelta(days=age) for age in range(1, REMEMBERED_DAYS + 2)]
        return self.store.records(days)

    def _notice(
        self, provider: str, today: date, records: Mapping[date, BillRecord]
    ) -> BillNotice | None:
        day = settled_day(provider, today)
        found = records[day].providers.get(provider) if day in records else None
        if found is None or found.over_since is None or found.over_since >= day:
            return None
        uri = self.store.uri(day)
        return BillNotice(provider, day, found, uri, console_url(uri, self.region))


def _read(source: BillSource, day: date) -> Bill | NotCompared:
    try:
        return source.bill(day)
    except SpendReportError as error:
        return NotCompared(source.provider, str(error))
