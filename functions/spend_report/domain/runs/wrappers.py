"""Which LLM runs only wrap others.

Where LLM runs are nested, each repeats the usage of those inside it. The innermost that report
usage are the calls, or the innermost where none does; every other is a wrapper. For one run:

- with usage, it is a call unless an LLM run inside it has usage as well;
- without usage, it is a call unless an LLM run is inside it, or one around it has usage.
"""

from collections.abc import Iterator
from itertools import islice

from spend_report.domain.runs.columns import Columns

# Hashes that are looked up at once: what a set of them may cost in memory, some 25 MB.
_BATCH = 250_000


def wrappers(columns: Columns) -> set[int]:
    """The rows of the runs that are no calls."""
    wrapping = _wrapping_llm_runs(columns)
    if not wrapping:
        return set()
    rows = {id_: row for row, id_ in enumerate(columns.ids) if id_ in wrapping}
    left_out: set[int] = set()
    with_usage_inside: set[int] = set()
    for row, ancestors in enumerate(columns.ancestors()):
        own = columns.ids[row]
        llm_ancestors = [rows[id_] for id_ in ancestors if id_ in rows and id_ != own]
        if columns.has_usage(row):
            with_usage_inside.update(llm_ancestors)
        elif any(map(columns.has_usage, llm_ancestors)):
            left_out.add(row)
    for row in rows.values():
        if row in with_usage_inside or not columns.has_usage(row):
            left_out.add(row)
    return left_out


def _wrapping_llm_runs(columns: Columns) -> set[int]:
    """The ids of LLM runs that are also an ancestor's of another."""
    found: set[int] = set()
    for ids in _batches(iter(columns.ids)):
        found.update(ids.intersection(columns.ancestor_ids))
    return found


def _batches(ids: Iterator[int]) -> Iterator[set[int]]:
    while batch := set(islice(ids, _BATCH)):
        yield batch
