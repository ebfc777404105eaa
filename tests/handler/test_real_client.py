"""A real application, traced by LangSmith's own client, comes out of the handler by feature."""

import csv
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from local.aws import LocalAws
from local.invoke import LocalFunction, in_time
from local.langsmith_server import LangSmithServer

APPLICATION = Path(__file__).with_name("langchain_app.py")
PRICING = """{"gpt-4o": {"input": 2.50, "output": 10.00},
              "gpt-4o-mini": {"input": 0.15, "output": 0.60, "cache_read": 0.075}}"""


def calendar() -> str:
    """A timezone in which no midnight comes while the test runs."""
    return "UTC" if 1 <= datetime.now(UTC).hour < 23 else "Asia/Tokyo"


@pytest.fixture(scope="module")
def objects(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, bytes]]:
    """The bucket after the day on which the application ran was reported."""
    timezone = calendar()
    with LangSmithServer() as langsmith, LocalAws() as aws:
        subprocess.run(
            [sys.executable, str(APPLICATION)],
            env={
                **{key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ},
                "LANGSMITH_TRACING": "true",
                "LANGSMITH_ENDPOINT": langsmith.url,
                "LANGSMITH_API_KEY": langsmith.api_key,
                "LANGSMITH_PROJECT": "acme-app",
                "NO_PROXY": "127.0.0.1",
            },
            check=True,
            timeout=60,
        )
        aws.put_parameter("pricing/openai", PRICING)
        aws.put_parameter("langsmith-api-key", langsmith.api_key, secure=True)
        settings = {
            **aws.settings(),
            "LANGSMITH_ENDPOINT": langsmith.url,
            "LANGSMITH_PROJECTS": "acme-app",
            "REPORT_TIMEZONE": timezone,
        }
        day = datetime.now(ZoneInfo(timezone)).date().isoformat()
        with LocalFunction(settings, tmp_path_factory.mktemp("log") / "log", in_time) as function:
            function({"date": day})
        yield aws.objects()


@pytest.fixture(scope="module")
def reports(objects: dict[str, bytes]) -> dict[str, list[dict[str, str]]]:
    """The tables by name."""
    return {
        key.split("/")[0]: list(csv.DictReader(io.StringIO(body.decode())))
        for key, body in objects.items()
        if key.endswith(".csv") and not key.startswith("latest/")
    }


def test_every_feature_has_its_calls_tokens_and_dollars(
    reports: dict[str, list[dict[str, str]]],
) -> None:
    """Tags set by config, on a graph, on `@traceable` and on the root alone all count.

    At 2.50 and 10.00 dollars per million tokens: agent-copilot 3 x (1200, 300) is 3600 x 2.5 +
    900 x 10 = 18000 millionths; rag-search 2 x (1000, 200) 9000; email-drafts (800, 400), whose
    wrapper counts nothing, 6000; support (100, 10) 350; the thread's call (60, 6) 210. The
    summarizer's 3 x (500, 50) with 200 cached each: 900 x 0.15 + 600 x 0.075 + 150 x 0.60 = 270.
    """
    columns = ("feature", "calls", "input_tokens", "output_tokens", "estimated_cost_usd")

    found = [tuple(row[column] for column in columns) for row in reports["spend_by_feature"]]

    assert found == [
        ("agent-copilot", "3", "3600", "900", "0.018000"),
        ("rag-search", "3", "2000", "400", "0.009000"),
        ("email-drafts", "1", "800", "400", "0.006000"),
        ("support", "1", "100", "10", "0.000350"),
        ("summarizer", "3", "1500", "150", "0.000270"),
        ("untagged", "1", "60", "6", "0.000210"),
    ]


def test_errors_and_cached_tokens_are_counted(reports: dict[str, list[dict[str, str]]]) -> None:
    """The failed call is a call and an error; cached tokens are part of the input."""
    rows = {row["feature"]: row for row in reports["spend_by_feature"]}

    assert rows["rag-search"]["error_calls"] == "1"
    assert rows["summarizer"]["cached_input_tokens"] == "600"
    assert {row["unpriced_calls"] for row in rows.values()} == {"0"}


def test_the_dimensions_arrive(reports: dict[str, list[dict[str, str]]]) -> None:
    """Further metadata of the invocation slices the detail report."""
    slices = {
        (row["feature"], row["env"], row["user_tier"], row["provider"])
        for row in reports["spend_detail"]
        if row["env"] or row["user_tier"]
    }

    assert slices == {
        ("rag-search", "prod", "", "acme"),
        ("agent-copilot", "", "pro", "acme"),
    }


def test_the_untagged_call_names_its_code_path(reports: dict[str, list[dict[str, str]]]) -> None:
    """The call that a plain thread made is a trace of its own, and is told as one."""
    (row,) = reports["untagged"]

    assert (row["run_name"], row["model"], row["calls"]) == ("ChatAcme", "gpt-4o", "1")


def test_the_wrapper_is_left_out(objects: dict[str, bytes]) -> None:
    """Of the two LLM runs that `@traceable(run_type="llm")` makes of one call, one counts."""
    (body,) = [body for key, body in objects.items() if key.startswith("summary/")]

    runs = json.loads(body)["runs"]

    assert (runs["fetched"], runs["counted"]) == (13, 12)
    assert sum(runs["left_out"].values()) == 1
