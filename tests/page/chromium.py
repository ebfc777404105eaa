"""The system's Chromium, driven by Playwright, whose own download is not needed.

`python -m tests.page.chromium out/latest/report.html docs/report.png` makes the picture in the
README of the page that `make demo` leaves.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, ViewportSize, sync_playwright

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_SIZE: ViewportSize = {"width": 940, "height": 1180}


def find() -> str | None:
    """The path of the first Chromium on the PATH."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@contextmanager
def launch() -> Iterator[Browser]:
    """A headless browser, gone at the end."""
    with sync_playwright() as playwright:
        # Chromium's own sandbox cannot start as root, as CI containers have it; the pages are ours.
        browser = playwright.chromium.launch(executable_path=find(), args=["--no-sandbox"])
        yield browser
        browser.close()


def main(page: Path, picture: Path) -> None:
    """Take a picture of the upper part of `page`."""
    with launch() as browser:
        tab = browser.new_page(viewport=_SIZE, device_scale_factor=1.5)
        tab.goto(page.resolve().as_uri())
        tab.screenshot(path=picture)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
