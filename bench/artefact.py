"""Size and cold start of the built function, beside the least that it could be.

The least is boto3's three clients and langsmith's own alone, in the same interpreter, so the ratio
holds on any machine. Langsmith's wants packages that the layer does without, so all of the layer's
lie in a folder of their own, compiled alike.
"""

import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass

from local.artefact import FUNCTION, ROOT, Environment, layer, python, size

# What the least, and the tutorial's script, import.
WHOLE_LAYER = {"PYTHONPATH": str(ROOT / "build" / "whole-layer")}

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
    _start(_LEAST, WHOLE_LAYER)
    rounds = [(_start(_OURS), _start(_LEAST, WHOLE_LAYER)) for _ in range(_ROUNDS)]
    ours, least = zip(*rounds, strict=True)
    return Artefact(size(FUNCTION) + size(layer()), min(ours), min(least))


def _start(program: str, variables: Mapping[str, str] | None = None) -> float:
    environment = Environment(variables or {}).as_dict()
    begun = time.perf_counter()
    subprocess.run([*python(), "-c", program], cwd="/", env=environment, check=True)
    return time.perf_counter() - begun
