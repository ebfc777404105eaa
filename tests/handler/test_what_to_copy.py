"""What the messages give to copy fits the documents and the days that there are."""

import json

from tests.deployment import Deployment
from tests.traces import llm

DAY = "2026-11-21"


def call(feature: str, dollars: int = 1, day: str = DAY) -> dict[str, object]:
    """A call that costs so many dollars."""
    at = f"{day}T10:00:00Z"
    return llm(f"{feature} {day}", at, model="m", feature=feature, tokens=(1_000 * dollars, 0))


def priced(deployment: Deployment) -> None:
    deployment.put_prices({"m": {"input": 1_000, "output": 0}})


def email(deployment: Deployment) -> str:
    """The last message's text, in one line."""
    return " ".join(deployment.aws.published()[-1].parts["email"].split())


def test_owner_of_a_feature_with_aliases(deployment: Deployment) -> None:
    """An owner is named where the feature is registered, and its aliases stay."""
    priced(deployment)
    deployment.put_features({"other": {"owner": "x"}}, "a-team")
    deployment.put_features({"rag": {"aliases": ["RAG"]}}, "b-team")
    deployment.put_budgets({"features": {"rag": 0.5}})
    deployment.add_runs(call("rag"), call("RAG", 2))

    deployment.invoke({"date": DAY})

    told = email(deployment)
    assert "set in the SSM parameter /llm-spend/local/features/b-team:" in told
    assert '"rag": {"owner": "<OWNER>", "aliases": ["RAG"]}' in told


def test_a_feature_that_nobody_registered(deployment: Deployment) -> None:
    """Where a notice says how to register a feature, no other line says it."""
    priced(deployment)
    deployment.put_features({"rag-search": {"owner": "x"}})
    deployment.put_budgets({"default": 0.5})
    deployment.add_runs(call("rag_search", 2))

    deployment.invoke({"date": DAY})

    assert "rag_search" in email(deployment)
    assert "No owner is registered" not in email(deployment)


def test_the_chat_names_every_missing_day(deployment: Deployment) -> None:
    """A feature's message has the command for the week's and for the month's missing days."""
    priced(deployment)
    deployment.put_budgets({"features": {"rag": {"weekly": 0.5, "monthly": 2}}})
    deployment.add_runs(call("rag", day="2026-11-02"), call("rag", 3))
    deployment.invoke({"date": "2026-11-02", "notify": False})

    deployment.invoke({"date": DAY}, CHAT_TOPIC_ARN=deployment.aws.chat_topic_arn)

    (post,) = [one for one in deployment.aws.posted() if "rag" in one["content"]["title"]]
    steps = json.dumps(post["content"]["nextSteps"])
    assert "2026-11-16" in steps
    assert "2026-11-01" in steps
