"""The objects of a day's report, in the order in which they are written."""

from collections.abc import Mapping, Sequence
from hashlib import sha256

from msgspec import Struct

from spend_report.domain.record.history import PastDay
from spend_report.domain.reports import csv_tables
from spend_report.domain.reports.day_report import DayReport
from spend_report.domain.reports.make_record import make_record

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


class ReportFile(Struct, frozen=True):
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
    before: PastDay | None,
) -> list[ReportFile]:
    """The set of `report`, the record last.

    `uris` says where each of `REPORTS` will lie, and `before` is the day as its record had it
    until now. The record has the SHA-256 of every other file by its name.
    """
    figures, is_newest = report.figures, report.complete

    def csv(name: str, body: bytes, latest: str | None = None) -> ReportFile:
        return ReportFile(name, "csv", _CSV, body, latest)

    files = [
        csv(
            MAIN_REPORT,
            csv_tables.by_feature(
                figures,
                report.budgets,
                owners=report.owners,
                usual=report.spikes.expected,
            ),
            f"{MAIN_REPORT}.csv" if is_newest else None,
        ),
        csv("spend_detail", csv_tables.detail(figures, dimensions)),
        csv("untagged", csv_tables.untagged(figures)),
        csv("top_requests", csv_tables.top_requests(figures)),
        csv("drivers", csv_tables.drivers(figures.date, report.drivers)),
        ReportFile(
            PAGE, "html", "text/html; charset=utf-8", page, f"{PAGE}.html" if is_newest else None
        ),
    ]
    hashes = {
        f"{file.report}_{figures.date}.{file.suffix}": sha256(file.body).hexdigest()
        for file in files
    }
    record = make_record(report, reports=uris, files=hashes, before=before)
    return [*files, ReportFile(SUMMARY, "json", "application/json", record)]
