"""What there is to say about the tokens of calls, in sums."""

from collections.abc import Iterable

from spend_report.domain.runs.columns import NO_CALL, Columns
from spend_report.domain.runs.usage import Remark, RemarkKind

type Remarks = dict[tuple[RemarkKind, str], tuple[int, int]]
"""By kind and by what they are about, the calls that have such remarks, and the tokens."""


def remarks_of(columns: Columns) -> Remarks:
    """The remarks on the calls in `columns`."""
    calls = ((row, one) for row, one in columns.remarks if columns.group[row] != NO_CALL)
    return _sums(calls)


def remarks_of_call(remarks: Iterable[Remark]) -> Remarks:
    """The `remarks` on one call."""
    return _sums((0, one) for one in remarks)


def added(parts: Iterable[Remarks]) -> Remarks:
    """The sums of `parts`, which have no call in common."""
    found: Remarks = {}
    for part in parts:
        for key, (calls, tokens) in part.items():
            so_far = found.get(key, (0, 0))
            found[key] = (so_far[0] + calls, so_far[1] + tokens)
    return found


def _sums(remarks: Iterable[tuple[int, Remark]]) -> Remarks:
    found: Remarks = {}
    last_row: dict[tuple[RemarkKind, str], int] = {}
    for row, (kind, about, tokens) in remarks:
        key = (kind, about)
        calls, sum_ = found.get(key, (0, 0))
        # A run's remarks follow each other: a second one of a kind is of the same call.
        found[key] = (calls + (last_row.get(key) != row), sum_ + tokens)
        last_row[key] = row
    return found
