"""From the runs of a day to its figures."""

from collections.abc import Mapping
from datetime import timedelta

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.figures.build_figures import figures_of, with_root_names
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.figures.request_costs import TraceCosts
from spend_report.domain.prices.price_sources import PriceBook
from spend_report.domain.runs.calls import Calls
from spend_report.domain.runs.run import MetadataKeys
from spend_report.ports import ExpectedRuns, RunSource

# Runs inside a run of the day may start after midnight; nobody waits longer than a day for them.
_LONGEST_WAIT = timedelta(days=1)
_TOP_REQUESTS = 100


def fetch(
    source: RunSource,
    day: ReportDay,
    keys: MetadataKeys,
    prices: PriceBook,
    *,
    aliases: Mapping[str, str],
    expected: ExpectedRuns | None = None,
) -> DayFigures:
    """The figures of `day`, from all of its LLM runs; `aliases` are other names of features."""
    calls = Calls(day, keys, prices, aliases)
    unreadable = source.read(day.start, day.end, calls.take, expected)
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
    figures = figures_of(calls, costs, found, unreadable)
    roots = {row.trace_id: None for row in figures.top_requests if row.trace_id not in above}
    return with_root_names(figures, {**found, **source.ancestors(roots)} if roots else found)
