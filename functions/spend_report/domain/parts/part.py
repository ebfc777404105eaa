"""A part of a day: the sums over what its window settles, and the calls that it cannot judge."""

from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from msgspec import Struct, field

from spend_report.domain.parts.path_sums import Path, PathSpend
from spend_report.domain.parts.remarks import Remarks
from spend_report.domain.parts.sum_calls import Slot
from spend_report.domain.parts.traces import Owner, Traces
from spend_report.domain.runs.usage import Remark


class Pending(NamedTuple):
    """A run that is a call, unless another part knows an LLM run around or inside it.

    `id` and `ancestors` are stable ids. `slot` holds this call alone, and `units` are those of its
    part's traces. `path` is None where the call has a feature.
    """

    id: int
    has_usage: bool
    ancestors: Sequence[int]
    slot: Slot
    trace_id: str
    units: int
    path: Path | None
    remarks: Sequence[Remark]

    @property
    def owner(self) -> Owner:
        """Whose call it is."""
        return Owner(self.slot.group.project, self.slot.group.feature)


class Part(Struct):
    """What the runs of one window come to.

    Attributes:
        fetched: how many runs were read, `unreadable` ones without an id or start included.
        wrappers: how many of them only wrap others.
        slots: the settled calls by group and hour; likewise by `traces`, untagged `paths`, and
            what there is to say about them in `remarks`.
        pending: the calls that are not settled.
        wrapping_usage: stable ids of runs of earlier windows, of whatever type, that have an LLM
            run with usage inside them here.
        open_wrappers: stable ids of LLM runs with usage that are left out, and may have further
            LLM runs inside them in a later window.
        roots: the names of the roots that were looked up, by trace; None where there is none.
    """

    fetched: int
    unreadable: int
    wrappers: int
    slots: Sequence[Slot]
    traces: Traces
    paths: Mapping[Path, PathSpend]
    remarks: Remarks
    pending: Sequence[Pending] = ()
    wrapping_usage: Collection[int] = ()
    open_wrappers: Collection[int] = ()
    roots: Mapping[str, str | None] = field(default_factory=dict)
