"""One measurement in a fresh process: `python -m bench.measure <what>` prints it as JSON.

The environment is the function's. What is imported is imported before.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable

from bench.contestants import floor, pipeline

CONTESTANTS: dict[str, Callable[[], int]] = {"floor": floor, "pipeline": pipeline}


def main() -> None:
    """Measure and print: runs, and seconds."""
    parser = argparse.ArgumentParser(prog="python -m bench.measure", description=__doc__)
    parser.add_argument("what", choices=CONTESTANTS)
    contestant = CONTESTANTS[parser.parse_args().what]
    begun = time.perf_counter()
    runs = contestant()
    sys.stderr.write(json.dumps({"runs": runs, "seconds": time.perf_counter() - begun}))


if __name__ == "__main__":
    main()
