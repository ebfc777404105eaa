"""AWS as a process: `python -m bench.aws_process` prints a function's environment as JSON.

For each line on its input it forgets the objects whose keys begin with that line: which alerts were
sent, say, or everything. It says so, and ends with its input.
"""

import json
import os
import sys

from bench.day import BUDGETS, PRICES
from local.aws import BUCKET, LocalAws


def main() -> None:
    """Serve until the input ends."""
    with LocalAws() as cloud:
        cloud.put_parameter("pricing/models", json.dumps(PRICES))
        cloud.put_parameter("budgets/features", json.dumps(BUDGETS))
        credentials = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
        print(json.dumps({**credentials, **cloud.settings()}), flush=True)
        for line in sys.stdin:
            for key in cloud.objects():
                if key.startswith(line.rstrip("\n")):
                    cloud.s3.delete_object(Bucket=BUCKET, Key=key)
            print("forgotten", flush=True)


if __name__ == "__main__":
    main()
