"""The state machine of a day in parts: what it is made of, and what it does with real handlers."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import spend_report.errors
from spend_report.settings import Settings
from tests.deployment import Deployment
from tests.oracle.generator import case
from tests.state_machine import ExecutionFailedError, execute
from tests.template.combinations import BARE, made
from tests.template.conftest import Json

DAY, ZONE = "2026-11-01", "America/New_York"
SETTINGS = {"REPORT_TIMEZONE": ZONE, "LANGSMITH_PROJECTS": "app,agents", "WORKERS": "4"}
MADE = {
    *("PartsSchedule", "PartsStateMachine", "PartsRole", "PartsAlarm"),
    *("WorkerFunction", "WorkerLogs", "WorkerRole"),
}


@pytest.fixture
def definition(resources: Json) -> Json:
    found: Json = resources["PartsStateMachine"]["Properties"]["Definition"]
    return found


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    made_ = case(date.fromisoformat(DAY), ZONE, 1000, 22)
    with Deployment(tmp_path / "function.log") as found:
        for project, runs in made_.runs.items():
            found.add_runs(*runs, project=project)
        found.put_prices(made_.prices)
        found.put_budgets(made_.budgets)
        yield found


def objects(deployment: Deployment) -> dict[str, bytes]:
    found = deployment.reports().objects
    return {key: body for key, body in found.items() if not key.startswith("parts/")}


class Functions:
    """The deployed functions; those invocations fail that `fails` says so of."""

    def __init__(self, deployment: Deployment) -> None:
        self.invoked: list[tuple[str, Any]] = []
        self.failures = dict[int, Exception]()
        self._deployment = deployment

    def __call__(self, function: str, payload: Any) -> Any:
        self.invoked.append((function, payload))
        if error := self.failures.get(len(self.invoked)):
            raise error
        return self._deployment.invoke(payload, now="2026-11-02T11:00:00Z", **SETTINGS)


def test_off_by_default(template: Json) -> None:
    """One worker is the plain function: nothing else is made, and its schedule is on."""
    plain, parted = (made(template, given)["Resources"] for given in (BARE, {"Workers": "4"}))

    states = [
        each["SpendReportFunction"]["Properties"]["Events"]["Daily"]["Properties"]["State"]
        for each in (plain, parted)
    ]
    assert parted.keys() - plain.keys() == MADE
    assert states == ["ENABLED", "DISABLED"]


def test_schedule(template: Json) -> None:
    """The schedule starts the state machine with its own time, when the other would."""
    parts = made(template, {"Workers": "4"})["Resources"]["PartsSchedule"]["Properties"]
    daily = template["Resources"]["SpendReportFunction"]["Properties"]["Events"]["Daily"]

    target = parts["Target"]
    assert target["Input"] == daily["Properties"]["Input"]
    assert parts["Name"] == {"Fn::Sub": "${AWS::StackName}-daily-parts"}
    assert target["RetryPolicy"] == daily["Properties"]["RetryPolicy"]
    assert target["DeadLetterConfig"] == daily["Properties"]["DeadLetterConfig"]


def test_worker_may_only_write_parts(template: Json) -> None:
    """A worker reads documents and the key, and writes nothing but parts."""
    role = made(template, {"Workers": "4"})["Resources"]["WorkerRole"]["Properties"]
    (policy,) = role["Policies"]
    statements = policy["PolicyDocument"]["Statement"]

    writes = [each for each in statements if "s3:PutObject" in str(each["Action"])]
    assert [each["Sid"] for each in writes] == ["WriteParts"]
    assert "${Bucket}/parts/*" in json.dumps(writes)
    assert "sns:" not in json.dumps(statements)


def test_parts_expire(template: Json) -> None:
    """Parts are gone after seven days, their older versions with them."""
    bucket = made(template, {"Workers": "4", "ReportPrefix": "a/"})["Resources"]["ReportBucket"]
    rules = bucket["Properties"]["LifecycleConfiguration"]["Rules"]

    (rule,) = [rule for rule in rules if rule.get("Id") == "parts"]
    assert rule["Prefix"] == "a/parts/"
    assert rule["ExpirationInDays"] == 7
    assert rule["NoncurrentVersionExpiration"] == {"NoncurrentDays": 1}


def test_workers_share_the_rate(definition: Json, template: Json) -> None:
    """At most so many workers read at once as the function divides the rate by."""
    variables = template["Globals"]["Function"]["Environment"]["Variables"]

    # A parameter comes as text, and the field for a number takes none: the plan says it.
    assert definition["States"]["Read"]["MaxConcurrencyPath"] == "$.workers"
    assert variables["WORKERS"] == {"Ref": "Workers"}
    bounds = template["Parameters"]["Workers"]
    for workers in bounds["MinValue"], bounds["MaxValue"]:
        assert Settings.model_fields["workers"].metadata[0].ge <= workers
        assert Settings.model_fields["workers"].metadata[1].le >= workers


def test_what_retrying_cannot_mend(definition: Json, template: Json) -> None:
    """Errors that are not retried exist under their names; tasks outlast the function."""
    states = definition["States"]
    tasks = [states["Plan"], states["Merge"], states["Read"]["ItemProcessor"]["States"]["Collect"]]

    for task in tasks:
        never, rest = task["Retry"]
        assert rest["ErrorEquals"] == ["States.ALL"]
        assert all(hasattr(spend_report.errors, name) for name in never["ErrorEquals"])
        assert task["TimeoutSeconds"] > template["Globals"]["Function"]["Timeout"]


def test_execution(definition: Json, deployment: Deployment) -> None:
    """A day that four workers read has the objects of one that a function read alone.

    A worker that failed once is invoked again, and nothing comes of it.
    """
    event = {"date": DAY, "notify": False}
    expected = deployment.invoke(event, **SETTINGS)
    in_one = objects(deployment)
    functions = Functions(deployment)
    functions.failures[3] = RuntimeError("the worker was cut off")

    output = execute(definition, event, functions)

    assert output == expected
    assert objects(deployment) == in_one
    assert [function for function, _ in functions.invoked] == [
        "SpendReportFunction",
        *["WorkerFunction"] * 5,
        "SpendReportFunction",
    ]


def test_worker_that_keeps_failing(definition: Json, deployment: Deployment) -> None:
    """The execution fails with the part that is missing, and nothing is published."""
    functions = Functions(deployment)
    functions.failures |= {number: RuntimeError("cut off") for number in range(3, 7)}

    with pytest.raises(ExecutionFailedError, match=rf"MissingPartError: .*parts/.*dt={DAY}/"):
        execute(definition, {"date": DAY}, functions)

    assert objects(deployment) == {}


def test_scheduled_execution(definition: Json, deployment: Deployment) -> None:
    """The schedule's event reports the day before its time, and tells."""
    execute(definition, {"scheduled_time": "2026-11-02T11:00:00Z"}, Functions(deployment))

    assert deployment.reports().summary(DAY)["complete"]
    assert deployment.logged("report written")
