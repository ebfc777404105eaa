"""What a request costs: the calls of a trace together.

Costs are integers here, in units of 1e-18 US dollars: a rate has at most twelve decimals a
million tokens, so they are exact, and a million of them fit into memory.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from heapq import nlargest
from itertools import compress
from typing import NamedTuple

from spend_report.domain.columns import Columns, Group
from spend_report.domain.money import exactly
from spend_report.domain.pricing import Rates
from spend_report.domain.report import Request, RequestCosts
from spend_report.domain.runs import Project

_DECIMALS = 18
# Calls whose traces are in memory at once; a day with more is read in several passes.
_BATCH = 250_000

type _Units = dict[bytes, int]  # cost by trace


def requests(
    groups: Mapping[Group, Columns], most: int
) -> tuple[list[Request], dict[str, RequestCosts]]:
    """The `most` costliest requests, and what a request of each feature costs.

    A request belongs to the feature that costs most in it. Its root's name is left empty.
    """
    top: list[_Top] = []
    by_feature: dict[str, list[int]] = defaultdict(list)
    for traces in _traces(groups):
        for feature, units in _owned(traces).items():
            by_feature[feature].extend(units.values())
            top += _costliest(feature, units, most)
        top = sorted(top)[:most]
    costs = {feature: _costs(units) for feature, units in sorted(by_feature.items()) if units}
    return _with_counts(groups, top), costs


class _Top(NamedTuple):
    """Sorts by cost, highest first, then by trace."""

    negative_units: int
    trace: bytes
    feature: str


def _costliest(feature: str, units: _Units, most: int) -> Iterator[_Top]:
    enough = min(nlargest(most, units.values()), default=0)
    return (_Top(-cost, trace, feature) for trace, cost in units.items() if cost >= enough)


def _traces(groups: Mapping[Group, Columns]) -> Iterator[dict[str, _Units]]:
    """The cost of each trace by feature; all traces, in as many parts as memory asks for."""
    parts = -(-sum(map(len, groups.values())) // _BATCH)
    for part in range(parts):
        traces: dict[str, _Units] = defaultdict(lambda: defaultdict(int))
        for group, columns in groups.items():
            units = traces[group.feature]
            for trace, cost in zip(
                columns.trace_ids(), _call_costs(group.rates, columns), strict=True
            ):
                if parts == 1 or hash(trace) % parts == part:
                    units[trace] += cost
        yield traces


def _owned(traces: Mapping[str, _Units]) -> Mapping[str, _Units]:
    """Each trace's whole cost at the feature that costs most in it; of equals the first."""
    if len(set().union(*traces.values())) == sum(map(len, traces.values())):
        return traces
    seen: set[bytes] = set()
    shared: set[bytes] = set()
    for units in traces.values():
        shared |= seen & units.keys()
        seen |= units.keys()
    for trace in shared:
        costs = {feature: units.pop(trace) for feature, units in traces.items() if trace in units}
        owner = min(costs, key=lambda feature: (-costs[feature], feature))
        traces[owner][trace] = sum(costs.values())
    return traces


def _call_costs(rates: Rates | None, columns: Columns) -> list[int]:
    """The cost of each call, in units."""
    if rates is None:
        return [_units(exactly(cost)) if cost > 0 else 0 for cost in columns.recorded]
    per_token = _DECIMALS - 6
    input_, read, output = (
        int(rate.scaleb(per_token)) for rate in (rates.input, rates.cache_read, rates.output)
    )
    saved = input_ - read
    costs = [
        tokens * input_ - cached * saved + produced * output
        for tokens, cached, produced in zip(
            columns.input, columns.cache_read, columns.output, strict=True
        )
    ]
    for row in columns.usages:
        costs[row] = _units(rates.cost(columns.tokens(row)))
    return costs


def _units(dollars: Decimal) -> int:
    return int(dollars.scaleb(_DECIMALS))


def _dollars(units: int) -> Decimal:
    return Decimal(units).scaleb(-_DECIMALS)


def _costs(units: list[int]) -> RequestCosts:
    units.sort()
    nearest_rank = -(-len(units) * 95 // 100) - 1
    return RequestCosts(
        count=len(units),
        median=_dollars(units[(len(units) - 1) // 2] + units[len(units) // 2]) / 2,
        p95=_dollars(units[nearest_rank]),
        maximum=_dollars(units[-1]),
    )


def _with_counts(groups: Mapping[Group, Columns], top: Sequence[_Top]) -> list[Request]:
    """The requests of `top`, with the calls and tokens of all their calls."""
    wanted = {request.trace for request in top}
    sums = {trace: [0, 0, 0] for trace in wanted}
    projects: dict[bytes, Project] = {}
    for group, columns in groups.items():
        ids = columns.trace_ids()
        for row in compress(range(len(ids)), map(wanted.__contains__, ids)):
            of_trace = sums[ids[row]]
            of_trace[0] += 1
            of_trace[1] += columns.input[row]
            of_trace[2] += columns.output[row]
            project = projects.setdefault(ids[row], group.project)
            if (group.project.name, group.project.id) < (project.name, project.id):
                projects[ids[row]] = group.project
    return [_request(request, projects[request.trace], *sums[request.trace]) for request in top]


def _request(top: _Top, project: Project, calls: int, input_: int, output: int) -> Request:
    trace_id = top.trace.decode("utf-8")
    return Request(
        project=project.name,
        feature=top.feature,
        trace_id=trace_id,
        root_name="",
        calls=calls,
        input_tokens=input_,
        output_tokens=output,
        cost=_dollars(-top.negative_units),
        url=project.trace_url(trace_id),
    )
