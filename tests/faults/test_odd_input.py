"""Runs that no client should have to expect: none crashes the report, none is lost uncounted."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.deployment import Deployment, Reports

DAY = "2026-11-21"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Reports a day of one regular call and the given items; returns what lies in the bucket."""
    log: Path = tmp_path_factory.mktemp("odd") / "function.log"
    with Deployment(log) as deployment:
        deployment.put_prices({"gpt-4o": {"input": 1, "output": 1}})

        def make(*items: bytes) -> Reports:
            project = f"app-{uuid.uuid4()}"
            deployment.add_runs(
                {
                    "start_time": NOON,
                    "metadata": {"feature": "regular", "ls_model_name": "gpt-4o"},
                    "prompt_tokens": 1_000_000,
                    "completion_tokens": 0,
                    "total_tokens": 1_000_000,
                },
                project=project,
            )
            for number, item in enumerate(items):
                at = NOON + timedelta(seconds=number + 1)
                deployment.langsmith.add_verbatim(project, at, item)
            # Each project stands for the day anew, whatever was reported of it before.
            event = {"date": DAY, "notify": False, "accept_less": True}
            deployment.invoke(event, LANGSMITH_PROJECTS=project)
            return deployment.reports()

        yield make


def item(**fields: Any) -> bytes:
    """A run at noon, as JSON, with `fields` as they are."""
    run = {"id": str(uuid.uuid4()), "start_time": "2026-11-21T12:00:01Z", **fields}
    return json.dumps(run).encode()


def features(reports: Reports) -> dict[str, str]:
    """Calls by feature."""
    return {row["feature"]: row["calls"] for row in reports.rows("spend_by_feature", DAY)}


@pytest.mark.parametrize(
    ("value", "feature"),
    [
        (42, "42"),
        (1.5, "1.5"),
        (True, "true"),
        (["a", "b"], '["a", "b"]'),
        ({"b": 1, "a": 2}, '{"a": 2, "b": 1}'),
        (None, "untagged"),
        ("", "untagged"),
        (" \t ", "untagged"),
        ("  rag  ", "rag"),
        ("検索", "検索"),
        ("поиск 🔎", "поиск 🔎"),
        ("بحث", "بحث"),
        ("x" * 10_240, "x" * 191 + "…04f8f86a"),
        ("two\nlines", "two lines"),
        ("=SUM(A1)", "'=SUM(A1)"),
    ],
)
def test_a_feature_may_be_any_value(report: Any, value: Any, feature: str) -> None:
    """Numbers, lists and objects become their JSON; every script stays; spreadsheets are safe."""
    reports = report(item(metadata={"feature": value}))

    assert features(reports) == {"regular": "1", feature: "1"}


@pytest.mark.parametrize("metadata", [None, [], "text", 7])
def test_metadata_that_is_no_object_is_untagged(report: Any, metadata: Any) -> None:
    """Such a run has no feature and no model: counted, untagged, named in the summary."""
    reports = report(item(metadata=metadata, prompt_tokens=5, total_tokens=5))

    assert features(reports) == {"regular": "1", "untagged": "1"}
    assert reports.summary(DAY)["data_quality"]["calls_without_model"] == 1


@pytest.mark.parametrize(
    "text", ["\x00", "a\x1bb", "a\x7f\x85b", "\ud800", "\ufeffrag", "\u202ergab"]
)
def test_control_characters_and_broken_text_do_not_break_the_table(report: Any, text: str) -> None:
    """Whatever characters a feature has, the CSV keeps one row for it and stays UTF-8."""
    reports = report(item(metadata={"feature": f"f{text}g"}))

    assert sorted(features(reports).values()) == ["1", "1"]
    assert len(features(reports)) == 2


@pytest.mark.parametrize(
    "tokens",
    [
        {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None},
        {"prompt_tokens": -5, "completion_tokens": 10, "total_tokens": 5},
        {"prompt_tokens": 10**30, "completion_tokens": 1, "total_tokens": 10**30},
        {"prompt_tokens": 10.0, "completion_tokens": 2.5, "total_tokens": 12.5},
        {"prompt_tokens": "10", "completion_tokens": True, "total_tokens": []},
        {"prompt_token_details": {"raw": {"cache_read": "many"}}, "prompt_tokens": 3},
        {"prompt_token_details": {"raw": {"cache_read": 99}}, "prompt_tokens": 3},
        {"prompt_token_details": [], "prompt_tokens": 3},
        {"total_cost": "0.25", "prompt_tokens": 3},
        {"total_cost": -1, "prompt_tokens": 3},
        {"total_cost": 1e308, "prompt_tokens": 3},
    ],
)
def test_token_counts_may_be_anything(report: Any, tokens: dict[str, Any]) -> None:
    """The call counts, its cost is never negative, and the regular call costs its dollar."""
    reports = report(item(metadata={"feature": "odd", "ls_model_name": "gpt-4o"}, **tokens))

    rows = {row["feature"]: row for row in reports.rows("spend_by_feature", DAY)}
    assert rows["odd"]["calls"] == "1"
    assert 0 <= float(rows["odd"]["estimated_cost_usd"]) < 1
    assert rows["regular"]["estimated_cost_usd"] == "1.000000"


@pytest.mark.parametrize(
    "start",
    [
        "2026-11-21T12:00:01Z",
        "2026-11-21T12:00:01.5Z",
        "2026-11-21T12:00:01.123456789Z",
        "2026-11-21T12:00:01",
        "2026-11-21 12:00:01",
        "2026-11-21T13:00:01+01:00",
    ],
)
def test_start_times_come_in_many_forms(report: Any, start: str) -> None:
    """With and without fraction, offset and T."""
    reports = report(item(start_time=start, metadata={"feature": "odd"}))

    assert features(reports) == {"regular": "1", "odd": "1"}


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "INTERRUPTED"},
        {"status": None},
        {"status": 5},
        {"name": None},
        {"end_time": "never"},
        {"end_time": None},
        {"trace_id": None, "dotted_order": "nonsense", "parent_run_ids": ["x"]},
        {"trace_id": "\ud800", "parent_run_ids": [None, 7, ""]},
        {"trace_id": "t" * 500},
        {"run_type": "LLM", "brand_new": {"field": [1, 2, 3]}},
    ],
)
def test_unknown_fields_and_values_are_counted(report: Any, fields: dict[str, Any]) -> None:
    """A status, a field or an id that nobody has seen yet is no reason to lose the call."""
    reports = report(item(metadata={"feature": "odd"}, **fields))

    assert features(reports) == {"regular": "1", "odd": "1"}


@pytest.mark.parametrize(
    "broken", [b"null", b"7", b"{}", b'{"id": "x"}', b'{"id": "x", "start_time": "?"}', b'"run"']
)
def test_items_that_cannot_be_placed_are_counted_as_left_out(report: Any, broken: bytes) -> None:
    """Without id or start there is no call, but the summary has it among those left out."""
    reports = report(broken, item(metadata={"feature": "odd"}))

    assert features(reports) == {"regular": "1", "odd": "1"}
    runs = reports.summary(DAY)["runs"]
    assert (runs["fetched"], runs["counted"]) == (3, 2)
    assert runs["left_out"]["unreadable"] == 1


ANY_JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.sampled_from(["gpt-4o", "regular", "2026-11-21T12:00:01Z"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)
FIELDS = (
    *("id", "start_time", "end_time", "status", "name", "trace_id", "dotted_order"),
    *("parent_run_ids", "prompt_tokens", "completion_tokens", "total_tokens"),
    *("prompt_token_details", "total_cost", "metadata"),
)
METADATA = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ("feature", "env", "ls_model_name", "ls_provider", "ls_tracing_sample_rate"), ANY_JSON
    ),
)
RUNS = st.dictionaries(st.sampled_from(FIELDS), ANY_JSON | METADATA, max_size=8).map(
    lambda fields: {"start_time": "2026-11-21T12:00:01Z", **fields}
)


@settings(max_examples=25, deadline=None)
@given(runs=st.lists(RUNS, min_size=1, max_size=6, unique_by=lambda run: json.dumps(run.get("id"))))
def test_no_run_crashes_the_report_or_is_lost(report: Any, runs: list[dict[str, Any]]) -> None:
    """Any JSON in any field: a report is written, and fetched = counted + left out."""
    reports = report(*(json.dumps(run).encode() for run in runs))

    summary = reports.summary(DAY)["runs"]
    outside = sum(not _on_the_day(run) for run in runs)
    assert summary["fetched"] == len(runs) + 1 - outside
    assert summary["counted"] + sum(summary["left_out"].values()) == summary["fetched"]


def _on_the_day(run: dict[str, Any]) -> bool:
    """Whether `run` has an id, and a start on another day: then it is not the day's at all."""
    try:
        start = datetime.fromisoformat(str(run.get("start_time")))
    except ValueError:
        return True
    return not run.get("id") or not isinstance(run["id"], str) or start.date() == NOON.date()
