"""Days and the clock: what is over, what was missed, and what there was no time for."""

import json
from datetime import date, timedelta
from typing import Any

import pytest

import local.invoke
from local.aws import BUCKET
from spend_report.errors import EventError, PartlyReportedError
from tests.deployment import Deployment
from tests.traces import llm


def call(day: date | str, name: str = "call") -> dict[str, Any]:
    """A call that costs a dollar, at ten in the morning."""
    at = f"{day}T10:00:00Z"
    return llm(f"{name} {day}", at, model="m", feature="rag", tokens=(1_000, 0))


@pytest.fixture
def priced(deployment: Deployment) -> Deployment:
    deployment.put_prices({"m": {"input": 1_000, "output": 0}})
    return deployment


def reported(deployment: Deployment) -> list[str]:
    """The days that have a record."""
    listed = deployment.aws.s3.list_objects_v2(Bucket=BUCKET, Prefix="summary/")
    return [item["Key"][-15:-5] for item in listed.get("Contents", ())]


def alerts(deployment: Deployment) -> list[str]:
    """Every alert that was sent, as its date."""
    return [
        alert["date"]
        for message in deployment.aws.published()
        for alert in json.loads(message.parts["sqs"]).get("alerts", ())
    ]


def test_a_day_in_the_future(priced: Deployment) -> None:
    """It is refused by its name, and with it the whole range, before anything is written."""
    days = {"start_date": "2026-11-20", "end_date": "2026-11-22"}

    with pytest.raises(EventError, match="2026-11-22 is in the future"):
        priced.invoke(days, now="2026-11-21T12:00:00Z")

    assert reported(priced) == []


def test_a_day_that_is_not_over(priced: Deployment) -> None:
    """At noon it is unfinished: no latest, no history, no alert but of what is exceeded. The
    schedule completes it."""
    day, noon = "2026-11-21", "2026-11-21T12:00:00Z"
    priced.put_budgets({"features": {"rag": 0.5}, "total": {"daily": 1.2}})
    priced.add_runs(call(day))
    priced.invoke({"date": day}, now=noon)
    unfinished = priced.reports()
    assert unfinished.summary(day)["complete"] is False
    page = unfinished.text("report", day, "html")
    assert "The day is not over: $1.00 so far, and its figures may grow. rag spent $1.00" in page
    assert "Against " not in page
    (message,) = priced.aws.published()
    assert "LLM spend on Sat 21 Nov 2026, which is not over: $1.00 in 1 call." in " ".join(
        message.parts["email"].split()
    )
    assert not [key for key in unfinished.objects if key.startswith("latest/")]
    assert alerts(priced) == [day]
    priced.add_runs(call(day, "in the evening"))

    priced.invoke({"scheduled_time": "2026-11-22T06:00:00Z"})

    completed = priced.reports()
    assert (completed.summary(day)["complete"], completed.summary(day)["total"]["calls"]) == (
        True,
        2,
    )
    assert "latest/report.html" in completed.objects
    assert alerts(priced) == [day, day, day]


def test_working_days_only(priced: Deployment) -> None:
    """A schedule on MON-FRI reports Friday and Saturday on Monday, after Sunday: no hole is left.

    Days before the first report ever are nobody's.
    """
    friday_morning = date(2026, 11, 20)
    for back in range(10):
        priced.add_runs(call(friday_morning + timedelta(days=3 - back)))
    priced.invoke({"scheduled_time": f"{friday_morning}T06:00:00Z"})
    assert reported(priced) == ["2026-11-19"]

    result = priced.invoke({"scheduled_time": "2026-11-23T06:00:00Z"})

    days = ["2026-11-20", "2026-11-21", "2026-11-22"]
    assert [own["date"] for own in result["reports"]] == days
    assert reported(priced) == ["2026-11-19", *days]


def test_time_for_two_of_fifteen_days(priced: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """The new day and the newest missed one are written and told; the error names the others."""
    priced.put_budgets({"features": {"rag": 0.5}})
    newest = date(2026, 11, 21)
    for back in range(16):
        priced.add_runs(call(newest - timedelta(days=back)))
    priced.invoke({"date": str(newest - timedelta(days=15)), "notify": False})

    def left(_: Any) -> int:
        return 0 if len(reported(priced)) >= 3 else 900_000

    monkeypatch.setattr(local.invoke.LambdaContext, "get_remaining_time_in_millis", left)
    with pytest.raises(PartlyReportedError) as caught:
        priced.invoke({"scheduled_time": "2026-11-22T06:00:00Z"}, CATCH_UP_DAYS="14")

    assert reported(priced) == ["2026-11-06", "2026-11-20", "2026-11-21"]
    assert alerts(priced) == ["2026-11-21", "2026-11-20"]
    assert str(caught.value).startswith(
        "20–21 Nov reported; the rest was not done:\n7–19 Nov: Stopped with 30 s of"
    )
