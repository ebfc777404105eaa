"""The function and its surroundings, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.deployment import Deployment


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(tmp_path / "function.log") as fresh:
        yield fresh
