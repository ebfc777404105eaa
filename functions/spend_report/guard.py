"""The guard: looks at the running day and tells at once what cannot wait for its report."""

from collections.abc import Callable
from copy import replace
from datetime import datetime, timedelta
from decimal import Decimal, localcontext

from msgspec import Struct

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.money import EXACT, usd
from spend_report.domain.guard.guard_sentences import GuardNews
from spend_report.domain.guard.running_day import RunningDay
from spend_report.domain.guard.what_cannot_wait import warnings
from spend_report.domain.judgement.breaches import Severity
from spend_report.errors import EventError
from spend_report.fetching import fetch
from spend_report.one_day import Reporting
from spend_report.ports import Observer
from spend_report.sending import Sending

# Clocks differ a little.
_TOLERANCE = timedelta(minutes=1)


class Look(Struct, frozen=True):
    """What the guard saw at an instant, and how many things it told."""

    at: datetime
    cost: Decimal
    calls: int
    told: int

    def as_dict(self) -> dict[str, object]:
        """For whoever invoked the function; money as a decimal string."""
        return {
            "guard_time": self.at.isoformat(),
            "cost_usd": usd(self.cost),
            "calls": self.calls,
            "told": self.told,
        }


class Guard:
    """Reads, judges and tells; writes nothing but what was told.

    Args:
        reporting: knows the days before, the prices and the budgets.
        sending: sends what is new. It has a claim of its own: no report waits for the guard.
        observer: counts what was told.
        now: the clock.
    """

    def __init__(
        self,
        *,
        reporting: Reporting,
        sending: Sending,
        observer: Observer,
        now: Callable[[], datetime],
    ) -> None:
        self._reporting = reporting
        self._sending = sending
        self._observer = observer
        self._now = now

    def look(self, at: datetime) -> Look:
        """Judge the day that is running at `at`, up to that instant.

        Raises:
            EventError: `at` is in the future.
            SpendReportError: LangSmith or AWS failed.
        """
        now = self._now()
        if at > now + _TOLERANCE:
            raise EventError(
                f"guard_time {at.isoformat()} is in the future: it is {now:%Y-%m-%dT%H:%MZ}"
            )
        with localcontext(EXACT):
            return self._look(at)

    def _look(self, at: datetime) -> Look:
        reporting, policy = self._reporting, self._reporting.policy
        day = ReportDay.of(at.astimezone(policy.timezone).date(), policy.timezone)
        at = at.astimezone(day.start.tzinfo)
        if at == day.start:  # nothing of the day has passed
            return Look(at, Decimal(0), 0, 0)
        figures = fetch(reporting.source, replace(day, end=at), reporting.reading)
        running = RunningDay(day, at, policy.timezone, figures, reporting.history(day.date))
        found = warnings(running, reporting.budgets, spikes=policy.spikes, floor=policy.spike_floor)
        news = GuardNews(
            running=running,
            warned=found,
            report=reporting.links(day.date).report,
            where=reporting.where,
            owners=reporting.register.owners,
        )
        look = Look(at, figures.cost, figures.calls, self._tell(news) if found else 0)
        self._observer.looked(look.as_dict())
        return look

    def _tell(self, news: GuardNews) -> int:
        """Returns how many things were told. Raises AwsError, AlertInProgressError."""
        told = self._sending.guard(news)
        over = (one for one in told if one.breach and one.severity is Severity.CRITICAL)
        self._observer.warned(len(told), budgets=len([*over]))
        self._sending.guard_chat(news)
        return len(told)
