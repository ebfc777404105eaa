"""What `make build` made, and how to run it on this machine as Lambda would."""

import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
BUILT = ROOT / ".aws-sam" / "build"
FUNCTION = BUILT / "SpendReportFunction"
LAYERS = {
    "aarch64": BUILT / "DependenciesArm64Layer",
    "x86_64": BUILT / "DependenciesX86Layer",
}
# Lambda's own runtime client, which is no part of the artefact.
RUNTIME = ROOT / "build" / "runtime"
# What Lambda sets, and a stand-in for the credentials of the role.
_LAMBDA = {
    "AWS_REGION": "us-east-1",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_LAMBDA_FUNCTION_NAME": "spend-report",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1024",
    "AWS_EC2_METADATA_DISABLED": "true",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True, slots=True)
class Environment:
    """What the function's process sees: Lambda's own variables, the path, and `variables`."""

    variables: Mapping[str, str]

    def as_dict(self) -> dict[str, str]:
        """All of them; nothing of this process's environment is among them."""
        path = ":".join(map(str, (FUNCTION, layer() / "python", RUNTIME)))
        return {"PATH": "/usr/bin:/bin", "PYTHONPATH": path} | _LAMBDA | dict(self.variables)


def layer() -> Path:
    """The layer for this machine's processor."""
    return LAYERS[platform.machine()]


def python() -> list[str]:
    """The interpreter without any site-packages: `-S`, and no virtual environment."""
    return [str(sys._base_executable), "-S"]  # type: ignore[attr-defined]  # noqa: SLF001


def size(folder: Path) -> int:
    """The bytes of all files below `folder`: what Lambda counts, unzipped."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
