"""The Glue tables, the typed view, and the documented SQL."""

import base64
import json
import re
from decimal import Decimal

import duckdb
import pytest
import sqlglot
from sqlglot import expressions

from spend_report.domain.reports import csv_tables
from tests.template.conftest import ROOT, Json

NUMBERS_OF_THE_DETAIL = {
    "calls": "412",
    "input_tokens": "824310",
    "output_tokens": "192440",
    "estimated_cost_usd": "2.138900",
    "cached_input_tokens": "0",
    "langsmith_cost_usd": "",
}
NUMBERS = {
    "calls": "bigint",
    "input_tokens": "bigint",
    "output_tokens": "bigint",
    "estimated_cost_usd": "decimal(18,6)",
    "cached_input_tokens": "bigint",
    "unpriced_calls": "bigint",
    "error_calls": "bigint",
    "daily_budget_usd": "decimal(18,6)",
    "budget_used_pct": "decimal(18,1)",
    "usual_usd": "decimal(18,6)",
    "error_cost_usd": "decimal(18,6)",
}


def columns(resources: Json, table: str) -> dict[str, str]:
    described = resources[table]["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    return {column["Name"]: column["Type"] for column in described}


_EXISTING = {"Ref": "ExistingBucketName"}
_TABLES = {"spend_by_feature_csv": "SpendByFeatureTable", "spend_detail_csv": "SpendDetailTable"}


def definition(resources: Json, name: str) -> Json:
    """What a view's own JSON says, in which the dimensions are still the parameter."""
    text = resources[name]["Properties"]["TableInput"]["ViewOriginalText"]
    body: str = text["Fn::Sub"][1]["View"]["Fn::Base64"]["Fn::Sub"]
    parsed: Json = json.loads(body)
    return parsed


@pytest.fixture
def view(resources: Json) -> Json:
    return definition(resources, "SpendByFeatureView")


def test_the_table_has_the_columns_of_the_report(resources: Json) -> None:
    """OpenCSVSerDe goes by position: the columns are the CSV's, in its order, all text."""
    described = columns(resources, "SpendByFeatureTable")

    assert list(described) == csv_tables.BY_FEATURE
    assert set(described.values()) == {"string"}


def test_the_detail_table_has_room_for_every_dimension(resources: Json, template: Json) -> None:
    """The table numbers the columns: those that are always there, and the most dimensions."""
    described = columns(resources, "SpendDetailTable")
    allowed = re.compile(template["Parameters"]["Dimensions"]["AllowedPattern"])
    most = max(n for n in range(1, 20) if allowed.fullmatch(",".join(f"d{i}" for i in range(n))))

    assert list(described)[:3] == ["date", "project", "feature"]
    assert len(described) == len(csv_tables.DETAIL_COLUMNS) + most
    assert set(described.values()) == {"string"}


@pytest.mark.parametrize(
    ("table", "report"),
    [("SpendByFeatureTable", "spend_by_feature"), ("SpendDetailTable", "spend_detail")],
)
def test_partitions_are_found_where_reports_are_written(
    resources: Json, table: str, report: str
) -> None:
    """Athena makes a day's folder out of `dt`, so no partition is ever added by hand."""
    described = resources[table]["Properties"]["TableInput"]
    projection = described["Parameters"]

    assert projection["projection.enabled"] == "true"
    assert projection["projection.dt.type"] == "date"
    assert projection["projection.dt.format"] == "yyyy-MM-dd"
    assert projection["skip.header.line.count"] == "1"
    assert projection["storage.location.template"] == {
        "Fn::Sub": [
            f"s3://${{Bucket}}/${{ReportPrefix}}{report}/dt=${{!dt}}/",
            {"Bucket": {"Fn::If": ["MakesBucket", {"Ref": "ReportBucket"}, _EXISTING]}},
        ]
    }
    assert described["PartitionKeys"] == [{"Name": "dt", "Type": "string"}]


def test_the_view_casts_every_column(resources: Json, view: Json) -> None:
    """The view's SQL is Athena's, and gives each of the table's columns its type."""
    query = sqlglot.parse_one(view["originalSql"], dialect="athena")

    assert isinstance(query, expressions.Select)
    assert query.named_selects == [*csv_tables.BY_FEATURE, "dt"]
    assert [each.name for each in query.find_all(expressions.Table)] == ["spend_by_feature_csv"]
    casts = {
        each.alias: each.this.to.sql("athena").replace(" ", "").lower()
        for each in query.selects
        if isinstance(each, expressions.Alias)
        and isinstance(each.this, expressions.Cast | expressions.TryCast)
    }
    assert casts == {"date": "date"} | NUMBERS


@pytest.mark.parametrize(
    ("budget", "used", "read"),
    [
        ("", "", (None, None)),
        ("2.000000", "106.9", (Decimal("2.000000"), Decimal("106.9"))),
        ("0.000000", "inf", (Decimal(0), None)),
    ],
)
def test_cells_that_are_no_numbers_become_null(
    resources: Json, view: Json, budget: str, used: str, read: tuple[object, object]
) -> None:
    """A budget that is not set is an empty cell, and all of a budget of nothing is infinity."""
    cells = dict.fromkeys(csv_tables.BY_FEATURE, "1") | {"date": "2026-11-21", "feature": "rag"}
    row = list((cells | {"daily_budget_usd": budget, "budget_used_pct": used}).values())

    found = run_view(view["originalSql"], resources, row)

    assert (found["daily_budget_usd"], found["budget_used_pct"]) == read


@pytest.mark.parametrize("name", ["SpendByFeatureView", "SpendDetailView"])
def test_a_view_says_the_same_thrice(resources: Json, name: str) -> None:
    """The columns in the SQL, in the view's own JSON and in Glue agree."""
    defined = definition(resources, name)
    glue = {"varchar": "string", "map(varchar,varchar)": "map<string,string>"}

    query = sqlglot.parse_one(defined["originalSql"], dialect="athena")

    assert isinstance(query, expressions.Select)
    in_json = {each["name"]: glue.get(each["type"], each["type"]) for each in defined["columns"]}
    assert in_json == columns(resources, name)
    assert query.named_selects == list(in_json)


@pytest.mark.parametrize(
    "dimensions", ["", "env", "env,user_tier", "a,b,c,d,e,f,g,h"], ids=["0", "1", "2", "8"]
)
def test_the_details_view_finds_its_columns(resources: Json, dimensions: str) -> None:
    """However many dimensions there are, each is found by name, and what is behind them too.

    The view's SQL runs, on another engine, over a row of the CSV as the table numbers its cells.
    """
    names = [name for name in dimensions.split(",") if name]
    header = [*csv_tables.DETAIL_LEFT, *names, *csv_tables.DETAIL_RIGHT]
    row = [f"the {name}" for name in header]
    for name, value in {"date": "2026-11-21", **NUMBERS_OF_THE_DETAIL}.items():
        row[header.index(name)] = value
    sql = definition(resources, "SpendDetailView")["originalSql"]

    found = run_view(sql.replace("${Dimensions}", dimensions), resources, row)

    assert found["dimensions"] == {name: f"the {name}" for name in names}
    assert found["provider"] == "the provider"
    assert found["model"] == "the model"
    assert found["price_source"] == "the price_source"
    assert (found["calls"], str(found["estimated_cost_usd"])) == (412, "2.138900")
    assert found["langsmith_cost_usd"] is None


def test_the_view_is_what_athena_expects(resources: Json, view: Json) -> None:
    """Athena finds the definition as base64 within a comment."""
    described = resources["SpendByFeatureView"]["Properties"]["TableInput"]

    assert described["TableType"] == "VIRTUAL_VIEW"
    assert described["Parameters"]["presto_view"] == "true"
    assert described["ViewOriginalText"]["Fn::Sub"][0] == "/* Presto View: ${View} */"
    assert base64.b64encode(json.dumps(view).encode())


def run_view(sql: str, resources: Json, row: list[str]) -> Json:
    """What a view, in DuckDB's words, makes of a row of its table, short rows ending in NULL."""
    (table,) = [each.name for each in sqlglot.parse_one(sql, "athena").find_all(expressions.Table)]
    resource = {
        "spend_by_feature_csv": "SpendByFeatureTable",
        "spend_detail_csv": "SpendDetailTable",
    }
    names = list(columns(resources, resource[table]))
    cells = [*row, *[None] * (len(names) - len(row)), "2026-11-21"]
    with duckdb.connect() as database:
        described = ", ".join(f'"{name}" VARCHAR' for name in [*names, "dt"])
        database.execute(f"CREATE TABLE {table} ({described})")
        marks = ", ".join("?" * len(cells))
        database.execute(f"INSERT INTO {table} VALUES ({marks})", cells)
        answer = database.execute(sqlglot.transpile(sql, read="athena", write="duckdb")[0])
        (found,) = answer.fetchall()
        return dict(zip([each[0] for each in answer.description], found, strict=True))


def documented_queries() -> list[str]:
    pages = [(ROOT / "docs" / name).read_text("utf-8") for name in ("dashboards.md", "bills.md")]
    return re.findall(r"```sql\n(.+?)```", "\n".join(pages), re.DOTALL)


def test_queries_are_documented() -> None:
    """The pages on dashboards and bills show how to ask the reports something."""
    assert len(documented_queries()) >= 4


@pytest.mark.parametrize("sql", documented_queries())
def test_the_documented_queries_are_athenas(resources: Json, sql: str) -> None:
    """Each query parses and names only tables and columns that exist."""
    known = {
        "spend_by_feature": columns(resources, "SpendByFeatureView").keys(),
        "bills": columns(resources, "BillsView").keys(),
        "spend_by_feature_csv": columns(resources, "SpendByFeatureTable").keys() | {"dt"},
        "spend_detail": columns(resources, "SpendDetailView").keys(),
    }

    (query,) = sqlglot.parse(sql, dialect="athena")

    assert query is not None
    aliases = {each.alias for each in query.find_all(expressions.Alias)}
    ctes = {each.alias for each in query.find_all(expressions.CTE)}
    named = {each.name for each in query.find_all(expressions.Table)} - ctes
    assert named <= known.keys()
    allowed = set().union(*(known[name] for name in named)) | aliases
    assert {each.name for each in query.find_all(expressions.Column)} <= allowed
