"""What one run has to tell: its days with their breaches and notices, and where to look."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from urllib.parse import quote

from spend_report.domain.figures.day_figures import DayFigures, Request
from spend_report.domain.figures.history import History
from spend_report.domain.judgement.breaches import Breach, Severity, urgency
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.judgement.notices import Notice

REQUESTS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Links:
    """Where a day's reports lie: S3 URIs of the main CSV and of the page, and their region.

    `page` is empty where there is none.
    """

    report: str
    page: str
    region: str

    @property
    def report_console(self) -> str:
        """The main CSV in the S3 console."""
        return console_url(self.report, self.region)

    @property
    def page_console(self) -> str:
        """The page in the S3 console, empty where there is none."""
        return console_url(self.page, self.region) if self.page else ""


@dataclass(frozen=True, slots=True)
class DayAlerts:
    """One reported day: its figures, their causes, what is exceeded or wrong, the days before."""

    figures: DayFigures
    drivers: Sequence[Driver]
    breaches: Sequence[Breach]
    notices: Sequence[Notice]
    links: Links
    history: History

    @property
    def day(self) -> date:
        """The reported day."""
        return self.figures.date

    def driver(self, feature: str) -> Driver | None:
        """Why the cost of `feature` changed."""
        return next((driver for driver in self.drivers if driver.feature == feature), None)

    def costliest(self, feature: str | None) -> list[Request]:
        """The costliest requests of `feature`, or of all."""
        requests = self.figures.top_requests
        fitting = [request for request in requests if feature in {None, request.feature}]
        return fitting[:REQUESTS_SHOWN]


@dataclass(frozen=True, slots=True)
class Alert:
    """A breach on its day."""

    breach: Breach
    on: DayAlerts


def alerts_of(days: Sequence[DayAlerts]) -> list[Alert]:
    """The breaches of all days, most urgent first."""
    alerts = [Alert(breach, day) for day in days for breach in day.breaches]
    return sorted(alerts, key=lambda alert: urgency(alert.breach))


def notices_of(days: Sequence[DayAlerts]) -> list[Notice]:
    """The notices of all days, the newest day's first."""
    newest_first = sorted(days, key=lambda day: day.day, reverse=True)
    return [notice for day in newest_first for notice in day.notices]


def severity_of(days: Sequence[DayAlerts]) -> Severity:
    """Critical if one breach is."""
    critical = any(breach.severity is Severity.CRITICAL for day in days for breach in day.breaches)
    return Severity.CRITICAL if critical else Severity.WARNING


def only(days: Sequence[DayAlerts], keys: frozenset[str]) -> list[DayAlerts]:
    """The days with only what is in `keys` and needs saying, each thing once.

    What several days say is left to the newest of them, and a lower threshold to the higher
    one that covers it.
    """
    covered = {
        key
        for day in days
        for breach in day.breaches
        if breach.key in keys
        for key in breach.covers
    }
    left = set(keys - covered)
    kept = []
    for day in sorted(days, key=lambda day: day.day, reverse=True):
        breaches = [breach for breach in day.breaches if breach.key in left]
        notices = [notice for notice in day.notices if notice.key in left]
        left -= {breach.key for breach in breaches} | {notice.key for notice in notices}
        kept.append(replace(day, breaches=breaches, notices=notices))
    return kept[::-1]


def console_url(uri: str, region: str) -> str:
    """The page of the object `uri` (`s3://bucket/key`) in the S3 console of `region`."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    if region.startswith("cn-"):
        host = f"{region}.console.amazonaws.cn"
    elif region.startswith("us-gov-"):
        host = "console.amazonaws-us-gov.com"
    else:
        host = f"{region}.console.aws.amazon.com"
    return f"https://{host}/s3/object/{quote(bucket)}?region={region}&prefix={quote(key)}"
