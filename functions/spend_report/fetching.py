"""From the runs of a day to its figures."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import NamedTuple

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.figures.build_figures import figures_of, with_root_names
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.parts.crossing import Crossings
from spend_report.domain.parts.make_part import part_of
from spend_report.domain.parts.part import Part
from spend_report.domain.parts.traces import TraceSums
from spend_report.domain.parts.windows import Window
from spend_report.domain.prices.price_sources import PriceBook
from spend_report.domain.record.history import History, PastDay
from spend_report.domain.runs.calls import Calls
from spend_report.domain.runs.run import MetadataKeys
from spend_report.ports import ExpectedRuns, RunSource

# Runs inside a run of the day may start after midnight; nobody waits longer than a day for them.
_LONGEST_WAIT = timedelta(days=1)
_TOP_REQUESTS = 100
# A week of days tells how many runs to expect.
_DAYS_ALIKE = 7


class Reading(NamedTuple):
    """How runs are read: what of their metadata, at which prices, under which names."""

    keys: MetadataKeys
    prices: PriceBook
    aliases: Mapping[str, str]


def collect(
    source: RunSource,
    day: ReportDay,
    window: Window,
    reading: Reading,
    *,
    expected: ExpectedRuns | None = None,
) -> Part:
    """The part of `day` that its LLM runs in `window` are, which may be the whole day."""
    calls = Calls(day, reading.keys, reading.prices, reading.aliases)
    crossings = Crossings(calls, window)
    unreadable = source.read(*window, crossings.take, expected)
    calls.bound()
    until = calls.continue_until
    outside = source.outside(
        (day.start, day.end),
        ancestors=calls.ancestors_of_orphans,
        before=calls.ancestors_before,
        after=(day.end, min(until, day.end + _LONGEST_WAIT)) if until is not None else None,
        take=calls.take_outside,
    )
    sums = TraceSums(calls.columns)
    # Which requests are the costliest, one window cannot tell.
    top = sums.costliest(_TOP_REQUESTS) if window == (day.start, day.end) else []
    outside.ask_names(top)  # of their roots, which change no sum
    part = part_of(
        calls, sums, outside.ancestors(), unreadable=unreadable, crossings=crossings.found
    )
    names = outside.names()
    part.roots = {id_: names.get(id_) for id_ in top}
    return part


def add_up(
    source: RunSource, day: ReportDay, parts: Sequence[Part], keys: MetadataKeys
) -> DayFigures:
    """The figures of `day`, of which `parts` are all windows."""
    figures = figures_of(day, parts, keys)
    known = {id_ for part in parts for id_ in part.roots}
    roots = [row.trace_id for row in figures.top_requests if row.trace_id not in known]
    if not roots:
        return figures
    found = source.ancestors(dict.fromkeys(roots), (day.start, day.end))
    return with_root_names(figures, {id_: root.name for id_, root in found.items()})


def fetch(
    source: RunSource, day: ReportDay, reading: Reading, expected: ExpectedRuns | None = None
) -> DayFigures:
    """The figures of `day`, from all of its LLM runs, read here and now."""
    whole = Window(day.start, day.end)
    part = collect(source, day, whole, reading, expected=expected)
    return add_up(source, day, [part], reading.keys)


def expected_runs(before: PastDay | None, history: History) -> ExpectedRuns | None:
    """About the LLM runs that the day has: by its own record, or the fullest of the last days."""
    last = [history.days[day] for day in sorted(history.days)[-_DAYS_ALIKE:]]
    known = [before] if before is not None and before.complete else last
    if not known:
        return None
    fullest = max(known, key=lambda day: day.fetched)
    return ExpectedRuns(fullest.fetched, fullest.hours.calls() if fullest.hours else ())
