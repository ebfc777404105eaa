"""LangSmith, AWS and every measurement as processes of their own, so that none counts another."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.day import PROJECT
from local.langsmith_server import API_KEY


@dataclass(frozen=True, slots=True)
class Result:
    """A measurement: the seconds of each round, and the most memory the process ever held."""

    runs: int
    seconds: Sequence[float]
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Requests:
    """What LangSmith's server saw of one measurement."""

    pages: int
    most_in_ten_seconds: int
    most_at_once: int


class LangSmith:
    """A server process with `runs` runs of the day."""

    def __init__(self, process: "subprocess.Popen[str]", url: str) -> None:
        self._process = process
        self.url = url

    def requests(self) -> Requests:
        """What it saw since the last call."""
        if self._process.stdin is None or self._process.stdout is None:
            raise RuntimeError("the server has no pipes")
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return Requests(**json.loads(self._process.stdout.readline()))


@contextmanager
def langsmith(runs: int, *, per_page: float = 0.0, per_run: float = 0.0) -> Iterator[LangSmith]:
    """The server, with `per_page` and `per_run` seconds of latency."""
    options = {"--runs": runs, "--seconds-per-page": per_page, "--seconds-per-run": per_run}
    arguments = [str(part) for pair in options.items() for part in pair]
    with _process("bench.langsmith_process", *arguments) as (process, first_line):
        yield LangSmith(process, first_line)


@contextmanager
def aws() -> Iterator[Mapping[str, str]]:
    """The environment of a function whose AWS is a process, with prices and a budget in it."""
    with _process("bench.aws_process") as (_, first_line):
        yield json.loads(first_line)


def measure(what: str, server: LangSmith, cloud: Mapping[str, str], *options: str) -> Result:
    """Let `bench.measure` measure `what` in a process of its own, with its `options`."""
    [result] = measure_in_turns([what], server, cloud, *options)
    return result


def measure_in_turns(
    what: Sequence[str], server: LangSmith, cloud: Mapping[str, str], *options: str
) -> list[Result]:
    """Let `bench.measure` measure several in one process, in turns.

    A slow moment of the machine then hits all of them.
    """
    environment = {
        **os.environ,
        **cloud,
        "LANGSMITH_ENDPOINT": server.url,
        "LANGSMITH_API_KEY": API_KEY,
        "LANGSMITH_PROJECTS": PROJECT,
    }
    done = subprocess.run(
        [sys.executable, "-m", "bench.measure", *what, *options],
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return [Result(**result) for result in json.loads(done.stdout)]


@contextmanager
def _process(module: str, *arguments: str) -> Iterator[tuple["subprocess.Popen[str]", Any]]:
    command = [sys.executable, "-m", module, *arguments]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as it:
        try:
            line = it.stdout.readline().strip() if it.stdout else ""
            if not line:
                raise RuntimeError(f"{module} did not start")
            yield it, line
        finally:
            it.terminate()
