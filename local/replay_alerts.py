"""`make replay-alerts`: what would have been told of the days that there are, before it is on.

Reads the days from LangSmith one after the other, as the schedule would have, with the documents
in the folder CONFIG, and sends nothing. Takes LANGSMITH_API_KEY, and LANGSMITH_ENDPOINT and
LANGSMITH_WORKSPACE_ID where they are set.
"""

import argparse
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from rich.console import Console
from rich.table import Table

from local.aws import LocalAws
from local.command_line import failing_clearly, langsmith_settings
from local.invoke import LocalFunction
from local.report import DEFAULT_CONFIG
from local.screen import step

_DAYS_A_MONTH = 30


class Told(NamedTuple):
    """A line of the table."""

    day: date
    kind: str
    severity: str
    text: str


def main(arguments: Sequence[str] | None = None) -> None:
    """Replay the days, and print what they would have told."""
    options = _options(arguments)
    last = date.fromisoformat(options.date)
    days = [last - timedelta(back) for back in range(options.days - 1, -1, -1)]
    console = Console()
    with failing_clearly():
        told = replay(console, options.projects, days, options.config, options.timezone)
    show(console, told, len(days))


def replay(
    console: Console, projects: str, days: Sequence[date], config: Path, timezone: str
) -> list[Told]:
    """What each of `days` would have told, by those of them before it.

    Raises:
        SpendReportError: as the function does, on the same grounds.
    """
    source = langsmith_settings(projects)
    told: list[Told] = []
    with LocalAws() as aws:
        aws.put_documents(config)
        settings = {**source, **aws.settings(), "REPORT_TIMEZONE": timezone, "WEEKLY_DIGEST": "off"}
        with (
            step(console, f"Replaying {days[0]} to {days[-1]} from LangSmith"),
            LocalFunction(settings, Path("out/replay.log")) as function,
        ):
            for day in days:
                known = len(aws.published())
                function({"date": str(day)})
                for message in aws.published()[known:]:
                    told += _lines(day, json.loads(message.parts["sqs"]))
    return told


def show(console: Console, told: Sequence[Told], days: int) -> None:
    """A table of what was `told`, and how often that is."""
    table = Table("day", "kind", "severity", "what")
    for one in told:
        table.add_row(str(one.day), one.kind, one.severity, one.text)
    if told:
        console.print(table)
    alarms = {kind: sum(one.kind == kind for one in told) for kind in ("budget", "spike", "data")}
    spoken = len({one.day for one in told})
    parts = [
        f"{count} {kind} ({count * _DAYS_A_MONTH / days:.1f} a month)"
        for kind, count in alarms.items()
    ]
    console.print(f"Messages on {spoken} of {days} days: {', '.join(parts)}.", highlight=False)


def _lines(day: date, message: Mapping[str, Any]) -> Iterator[Told]:
    for alert in message["alerts"]:
        whose = alert["feature"] or "total"
        text = alert.get("text") or (
            f"{whose}: ${alert['spent_usd']} of ${alert['budget_usd']} {alert['period']}"
        )
        yield Told(day, "budget", alert["severity"], text)
    for spike in message["spikes"]:
        yield Told(day, "spike", spike["severity"], spike["text"])
    for notice in message["notices"]:
        yield Told(day, "data", "warning", notice["text"])


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    given = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m local.replay_alerts", description=__doc__)
    parser.add_argument(
        "--projects", default=given("PROJECTS", ""), help="names or UUIDs, by comma"
    )
    parser.add_argument("--days", type=int, default=int(given("DAYS") or 60))
    parser.add_argument(
        "--date", default=given("DATE") or str(yesterday), help="the last day; default: yesterday"
    )
    parser.add_argument("--config", type=Path, default=Path(given("CONFIG") or DEFAULT_CONFIG))
    parser.add_argument("--timezone", default=given("TIMEZONE") or "UTC")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
