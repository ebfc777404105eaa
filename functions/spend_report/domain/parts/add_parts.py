"""The parts of a day, made one."""

from collections.abc import Iterable, Sequence
from itertools import chain

from spend_report.domain.parts import path_sums, remarks, sum_calls
from spend_report.domain.parts.join_traces import joined, of_calls
from spend_report.domain.parts.part import Part, Pending
from spend_report.domain.parts.path_sums import PathSpend


def whole(parts: Sequence[Part]) -> Part:
    """What `parts`, whose windows cover a day, come to together; nothing of it is pending."""
    if len(parts) == 1:
        return parts[0]
    is_call = _Judge(parts)
    settled = [
        (call, part.traces.decimals) for part in parts for call in part.pending if is_call(call)
    ]
    calls = [call for call, _ in settled]
    return Part(
        fetched=sum(part.fetched for part in parts),
        unreadable=sum(part.unreadable for part in parts),
        wrappers=sum(part.wrappers + len(part.pending) for part in parts) - len(calls),
        slots=sum_calls.added(
            chain(*(part.slots for part in parts), (call.slot for call in calls))
        ),
        traces=joined([*(part.traces for part in parts), of_calls(settled)]),
        paths=path_sums.added(chain(*(part.paths.items() for part in parts), _paths(calls))),
        remarks=remarks.added(
            chain(
                (part.remarks for part in parts),
                (remarks.remarks_of_call(call.remarks) for call in calls),
            )
        ),
        roots={id_: name for part in parts for id_, name in part.roots.items()},
    )


class _Judge:
    """Whether a pending run is a call, by the rule of `wrappers`."""

    def __init__(self, parts: Sequence[Part]) -> None:
        pending = [run for part in parts for run in part.pending]
        self._wrapping_usage = {id_ for part in parts for id_ in part.wrapping_usage}
        self._wrapping = {id_ for run in pending if not run.has_usage for id_ in run.ancestors}
        self._with_usage = {id_ for part in parts for id_ in part.open_wrappers}
        self._with_usage |= {run.id for run in pending if run.has_usage}

    def __call__(self, run: Pending) -> bool:
        if run.id in self._wrapping_usage:
            return False
        return run.has_usage or (
            run.id not in self._wrapping and self._with_usage.isdisjoint(run.ancestors)
        )


def _paths(calls: Iterable[Pending]) -> Iterable[tuple[path_sums.Path, PathSpend]]:
    for call in calls:
        if call.path is not None:
            rates, slot = call.slot.group.rates, call.slot
            cost = slot.langsmith_cost if rates is None else rates.cost(slot.tokens)
            yield call.path, PathSpend(1, cost)
