"""The CSV tables, byte by byte. Their columns are a public interface: new ones go to the right."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.config.budgets import Budget, Budgets
from spend_report.domain.judgement.drivers import explain
from spend_report.domain.reports.csv_tables import (
    by_feature,
    detail,
    drivers,
    safe,
    table,
    top_requests,
    untagged,
)
from tests.days import budget, day, history, line, past, path, request

FIGURES = day(
    "2026-11-21",
    line("rag-search", "2.1400001", calls=214, tokens=(528_000, 82_000), cached=1200),
    line("untagged", "0.5"),
    line("=cmd", "0"),
    untagged=[path("ChatOpenAI", "nightly job", "0.5")],
    top_requests=[request("rag-search", "0.0451234", "graph\nrun")],
)


def budgets(features: dict[str, Budget], default: Budget | None = None) -> Budgets:
    return Budgets(features=features, default=default, total=None)


def test_by_feature() -> None:
    """One row per feature; a budget, owner or usual cost that is not known is an empty cell."""
    found = by_feature(
        FIGURES,
        budgets({"rag-search": budget("2")}),
        owners={"rag-search": "search", "=cmd": "=cmd"},
        usual={"rag-search": Decimal("1.5")},
    )

    assert found.decode() == (
        "date,feature,calls,input_tokens,output_tokens,estimated_cost_usd,cached_input_tokens,"
        "unpriced_calls,error_calls,daily_budget_usd,budget_used_pct,owner,usual_usd,error_cost_usd\n"
        "2026-11-21,rag-search,214,528000,82000,2.140000,1200,0,0,2.000000,107.0,search,1.500000,0.000000\n"
        "2026-11-21,untagged,10,1000,100,0.500000,0,0,0,,,,,0.000000\n"
        "2026-11-21,'=cmd,10,1000,100,0.000000,0,0,0,,,'=cmd,,0.000000\n"
    )


def test_default_budget() -> None:
    """The default budget is every feature's that has none of its own, `untagged` included."""
    rows = by_feature(FIGURES, budgets({}, budget("1")), {}).decode().splitlines()[1:]

    assert [row.split(",")[9:11] for row in rows] == [
        ["1.000000", "214.0"],
        ["1.000000", "50.0"],
        ["1.000000", "0.0"],
    ]


def test_detail() -> None:
    """The dimensions stand between the feature and the provider, in their order."""
    header, first, *_ = detail(FIGURES, ("env", "user_tier")).decode().splitlines()

    assert header == (
        "date,project,feature,env,user_tier,provider,model,calls,input_tokens,output_tokens,"
        "estimated_cost_usd,cached_input_tokens,price_source,langsmith_cost_usd"
    )
    assert first.startswith("2026-11-21,app,rag-search,")


def test_untagged() -> None:
    """Each path has its share of the day's cost: 0.5 of 2.64."""
    assert untagged(FIGURES).decode() == (
        "date,project,root_name,run_name,model,calls,estimated_cost_usd,share_pct,langgraph_node\n"
        "2026-11-21,app,nightly job,ChatOpenAI,gpt-4o,1,0.500000,18.9,\n"
    )


def test_untagged_of_nothing() -> None:
    """Where the day cost nothing, every share of it is 0.0."""
    free = day("2026-11-21", line("untagged", "0"), untagged=[path("a", "b", "0")])

    assert untagged(free).decode().splitlines()[1].split(",")[-2] == "0.0"


def test_top_requests() -> None:
    """A request's row ends with the address of its trace; line breaks in names become spaces."""
    assert top_requests(FIGURES).decode() == (
        "date,project,feature,trace_id,root_name,calls,input_tokens,output_tokens,"
        "estimated_cost_usd,url\n"
        "2026-11-21,app,rag-search,00000000-0000-7000-8000-000000000001,graph run,1,1000,100,"
        "0.045123,https://smith.langchain.com/o/1f0c3a52/projects/p/7d0e2b11/r/"
        "00000000-0000-7000-8000-000000000001?poll=true\n"
    )


def test_drivers() -> None:
    """Without a baseline the whole change is volume."""
    news = explain(day("2026-11-21", line("a", "2")), history(past("2026-11-20", line("b", "1"))))

    header, *rows = drivers(date(2026, 11, 21), news).decode().splitlines()

    assert header == (
        "date,feature,cost_usd,baseline_usd,change_usd,from_calls_usd,from_models_usd,"
        "from_tokens_per_call_usd,from_price_per_token_usd,baseline_days,baseline_from,baseline_to"
    )
    assert (
        "2026-11-21,a,2.000000,0.000000,2.000000,2.000000,0.000000,0.000000,0.000000,1,"
        "2026-11-20,2026-11-20"
    ) in rows


def test_drivers_without_a_baseline() -> None:
    """Where no day before is reported, the baseline has no first and no last day."""
    news = explain(day("2026-11-21", line("a", "2")), history())

    _, row = drivers(date(2026, 11, 21), news).decode().splitlines()

    assert row.endswith(",0,,")


@pytest.mark.parametrize(
    ("cost", "daily", "used"),
    [("3", "2", "150.0"), ("3", "0", "inf"), ("0", "0", ""), ("3", None, "")],
)
def test_used_part_of_the_budget(cost: str, daily: str | None, used: str) -> None:
    """Of a budget of 0 any cost is infinitely much; without a budget the cell is empty."""
    terms = Budgets({"a": budget(daily)} if daily else {})

    (row,) = _rows(by_feature(day("2026-11-21", line("a", cost)), terms, {}))

    assert row["budget_used_pct"] == used


def test_quoting() -> None:
    """Cells with commas and quotes are quoted as RFC 4180 says."""
    assert table(["a"], [['x,"y"']]) == b'a\n"x,""y"""\n'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_formula(start: str) -> None:
    """Text that a spreadsheet would run gets a quote in front of it, even a header."""
    assert table([f"{start}1"], []).startswith(b"'")
    assert safe(f"{start}1").startswith("'")


def test_negative_number() -> None:
    """A negative amount is a number, not a formula."""
    now = day("2026-11-21", line("a", "1"))
    cheaper = explain(now, history(past("2026-11-20", line("a", "3"))))

    assert ",-2.000000," in drivers(date(2026, 11, 21), cheaper).decode()


_TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(
    ["'=1", "''=1", "=1", "\r\n", "a\u2028b", '"', ""]
)


@given(st.lists(_TEXT, min_size=1, max_size=4))
def test_round_trip(cells: list[str]) -> None:
    """Any text comes back from a CSV as one cell on one line."""
    body = table([f"c{index}" for index in range(len(cells))], [cells]).decode()

    assert len(body.splitlines()) == 2
    [_, row] = csv.reader(io.StringIO(body, newline=""))
    assert row == [safe(cell) for cell in cells]


def test_exact_costs() -> None:
    """Costs are rounded to six decimals, ties to even."""
    rows = by_feature(
        day("2026-11-21", line("a", "0.0000025"), line("b", "0.0000015")), budgets({}), {}
    )

    costs = {row["feature"]: Decimal(row["estimated_cost_usd"]) for row in _rows(rows)}
    assert costs == {"a": Decimal("0.000002"), "b": Decimal("0.000002")}


def _rows(body: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(body.decode(), newline="")))
