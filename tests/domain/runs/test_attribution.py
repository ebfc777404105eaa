from datetime import UTC, datetime, timedelta

from spend_report.domain.runs.attribution import (
    ancestor_ids,
    ancestor_starts,
    may_continue_after,
    nearest_feature,
    root_started_before,
)
from spend_report.domain.runs.run import MetadataKeys, Run
from tests.traces import RawRun, decoded, id_of, llm, run

KEYS = MetadataKeys("feature", ())
MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def held(raw: RawRun) -> Run:
    return decoded(raw, KEYS)


def tagged(**features: str) -> dict[str, str]:
    return features


def test_nearest_tag() -> None:
    """Of several tagged ancestors the nearest counts, over any number of untagged ones."""
    known = tagged(root="far", middle="near")

    assert nearest_feature(["root", "middle", "parent"], known) == "near"


def test_unknown_ancestor() -> None:
    """An ancestor that LangSmith does not have is passed over."""
    assert nearest_feature(["root", "lost"], tagged(root="far")) == "far"


def test_no_tag() -> None:
    """Without a tag above there is none."""
    assert nearest_feature(["root"], tagged(other="x")) == ""
    assert nearest_feature([], {}) == ""


def test_starts_above() -> None:
    """The dotted order tells when each ancestor started."""
    root = run("root", "2026-11-20T23:00:00.000001Z")
    parent = run("parent", "2026-11-20T23:30:00Z", below=root)

    starts = ancestor_starts(held(llm("call", below=parent)))

    assert starts == {
        id_of("root"): datetime(2026, 11, 20, 23, 0, 0, 1, tzinfo=UTC),
        id_of("parent"): datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
    }


def test_starts_not_known() -> None:
    """Without a dotted order, or with one that is none, the ancestors' starts are not known."""
    root = run("root")

    for dotted_order in (None, f"long agoZ{id_of('root')}.{id_of('call')}"):
        call = llm("call", below=root, dotted_order=dotted_order)
        assert ancestor_starts(held(call)) == {id_of("root"): None}


def test_root_before() -> None:
    """A trace began before midnight if its root did."""
    before = run("before", "2026-11-20T23:59:59.999999Z")
    after = run("after", "2026-11-21T00:00:00Z")

    assert root_started_before(held(llm("a", below=before)), MIDNIGHT)
    assert not root_started_before(held(llm("b", below=after)), MIDNIGHT)
    assert not root_started_before(held(llm("c", "2026-11-20T23:00:00Z")), MIDNIGHT)


def test_root_not_known() -> None:
    """Without a dotted order, the trace of a run below others may have begun on any day."""
    call = llm("a", "2026-11-21T23:00:00Z", below=run("root"), dotted_order=None)

    assert root_started_before(held(call), MIDNIGHT)


def test_ids_above() -> None:
    """The ancestors are the parents, root first; else those that the dotted order names."""
    parent = run("parent", below=run("root"))
    call = llm("call", below=parent)
    expected = [id_of("root"), id_of("parent")]

    assert ancestor_ids(held(call)) == expected
    assert ancestor_ids(held(call | {"parent_run_ids": None})) == expected


def test_only_the_trace_above() -> None:
    """A run that tells nothing but its trace is below the trace's root, unless it is that."""
    silent = {"parent_run_ids": None, "dotted_order": None}

    assert ancestor_ids(held(llm("call", below=run("root")) | silent)) == [id_of("root")]
    assert ancestor_ids(held(llm("alone") | silent)) == []


def test_start_out_of_reach() -> None:
    """An ancestor's start years away is a fault of the data, and not known."""
    root = run("root", "2020-01-01T00:00:00Z")

    assert ancestor_starts(held(llm("call", below=root))) == {id_of("root"): None}


def test_continues() -> None:
    """A run that ends after midnight may hold others until then, one that ends before may not."""
    over = llm("a", "2026-11-20T23:59:59Z", seconds=5)
    within = llm("b", "2026-11-20T23:59:58Z", seconds=2)

    assert may_continue_after(held(over), MIDNIGHT) == MIDNIGHT + 4 * SECOND
    assert may_continue_after(held(within), MIDNIGHT) is None


def test_continues_without_end() -> None:
    """A run that never reported its end is given an hour."""
    pending = llm("a", "2026-11-20T23:30:00Z", end_time=None)

    assert may_continue_after(held(pending), MIDNIGHT) == MIDNIGHT + timedelta(minutes=30)
