"""`python -m local.langsmith_server`: the server as a process of its own.

Prints its URL as the first line once the runs are loaded and the port is open.
"""

import argparse
import asyncio
import gc
import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from local.bulk_data import bulk_runs
from local.langsmith_server.server import API_KEY, LangSmithServer, page_latency


def main(arguments: Sequence[str] | None = None) -> None:
    """Load the runs, serve, and print where."""
    options = _options(arguments)
    latency = page_latency(options.latency, options.latency_per_run)
    server = LangSmithServer(api_key=options.api_key, port=options.port, latency=latency)
    for path in options.data:
        for project, run in _read(path):
            server.add_runs(project, [run])
    if options.bulk:
        server.add_runs(options.project, bulk_runs(options.bulk, options.date))
    # Millions of dicts that live as long as the process: not worth a single collection.
    gc.freeze()
    asyncio.run(_serve(server))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m local.langsmith_server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes any free port")
    parser.add_argument("--api-key", default=API_KEY)
    parser.add_argument(
        "--data",
        type=Path,
        action="append",
        default=[],
        help="JSON lines: a run in v2's shape and \"project\", the project's name",
    )
    parser.add_argument("--bulk", type=int, default=0, help="make up so many LLM runs")
    parser.add_argument("--project", default="bulk", help="the project of --bulk")
    parser.add_argument("--date", type=date.fromisoformat, default=date(2026, 11, 21))
    parser.add_argument("--latency", type=float, default=0.0, help="seconds per page")
    parser.add_argument("--latency-per-run", type=float, default=0.0, help="seconds per run")
    return parser.parse_args(arguments)


def _read(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            run = json.loads(line)
            yield run.pop("project"), run


async def _serve(server: LangSmithServer) -> None:
    serving = asyncio.ensure_future(server.serve())
    await server.wait_ready()
    if not serving.done():
        print(server.url, flush=True)
    await serving


if __name__ == "__main__":
    main()
