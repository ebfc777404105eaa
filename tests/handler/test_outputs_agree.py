"""A set of days, of which every output claims the same: what the day's record holds."""

import csv
import html
import io
import json
import re
from collections.abc import Mapping
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


@pytest.fixture
def week(deployment: Deployment) -> tuple[Days, dict[str, list[Message]]]:
    """The week's days, and what was published on the morning after each."""
    days = Days(deployment)
    deployment.put_budgets(BUDGETS)
    days.usual("2026-11-02", "2026-11-15", 20, rag=1, agent=3)
    told = {}
    for day, costs in WEEK.items():
        days.spend(day, 20, **dict[str, Any](costs))
        told[day] = days.morning_after(day, CATCH_UP_DAYS="0", RESTATE_DAYS="0")
    return days, told


def test_every_output_tells_the_record(week: tuple[Days, dict[str, list[Message]]]) -> None:
    """JSON, attributes, e-mail, page, CSV and digest have the record's figures and severity."""
    days, told = week
    reports = days.deployment.reports()
    seen = set()
    for day, messages in told.items():
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
        for message in messages:
            _check(message, record)

    assert seen == {"critical", "warning", "ok"}


def test_digest_sums_the_records(week: tuple[Days, dict[str, list[Message]]]) -> None:
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


def _severity(record: Mapping[str, Any]) -> str:
    if any(alert["severity"] == "critical" for alert in record["alerts"]):
        return "critical"
    return "warning" if record["alerts"] or record["notices"] else "ok"


def _text_of(page: str) -> str:
    """The page's text on one line."""
    body = page.partition("</style>")[2]
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", body)).split())
