"""One measurement in a process of its own: `python -m bench.measure <what>` prints it as JSON.

The environment is the handler's. With `--warm` it runs once before it is timed.
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

from bench import contestants

CONTESTANTS: dict[str, Callable[[], int]] = {
    "handler": contestants.handler,
    "old loop": contestants.old_loop,
    "floor": contestants.floor,
    "pipeline": contestants.pipeline,
}


def main() -> None:
    """Measure and print: runs, the best wall-clock and CPU seconds, peak memory in bytes."""
    parser = argparse.ArgumentParser(prog="python -m bench.measure", description=__doc__)
    parser.add_argument("what", choices=CONTESTANTS)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--warm", action="store_true")
    options = parser.parse_args()
    contestant = CONTESTANTS[options.what]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere):
        if options.warm:
            contestant()
        rounds = [_time(contestant) for _ in range(options.rounds)]
    result = {
        "runs": rounds[0][0],
        "seconds": min(seconds for _, seconds, _ in rounds),
        "cpu_seconds": min(cpu for _, _, cpu in rounds),
        "peak_bytes": _peak_bytes(),
    }
    sys.stdout.write(json.dumps(result))


def _time(contestant: Callable[[], int]) -> tuple[int, float, float]:
    gc.collect()
    started, cpu = time.perf_counter(), time.process_time()
    runs = contestant()
    return runs, time.perf_counter() - started, time.process_time() - cpu


def _peak_bytes() -> int:
    """The most memory that this process ever held; `VmHWM` begins anew with each program."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main()
