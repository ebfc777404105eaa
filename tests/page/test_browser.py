"""The page in a real browser: on a desk, on a phone, in the dark, on paper and read aloud."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # no types
from playwright.sync_api import Browser, BrowserContext, Page, Route

from spend_report.page import render, view
from tests.page import samples

pytestmark = pytest.mark.browser

URL = "https://reports.example/latest/report.html"
TODAY = "make demo"
SCREENS: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "light"},
    "phone": {"viewport": {"width": 360, "height": 740}, "color_scheme": "light"},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}
# The demo's own page on every screen, the others where they are hardest.
CASES = [
    *((TODAY, screen) for screen in SCREENS),
    *((sample, screen) for sample in ("crowd", "hostile") for screen in ("desktop", "phone")),
    *(("spiky", screen) for screen in SCREENS),
    ("first_day", "dark"),
    ("empty", "phone"),
]


@dataclass(slots=True)
class Visit:
    """An open page, with everything that it asked for or complained about."""

    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


type Open = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser, demo_files: Path) -> Iterator[Open]:
    """Opens a sample's page on a screen; `bypass_csp` lets the test's own scripts in."""
    contexts: list[BrowserContext] = []

    def open_page(sample: str, screen: str = "desktop", *, bypass_csp: bool = False) -> Visit:
        if sample == TODAY:
            html = (demo_files / "latest" / "report.html").read_bytes()
        else:
            html = render(view(getattr(samples, sample)()))
        context = chromium.new_context(**SCREENS[screen], bypass_csp=bypass_csp)
        contexts.append(context)
        made = Visit(context.new_page())

        def serve(route: Route) -> None:
            made.requests.append(route.request.url)
            route.fulfill(body=html, content_type="text/html; charset=utf-8")

        def dismiss(dialog: Any) -> None:
            made.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        made.page.route("**/*", serve)
        made.page.on("console", lambda message: made.complaints.append(message.text))
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.on("dialog", dismiss)
        made.page.goto(URL)
        return made

    yield open_page
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("sample", "screen"), CASES)
def test_accessible(visit: Open, sample: str, screen: str) -> None:
    """axe-core finds no violation, with everything unfolded."""
    page = visit(sample, screen, bypass_csp=True).page
    page.evaluate("document.querySelectorAll('details').forEach(it => it.open = true)")

    results = Axe().run(page)

    assert results.response["violations"] == []
    assert len(results.response["passes"]) > 15


@pytest.mark.parametrize(("sample", "screen"), CASES)
def test_quiet(visit: Open, sample: str, screen: str) -> None:
    """The page loads nothing, runs nothing and breaks no rule of its own policy."""
    visited = visit(sample, screen)

    visited.page.wait_for_timeout(50)

    assert visited.requests == [URL]
    assert visited.complaints == []
    assert visited.page.evaluate("document.scripts.length") == 0


def test_the_policy_stops_a_script(visit: Open) -> None:
    """Were there a script in the page or a picture from elsewhere, neither would get anywhere."""
    visited = visit(TODAY)

    visited.page.evaluate("""() => {
        const script = document.createElement('script');
        script.textContent = 'document.title = "executed"';
        const picture = document.createElement('img');
        picture.src = 'https://elsewhere.example/pixel.png';
        document.body.append(script, picture);
    }""")
    visited.page.wait_for_timeout(50)

    assert visited.page.title() == "LLM spend on Saturday, 21 November 2026: $6.26"
    assert visited.requests == [URL]
    assert len(visited.complaints) == 2


@pytest.mark.parametrize(("sample", "screen"), CASES)
def test_nothing_sticks_out(visit: Open, sample: str, screen: str) -> None:
    """No name, however long, and no figure reaches beyond the screen."""
    page = visit(sample, screen).page

    beyond = page.evaluate("""() => [...document.querySelectorAll('body *')]
        .filter(it => it.getBoundingClientRect().right > innerWidth + 1)
        .map(it => it.outerHTML.slice(0, 100))""")

    assert beyond == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("screen", SCREENS)
def test_every_figure_can_be_read(visit: Open, screen: str) -> None:
    """On each screen the features' figures are visible, in letters of at least 11 pixels."""
    page = visit(TODAY, screen).page

    sizes = page.evaluate("""() => [...document.querySelectorAll('#features ~ table tbody *')]
        .filter(it => it.matches('bdi, data, td.n') && it.textContent.trim())
        .map(it => it.checkVisibility() && it.getBoundingClientRect().height > 0
            ? parseFloat(getComputedStyle(it).fontSize) : 0)""")

    assert len(sizes) > 50
    assert min(sizes) >= 11


def test_the_dark_page_is_dark(visit: Open) -> None:
    """The browser's colour scheme decides on paper and ink."""
    shades = {
        screen: visit(TODAY, screen).page.evaluate("getComputedStyle(document.body).background")
        for screen in ("desktop", "dark")
    }

    assert "rgb(255, 255, 255)" in shades["desktop"]
    assert "rgb(20, 24, 28)" in shades["dark"]


@pytest.mark.parametrize("sample", [TODAY, "crowd"])
def test_it_prints_on_two_pages(visit: Open, sample: str) -> None:
    """A4, two pages, also with sixty features."""
    page = visit(sample).page

    pdf = page.pdf(prefer_css_page_size=True, print_background=True)

    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) == 2
    assert re.search(rb"/MediaBox\s*\[0 0 59[45]\S* 84[12]\S*\]", pdf)


def test_a_dark_screen_prints_on_white_paper(visit: Open) -> None:
    """Who reads in the dark still prints black on white."""
    page = visit(TODAY, "dark").page

    page.emulate_media(media="print", color_scheme="dark")

    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(255, 255, 255)"
