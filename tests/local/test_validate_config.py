from copy import replace
from pathlib import Path

import pytest

from local.validate_config import main
from tests import days
from tests.records import record

GPT_4O = '{"gpt-4o": {"input": 2.50, "output": 10.00, "cache_read": 1.25}}'


class Folder:
    """A folder of documents, and one of reports."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._root = root
        self._capsys = capsys

    def put(self, name: str, text: str) -> None:
        path = self._root / "config" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def report(self, day: str, feature: str, model: str, provider: str = "openai") -> None:
        figures = days.day(day, replace(days.line(feature, "1", model=model), provider=provider))
        self.summary(day, record(figures))

    def summary(self, day: str, body: bytes) -> None:
        path = self._root / f"out/team-a/summary/dt={day}/summary_{day}.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(body)

    def check(self, *arguments: str) -> tuple[int, list[str]]:
        folders = ["--config", str(self._root / "config"), "--reports", str(self._root / "out")]
        status = main([*folders, *arguments])
        lines = self._capsys.readouterr().out.splitlines()
        return status, [line for line in lines if not line.startswith("Valid. ")]


@pytest.fixture
def folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Folder:
    for name in ("CONFIG", "REPORTS", "PRICE_CATALOGUE"):
        monkeypatch.delenv(name, raising=False)
    return Folder(tmp_path, capsys)


def test_valid(folder: Folder) -> None:
    """Documents without slips have no lines but the verdict."""
    folder.put("pricing/openai.json", GPT_4O)
    folder.put("budgets/team/a.json", '{"features": {"rag-search": 2}}')
    folder.report("2026-11-21", "rag-search", "gpt-4o-2024-08-06")
    folder.summary("2026-11-22", b"{}")  # of another program, and so none of the reports

    assert folder.check() == (0, [])


def test_the_sample_documents(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What `make demo` runs on, and what people copy to begin with, has no slips."""
    sample = Path(__file__).parents[2] / "local" / "config"

    assert main(["--config", str(sample), "--reports", str(tmp_path)]) == 0

    (verdict,) = capsys.readouterr().out.splitlines()
    assert verdict.startswith("Valid. ")


def test_invalid(folder: Folder) -> None:
    """What the function would fail on is an error, with the file in the parameter's place."""
    folder.put("pricing/openai.json", '{"gpt-4o": {"input": "2.5", "output": 10}}')
    folder.put("budgets/a.json", '{"totl": 1}')

    status, lines = folder.check()

    assert status == 1
    assert lines == [
        "Mend these parameters:",
        (
            "pricing/openai.json: gpt-4o.input: expected US dollars per million tokens, "
            'a number from 0 to 1,000,000, got the text "2.5"'
        ),
        "budgets/a.json: totl: is not a known field; those are features, default, total",
    ]


def test_nothing_to_check(folder: Folder) -> None:
    """A folder without documents is an error of its own, not valid."""
    status, _ = folder.check()

    assert status == 2


def test_price_per_thousand(folder: Folder) -> None:
    """A price ten times off the catalogue's is likely one per thousand tokens."""
    folder.put(
        "pricing/openai.json", '{"gpt-4o": {"input": 0.0025, "output": 100, "cache_read": 1.25}}'
    )

    status, lines = folder.check()

    assert status == 0
    assert lines == [
        (
            "warning: pricing/openai.json: gpt-4o.input: is 0.0025, the catalogue says 2.5; "
            "amounts are US dollars per million tokens"
        ),
        (
            "warning: pricing/openai.json: gpt-4o.output: is 100, the catalogue says 10; "
            "amounts are US dollars per million tokens"
        ),
    ]


def test_price_of_another_cloud(folder: Folder) -> None:
    """The catalogue is asked with the provider that the model's runs name."""
    folder.put("pricing/groq.json", '{"llama-3.1-8b-instant": {"input": 5, "output": 0.08}}')
    folder.report("2026-11-21", "a", "llama-3.1-8b-instant", "groq")

    _, lines = folder.check()

    assert lines == [
        (
            "warning: pricing/groq.json: llama-3.1-8b-instant.input: is 5, "
            "the catalogue says 0.05; amounts are US dollars per million tokens"
        )
    ]


def test_cached_tokens_at_the_input_price(folder: Folder) -> None:
    """Cached tokens that cost the input price by default are no slip."""
    folder.put("pricing/a.json", '{"claude-haiku-5-5": {"input": 0.10, "output": 0.50}}')

    assert folder.check() == (0, [])


def test_names_that_no_run_has(folder: Folder) -> None:
    """Budgets and prices of what the newest report does not have are named."""
    folder.put(
        "pricing/a.json",
        '{"gpt-4o": {"input": 2.5, "output": 10}, "gpt-4o-mini": {"input": 0.15, "output": 0.6},'
        ' "eu": {"alias_of": "gpt-4o"}, "us": {"alias_of": "gpt-4o"}}',
    )
    folder.put("budgets/a.json", '{"features": {"rag_search": 2, "=sum": 1}, "default": 1}')
    folder.report("2026-11-20", "rag_search", "gpt-4o-mini")
    folder.report("2026-11-21", "=sum", "eu")

    _, lines = folder.check()

    assert lines == [
        "warning: pricing/a.json: gpt-4o-mini: no run of 2026-11-21 used this model",
        "warning: pricing/a.json: us: no run of 2026-11-21 used this model",
        (
            "warning: budgets/a.json: features.rag_search: no run of 2026-11-21 had this feature; "
            "there were =sum"
        ),
    ]


def test_too_large_for_a_parameter(folder: Folder) -> None:
    """A document above 4 KB does not fit into a standard parameter."""
    folder.put("pricing/a.json", GPT_4O + " " * 4096)

    _, lines = folder.check()

    assert lines == [
        (
            "warning: pricing/a.json: is 4,160 bytes, a standard parameter holds 4,096; "
            "split it into several"
        )
    ]


def test_alias_without_a_catalogue(folder: Folder) -> None:
    """With the catalogue off, an alias has to lead to a parameter, as in the function."""
    folder.put("pricing/a.json", '{"eu": {"alias_of": "gpt-4o"}}')

    assert folder.check()[0] == 0
    assert folder.check("--catalogue", "off")[0] == 1


def test_budgets_at_odds(folder: Folder) -> None:
    """A daily budget that uses the monthly one up in nine days is a warning."""
    folder.put("budgets/a.json", '{"total": {"daily": 10, "monthly": 85}}')

    status, lines = folder.check()

    assert status == 0
    (line,) = lines
    expected = (
        "warning: budgets/a.json: total: $10.00 daily exceeds the monthly $85.00 after 9 days"
    )
    assert line.startswith(expected)
