"""The code paths whose calls have no feature."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from spend_report.domain.basics.money import ZERO, exactly
from spend_report.domain.figures.day_figures import UntaggedPath
from spend_report.domain.prices.pricing import Rates, Tokens
from spend_report.domain.runs.calls import Calls, Orphan
from spend_report.domain.runs.columns import Columns
from spend_report.domain.runs.run import Ancestor


def untagged_paths(calls: Calls, ancestors: Mapping[str, Ancestor]) -> list[UntaggedPath]:
    columns = calls.columns
    rows: defaultdict[tuple[str, str, str, int], list[int]] = defaultdict(list)
    for row, orphan in calls.untagged():
        root_name = _root_name(orphan, ancestors)
        rows[root_name, orphan.name, orphan.node, columns.group[row]].append(row)
    paths: dict[tuple[str, str, str, str, str], UntaggedPath] = {}
    for (root_name, run_name, node, _), of_group in rows.items():
        group = columns.group_of(of_group[0])
        path = (group.project.name, root_name, run_name, node, group.model)
        so_far = paths.get(path) or UntaggedPath(*path, 0, ZERO)
        paths[path] = replace(
            so_far,
            calls=so_far.calls + len(of_group),
            cost=so_far.cost + _cost(group.rates, columns, of_group),
        )
    return sorted(
        paths.values(),
        key=lambda row: (
            -row.cost,
            row.project,
            row.root_name,
            row.run_name,
            row.langgraph_node,
            row.model,
        ),
    )


def _root_name(orphan: Orphan, ancestors: Mapping[str, Ancestor]) -> str:
    if not orphan.parent_ids:
        return orphan.name
    root = ancestors.get(orphan.parent_ids[0])
    return root.name if root else ""


def _cost(rates: Rates | None, columns: Columns, rows: Sequence[int]) -> Decimal:
    """What some calls of one group cost."""
    if rates is not None:
        return rates.cost(sum(map(columns.tokens, rows), Tokens()))
    return sum((exactly(columns.recorded[row]) for row in rows), ZERO)
