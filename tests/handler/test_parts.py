"""A day read in parts through the handler: plan, collect, merge."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from local.aws import BUCKET
from spend_report.errors import EventError, MissingPartError, PartlyReportedError
from tests.deployment import Deployment
from tests.oracle.generator import case
from tests.traces import llm

DAY, ZONE = "2026-11-01", "America/New_York"
SETTINGS = {"REPORT_TIMEZONE": ZONE, "LANGSMITH_PROJECTS": "app,agents", "WORKERS": "4"}
EVENT = {"date": DAY, "notify": False}


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(tmp_path / "function.log") as found:
        found.langsmith.add_project("agents")
        yield found


@pytest.mark.parametrize(
    ("event", "named"),
    [
        ({"plan": {"date": "tomorrow"}}, "date"),
        ({"plan": {"guard_time": "2026-11-01T12:00:00Z"}}, "guard"),
        ({"plan": EVENT, "more": 1}, "more"),
        ({"collect": {"date": DAY, "start": f"{DAY}T05:00:00Z"}}, "end"),
        ({"run": "../x", "collect": {"date": DAY}}, "run"),
        (
            {
                "run": "r",
                "collect": {"date": DAY, "start": f"{DAY}T03:00:00Z", "end": f"{DAY}T05:00:00Z"},
            },
            "no part of 2026-11-01",
        ),
        (
            {
                "run": "r",
                "merge": EVENT,
                "windows": [
                    {"date": DAY, "start": f"{DAY}T04:00:00Z", "end": f"{DAY}T05:00:00Z"},
                ],
            },
            "do not cover 2026-11-01",
        ),
    ],
)
def test_events_that_are_none(deployment: Deployment, event: dict[str, Any], named: str) -> None:
    """An event that is no step of a plan is refused, and the error names why."""
    with pytest.raises(EventError, match=named):
        deployment.invoke(event, now="2026-11-22T06:00:00Z", **SETTINGS)


def planned(deployment: Deployment, event: Mapping[str, Any], **settings: str) -> dict[str, Any]:
    return deployment.invoke({"plan": event}, now="2026-11-22T06:00:00Z", **SETTINGS, **settings)


def collected(deployment: Deployment, plan: Mapping[str, Any]) -> list[dict[str, Any]]:
    steps = ({"run": plan["run"], "collect": window} for window in plan["windows"])
    return [deployment.invoke(step, now="2026-11-22T06:00:00Z", **SETTINGS) for step in steps]


def merged(deployment: Deployment, plan: Mapping[str, Any]) -> dict[str, Any]:
    event = {"run": plan["run"], "merge": plan["event"], "windows": plan["windows"]}
    return deployment.invoke(event, now="2026-11-22T06:00:00Z", **SETTINGS)


def objects(deployment: Deployment) -> dict[str, bytes]:
    """What lies in the bucket, but for the parts."""
    found = deployment.reports().objects
    return {key: body for key, body in found.items() if not key.startswith("parts/")}


def parts(deployment: Deployment) -> dict[str, bytes]:
    found = deployment.reports().objects
    return {key: body for key, body in found.items() if key.startswith("parts/")}


def add_day(deployment: Deployment) -> None:
    made = case(date.fromisoformat(DAY), ZONE, 1500, 21)
    for project, runs in made.runs.items():
        deployment.add_runs(*runs, project=project)
    deployment.put_prices(made.prices)
    deployment.put_budgets(made.budgets)


def test_same_objects(deployment: Deployment) -> None:
    """A day in parts has byte for byte the objects of the day in one, and says the same of it."""
    add_day(deployment)
    in_one = deployment.invoke(EVENT, **SETTINGS)
    expected = objects(deployment)

    plan = planned(deployment, EVENT)
    read = collected(deployment, plan)
    result = merged(deployment, plan)

    assert len(plan["windows"]) == 4
    assert len({key.rpartition(".")[0] for key in parts(deployment)}) == 4
    assert sum(part["runs"] for part in read) == 1500
    assert result == in_one
    assert objects(deployment) == expected


def test_retried_worker(deployment: Deployment) -> None:
    """A worker that is run again, and reads in another order, writes the same bytes."""
    add_day(deployment)
    plan = planned(deployment, EVENT)
    collected(deployment, plan)
    first = parts(deployment)

    step = {"run": plan["run"], "collect": plan["windows"][1]}
    for at_once in "1", "16":
        deployment.invoke(
            step, now="2026-11-22T06:00:00Z", **SETTINGS, MAX_CONCURRENT_REQUESTS=at_once
        )

        assert parts(deployment) == first


def test_about_equal_numbers(deployment: Deployment) -> None:
    """Windows hold about as many runs each, however unequally these lie in the day."""
    start = datetime(2026, 11, 1, 12, tzinfo=UTC)
    busy = [llm(f"b{n}", at=(start + timedelta(seconds=n)).isoformat()) for n in range(4000)]
    few = [llm(f"f{n}", at=f"2026-11-01T{n:02}:00:00-05:00") for n in range(24)]
    deployment.add_runs(*busy, *few)

    counts = [part["runs"] for part in collected(deployment, planned(deployment, EVENT))]

    assert sum(counts) == 4024
    assert max(counts) < 1.2 * 4024 / 4


def test_empty_day(deployment: Deployment) -> None:
    """A day without a run is cut into windows of the same length, and reported."""
    plan = planned(deployment, EVENT)
    collected(deployment, plan)

    assert len(plan["windows"]) == 4
    assert merged(deployment, plan)["reports"][0]["runs"] == 0


def test_missing_part(deployment: Deployment) -> None:
    """A part that is not there fails the report, which names it; nothing is written."""
    add_day(deployment)
    plan = planned(deployment, EVENT)
    collected(deployment, {**plan, "windows": plan["windows"][1:]})

    with pytest.raises(MissingPartError, match=rf"parts/{plan['run']}/dt={DAY}/20261101T040000"):
        merged(deployment, plan)

    assert objects(deployment) == {}


@pytest.mark.parametrize("ending", ["msgpack", "traces"])
def test_damaged_part(deployment: Deployment, ending: str) -> None:
    """Where a part has lost a file, or half of it, the report fails and names the file."""
    add_day(deployment)
    plan = planned(deployment, EVENT)
    collected(deployment, plan)
    key = max(key for key in parts(deployment) if key.endswith(ending))
    half = parts(deployment)[key][: len(parts(deployment)[key]) // 2]

    deployment.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=half)
    with pytest.raises(MissingPartError, match=f"{key} is no part"):
        merged(deployment, plan)
    deployment.aws.s3.delete_object(Bucket=BUCKET, Key=key)
    with pytest.raises(MissingPartError, match=f"{key} is not there"):
        merged(deployment, plan)

    assert objects(deployment) == {}


def test_part_of_another_plan(deployment: Deployment) -> None:
    """What an earlier plan left there is not taken for what a worker failed to write."""
    add_day(deployment)
    collected(deployment, planned(deployment, EVENT))
    plan = planned(deployment, EVENT)

    with pytest.raises(MissingPartError):
        merged(deployment, plan)


def test_scheduled_days(deployment: Deployment) -> None:
    """A schedule plans the days that it restates too, and one that fails stops no other."""
    add_day(deployment)
    deployment.invoke({"date": "2026-10-31"}, **SETTINGS)
    event = {"scheduled_time": "2026-11-02T11:00:00Z"}
    plan = planned(deployment, event)
    own = [window for window in plan["windows"] if window["date"] == DAY]
    collected(deployment, {**plan, "windows": own})

    assert {window["date"] for window in plan["windows"]} == {DAY, "2026-10-31"}
    with pytest.raises(PartlyReportedError, match="dt=2026-10-31"):
        merged(deployment, plan)
    assert deployment.reports().summary(DAY)["complete"]


def test_no_prompt_in_a_part(deployment: Deployment) -> None:
    """Of metadata a part has only what the reports use."""
    secret = {"customer": "metadata-of-a-customer", "feature": "rag-search", "env": "prod"}
    deployment.add_runs(llm("a", at="2026-11-01T12:00:00Z", metadata=secret, inputs="a-prompt"))
    collected(deployment, planned(deployment, EVENT))

    held = b"".join(parts(deployment).values())

    assert b"rag-search" in held
    assert b"metadata-of" not in held
    assert b"a-prompt" not in held
