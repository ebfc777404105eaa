"""The guard on days that follow each other, and where it has little or nothing to go by."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from local.aws import BUCKET
from tests.deployment import Deployment
from tests.handler.test_guard import MOST_REQUESTS, data, look, runaway, texts, through_the_day
from tests.handler.usual_product import DAY, add_usual_days, calls, usual_day
from tests.traces import llm

ONE_DAY = timedelta(days=1)
NEXT = DAY + ONE_DAY


@pytest.fixture
def product(deployment: Deployment) -> Deployment:
    """Fifteen days of two features that cost $1.50 a day each."""
    add_usual_days(deployment, 15)
    return deployment


def told(product: Deployment) -> list[tuple[str, list[str | None]]]:
    """The dates of the messages, with what they tell."""
    return [
        (found["date"], [one["feature"] for one in [*found["alerts"], *found["spikes"]]])
        for found in map(data, texts(product))
    ]


def test_a_runaway_that_goes_on(product: Deployment) -> None:
    """What runs away on the next day too is told on that day once more, and in no morning."""
    product.add_runs(*usual_day(DAY), *runaway(), *usual_day(NEXT), *runaway(NEXT))

    through_the_day(product, [4, 5, 9])
    product.invoke({"scheduled_time": f"{NEXT}T06:00:00Z"})
    through_the_day(product, [4, 5, 9], NEXT)
    product.invoke({"scheduled_time": f"{NEXT + ONE_DAY}T06:00:00Z"})

    assert told(product) == [(str(DAY), ["summaries"]), (str(NEXT), ["summaries"])]


def test_a_message_about_another_day(product: Deployment) -> None:
    """Where only the day before has news, the message does not speak of what the guard told."""
    product.put_budgets({"features": {"rag-search": 1.55}})
    product.add_runs(*usual_day(DAY), *runaway())
    through_the_day(product, [4])
    product.add_runs(*calls("rag-search", DAY - ONE_DAY, 20, 1))

    product.invoke({"scheduled_time": f"{NEXT}T06:00:00Z"}, WEEKLY_DIGEST="off")

    *_, late = texts(product)
    assert [(one["date"], one["feature"]) for one in data(late)["alerts"]] == [
        (str(DAY - ONE_DAY), "rag-search")
    ]
    assert "told at" not in late["email"]


def test_a_month_is_told_once(product: Deployment) -> None:
    """A month's budget that is used up is told in the hour in which it happens, and by no later
    look, morning or day."""
    product.put_budgets({"total": {"monthly": 46}})
    product.add_runs(*usual_day(DAY), *usual_day(NEXT))

    # 15 days of $3 are $45; the first calls of the day, at nine, cost a dollar, and the next 0.5.
    hours = [hour for hour, _ in through_the_day(product, [9, 10, 13, 14, 17])]
    product.invoke({"scheduled_time": f"{NEXT}T06:00:00Z"})
    through_the_day(product, [10, 14], NEXT)

    assert hours == [14]
    alerts = [found for found in map(data, texts(product)) if found["alerts"]]
    assert [found["date"] for found in alerts] == [str(DAY)]


def test_a_new_runaway_in_the_afternoon(product: Deployment) -> None:
    """A second feature that runs away is told when it does; the first is not told with it."""
    afternoon = calls("rag-search", DAY, 14, 60)
    product.add_runs(*usual_day(DAY), *runaway(), *afternoon)

    hours = through_the_day(product, [4, 10, 14, 15, 16])

    features = [(hour, [one["feature"] for one in found["spikes"]]) for hour, found in hours]
    assert features == [(4, ["summaries"]), (15, ["rag-search"])]


def test_the_morning_does_not_wait_for_the_guard(product: Deployment) -> None:
    """While a guard holds its claim the morning is told at once."""
    claim = b'{"state": "held", "by": "guard", "token": "x"}'
    product.aws.s3.put_object(Bucket=BUCKET, Key="alerts/guard-lock.json", Body=claim)
    product.add_runs(*usual_day(DAY), *runaway())

    product.invoke({"date": str(DAY)})

    assert told(product) == [(str(DAY), ["summaries"])]


def test_each_look_asks_little(product: Deployment) -> None:
    """At no hour of a small product's day does a look ask LangSmith more than twenty times."""
    product.add_runs(*usual_day(DAY))
    asked = []
    for hour in range(0, 24, 3):
        product.langsmith.requests.clear()
        look(product, f"{DAY}T{hour:02}:00:00Z")
        asked.append(len(product.langsmith.requests))

    assert max(asked) <= MOST_REQUESTS, asked


def test_no_record_yet(deployment: Deployment) -> None:
    """Without any record nothing can be unusual, and no hour silent: budgets only."""
    deployment.put_prices({"gpt-4o": {"input": 2.50, "output": 10.00}})
    deployment.add_runs(*runaway())
    assert through_the_day(deployment, [4, 15, 23]) == []
    deployment.put_budgets({"total": {"daily": 20}})

    ((hour, found),) = through_the_day(deployment, [3, 4, 5])

    assert (hour, [one["feature"] for one in found["alerts"]]) == (4, [None])


def test_floor(product: Deployment) -> None:
    """Twice the usual is nothing to tell while the excess is below the floor."""
    product.add_runs(*usual_day(DAY), *calls("rag-search", DAY, 8, 12))

    assert through_the_day(product, [10], SPIKE_FLOOR_USD="2") == []
    ((_, found),) = through_the_day(product, [10], SPIKE_FLOOR_USD="1")
    assert [one["feature"] for one in found["spikes"]] == ["rag-search"]


def batch(day: date) -> Iterator[dict[str, Any]]:
    """Calls for $30 at five in the morning."""
    for number in range(300):
        at = datetime.fromisoformat(f"{day}T05:00:00Z") + number * timedelta(seconds=10)
        yield llm(f"batch {day} {number}", at.isoformat(), feature="batch", tokens=(40_000, 0))


def test_the_sunday_batch(deployment: Deployment) -> None:
    """A batch is measured by the same weekdays: nothing on its Sunday, told on a Monday."""
    sunday = date(2026, 11, 22)
    before = [sunday - back * timedelta(weeks=1) for back in (1, 2, 3)]
    deployment.add_runs(*(run for day in before for run in batch(day)))
    add_usual_days(deployment, 22, sunday)
    deployment.add_runs(*usual_day(sunday), *batch(sunday), *batch(sunday + ONE_DAY))

    assert through_the_day(deployment, [5, 6, 7, 12, 23], sunday) == []
    deployment.invoke({"scheduled_time": f"{sunday + ONE_DAY}T06:00:00Z"}, WEEKLY_DIGEST="off")
    ((hour, found),) = through_the_day(deployment, [5, 6, 7], sunday + ONE_DAY)

    assert (hour, [one["feature"] for one in found["spikes"]]) == (6, ["batch"])


@pytest.mark.parametrize(("day", "utc"), [(date(2026, 3, 29), 1), (date(2026, 10, 25), 1)])
def test_a_runaway_while_the_clocks_change(deployment: Deployment, day: date, utc: int) -> None:
    """In the very hour in which Berlin's clocks change it is told an hour later, as ever."""
    zone = {"REPORT_TIMEZONE": "Europe/Berlin"}
    add_usual_days(deployment, 15, day, **zone)
    start = datetime.fromisoformat(f"{day}T{utc:02}:00:00Z")
    instants = [start + number * timedelta(seconds=10) for number in range(300)]
    deployment.add_runs(
        *usual_day(day),
        *(
            llm(f"loop {at}", at.isoformat(), feature="summaries", tokens=(40_000, 0))
            for at in instants
        ),
    )

    ((hour, found),) = through_the_day(deployment, [utc, utc + 1, utc + 2], day, **zone)

    assert hour == utc + 1
    (spike,) = found["spikes"]
    assert (spike["feature"], spike["since"]) == ("summaries", start.isoformat())
