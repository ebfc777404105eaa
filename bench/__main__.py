"""`make bench`: what is fast, what it costs, and whether the goals hold.

Every process is a fresh one, as the function's is every morning, and runs what `make build` made.
Every ratio comes from pairs that followed each other on one machine. `--full` adds days of a
million runs, plain ones and such on which somebody writes ids where names belong, and one of three
million that workers read in parts.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from statistics import median

from rich.console import Console
from rich.table import Table

from bench.artefact import measure_artefact
from bench.day import DAY
from bench.huge import in_parts, merge
from bench.processes import Measured, Server, World, aws, in_turn, langsmith
from bench.rows import MB, Row, at_most, in_megabytes, median_ratio, memory, times

_PAGE_SECONDS, _PAGE_MB = 0.3, 40
_HISTORY_SECONDS, _HISTORY_MB = 0.3, 60
_BUILT_MB, _COLD_START = 60, 0.6
_OVER_FLOOR = 2.0
_SMALL_DAY_PAGES = 4
_WHOLE, _WHOLE_WITH_LATENCY = 1.3, 20
_FIRST_CALL, _FIRST_CALL_WITH_LATENCY = 3, 30
_ROUNDS, _FEW_ROUNDS = 9, 3
_MILLION = 1_000_000
_FLOODS = ("an id as feature", "100,000 values of env")
_FLOOD_MB, _FLOOD_TIME, _UNTAGGED = 700, 2, 1.5
# What is written and sent of a flooded day, by how it begins, and the most bytes it may have.
_OUTPUTS = {
    "report/": ("page", 300_000),
    "summary/": ("record", 2_000_000),
    "spend_alert": ("message", 256 * 1024),
    "weekly_digest": ("digest", 256 * 1024),
}


def main() -> int:
    """Measure, print the table, and return 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--full", action="store_true", help="with millions of runs: many minutes")
    parser.add_argument("--skip-slow", action="store_true", help="without the slow comparisons")
    options = parser.parse_args()
    console = Console()
    table = Table("Measured", "Result", "Goal", "", title="spend-report")
    missed = False
    with console.status("Measuring …") as status:
        for row in _rows(full=options.full, slow=not options.skip_slow):
            status.update(f"Measured {row.what} …")
            mark = {None: "", True: "[green]met[/]", False: "[red]missed[/]"}[row.met]
            table.add_row(row.what, row.measured, row.goal, mark)
            missed = missed or row.met is False
    console.print(table)
    return int(missed)


def _rows(*, full: bool, slow: bool) -> Iterator[Row]:
    with aws() as cloud:
        with langsmith(10) as server:
            world = World(server, cloud)
            world.report()
            world.requests()
            base = world.report()
            pages = world.requests().pages
            yield at_most("10 runs, known to be few: page requests", pages, _SMALL_DAY_PAGES)
            yield Row("handler, 10 runs: peak memory", in_megabytes(base))
            yield _whole("10 runs", world, least=_WHOLE)
        with langsmith(1_000) as server:
            yield _whole("1,000 runs", World(server, cloud), least=_WHOLE)
        with langsmith(10_000) as server:
            yield memory(World(server, cloud).report(), base, None)
        with langsmith(20_000) as server:
            yield _whole("20,000 runs", World(server, cloud), least=_WHOLE)
        with langsmith(100_000) as server:
            world = World(server, cloud)
            yield memory(world.report(), base, 180)
            yield from _requests(world, runs=100_000, most_pages=None)
            yield _over_floor("plain", world)
            if slow:
                yield _first_call("100,000 runs, no latency", _pairs(world), least=_FIRST_CALL)
        with langsmith(20_000, per_page=0.2, per_run=0.0004) as server:
            world = World(server, cloud)
            world.report()
            at_once = world.requests().most_at_once
            yield at_most("20,000 runs, latency: at once", at_once, 16)
            if slow:
                what, pairs = "20,000 runs, 200 ms a page + 0.4 ms a run", _pairs(world)
                yield _whole_ratio(what, pairs, least=_WHOLE_WITH_LATENCY)
                yield _first_call(what, pairs, least=_FIRST_CALL_WITH_LATENCY)
        yield from _page()
        yield from _history()
        yield from _artefact()
        with langsmith(100_000, kind="mixed") as server:
            yield _over_floor("mixed", World(server, cloud))
        if full:
            yield from _millions(cloud, base)
            yield from in_parts(cloud)
            yield merge()


def _millions(cloud: Server, base: Measured) -> Iterator[Row]:
    with langsmith(_MILLION) as server:
        world = World(server, cloud)
        plain = world.report()
        yield memory(plain, base, 400)
        yield from _requests(world, runs=_MILLION, most_pages=1_100)
    for kind in _FLOODS:
        yield from _flood(f"1,000,000 runs, {kind}", kind, cloud, plain)
    with langsmith(_MILLION, kind="untagged") as server:
        ratio = World(server, cloud).report().peak_bytes / plain.peak_bytes
        yield times("1,000,000 runs without a tag: memory / a tagged day's", ratio, _UNTAGGED)


def _flood(what: str, kind: str, cloud: Server, plain: Measured) -> Iterator[Row]:
    with langsmith(_MILLION, kind=kind) as server:
        world = World(server, cloud)
        flooded = world.report()
        world.report(DAY + timedelta(days=1))  # a Sunday without a run: the week is told of
    goal, met = f"at most {_FLOOD_MB} MB", flooded.peak_bytes <= _FLOOD_MB * MB
    yield Row(f"{what}: peak memory", in_megabytes(flooded), goal, met)
    yield times(f"{what}: time / a plain day's", flooded.seconds / plain.seconds, _FLOOD_TIME)
    ratio = flooded.processor_seconds / plain.processor_seconds
    yield Row(f"{what}: processor time / a plain day's", f"{ratio:.2f} times")
    sizes = world.outputs()
    for begin, (output, most) in _OUTPUTS.items():
        size = max(size for name, size in sizes.items() if name.startswith(begin))
        yield at_most(f"{what}: bytes of the {output}", size, most)


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
    megabytes = best["bytes"] / MB
    yield Row("the page: memory", f"{megabytes:.0f} MB", "at most 40 MB", megabytes <= _PAGE_MB)


def _history() -> Iterator[Row]:
    command = [sys.executable, "-m", "bench.history"]
    rounds = [json.loads(subprocess.check_output(command)) for _ in range(3)]
    seconds = min(made["seconds"] for made in rounds)
    megabytes = min(made["bytes"] for made in rounds) / MB
    what = f"31 full records of {rounds[0]['size'] / MB:.1f} MB"
    yield Row(
        f"{what}: reading them", f"{seconds:.2f} s", "at most 0.3 s", seconds <= _HISTORY_SECONDS
    )
    yield Row(f"{what}: memory", f"{megabytes:.0f} MB", "at most 60 MB", megabytes <= _HISTORY_MB)


def _artefact() -> Iterator[Row]:
    built = measure_artefact()
    megabytes = built.size / MB
    goal = f"at most {_BUILT_MB} MB"
    yield Row("built: unzipped", f"{megabytes:.0f} MB", goal, megabytes <= _BUILT_MB)
    yield Row(
        "built: cold start / boto3's clients and langsmith alone",
        f"{built.init_ratio:.2f} times ({built.init:.2f} s / {built.least_init:.2f} s)",
        "at most 0.6 times",
        built.init_ratio <= _COLD_START,
    )


type _Pairs = list[tuple[Measured, Measured]]


def _pairs(world: World) -> _Pairs:
    """The tutorial's script and the report, in turn."""
    return in_turn(world.tutorial, world.report, _FEW_ROUNDS)


def _whole(runs: str, world: World, *, least: float) -> Row:
    in_turn(world.tutorial, world.report, 1)  # what is read is in the page cache from here on
    return _whole_ratio(runs, in_turn(world.tutorial, world.report, _ROUNDS), least=least)


def _whole_ratio(what: str, pairs: _Pairs, *, least: float) -> Row:
    seconds = [(script.whole_seconds, report.whole_seconds) for script, report in pairs]
    return median_ratio(
        f"{what}: tutorial's script / report, whole processes", seconds, least=least
    )


def _first_call(what: str, pairs: _Pairs, *, least: float) -> Row:
    seconds = [(script.seconds, report.seconds) for script, report in pairs]
    return median_ratio(f"{what}: the script's loop / handler's first call", seconds, least=least)


def _over_floor(kind: str, world: World) -> Row:
    pairs = in_turn(
        lambda: world.contestant("floor"), lambda: world.contestant("pipeline"), _ROUNDS
    )
    ratio = median(ours.seconds / least.seconds for least, ours in pairs)
    least, ours = (median(each.seconds for each in one) for one in zip(*pairs, strict=True))
    return Row(
        f"100,000 runs, {kind}: fetch, attribute, price, add up / floor",
        f"{ratio:.2f} times ({ours:.2f} s / {least:.2f} s)",
        "at most 2 times",
        ratio <= _OVER_FLOOR,
    )


def _requests(world: World, *, runs: int, most_pages: int | None) -> Iterator[Row]:
    seen = world.requests()
    yield Row(
        f"{runs:,} runs: page requests",
        f"{seen.pages:,}",
        f"at most {most_pages:,}" if most_pages else "",
        seen.pages <= most_pages if most_pages else None,
    )
    yield at_most(f"{runs:,} runs: requests in any 10 s", seen.most_in_ten_seconds, 300)


if __name__ == "__main__":
    sys.exit(main())
