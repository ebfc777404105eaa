"""`make bill`, as a person runs it on their own machine."""

import csv
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from local import bill
from local.bill_server import ANTHROPIC_KEY, OPENAI_KEY, BillServer, Entry
from local.langsmith_server import LangSmithServer
from tests.traces import llm

DAY = "2026-11-20"


@pytest.fixture(autouse=True)
def _terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("PROVIDER", "PROJECTS", "DATE", "CONFIG", "OPENAI_ADMIN_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def langsmith(monkeypatch: pytest.MonkeyPatch) -> Iterator[LangSmithServer]:
    with LangSmithServer() as server:
        monkeypatch.setenv("LANGSMITH_API_KEY", server.api_key)
        monkeypatch.setenv("LANGSMITH_ENDPOINT", server.url)
        yield server


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[BillServer]:
    with BillServer() as bills:
        monkeypatch.setenv("OPENAI_BASE_URL", bills.openai_url)
        monkeypatch.setenv("OPENAI_ADMIN_KEY", OPENAI_KEY)
        yield bills


def test_the_bill_beside_the_traces(
    langsmith: LangSmithServer,
    server: BillServer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With one's own keys the rows are shown, what they come to, and where the gap comes from."""
    langsmith.add_runs(
        "my-app", [llm("call", f"{DAY}T10:00:00Z", model="gpt-4o", tokens=(1_000_000, 100_000))]
    )
    server.openai = [
        Entry(date(2026, 11, 20), "gpt-4o", "input", Decimal("2.5"), 1_000_000, requests=1),
        Entry(date(2026, 11, 20), "gpt-4o", "output", Decimal(1), 100_000),
        Entry(date(2026, 11, 20), "gpt-4o", "input", Decimal(5), 2_000_000, key="key_b"),
        Entry(date(2026, 11, 20), "gpt-4o", "output", Decimal(2), 200_000, key="key_b", requests=2),
    ]
    arguments = ["--provider", "openai", "--projects", "my-app", "--date", DAY]

    bill.main([*arguments, "--config", f"{tmp_path}/config", "--out", str(tmp_path)])

    shown = capsys.readouterr().out
    assert "OpenAI billed $10.50, traces explain 33.3 %; $7.00 on gpt-4o were never traced" in shown
    assert "not_traced: proj_main key_b" in shown
    path = tmp_path / "bills" / f"dt={DAY}" / f"bills_{DAY}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        rows = {row["token_kind"]: row for row in csv.DictReader(lines)}
    assert rows["input"]["gap_usd"] == "5.000000"
    assert OPENAI_KEY not in shown + path.read_text() + (tmp_path / "bill.log").read_text()


@pytest.mark.parametrize(
    ("arguments", "key", "told"),
    [
        (["--provider", "azure"], OPENAI_KEY, "PROVIDER must be one of openai, anthropic, bedrock"),
        ([], OPENAI_KEY, "PROVIDER must be one of"),
        (["--provider", "openai"], "", "OPENAI_ADMIN_KEY is not set"),
        (["--provider", "openai", "--date", "20 Nov"], OPENAI_KEY, "date: expected a day"),
        (["--provider", "openai"], ANTHROPIC_KEY, "not compared: OpenAI refused the key"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    langsmith: LangSmithServer,
    server: BillServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    key: str,
    told: str,
) -> None:
    """An error ends the program with its message and without a traceback."""
    langsmith.add_runs("my-app", [llm("call", f"{DAY}T10:00:00Z", model="gpt-4o", tokens=(1, 1))])
    monkeypatch.setenv("OPENAI_ADMIN_KEY", key)
    common = ["--projects", "my-app", "--date", DAY, "--out", str(tmp_path)]

    with pytest.raises(SystemExit) as stopped:
        bill.main([*common, *arguments])

    message = str(stopped.value)
    assert message.startswith("error: ")
    assert told in message
    assert "\n" not in message
    del server
