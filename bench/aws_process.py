"""AWS as a process: `python -m bench.aws_process` prints a function's environment as JSON."""

import json
import os
import sys

from bench.day import PRICES
from local.aws import LocalAws


def main() -> None:
    """Serve until the input ends."""
    with LocalAws() as cloud:
        cloud.put_parameter("pricing/models", json.dumps(PRICES))
        cloud.put_parameter("budgets/features", json.dumps({"default": {"daily": 1.0}}))
        credentials = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
        print(json.dumps({**credentials, **cloud.settings()}), flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
