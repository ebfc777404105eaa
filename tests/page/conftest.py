"""A headless Chromium, or a skip that says how to get one; and what `make demo` leaves."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.page.chromium import find, launch


# While Playwright runs, its thread has a running event loop, which other modules' tests can't
# have beside their own: so it ends with the module.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The system's Chromium. With REQUIRE_BROWSER set, as in CI, its absence is a failure."""
    if find() is None:
        message = "No Chromium found: `make setup-browser` installs it."
        if os.environ.get("REQUIRE_BROWSER"):
            pytest.fail(message)
        pytest.skip(message)
    with launch() as browser:
        yield browser


@pytest.fixture(scope="session")
def demo_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that `make demo` leaves, made by the real handler from the sample days."""
    folder = tmp_path_factory.mktemp("demo")
    command = [sys.executable, "-m", "local.demo", "--out", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return folder
