"""What a request costs: the calls of a trace together."""

from collections.abc import Callable, Iterable, Sequence

from spend_report.domain.figures.day_figures import Request, RequestCosts
from spend_report.domain.parts.exact_costs import dollars_of
from spend_report.domain.parts.traces import Traces

_TOP_REQUESTS = 100


def requests(
    traces: Traces, name_of: Callable[[str], str]
) -> tuple[list[Request], dict[str, RequestCosts]]:
    """The costliest requests, and what a request of each feature costs.

    A request belongs to the feature that costs most in it; of equals the first by name.
    `name_of` gives the name that a feature is reported under. A root's name is left empty.
    """
    rows = traces.rows()
    names = [name_of(owner.feature) for owner in traces.owners]
    by_feature: dict[str, list[int]] = {name: [] for name in sorted(set(names))}
    by_owner = list(map(by_feature.__getitem__, names))
    places = range(len(traces.ids))
    for place, owner, units in zip(places, traces.owner, traces.units, strict=False):
        if place not in rows:
            by_owner[owner].append(units)
    for own in rows.values():
        by_feature[_feature(traces, own, names)].append(sum(traces.units[row] for row in own))
    return (
        [
            _request(traces, place, rows.get(place, (place,)), names)
            for place in traces.costliest(_TOP_REQUESTS)
        ],
        {
            name: _request_costs(units, traces.decimals)
            for name, units in by_feature.items()
            if units
        },
    )


def _feature(traces: Traces, rows: Iterable[int], names: Sequence[str]) -> str:
    parts: dict[str, int] = {}
    for row in rows:
        name = names[traces.owner[row]]
        parts[name] = parts.get(name, 0) + traces.units[row]
    most = max(parts.values())
    return min(name for name, units in parts.items() if units == most)


def _request_costs(units: list[int], decimals: int) -> RequestCosts:
    units.sort()
    nearest_rank = -(-len(units) * 95 // 100) - 1
    return RequestCosts(
        count=len(units),
        median=dollars_of(units[(len(units) - 1) // 2] + units[len(units) // 2], decimals) / 2,
        p95=dollars_of(units[nearest_rank], decimals),
        maximum=dollars_of(units[-1], decimals),
    )


def _request(traces: Traces, place: int, rows: Sequence[int], names: Sequence[str]) -> Request:
    projects = [traces.owners[traces.owner[row]].project for row in rows]
    project = min(projects, key=lambda project: (project.name, project.id))
    cost = dollars_of(sum(traces.units[row] for row in rows), traces.decimals)
    return Request(
        project=project.name,
        feature=_feature(traces, rows, names),
        trace_id=traces.ids[place],
        root_name="",
        calls=sum(traces.calls[row] for row in rows),
        input_tokens=sum(traces.input[row] for row in rows),
        output_tokens=sum(traces.output[row] for row in rows),
        cost=cost,
        url=project.trace_url(traces.ids[place]),
    )
