"""From the calls of a window to its part of the day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter
from typing import NamedTuple

from spend_report.domain.parts.crossing import Crossing
from spend_report.domain.parts.exact_costs import decimals_of
from spend_report.domain.parts.part import Part, Pending
from spend_report.domain.parts.path_sums import costliest, path_of, untagged
from spend_report.domain.parts.remarks import remarks_of
from spend_report.domain.parts.run_costs import run_cost
from spend_report.domain.parts.sum_calls import add_up, slot_of
from spend_report.domain.parts.traces import TraceSums
from spend_report.domain.runs.calls import Calls
from spend_report.domain.runs.columns import NO_CALL
from spend_report.domain.runs.run import Ancestor
from spend_report.domain.runs.usage import Remark

# Far more than are reported, so that the costliest of the day are among them.
_MOST_PATHS = 20_000


def part_of(
    calls: Calls,
    sums: TraceSums,
    ancestors: Mapping[str, Ancestor],
    *,
    unreadable: int,
    crossings: Sequence[Crossing] = (),
) -> Part:
    """What `calls` come to, which hold all runs of a window, and `ancestors` of theirs.

    `sums` are those of the window as it was read. `crossings` are the runs that cross an edge of
    the window.
    """
    columns, fetched = calls.columns, len(calls) + unreadable
    wrappers = calls.settle(ancestors)
    edge = _edge(calls, crossings, ancestors)
    for row in edge.pending:
        columns.group[row] = NO_CALL
    if wrappers or edge.pending:
        sums = TraceSums(columns)
    return Part(
        fetched=fetched,
        unreadable=unreadable,
        wrappers=wrappers,
        slots=add_up(columns),
        traces=sums.by_owner(),
        paths=dict(costliest(untagged(calls, ancestors), _MOST_PATHS)),
        remarks=remarks_of(columns),
        pending=sorted(edge.pending.values(), key=attrgetter("id", "trace_id")),
        wrapping_usage=sorted(edge.wrapping_usage),
        open_wrappers=sorted(edge.open_wrappers),
    )


class _Edge(NamedTuple):
    """See `Part`; `pending` are by their rows."""

    pending: dict[int, Pending]
    wrapping_usage: set[int]
    open_wrappers: set[int]


def _edge(calls: Calls, crossings: Iterable[Crossing], ancestors: Mapping[str, Ancestor]) -> _Edge:
    columns, edge = calls.columns, _Edge({}, set(), set())
    unsettled: list[Crossing] = []
    for crossing in crossings:
        used = columns.has_usage(crossing.row)
        if used:
            edge.wrapping_usage.update(crossing.ancestors)
        if columns.group[crossing.row] != NO_CALL:
            if crossing.is_open or not used:
                unsettled.append(crossing)
        elif used and crossing.is_open:
            edge.open_wrappers.add(crossing.id)
    if unsettled:
        edge.pending.update(_pending(calls, unsettled, ancestors))
    return edge


def _pending(
    calls: Calls, unsettled: Sequence[Crossing], ancestors: Mapping[str, Ancestor]
) -> dict[int, Pending]:
    columns, decimals = calls.columns, decimals_of(calls.columns.groups)
    rows = {crossing.row for crossing in unsettled}
    roots = {hash(id_): ancestor.name for id_, ancestor in ancestors.items()}
    paths = {
        row: path_of(
            columns.group_of(row), path.run_name if root is None else roots.get(root, ""), path
        )
        for row, path, root in calls.untagged()
        if row in rows
    }
    remarks = defaultdict[int, list[Remark]](list)
    for row, remark in columns.remarks:
        if row in rows:
            remarks[row].append(remark)
    return {
        crossing.row: Pending(
            id=crossing.id,
            has_usage=columns.has_usage(crossing.row),
            ancestors=crossing.ancestors,
            slot=slot_of(columns, crossing.row),
            trace_id=columns.trace_id(crossing.row),
            units=run_cost(columns, crossing.row, decimals),
            path=paths.get(crossing.row),
            remarks=remarks[crossing.row],
        )
        for crossing in unsettled
    }
