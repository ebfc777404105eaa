"""The state machine that reports past days, as far as it can be tried without AWS."""

from typing import Any

import jsonata
import pytest

import spend_report.errors
from tests.template.conftest import Json


@pytest.fixture
def states(resources: Json) -> Json:
    found: Json = resources["BackfillStateMachine"]["Properties"]["Definition"]["States"]
    return found


def evaluate(expression: str, **states: Any) -> Any:
    """The value of a `{% … %}` expression where Step Functions binds `$states` to `states`."""
    body = expression.strip()
    assert body.startswith("{%")
    assert body.endswith("%}")
    program = jsonata.Jsonata(body[2:-2])
    frame = program.create_frame()
    frame.bind("states", states)
    return program.evaluate({}, frame)


def days(states: Json, first: str, last: str) -> Any:
    return evaluate(states["Days"]["Output"], input={"start_date": first, "end_date": last})


def test_each_day_is_an_event_of_its_own(states: Json) -> None:
    """Both ends are included, and nothing is sent."""
    assert days(states, "2026-11-19", "2026-11-21") == [
        {"date": "2026-11-19", "notify": False},
        {"date": "2026-11-20", "notify": False},
        {"date": "2026-11-21", "notify": False},
    ]


def test_one_day_is_a_list_too(states: Json) -> None:
    """JSONata makes a single value of a list of one, which a Map would refuse."""
    assert days(states, "2026-11-19", "2026-11-19") == [{"date": "2026-11-19", "notify": False}]


def test_months_and_leap_years_are_the_calendars(states: Json) -> None:
    """The days go over the end of February as the calendar does."""
    assert [each["date"] for each in days(states, "2028-02-28", "2028-03-01")] == [
        "2028-02-28",
        "2028-02-29",
        "2028-03-01",
    ]


def test_a_year_has_its_days(states: Json) -> None:
    """A long range is complete."""
    assert len(days(states, "2026-01-01", "2026-12-31")) == 365


@pytest.mark.parametrize(
    ("given", "good"),
    [
        ({"start_date": "2026-11-01", "end_date": "2026-11-20"}, True),
        ({"start_date": "2026-11-01", "end_date": "2026-11-01"}, True),
        ({"start_date": "2026-11-20", "end_date": "2026-11-01"}, False),
        ({"start_date": "2026-11-01"}, False),
        ({"start_date": "1 November", "end_date": "2026-11-20"}, False),
        ({"start_date": 20261101, "end_date": "2026-11-20"}, False),
        ({}, False),
    ],
)
def test_bad_input_fails_before_any_day(states: Json, given: Json, good: bool) -> None:
    """A range that is none ends the execution with what was expected."""
    (choice,) = states["Check"]["Choices"]

    assert bool(evaluate(choice["Condition"], input=given)) is good
    assert choice["Next"] == "Days"
    assert states[states["Check"]["Default"]]["Type"] == "Fail"


def test_only_few_days_run_at_once(states: Json) -> None:
    """LangSmith's rate limit is shared: concurrency is bounded, in a distributed map."""
    assert states["EachDay"]["MaxConcurrency"] == 2
    assert states["EachDay"]["ItemProcessor"]["ProcessorConfig"] == {
        "Mode": "DISTRIBUTED",
        "ExecutionType": "STANDARD",  # express ones end after five minutes
    }


def test_the_task_outlasts_the_function(states: Json, template: Json) -> None:
    """The state machine does not give up on a function that is still at work."""
    task = states["EachDay"]["ItemProcessor"]["States"]["Report"]

    assert task["TimeoutSeconds"] > template["Globals"]["Function"]["Timeout"]


def test_what_retrying_cannot_mend_is_not_retried(states: Json) -> None:
    """The errors that are not retried exist under their names; all others are retried."""
    task = states["EachDay"]["ItemProcessor"]["States"]["Report"]
    never, rest = task["Retry"]

    assert never["MaxAttempts"] == 0
    for name in never["ErrorEquals"]:
        assert issubclass(getattr(spend_report.errors, name), spend_report.errors.SpendReportError)
    assert rest["ErrorEquals"] == ["States.ALL"]
    assert rest["MaxAttempts"] >= 2


def test_the_result_is_the_days(states: Json) -> None:
    """What comes out of a day is the function's own line about it."""
    task = states["EachDay"]["ItemProcessor"]["States"]["Report"]
    report = {"date": "2026-11-20", "total_cost_usd": "7.120000"}

    result = evaluate(task["Output"], result={"Payload": {"reports": [report]}})

    assert result == report


def test_it_runs_on_a_function_of_its_own(states: Json) -> None:
    """The backfill takes nothing from the daily report's function."""
    task = states["EachDay"]["ItemProcessor"]["States"]["Report"]

    assert task["Arguments"]["FunctionName"] == {"Fn::GetAtt": ["BackfillFunction", "Arn"]}
