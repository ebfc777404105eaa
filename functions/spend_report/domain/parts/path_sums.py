"""The code paths whose calls have no feature."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct, field

from spend_report.domain.basics.money import ZERO, exactly
from spend_report.domain.basics.names import OTHER
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.runs.calls import Calls, CodePath
from spend_report.domain.runs.columns import NO_CALL, Columns, Group
from spend_report.domain.runs.run import Ancestor


class Path(NamedTuple):
    """Where calls without a feature come from: project, root, run, LangGraph's node, model."""

    project: str
    root_name: str
    run_name: str
    node: str
    model: str


REST = Path(OTHER, OTHER, OTHER, "", OTHER)


class PathSpend(NamedTuple):
    """Calls, and their exact cost in US dollars."""

    calls: int = 0
    cost: Decimal = ZERO


def added(spends: Iterable[tuple[Path, PathSpend]]) -> dict[Path, PathSpend]:
    """The sums of `spends` by path."""
    sums: dict[Path, PathSpend] = {}
    for path, (calls, cost) in spends:
        so_far = sums.get(path, PathSpend())
        sums[path] = PathSpend(so_far.calls + calls, so_far.cost + cost)
    return sums


def costliest(paths: Mapping[Path, PathSpend], most: int) -> list[tuple[Path, PathSpend]]:
    """The paths by cost, the costliest first; of more than `most`, the cheapest are one `REST`."""
    ranked = sorted(paths.items(), key=lambda item: (-item[1].cost, item[0]))
    rest = added((REST, spend) for _, spend in ranked[most:])
    return [*ranked[:most], *rest.items()]


def untagged(calls: Calls, ancestors: Mapping[str, Ancestor]) -> dict[Path, PathSpend]:
    """What the calls without a feature come to, of which `ancestors` are some of theirs."""
    columns = calls.columns
    roots = {hash(id_): ancestor.name for id_, ancestor in ancestors.items()}
    sums: defaultdict[tuple[str, CodePath, int], _Sums] = defaultdict(_Sums)
    for row, path, root in calls.untagged():
        root_name = path.run_name if root is None else roots.get(root, "")
        recorded = columns.group_of(row).rates is None
        sums[root_name, path, columns.group[row]].add(columns, row, recorded=recorded)
    return added(
        (path_of(columns.groups[number - NO_CALL - 1], root_name, path), own.spend(columns, number))
        for (root_name, path, number), own in sums.items()
    )


def path_of(group: Group, root_name: str, path: CodePath) -> Path:
    """The whole path of calls of `group`."""
    return Path(group.project.name, root_name, path.run_name, path.node, group.model)


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

    def spend(self, columns: Columns, number: int) -> PathSpend:
        rates = columns.groups[number - NO_CALL - 1].rates
        if rates is None:
            return PathSpend(self.calls, self.recorded)
        written = (self.cache_write, self.cache_write_1h)
        tokens = Tokens(self.input, self.output, self.cache_read, *written)
        return PathSpend(self.calls, rates.cost(tokens + self.audio))
