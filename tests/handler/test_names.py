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
