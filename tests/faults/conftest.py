"""One world per module, made anew for each test; and what a day without faults comes to."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.faults.world import World, world


@pytest.fixture(scope="module")
def _module_world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("faults")
    with world(folder) as made:
        yield made


@pytest.fixture(scope="module")
def undisturbed(_module_world: World) -> Mapping[str, bytes]:
    """The reports of the day when nothing goes wrong."""
    _module_world.begin_again()
    _module_world.run()
    reports = _module_world.reports()
    assert len(reports) == 9
    return reports


@pytest.fixture
def faulty(_module_world: World, undisturbed: Mapping[str, bytes]) -> Iterator[World]:
    """The world, with an empty bucket and without faults so far."""
    assert undisturbed
    _module_world.begin_again()
    yield _module_world
    _module_world.begin_again()
