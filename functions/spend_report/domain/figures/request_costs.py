"""What a request costs: the calls of a trace together."""

from collections.abc import Callable, Iterable, Sequence
from heapq import nsmallest

from spend_report.domain.figures.amounts import Amounts
from spend_report.domain.figures.day_figures import Request, RequestCosts
from spend_report.domain.parts.exact_costs import dollars_of
from spend_report.domain.parts.traces import Block, Traces

_TOP_REQUESTS = 100


def requests(
    traces: Traces, name_of: Callable[[str], str]
) -> tuple[list[Request], dict[str, RequestCosts]]:
    """The costliest requests, and what a request of each feature costs.

    A request belongs to the feature that costs most in it; of equals the first by name.
    `name_of` gives the name that a feature is reported under. A root's name is left empty.
    """
    names = [name_of(owner.feature) for owner in traces.owners]
    costs = {name: Amounts() for name in sorted(set(names))}
    add_to = [costs[name].add for name in names]
    top: list[Request] = []
    for block in traces.blocks:
        for owner, units in block.of_one_row():
            add_to[owner](units)
        shared = block.of_several_rows()
        for rows in shared.values():
            costs[_feature(block, rows, names)].add(sum(block.units[row] for row in rows))
        found = (
            _request(traces, block, shared.get(row, (row,)), names)
            for row in block.costliest(_TOP_REQUESTS)
        )
        top = nsmallest(_TOP_REQUESTS, [*top, *found], key=lambda one: (-one.cost, one.trace_id))
    return top, {
        name: _request_costs(amounts, traces.decimals) for name, amounts in costs.items() if amounts
    }


def _feature(block: Block, rows: Iterable[int], names: Sequence[str]) -> str:
    parts: dict[str, int] = {}
    for row in rows:
        name = names[block.owner[row]]
        parts[name] = parts.get(name, 0) + block.units[row]
    most = max(parts.values())
    return min(name for name, units in parts.items() if units == most)


def _request_costs(amounts: Amounts, decimals: int) -> RequestCosts:
    count = len(amounts)
    nearest_rank = -(-count * 95 // 100) - 1
    below, above, p95, maximum = amounts.at([(count - 1) // 2, count // 2, nearest_rank, count - 1])
    return RequestCosts(
        count=count,
        median=dollars_of(below + above, decimals) / 2,
        p95=dollars_of(p95, decimals),
        maximum=dollars_of(maximum, decimals),
    )


def _request(traces: Traces, block: Block, rows: Sequence[int], names: Sequence[str]) -> Request:
    projects = [traces.owners[block.owner[row]].project for row in rows]
    project = min(projects, key=lambda project: (project.name, project.id))
    trace_id = block.ids[rows[0]]
    return Request(
        project=project.name,
        feature=_feature(block, rows, names),
        trace_id=trace_id,
        root_name="",
        calls=sum(block.calls[row] for row in rows),
        input_tokens=sum(block.input[row] for row in rows),
        output_tokens=sum(block.output[row] for row in rows),
        cost=dollars_of(sum(block.units[row] for row in rows), traces.decimals),
        url=project.trace_url(trace_id),
    )
