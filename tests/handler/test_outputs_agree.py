"""A set of days, of which every output claims the same: what the day's record holds."""

import csv
import html
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from local.aws import Message
from spend_report.domain.basics.wording import dollars
from tests.deployment import Deployment
from tests.handler.test_consecutive_days import Days, data

BUDGETS: Mapping[str, Any] = {
    "features": {"rag": {"daily": 2, "monthly": 60}, "agent": {"daily": 5, "alert_at": [0.8]}},
    "total": {"daily": 10, "monthly": 250},
}
# What each feature costs on 16-22 November, a Monday to a Sunday; the 19th is never reported.
WEEK: Mapping[str, Mapping[str, float]] = {
    "2026-11-16": {"rag": 1, "agent": 3},
    "2026-11-17": {"rag": 1.1, "agent": 3, "untagged": 0.1},
    "2026-11-18": {"rag": 3, "agent": 4.5},
    "2026-11-20": {"rag": 4.25, "agent": 9},
    "2026-11-21": {"rag": 20, "agent": 50, "untagged": 30},
    "2026-11-22": {},
}
_BADGES = {"critical": "Over budget", "warning": "Look at this", "ok": "All fine"}


@dataclass
class Morning:
    """What one morning brought: messages, what was posted in the chat, and metrics."""

    messages: list[Message]
    posts: Sequence[Mapping[str, Any]]
    metrics: Mapping[str, float]


type Week = tuple[Days, dict[str, Morning]]


@pytest.fixture
def week(deployment: Deployment) -> Week:
    """The week's days, and what the morning after each brought."""
    days, aws = Days(deployment), deployment.aws
    deployment.put_budgets(BUDGETS)
    days.usual("2026-11-02", "2026-11-15", 20, rag=1, agent=3)
    mornings = {}
    for day, costs in WEEK.items():
        days.spend(day, 20, **dict[str, Any](costs))
        before = len(aws.posted())
        once: dict[str, str] = {"CATCH_UP_DAYS": "0", "RESTATE_DAYS": "0"}
        messages = days.morning_after(day, CHAT_TOPIC_ARN=aws.chat_topic_arn, **once)
        mornings[day] = Morning(messages, aws.posted()[before:], deployment.metrics())
    return days, mornings


def test_every_output_tells_the_record(week: Week) -> None:
    """JSON, attributes, e-mail, chat, page, CSV and metrics have the record's figures."""
    days, mornings = week
    reports = days.deployment.reports()
    seen = set()
    for day, morning in mornings.items():
        record = reports.summary(day)
        page = _text_of(reports.text("report", day, "html"))
        severity = _severity(record)
        seen.add(severity)

        table = csv.DictReader(io.StringIO(reports.text("spend_by_feature", day)))
        costs = {row["feature"]: Decimal(row["estimated_cost_usd"]) for row in table}
        assert costs == {
            feature: Decimal(row["cost_usd"]) for feature, row in record["features"].items()
        }
        total = Decimal(record["total"]["cost_usd"])
        assert sum(costs.values()) == total
        assert f"{_BADGES[severity]} " in page
        assert dollars(total) in page
        for alert in record["alerts"]:
            # The state of every budget stands on the page, and in the message on its first day.
            over = Decimal(alert["spent_usd"]) - Decimal(alert["budget_usd"])
            assert alert["severity"] == ("critical" if over > 0 else "warning")
            if over > 0:
                assert f"{dollars(over)} over" in page
        for message in morning.messages:
            _check(message, record)
        _check_chat(morning)
        _check_metrics(morning, record)

    assert seen == {"critical", "warning", "ok"}


def test_digest_sums_the_records(week: Week) -> None:
    """The week's digest has the sum of its days' records, and names the day that has none."""
    days, _ = week
    reports = days.deployment.reports()
    records = [reports.summary(day) for day in WEEK]

    off: dict[str, str] = {"CATCH_UP_DAYS": "0", "RESTATE_DAYS": "0", "WEEKLY_DIGEST": "on"}
    (digest,) = days.morning_after("2026-11-22", **off)

    spent = sum((Decimal(record["total"]["cost_usd"]) for record in records), Decimal())
    assert Decimal(data(digest)["cost_usd"]) == spent
    assert data(digest)["missing_days"] == ["2026-11-19"]
    assert digest.subject.startswith(f"LLM spend week 47: {dollars(spent)} on 6 of 7 days")


def _check(message: Message, record: Mapping[str, Any]) -> None:
    """What a message claims is what the record has."""
    content = data(message)
    known = {(one["feature"], one["period"]): one for one in record["alerts"]}
    mail = " ".join(message.parts["email"].split())
    assert content["date"] == record["date"] == message.attributes["date"]
    assert Decimal(content["cost_usd"]) == Decimal(record["total"]["cost_usd"])
    assert f"{dollars(Decimal(record['total']['cost_usd']))} in" in mail
    for alert in content["alerts"]:
        own = known[alert["feature"], alert["period"]]
        for key in ("budget_usd", "spent_usd"):
            assert Decimal(alert[key]) == Decimal(own[key])
        assert alert["severity"] == own["severity"]
        assert f"[{own['severity'].upper()}]" in mail
        is_foretold = own["threshold"] is None
        assert dollars(Decimal(own["spent_usd"])) in mail or (is_foretold and "heading" in mail)
    texts = {notice["text"] for notice in record["notices"]}
    assert {notice["text"] for notice in content["notices"]} <= texts
    worst = {alert["severity"] for alert in content["alerts"]}
    expected = "critical" if "critical" in worst else "warning"
    assert message.attributes["severity"] == content["severity"] == expected
    about = {alert["feature"] for alert in content["alerts"]} - {None}
    assert about <= set(json.loads(message.attributes["features"]))


def _check_chat(morning: Morning) -> None:
    """The chat has what the message has, word for word, and nothing where there is none."""
    content = [data(message) for message in morning.messages]
    posts = [post["content"] for post in morning.posts]
    descriptions = "\n".join(post["description"] for post in posts)
    kinds = ("alerts", "notices", "spikes")
    for one in (one for each in content for kind in kinds for one in each[kind]):
        assert one["text"] in descriptions
    about = {one["feature"] for each in content for one in each["alerts"] + each["spikes"]}
    assert len(posts) == len(about) + any(each["notices"] for each in content)
    for alert in (one for each in content for one in each["alerts"]):
        (post,) = [one for one in posts if (alert["feature"] or "total") in one["keywords"]]
        assert f"{alert['severity'].upper()}: {alert['text']}" in post["description"]


def _check_metrics(morning: Morning, record: Mapping[str, Any]) -> None:
    """What CloudWatch gets is the record's day, and how many used up budgets were told."""
    found = {name: Decimal(repr(value)) for name, value in morning.metrics.items()}
    assert found["CostUSD"] == Decimal(record["total"]["cost_usd"])
    assert found["Calls"] == record["total"]["calls"]
    assert found["Spikes"] == len(record["spikes"])
    for feature, row in record["features"].items():
        assert found[f"FeatureCostUSD[{feature}]"] == Decimal(row["cost_usd"])
    if rag := record["features"].get("rag"):
        used = found["FeatureBudgetUsedPercent[rag]"]
        assert used == Decimal(rag["cost_usd"]) * 100 / BUDGETS["features"]["rag"]["daily"]
    told = [alert for message in morning.messages for alert in data(message)["alerts"]]
    assert found["BudgetBreaches"] == sum(alert["severity"] == "critical" for alert in told)


def _severity(record: Mapping[str, Any]) -> str:
    if any(alert["severity"] == "critical" for alert in record["alerts"]):
        return "critical"
    return "warning" if record["alerts"] or record["notices"] else "ok"


def _text_of(page: str) -> str:
    """The page's text on one line."""
    body = page.partition("</style>")[2]
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", body)).split())
