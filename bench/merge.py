"""What adding up the parts of a huge day costs: `python -m bench.merge <traces> <parts>`.

The parts are made up, as the workers' files are. One trace in fifty lies in two of them, and one in
a hundred has a call that is still open when its window ends. They are read and added up in a fresh
process, which prints what it took as JSON.
"""

import argparse
import json
import resource
import subprocess
import sys
import time
from array import array
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal, localcontext
from io import BytesIO
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from spend_report.adapters.aws.s3_parts import S3Parts
from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.money import EXACT, ZERO
from spend_report.domain.figures.build_figures import figures_of
from spend_report.domain.parts.part import Part, Pending
from spend_report.domain.parts.sum_calls import Slot
from spend_report.domain.parts.trace_ids import PackedIds
from spend_report.domain.parts.traces import Block, Further, Owner, Traces
from spend_report.domain.parts.windows import Window
from spend_report.domain.prices.price_sources import PriceSource, Rates, Tokens
from spend_report.domain.runs.columns import Group
from spend_report.domain.runs.run import MetadataKeys, Project

_START = datetime(2026, 11, 21, tzinfo=UTC)
_DAY = ReportDay(_START.date(), _START, _START + timedelta(days=1))
_PROJECT = Project("id", "bulk", "")
_FEATURES = 60
_SHARED, _OPEN = 50, 100
_RATES = Rates(PriceSource.PARAMETER, *map(Decimal, ("2.5", "10", "1.25", "2.5", "2.5")))
_GROUPS = [
    Group(_PROJECT, "SUCCESS", f"feature-{n}", ("prod", "free"), "openai", "gpt-4o", "", _RATES)
    for n in range(_FEATURES)
]
_OWNERS = [Owner(_PROJECT, group.feature) for group in _GROUPS]
_TOKENS = Tokens(input=2000, output=400)
_UNITS = 2000 * 25 + 400 * 100  # ten-millionths of a dollar, as are those of traces


class _Folder:
    """As much of S3's client as parts need, on a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def put_object(self, *, Key: str, Body: bytes, **_: Any) -> None:  # noqa: N803 - boto3's names
        path = self._root / Key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Body)

    def get_object(self, *, Key: str, Range: str = "", **_: Any) -> dict[str, Any]:  # noqa: N803
        with (self._root / Key).open("rb") as file:
            if not Range:
                return {"Body": BytesIO(file.read())}
            first, last = map(int, Range.removeprefix("bytes=").split("-"))
            file.seek(first)
            return {"Body": BytesIO(file.read(last + 1 - first))}


def main() -> None:
    """Make the parts, and have another process add them up; or be that process."""
    parser = argparse.ArgumentParser(prog="python -m bench.merge", description=__doc__)
    parser.add_argument("traces", type=int)
    parser.add_argument("parts", type=int)
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args()
    if options.folder:
        _merge(options.folder, options.parts)
        return
    with TemporaryDirectory() as folder:
        _write(Path(folder), options.traces, options.parts)
        command = [sys.executable, "-m", "bench.merge", *sys.argv[1:], "--folder", folder]
        print(subprocess.check_output(command, text=True).strip())


def _store(folder: Path) -> S3Parts:
    return S3Parts("bucket", "", "run", client=_Folder(folder))


def _windows(parts: int) -> list[Window]:
    length = (_DAY.end - _DAY.start) / parts
    starts = [_DAY.start + length * number for number in range(parts)]
    return [Window(*pair) for pair in zip(starts, [*starts[1:], _DAY.end], strict=True)]


def _write(folder: Path, traces: int, parts: int) -> None:
    store, chance, shared = _store(folder), Random(7), list[bytes]()
    for number, window in enumerate(_windows(parts)):
        share = traces // parts
        ids = [*shared, *(chance.randbytes(16) for _ in range(share - len(shared)))]
        shared = ids[::_SHARED] if number + 1 < parts else []
        store.write(_DAY.date, window, _part(ids, number * 24 // parts, chance))


def _part(ids: Sequence[bytes], hour: int, chance: Random) -> Part:
    size = len(ids)
    owner = array("I", (place % _FEATURES for place in range(size)))
    packed = PackedIds(b"".join(ids))
    open_ = [_pending(packed[place], owner[place], hour) for place in range(0, size, _OPEN)]
    block = Block(
        packed,
        owner=owner,
        calls=array("I", [1]) * size,
        input=array("q", [_TOKENS.input]) * size,
        output=array("q", [_TOKENS.output]) * size,
        units=array("q", (int(chance.expovariate(1 / _UNITS)) for _ in range(size))),
        further=Further.of({}),
    )
    slots = [_slot(number, hour, owner.count(number)) for number in range(_FEATURES)]
    return Part(
        fetched=size + len(open_),
        unreadable=0,
        wrappers=0,
        slots=slots,
        traces=Traces(7, _OWNERS, [block]),
        paths={},
        remarks={},
        pending=open_,
    )


def _slot(number: int, hour: int, calls: int) -> Slot:
    return Slot(
        _GROUPS[number],
        recorded=False,
        hour=hour,
        calls=calls,
        without_usage=0,
        tokens=Tokens(_TOKENS.input * calls, _TOKENS.output * calls),
        langsmith_cost=ZERO,
    )


def _pending(trace: str, number: int, hour: int) -> Pending:
    return Pending(
        id=hash(trace),
        has_usage=True,
        ancestors=array("q", [hash(trace) // 2, hash(trace) // 3]),
        slot=_slot(number, hour, 1),
        trace_id=trace,
        units=_UNITS,
        path=None,
        remarks=(),
    )


def _merge(folder: Path, parts: int) -> None:
    begun = time.process_time()
    with localcontext(EXACT):
        read = _store(folder).read(_DAY.date, _windows(parts))
        figures = figures_of(_DAY, read, MetadataKeys("feature", ("env", "user_tier")))
    said = {
        "calls": figures.calls,
        "requests": sum(costs.count for costs in figures.request_costs.values()),
        "bytes": sum(file.stat().st_size for file in folder.rglob("*.*")),
        "seconds": time.process_time() - begun,
        "peak_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main()
