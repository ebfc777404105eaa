"""Size and cold start of the built function, beside the least that it could be.

The least is boto3's three clients and langsmith alone, in the same layer and interpreter, so the
ratio holds on any machine.
"""

import subprocess
import time
from dataclasses import dataclass

from local.artefact import FUNCTION, Environment, layer, python, size

_ROUNDS = 7
_LEAST = (
    "import boto3, langsmith\n"
    "langsmith.Client\n"
    "for service in ('s3', 'ssm', 'sns'): boto3.client(service)"
)
_OURS = "import spend_report.handler"


@dataclass(frozen=True, slots=True)
class Artefact:
    """Unzipped bytes of code and layer, and the seconds that a cold start takes."""

    size: int
    init: float
    least_init: float

    @property
    def init_ratio(self) -> float:
        """Our cold start over the least one."""
        return self.init / self.least_init


def measure_artefact() -> Artefact:
    """Measure what `make build` made. Rounds alternate, and the fastest of each counts."""
    _start(_OURS)  # the files are in the page cache from here on
    rounds = [(_start(_OURS), _start(_LEAST)) for _ in range(_ROUNDS)]
    ours, least = zip(*rounds, strict=True)
    return Artefact(size(FUNCTION) + size(layer()), min(ours), min(least))


def _start(program: str) -> float:
    begun = time.perf_counter()
    subprocess.run([*python(), "-c", program], cwd="/", env=Environment({}).as_dict(), check=True)
    return time.perf_counter() - begun
