"""The day's story: read the configuration, fetch, attribute, price, add up, write, tell."""

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from zoneinfo import ZoneInfo

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.money import EXACT, usd
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.build_figures import figures_of, with_root_names
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.figures.request_costs import TraceCosts
from spend_report.domain.judgement.breaches import breaches
from spend_report.domain.judgement.drivers import explain
from spend_report.domain.judgement.notices import notices
from spend_report.domain.messages.news import DayAlerts, Links, console_url
from spend_report.domain.messages.weekly_digest import digest
from spend_report.domain.prices.pricing import PriceBook
from spend_report.domain.reports.day_report import DayReport, Origin
from spend_report.domain.reports.report_set import MAIN_REPORT, PAGE, REPORTS, files_of
from spend_report.domain.runs.calls import Calls
from spend_report.domain.runs.run import MetadataKeys
from spend_report.event import ReportRequest
from spend_report.ports import Observer, ReportStore, RunSource
from spend_report.sending import Telling

# Runs inside a run of the day may start after midnight; nobody waits longer than a day for them.
_LONGEST_WAIT = timedelta(days=1)
# The digest compares the week that ends with the day with the week before.
_MODEL_DAYS = 13
_TOP_REQUESTS = 100


@dataclass(frozen=True, slots=True)
class Policy:
    """What the settings say about the reports."""

    timezone: ZoneInfo
    feature_key: str
    dimensions: Sequence[str]
    untagged_share: Decimal
    weekly_digest: bool
    config_path: str
    region: str


@dataclass(frozen=True, slots=True)
class Result:
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


class Service:
    """Reports days. Prices and budgets have been read and validated before there is one.

    Args:
        policy: what the settings say.
        source: where the runs come from.
        prices: what a token costs, and `budgets` what may be spent.
        origin: the versions of these.
        store: where reports lie.
        render: makes the page of a day.
        telling: sends what is new in the reports.
        observer: counts what was done.
    """

    def __init__(
        self,
        *,
        policy: Policy,
        source: RunSource,
        prices: PriceBook,
        budgets: Budgets,
        origin: Origin,
        store: ReportStore,
        render: Callable[[DayReport], bytes],
        telling: Telling,
        observer: Observer,
    ) -> None:
        self._policy = policy
        self._source = source
        self._prices = prices
        self._budgets = budgets
        self._origin = origin
        self._store = store
        self._render = render
        self._telling = telling
        self._observer = observer

    def run(self, request: ReportRequest) -> list[Result]:
        """Report the days of `request`, oldest first, and tell what is new about them.

        A day is written before the next one is read. Raises SpendReportError; the days written
        until then stay, and a retry writes them again and tells what was not told.
        """
        with localcontext(EXACT):
            return self._run(request)

    def _run(self, request: ReportRequest) -> list[Result]:
        again = [day for day in request.restate if self._store.summary(day) is not None]
        days = sorted({*again, *request.days})
        self._source.projects()
        reports = [self._report(day) for day in days]
        if request.notify:
            news = [self._news(report) for report in reports]
            self._observer.breached(self._telling.alert(news))
            self._telling.chat(news)
        if request.scheduled and self._policy.weekly_digest:
            self._tell_week(reports[-1])
        for report in reports:
            self._observer.reported(report)
        return [self._result(report) for report in reports]

    def _report(self, date_: date) -> DayReport:
        day = ReportDay.of(date_, self._policy.timezone)
        figures = fetch(self._source, day, self._policy, self._prices)
        history = self._store.history(date_, _MODEL_DAYS)
        report = DayReport(
            day=day,
            figures=figures,
            history=history,
            budgets=self._budgets,
            drivers=explain(figures, history),
            breaches=breaches(figures, history, self._budgets),
            notices=notices(
                figures,
                history,
                untagged_limit=self._policy.untagged_share,
                config_path=self._policy.config_path,
            ),
            origin=self._origin,
            links={
                f"{name}.{suffix}": console_url(self._uri(name, date_), self._policy.region)
                for name, suffix in REPORTS.items()
                if name != PAGE
            },
            feature_key=self._policy.feature_key,
        )
        files = files_of(
            report,
            self._policy.dimensions,
            self._render(report),
            uris={name: self._uri(name, date_) for name in REPORTS},
            before=self._store.summary(date_),
        )
        self._store.write(date_, files)
        return report

    def _tell_week(self, report: DayReport) -> None:
        week = digest(report.figures, report.history, self._links(report.day.date))
        if week is not None:
            self._telling.digest(week)

    def _uri(self, report: str, day: date) -> str:
        return self._store.uri(report, day, REPORTS[report])

    def _links(self, day: date) -> Links:
        return Links(self._uri(MAIN_REPORT, day), self._uri(PAGE, day), self._policy.region)

    def _news(self, report: DayReport) -> DayAlerts:
        return DayAlerts(
            figures=report.figures,
            drivers=report.drivers,
            breaches=report.breaches,
            notices=report.notices,
            links=self._links(report.day.date),
        )

    def _result(self, report: DayReport) -> Result:
        return Result(
            date=report.day.date,
            cost=report.figures.cost,
            runs=report.figures.calls,
            features=len(report.figures.features),
            alerts=len(report.breaches),
            report=self._uri(MAIN_REPORT, report.day.date),
        )


def fetch(source: RunSource, day: ReportDay, policy: Policy, prices: PriceBook) -> DayFigures:
    """The figures of `day`, from all of its LLM runs."""
    with _garbage_collection_paused():
        return _fetch(source, day, policy, prices)


def _fetch(source: RunSource, day: ReportDay, policy: Policy, prices: PriceBook) -> DayFigures:
    calls = Calls(day, MetadataKeys(policy.feature_key, policy.dimensions), prices)
    unreadable = source.read(day.start, day.end, calls.take)
    costs = TraceCosts(calls.columns, _TOP_REQUESTS)
    # The roots of the costliest requests are looked up only for their names, but a look-up more
    # would be a wait more.
    above = dict.fromkeys(request.trace_id for request in costs.top) | calls.ancestors_of_orphans
    until = calls.continue_until
    found = source.around(
        above=above,
        before=calls.ancestors_before,
        after=(day.end, min(until, day.end + _LONGEST_WAIT)) if until is not None else None,
        take=calls.take_outside,
    )
    figures = figures_of(day.date, calls, costs, found, unreadable)
    roots = {row.trace_id: None for row in figures.top_requests if row.trace_id not in above}
    return with_root_names(figures, {**found, **source.ancestors(roots)} if roots else found)


@contextmanager
def _garbage_collection_paused() -> Iterator[None]:
    """A day makes millions of objects and next to no cycles; to look for them costs 5 %."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
