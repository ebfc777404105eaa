"""`make schema`: write docs/summary.schema.json, the shape of a day's record, from its types."""

import json
from pathlib import Path
from typing import Any

import msgspec

from spend_report.domain.record.summary_fields import SCHEMA, Record

PATH = Path(__file__).parents[1] / "docs" / "summary.schema.json"

_DESCRIPTION = (
    "The content of summary/dt=YYYY-MM-DD/summary_YYYY-MM-DD.json. Money is US dollars, as a "
    "decimal string, so that nothing is lost to binary fractions. Names and fields are only added "
    "within a version of `schema`: ignore those that you do not know."
)


def schema() -> dict[str, Any]:
    """The JSON schema of a record."""
    (made,), parts = msgspec.json.schema_components([Record], ref_template="#/$defs/{name}")
    record = parts.pop(made["$ref"].rpartition("/")[2])
    record["properties"]["schema"] = {"const": SCHEMA}
    whole = {**record, "$defs": dict(sorted(parts.items()))}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "urn:spend-report:summary",
        **_with_plain_decimals(whole),
        "title": "The record of a day",
        "description": _DESCRIPTION,
    }


def _with_plain_decimals(value: Any) -> Any:
    """The same, with a pattern in the place of the format `decimal`, which no validator knows."""
    match value:
        case {"format": "decimal", **rest}:
            return {**rest, "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
        case dict():
            return {key: _with_plain_decimals(own) for key, own in value.items()}
        case list():
            return [_with_plain_decimals(own) for own in value]
        case _:
            return value


def text() -> str:
    """The file's content."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    PATH.write_text(text(), encoding="utf-8")
