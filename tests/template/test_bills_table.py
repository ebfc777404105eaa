"""The table and the view of the compared bills."""

import json

import sqlglot
from sqlglot import expressions

from spend_report.adapters.aws import s3_bills
from spend_report.domain.reports import bills_table
from tests.template.conftest import Json

AMOUNT = "decimal(18,6)"


def columns(resources: Json, name: str) -> dict[str, str]:
    described = resources[name]["Properties"]["TableInput"]["StorageDescriptor"]["Columns"]
    return {column["Name"]: column["Type"] for column in described}


def test_the_table_has_the_columns_of_the_report(resources: Json) -> None:
    """The columns are the CSV's, in its order, all text; its days lie where they are written."""
    described = columns(resources, "BillsTable")
    parameters = resources["BillsTable"]["Properties"]["TableInput"]["Parameters"]

    assert list(described) == bills_table.BILLS
    assert set(described.values()) == {"string"}
    template, _ = parameters["storage.location.template"]["Fn::Sub"]
    assert template == f"s3://${{Bucket}}/${{ReportPrefix}}{s3_bills.TABLE}/dt=${{!dt}}/"


def test_the_view_says_the_same_thrice(resources: Json) -> None:
    """The columns in the SQL, in the view's own JSON and in Glue agree; cells may be empty."""
    text = resources["BillsView"]["Properties"]["TableInput"]["ViewOriginalText"]
    view = json.loads(text["Fn::Sub"][1]["View"]["Fn::Base64"]["Fn::Sub"])

    query = sqlglot.parse_one(view["originalSql"], dialect="athena")

    assert isinstance(query, expressions.Select)
    assert [each.name for each in query.find_all(expressions.Table)] == ["bills_csv"]
    in_json = {each["name"]: each["type"].replace("varchar", "string") for each in view["columns"]}
    assert query.named_selects == list(in_json) == [*bills_table.BILLS, "dt"]
    assert in_json == columns(resources, "BillsView")
    assert (in_json["billed_usd"], in_json["estimated_usd"], in_json["gap_usd"]) == (AMOUNT,) * 3
    for name in ("billed_usd", "gap_usd"):
        assert f"CAST(NULLIF({name}, '') AS DECIMAL(18, 6))" in view["originalSql"]
    assert "TRY_CAST(gap_pct AS DECIMAL(18, 1))" in view["originalSql"]
