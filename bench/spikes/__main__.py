"""`make bench-spikes`: how often detectors cry wolf, and what they find.

Plays them, day by day, over simulated features and, where `--nab` names the file, over public
labelled series. On each judged day it also asks whether twice, three and five times the day's
value would have been found.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from rich.console import Console
from rich.table import Table

from bench.spikes.detectors import DETECTORS, Detector, ours
from bench.spikes.series import (
    KINDS,
    Series,
    days_before,
    read_labelled,
    shifted,
    simulated,
    with_gaps,
)
from spend_report.domain.judgement.usual_without_spikes import MEMORY_DAYS

PLANTED = (2, 3, 5)
_YEAR, _FEATURES = 365, 5
_FLOOR = 1.0
_PUBLISHED_FROM = 28
_MOST_FALSE_ON_PUBLIC, _MOST_ON_BATCH, _LEAST_FOUND = 2.5, 1.0, 0.70
_FIRST_DAYS = 6
_SHIFT_AT, _SHIFT_LOOK = 60, 21


@dataclass(slots=True)
class Tally:
    """What a detector made of series: days judged, messages, those on labelled days, finds.

    `planted` is the number of judged days on which there was something to multiply.
    """

    judged: int = 0
    told: int = 0
    labelled: int = 0
    first_days: int = 0
    planted: int = 0
    found: tuple[int, ...] = (0,) * len(PLANTED)

    @property
    def a_year(self) -> float:
        """Messages a series-year."""
        return self.told / self.judged * _YEAR

    @property
    def false_a_year(self) -> float:
        """Messages a series-year on days that nobody labelled."""
        return (self.told - self.labelled) / self.judged * _YEAR

    def share_found(self, times: int) -> float:
        """The share of the plants of so many times the value that were found."""
        return self.found[PLANTED.index(times)] / self.planted


def play(detector: Detector, series: Iterable[Series], floor: float, begin: int = 0) -> Tally:
    """Let `detector` judge each day of `series` from the one numbered `begin` on."""
    tally = Tally()
    for one in series:
        for number, (day, value, past) in enumerate(days_before(one, MEMORY_DAYS)):
            limit, is_told = detector(past, day, floor)
            if limit is None or number < begin:
                continue
            told = is_told and value > limit
            tally.judged += 1
            tally.told += told
            tally.labelled += told and day in one.labelled
            tally.first_days += told and number < _FIRST_DAYS
            if value:
                tally.planted += 1
                hits = (times * value > limit for times in PLANTED)
                tally.found = tuple(old + hit for old, hit in zip(tally.found, hits, strict=True))
    return tally


def main() -> int:
    """Print the tables and return 1 if a goal was missed."""
    parser = argparse.ArgumentParser(prog="python -m bench.spikes", description=__doc__)
    parser.add_argument("--nab", type=Path, help="series as CSV: series,date,value,labelled")
    options = parser.parse_args()
    console = Console()
    goals = []
    if options.nab:
        goals += _public(console, read_labelled(options.nab))
    else:
        console.print("Public labelled series: skipped, no file was given (NAB=path).\n")
    goals += _simulated(console)
    _shifts(console)
    for what, measured, met in goals:
        mark = "[green]met[/]" if met else "[red]missed[/]"
        console.print(f"{what}: {measured}, {mark}")
    return int(not all(met for *_, met in goals))


type Goal = tuple[str, str, bool]


def _public(console: Console, series: Sequence[Series]) -> list[Goal]:
    table = _table("Public series, judged from the 29th day on")
    late = {
        name: play(detector, series, 0, _PUBLISHED_FROM) for name, detector in DETECTORS.items()
    }
    for name, tally in late.items():
        table.add_row(name, *_cells(tally))
    console.print(table)
    table = _table("Public series, judged as soon as a detector can")
    early = {name: play(detector, series, 0) for name, detector in DETECTORS.items()}
    for name, tally in early.items():
        table.add_row(name, *_cells(tally))
    console.print(table)
    our = [late["spend-report"], early["spend-report"]]
    false = max(tally.false_a_year for tally in our)
    found = min(tally.share_found(3) for tally in our)
    return [
        (
            f"public series, false alarms a series-year, at most {_MOST_FALSE_ON_PUBLIC}",
            f"{false:.2f}",
            false <= _MOST_FALSE_ON_PUBLIC,
        ),
        (
            "public series, three times the value found, at least 70 %",
            f"{found:.0%}",
            found >= _LEAST_FOUND,
        ),
    ]


def _simulated(console: Console) -> list[Goal]:
    tallies: dict[str, Tally] = {}
    for kind in KINDS:
        table = _table(f"Simulated: {kind}, {_FEATURES} features over a year")
        series = simulated(kind, _FEATURES, _YEAR)
        for name, detector in DETECTORS.items():
            tally = play(detector, series, _FLOOR)
            if name == "spend-report":
                tallies[kind] = tally
            table.add_row(name, *_cells(tally))
        gaps = [with_gaps(one, Random(one.name)) for one in series]
        table.add_row("spend-report, days missing", *_cells(play(ours, gaps, _FLOOR)))
        console.print(table)
    batch = tallies["Sunday batch"].a_year
    first = sum(tally.first_days for tally in tallies.values())
    return [
        (
            f"Sunday batch, alarms a series-year, at most {_MOST_ON_BATCH:g}",
            f"{batch:.2f}",
            batch <= _MOST_ON_BATCH,
        ),
        ("alarms on a feature's first six days, none", str(first), first == 0),
    ]


def _shifts(console: Console) -> None:
    """What a lasting new level of three times the old one brings."""
    table = Table("", "messages in the 21 days after", title="A new level, three times the old one")
    for kind in KINDS:
        if kind == "only Sundays":
            continue
        messages = 0
        for one in simulated(kind, _FEATURES * 3, _SHIFT_AT + _SHIFT_LOOK):
            tally = play(ours, [shifted(one, _SHIFT_AT, 3)], _FLOOR, _SHIFT_AT)
            messages += tally.told
        table.add_row(kind, f"{messages / (_FEATURES * 3):.2f}")
    console.print(table)


def _table(title: str) -> Table:
    found = [f"found {times} times" for times in PLANTED]
    return Table("", "days judged", "alarms a year", "on labelled days", *found, title=title)


def _cells(tally: Tally) -> list[str]:
    labelled = f"{tally.labelled} of {tally.told}" if tally.labelled else ""
    found = [f"{tally.share_found(times):.0%}" for times in PLANTED]
    return [f"{tally.judged:,}", f"{tally.a_year:.1f}", labelled, *found]


if __name__ == "__main__":
    sys.exit(main())
