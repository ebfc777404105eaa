"""What the commands say about names of features: misspelt, unregistered, unused."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local import tags
from local.documents import as_configured, in_folder
from local.langsmith_server import LangSmithServer
from local.slips import LastReport, slips
from local.tag_names import names_to_mend, register_of
from spend_report.adapters.catalogue.catalogue import PriceCatalogue
from spend_report.errors import ConfigError

RUNS = Counter({"rag-search": 40, "rag_search": 3, "RAG": 2, "billing": 1})


def put(folder: Path, name: str, text: str) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def warnings(folder: Path, *features: str, models: tuple[str, ...] = ()) -> list[str]:
    """What `make validate-config` warns of, beside a report with these features and models."""
    read = as_configured(in_folder(folder), PriceCatalogue())
    used = frozenset((model, "openai") for model in models)
    report = LastReport("2026-11-21", frozenset(features), used)
    return list(slips(read, PriceCatalogue(), report, datetime(2026, 11, 22, tzinfo=UTC)))


def test_unregistered_names(tmp_path: Path) -> None:
    """With documents each name in none of them has its nearest and the entry to add."""
    put(tmp_path, "features/a.json", '{"rag-search": {"owner": "search", "aliases": ["RAG"]}}')

    lines = list(names_to_mend(RUNS, register_of(tmp_path), tmp_path))

    assert lines == [
        f"In no document below {tmp_path}/features:",
        "  rag_search (3 runs): is it rag-search, in features/a.json? Add:",
        '    "rag-search": {"owner": "search", "aliases": ["RAG", "rag_search"]}',
        "  billing (1 run). Add:",
        '    "billing": {"owner": "<OWNER>"}',
    ]


def test_likely_pairs(tmp_path: Path) -> None:
    """Without documents likely pairs are named, and the entry that makes one the other's alias."""
    lines = list(names_to_mend(RUNS, register_of(tmp_path), tmp_path))

    assert lines == [
        (
            "Likely one feature, typed in two ways "
            f"(no document below {tmp_path}/features says which):"
        ),
        "  rag-search (40 runs) and rag_search (3 runs). Add:",
        '    "rag-search": {"aliases": ["rag_search"]}',
    ]


def test_nothing_to_mend(tmp_path: Path) -> None:
    """Where every name is known there is nothing to say."""
    put(tmp_path, "features/a.json", '{"rag-search": {"aliases": ["RAG", "rag_search"]}}')

    register = register_of(tmp_path)

    assert not list(names_to_mend(RUNS - Counter({"billing": 1}), register, tmp_path))


def test_many_names(tmp_path: Path) -> None:
    """Where an id stands in the tag, a few names are enough to see that."""
    put(tmp_path, "features/a.json", "{}")
    runs = Counter({f"session-{number}": 1 for number in range(100)})

    lines = list(names_to_mend(runs, register_of(tmp_path), tmp_path))

    assert len(lines) == 1 + 2 * 20 + 1
    assert lines[-1] == "  … and 80 more"


def test_wrong_documents(tmp_path: Path) -> None:
    """A document that the function would refuse is refused, naming file and field."""
    put(tmp_path, "features/a.json", '{"a": {"aliases": ["b"]}, "b": {}}')

    with pytest.raises(ConfigError, match=r"features/a\.json: b: is in features/a.json too"):
        register_of(tmp_path)


def test_tags_shows_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make tags` has them below its table, with real runs and the documents of the folder."""
    put(tmp_path, "features/a.json", '{"rag-search": {"owner": "search"}}')
    start = datetime.now(UTC) - timedelta(minutes=1)
    with LangSmithServer() as server:
        monkeypatch.setenv("LANGSMITH_API_KEY", server.api_key)
        monkeypatch.setenv("LANGSMITH_ENDPOINT", server.url)
        server.add_runs(
            "my-app",
            [
                {"start_time": start, "metadata": {"feature": feature}}
                for feature in ("rag-search", "RAG Search")
            ],
        )

        tags.main(["--projects", "my-app", "--config", str(tmp_path)])

    shown = capsys.readouterr().out
    assert "RAG Search (1 run): is it rag-search, in features/a.json? Add:" in shown
    assert '"rag-search": {"owner": "search", "aliases": ["RAG Search"]}' in shown


def test_an_alias_is_its_feature(tmp_path: Path) -> None:
    """A budget of a feature that the report has under an alias is used, and the alias known."""
    put(tmp_path, "features/a.json", '{"rag-search": {"aliases": ["RAG"]}}')
    put(tmp_path, "budgets/a.json", '{"features": {"rag-search": 1}}')

    assert warnings(tmp_path, "RAG", "untagged", "(other)") == []


def test_budget_that_sees_nothing(tmp_path: Path) -> None:
    """A budget of a feature without runs is named with the nearest name that has some."""
    put(tmp_path, "budgets/a.json", '{"features": {"rag_search": 1}}')

    assert warnings(tmp_path, "rag-search", "billing") == [
        (
            "budgets/a.json: features.rag_search: no run of 2026-11-21 had this feature; "
            "the nearest is rag-search"
        )
    ]


def test_unregistered_feature_of_the_report(tmp_path: Path) -> None:
    """A feature of the newest report that is in no document has the entry to add."""
    put(tmp_path, "features/a.json", '{"rag-search": {"owner": "search"}}')

    assert warnings(tmp_path, "rag_search", "billing") == [
        'features: billing of 2026-11-21 is in no document; add "billing": {"owner": "<OWNER>"}',
        (
            "features: rag_search of 2026-11-21 is in no document: is it rag-search? add "
            '"rag-search": {"owner": "search", "aliases": ["rag_search"]}'
        ),
    ]


def test_price_that_nobody_needs(tmp_path: Path) -> None:
    """A price for a model without runs is named."""
    put(tmp_path, "pricing/a.json", '{"m": {"input": 1, "output": 1}, "n": {"alias_of": "m"}}')

    assert warnings(tmp_path, "a", models=("m",)) == [
        "pricing/a.json: n: no run of 2026-11-21 used this model"
    ]
