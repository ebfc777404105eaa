"""Names of features through the handler: aliases, and what is told about names."""

import json
import re
from pathlib import Path
from typing import Any

import boto3
import pytest

from spend_report.errors import ConfigError
from tests.deployment import Deployment, by
from tests.domain.notices.feature_names import FEATURE_NAMES
from tests.traces import llm, run

DAY = "2026-11-21"
ALERTS = Path(__file__).parents[2] / "docs" / "alerts.md"
# Six ways to misspell a name, by the day on which it happens, and the name that is meant. The last
# two can't be told from it by eye, and are it.
SLIPS = {
    "2026-11-16": ("Ticket-Triage", "ticket-triage"),
    "2026-11-17": ("clinical_trials", "clinical-trials"),
    "2026-11-18": ("meeting actions", "meeting-actions"),
    "2026-11-19": ("agent-copilto", "agent-copilot"),
    "2026-11-20": ("pru\u0308fung-eu", "pr\u00fcfung-eu"),
    "2026-11-21": ("invoice-\u200bmatching", "invoice-matching"),
}


@pytest.fixture
def deployment(tmp_path: Path) -> Deployment:
    return Deployment(tmp_path / "function.log")


def test_an_alias_counts_as_its_feature(deployment: Deployment) -> None:
    """Calls under an alias, of their own or from above, stand in the feature's row and in its
    budget, and an unregistered name is told with the line that makes it an alias."""
    root = run("root", metadata={"feature": "RAG"})
    with deployment:
        deployment.put_features({"rag-search": {"owner": "search", "aliases": ["RAG"]}})
        deployment.put_budgets({"features": {"RAG": 0}})
        deployment.put_prices({"m": {"input": 1_000, "output": 1_000}})
        deployment.add_runs(
            llm("own", model="m", feature="rag-search", tokens=(900, 100)),
            llm("alias", model="m", feature="RAG", tokens=(900, 100)),
            root,
            llm("above", model="m", below=root, tokens=(900, 100)),
            llm("unknown", model="m", feature="rag_search", tokens=(900, 100)),
        )

        deployment.invoke({"date": DAY})

        (message,) = deployment.aws.published()
        rows = by("feature", deployment.reports().rows("spend_by_feature", DAY))
    assert {name: row["estimated_cost_usd"] for name, row in rows.items()} == {
        "rag-search": "3.000000",
        "rag_search": "1.000000",
    }
    assert rows["rag-search"]["daily_budget_usd"] == "0.000000"
    assert (
        '"rag-search": {"owner": "search", "aliases": ["RAG", "rag_search"]}'
        in message.parts["email"]
    )


def test_a_name_in_two_documents(deployment: Deployment) -> None:
    """One name in two places fails the run before anything is read, naming both."""
    with deployment:
        deployment.put_features({"rag-search": {"aliases": ["RAG"]}}, "search")
        deployment.put_features({"RAG": {}}, "chat")

        with pytest.raises(ConfigError) as caught:
            deployment.invoke({"date": DAY})

    assert str(caught.value) == (
        "Mend these parameters:\n/llm-spend/local/features/search: rag-search.aliases[0]: the text "
        '"RAG" is in /llm-spend/local/features/chat too, at RAG; keep one of them'
    )


def test_an_alias_heals_the_past(deployment: Deployment) -> None:
    """A day that was counted under two names is one feature's as soon as the alias is there.

    The month's budget of $3 is exceeded by $1 + $1 on the first day and $2 on the second, and the
    record of the second says what was tagged with which name.
    """
    with deployment:
        deployment.put_budgets({"features": {"rag-search": {"monthly": 3}}})
        deployment.put_prices({"m": {"input": 1_000, "output": 1_000}})
        for day in ("2026-11-20", DAY):
            for name in ("rag-search", "rag_search"):
                at = f"{day}T10:00:00Z"
                run_name = f"{name} {day}"
                deployment.add_runs(llm(run_name, at, model="m", feature=name, tokens=(900, 100)))
        deployment.invoke({"date": "2026-11-20"})
        deployment.put_features({"rag-search": {"aliases": ["rag_search"]}})

        deployment.invoke({"date": DAY})

        reports = deployment.reports()
    (alert,) = reports.summary(DAY)["alerts"]
    assert (alert["feature"], alert["spent_usd"]) == ("rag-search", "4.000000")
    (driver,) = reports.rows("drivers", DAY)
    assert (driver["feature"], driver["baseline_usd"]) == ("rag-search", "2.000000")
    assert reports.summary(DAY)["features"]["rag-search"]["seen_as"] == {
        "rag-search": {"calls": 1, "cost_usd": "1.000000"},
        "rag_search": {"calls": 1, "cost_usd": "1.000000"},
    }


@pytest.fixture(scope="module")
def misspelt_week(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The notices about names by day: of a week without documents, and of one with."""
    found = []
    names = [*FEATURE_NAMES, "pr\u00fcfung-eu"]
    registered: dict[str, Any] = {name: {} for name in names}
    unregistered: dict[str, Any] = {}
    for documents in (unregistered, registered):
        with Deployment(tmp_path_factory.mktemp("names") / "function.log") as deployment:
            deployment.put_prices({"m": {"input": 1_000, "output": 1_000}})
            for number in range(0, len(documents), 50):
                part = dict(list(documents.items())[number : number + 50])
                deployment.put_features(part, f"part-{number}")
            for day, (written, _) in SLIPS.items():
                deployment.add_runs(
                    *(
                        llm(f"{day} {name}", f"{day}T10:00:00Z", model="m", feature=name)
                        for name in [*names, written]
                    )
                )
            first, *_, last = SLIPS
            deployment.invoke({"start_date": first, "end_date": last, "notify": False})
            reports = deployment.reports()
        found.append(
            {
                day: [
                    notice
                    for notice in reports.summary(day)["notices"]
                    if notice["kind"] in {"similar_features", "unregistered_feature"}
                ]
                for day in SLIPS
            }
            | {"rows": {day: reports.rows("spend_by_feature", day) for day in SLIPS}}
        )
    return found


def test_a_week_of_misspellings(misspelt_week: Any) -> None:
    """Among two hundred names each day's one misspelling is named with the name that is meant,
    and nothing else is, with documents and without."""
    without, with_documents = misspelt_week
    for day, (written, meant) in list(SLIPS.items())[:4]:
        (pair,) = without[day]
        assert pair["kind"] == "similar_features"
        assert f"{meant} (" in pair["text"]
        assert f"{written} (" in pair["text"]
        (stranger,) = with_documents[day]
        assert stranger["kind"] == "unregistered_feature"
        assert stranger["text"].startswith(f"{written} cost ")
        assert f" Is it {meant}? " in stranger["text"]


def test_misspellings_that_nobody_sees(misspelt_week: Any) -> None:
    """Another composition of letters and characters without width are the same name."""
    for week in misspelt_week:
        for day, (_, meant) in list(SLIPS.items())[4:]:
            assert week[day] == []
            assert by("feature", week["rows"][day])[meant]["calls"] == "2"


def owner_policy() -> str:
    """The documented filter policy by owner."""
    (policy,) = re.findall(r'^\{"owners": .+\}$', ALERTS.read_text("utf-8"), re.MULTILINE)
    return str(policy)


def test_owners_get_their_own_alerts(deployment: Deployment) -> None:
    """With the documented filter policy a team's subscription gets what concerns its features."""
    with deployment:
        queues = {}
        for name, owner in (("search", "search"), ("agents", "agents")):
            policy = owner_policy().replace("search", owner)
            queues[name] = subscribed(deployment, name, policy)
        deployment.put_features({"rag-search": {"owner": "search"}, "chat": {"owner": "agents"}})
        deployment.put_budgets({"features": {"rag-search": 1}, "total": 1})
        deployment.put_prices({"m": {"input": 1_000, "output": 1_000}})
        deployment.add_runs(
            *(llm(f, model="m", feature=f, tokens=(1900, 100)) for f in ("rag-search", "chat"))
        )

        deployment.invoke({"date": DAY})

        received = {name: messages(queue) for name, queue in queues.items()}
        rows = by("feature", deployment.reports().rows("spend_by_feature", DAY))
        (message,) = deployment.aws.published()
    ((alert,),) = [
        [alert for alert in one["alerts"] if alert["feature"]] for one in received["search"]
    ]
    assert (alert["feature"], alert["owner"]) == ("rag-search", "search")
    assert received["agents"] == []
    assert "\n  owner: search\n" in message.parts["email"]
    assert {name: row["owner"] for name, row in rows.items()} == {
        "rag-search": "search",
        "chat": "agents",
    }


def subscribed(deployment: Deployment, name: str, policy: str) -> str:
    """The URL of a new queue that receives what `policy` lets through."""
    sqs, sns = boto3.client("sqs"), boto3.client("sns")
    url: str = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    sns.subscribe(
        TopicArn=deployment.aws.topic_arn,
        Protocol="sqs",
        Endpoint=arn["Attributes"]["QueueArn"],
        Attributes={"FilterPolicy": policy, "RawMessageDelivery": "true"},
    )
    return url


def messages(queue: str) -> list[Any]:
    """The messages in `queue`."""
    answer = boto3.client("sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", ())]
