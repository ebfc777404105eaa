"""The guard, hour by hour: what it tells of the running day, and what it leaves to the morning."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from spend_report.errors import EventError
from tests.deployment import Deployment
from tests.handler.usual_product import DAY, add_usual_days, calls, usual_day
from tests.traces import llm

MOST_REQUESTS = 20
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "alert.schema.json").read_text("utf-8"))


@pytest.fixture
def product(deployment: Deployment) -> Deployment:
    """Four weeks of two features that cost $1.50 a day each."""
    add_usual_days(deployment, 28)
    return deployment


def runaway(day: date = DAY) -> Iterator[dict[str, Any]]:
    """From 03:12 on, a call of $0.10 every ten seconds until noon: $36 an hour."""
    start = datetime(day.year, day.month, day.day, 3, 12, tzinfo=UTC)
    for number in range(3168):
        at = start + number * timedelta(seconds=10)
        yield llm(f"loop {day} {number}", at.isoformat(), feature="summaries", tokens=(40_000, 0))


def through_the_day(
    product: Deployment, hours: Sequence[int] = range(24), day: date = DAY, **settings: str
) -> list[tuple[int, dict[str, Any]]]:
    """The messages of a day on which the guard looks every hour, with the UTC hour of each."""
    told: list[tuple[int, dict[str, Any]]] = []
    for hour in hours:
        before = len(texts(product))
        look(product, f"{day}T{hour:02}:00:00Z", **settings)
        told += [(hour, data(parts)) for parts in texts(product)[before:]]
    return told


def look(product: Deployment, at: str, **settings: str) -> dict[str, Any]:
    """What the guard returns at an instant."""
    found: dict[str, Any] = product.invoke({"guard_time": at}, **settings)["guard"]
    return found


def texts(product: Deployment) -> list[Mapping[str, str]]:
    """The texts of all messages but the digest, by protocol."""
    return [
        message.parts
        for message in product.aws.published()
        if message.attributes["kind"] == "spend_alert"
    ]


def data(parts: Mapping[str, str]) -> dict[str, Any]:
    """A message for machines, which matches the published schema."""
    found: dict[str, Any] = json.loads(parts["sqs"])
    jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())
    return found


def test_runaway(product: Deployment) -> None:
    """A runaway at 03:12 is told at 04:00, and only then, with its rate and where it leads."""
    product.add_runs(*usual_day(DAY), *runaway())

    told = through_the_day(product)

    ((hour, message),) = told
    assert (hour, message["guard"], message["guard_time"]) == (4, True, f"{DAY}T04:00:00+00:00")
    (spike,) = message["spikes"]
    # 48 minutes of $36 an hour, and 20 hours more of what the last one cost
    assert (spike["feature"], spike["cost_usd"]) == ("summaries", "28.800000")
    assert (spike["last_hour_usd"], spike["pace_usd"]) == ("28.800000", "604.800000")
    assert spike["severity"] == "critical"
    assert spike["top_requests"][0]["root_name"].startswith("loop")


def test_next_morning(product: Deployment) -> None:
    """What the guard told is not told again: the morning has nothing to say."""
    product.add_runs(*usual_day(DAY), *runaway())
    through_the_day(product, [4])

    product.invoke({"date": str(DAY)})

    assert len(texts(product)) == 1


def test_next_morning_with_news(product: Deployment) -> None:
    """Where the morning has something new, it says when the guard told the rest."""
    product.add_runs(*usual_day(DAY), *runaway())
    look(product, f"{DAY}T04:05:00Z", REPORT_TIMEZONE="UTC")
    product.put_budgets({"features": {"rag-search": 1}})

    product.invoke({"date": str(DAY)})

    morning = " ".join(texts(product)[-1]["email"].split())
    assert "rag-search spent $1.50" in morning
    assert "times the usual $1.50, told at 04:05." in morning
    assert data(texts(product)[-1])["spikes"] == []


def test_normal_day(product: Deployment) -> None:
    """On a day like the others the guard says nothing, at a few requests each time."""
    product.add_runs(*usual_day(DAY))
    before = len(product.langsmith.requests)

    told = through_the_day(product, range(0, 24, 2))

    assert told == []
    assert len(product.langsmith.requests) - before <= 12 * MOST_REQUESTS


def test_budget(deployment: Deployment) -> None:
    """Without any record, a budget that is exceeded is told at once, and once."""
    deployment.put_prices({"gpt-4o": {"input": 2.50, "output": 10.00}})
    deployment.put_budgets({"features": {"summaries": 1}})
    deployment.add_runs(*calls("summaries", DAY, 9, 12))

    told = through_the_day(deployment, [9, 10, 11])
    deployment.invoke({"date": str(DAY)})

    ((hour, message),) = told
    assert hour == 10
    (alert,) = message["alerts"]
    assert (alert["feature"], alert["budget_usd"], alert["spent_usd"]) == (
        *("summaries", "1.000000"),
        "1.200000",
    )
    assert len(texts(deployment)) == 1


def test_budget_and_spike(product: Deployment) -> None:
    """A runaway over its budget is one warning, and the spike is not told after it.

    The morning tells of neither again, only that the budget is new.
    """
    product.put_budgets({"features": {"summaries": 5}})
    product.add_runs(*usual_day(DAY), *runaway())

    told = through_the_day(product, range(3, 8))
    product.invoke({"date": str(DAY)})

    ((_, message),) = told
    assert (len(message["alerts"]), len(message["spikes"])) == (1, 0)
    _, morning = (json.loads(each.parts["sqs"]) for each in product.aws.published())
    assert (morning["alerts"], morning["spikes"]) == ([], [])
    assert [notice["kind"] for notice in morning["notices"]] == ["config_changed"]


def test_silence(deployment: Deployment) -> None:
    """Three hours without a call, where every day before had calls, are told once."""
    days = [DAY - timedelta(back) for back in range(10, 0, -1)]
    deployment.put_prices({"gpt-4o": {"input": 2.50, "output": 10.00}})
    deployment.add_runs(
        *(run for day in days for hour in range(24) for run in calls("chat", day, hour, 2)),
        *(run for hour in range(6) for run in calls("chat", DAY, hour, 2)),
    )
    deployment.invoke({"start_date": str(days[0]), "end_date": str(days[-1]), "notify": False})

    told = through_the_day(deployment, range(4, 13))

    ((hour, message),) = told
    assert hour == 9
    assert [notice["kind"] for notice in message["notices"]] == ["silent_hours"]
    assert "No LLM call since 06:00" in message["notices"][0]["text"]


@pytest.mark.parametrize(
    ("timezone", "hours"),
    [("Asia/Kolkata", [1, 4, 10, 17]), ("America/Los_Angeles", [1, 4, 10, 17, 23])],
)
def test_other_timezone(product: Deployment, timezone: str, hours: Sequence[int]) -> None:
    """The hours of records that were written in UTC are those of the same instants elsewhere."""
    product.add_runs(*usual_day(DAY))

    assert through_the_day(product, hours, REPORT_TIMEZONE=timezone) == []
    product.add_runs(*runaway())
    ((_, message),) = through_the_day(product, [4], REPORT_TIMEZONE=timezone)
    assert message["spikes"][0]["feature"] == "summaries"


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25)])
def test_clock_changes(deployment: Deployment, day: date) -> None:
    """Where the clocks change, a normal day is as normal as any other."""
    zone = "Europe/Berlin"
    add_usual_days(deployment, 15, day, REPORT_TIMEZONE=zone)
    deployment.add_runs(*usual_day(day))

    assert through_the_day(deployment, range(0, 24, 3), day, REPORT_TIMEZONE=zone) == []


def test_spikes_off(product: Deployment) -> None:
    """Where spikes are switched off, the guard judges budgets only."""
    product.add_runs(*usual_day(DAY), *runaway())

    assert through_the_day(product, [4], SPIKES="off") == []


def test_nothing_is_written(product: Deployment) -> None:
    """The guard writes no report: only what it told, and its claim."""
    product.add_runs(*usual_day(DAY), *runaway())
    before = product.reports().objects

    look(product, f"{DAY}T04:00:00Z")

    after = product.reports().objects
    assert sorted(after.keys() - before.keys()) == [
        "alerts/guard-lock.json",
        f"alerts/guard/{DAY}.json",
        f"alerts/spike/{DAY}.json",
    ]
    assert {key: after[key] for key in before} == before


def test_midnight(product: Deployment) -> None:
    """At the very start of a day nothing of it has passed."""
    assert look(product, f"{DAY}T00:00:00Z")["calls"] == 0


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({"guard_time": "yesterday"}, "guard_time: expected an instant"),
        ({"guard_time": "2026-11-20T04:00:00"}, "guard_time: .*timezone"),
        ({"guard_time": "2026-11-20T04:00:00Z", "date": "2026-11-20"}, "date: "),
    ],
)
def test_refused(deployment: Deployment, event: Mapping[str, Any], words: str) -> None:
    """A malformed guard's event is refused by the name of its key."""
    with pytest.raises(EventError, match=words):
        deployment.invoke(event, now=f"{DAY}T06:00:00Z")


def test_future(deployment: Deployment) -> None:
    """An instant to come is refused."""
    with pytest.raises(EventError, match=r"guard_time .* is in the future"):
        deployment.invoke({"guard_time": f"{DAY}T07:00:00Z"}, now=f"{DAY}T06:00:00Z")
