"""From the day's figures to what stands on the page."""

from spend_report.domain.basics.names import UNTAGGED
from spend_report.domain.basics.wording import plain, short_id
from spend_report.domain.reports.day_report import DayReport
from spend_report.page import movers, provenance, spend
from spend_report.page.headline import headline, in_trouble, tasks_of
from spend_report.page.labels import name
from spend_report.page.month import month
from spend_report.page.over_days import CHART_DAYS, ranked
from spend_report.page.palette import OTHER, slots
from spend_report.page.view_types import ReportView, RequestRow, Untagged, UntaggedRow

SHOWN_TASKS = 6
SHOWN_REQUESTS = 8
SHOWN_PATHS = 6
_WEB = ("https://", "http://")


def view(report: DayReport) -> ReportView:
    """The page of one day."""
    colours = slots(ranked(report.last_days(CHART_DAYS)))
    total = spend.total(report)
    tasks = tasks_of(report)
    return ReportView(
        day=report.day.date,
        total=total,
        headline=headline(report, total),
        tasks=tasks[:SHOWN_TASKS],
        more_tasks=len(tasks[SHOWN_TASKS:]),
        features=spend.features(report, colours),
        over_time=spend.over_time(report, colours),
        month=month(report),
        movers=movers.movers(report, colours, total) if report.complete else (),
        requests=_requests(report, colours),
        untagged=_untagged(report),
        facts=provenance.facts(
            report.figures, report.origin, report.day, report.budgets, report.bills
        ),
        links={name_: url for name_, url in report.links.items() if url.startswith(_WEB)},
    )


def _requests(report: DayReport, colours: spend.Colours) -> list[RequestRow]:
    """The costliest, those of the feature in trouble first."""
    first = in_trouble(report)
    requests = sorted(report.figures.top_requests, key=lambda row: row.feature != first)
    return [
        RequestRow(
            name=name(row.root_name),
            trace=short_id(row.trace_id),
            feature=name(row.feature),
            slot=colours.get(row.feature, OTHER),
            calls=row.calls,
            tokens=row.input_tokens + row.output_tokens,
            cost=row.cost,
            url=row.url if row.url.startswith(_WEB) else "",
        )
        for row in requests[:SHOWN_REQUESTS]
    ]


def _untagged(report: DayReport) -> Untagged | None:
    total = report.figures.feature(UNTAGGED)
    if total is None:
        return None
    paths = report.figures.untagged
    rows = [
        UntaggedRow(
            path=" › ".join(  # noqa: RUF001
                name(part) for part in (row.root_name, row.run_name, row.langgraph_node) if part
            ),
            model=plain(row.model) if row.model else "",
            calls=row.calls,
            cost=row.cost,
        )
        for row in paths[:SHOWN_PATHS]
    ]
    more = len(paths[SHOWN_PATHS:])
    return Untagged(total.cost, total.calls, rows, more, name(report.feature_key))
