"""What is told when days are reported again, late, by hand, or in another timezone."""

from datetime import UTC, datetime
from typing import Any

import pytest

from spend_report.errors import PartlyReportedError
from tests.deployment import PROJECT, Deployment
from tests.handler.test_consecutive_days import Days, data, kinds, texts


@pytest.fixture
def days(deployment: Deployment) -> Days:
    return Days(deployment)


def test_what_was_changed_stays_in_the_record(days: Days) -> None:
    """A day keeps what had been changed in the parameters when it is reported again."""
    days.deployment.put_budgets({"features": {"rag": {"daily": 2}}})
    days.spend("2026-11-03", rag=1)
    days.morning_after("2026-11-03")
    days.deployment.put_budgets({"features": {"rag": {"daily": 5}}})
    for day in ("2026-11-04", "2026-11-05"):
        days.spend(day, rag=1)
        days.morning_after(day)
    days.spend("2026-11-04", rag=0.5)

    days.deployment.invoke({"date": "2026-11-04"})

    record = days.deployment.reports().summary("2026-11-04")
    (notice,) = record["notices"]
    assert record["restated"] is not None
    assert (notice["kind"], "rag daily $2.00 → $5.00" in notice["text"]) == ("config_changed", True)
    assert len(days.deployment.aws.published()) == 1


def test_gap_of_the_calendar_is_told_once(days: Days) -> None:
    """Where the timezone changed, the gap moves as days are reported again, and is told once."""
    days.spend("2026-11-03", rag=1)
    assert days.morning_after("2026-11-03") == []
    days.spend("2026-11-04", rag=1)
    assert days.morning_after("2026-11-04") == []
    days.spend("2026-11-05", rag=1)

    first = days.morning_after("2026-11-05", REPORT_TIMEZONE="America/New_York")
    days.spend("2026-11-06", rag=1)
    second = days.morning_after("2026-11-06", REPORT_TIMEZONE="America/New_York")

    assert (kinds(first), second) == (["calendar_shift"], [])
    assert "Between the reports of 3 Nov and 4 Nov lie 5 hours that neither counts" in texts(first)


def test_gap_beside_a_day_that_stays_is_told(days: Days) -> None:
    """Where the day before is not reported again, its gap is told with the day itself."""
    days.spend("2026-11-04", rag=1)
    days.morning_after("2026-11-04")
    days.spend("2026-11-05", rag=1)

    told = days.morning_after("2026-11-05", REPORT_TIMEZONE="America/New_York", RESTATE_DAYS="0")

    assert kinds(told) == ["calendar_shift"]
    assert "Between the reports of 4 Nov and 5 Nov lie 5 hours" in texts(told)


def test_monday_mended_by_hand_sends_the_digest_once(days: Days) -> None:
    """A Monday on which the run failed is made up for by date, and the week is told, once."""
    days.usual("2026-11-09", "2026-11-14", rag=1)
    days.spend("2026-11-15", rag=1)

    for _ in range(2):
        days.deployment.invoke({"date": "2026-11-15"})
    days.spend("2026-11-16", rag=1)
    days.morning_after("2026-11-16", WEEKLY_DIGEST="on")

    (digest,) = days.deployment.aws.published()
    assert (data(digest)["kind"], data(digest)["week"]) == ("weekly_digest", "2026-W46")
    assert data(digest)["missing_days"][-1:] != ["2026-11-15"]
    assert data(digest)["cost_usd"] == "7.000000"


def test_digest_of_long_names_is_sent(days: Days) -> None:
    """Sixty features with names of 200 characters fit into a digest that SNS takes."""
    many: dict[str, Any] = {f"{number:03}-{'é' * 196}": 1 for number in range(60)}
    days.spend("2026-11-15", **many)

    days.deployment.invoke({"date": "2026-11-15"})

    (digest,) = days.deployment.aws.published()
    assert data(digest)["kind"] == "weekly_digest"
    assert data(digest)["omitted"]["features"] > 0


def test_rewritten_days_are_named_when_the_rest_fails(days: Days) -> None:
    """After some days were written, an error says which, and never that nothing was."""
    for day in ("2026-11-03", "2026-11-04"):
        days.spend(day, rag=1)
    days.deployment.invoke({"start_date": "2026-11-03", "end_date": "2026-11-04", "notify": False})
    forgotten = datetime(2026, 11, 4, tzinfo=UTC)
    days.deployment.langsmith.forget(PROJECT, forgotten)
    days.spend("2026-11-05", rag=1)

    with pytest.raises(PartlyReportedError) as error:
        days.deployment.invoke({"start_date": "2026-11-03", "end_date": "2026-11-05"})

    assert "4–5 Nov reported; the rest was not done:\n2026-11-03: the report of" in str(error.value)
    assert "Nothing was reported" not in str(error.value)
