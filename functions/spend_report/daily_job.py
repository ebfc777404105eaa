"""The order of a run: the event's own days to their very alert, then the others in time."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from decimal import Decimal, localcontext

from msgspec import Struct, field

from spend_report.billing import Billing
from spend_report.domain.basics.money import EXACT, usd
from spend_report.domain.basics.wording import days as in_words
from spend_report.domain.judgement.completeness import Completeness
from spend_report.domain.messages.news import DayAlerts
from spend_report.domain.messages.told_now import without_moving
from spend_report.domain.messages.weekly_digest import WEEK, digest
from spend_report.domain.reports.day_report import DayReport
from spend_report.errors import (
    FewerRunsError,
    OutOfTimeError,
    PartlyReportedError,
    SpendReportError,
)
from spend_report.events.report_event import ReportRequest
from spend_report.one_day import ReadDay, Reporting
from spend_report.ports import Observer, ReportStore
from spend_report.sending import Sending


class Result(Struct, frozen=True):
    """What one reported day came to, as the function returns it."""

    date: date
    cost: Decimal
    runs: int
    features: int
    alerts: int
    report: str

    def as_dict(self) -> dict[str, object]:
        """The contract's keys; money as a decimal string."""
        return {
            "date": self.date.isoformat(),
            "total_cost_usd": usd(self.cost),
            "runs": self.runs,
            "features": self.features,
            "alerts": self.alerts,
            "report": self.report,
        }


class _Run(Struct):
    """What a run has done so far. `failures` name what failed and do not stop the rest."""

    now: datetime
    read: dict[date, ReadDay] = field(default_factory=dict)
    reports: dict[date, DayReport] = field(default_factory=dict)
    kept: dict[date, Completeness] = field(default_factory=dict)
    failures: list[tuple[str, SpendReportError]] = field(default_factory=list)

    @contextmanager
    def going_on(self, what: str) -> Iterator[None]:
        """Collect the failure of something less important than what is still to come."""
        try:
            yield
        except SpendReportError as error:
            self.failures.append((what, error))

    def raise_any(self) -> None:
        """Raise what failed, if anything did, and say what was reported."""
        if not self.failures:
            return
        if not self.reports:
            raise self.failures[0][1]
        told = "\n".join(f"{what}: {error}" for what, error in self.failures)
        raise PartlyReportedError(
            f"{in_words(sorted(self.reports))} reported; the rest was not done:\n{told}"
        ) from self.failures[0][1]


class DailyJob(Struct, frozen=True):
    """Reports days. Prices and budgets have been read and validated before there is one.

    Attributes:
        reporting: reads, judges and writes a day.
        store: where reports lie.
        sending: sends what is new in the reports.
        observer: counts what was done.
        billing: compares what was billed.
        now: the clock.
    """

    reporting: Reporting
    store: ReportStore
    sending: Sending
    observer: Observer
    billing: Billing
    now: Callable[[], datetime]

    def days(self, request: ReportRequest) -> list[date]:
        """The days that `run` would report, in its order. Raises EventError, AwsError."""
        self.reporting.refuse_future(request.days, self.now())
        others = sorted(self._others(request), reverse=True) if request.scheduled else ()
        return [*request.days, *others]

    def run(self, request: ReportRequest) -> list[Result]:
        """Report the days of `request`, and tell what is new about them.

        A day is written before the next one is read. Raises SpendReportError; the days written
        until then stay, and a retry writes them again and tells what was not told.
        """
        with localcontext(EXACT):
            return self._run(request)

    def _run(self, request: ReportRequest) -> list[Result]:
        run = _Run(self.now())
        self.reporting.refuse_future(request.days, run.now)
        self._report_own_days(request, run)
        own = [run.reports[day] for day in request.days if day in run.reports]
        if request.notify:
            news = [without_moving(self.reporting.news(report), request.restate) for report in own]
            self._alert(news)
            with run.going_on("chat"):
                self.sending.chat(news)
        if request.scheduled:
            with run.going_on("days before"):
                self._report_others(request, run)
            # Own days have told theirs; what the others change about them is told now.
            news = [
                self.reporting.news(report, "" if day in request.days else run.read[day].arrival)
                for day, report in run.reports.items()
            ]
            with run.going_on("alert about the days before"):
                self._alert(news)
            with run.going_on("chat"):
                self.sending.chat(news)
        if request.notify and self.reporting.policy.weekly_digest:
            with run.going_on("digest"):
                self._send_digest(request, run)
        if request.at is not None:
            with run.going_on("bills"):
                self.billing.compare(request.at, self.sending, self.observer)
        for report in run.reports.values():
            self.observer.reported(report, scheduled=request.scheduled)
        run.raise_any()
        return [self._result(run.reports[day]) for day in sorted(run.reports)]

    def _report_own_days(self, request: ReportRequest, run: _Run) -> None:
        """A day that must keep its report does not stop the others; anything else does."""
        for number, day in enumerate(request.days):
            try:
                self._report(day, run, own=True, accept_less=request.accept_less)
            except FewerRunsError as error:
                run.failures.append((str(day), error))
            except SpendReportError as error:
                run.failures.append((in_words(request.days[number:]), error))
                break
        if not run.reports:
            run.raise_any()

    def _report_others(self, request: ReportRequest, run: _Run) -> None:
        """Restate and catch up, newest first, while the time lasts."""
        others = self.days(request)[len(request.days) :]
        for number, day in enumerate(others):
            try:
                self._report(day, run)
            except FewerRunsError:
                continue
            except OutOfTimeError as error:
                run.failures.append((in_words(sorted(others[number:])), error))
                break
            except SpendReportError as error:
                run.failures.append((str(day), error))
        self._settle(run)

    def _others(self, request: ReportRequest) -> set[date]:
        restated = {day for day in request.restate if self.store.past(day) is not None}
        missed = {
            day
            for day in request.catch_up
            if (past := self.store.past(day)) is None or not past.complete
        }
        if missed:
            first = self.store.first_day()
            missed = {day for day in missed if first is not None and day > first}
        return (restated | missed) - {*request.days}

    def _report(
        self, day: date, run: _Run, *, own: bool = False, accept_less: bool = False
    ) -> None:
        read = self.reporting.read(day, run.now, own=own, accept_less=accept_less)
        if read.is_kept:
            run.kept[day] = read.completeness
            raise read.refusal()
        run.reports[day] = self.reporting.report(read, {})
        # Now: a record that this run writes anew is passed over no longer when it ends.
        self.observer.passed_over(run.reports[day].history.passed_over)
        run.read[day] = read

    def _settle(self, run: _Run) -> None:
        """Write the days once more that were judged before the days before them were there."""
        newest = max(run.read)
        for day in sorted(run.read):
            kept = run.kept if day == newest else {}
            if kept or self.reporting.history(day) != run.reports[day].history:
                run.reports[day] = self.reporting.report(run.read[day], kept)

    def _alert(self, news: Sequence[DayAlerts]) -> None:
        self.observer.breached(self.sending.alert(news))

    def _send_digest(self, request: ReportRequest, run: _Run) -> None:
        """The newest day's week if it is over, else the last, once no more of it is to come."""
        newest = max(run.reports)
        sunday = newest + timedelta(days=-newest.isoweekday() % WEEK)
        if sunday > newest and (request.scheduled or self.store.past(sunday) is None):
            sunday -= timedelta(days=WEEK)
        week = [sunday - timedelta(days=back) for back in range(WEEK)]
        read = {day: self.store.past(day) for day in week}
        reported = {day for day, past in read.items() if past is not None and past.complete}
        if sunday not in reported:
            return
        is_to_come = {*request.catch_up} if request.scheduled else {*week}
        first = self.store.first_day()
        holes = [day for day in week if day not in reported and first and day > first]
        is_news = bool(holes) or not run.reports.keys().isdisjoint(week)
        if not is_news or not is_to_come.isdisjoint(holes):
            return
        history = self.reporting.history(sunday + timedelta(days=1))
        links, owners = self.reporting.links(sunday), self.reporting.register.owners
        found = digest(sunday, history, links, self.billing.lines(sunday), owners)
        if found is not None:
            self.sending.digest(found)

    def _result(self, report: DayReport) -> Result:
        return Result(
            date=report.day.date,
            cost=report.figures.cost,
            runs=report.figures.calls,
            features=len(report.figures.features),
            alerts=len(report.breaches),
            report=self.reporting.links(report.day.date).report,
        )
