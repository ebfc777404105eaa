"""Ids where a name belongs: what comes out is bounded, true, and says what is wrong."""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from local.aws import Message
from tests.deployment import Deployment, Reports, by
from tests.traces import llm

DAY = "2026-11-22"  # a Sunday, which ends its week
MOST_IN_SNS = 256 * 1024
FEATURES = 1_200


class Flooded(NamedTuple):
    """What came out: the bucket, the alert, the week, the chat's posts, and the series."""

    kept: Reports
    message: Message
    digest: Message
    posts: Sequence[Mapping[str, Any]]
    series: set[str]


@pytest.fixture(scope="module")
def flooded(tmp_path_factory: pytest.TempPathFactory) -> Flooded:
    """A day of 1,200 features, of which number n made one call for n + 1 dollars."""
    log: Path = tmp_path_factory.mktemp("flood") / "log"
    with Deployment(log) as deployment:
        deployment.put_prices({"m": {"input": 1_000_000, "output": 0}})
        deployment.put_budgets({"default": 0, "total": {"daily": 1}})
        deployment.add_runs(
            *(
                llm(
                    f"run {number}",
                    f"{DAY}T10:00:00Z",
                    model="m",
                    feature=f"user {number}",
                    tokens=(number + 1, 0),
                )
                for number in range(FEATURES)
            )
        )
        deployment.invoke(
            {"date": DAY},
            now="2026-11-23T06:00:00Z",
            CHAT_TOPIC_ARN=deployment.aws.chat_topic_arn,
        )
        message, digest = deployment.aws.published()
        posts, series = deployment.aws.posted(), deployment.series("feature")
        return Flooded(deployment.reports(), message, digest, posts, series)


def test_the_costliest_keep_their_names(flooded: Flooded) -> None:
    """The 1,000 costliest have rows, and the rest is one row: 1 + 2 + … + 200 = 20,100 dollars."""
    rows = by("feature", flooded.kept.rows("spend_by_feature", DAY))

    assert len(rows) == 1_001
    assert rows["(other)"]["estimated_cost_usd"] == "20100.000000"
    assert rows["(other)"]["calls"] == "200"
    assert "user 200" in rows
    assert "user 199" not in rows
    costs = [Decimal(row["estimated_cost_usd"]) for row in rows.values()]
    assert sum(costs) == FEATURES * (FEATURES + 1) // 2


def test_nobody_has_a_budget_for_the_rest(flooded: Flooded) -> None:
    """What is folded together is no feature, so the default budget is not its own."""
    rows = by("feature", flooded.kept.rows("spend_by_feature", DAY))

    assert rows["(other)"]["daily_budget_usd"] == ""
    alerts = json.loads(flooded.message.parts["sqs"])["alerts"]
    assert "(other)" not in {alert["feature"] for alert in alerts}


def test_every_output_has_its_bound(flooded: Flooded) -> None:
    """The page stays below 300 KB, the record below 2 MB, and the message below what SNS takes."""
    assert len(flooded.kept.text("report", DAY, "html").encode()) < 300_000
    assert len(flooded.kept.text("summary", DAY, "json").encode()) < 2_000_000
    assert len(json.dumps(dict(flooded.message.parts)).encode()) < 240_000


def test_every_reader_gets_a_bounded_message(flooded: Flooded) -> None:
    """Mail, digest and each of ten posts fit into SNS with their attributes; ten features have a
    series of their own."""
    for message in (flooded.message, flooded.digest):
        attributes = json.dumps(dict(message.attributes)).encode()
        parts = json.dumps(dict(message.parts), ensure_ascii=False).encode()
        assert len(parts) + len(attributes) < MOST_IN_SNS
        assert len(message.subject) < 100
        assert len(attributes) < 32 * 1024
        assert len(json.loads(message.attributes["features"])) > 10
    assert flooded.digest.attributes["kind"] == "weekly_digest"
    week = json.loads(flooded.digest.parts["sqs"])
    assert len(week["features"]) + week["omitted"]["features"] == 1_001
    assert len(flooded.posts) == 10
    assert max(len(json.dumps(post).encode()) for post in flooded.posts) < 10_000
    assert len(flooded.series) == 10


def test_it_says_what_is_wrong(flooded: Flooded) -> None:
    """One notice names the key, asks whether it is an id, and stands in the message."""
    notices = json.loads(flooded.message.parts["sqs"])["notices"]

    (notice,) = [one for one in notices if one["kind"] == "too_many_names"]
    assert "feature has more than 1,000 different values" in notice["text"]
    assert "Is it an id?" in notice["text"]
