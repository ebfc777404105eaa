"""The Glue tables, the typed view, and the SQL of the README."""

import base64
import json
import re

import pytest
import sqlglot
from sqlglot import expressions

from spend_report.domain.reports import csv_tables
from tests.template.conftest import ROOT, Json

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


@pytest.fixture
def view(resources: Json) -> Json:
    text = resources["SpendByFeatureView"]["Properties"]["TableInput"]["ViewOriginalText"]
    body: str = text["Fn::Sub"][1]["View"]["Fn::Base64"]["Fn::Sub"]
    parsed: Json = json.loads(body)
    return parsed


def test_the_table_has_the_columns_of_the_report(resources: Json) -> None:
    """OpenCSVSerDe goes by position: the columns are the CSV's, in its order, all text."""
    described = columns(resources, "SpendByFeatureTable")

    assert list(described) == csv_tables.BY_FEATURE
    assert set(described.values()) == {"string"}


def test_the_detail_table_has_the_columns_of_the_report(resources: Json) -> None:
    """With the default dimensions the detail's columns are the CSV's, in its order."""
    described = columns(resources, "SpendDetailTable")

    assert ",".join(described) == (
        "date,project,feature,env,user_tier,provider,model,calls,input_tokens,output_tokens,"
        "estimated_cost_usd,cached_input_tokens,price_source,langsmith_cost_usd"
    )
    assert resources["SpendDetailTable"]["Condition"] == "HasDefaultDimensions"


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
        "Fn::Sub": f"s3://${{ReportBucket}}/${{ReportPrefix}}{report}/dt=${{!dt}}/"
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
        if isinstance(each, expressions.Alias) and isinstance(each.this, expressions.Cast)
    }
    assert casts == {"date": "date"} | NUMBERS


def test_empty_cells_become_null(view: Json) -> None:
    """What is not set or not known is an empty cell, which Athena cannot cast to a number."""
    sql = view["originalSql"]

    assert "NULLIF(daily_budget_usd, '')" in sql
    assert "NULLIF(budget_used_pct, '')" in sql
    assert "NULLIF(usual_usd, '')" in sql


def test_the_view_says_the_same_thrice(resources: Json, view: Json) -> None:
    """The columns in the SQL, in the view's own JSON and in Glue agree."""
    in_json = {each["name"]: each["type"].replace("varchar", "string") for each in view["columns"]}

    assert in_json == columns(resources, "SpendByFeatureView")
    texts = dict.fromkeys(("feature", "owner", "dt"), "string")
    assert in_json == {"date": "date"} | texts | NUMBERS


def test_the_view_is_what_athena_expects(resources: Json, view: Json) -> None:
    """Athena finds the definition as base64 within a comment."""
    described = resources["SpendByFeatureView"]["Properties"]["TableInput"]

    assert described["TableType"] == "VIRTUAL_VIEW"
    assert described["Parameters"]["presto_view"] == "true"
    assert described["ViewOriginalText"]["Fn::Sub"][0] == "/* Presto View: ${View} */"
    assert base64.b64encode(json.dumps(view).encode())


def readme_queries() -> list[str]:
    return re.findall(r"```sql\n(.+?)```", (ROOT / "README.md").read_text(), re.DOTALL)


def test_the_readme_has_queries() -> None:
    """The README shows how to ask the reports something."""
    assert len(readme_queries()) >= 2


@pytest.mark.parametrize("sql", readme_queries())
def test_the_readmes_queries_are_athenas(resources: Json, sql: str) -> None:
    """Each query parses and names only tables and columns that exist."""
    known = {
        "spend_by_feature": columns(resources, "SpendByFeatureView").keys(),
        "bills": columns(resources, "BillsView").keys(),
        "spend_by_feature_csv": columns(resources, "SpendByFeatureTable").keys() | {"dt"},
        "spend_detail_csv": columns(resources, "SpendDetailTable").keys() | {"dt"},
    }

    (query,) = sqlglot.parse(sql, dialect="athena")

    assert query is not None
    aliases = {each.alias for each in query.find_all(expressions.Alias)}
    ctes = {each.alias for each in query.find_all(expressions.CTE)}
    named = {each.name for each in query.find_all(expressions.Table)} - ctes
    assert named <= known.keys()
    allowed = set().union(*(known[name] for name in named)) | aliases
    assert {each.name for each in query.find_all(expressions.Column)} <= allowed
