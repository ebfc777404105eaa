"""Runs that cross an edge of their window: what only the neighbouring windows can tell of them.

Where LLM runs are nested, the innermost that report usage are the calls (see `wrappers`). A run
that is still open when its window ends may have LLM runs inside it in a later one, and a run
below one that began before the window may lie inside an LLM run there. All others are settled
within their window.
"""

from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

from spend_report.domain.parts.windows import Window
from spend_report.domain.runs.attribution import ancestor_ids, may_continue_after
from spend_report.domain.runs.calls import Calls
from spend_report.domain.runs.run import Project, Run


class Crossing(NamedTuple):
    """A run that crosses an edge, and where it is: `row` of the columns.

    `ancestors` are those that may lie in an earlier window. Ids are `stable_id`s.
    """

    row: int
    id: int
    ancestors: Sequence[int]
    is_open: bool


class Crossings:
    """Takes the runs of `window` into `calls`, and keeps which of them cross an edge.

    At the edges of the day itself `calls` knows what lies beyond.
    """

    def __init__(self, calls: Calls, window: Window) -> None:
        self.found: list[Crossing] = []
        self._calls = calls
        day = calls.day
        self._until = window.end if window.end < day.end else None
        self._since = _stamp(window.start) if window.start > day.start else None

    def take(self, project: Project, runs: Sequence[Run]) -> None:
        """Add runs of the window, each once, in any order."""
        if self._until is None and self._since is None:
            self._calls.take(project, runs)
            return
        settled: list[Run] = []
        for run in runs:
            is_open = self._until is not None and _is_open(run, self._until)
            ancestors = self._ancestors(run) if self._since is not None else ()
            if is_open or ancestors:
                row = len(self._calls.columns)
                self._calls.take(project, [run])
                self.found.append(Crossing(row, stable_id(run.id), ancestors, is_open))
            else:
                settled.append(run)
        self._calls.take(project, settled)

    def _ancestors(self, run: Run) -> Sequence[int]:
        """The ancestors of `run` that may have started before the window."""
        order = run.dotted_order
        if order and self._since is not None and order >= self._since:
            return ()
        ids = [id_ for id_ in ancestor_ids(run) if id_ != run.id]
        if order and self._since is not None:
            steps = (step.partition("Z") for step in order.split("."))
            since = self._since.removesuffix("Z")
            later = {id_ for start, _, id_ in steps if start >= since}
            ids = [id_ for id_ in ids if id_ not in later]
        return array("q", map(stable_id, ids))


def _is_open(run: Run, end: datetime) -> bool:
    return (run.end_time is None or run.end_time > end) and may_continue_after(run, end) is not None


def _stamp(instant: datetime) -> str:
    """`instant` as it begins a step of `dotted_order`."""
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")


def stable_id(id_: str) -> int:
    """`id_` as 64 bits that are the same in every process, which Python's own hash is not."""
    return int.from_bytes(
        blake2b(id_.encode("utf-8", "replace"), digest_size=8).digest(), signed=True
    )
