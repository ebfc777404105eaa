"""The published schema of a day's record, and the most that a record may be."""

import json
from decimal import Decimal
from typing import Any

import jsonschema
import pytest

from local.summary_schema import PATH, text
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.judgement.spikes import find_spikes
from spend_report.domain.record.decode_record import past_day
from spend_report.domain.record.history import History
from spend_report.domain.reports.make_record import MOST_BYTES
from tests.days import budget, day, line, news, same_days
from tests.records import content, full_day, record

SCHEMA = json.loads(PATH.read_text("utf-8"))


def validate(found: dict[str, Any]) -> None:
    jsonschema.validate(found, SCHEMA, format_checker=jsonschema.FormatChecker())


def test_the_schema_is_made_from_the_types() -> None:
    """A field of the record that the published schema does not have: run `make schema`."""
    assert PATH.read_text("utf-8") == text()
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("character", ["x", "\\", "é", "🙂"])
def test_everything_at_its_limit(character: str) -> None:
    """The record of the largest day is at most 2 MB, matches the schema, adds up and reads back."""
    figures = full_day(character)
    budgets = Budgets({row.feature: budget("0.1", monthly="0.2") for row in figures.features})
    found = news(figures, History({}), budgets)

    body = record(figures, breaches=found.breaches, notices=found.notices)

    assert len(body) <= MOST_BYTES == 2_000_000
    said = content(body)
    validate(said)
    cost = Decimal("493.824000")
    assert Decimal(said["total"]["cost_usd"]) == cost
    by_model = [own for row in said["features"].values() for own in row["models"].values()]
    hours = [said["hours"]["features"].values(), said["hours"]["models"]]
    for rows in (said["features"].values(), by_model):
        assert sum(Decimal(row["cost_usd"]) for row in rows) == cost
        assert sum(row["calls"] for row in rows) == 40_000
    for rows in hours:
        assert sum(Decimal(amount) for row in rows for amount in row["cost_usd"]) == cost
        assert sum(calls for row in rows for calls in row["calls"]) == 40_000
    known = past_day(body, figures.date)
    assert len(known.features) == 1_000
    assert known.cost == cost


def test_many_spikes() -> None:
    """Of a hundred and fifty features above their usual the hundred most urgent are kept."""
    names = [f"job-{number:03}" for number in range(150)]
    before = same_days("2026-11-21", 21, *(line(name, "1") for name in names))
    figures = day("2026-11-21", *(line(name, f"{10 + at}") for at, name in enumerate(names)))

    body = record(figures, spikes=find_spikes(figures, before, Decimal(1)))

    said = content(body)
    validate(said)
    assert said["omitted"] == {"spikes": 51}  # that of all together is the first
    known = past_day(body, figures.date)
    assert [spike.feature for spike in known.spikes][:3] == [None, "job-149", "job-148"]
    assert len(known.spikes) == 100
    assert known.usual is not None
    assert known.usual.expected == Decimal("150.000000")
    assert known.usual.limit > known.usual.expected


@pytest.mark.parametrize("more", [{}, {"complete": False}])
def test_ordinary_records_match_the_schema(more: dict[str, Any]) -> None:
    """So does a day of one call, over or not, and one that was restated."""
    before = record(day("2026-11-21", line("a", "1")), **more)

    validate(content(before))
    validate(content(record(day("2026-11-21", line("a", "2")), before)))


@pytest.mark.parametrize(
    ("field", "wrong"), [("schema", 3), ("start", "yesterday"), ("features", []), ("total", None)]
)
def test_the_schema_says_no(field: str, wrong: Any) -> None:
    """What is no record does not match."""
    said = content(record(day("2026-11-21", line("a", "1"))))

    with pytest.raises(jsonschema.ValidationError):
        validate(said | {field: wrong})
