"""Calls in columns: one array per figure instead of one object per call.

A million runs as objects would not fit into the function; here they take about a hundred bytes
each. All calls of one `Columns` share metadata and price, so that most sums are one `sum` over
an array, which is what makes the day's pass fast.
"""

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain, compress, islice
from operator import attrgetter
from struct import iter_unpack
from typing import Self

from spend_report.domain.money import exactly
from spend_report.domain.pricing import Rates, Tokens
from spend_report.domain.runs import Project, Run
from spend_report.domain.usage import Usage, plausible_cost

ID_LENGTH = 36  # of a UUID as text
_PER_DOLLAR = 10**15
_EXACT = 2**53  # up to here, doubles hold every whole number

_prompt_tokens = attrgetter("prompt_tokens")
_completion_tokens = attrgetter("completion_tokens")
_trace_id = attrgetter("trace_id")
_id = attrgetter("id")


@dataclass(frozen=True, slots=True)
class Group:
    """What a group of runs has in common; `rates` is None where no source knows a price.

    `feature` is the runs' own tag, and empty until `Calls.settle` knows better.
    """

    project: Project
    status: str
    feature: str
    dimensions: tuple[str, ...]
    provider: str
    model: str
    sample_rate: str
    rates: Rates | None


@dataclass(frozen=True, slots=True)
class Orphan:
    """Where a call without a tag of its own stands in its trace; `parent_ids` root first."""

    parent_ids: tuple[str, ...]
    name: str
    node: str


class Columns:
    """The calls of one group. All columns have one entry a call, but for `_above`.

    Ids are kept as hashes of 64 bits: they are only ever compared to find an LLM run among the
    ancestors of another, so that a false match would need two equal hashes in one day's nesting.
    """

    def __init__(self) -> None:
        self.input = array("q")
        self.output = array("q")
        self.cache_read = array("q")
        self.recorded = array("d")  # LangSmith's cost in US dollars, a double there too
        self.traces = bytearray()  # ID_LENGTH bytes each
        self.ids = array("q")
        self._above = array("q")  # the ancestors' hashes, call by call
        self._depths = array("I")  # how many of those belong to each call
        self.usages: dict[int, Usage] = {}  # of calls with cache writes or wrong counts
        self.odd_traces: dict[int, str] = {}  # ids of another length
        self.orphans: list[Orphan] = []  # all calls or none

    def __len__(self) -> int:
        return len(self.ids)

    def extend(self, runs: Sequence[Run]) -> None:
        """Add plain `runs`, of which `Calls.take` says what they are."""
        self.input.extend(map(_prompt_tokens, runs))
        self.output.extend(map(_completion_tokens, runs))
        self.cache_read.extend(
            [
                details.raw.get("cache_read", 0)
                if (details := run.prompt_token_details) is not None and details.raw
                else 0
                for run in runs
            ]
        )
        self.recorded.extend([run.total_cost or 0.0 for run in runs])
        self.traces += "".join(map(_trace_id, runs)).encode("ascii")
        self.ids.extend(map(hash, map(_id, runs)))
        parents = [run.parent_run_ids or () for run in runs]
        self._above.extend(map(hash, chain.from_iterable(parents)))
        self._depths.extend(map(len, parents))

    def append(self, run: Run, usage: Usage) -> None:
        """Add any run."""
        tokens = usage.tokens
        row = len(self)
        if usage.errors or tokens.cache_write or tokens.cache_write_1h:
            self.usages[row] = usage
        self.input.append(tokens.input)
        self.output.append(tokens.output)
        self.cache_read.append(tokens.cache_read)
        self.recorded.append(run.total_cost if run.total_cost and plausible_cost(run) else 0.0)
        parents = run.parent_run_ids or []
        trace = run.trace_id or (parents[0] if parents else run.id)
        if len(trace) == ID_LENGTH and trace.isascii():
            self.traces += trace.encode("ascii")
        else:
            self.odd_traces[row] = trace
            self.traces += bytes(ID_LENGTH)
        self.ids.append(hash(run.id))
        self._above.extend(map(hash, parents))
        self._depths.append(len(parents))

    def rows(self, at: Sequence[int]) -> "Columns":
        """The calls in the rows `at`, which ascend."""
        chosen = set(at)
        keep = [row in chosen for row in range(len(self))]
        part = Columns()
        part.input = array("q", compress(self.input, keep))
        part.output = array("q", compress(self.output, keep))
        part.cache_read = array("q", compress(self.cache_read, keep))
        part.recorded = array("d", compress(self.recorded, keep))
        part.ids = array("q", compress(self.ids, keep))
        part._depths = array("I", compress(self._depths, keep))
        part._above = array("q", chain.from_iterable(compress(self.ancestors(), keep)))
        part.orphans = list(compress(self.orphans, keep))
        for row, old in enumerate(at):
            start = old * ID_LENGTH
            part.traces += self.traces[start : start + ID_LENGTH]
            if old in self.usages:
                part.usages[row] = self.usages[old]
            if old in self.odd_traces:
                part.odd_traces[row] = self.odd_traces[old]
        return part

    def __iadd__(self, other: Self) -> Self:
        rows = len(self)
        self.input += other.input
        self.output += other.output
        self.cache_read += other.cache_read
        self.recorded += other.recorded
        self.traces += other.traces
        self.ids += other.ids
        self._above += other._above
        self._depths += other._depths
        self.usages.update((rows + row, usage) for row, usage in other.usages.items())
        self.odd_traces.update((rows + row, trace) for row, trace in other.odd_traces.items())
        self.orphans += other.orphans
        return self

    @property
    def all_ancestors(self) -> "array[int]":
        """The hashes of the ancestors of all calls."""
        return self._above

    def ancestors(self) -> Iterator[list[int]]:
        """The hashes of each call's ancestors."""
        hashes = iter(self._above)
        for depth in self._depths:
            yield list(islice(hashes, depth))

    @property
    def without_usage(self) -> int:
        """How many calls report no token."""
        if 0 not in self.input:
            return 0
        return sum(not self.has_usage(row) for row in range(len(self)))

    def has_usage(self, row: int) -> bool:
        """Whether the call in `row` reports any token."""
        return bool(self.input[row] or self.output[row])

    def trace_ids(self) -> list[bytes]:
        """The trace of each call."""
        ids = [id_ for (id_,) in iter_unpack(f"{ID_LENGTH}s", self.traces)]
        for row, trace in self.odd_traces.items():
            ids[row] = trace.encode("utf-8", "replace")
        return ids

    def tokens(self, row: int) -> Tokens:
        """The tokens of the call in `row`."""
        if row in self.usages:
            return self.usages[row].tokens
        return Tokens(self.input[row], self.output[row], self.cache_read[row])

    def total_tokens(self) -> Tokens:
        """The tokens of all calls."""
        rare = [usage.tokens for usage in self.usages.values()]
        return Tokens(
            sum(self.input),
            sum(self.output),
            sum(self.cache_read),
            sum(tokens.cache_write for tokens in rare),
            sum(tokens.cache_write_1h for tokens in rare),
            sum(tokens.cached_above_input for tokens in rare),
        )

    def total_recorded(self) -> Decimal:
        """The sum of LangSmith's costs, exactly.

        A double that is a number of 1e-15 dollars again after division is that number; this
        is four times as fast as going through its text, which serves all others.
        """
        scaled = [round(cost * _PER_DOLLAR) for cost in self.recorded]
        whole = sum(scaled)
        rest = Decimal(0)
        for cost, units in zip(self.recorded, scaled, strict=True):
            if units / _PER_DOLLAR != cost or units > _EXACT:
                whole -= units
                rest += exactly(cost)
        return Decimal(whole).scaleb(-15) + rest
