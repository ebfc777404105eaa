"""LLM runs in columns: one array per figure instead of one object per run.

A million runs as objects would not fit into the function; here they take about a hundred bytes
each. Each row has the number of its group, so that giving a run to another feature, or leaving
it out, changes one number and moves nothing.
"""

from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from spend_report.domain.basics.names import OTHER
from spend_report.domain.prices.price_sources import Rates, Tokens
from spend_report.domain.runs.id_hashes import hashes
from spend_report.domain.runs.plain_usage import PlainTokens
from spend_report.domain.runs.rare_columns import AudioColumns, NameColumn, RemarkColumns
from spend_report.domain.runs.run import Project, Run
from spend_report.domain.runs.usage import RemarkKind, Usage, audio_like_text, plausible_cost

NO_CALL = 0  # the number, in place of a group's, of runs that are not to be counted

_ID_LENGTH = 36  # of a UUID as text

type PlainRow = tuple[int, int, PlainTokens, float, str, str, Sequence[str], Sequence[int]]
"""Group, hour, tokens, recorded cost, id, trace, the ancestors, and numbers of names."""


# The attributes of a group that are names, beside its dimensions.
NAMED = ("feature", "provider", "model", "sample_rate")


class Group(NamedTuple):
    """What a group of runs has in common; `rates` is None where no source knows a price.

    `feature` is that of the runs' own tag, and empty until `Calls.settle` knows better; `written`
    is the tag itself, which may be an alias of it.
    """

    project: Project
    status: str
    feature: str
    dimensions: tuple[str, ...]
    provider: str
    model: str
    sample_rate: str
    rates: Rates | None
    written: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What tells it from every other group, to sort by."""
        own = (self.feature, self.model, self.provider, *self.dimensions, self.project.id)
        return (*own, self.written, self.sample_rate, self.status, repr(self.rates))

    def without_dimensions(self) -> "Group":
        """The same with `(other)` for each dimension."""
        return self._replace(dimensions=(OTHER,) * len(self.dimensions))


class Columns:
    """Runs in the order in which they came. All but `ancestor_ids` have one entry a run.

    `hour` is the place in `ReportDay.hours` of the hour in which a run started; from `input` to
    `cache_write_1h` are tokens; `recorded` is LangSmith's cost in US dollars, a double there too.
    Ids of runs and traces are the hashes of `id_hashes`. `audio` and `remarks` are of few runs,
    `names` of few days (see `too_many_names`).
    """

    def __init__(self) -> None:
        self.group = array("I")
        self.hour = array("B")
        self.input = array("q")
        self.output = array("q")
        self.cache_read = array("q")
        self.cache_write = array("q")
        self.cache_write_1h = array("q")
        self.recorded = array("d")
        self.ids = array("q")
        self.traces = array("q")
        self.depths = array("I")  # how many ancestors each run has
        self.ancestor_ids = array("q")  # the ids of these, run by run
        self.audio = AudioColumns()
        self.remarks = RemarkColumns()
        self.names: list[NameColumn] = []
        self._trace_texts = bytearray()  # _ID_LENGTH bytes each
        self._odd_traces: dict[int, str] = {}  # those of another form
        self._groups: list[Group] = []
        self._numbers: dict[Group, int] = {}

    def __len__(self) -> int:
        return len(self.group)

    def number(self, group: Group) -> int:
        """The number of `group`, of which there is one at most."""
        number = self._numbers.get(group)
        if number is None:
            self._groups.append(group)
            number = self._numbers[group] = NO_CALL + len(self._groups)
        return number

    @property
    def groups(self) -> Sequence[Group]:
        """All groups, of which some may have lost all their runs."""
        return self._groups

    def group_of(self, row: int) -> Group:
        """The group of a run that is a call."""
        return self._groups[self.group[row] - NO_CALL - 1]

    def extend(self, rows: Sequence[PlainRow]) -> None:
        """Add plain runs, of which `Calls.take` says what they are."""
        if not rows:
            return
        groups, hours, tokens, recorded, ids, traces, parents, names = zip(*rows, strict=True)
        figures = list(chain.from_iterable(tokens))
        # An array takes in a list at once, and anything else value by value.
        self.group.fromlist(list(groups))
        self.hour.frombytes(bytes(hours))
        self.input.fromlist(figures[0::5])
        self.output.fromlist(figures[1::5])
        self.cache_read.fromlist(figures[2::5])
        self.cache_write.fromlist(figures[3::5])
        self.cache_write_1h.fromlist(figures[4::5])
        self.recorded.fromlist(list(recorded))
        self.ids.frombytes(hashes(ids))
        self.traces.frombytes(hashes(traces))
        self.depths.fromlist(list(map(len, parents)))
        self.ancestor_ids.frombytes(hashes(list(chain.from_iterable(parents))))
        for column, numbers in zip(self.names, zip(*names, strict=True), strict=True):
            column.numbers.fromlist(list(numbers))
        if set(map(len, traces)) == {_ID_LENGTH} and (texts := "".join(traces)).isascii():
            self._trace_texts += texts.encode("ascii")
        else:
            for row, trace in enumerate(traces, len(self) - len(traces)):
                self._append_text(row, trace)

    def append(
        self, group: int, hour: int, run: Run, usage: Usage, names: Sequence[int] = ()
    ) -> None:
        """Add any run, with the numbers of its `names`."""
        tokens = usage.tokens
        row = len(self)
        if group != NO_CALL and (usage.remarks or tokens.has_audio):
            self._append_rare(row, usage, self._groups[group - NO_CALL - 1].rates)
        self.group.append(group)
        self.hour.append(hour)
        self.input.append(tokens.input)
        self.output.append(tokens.output)
        self.cache_read.append(tokens.cache_read)
        self.cache_write.append(tokens.cache_write)
        self.cache_write_1h.append(tokens.cache_write_1h)
        self.recorded.append(run.total_cost if run.total_cost and plausible_cost(run) else 0.0)
        parents = run.parent_run_ids or []
        trace = run.trace_id or (parents[0] if parents else run.id)
        self._append_text(row, trace)
        self.ids.append(hash(run.id))
        self.traces.append(hash(trace))
        self.depths.append(len(parents))
        for column, number in zip(self.names, names, strict=True):
            column.numbers.append(number)
        self.ancestor_ids.extend(map(hash, parents))

    def _append_rare(self, row: int, usage: Usage, rates: Rates | None) -> None:
        for remark in usage.remarks:
            # What has no price at all is not priced like text.
            if remark.kind is not RemarkKind.LIKE_TEXT or rates is not None:
                self.remarks.append(row, remark)
        if rates is not None:
            self.audio.append(row, usage.tokens)
            for remark in audio_like_text(usage.tokens, rates):
                self.remarks.append(row, remark)

    def _append_text(self, row: int, trace: str) -> None:
        if len(trace) == _ID_LENGTH and trace.isascii():
            self._trace_texts += trace.encode("ascii")
        else:
            self._odd_traces[row] = trace
            self._trace_texts += bytes(_ID_LENGTH)

    def ancestors(self) -> Iterator[list[int]]:
        """The ids of each run's ancestors, root first."""
        ids = iter(self.ancestor_ids)
        for depth in self.depths:
            yield list(islice(ids, depth))

    def ancestors_of(self, rows: Sequence[int]) -> Iterator[Sequence[int]]:
        """The ids of the ancestors of each of `rows`, which ascend; root first."""
        wanted = iter(rows)
        row, end = next(wanted, None), 0
        for at, depth in enumerate(self.depths):
            end += depth
            if at == row:
                yield self.ancestor_ids[end - depth : end]
                row = next(wanted, None)
                if row is None:
                    return

    def regroup[Key: tuple[int, ...]](
        self, keys: Iterable[Key], group_of: Callable[[Key], Group]
    ) -> None:
        """Number the groups anew: each run gets that of its key, which begins with its number."""
        numbers: dict[Group, int] = {}
        new: dict[Key, int] = {}
        column = array("I")
        for key in keys:
            number = new.get(key)
            if number is None:
                number = NO_CALL
                if key[0] != NO_CALL:
                    number = numbers.setdefault(group_of(key), NO_CALL + 1 + len(numbers))
                new[key] = number
            column.append(number)
        self.group = column
        self._numbers, self._groups = numbers, list(numbers)

    def has_usage(self, row: int) -> bool:
        """Whether a run reports any token."""
        return bool(self.input[row] or self.output[row])

    def tokens(self, row: int) -> Tokens:
        """The tokens of a run."""
        tokens = Tokens(
            *(self.input[row], self.output[row], self.cache_read[row]),
            *(self.cache_write[row], self.cache_write_1h[row]),
        )
        audio = self.audio.of(row)
        return tokens if audio is None else tokens + audio

    def trace_id(self, row: int) -> str:
        """The trace of a run."""
        if row in self._odd_traces:
            return self._odd_traces[row]
        return self._trace_texts[row * _ID_LENGTH : (row + 1) * _ID_LENGTH].decode("ascii")
