"""What the page of a large day costs: `python -m bench.page` prints it as JSON.

Sixty features over thirty days, in a fresh process, so that nothing is warm. Importing the
template engine and the charts is part of the function's start, and is told apart.
"""

import json
import sys
import time
from pathlib import Path

# The tests' largest day serves as the sample.
from tests.page.samples import crowd


def main() -> None:
    """Measure and print: seconds and bytes of importing, and of making the page."""
    report = crowd()
    begun, before = time.perf_counter(), resident_bytes()
    from spend_report import page

    imported, between = time.perf_counter(), resident_bytes()
    size = len(page.render(page.view(report)))
    made = time.perf_counter()
    result = {
        "import_seconds": imported - begun,
        "seconds": made - imported,
        "bytes": resident_bytes() - before,
        "import_bytes": between - before,
        "size": size,
    }
    sys.stdout.write(json.dumps(result))


def resident_bytes() -> int:
    """The process's resident memory."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS:")).split()[1]) * 1024


if __name__ == "__main__":
    main()
