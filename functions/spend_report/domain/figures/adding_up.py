"""From the day's calls to its ledger."""

from collections import Counter, defaultdict
from decimal import Decimal, InvalidOperation
from itertools import compress
from operator import not_

from spend_report.domain.basics.money import ZERO, exact_sums
from spend_report.domain.figures.ledger import Ledger, LineKey, Totals
from spend_report.domain.prices.pricing import PriceSource, Tokens
from spend_report.domain.runs.columns import NO_CALL, Columns, Group
from spend_report.domain.runs.run import ERROR, PENDING

# Rows that are added up at once: what their figures cost in memory, some 10 MB.
_BATCH = 50_000

# A smaller share of traces would be no sample but a slip.
_LEAST_RATE = Decimal("0.000001")


def ledger_of(columns: Columns) -> Ledger:
    """The ledger of the calls in `columns`."""
    sums = _Sums(len(columns.groups))
    for start in range(0, len(columns), _BATCH):
        sums.add(columns, slice(start, start + _BATCH))
    for row, usage in columns.usages.items():
        sums.add_rare(_slot(columns.group[row], columns.recorded[row]), usage.tokens)
    return Ledger(
        (_line_key(group, recorded=recorded), sums.totals(number, group, recorded=recorded))
        for number, group in enumerate(columns.groups, NO_CALL + 1)
        for recorded in (True, False)
        if sums.calls[_slot(number, recorded)]
    )


def _slot(group: int, recorded: float) -> int:
    """The place of the sums over a group's calls that LangSmith recorded a cost for, or none."""
    return group + group + (recorded > 0)


class _Sums:
    """Sums over calls by `_slot`: a list each, because that is how Python adds up fastest."""

    def __init__(self, groups: int) -> None:
        size = 2 * (NO_CALL + 1 + groups)
        self.calls = Counter[int]()
        self.without_usage = Counter[int]()
        self.input, self.output, self.cache_read = [0] * size, [0] * size, [0] * size
        self.recorded = [ZERO] * size
        self.rare = defaultdict[int, Tokens](Tokens)

    def add(self, columns: Columns, rows: slice) -> None:
        """Add what all calls have."""
        all_input, all_output = columns.input[rows], columns.output[rows]
        recorded = columns.recorded[rows]
        pairs = zip(columns.group[rows], recorded, strict=True)
        slots = [group + group + (cost > 0) for group, cost in pairs]  # `_slot`, but faster
        self.calls.update(slots)
        inputs, outputs, cache_reads = self.input, self.output, self.cache_read
        for slot, input_, output, cache_read in zip(
            slots, all_input, all_output, columns.cache_read[rows], strict=True
        ):
            inputs[slot] += input_
            outputs[slot] += output
            cache_reads[slot] += cache_read
        for slot, amount in exact_sums(slots, recorded).items():
            self.recorded[slot] += amount
        if 0 in all_input:
            used = map(any, zip(all_input, all_output, strict=True))
            self.without_usage.update(compress(slots, map(not_, used)))

    def add_rare(self, slot: int, tokens: Tokens) -> None:
        """Add what few calls have: writes to a cache, and cached tokens above the input."""
        self.rare[slot] += Tokens(
            cache_write=tokens.cache_write,
            cache_write_1h=tokens.cache_write_1h,
            cached_above_input=tokens.cached_above_input,
        )

    def totals(self, number: int, group: Group, *, recorded: bool) -> Totals:
        """The sums over the calls of a group."""
        slot = _slot(number, recorded)
        calls = self.calls[slot]
        tokens = self.rare[slot] + Tokens(
            self.input[slot], self.output[slot], self.cache_read[slot]
        )
        compared = recorded and group.rates is not None
        return Totals(
            calls=calls,
            tokens=tokens,
            errors=calls if group.status == ERROR else 0,
            pending=calls if group.status == PENDING else 0,
            without_usage=self.without_usage[slot],
            langsmith_cost=self.recorded[slot],
            compared=calls if compared else 0,
            compared_cost=group.rates.cost(tokens) if group.rates and recorded else ZERO,
        )


def _line_key(group: Group, *, recorded: bool) -> LineKey:
    if group.rates is not None:
        source = group.rates.source
    else:
        source = PriceSource.LANGSMITH if recorded else PriceSource.UNPRICED
    return LineKey(
        project=group.project.name,
        feature=group.feature,
        dimensions=group.dimensions,
        provider=group.provider,
        model=group.model,
        source=source,
        rates=group.rates,
        sample_rate=_sample_rate(group.sample_rate),
    )


def _sample_rate(text: str) -> Decimal | None:
    """The share of traces that the application recorded, if it is one and not all of them."""
    try:
        rate = Decimal(text)
    except InvalidOperation:
        return None
    return rate if rate.is_finite() and _LEAST_RATE <= rate < 1 else None
