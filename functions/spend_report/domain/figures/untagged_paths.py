"""The code paths whose calls have no feature."""

from collections import defaultdict
from collections.abc import Mapping
from copy import replace
from decimal import Decimal

from msgspec import Struct, field

from spend_report.domain.basics.money import ZERO, exactly
from spend_report.domain.basics.names import OTHER
from spend_report.domain.figures.day_figures import UntaggedPath
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.calls import Calls, CodePath
from spend_report.domain.runs.columns import NO_CALL, Columns, Group
from spend_report.domain.runs.run import Ancestor
from spend_report.domain.runs.too_many_names import MOST_VALUES


class _Sums(Struct):
    calls: int = 0
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    audio: Tokens = field(default_factory=Tokens)
    recorded: Decimal = ZERO

    def add(self, columns: Columns, row: int, *, recorded: bool) -> None:
        self.calls += 1
        self.input += columns.input[row]
        self.output += columns.output[row]
        self.cache_read += columns.cache_read[row]
        self.cache_write += columns.cache_write[row]
        self.cache_write_1h += columns.cache_write_1h[row]
        if audio := columns.audio.of(row):
            self.audio += audio
        if recorded:
            self.recorded += exactly(columns.recorded[row])

    def cost(self, group: Group) -> Decimal:
        if group.rates is None:
            return self.recorded
        written = (self.cache_write, self.cache_write_1h)
        tokens = Tokens(self.input, self.output, self.cache_read, *written)
        return group.rates.cost(tokens + self.audio)


def untagged_paths(calls: Calls, ancestors: Mapping[str, Ancestor]) -> list[UntaggedPath]:
    """The paths by cost, the costliest first; of very many, the cheapest are one row `(other)`."""
    columns = calls.columns
    roots = {hash(id_): ancestor.name for id_, ancestor in ancestors.items()}
    sums: defaultdict[tuple[str, CodePath, int], _Sums] = defaultdict(_Sums)
    for row, path, root in calls.untagged():
        root_name = path.run_name if root is None else roots.get(root, "")
        recorded = columns.group_of(row).rates is None
        sums[root_name, path, columns.group[row]].add(columns, row, recorded=recorded)
    paths: dict[tuple[str, str, str, str, str], UntaggedPath] = {}
    for (root_name, (run_name, node), number), own in sums.items():
        group = columns.groups[number - NO_CALL - 1]
        name = (group.project.name, root_name, run_name, node, group.model)
        so_far = paths.get(name) or UntaggedPath(*name, 0, ZERO)
        paths[name] = replace(
            so_far, calls=so_far.calls + own.calls, cost=so_far.cost + own.cost(group)
        )
    ranked = sorted(
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
    shown, rest = ranked[:MOST_VALUES], ranked[MOST_VALUES:]
    if rest:
        calls_left = sum(row.calls for row in rest)
        cost_left = sum((row.cost for row in rest), ZERO)
        shown.append(UntaggedPath(OTHER, OTHER, OTHER, "", OTHER, calls_left, cost_left))
    return shown
