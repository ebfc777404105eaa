"""Whom the guard tells: the mail, the machines, the chat, and the alarm that opens incidents."""

import json

import pytest

from spend_report.errors import AwsError
from tests.deployment import Deployment
from tests.faults.aws_proxy import AwsProxy, sns_error
from tests.handler.test_guard import data, look, runaway, texts
from tests.handler.usual_product import DAY, add_usual_days, calls, usual_day

AT_FOUR = f"{DAY}T04:00:00Z"


@pytest.fixture
def product(deployment: Deployment) -> Deployment:
    """Fifteen days of two features that cost $1.50 a day each, and a runaway from 03:12 on."""
    deployment.put_features({"summaries": {"owner": "docs"}, "rag-search": {"owner": "search"}})
    add_usual_days(deployment, 15)
    deployment.add_runs(*usual_day(DAY), *runaway())
    return deployment


def test_whose_it_is_and_since_when(product: Deployment) -> None:
    """The message names the owner, for filter policies too, and the hour in which it began."""
    look(product, AT_FOUR)

    (message,) = product.aws.published()
    told = " ".join(message.parts["email"].split())
    assert "by then, since 03:00; no budget watches it. owner: docs" in told
    assert max(map(len, message.parts["email"].splitlines())) <= 78
    (spike,) = data(message.parts)["spikes"]
    assert (spike["owner"], spike["since"]) == ("docs", f"{DAY}T03:00:00+00:00")
    assert json.loads(message.attributes["owners"]) == ["docs"]
    assert json.loads(message.attributes["features"]) == ["summaries"]


def test_the_next_morning_names_the_owner_too(product: Deployment) -> None:
    """The spike of a day that no guard saw says whose it is."""
    product.invoke({"date": str(DAY)})

    (message,) = product.aws.published()
    assert "no budget watches it. owner: docs" in " ".join(message.parts["email"].split())
    (spike,) = data(message.parts)["spikes"]
    assert spike["owner"] == "docs"


def test_chat(product: Deployment) -> None:
    """The chat gets it once, in the feature's thread, with what to do; the morning adds nothing."""
    chat = {"CHAT_TOPIC_ARN": product.aws.chat_topic_arn}

    look(product, AT_FOUR, **chat)
    look(product, f"{DAY}T05:00:00Z", **chat)
    product.invoke({"date": str(DAY)}, **chat)

    (post,) = product.aws.posted()
    content = post["content"]
    assert content["title"] == (
        "LLM spend 20 Nov at 04:00: summaries $28.80, far above the usual $0.00 by then, CRITICAL"
    )
    assert content["description"].startswith("CRITICAL: summaries has cost $28.80 by 04:00")
    assert "owner: docs" in content["description"]
    assert (
        "$28.80 in the last hour; at this pace the day comes to $604.80" in (content["description"])
    )
    assert not any("No owner" in step for step in content["nextSteps"])
    assert content["nextSteps"][-1].endswith('"features": {"summaries": {"daily": 3.00}}')
    assert post["metadata"]["threadId"] == "feature-summaries-2026-11"
    assert len(texts(product)) == 1


def test_chat_fails(product: Deployment) -> None:
    """If the chat can't be reached the mail is out all the same, and the next look posts."""
    with pytest.raises(AwsError, match="no-such-topic"):
        look(product, AT_FOUR, CHAT_TOPIC_ARN=f"{product.aws.chat_topic_arn}-no-such-topic")
    assert len(texts(product)) == 1

    look(product, f"{DAY}T05:00:00Z", CHAT_TOPIC_ARN=product.aws.chat_topic_arn)

    assert len(texts(product)) == 1
    assert len(product.aws.posted()) == 1


def test_nobody_could_be_told(product: Deployment) -> None:
    """What the guard could not send the morning tells."""
    with AwsProxy(product.aws.url) as aws:
        aws.fault = lambda action: (
            sns_error(403, "AuthorizationError") if action == "sns:Publish" else None
        )
        with pytest.raises(AwsError, match="sns:Publish"):
            look(product, AT_FOUR, AWS_ENDPOINT_URL=aws.url)
    assert texts(product) == []

    product.invoke({"date": str(DAY)})

    (parts,) = texts(product)
    assert [spike["feature"] for spike in data(parts)["spikes"]] == ["summaries"]


def test_metrics(product: Deployment) -> None:
    """A used-up budget opens the incident at once, and not again in the morning; what is told is
    counted; a look with nothing to tell emits nothing."""
    product.put_budgets({"features": {"summaries": 5}})

    look(product, f"{DAY}T03:00:00Z")
    assert product.metrics() == {}
    look(product, AT_FOUR)
    assert product.metrics() == {"GuardWarnings": 1, "BudgetBreaches": 1}
    look(product, f"{DAY}T05:00:00Z")
    assert product.metrics() == {}
    product.invoke({"date": str(DAY)})

    assert product.metrics()["BudgetBreaches"] == 0


def test_many_features_at_once(deployment: Deployment) -> None:
    """Thirty budgets exceeded in the same hour are one mail, ten posts, and everything counted."""
    names = [f"job-{number:02}" for number in range(30)]
    deployment.put_prices({"gpt-4o": {"input": 2.50, "output": 10.00}})
    deployment.put_budgets({"features": dict.fromkeys(names, 0.05)})
    deployment.add_runs(*(run for name in names for run in calls(name, DAY, 3, 1)))

    found = look(deployment, AT_FOUR, CHAT_TOPIC_ARN=deployment.aws.chat_topic_arn)

    assert found["told"] == 30
    (message,) = deployment.aws.published()
    assert "and 25 more warnings, not shown here" in message.parts["email"]
    assert message.subject == (
        "LLM spend 20 Nov at 04:00: job-00 $0.10 of $0.05 already, CRITICAL, 29 more warnings"
    )
    told = " ".join(message.parts["email"].split())
    assert told.endswith(
        "No owner is registered for job-00, job-01, job-02 and 2 more. To name one, set in a new "
        'SSM parameter, such as /llm-spend/local/features/product: "job-00": {"owner": "<OWNER>"}'
    )
    shown = data(message.parts)
    assert len(shown["alerts"]) + shown["omitted"]["alerts"] == 30
    assert len(deployment.aws.posted()) == 10
    assert deployment.aws.posted()[-1]["content"]["title"].endswith("21 more warnings")
    assert deployment.metrics() == {"GuardWarnings": 30, "BudgetBreaches": 30}
