"""LangSmith, AWS and every measurement as processes of their own, so that none counts another."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

from bench.artefact import WHOLE_LAYER
from bench.day import DAY, PROJECT
from local.artefact import Environment, python
from local.langsmith_server import API_KEY

_PROGRAMS = Path(__file__).parent / "programs"


@dataclass(frozen=True, slots=True)
class Measured:
    """A process: the runs it saw, and what its work and its whole life took.

    `processor_seconds` are those of its whole life so far, and `result` is what an invocation
    returned.
    """

    seconds: float
    whole_seconds: float
    runs: int = 0
    peak_bytes: int = 0
    processor_seconds: float = 0.0
    result: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Requests:
    """What LangSmith's server saw of one measurement."""

    pages: int
    most_in_ten_seconds: int
    most_at_once: int


class Server:
    """A process that answers to lines on its input."""

    def __init__(self, process: "subprocess.Popen[str]", first_line: str) -> None:
        self._process = process
        self.first_line = first_line

    def ask(self, line: str = "") -> str:
        """What it says to `line`."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the server has no pipes")
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()


@dataclass(frozen=True, slots=True)
class World:
    """LangSmith and AWS, and what a function sees of them. No day was reported yet."""

    langsmith: Server
    aws: Server

    def __post_init__(self) -> None:
        self.aws.ask()

    @property
    def bucket(self) -> str:
        """Where the reports lie."""
        name: str = json.loads(self.aws.first_line)["REPORT_BUCKET"]
        return name

    def requests(self) -> Requests:
        """What LangSmith saw since the last call."""
        return Requests(**json.loads(self.langsmith.ask()))

    def outputs(self) -> Mapping[str, int]:
        """The bytes of each object by its key, and of each message by its kind and day."""
        sizes: Mapping[str, int] = json.loads(self.aws.ask("alerts/"))
        return sizes

    def report(self, day: date = DAY) -> Measured:
        """The built function's first call in a process. What it sends, it sends for the first time.

        Of the day, and of how many runs it has, there is a record where it was reported before.
        """
        self.aws.ask("alerts/")
        made = self.invoke({"date": day.isoformat()})
        return replace(made, runs=made.result["reports"][0]["runs"])

    def invoke(self, event: Mapping[str, Any], **settings: str) -> Measured:
        """The built function's first call in a process, which is with `event`."""
        return self._program("invoke", {**settings, "BENCH_EVENT": json.dumps(event)})

    def tutorial(self) -> Measured:
        """The tutorial's script, with the same libraries: langsmith's client wants all of them."""
        return self._program("tutorial", WHOLE_LAYER)

    def contestant(self, what: str) -> Measured:
        """One of `bench.measure`."""
        return _run([sys.executable, "-m", "bench.measure", what], {**os.environ, **self._seen()})

    def _program(self, name: str, variables: Mapping[str, str] | None = None) -> Measured:
        program = str(_PROGRAMS / f"{name}.py")
        environment = Environment({**self._seen(), **(variables or {})})
        return _run([*python(), program], environment.as_dict(), cwd="/")

    def _seen(self) -> Mapping[str, str]:
        return {
            **json.loads(self.aws.first_line),
            "LANGSMITH_ENDPOINT": self.langsmith.first_line,
            "LANGSMITH_API_KEY": API_KEY,
            "LANGSMITH_PROJECTS": PROJECT,
            "BENCH_DAY": DAY.isoformat(),
        }


def in_turn(
    first: Callable[[], Measured], second: Callable[[], Measured], rounds: int
) -> list[tuple[Measured, Measured]]:
    """Pairs of both, one after the other: a slow moment of the machine hits the two of a pair."""
    return [(first(), second()) for _ in range(rounds)]


@contextmanager
def aws() -> Iterator[Server]:
    """AWS, with prices and a budget in it."""
    with _server("bench.aws_process") as server:
        yield server


@contextmanager
def langsmith(
    runs: int, *, kind: str = "plain", per_page: float = 0.0, per_run: float = 0.0
) -> Iterator[Server]:
    """LangSmith with `runs` runs of the day, and `per_page` and `per_run` seconds of latency.

    `kind` is one of `bench.kinds`.
    """
    options = {
        "--runs": runs,
        "--kind": kind,
        "--seconds-per-page": per_page,
        "--seconds-per-run": per_run,
    }
    arguments = [str(part) for pair in options.items() for part in pair]
    with _server("bench.langsmith_process", *arguments) as server:
        yield server


def _run(
    command: Sequence[str], environment: Mapping[str, str], cwd: str | None = None
) -> Measured:
    begun = time.perf_counter()
    done = subprocess.run(
        command,
        env=environment,
        cwd=cwd,
        check=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    whole = time.perf_counter() - begun
    if done.returncode:
        raise RuntimeError(done.stderr)
    said: dict[str, Any] = json.loads(done.stderr.splitlines()[-1])
    return Measured(whole_seconds=whole, **said)


@contextmanager
def _server(module: str, *arguments: str) -> Iterator[Server]:
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        try:
            line = it.stdout.readline().strip() if it.stdout else ""
            if not line:
                raise RuntimeError(f"{module} did not start")
            yield Server(it, line)
        finally:
            it.terminate()
