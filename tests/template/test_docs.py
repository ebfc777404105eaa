"""README and docs/: what they point to is there, and what they count is so."""

import re
from pathlib import Path

import pytest

from spend_report import errors
from tests.template.conftest import ROOT, Json

README = ROOT / "README.md"
PAGES = [README, *sorted((ROOT / "docs").glob("*.md"))]


def without_code(page: Path) -> str:
    return re.sub(r"```.*?```", "", page.read_text("utf-8"), flags=re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub makes of the headings."""
    headings = re.findall(r"^#+ (.+)$", without_code(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Each link within the repository names a file that exists, and a heading in it."""
    links = re.findall(r"\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)", without_code(page))

    for name, anchor in links:
        target = (page.parent / name).resolve() if name else page
        assert target.exists(), name
        assert not anchor or anchor in anchors(target), f"{name}#{anchor}"


def test_every_page_is_found_from_the_readme() -> None:
    """The README lists each page of docs/."""
    text = README.read_text("utf-8")

    assert [page.name for page in PAGES[1:] if f"](docs/{page.name})" not in text] == []


def test_every_error_has_its_row() -> None:
    """docs/operations.md says for each error that ends a run whose turn it is."""
    text = (ROOT / "docs" / "operations.md").read_text("utf-8")
    named = set(re.findall(r"^\| `(\w+Error)` \|", text, re.MULTILINE))

    raised = {
        name
        for name, each in vars(errors).items()
        if isinstance(each, type) and issubclass(each, errors.SpendReportError)
    }
    # A bill that could not be read is a reason in its table, and ends no run.
    assert named == raised - {"SpendReportError", "BillError"}


def test_the_cost_counts_the_alarms(resources: Json) -> None:
    """The README's cost of the alarms is that of those in every stack, at ten cents each."""
    alarms = [
        each
        for each in resources.values()
        if each["Type"] == "AWS::CloudWatch::Alarm" and "Condition" not in each
    ]
    (number, cost) = re.findall(r"(\d+) alarms (\d\.\d\d)", README.read_text("utf-8"))[0]

    assert int(number) == len(alarms)
    assert cost == f"{len(alarms) / 10:.2f}"
