"""Which traced models a bill's lines are about: both sides of each model."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from spend_report.domain.bills.bill import Bill, BilledLine, BilledUsage, TracedModel
from spend_report.domain.bills.same_model import SameModel, biller_of

# Clients of compatible services call themselves so, whoever answers them.
_COMPATIBLE = frozenset({"openai", ""})


class ModelSides(Struct, frozen=True):
    """A model that `biller` billed, and what was traced of it; either side may be empty.

    `usage` is what the biller counted of it.
    """

    biller: str
    lines: Sequence[BilledLine]
    traced: Sequence[TracedModel]
    usage: BilledUsage = field(default_factory=BilledUsage)

    @property
    def name(self) -> str:
        """The name that the traces give it, or else the bill: the one with the most dollars."""
        if self.traced:
            return max(self.traced, key=lambda row: (row.cost, row.calls, row.model)).model
        return max(self.lines, key=lambda line: (line.amount, line.model)).model


def billers(
    traced: Iterable[TracedModel], bills: Mapping[str, Bill], names: SameModel
) -> dict[str, list[TracedModel]]:
    """The traced models by who bills them, whose bill may be missing.

    A provider that the runs name is taken at its word, unless its bill does not have the model
    and one of the other bills has it: behind a gateway all models seem to be OpenAI's.
    """
    billed = {
        name: {names.key(line.model, name) for line in bill.lines} for name, bill in bills.items()
    }
    found: dict[str, list[TracedModel]] = defaultdict(list)
    for row in traced:
        biller = biller_of(row.provider, row.model) or row.provider.strip()
        has_it = [name for name, keys in billed.items() if names.key(row.model, name) in keys]
        if has_it and biller not in has_it and _may_be_elsewhere(biller, row):
            biller = has_it[0]
        found[biller].append(row)
    return found


def _may_be_elsewhere(biller: str, row: TracedModel) -> bool:
    named = biller_of(row.provider, "")
    return biller in _COMPATIBLE or named in _COMPATIBLE


def sides(bill: Bill, traced: Sequence[TracedModel], names: SameModel) -> Iterator[ModelSides]:
    """Every model that is in `bill` or `traced`, each line and each traced model in one of them.

    Releases of a model are one, as long as bill and traces do not name the same releases.
    """
    lines: dict[str, list[BilledLine]] = defaultdict(list)
    rows: dict[str, list[TracedModel]] = defaultdict(list)
    for line in bill.lines:
        lines[names.key(line.model, bill.provider)].append(line)
    for row in traced:
        rows[names.key(row.model, bill.provider)].append(row)
    usage = _usage(bill, names)
    for key in dict.fromkeys((*lines, *rows)):
        billed_names = {line.model for line in lines[key]}
        if len(billed_names) > 1 and billed_names == {row.model for row in rows[key]}:
            for name in sorted(billed_names):
                yield ModelSides(
                    bill.provider,
                    [line for line in lines[key] if line.model == name],
                    [row for row in rows[key] if row.model == name],
                    bill.usage.get(name, BilledUsage()),
                )
        else:
            counted = usage.get(key, BilledUsage())
            yield ModelSides(bill.provider, lines[key], rows[key], counted)


def _usage(bill: Bill, names: SameModel) -> dict[str, BilledUsage]:
    """What was counted by model, releases together."""
    found: dict[str, list[BilledUsage]] = defaultdict(list)
    for model, usage in bill.usage.items():
        found[names.key(model, bill.provider)].append(usage)
    return {key: _together(usages) for key, usages in found.items()}


def _together(usages: Sequence[BilledUsage]) -> BilledUsage:
    requests = [usage.requests for usage in usages if usage.requests is not None]
    tokens = [usage.tokens for usage in usages if usage.tokens is not None]
    kinds = {kind for each in tokens for kind in each}
    return BilledUsage(
        sum(requests) if len(requests) == len(usages) else None,
        {kind: sum(each.get(kind, 0) for each in tokens) for kind in kinds}
        if len(tokens) == len(usages)
        else None,
    )
