"""The tools, which run with the credentials of the deploy: their locks, and where they go."""

import os
import re
import subprocess
from pathlib import Path

import pytest

from tests.template.conftest import ROOT

LOCKS = sorted((ROOT / "tools").glob("*.txt"))


@pytest.mark.parametrize("lock", LOCKS, ids=lambda each: each.stem)
def test_every_package_is_pinned_with_its_hashes(lock: Path) -> None:
    """Nothing is installed that is not, byte for byte, what was locked."""
    packages = re.split(r"\n(?=\S)", lock.read_text("utf-8").strip())

    assert packages
    assert [each for each in packages if "==" not in each or "--hash=sha256:" not in each] == []


@pytest.mark.parametrize("lock", LOCKS, ids=lambda each: each.stem)
def test_the_tool_is_the_version_that_was_asked_for(lock: Path) -> None:
    """The lock is of its .in file: what stands there with a version is locked at it."""
    (asked, *_) = lock.with_suffix(".in").read_text("utf-8").split()

    without_extras = re.sub(r"\[.*?\]", "", asked)
    assert f"{without_extras} " in re.sub(r"\[.*?\]==", "==", lock.read_text("utf-8"))


@pytest.mark.parametrize(
    ("region", "default", "seen"),
    [
        ("eu-central-1", "", "eu-central-1"),
        ("", "us-west-2", "us-west-2"),
        ("eu-central-1", "us-west-2", "eu-central-1"),
        ("", "", "none"),
    ],
)
def test_a_tool_goes_to_the_region_of_the_aws_cli(region: str, default: str, seen: str) -> None:
    """Where both variables are set, the stack is not deployed beside its parameters."""
    variables = {"AWS_REGION": region, "AWS_DEFAULT_REGION": default}
    others = {name: value for name, value in os.environ.items() if name not in variables}
    given = {name: value for name, value in variables.items() if value}
    ask = "import os; print(os.environ.get('AWS_DEFAULT_REGION', 'none'))"

    done = subprocess.run(
        [ROOT / "tools" / "run", "sam:python", "-c", ask],
        env=others | given,
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == seen
