"""What the days before cost: `python -m bench.history` prints it as JSON.

The records of 31 days, each as full as a record may be, as they are read every morning: of the
last fourteen the models too. Getting them from S3 is left out.
"""

import json
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from multiprocessing import get_context
from pathlib import Path

from bench.page import resident_bytes
from spend_report.domain.record.decode_record import past_day

_DAYS, _WITH_MODELS = 31, 14
_FIRST = date(2026, 10, 1)


def main() -> None:
    """Measure and print: seconds, bytes, and the size of a record."""
    with tempfile.TemporaryDirectory() as folder:
        # By another process: what it leaves of its memory would be taken again.
        with ProcessPoolExecutor(1, get_context("spawn")) as pool:
            size = pool.submit(_write, Path(folder)).result()
        past_day((Path(folder) / "0.json").read_bytes(), _FIRST)
        begun, before = time.perf_counter(), resident_bytes()
        days = [
            past_day(
                (Path(folder) / f"{number}.json").read_bytes(),
                _FIRST + timedelta(days=number),
                with_models=number >= _DAYS - _WITH_MODELS,
            )
            for number in range(_DAYS)
        ]
        seconds, taken = time.perf_counter() - begun, resident_bytes() - before
    result = {"days": len(days), "seconds": seconds, "bytes": taken, "size": size}
    sys.stdout.write(json.dumps(result))


def _write(folder: Path) -> int:
    """Write the records, and say how large the last one is."""
    from tests.records import full_day, record

    body = b""
    content = json.loads(record(full_day("x")))
    for number in range(_DAYS):
        day = _FIRST + timedelta(days=number)
        start = datetime.combine(day, clock(), UTC)
        ends = {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()}
        body = json.dumps({**content, "date": day.isoformat(), **ends}).encode()
        (folder / f"{number}.json").write_bytes(body)
    return len(body)


if __name__ == "__main__":
    main()
