"""Which LLM runs only wrap others.

Where LLM runs are nested, each repeats the usage of those inside it. The innermost that report
usage are the calls, or the innermost where none does; every other is a wrapper. For one run:

- with usage, it is a call unless an LLM run inside it has usage as well;
- without usage, it is a call unless an LLM run is inside it, or one around it has usage.
"""

from collections.abc import Iterator, Sequence
from itertools import chain, islice

from spend_report.domain.columns import Columns

# Hashes that are looked up at once: what a set of them may cost in memory, some 25 MB.
_BATCH = 250_000


def wrappers(parts: Sequence[Columns]) -> list[frozenset[int]]:
    """The rows of the runs that are no calls, for each of `parts`, which together are all runs."""
    around = _llm_runs_around(parts)
    left_out: list[set[int]] = [set() for _ in parts]
    if around:
        places = {
            id_: (part, row)
            for part, columns in enumerate(parts)
            for row, id_ in enumerate(columns.ids)
            if id_ in around
        }
        with_usage_inside: set[int] = set()
        for part, columns in enumerate(parts):
            for row, ancestors in enumerate(columns.ancestors()):
                own = columns.ids[row]
                llm_ancestors = [id_ for id_ in ancestors if id_ in places and id_ != own]
                if columns.has_usage(row):
                    with_usage_inside.update(llm_ancestors)
                elif any(_has_usage(parts, places[id_]) for id_ in llm_ancestors):
                    left_out[part].add(row)
        for id_, (part, row) in places.items():
            if id_ in with_usage_inside or not parts[part].has_usage(row):
                left_out[part].add(row)
    return [frozenset(rows) for rows in left_out]


def _has_usage(parts: Sequence[Columns], place: tuple[int, int]) -> bool:
    part, row = place
    return parts[part].has_usage(row)


def _llm_runs_around(parts: Sequence[Columns]) -> set[int]:
    """The ids of LLM runs that are also an ancestor's of another."""
    found: set[int] = set()
    ids = chain.from_iterable(columns.ids for columns in parts)
    for batch in _batches(ids):
        for columns in parts:
            found.update(batch.intersection(columns.all_ancestors))
    return found


def _batches(ids: Iterator[int]) -> Iterator[set[int]]:
    while batch := set(islice(ids, _BATCH)):
        yield batch
