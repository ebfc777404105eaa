"""Names of features through the handler: aliases, and what is told about names."""

from pathlib import Path

import pytest

from spend_report.errors import ConfigError
from tests.deployment import Deployment, by
from tests.traces import llm, run

DAY = "2026-11-21"


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
