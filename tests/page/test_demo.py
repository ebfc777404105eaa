"""The page that `make demo` leaves says what the CSVs beside it say."""

import csv
from decimal import Decimal
from pathlib import Path

import pytest

from tests.page.documents import Cell, Document

DAY = "2026-11-21"


@pytest.fixture
def page(demo_files: Path) -> Document:
    return Document((demo_files / f"report/dt={DAY}/report_{DAY}.html").read_text("utf-8"))


def rows_of(demo_files: Path, report: str) -> list[dict[str, str]]:
    path = demo_files / f"{report}/dt={DAY}/{report}_{DAY}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def columns(rows: list[list[Cell]], *places: int) -> list[tuple[str | None, ...]]:
    return [tuple(row[place].value or row[place].text for place in places) for row in rows]


def test_by_feature(page: Document, demo_files: Path) -> None:
    """The features, their owners, exact cost and calls are those of spend_by_feature."""
    expected = [
        (row["feature"], row["owner"], row["estimated_cost_usd"], row["calls"])
        for row in rows_of(demo_files, "spend_by_feature")
    ]

    assert columns(page.sections["features"], 0, 1, 2, 5) == expected


def test_the_total(page: Document, demo_files: Path) -> None:
    """The total, first on the page, is the features' sum."""
    rows = rows_of(demo_files, "spend_by_feature")

    total = sum(Decimal(row["estimated_cost_usd"]) for row in rows)
    assert abs(Decimal(page.values[0]) - total) <= Decimal("0.000001") * len(rows)


def test_the_change(page: Document, demo_files: Path) -> None:
    """The features' changes are those of drivers."""
    expected = {row["feature"]: row["change_usd"] for row in rows_of(demo_files, "drivers")}

    shown = {row[0].text: row[-1].value for row in page.sections["features"]}

    assert shown == {feature: expected[feature] for feature in shown}


def test_requests(page: Document, demo_files: Path) -> None:
    """The costliest requests are those of top_requests, with their links.

    Those of rag-search, which is over its budget, come first.
    """
    rows = sorted(
        rows_of(demo_files, "top_requests"), key=lambda row: row["feature"] != "rag-search"
    )
    expected = [
        (
            f"{row['root_name']} {row['trace_id'][:4]}…{row['trace_id'][-6:]}",
            row["feature"],
            row["estimated_cost_usd"],
        )
        for row in rows
    ]
    urls = [row["url"] for row in rows]

    shown = columns(page.sections["requests"], 0, 1, 4)

    assert shown == expected[: len(shown)]
    links = [value for name, value in page.attributes if name == "href"]
    assert links[: len(shown)] == urls[: len(shown)]


def test_untagged(page: Document, demo_files: Path) -> None:
    """What needs a tag is what the untagged report lists."""
    expected = [
        (row["model"], row["calls"], row["estimated_cost_usd"])
        for row in rows_of(demo_files, "untagged")
    ]

    assert columns(page.sections["untagged"], 1, 2, 3) == expected


def test_latest_is_the_newest_days(demo_files: Path) -> None:
    """latest/report.html is the newest day's page, byte for byte."""
    day = demo_files / f"report/dt={DAY}/report_{DAY}.html"

    assert (demo_files / "latest/report.html").read_bytes() == day.read_bytes()
