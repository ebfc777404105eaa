"""One day: fetch, attribute, price, add up, judge, write."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from msgspec import Struct

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.links import Links, console_url
from spend_report.domain.basics.places import Places
from spend_report.domain.bills.bill_words import BillLine
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.breaches import breaches
from spend_report.domain.judgement.completeness import (
    Completeness,
    Verdict,
    calendar_shift,
    completeness,
    is_future,
)
from spend_report.domain.judgement.drivers import explain
from spend_report.domain.judgement.spikes import NO_SPIKES, find_spikes
from spend_report.domain.messages.news import DayAlerts
from spend_report.domain.messages.spike_words import spikes_in_words
from spend_report.domain.notices.notices import Notice, notices
from spend_report.domain.notices.record_notices import config_notices, record_notices
from spend_report.domain.parts.part import Part
from spend_report.domain.prices.price_sources import PriceBook
from spend_report.domain.record.history import History, PastDay
from spend_report.domain.reports.day_report import DayReport, Origin
from spend_report.domain.reports.report_set import MAIN_REPORT, PAGE, REPORTS, files_of
from spend_report.domain.runs.run import MetadataKeys
from spend_report.errors import EventError, FewerRunsError
from spend_report.fetching import Reading, add_up, expected_runs, fetch
from spend_report.ports import ReportStore, RunSource


class Policy(Struct, frozen=True):
    """What the settings say about the reports."""

    timezone: ZoneInfo
    feature_key: str
    dimensions: Sequence[str]
    untagged_share: Decimal
    spikes: bool
    spike_floor: Decimal
    weekly_digest: bool
    config_path: str
    backfill: str
    region: str

    @property
    def metadata_keys(self) -> MetadataKeys:
        """What a run's metadata is read for."""
        return MetadataKeys(self.feature_key, self.dimensions)


class ReadDay(Struct, frozen=True):
    """A day as LangSmith has it now, and as its record had it `before`.

    `settings_of` is the reported day whose prices and budgets were the last ones; None for a day
    that is only reported again, or late: what changed since is told with the event's own day.
    """

    day: ReportDay
    figures: DayFigures
    before: PastDay | None
    completeness: Completeness
    settings_of: PastDay | None

    @property
    def is_kept(self) -> bool:
        """Whether the report that there is must stay."""
        return self.completeness.verdict is Verdict.KEEP

    @property
    def arrival(self) -> str:
        """Why a day that is not the event's own is reported now, in a few words."""
        was_whole = self.before is not None and self.before.complete
        return "reported again" if was_whole else "reported late"

    def refusal(self) -> FewerRunsError:
        """Why the report that there is must stay, for who asked for the day."""
        found = self.completeness
        return FewerRunsError(
            f"the report of {self.day.date} was kept: it counts {found.recorded:,} LLM runs, and "
            f"LangSmith has {found.fetched:,} of that day (deleted, or past their retention, or "
            f'the day is not over). To replace it all the same: {{"date": "{self.day.date}", '
            '"accept_less": true}'
        )


class Reporting(Struct, frozen=True):
    """Reads, judges and writes days. `bills` gives the lines that a day's report may have.

    `parts` gives the parts of a day that workers have read; None where this function reads itself.
    """

    policy: Policy
    source: RunSource
    prices: PriceBook
    budgets: Budgets
    register: FeatureRegister
    origin: Origin
    store: ReportStore
    render: Callable[[DayReport], bytes]
    bills: Callable[[date], Sequence[BillLine]]
    parts: Callable[[date], Sequence[Part]] | None = None

    @property
    def reading(self) -> Reading:
        """How runs are read."""
        return Reading(self.policy.metadata_keys, self.prices, self.register.aliases)

    @property
    def where(self) -> Places:
        """Where in the account something is set or started."""
        config, parameters = self.policy.config_path, self.origin.parameters.keys()
        return Places(config, parameters, self.policy.backfill, self.register.places)

    def refuse_future(self, days: Sequence[date], now: datetime) -> None:
        """Raise EventError if one of `days` has not begun."""
        for day in days:
            if is_future(ReportDay.of(day, self.policy.timezone), now):
                raise EventError(
                    f"{day} is in the future: it is {now:%Y-%m-%dT%H:%MZ}. Nothing was reported"
                )

    def read(self, date_: date, now: datetime, *, own: bool, accept_less: bool) -> ReadDay:
        """What LangSmith has of a day, and what may become of it. Raises LangSmithError.

        `own` says whether it is one of the event's own days.
        """
        day = ReportDay.of(date_, self.policy.timezone)
        history, before = self.store.history(date_), self.store.past(date_)
        figures = (
            fetch(self.source, day, self.reading, expected_runs(before, history))
            if self.parts is None
            else add_up(self.source, day, self.parts(day.date), self.reading.keys)
        )
        found = completeness(
            day, now=now, before=before, fetched=figures.fetched, accept_less=accept_less
        )
        settings_of = history.days[max(history.days)] if own and history.days else None
        return ReadDay(day, figures, before, found, settings_of)

    def report(self, read: ReadDay, kept: Mapping[date, Completeness]) -> DayReport:
        """Judge what was `read` against the days before it, and write it.

        `kept` are days whose reports this run could not replace. Raises AwsError.
        """
        report = self.judge(read, kept)
        files = files_of(
            report,
            self.policy.dimensions,
            self.render(report),
            uris={name: self._uri(name, read.day.date) for name in REPORTS},
            before=read.before,
        )
        self.store.write(read.day.date, files)
        return report

    def judge(self, read: ReadDay, kept: Mapping[date, Completeness]) -> DayReport:
        """What was `read`, judged against the days before it as their records are now."""
        day, figures = read.day, read.figures
        history = self.history(day.date)
        is_complete = read.completeness.verdict is Verdict.WRITE
        exceeded = breaches(figures, history, self.budgets)
        judges_spikes = is_complete and self.policy.spikes
        return DayReport(
            day=day,
            figures=figures,
            history=history,
            budgets=self.budgets,
            drivers=explain(figures, history),
            # Of a day that is not over, only what can't be undone is certain.
            breaches=exceeded if is_complete else [one for one in exceeded if one.over > 0],
            notices=self._notices(read, kept) if is_complete else (),
            spikes=find_spikes(figures, history, self.policy.spike_floor)
            if judges_spikes
            else NO_SPIKES,
            origin=self.origin,
            links={
                f"{name}.{suffix}": console_url(self._uri(name, day.date), self.policy.region)
                for name, suffix in REPORTS.items()
                if name != PAGE
            },
            feature_key=self.policy.feature_key,
            where=self.where,
            owners=self.register.owners,
            complete=is_complete,
            bills=self.bills(day.date),
        )

    def history(self, day: date) -> History:
        """The days before `day`, under the names that features have today."""
        return self.store.history(day).under(self.register.aliases)

    def news(self, report: DayReport, arrival: str = "") -> DayAlerts:
        """What there is to tell about a report, and what is special about when it was made."""
        return DayAlerts(
            figures=report.figures,
            drivers=report.drivers,
            breaches=report.breaches,
            notices=report.notices,
            links=self.links(report.day.date),
            history=report.history,
            where=report.where,
            owners=report.owners,
            spikes=spikes_in_words(
                report.spikes.found,
                budgets=self.budgets,
                timezone=self.policy.timezone,
                where=self.where,
            ),
            arrival=arrival if report.complete else "which is not over",
        )

    def links(self, day: date) -> Links:
        """Where the reports of a day lie."""
        return Links(self._uri(MAIN_REPORT, day), self._uri(PAGE, day), self.policy.region)

    def _notices(self, read: ReadDay, kept: Mapping[date, Completeness]) -> list[Notice]:
        history = self.history(read.day.date)
        return [
            *notices(
                read.figures,
                history,
                budgets=self.budgets,
                register=self.register,
                untagged_limit=self.policy.untagged_share,
                where=self.where,
            ),
            *record_notices(
                read.day.date, history, calendar_shift(read.day, history), read.figures.folded, kept
            ),
            *config_notices(
                read.day.date, read.before, read.settings_of, self.origin.configuration, history
            ),
        ]

    def _uri(self, report: str, day: date) -> str:
        return self.store.uri(report, day, REPORTS[report])
