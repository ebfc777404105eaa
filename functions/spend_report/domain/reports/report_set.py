"""The objects of a day's report, in the order in which they are written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spend_report.domain.basics.money import usd
from spend_report.domain.judgement.breaches import Breach
from spend_report.domain.judgement.notices import Notice
from spend_report.domain.reports import csv_tables
from spend_report.domain.reports.day_report import DayReport
from spend_report.domain.reports.summary import summary

_CSV = "text/csv; charset=utf-8"

# Every report and its suffix, in the order of the contract; the summary makes the day whole.
REPORTS = {
    "spend_by_feature": "csv",
    "spend_detail": "csv",
    "untagged": "csv",
    "top_requests": "csv",
    "drivers": "csv",
    "report": "html",
    "summary": "json",
}
MAIN_REPORT = "spend_by_feature"
PAGE = "report"
SUMMARY = "summary"


@dataclass(frozen=True, slots=True)
class ReportFile:
    """An object of a day's set. `latest` names its copy below `latest/`, if it has one."""

    report: str
    suffix: str
    content_type: str
    body: bytes
    latest: str | None = None


def files_of(
    report: DayReport,
    dimensions: Sequence[str],
    page: bytes,
    *,
    uris: Mapping[str, str],
    before: bytes | None,
) -> list[ReportFile]:
    """The set of `report`.

    `uris` says where each of `REPORTS` will lie, and `before` is the summary that the day had
    until now.
    """
    figures = report.figures

    def csv(name: str, body: bytes, latest: str | None = None) -> ReportFile:
        return ReportFile(name, "csv", _CSV, body, latest)

    return [
        csv(MAIN_REPORT, csv_tables.by_feature(figures, report.budgets), f"{MAIN_REPORT}.csv"),
        csv("spend_detail", csv_tables.detail(figures, dimensions)),
        csv("untagged", csv_tables.untagged(figures)),
        csv("top_requests", csv_tables.top_requests(figures)),
        csv("drivers", csv_tables.drivers(figures.date, report.drivers)),
        ReportFile(PAGE, "html", "text/html; charset=utf-8", page, f"{PAGE}.html"),
        ReportFile(
            SUMMARY,
            "json",
            "application/json",
            summary(
                report,
                reports=uris,
                alerts=[_alert(breach) for breach in report.breaches],
                notices=[_notice(notice) for notice in report.notices],
                before=before,
            ),
        ),
    ]


def _alert(breach: Breach) -> dict[str, Any]:
    return {
        "key": breach.key,
        "feature": breach.feature,
        "period": breach.period,
        "budget_usd": usd(breach.budget),
        "spent_usd": usd(breach.spent),
        "threshold": None if breach.threshold is None else float(breach.threshold),
        "severity": breach.severity,
    }


def _notice(notice: Notice) -> dict[str, Any]:
    return {"key": notice.key, "kind": notice.kind, "text": notice.text}
