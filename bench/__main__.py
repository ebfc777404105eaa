"""`make bench`: what is fast, what it costs, and whether the goals hold.

Every ratio comes from one run on one machine. `--full` adds the day of a million runs.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.artefact import measure_artefact
from bench.processes import LangSmith, Result, aws, langsmith, measure, measure_in_turns

_MB = 1_000_000
_PAGE_SECONDS, _PAGE_MB = 0.3, 40
_BUILT_MB, _COLD_START = 110, 1.3
_OVER_FLOOR = 2.0
_THREE_ROUNDS = ("--rounds", "3", "--warm")
_LATENCY = {"per_page": 0.2, "per_run": 0.0004}


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `met` is None where there is no goal."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None


def main() -> int:
    """Measure, print the table, and return 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="with 1,000,000 runs: some minutes")
    parser.add_argument("--skip-old-loop", action="store_true", help="without the slow contestant")
    options = parser.parse_args()
    console = Console()
    table = Table("Measured", "Result", "Goal", "", title="spend-report")
    missed = False
    with console.status("Measuring …") as status:
        for row in _rows(full=options.full, old_loop=not options.skip_old_loop):
            status.update(f"Measured {row.what} …")
            mark = {None: "", True: "[green]met[/]", False: "[red]missed[/]"}[row.met]
            table.add_row(row.what, row.measured, row.goal, mark)
            missed = missed or row.met is False
    console.print(table)
    return int(missed)


def _rows(*, full: bool, old_loop: bool) -> Iterator[Row]:
    with aws() as cloud:
        with langsmith(10) as server:
            base = measure("handler", server, cloud)
            yield Row("handler, 10 runs: peak memory", _megabytes(base))
        with langsmith(10_000) as server:
            yield _memory(measure("handler", server, cloud), base, None)
        with langsmith(100_000) as server:
            yield _memory(measure("handler", server, cloud), base, 180)
            yield from _requests(server, runs=100_000, most_pages=None)
            yield _over_floor(server, cloud)
            handler = measure("handler", server, cloud, *_THREE_ROUNDS)
            if old_loop:
                yield _speedup("100,000 runs, no latency", server, cloud, handler, least=3)
        with langsmith(20_000, **_LATENCY) as server:
            handler = measure("handler", server, cloud, *_THREE_ROUNDS)
            yield _at_most("20,000 runs, latency: at once", server.requests().most_at_once, 16)
            if old_loop:
                what = "20,000 runs, 200 ms a page + 0.4 ms a run"
                yield _speedup(what, server, cloud, handler, least=30)
        yield from _page()
        yield from _artefact()
        if full:
            with langsmith(1_000_000) as server:
                yield _memory(measure("handler", server, cloud), base, 400)
                yield from _requests(server, runs=1_000_000, most_pages=1_100)


def _page() -> Iterator[Row]:
    command = [sys.executable, "-m", "bench.page"]
    rounds = [json.loads(subprocess.check_output(command)) for _ in range(3)]
    best = min(rounds, key=lambda made: made["seconds"])
    yield Row(
        "the page, 60 features over 30 days: making it",
        f"{best['seconds']:.2f} s, with imports {best['seconds'] + best['import_seconds']:.2f} s",
        "at most 0.3 s",
        best["seconds"] <= _PAGE_SECONDS,
    )
    megabytes = best["bytes"] / _MB
    yield Row("the page: memory", f"{megabytes:.0f} MB", "at most 40 MB", megabytes <= _PAGE_MB)


def _artefact() -> Iterator[Row]:
    built = measure_artefact()
    megabytes = built.size / _MB
    yield Row("built: unzipped", f"{megabytes:.0f} MB", "at most 110 MB", megabytes <= _BUILT_MB)
    yield Row(
        "built: cold start / boto3's clients and langsmith alone",
        f"{built.init_ratio:.2f} times ({built.init:.2f} s / {built.least_init:.2f} s)",
        "at most 1.3 times",
        built.init_ratio <= _COLD_START,
    )


def _over_floor(server: LangSmith, cloud: Mapping[str, str]) -> Row:
    """The median of the ratios of rounds that followed each other."""
    what = ["floor", "pipeline"]
    floor, pipeline = measure_in_turns(what, server, cloud, "--rounds", "21", "--warm")
    pairs = zip(pipeline.seconds, floor.seconds, strict=True)
    ratio = median(ours / least for ours, least in pairs)
    return Row(
        "100,000 runs: fetch, attribute, price, add up / floor",
        f"{ratio:.2f} times ({median(pipeline.seconds):.2f} s / {median(floor.seconds):.2f} s)",
        "at most 2 times",
        ratio <= _OVER_FLOOR,
    )


def _memory(result: Result, base: Result, most: int | None) -> Row:
    per_run = (result.peak_bytes - base.peak_bytes) / result.runs
    return Row(
        f"handler, {result.runs:,} runs: peak memory",
        f"{_megabytes(result)}, {per_run:,.0f} bytes a run",
        f"at most {most} MB" if most else "",
        result.peak_bytes <= most * _MB if most else None,
    )


def _requests(server: LangSmith, *, runs: int, most_pages: int | None) -> Iterator[Row]:
    seen = server.requests()
    yield Row(
        f"{runs:,} runs: page requests",
        f"{seen.pages:,}",
        f"at most {most_pages:,}" if most_pages else "",
        seen.pages <= most_pages if most_pages else None,
    )
    yield _at_most(f"{runs:,} runs: requests in any 10 s", seen.most_in_ten_seconds, 300)


def _at_most(what: str, measured: int, most: int) -> Row:
    return Row(what, f"{measured:,}", f"at most {most:,}", measured <= most)


def _speedup(
    what: str, server: LangSmith, cloud: Mapping[str, str], handler: Result, *, least: float
) -> Row:
    old = measure("old loop", server, cloud)
    old_seconds, seconds = min(old.seconds), min(handler.seconds)
    ratio = old_seconds / seconds
    return Row(
        f"{what}: old loop / handler",
        f"{ratio:.1f} times ({old_seconds:.1f} s / {seconds:.2f} s)",
        f"at least {least:g} times",
        ratio >= least,
    )


def _megabytes(result: Result) -> str:
    return f"{result.peak_bytes / _MB:.0f} MB"


if __name__ == "__main__":
    sys.exit(main())
