"""`make demo`, `make report`, `make replay-alerts` and `make tags`, as a person runs them."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from local import demo, replay_alerts, report, tags
from local.langsmith_server import LangSmithServer
from local.sample_data import SAMPLE_DATE, day_runs
from tests.traces import llm

DAY = "2026-11-21"


@pytest.fixture(autouse=True)
def _wide_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    for name in ("PROJECTS", "DATE", "DAYS", "CONFIG", "TIMEZONE", "LANGSMITH_API_KEY"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def langsmith(monkeypatch: pytest.MonkeyPatch) -> Iterator[LangSmithServer]:
    with LangSmithServer() as server:
        monkeypatch.setenv("LANGSMITH_API_KEY", server.api_key)
        monkeypatch.setenv("LANGSMITH_ENDPOINT", server.url)
        yield server


def cells(text: str) -> list[list[str]]:
    """The words of each line."""
    return [line.split() for line in text.splitlines()]


def by_feature(folder: Path, day: str = DAY) -> dict[str, dict[str, str]]:
    path = folder / "spend_by_feature" / f"dt={day}" / f"spend_by_feature_{day}.csv"
    with path.open(encoding="utf-8", newline="") as lines:
        return {row["feature"]: row for row in csv.DictReader(lines)}


def test_the_demo_shows_the_day_the_alert_and_the_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The table has the sample day's calls and tokens, rag-search is over budget; an alert of the
    day says so, and one of the day before that a tag is mistyped."""
    demo.main(["--out", str(tmp_path)])

    shown = capsys.readouterr().out
    rows = {line[0]: line for line in cells(shown.partition("Subject: ")[0]) if line}
    assert rows["rag-search"][1:5] == ["412", "824,310", "192,440", "$2.14"]
    assert rows["agent-copilot"][1:4] == ["118", "603,200", "411,820"]
    assert rows["summarizer"][1:4] == ["87", "198,400", "44,100"]
    assert rows["email-drafts"][1:4] == ["34", "42,100", "38,200"]
    assert rows["untagged"][1:4] == ["19", "31,200", "12,800"]
    assert rows["total"] == ["total", "670", "1,699,210", "699,360", "$6.26", "$6.40", "97.8%"]
    assert rows["rag-search"][5:] == ["$2.00", "106.9%"]
    alert, restated, *_ = shown.split("Subject: ")[1:]
    assert alert.startswith(
        "LLM spend 21 Nov: rag-search $2.14 of $2.00, CRITICAL; "
        "total likely over $90.00 in Nov, 1 notice\n"
    )
    assert "[WARNING] All features together have likely used up the total monthly budget" in alert
    assert "  owner: search\n" in alert
    sample = (Path(__file__).parents[2] / "README.md").read_text("utf-8").split("```\n")[1]
    assert sample.removesuffix("…\n") in shown
    assert restated.startswith("LLM spend 20 Nov: summariser is not registered")
    assert '"summarizer": {"owner": "documents", "aliases": ["summariser"]}' in restated
    assert by_feature(tmp_path)["rag-search"]["calls"] == "412"
    assert by_feature(tmp_path)["rag-search"]["owner"] == "search"
    assert by_feature(tmp_path, "2026-11-20")["summariser"]["owner"] == ""
    assert len(list(tmp_path.glob("spend_by_feature/dt=*/*.csv"))) == 8
    assert '"level"' not in shown


def test_a_report_of_ones_own_data_needs_no_account(
    langsmith: LangSmithServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a key, a project and a day, the files lie in the folder, priced by its documents."""
    langsmith.add_runs("my-app", day_runs(SAMPLE_DATE, is_sample=True))
    for kind, document in (
        ("pricing", {"gpt-4o": {"input": 1, "output": 1}}),
        ("budgets", {"features": {"summarizer": 0.01}}),
    ):
        (tmp_path / "config" / kind).mkdir(parents=True)
        (tmp_path / "config" / kind / "mine.json").write_text(json.dumps(document))
    arguments = ["--projects", "my-app", "--date", DAY]

    report.main([*arguments, "--config", f"{tmp_path}/config", "--out", f"{tmp_path}/out"])

    row = by_feature(tmp_path / "out")["summarizer"]
    assert (row["calls"], row["daily_budget_usd"]) == ("87", "0.010000")
    assert "Subject: LLM spend" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--date", DAY], "Name it, e.g. PROJECTS=my-app"),
        (["--projects", "my-ap", "--date", DAY], "'my-ap'"),
        (["--projects", "my-app", "--date", "2026-11-31"], "date"),
        (["--projects", "my-app", "--timezone", "Mars/Base"], "REPORT_TIMEZONE"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(
    langsmith: LangSmithServer, tmp_path: Path, arguments: list[str], told: str
) -> None:
    """An error ends the program with its message and without a traceback."""
    langsmith.add_project("my-app")

    with pytest.raises(SystemExit) as stopped:
        report.main([*arguments, "--out", str(tmp_path)])

    message = str(stopped.value)
    assert message.startswith("error: ")
    assert told in message
    assert "\n" not in message


@pytest.mark.parametrize("command", [report.main, tags.main])
def test_a_missing_key_is_told_with_where_to_get_one(command: object) -> None:
    """Without LANGSMITH_API_KEY both commands say how to make one."""
    assert callable(command)

    with pytest.raises(SystemExit, match="LANGSMITH_API_KEY is not set"):
        command(["--projects", "my-app"])


def test_the_tags_of_the_newest_runs_are_shown_with_help(
    langsmith: LangSmithServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Own, inherited and missing tags are told apart and counted; help names both causes."""
    start = datetime.now(UTC) - timedelta(minutes=5)
    root, model = "7b5d1f00-0000-4000-8000-000000000001", {"ls_model_name": "gpt-4o"}
    below = {"trace_id": root, "parent_run_ids": [root], "start_time": start}
    langsmith.add_runs(
        "my-app",
        [
            {
                "id": root,
                "name": "support",
                "run_type": "CHAIN",
                "start_time": start,
                "metadata": {"feature": "support"},
            },
            *({**below, "metadata": {**model, "feature": "mail", "env": "dev"}} for _ in range(6)),
            *({**below, "metadata": model} for _ in range(3)),
            {"name": "ChatLost", "start_time": start, "metadata": model},
        ],
    )

    tags.main(["--projects", "my-app"])

    shown = capsys.readouterr().out
    lines = cells(shown)
    assert ["6", "60.0%", "have"] in [line[:3] for line in lines]
    assert ["3", "30.0%", "take"] in [line[:3] for line in lines]
    assert ["1", "10.0%", "have"] in [line[:3] for line in lines]
    assert ["1", "ChatLost"] in lines
    assert "support (inherited)" in shown
    assert "plain thread pool" in shown
    assert "OpenTelemetry" in shown


def test_where_every_run_is_tagged_no_help_is_needed(
    langsmith: LangSmithServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Help on missing tags is shown only where tags are missing."""
    start = datetime.now(UTC) - timedelta(minutes=1)
    tagged = {"start_time": start, "metadata": {"feature": "mail"}}
    langsmith.add_runs("my-app", [tagged, tagged])

    tags.main(["--projects", "my-app"])

    shown = capsys.readouterr().out
    assert "100.0%" in shown
    assert "thread pool" not in shown


def test_a_project_without_runs_is_told(
    langsmith: LangSmithServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """An empty project gives a sentence and no empty table."""
    langsmith.add_project("my-app")

    tags.main(["--projects", "my-app"])

    assert "No LLM runs in the last 14 days" in capsys.readouterr().out


def test_replay_shows_what_would_have_been_told(
    langsmith: LangSmithServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of ten days of $1 and one of $8, the last is told as a spike, and how often that is."""
    monkeypatch.chdir(tmp_path)
    days = [date(2026, 11, 10) + timedelta(number) for number in range(11)]
    for day in days:
        langsmith.add_runs(
            "app",
            [
                llm(
                    f"{day} {number}",
                    f"{day}T{number % 24:02}:00:00Z",
                    feature="summaries",
                    tokens=(40_000, 0),
                )
                for number in range(80 if day == days[-1] else 10)
            ],
        )

    replay_alerts.main(["--projects", "app", "--days", "11", "--date", str(days[-1])])

    shown = " ".join(capsys.readouterr().out.split())
    assert "2026-11-20" in shown
    assert "8.0 times its usual" in shown
    assert "Messages on 1 of 11 days: 0 budget (0.0 a month), 1 spike (2.7 a month)" in shown
