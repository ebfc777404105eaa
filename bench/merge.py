"""What adding up the parts of a huge day costs: `python -m bench.merge <traces> <parts>`.

The parts are made up, as the workers' files are, and one trace in fifty lies in two of them. They
are read and added up in a fresh process, which prints what it took as JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from array import array
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from spend_report.adapters.aws.part_file import decoded, encoded
from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.money import EXACT, ZERO
from spend_report.domain.figures.build_figures import figures_of
from spend_report.domain.parts.part import Part
from spend_report.domain.parts.sum_calls import Slot
from spend_report.domain.parts.trace_ids import PackedIds
from spend_report.domain.parts.traces import Owner, Traces
from spend_report.domain.prices.price_sources import PriceSource, Rates, Tokens
from spend_report.domain.runs.columns import Group
from spend_report.domain.runs.run import MetadataKeys, Project

_START = datetime(2026, 11, 21, tzinfo=UTC)
_DAY = ReportDay(_START.date(), _START, _START + timedelta(days=1))
_PROJECT = Project("id", "bulk", "")
_FEATURES = 60
_SHARED = 50
_RATES = Rates(PriceSource.PARAMETER, *map(Decimal, ("2.5", "10", "1.25", "2.5", "2.5")))
_TOKENS = Tokens(input=2000, output=400)
_UNITS = 2000 * 25 + 400 * 100  # ten-millionths of a dollar


def main() -> None:
    """Make the parts, and have another process add them up; or be that process."""
    parser = argparse.ArgumentParser(prog="python -m bench.merge", description=__doc__)
    parser.add_argument("traces", type=int)
    parser.add_argument("parts", type=int)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.folder:
        _merge(options.folder)
        return
    with TemporaryDirectory() as folder:
        for number, part in enumerate(_parts(options.traces, options.parts)):
            Path(folder, f"{number:04}").write_bytes(encoded(part))
        command = [sys.executable, "-m", "bench.merge", "0", "0", "--folder", folder]
        print(subprocess.check_output(command, text=True).strip())


def _parts(traces: int, parts: int) -> Iterator[Part]:
    chance, shared = Random(7), list[bytes]()
    for number in range(parts):
        share = traces // parts
        ids = sorted({*shared, *(chance.randbytes(16) for _ in range(share - len(shared)))})
        shared = ids[::_SHARED] if number + 1 < parts else []
        yield _part(ids, number * 24 // parts)


def _part(ids: list[bytes], hour: int) -> Part:
    size = len(ids)
    groups = [
        Group(_PROJECT, "SUCCESS", f"feature-{n}", ("prod", "free"), "openai", "gpt-4o", "", _RATES)
        for n in range(_FEATURES)
    ]
    owner = array("I", (place % _FEATURES for place in range(size)))
    calls = [owner.count(n) for n in range(_FEATURES)]
    return Part(
        fetched=size,
        unreadable=0,
        wrappers=0,
        slots=[
            Slot(
                group,
                recorded=False,
                hour=hour,
                calls=count,
                without_usage=0,
                tokens=Tokens(2000 * count, 400 * count),
                langsmith_cost=ZERO,
            )
            for group, count in zip(groups, calls, strict=True)
        ],
        traces=Traces(
            7,
            [Owner(_PROJECT, group.feature) for group in groups],
            PackedIds(b"".join(ids)),
            owner=owner,
            calls=array("I", [1]) * size,
            input=array("q", [_TOKENS.input]) * size,
            output=array("q", [_TOKENS.output]) * size,
            units=array("q", [_UNITS]) * size,
            further=array("I"),
        ),
        paths={},
        remarks={},
    )


def _merge(folder: Path) -> None:
    files = sorted(folder.iterdir())
    size = sum(file.stat().st_size for file in files)
    begun = time.process_time()
    with localcontext(EXACT):
        parts = [decoded(file.read_bytes()) for file in files]
        figures = figures_of(_DAY, parts, MetadataKeys("feature", ("env", "user_tier")))
    said = {
        "calls": figures.calls,
        "requests": sum(costs.count for costs in figures.request_costs.values()),
        "bytes": size,
        "seconds": time.process_time() - begun,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
