"""The function's first call in a process of its own, as in Lambda every morning.

The event is `BENCH_EVENT`. The last line of its errors has what the call returned, how many
seconds it took, imports apart, the most memory that the process ever held, in bytes, and its
processor time.
"""

import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

from spend_report.handler import lambda_handler

context = SimpleNamespace(aws_request_id="bench", get_remaining_time_in_millis=lambda: 900_000)
begun = time.perf_counter()
result = lambda_handler(json.loads(os.environ["BENCH_EVENT"]), context)
seconds = time.perf_counter() - begun

# `VmHWM` begins anew with each program.
status = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
peak = next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmHWM:"))
told = {
    "result": result,
    "seconds": seconds,
    "peak_bytes": peak,
    "processor_seconds": time.process_time(),
}
sys.stderr.write(json.dumps(told))
