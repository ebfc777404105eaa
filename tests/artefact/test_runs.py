"""The built function runs as Lambda runs it: its own runtime client, its own time limit."""

import json
import socket
import subprocess
from pathlib import Path

from local.artefact import FUNCTION, RUNTIME, Environment, layer, python
from local.aws import LocalAws
from local.langsmith_server import Hang, LangSmithServer
from tests.artefact.emulator import Emulator
from tests.artefact.expected import CSV, SAMPLE_DAY, calls_and_tokens

SCHEDULED = {"scheduled_time": "2026-11-22T06:00:00Z"}


def test_the_schedules_event_becomes_report_and_alert(
    environment: Environment, aws: LocalAws, log: Path
) -> None:
    """The schedule's event in; the sample day's calls and tokens in S3 and one alert out."""
    with Emulator(environment, log) as function:
        result = function.invoke(SCHEDULED)

    assert [each["date"] for each in result["reports"]] == ["2026-11-21"]
    assert result["reports"][0]["report"] == f"s3://spend-reports/{CSV}"
    assert calls_and_tokens(aws.objects()[CSV]) == SAMPLE_DAY
    (alert,) = aws.received()
    assert "rag-search" in [each["feature"] for each in alert["alerts"]]


def test_a_warm_function_does_it_again(environment: Environment, aws: LocalAws, log: Path) -> None:
    """A second invocation of the same process writes the same bytes and sends nothing more."""
    with Emulator(environment, log) as function:
        function.invoke(SCHEDULED)
        first = aws.objects()
        again = function.invoke(SCHEDULED)

    assert again["reports"][0]["date"] == "2026-11-21"
    assert aws.objects() == first
    assert len(aws.received()) == 1


def test_metrics_are_in_the_log(environment: Environment, log: Path) -> None:
    """What the alarms wait for is printed in CloudWatch's embedded format, under our namespace."""
    with Emulator(environment, log) as function:
        function.invoke(SCHEDULED)
        printed = [json.loads(line) for line in function.log.splitlines() if '"_aws"' in line]

    written = [each for each in printed if "ReportsWritten" in each]

    assert [each["ReportsWritten"] for each in written] == [[1.0]]
    assert written[0]["_aws"]["CloudWatchMetrics"][0]["Namespace"] == "SpendReport"
    assert written[0]["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [["service"]]
    assert written[0]["service"] == "spend-report"


def test_an_error_is_named(environment: Environment, aws: LocalAws, log: Path) -> None:
    """Lambda and the state machine see our own error's name, and nothing was written."""
    with Emulator(environment, log) as function:
        result = function.invoke({"dat": "2026-11-21"})

    assert result["errorType"] == "EventError"
    assert "dat" in result["errorMessage"]
    assert aws.objects() == {}


def test_too_little_time_is_said(
    environment: Environment, langsmith: LangSmithServer, aws: LocalAws, log: Path
) -> None:
    """A run that cannot end within the time limit says so by itself, and reports nothing."""
    langsmith.fault = lambda request: Hang(60)

    with Emulator(environment, log, timeout=5) as function:
        result = function.invoke(SCHEDULED)

    assert result["errorType"] == "OutOfTimeError"
    assert aws.objects() == {}


def test_lambda_cuts_off_at_the_limit(environment: Environment, log: Path) -> None:
    """A function that hangs, here on an AWS that never answers, is ended at its time limit."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        hanging = Environment({**environment.variables, "AWS_ENDPOINT_URL": url})
        with Emulator(hanging, log, timeout=3) as function:
            result = function.invoke(SCHEDULED)

    assert "Task timed out after 3.00 seconds" in result["errorMessage"]


def test_nothing_else_is_importable(environment: Environment) -> None:
    """Every module comes from the artefact, its layer or Python itself."""
    program = (
        "import sys, spend_report.handler, spend_report.page\n"
        "print(*{m.__file__ for m in list(sys.modules.values()) if getattr(m, '__file__', None)},"
        " sep='\\n')"
    )

    done = subprocess.run(
        [*python(), "-c", program],
        cwd="/",
        env=environment.as_dict(),
        capture_output=True,
        text=True,
        check=True,
    )

    files = [Path(line) for line in done.stdout.splitlines()]
    homes = (FUNCTION, layer(), RUNTIME)
    foreign = [file for file in files if not any(file.is_relative_to(home) for home in homes)]
    assert any(file.is_relative_to(FUNCTION) for file in files)
    assert any(file.is_relative_to(layer()) for file in files)
    assert [file for file in foreign if "site-packages" in file.parts] == []


def test_development_packages_are_missing_there(environment: Environment) -> None:
    """The emulator hides no missing dependency: what only development needs is not found."""
    done = subprocess.run(
        [*python(), "-c", "import pytest"],
        cwd="/",
        env=environment.as_dict(),
        capture_output=True,
        text=True,
        check=False,
    )

    assert "ModuleNotFoundError: No module named 'pytest'" in done.stderr
