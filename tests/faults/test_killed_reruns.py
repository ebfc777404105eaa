"""A day that is run again and dies at one of its writes: what is remembered meanwhile."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deployment import Deployment
from tests.faults.aws_proxy import AwsProxy
from tests.faults.processes import kill_at
from tests.faults.world import World
from tests.traces import llm

DAY, NEXT = "2026-11-21", "2026-11-22"
SUMMARY = f"summary/dt={DAY}/summary_{DAY}.json"
BEFORE_THE_RECORD = [
    *("spend_by_feature", "spend_detail", "untagged", "top_requests", "drivers", "report"),
    "summary",
]


@pytest.fixture
def small(tmp_path: Path) -> Iterator[World]:
    """A day of one call for a dollar, reported, to which another has come since."""
    log = tmp_path / "function.log"
    with Deployment(log) as deployment, AwsProxy(deployment.aws.url) as proxy:
        deployment.put_prices({"m": {"input": 1_000, "output": 0}})
        deployment.add_runs(call(DAY, "one"), call(NEXT, "one"))
        world = World(deployment, proxy, log)
        world.run({"date": DAY})
        deployment.add_runs(call(DAY, "late"))
        yield world


def call(day: str, name: str) -> dict[str, Any]:
    """A call that costs a dollar."""
    at = f"{day}T10:00:00Z"
    return llm(f"{name} {day}", at, model="m", feature="rag", tokens=(1_000, 0))


def baseline(world: World) -> str:
    """What the next day's report knows of the day before it."""
    world.run({"date": NEXT, "notify": False})
    found = world.reports()[f"drivers/dt={NEXT}/drivers_{NEXT}.csv"].decode().splitlines()
    return dict(zip(found[0].split(","), found[1].split(","), strict=True))["baseline_usd"]


def test_killed_at_each_write(small: World) -> None:
    """Whichever object of the set a rerun dies before, the old record stays, and with it what
    later days learn of it; the next run makes the day whole."""
    old = small.reports()[SUMMARY]

    for report in BEFORE_THE_RECORD:
        kill_at(small, f"s3:PUT /spend-reports/{report}/")

        assert small.reports()[SUMMARY] == old, report
        assert baseline(small) == "1.000000", report

    small.run({"date": DAY})

    assert json.loads(small.reports()[SUMMARY])["total"]["calls"] == 2
    assert baseline(small) == "2.000000"


def test_killed_after_the_record(small: World) -> None:
    """Before `latest/` is written the new record counts already; the next run writes the copies."""
    kill_at(small, "s3:PUT /spend-reports/latest/")

    left = small.reports()
    assert json.loads(left[SUMMARY])["total"]["calls"] == 2
    main = left[f"spend_by_feature/dt={DAY}/spend_by_feature_{DAY}.csv"]
    assert left["latest/spend_by_feature.csv"] != main
    assert baseline(small) == "2.000000"

    small.run({"date": DAY})

    assert small.reports()[f"spend_by_feature/dt={DAY}/spend_by_feature_{DAY}.csv"] == main
