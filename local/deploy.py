"""`make deploy-local`: a real `sam deploy` of the built template, and its schedule fires."""

import argparse
import json
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from local.langsmith_server import LangSmithServer
from local.ministack import MiniStack
from local.sample_data import PROJECT, SAMPLE_DATE, sample_runs
from local.screen import day_table, show_files, step
from local.stack import NAME, Stack

CONFIG = Path(__file__).parent / "config"
SCHEDULED_TIME = f"{SAMPLE_DATE + timedelta(days=1)}T06:00:00Z"


def main(arguments: Sequence[str] | None = None) -> None:
    """Deploy, configure, wait for the schedule, and show what came out."""
    parser = argparse.ArgumentParser(prog="python -m local.deploy", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/deployed"), help="where files go")
    out: Path = parser.parse_args(arguments).out
    console = Console()
    with ExitStack() as running:
        folder = Path(running.enter_context(tempfile.TemporaryDirectory()))
        with step(console, "Starting an embedded LangSmith and an emulated AWS"):
            langsmith = running.enter_context(LangSmithServer())
            langsmith.add_runs(PROJECT, sample_runs())
            aws = running.enter_context(MiniStack(folder))
        with step(console, f"sam deploy of the stack {NAME}"):
            stack = Stack(aws, {"LangSmithEndpoint": langsmith.url, "LangSmithProjects": PROJECT})
        with step(console, "Putting prices, budgets and the API key"):
            stack.configure(CONFIG, langsmith.api_key)
            queue = stack.subscribe_queue()
        with step(console, "Waiting for the schedule, now every minute, to invoke the function"):
            stack.fire_schedule(SCHEDULED_TIME)
            alert = stack.received(queue)
        for key, body in stack.objects().items():
            path = out / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)
    day = SAMPLE_DATE.isoformat()
    console.print(day_table(out, day, CONFIG))
    console.rule("[bold]The alert, as a program receives it[/]", align="left")
    console.print_json(json.dumps(alert))
    show_files(console, out, day)


if __name__ == "__main__":
    main()
