"""What is told on one day after the other, by the real handler: missed by nobody, and true."""

import html
import json
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import pytest

from local.aws import Message
from tests.deployment import Deployment
from tests.traces import llm

MILLION = 1_000_000


class Days:
    """A deployment of which every day is reported on the morning after it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._number = 0
        deployment.put_prices({"one-dollar": {"input": 1, "output": 1}})

    def spend(self, day: str, calls: int = 1, model: str = "one-dollar", **costs: float) -> None:
        """So many dollars on a day by each feature, spread over `calls`."""
        for feature, cost in costs.items():
            tokens = (round(cost * MILLION / calls), 0)
            runs = [self._run(day, feature, model, tokens) for _ in range(calls)]
            self.deployment.add_runs(*runs)

    def _run(self, day: str, feature: str, model: str, tokens: tuple[int, int]) -> dict[str, Any]:
        self._number += 1
        name = f"call {self._number}"
        return llm(name, f"{day}T10:00:00Z", tokens=tokens, model=model, feature=feature)

    def morning_after(self, day: str, **settings: str) -> list[Message]:
        """Report `day` by the schedule; what was published on that."""
        before = len(self.deployment.aws.published())
        next_day = date.fromisoformat(day) + timedelta(days=1)
        event = {"scheduled_time": f"{next_day}T06:00:00Z"}
        self.deployment.invoke(event, **{"WEEKLY_DIGEST": "off", **settings})
        return list(self.deployment.aws.published()[before:])

    def usual(self, first: str, last: str, calls: int = 1, **costs: Any) -> None:
        """Days alike, spent and reported in silence."""
        day = date.fromisoformat(first)
        while day <= date.fromisoformat(last):
            self.spend(day.isoformat(), calls, **costs)
            day += timedelta(days=1)
        self.deployment.invoke({"start_date": first, "end_date": last, "notify": False})


@pytest.fixture
def days(deployment: Deployment) -> Days:
    return Days(deployment)


def texts(messages: list[Message]) -> str:
    """What people read, without the line breaks."""
    return " ".join(" ".join(message.parts["email"] for message in messages).split())


def data(message: Message) -> Mapping[str, Any]:
    """What programs read."""
    content: Mapping[str, Any] = json.loads(message.parts["sqs"])
    return content


def kinds(messages: list[Message]) -> list[str]:
    """The kinds of the notices, in their order."""
    return [notice["kind"] for message in messages for notice in data(message)["notices"]]


def test_raised_budget_that_is_exceeded_again_is_told_again(days: Days) -> None:
    """A month's budget that was told, raised, and is exceeded anew is told with its new amount."""
    days.deployment.put_budgets({"features": {"rag": {"monthly": 2}}})
    days.spend("2026-11-03", rag=3)
    assert len(days.morning_after("2026-11-03")) == 1
    days.deployment.put_budgets({"features": {"rag": {"monthly": 4}}})
    days.spend("2026-11-04", rag=2)

    (message,) = days.morning_after("2026-11-04")

    (alert,) = data(message)["alerts"]
    assert (alert["budget_usd"], alert["spent_usd"]) == ("4.000000", "5.000000")


def test_unpriced_model_is_told_again_when_it_carries_the_traffic(days: Days) -> None:
    """A model without a price that was told at a test call is told again at a hundred calls."""
    days.spend("2026-11-03", model="mystery-9b", rag=0.001)
    assert kinds(days.morning_after("2026-11-03")) == ["unpriced_model"]
    days.spend("2026-11-04", model="mystery-9b", rag=0.001)
    assert days.morning_after("2026-11-04") == []
    days.spend("2026-11-05", 100, model="mystery-9b", rag=0.1)

    told = days.morning_after("2026-11-05")

    assert kinds(told) == ["unpriced_model"]
    assert "100 calls" in texts(told)


def test_restated_day_that_grew_is_told_again(days: Days) -> None:
    """A day told at $2.10 and restated to $102 the next morning is told again, with $102."""
    days.deployment.put_budgets({"features": {"rag": 2}})
    days.spend("2026-11-03", rag=2.1)
    assert len(days.morning_after("2026-11-03")) == 1
    days.spend("2026-11-03", rag=100)  # came in late
    days.spend("2026-11-04", rag=1)

    (message,) = days.morning_after("2026-11-04")

    (alert,) = data(message)["alerts"]
    assert (alert["date"], alert["spent_usd"]) == ("2026-11-03", "102.100000")


def test_forecast_that_went_and_came_back_is_told_again(days: Days) -> None:
    """A forecast of a busy first week is told, goes away, and is told again when it is right."""
    days.deployment.put_budgets({"features": {"rag": {"monthly": 60, "alert_at": [1.0]}}})
    days.usual("2026-11-01", "2026-11-02", rag=4)
    days.spend("2026-11-03", rag=4)
    assert len(days.morning_after("2026-11-03")) == 1
    days.usual("2026-11-04", "2026-11-14", rag=0.5)
    days.usual("2026-11-15", "2026-11-15", rag=12)
    days.spend("2026-11-16", rag=12)

    (message,) = days.morning_after("2026-11-16")

    assert "heading over its monthly budget of $60.00" in texts([message])


@pytest.mark.parametrize("gap", ["missing", "free"])
def test_silence_of_everything_is_told_beside_a_gap(days: Days, gap: str) -> None:
    """That there is no call at all is told also after a day without a report, or without calls."""
    days.usual("2026-11-01", "2026-11-14", 20, rag=1)
    if gap == "free":
        days.usual("2026-11-15", "2026-11-15")
        days.usual("2026-11-16", "2026-11-18", 20, rag=1)
    else:
        days.usual("2026-11-15", "2026-11-17", 20, rag=1)
    told = days.morning_after("2026-11-19", CATCH_UP_DAYS="0", RESTATE_DAYS="0")

    assert kinds(told) == ["all_silent"]
    assert "All fine" not in days.deployment.reports().text("report", "2026-11-19", "html")


def test_product_without_sundays_is_not_missed_on_one(days: Days) -> None:
    """No calls on a Sunday, as ever, is nothing to tell; none on the Monday after it is."""
    days.usual("2026-11-02", "2026-11-07", 20, rag=1)
    days.usual("2026-11-08", "2026-11-08")
    days.usual("2026-11-09", "2026-11-14", 20, rag=1)

    assert days.morning_after("2026-11-15") == []
    assert kinds(days.morning_after("2026-11-16")) == ["all_silent"]


def test_thousand_features_crowd_nothing_out(days: Days) -> None:
    """With 1,100 features in one notice, the others and the team's filter still get theirs."""
    days.deployment.put_budgets({"features": {"zebra": 1}})
    many: dict[str, Any] = {f"job-{number:04}": 0.001 for number in range(1100)}
    days.spend("2026-11-03", model="mystery-9b", **many)
    days.spend("2026-11-03", zebra=5)

    (message,) = days.morning_after("2026-11-03")

    assert [alert["feature"] for alert in data(message)["alerts"]] == ["zebra"]
    assert {"unpriced_model", "too_many_names"} <= set(kinds([message]))
    assert "zebra" in json.loads(message.attributes["features"])
    assert len(json.dumps(message.parts)) < 256 * 1024


@pytest.mark.parametrize("alert_at", [[0.8], [0.8, 1.0], [5]])
def test_severity_follows_the_spending(days: Days, alert_at: list[float]) -> None:
    """$50 of $5 is critical, over its budget, and never `short of it`, whatever `alert_at` has."""
    days.deployment.put_budgets({"features": {"rag": {"daily": 5, "alert_at": alert_at}}})
    days.spend("2026-11-03", rag=50)

    (message,) = days.morning_after("2026-11-03")

    page = days.deployment.reports().text("report", "2026-11-03", "html")
    assert message.attributes["severity"] == data(message)["alerts"][0]["severity"] == "critical"
    assert "$45.00 over its daily budget of $5.00" in texts([message])
    assert "Over budget" in page
    assert "slow down" not in page
    assert "short of" not in page


def test_last_tagged_path_is_no_silence(days: Days) -> None:
    """On the day on which the last path was tagged, nobody is told to look for `untagged`."""
    days.usual("2026-11-02", "2026-11-09", 20, untagged=0.05, rag=1)
    days.spend("2026-11-10", 20, rag=1.05)

    assert "feature_silent" not in kinds(days.morning_after("2026-11-10"))


def test_failed_calls_need_no_usage_switched_on(days: Days) -> None:
    """Calls that failed with 429 report no tokens, and that is no setting of a stream."""
    days.spend("2026-11-03", 20, rag=1)
    failed = [
        llm(f"failed {number}", "2026-11-03T11:00:00Z", tokens=None, feature="rag", status="ERROR")
        for number in range(30)
    ]
    days.deployment.add_runs(*failed)

    assert days.morning_after("2026-11-03") == []


def test_no_forecast_for_what_was_switched_off(days: Days) -> None:
    """On the first of a month nothing is foretold for a feature that was switched off."""
    days.deployment.put_budgets({"features": {"rag": {"monthly": 60, "alert_at": [1.0]}}})
    days.usual("2026-10-20", "2026-10-31", rag=2.5, other=1)
    days.spend("2026-11-01", other=1)

    told = days.morning_after("2026-11-01")

    assert [alert for message in told for alert in data(message)["alerts"]] == []


def test_sum_over_holes_is_a_lower_bound(days: Days) -> None:
    """A month of which days have no report is told as `at least`, with those days named, and with
    the command of the stack that reports them, in the mail and on the page."""
    machine = "arn:aws:states:us-east-1:123456789012:stateMachine:spend-backfill"
    days.deployment.put_budgets({"features": {"rag": {"monthly": 8}}})
    for day in ("2026-11-09", "2026-11-10", "2026-11-11"):
        days.spend(day, rag=3)
        told = days.morning_after(day, CATCH_UP_DAYS="0", BACKFILL_STATE_MACHINE_ARN=machine)

    assert f"--state-machine-arn \\ {machine}" in texts(told)
    page = html.unescape(days.deployment.reports().text("report", day, "html"))
    assert f"--state-machine-arn {machine}</code>" in page
    assert "at least $9.00 on the 3 days of Nov 2026 with a report" in texts(told)
    assert "at least $1.00 over its monthly budget of $8.00" in texts(told)
    assert "1–8 Nov have no report" in texts(told)


def test_since_when_and_what_it_comes_to(days: Days) -> None:
    """The first day over a budget says what the days before cost, and what it costs a month."""
    days.deployment.put_budgets({"features": {"rag": 2}})
    days.usual("2026-11-02", "2026-11-08", rag=1)
    days.spend("2026-11-09", rag=4)

    first = texts(days.morning_after("2026-11-09"))

    assert "the first day over it after 2–8 Nov ($1.00 a day)" in first
    assert "a month" in first
    assert first.startswith("Do first: rag (no owner):")
    days.spend("2026-11-10", rag=4)
    second = texts(days.morning_after("2026-11-10"))
    assert "the 2nd day in a row over it, since 9 Nov" in second


def test_changed_settings_are_told_once(days: Days) -> None:
    """A budget that was lifted is told on the next morning, in words, and not on the one after."""
    days.deployment.put_budgets({"features": {"rag": {"daily": 2}}})
    days.spend("2026-11-03", rag=1)
    assert days.morning_after("2026-11-03") == []
    days.deployment.put_budgets({"features": {"rag": {"daily": 5}}})
    days.deployment.put_prices({"one-dollar": {"input": 1, "output": 2}})
    days.spend("2026-11-04", rag=4)

    (message,) = days.morning_after("2026-11-04")

    (notice,) = data(message)["notices"]
    assert notice["kind"] == "config_changed"
    assert notice["text"] == (
        "Changed in the parameters since the report of 3 Nov: rag daily $2.00 → $5.00; price of "
        "one-dollar output $1.00 → $2.00. If that is not meant, put the old values back."
    )
    assert json.loads(message.attributes["features"]) == ["rag"]
    days.deployment.invoke({"date": "2026-11-04"})
    days.spend("2026-11-05", rag=4)
    assert days.morning_after("2026-11-05") == []


def test_settings_changed_twice_a_day_are_told_twice(days: Days) -> None:
    """Who lifts a budget and reports the day anew is told of too, with what it was before."""
    budget = [{"features": {"rag": {"daily": daily}}} for daily in (2, 5, 50)]
    days.deployment.put_budgets(budget[0])
    days.spend("2026-11-03", rag=1)
    days.morning_after("2026-11-03")
    days.deployment.put_budgets(budget[1])
    days.spend("2026-11-04", rag=1)
    assert "rag daily $2.00 → $5.00" in texts(days.morning_after("2026-11-04"))
    days.deployment.put_budgets(budget[2])

    days.deployment.invoke({"date": "2026-11-04"})

    assert "rag daily $5.00 → $50.00" in texts(list(days.deployment.aws.published()[-1:]))


def test_a_day_is_read_as_the_hours_of_the_day_before_suggest(days: Days) -> None:
    """1,700 calls in one hour: the next day, three queries begin, and share that hour evenly.

    Its thirds begin at 10:20 and 10:40; what is asked for begins a millisecond earlier.
    """
    days.usual("2026-11-20", "2026-11-20", calls=1_700, rag=1.7)
    days.spend("2026-11-21", rag=1)
    before = len(days.deployment.langsmith.requests)

    days.deployment.invoke({"date": "2026-11-21", "notify": False})

    requests = days.deployment.langsmith.requests[before:]
    queries = [
        json.loads(request.body) for request in requests if request.path.endswith("/runs/query")
    ]
    starts = [query["min_start_time"][:19] for query in queries if query.get("run_type") == "LLM"]
    assert sorted(starts)[:3] == [
        "2026-11-20T23:59:59",
        "2026-11-21T10:19:59",
        "2026-11-21T10:39:59",
    ]


@pytest.mark.parametrize(
    ("ours", "langsmith", "source", "told"),
    [
        (0.70, 1.00, "parameter", []),  # a negotiated discount of 30 %
        (0, 1.00, "parameter", []),  # one's own GPU
        (0.000001, 0.000002, "catalogue", []),  # next to nothing
        (2.50, 1.00, "catalogue", ["drift"]),
        (2.50, 2.40, "catalogue", []),
    ],
)
def test_drift_is_told_of_the_catalogue_only(
    days: Days, ours: float, langsmith: float, source: str, told: list[str]
) -> None:
    """A price that somebody set is meant to differ from LangSmith's; the catalogue's is not."""
    model, tokens = "one-dollar", (1_000_000, 0)
    if source == "catalogue":  # gpt-4o costs 2.50 a million there
        model, tokens = "gpt-4o", (round(ours / 2.5 * MILLION) or 1, 0)
    days.deployment.put_prices({"one-dollar": {"input": ours, "output": ours}})
    run = llm("one", "2026-11-03T10:00:00Z", tokens=tokens, model=model, feature="rag")
    days.deployment.add_runs(run | {"total_cost": langsmith})

    assert kinds(days.morning_after("2026-11-03")) == told


def test_budgets_at_odds_stand_on_the_page(days: Days) -> None:
    """Budgets that contradict each other are a line on the page, with where to mend them."""
    days.deployment.put_budgets({"total": {"daily": 10, "monthly": 85}})
    days.spend("2026-11-03", rag=1)

    days.morning_after("2026-11-03")

    page = days.deployment.reports().text("report", "2026-11-03", "html")
    assert "Budgets at odds" in page
    assert "total: $10.00 daily exceeds the monthly $85.00 after 9 days" in page
