"""The locks of the tools, which run with the credentials of the deploy."""

import re
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

    assert f"{asked} " in lock.read_text("utf-8")
