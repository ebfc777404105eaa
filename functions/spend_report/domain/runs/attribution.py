"""Whose run it is: the run's own tag, else that of its nearest tagged ancestor in the trace."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from spend_report.domain.runs.run import Run

# How long a run is taken to last that never reported its end: a trace rarely takes longer.
_LONGEST_TRACE = timedelta(hours=1)
# An end later than that, in 2099 say, is a fault of the data.
_LONGEST_RUN = timedelta(days=1)
# A start further back than LangSmith keeps traces is a fault of the data.
_LONGEST_AGO = timedelta(days=400)


def nearest_feature[Id](ancestors: Sequence[Id], features: Mapping[Id, str]) -> str:
    """The tag of the nearest of `ancestors` (root first) that has one, or the empty string."""
    return next((features[id_] for id_ in reversed(ancestors) if id_ in features), "")


def ancestor_ids(run: Run) -> list[str]:
    """The ids of the ancestors of `run`, root first: as it states them, else `dotted_order`."""
    if run.parent_run_ids:
        return run.parent_run_ids
    if run.dotted_order:
        return [step.partition("Z")[2] for step in run.dotted_order.split(".")[:-1]]
    return [run.trace_id] if run.trace_id and run.trace_id != run.id else []


def ancestor_starts(run: Run) -> dict[str, datetime | None]:
    """The ids of the ancestors of `run` and when each started, as far as `dotted_order` tells.

    `dotted_order` is `<start><id>` of each run from the root to the run itself, joined by dots:
    https://docs.langchain.com/langsmith/run-data-format
    """
    starts: dict[str, datetime | None] = dict.fromkeys(run.parent_run_ids or ())
    for step in (run.dotted_order or "").split(".")[:-1]:
        started, _, run_id = step.partition("Z")
        if run_id in starts:
            start = _instant(started)
            if start is not None and abs(run.start_time - start) > _LONGEST_AGO:
                start = None
            starts[run_id] = start
    return starts


def root_started_before(run: Run, instant: datetime) -> bool:
    """Whether the trace of `run` may have begun before `instant`."""
    if not run.parent_run_ids:
        return False
    if run.dotted_order:
        return run.dotted_order < instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
    return True


def may_continue_after(run: Run, instant: datetime) -> datetime | None:
    """Until when runs inside `run` may start, if that can be after `instant`; else None.

    A run that never reported its end, or one that can't be, is given the length of a long trace.
    """
    until = run.end_time
    if until is None or until - run.start_time > _LONGEST_RUN:
        until = run.start_time + _LONGEST_TRACE
    return until if until > instant else None


def _instant(text: str) -> datetime | None:
    try:
        # Twenty times as fast as strptime, which knows this form as it is.
        return datetime.fromisoformat(f"{text[:15]}.{text[15:]}+00:00")
    except ValueError:
        return None
