"""The page as a file: what is in it, and what must never be."""

import csv
import io
import os
import re
import subprocess
import sys
from base64 import b64encode
from copy import replace
from decimal import Decimal
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.domain.config.budgets import Budget, Budgets
from spend_report.domain.reports import csv_tables
from spend_report.page import render, view
from tests.page import samples
from tests.page.documents import Cell, Document

SAMPLES = ["demo", "crowd", "hostile", "first_day", "empty"]
TAGS = {
    *("html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer"),
    *("h1", "h2", "p", "span", "b", "br", "a", "bdi", "code", "data", "ul", "li"),
    *("dl", "div", "dt", "dd", "details", "summary", "figure", "figcaption"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
    *("svg", "g", "rect", "path", "text"),
}
POLICY = "default-src 'none'; style-src '{}'; base-uri 'none'; form-action 'none'"


def page_of(name: str) -> Document:
    return Document(render(view(getattr(samples, name)())).decode("utf-8"))


@pytest.mark.parametrize("name", SAMPLES)
def test_it_is_static(name: str) -> None:
    """There is no script, no inline style, no event handler and nothing to load, whoever wrote
    the names."""
    page = page_of(name)

    assert set(page.tags) <= TAGS
    assert page.tags.count("style") == 1
    names = {name for name, _ in page.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert not names & {"style", "src", "srcset", "action", "formaction", "background"}
    links = [value for name, value in page.attributes if name.endswith("href")]
    assert all(link.startswith("https://") for link in links)
    assert "url(" not in page.style
    assert "@import" not in page.style


def test_the_policy_allows_this_style_sheet_only() -> None:
    """The content security policy admits nothing but the style sheet with this hash."""
    page = page_of("demo")
    digest = b64encode(sha256(page.style.encode()).digest()).decode()

    assert ("content", POLICY.format(f"sha256-{digest}")) in page.attributes


def test_the_order() -> None:
    """The sections come in the order in which one asks: what, on what, since when, why."""
    assert page_of("demo").headings == [
        "LLM spend Saturday, 21 November 2026",
        "What to do",
        "By feature",
        "The last 30 days",
        "November 2026 so far",
        "Why it changed",
        "The costliest requests",
        "What needs a tag",
        "What the number rests on",
    ]


def test_sections_without_data_are_left_out() -> None:
    """A day without calls has no empty csv_tables."""
    page = page_of("empty")

    assert page.headings == ["LLM spend Saturday, 21 November 2026", "What the number rests on"]
    assert "table" not in page.tags


@pytest.mark.parametrize("name", ["demo", "crowd"])
def test_the_features_figures_are_those_of_the_csv(name: str) -> None:
    """Every feature of the CSV is on the page, in its order and with its exact cost."""
    report = getattr(samples, name)()
    table = csv_tables.by_feature(report.figures, report.budgets, report.owners)
    rows = list(csv.DictReader(io.StringIO(table.decode())))

    shown = page_of(name).sections["features"]

    assert [(row[0].text, row[1].value) for row in sorted(shown, key=_cost, reverse=True)] == [
        (row["feature"], row["estimated_cost_usd"]) for row in rows
    ]
    assert [row[4].text.replace(",", "") for row in sorted(shown, key=_cost, reverse=True)] == [
        row["calls"] for row in rows
    ]


def _cost(row: list[Cell]) -> float:
    return float(row[1].value or 0)


def test_whose_features_they_are() -> None:
    """A feature's owner stands beside it, and without any owner there is no such column."""
    owners = {"rag-search": "search & <friends>"}
    page = Document(render(view(replace(samples.demo(), owners=owners))).decode("utf-8"))

    shown = {row[0].text: row[1].text for row in page.sections["features"]}

    assert shown.pop("rag-search") == "search & <friends>"
    assert set(shown.values()) == {""}
    assert "Owner" not in render(view(samples.demo())).decode("utf-8")


def test_the_other_figures_are_those_of_the_csvs() -> None:
    """The costliest requests and the untagged paths have their CSV's exact cost."""
    report = samples.demo()
    page = page_of("demo")
    requests = csv.DictReader(io.StringIO(csv_tables.top_requests(report.figures).decode()))
    paths = csv.DictReader(io.StringIO(csv_tables.untagged(report.figures).decode()))

    in_trouble_first = sorted(requests, key=lambda row: row["feature"] != "rag-search")
    assert [row[-1].value for row in page.sections["requests"]] == [
        row["estimated_cost_usd"] for row in in_trouble_first
    ][:8]
    assert [row[-1].value for row in page.sections["untagged"]] == [
        row["estimated_cost_usd"] for row in paths
    ][:6]


def test_it_is_small() -> None:
    """Sixty features over thirty days stay far below 300 KB."""
    assert len(render(view(samples.crowd()))) < 150_000


@pytest.mark.parametrize("name", SAMPLES)
def test_the_same_day_gives_the_same_bytes(name: str) -> None:
    """Another process, on another day and with other hash seeds, writes the same page."""
    here = render(view(getattr(samples, name)()))
    script = (
        "import sys; from spend_report.page import render, view; from tests.page import samples; "
        f"sys.stdout.buffer.write(render(view(samples.{name}())))"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)}

    there = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=True
    ).stdout

    assert there == here
    others = re.sub(rb"2026-11-21|(start|end)_date&#34;: &#34;[0-9-]+", b"", here)
    assert not re.search(rb"20\d\d-\d\d-\d\d(?!T)", others)


@settings(max_examples=30, deadline=None)
@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_no_name_breaks_out(name: str) -> None:
    """Whatever a feature, model, run or parameter is called, the page keeps its shape."""
    rows = [(name, name, 3, 100, 10, "1.000000"), *samples.DEMO[:2]]
    past = {samples.DAY.replace(day=day): rows for day in range(14, 21)}
    plain = samples.report(
        [("x", *row[1:]) if row[0] == name else row for row in rows],
        {day: [("x", *row[1:]) if row[0] == name else row for row in rows] for day in past},
        samples.BUDGETS,
    )
    hostile = samples.report(rows, past, samples.BUDGETS, stranger=name)

    page = Document(render(view(hostile)).decode("utf-8"))

    expected = Document(render(view(plain)).decode("utf-8"))
    assert sorted(page.tags) == sorted(expected.tags)


def test_a_budget_of_zero_renders() -> None:
    """A budget of zero has no percentage, and the page says what was spent of it."""
    zero = Budget(Decimal(0), None, Decimal(0), None, "/llm-spend/demo/budgets/zero", "default")
    budgets = Budgets(default=zero, total=zero)

    page = Document(render(view(samples.report(samples.DEMO, {}, budgets))).decode("utf-8"))

    assert (
        "All features together spent $7.07 on 21 Nov, $7.07 over the total daily budget of $0.00"
        in page.text
    )
