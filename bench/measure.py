"""A measurement in a process of its own: `python -m bench.measure <what> …` prints it as JSON.

The environment is the handler's. With `--warm` each runs once before it is timed.
"""

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from pathlib import Path

from bench.contestants import floor, handler, old_loop, pipeline

CONTESTANTS: dict[str, Callable[[], int]] = {
    "handler": handler,
    "old loop": old_loop,
    "floor": floor,
    "pipeline": pipeline,
}


def main() -> None:
    """Measure and print, for each contestant: runs, seconds by round, peak memory in bytes.

    In each round, one contestant follows the other.
    """
    parser = argparse.ArgumentParser(prog="python -m bench.measure", description=__doc__)
    parser.add_argument("what", choices=CONTESTANTS, nargs="+")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--warm", action="store_true")
    options = parser.parse_args()
    contestants = [CONTESTANTS[what] for what in options.what]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        if options.warm:
            for contestant in contestants:
                contestant()
        rounds = [[_time(contestant) for contestant in contestants] for _ in range(options.rounds)]
    results = [
        {
            "runs": times[0][0],
            "seconds": [seconds for _, seconds in times],
            "peak_bytes": _peak_bytes(),
        }
        for times in zip(*rounds, strict=True)
    ]
    sys.stdout.write(json.dumps(results))


def _time(contestant: Callable[[], int]) -> tuple[int, float]:
    gc.collect()
    started = time.perf_counter()
    runs = contestant()
    return runs, time.perf_counter() - started


def _peak_bytes() -> int:
    """The most memory that this process ever held; `VmHWM` begins anew with each program."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
