"""AWS as a process: `python -m bench.aws_process` prints a function's environment as JSON.

For each line on its input it says, as JSON, how many bytes each object has, by key, and each
message, by kind and day. Then it forgets the objects whose keys begin with that line: which alerts
were sent, say, or everything. It ends with its input.
"""

import json
import os
import sys

from bench.day import BUDGETS, PRICES
from local.aws import BUCKET, LocalAws, Message


def main() -> None:
    """Serve until the input ends."""
    with LocalAws() as cloud:
        cloud.put_parameter("pricing/models", json.dumps(PRICES))
        cloud.put_parameter("budgets/features", json.dumps(BUDGETS))
        credentials = {name: os.environ[name] for name in os.environ if name.startswith("AWS_")}
        print(json.dumps({**credentials, **cloud.settings()}), flush=True)
        for line in sys.stdin:
            objects = cloud.objects()
            sizes = {key: len(body) for key, body in objects.items()}
            # The tutorial's script sends some as well, without attributes.
            for message in filter(lambda one: "kind" in one.attributes, cloud.published()):
                sizes["{kind} {date}".format(**message.attributes)] = _size(message)
            for key in objects:
                if key.startswith(line.rstrip("\n")):
                    cloud.s3.delete_object(Bucket=BUCKET, Key=key)
            print(json.dumps(sizes), flush=True)


def _size(message: Message) -> int:
    """Its bytes as SNS counts them: the text for all protocols, and the attributes."""
    texts, attributes = dict(message.parts), dict(message.attributes)
    return sum(len(json.dumps(part, ensure_ascii=False).encode()) for part in (texts, attributes))


if __name__ == "__main__":
    main()
