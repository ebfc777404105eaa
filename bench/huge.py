"""A day that workers read in parts, each step in a process of its own; and only its merge."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import boto3

from bench.day import DAY
from bench.processes import Measured, Requests, Server, World, langsmith
from bench.rows import MB, Row, in_megabytes
from local.environment import environment

_RUNS, _WORKERS = 3_000_000, 4
_MOST_REQUESTS = 300
_MERGE_MB = 3_000
_SUMMARY = f"summary/dt={DAY}/summary_{DAY}.json"


@dataclass(frozen=True, slots=True)
class DayInParts:
    """What a day in parts took: plan, workers, each with what it asked LangSmith for, and merge."""

    plan: Measured
    planned: Requests
    workers: Sequence[tuple[Measured, Requests]]
    merge: Measured
    traces: int

    @property
    def largest(self) -> tuple[Measured, Requests]:
        """The worker with most runs."""
        return max(self.workers, key=lambda one: one[0].result["runs"])


def in_parts(cloud: Server) -> Iterator[Row]:
    """A day in parts, from its plan to its report."""
    what = f"{_RUNS:,} runs in parts"
    with langsmith(_RUNS) as server:
        day = _report(World(server, cloud), _WORKERS)
    yield Row(
        f"{what}: the plan for {_WORKERS} workers",
        f"{len(day.workers)} windows, {day.planned.pages} page requests, {day.plan.seconds:.1f} s",
    )
    worker, requests = day.largest
    yield Row(
        f"{what}: the largest worker, {worker.result['runs']:,} runs",
        f"{in_megabytes(worker)}, {requests.pages:,} page requests, {worker.seconds:.0f} s",
    )
    yield Row(
        f"{what}: the merge, {day.traces:,} traces",
        f"{in_megabytes(day.merge)}, {day.merge.seconds:.0f} s",
    )


def merge() -> Row:
    """The merge alone, of made-up parts."""
    command = [sys.executable, "-m", "bench.merge", "10000000", "64"]
    made = json.loads(subprocess.check_output(command))
    measured = f"{made['peak_bytes'] / MB:,.0f} MB, {made['seconds']:.0f} s of processor time"
    met = made["peak_bytes"] <= _MERGE_MB * MB
    return Row("parts of 10,000,000 traces: adding up", measured, f"at most {_MERGE_MB:,} MB", met)


def _report(world: World, workers: int) -> DayInParts:
    """Report the day of `world`, in which `workers` read one after the other.

    As only one of them reads at a time, it has all of LangSmith's limit, not its share of it.
    """
    event, own = {"date": DAY.isoformat()}, {"WORKERS": str(workers)}
    plan = world.invoke({"plan": event}, **own)
    planned = world.requests()
    run, windows = plan.result["run"], plan.result["windows"]
    limit = {"MAX_REQUESTS_PER_10S": str(_MOST_REQUESTS * workers)}
    read = [
        (world.invoke({"run": run, "collect": window}, **own, **limit), world.requests())
        for window in windows
    ]
    merged = world.invoke({"run": run, "merge": event, "windows": windows}, **own)
    return DayInParts(plan, planned, read, merged, _traces(world))


def _traces(world: World) -> int:
    """The requests that the day's record counts."""
    with environment(json.loads(world.aws.first_line)):
        body = boto3.client("s3").get_object(Bucket=world.bucket, Key=_SUMMARY)["Body"].read()
    return sum(costs["requests"] for costs in json.loads(body)["cost_per_request"].values())
