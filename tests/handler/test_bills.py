"""The bills through the real handler: a week of them, compared, written down and told."""

import html
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import urllib3

from local.bill_server import Answer, BillServer
from tests.billed_days import MILLION, PRICES, causes, entry, luna, morning, settings
from tests.deployment import Deployment
from tests.traces import llm

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "alert.schema.json").read_text("utf-8"))


def test_a_day(billed: Deployment, bills: BillServer) -> None:
    """Two days after a UTC day its bills are set beside its traces, each gap with its cause."""
    billed.add_runs(
        luna(20),
        llm(
            "astra",
            "2026-11-20T12:00:00Z",
            model="gpt-6-astra",
            tokens=(MILLION, 100_000),
            feature="chat",
        ),
        llm(
            "opus",
            "2026-11-20T13:00:00Z",
            model="claude-opus-5-5",
            provider="anthropic",
            tokens=(MILLION, 50_000),
            details={"cache_read": 400_000},
            feature="agent",
        ),
    )
    bills.openai = [
        # As traced, and as much again under a key that nobody traces.
        entry(20, "gpt-6-luna", "input_tokens", "1.25", MILLION, requests=1),
        entry(20, "gpt-6-luna", "output_tokens", "1", 100_000),
        entry(20, "gpt-6-luna", "input_tokens", "2.5", 2 * MILLION, requests=4, key="key_b"),
        entry(20, "gpt-6-luna", "output_tokens", "3", 300_000, key="key_b"),
        # Cheaper than the parameter says.
        entry(20, "gpt-6-astra", "input_tokens", "2.5", MILLION, requests=1),
        entry(20, "gpt-6-astra", "output_tokens", "1", 100_000),
        entry(20, "Web search", "", "0.3", 30, unit=None),
    ]
    bills.anthropic = [
        entry(20, "claude-opus-5-5", "uncached_input_tokens", "3", 600_000, requests=1),
        entry(20, "claude-opus-5-5", "cache_read_input_tokens", "0.2", 400_000),
        # The stream was cut before its end was traced.
        entry(20, "claude-opus-5-5", "output_tokens", "2", 80_000),
    ]
    billed.invoke({"date": "2026-11-20"})

    billed.invoke(morning(22), **settings(bills))

    rows = billed.reports().rows("bills", "2026-11-20")
    assert causes(rows) == {
        ("gpt-6-luna", "input", "not_traced"): "2.500000",
        ("gpt-6-luna", "output", "not_traced"): "3.000000",
        ("gpt-6-astra", "input", "price_differs"): "-0.500000",
        ("gpt-6-astra", "output", "price_differs"): "-0.200000",
        ("Web search", "other", "not_priced_here"): "0.300000",
        ("claude-opus-5-5", "input", ""): "0.000000",
        ("claude-opus-5-5", "cached_input", ""): "0.000000",
        ("claude-opus-5-5", "output", "tokens_differ"): "0.750000",
    }
    assert list(rows[0].values()) == [
        "2026-11-20",
        "openai",
        "gpt-6-luna",
        "input",
        "3.750000",
        "1.250000",
        "2.500000",
        "66.7",
        "not_traced",
        "proj_main key_b",
    ]
    notes = {row["note"] for row in rows if row["cause"] == "price_differs"}
    assert notes == {'"gpt-6-astra": {"input": 2.5, "output": 10}'}
    assert sum(Decimal(row["estimated_usd"]) for row in rows) == Decimal(
        billed.reports().summary("2026-11-20")["total"]["cost_usd"]
    )


def test_the_utc_day_of_another_calendar(billed: Deployment, bills: BillServer) -> None:
    """In Tokyo a UTC day is the end of one report and the beginning of the next."""
    billed.add_runs(luna(20, at="14:59"), luna(20, at="15:00"), luna(20, at="23:59"), luna(21))
    bills.openai = [
        entry(20, "gpt-6-luna", "input", "3.75", 3 * MILLION),
        entry(20, "gpt-6-luna", "output", "3", 300_000),
    ]
    tokyo = {"REPORT_TIMEZONE": "Asia/Tokyo", **settings(bills, "openai")}
    billed.invoke({"start_date": "2026-11-20", "end_date": "2026-11-21"}, **tokyo)

    billed.invoke({"scheduled_time": "2026-11-22T21:00:00Z"}, **tokyo)

    rows = billed.reports().rows("bills", "2026-11-20")
    assert {(row["estimated_usd"], row["cause"]) for row in rows} == {
        ("3.750000", ""),
        ("3.000000", ""),
    }


def test_a_provider_that_is_down(billed: Deployment, bills: BillServer) -> None:
    """The report comes out and nothing fails; the table says why, and the next run mends it."""
    billed.add_runs(luna(20), luna(21))
    bills.openai = [entry(20, "gpt-6-luna", "input", "1.25", MILLION)]
    billed.invoke({"date": "2026-11-20"})
    bills.fault = lambda _: Answer(500, headers={"retry-after": "0"})

    result = billed.invoke(morning(22), **settings(bills, "openai"))

    [row] = {row["cause"] for row in billed.reports().rows("bills", "2026-11-20")}
    assert row.startswith("not compared: OpenAI answered with HTTP 500")
    assert [report["date"] for report in result["reports"]][-1] == "2026-11-21"

    bills.fault = None
    billed.invoke(morning(23), **settings(bills, "openai"))

    rows = billed.reports().rows("bills", "2026-11-20")
    assert causes(rows) == {
        ("gpt-6-luna", "input", ""): "0.000000",
        ("gpt-6-luna", "output", "tokens_differ"): "-1.000000",
    }


def test_a_bill_that_fails_later(billed: Deployment, bills: BillServer) -> None:
    """A table is never replaced by one without a bill."""
    billed.add_runs(luna(20))
    bills.openai = [entry(20, "gpt-6-luna", "input", "1.25", MILLION)]
    billed.invoke({"date": "2026-11-20"})
    billed.invoke(morning(22), **settings(bills, "openai"))
    before = billed.reports().text("bills", "2026-11-20")
    bills.fault = lambda _: Answer(401)

    billed.invoke(morning(25), **settings(bills, "openai"))

    assert billed.reports().text("bills", "2026-11-20") == before


@pytest.mark.parametrize(
    ("parameter", "reason"),
    [(None, "bills/openai-admin-key: the admin key is missing"), ("sk-proj-x", "refused the key")],
)
def test_a_key_that_is_none(
    deployment: Deployment, bills: BillServer, parameter: str | None, reason: str
) -> None:
    """A missing key, or a project's, is a reason in the table and nothing more."""
    deployment.put_prices(PRICES)
    if parameter is not None:
        deployment.aws.put_parameter("bills/openai-admin-key", parameter, secure=True)
    deployment.add_runs(luna(20))
    deployment.invoke({"date": "2026-11-20"})

    deployment.invoke(morning(22), **settings(bills, "openai"))

    rows = deployment.reports().rows("bills", "2026-11-20")
    assert {reason in row["cause"] for row in rows} == {True}
    assert "sk-proj-x" not in deployment.reports().text("bills", "2026-11-20")


def test_told_on_the_second_day(billed: Deployment, bills: BillServer) -> None:
    """A gap is told when it stays for a second settled day, once, and again when it doubled."""
    amounts = {17: 0, 18: 4, 19: 4, 20: 4, 21: 9}
    for day, extra in amounts.items():
        billed.add_runs(luna(day))
        bills.openai += [
            entry(day, "gpt-6-luna", "input", "1.25", MILLION, requests=1),
            entry(day, "gpt-6-luna", "output", "1", 100_000),
            entry(
                day,
                "gpt-6-luna",
                "input",
                str(extra * Decimal("1.25")),
                extra * MILLION,
                requests=extra,
                key="key_b",
            ),
            entry(day, "gpt-6-luna", "output", str(extra), extra * 100_000, key="key_b"),
        ]
    billed.invoke({"start_date": "2026-11-17", "end_date": "2026-11-22", "notify": False})

    told = {}
    for day in range(19, 24):
        billed.invoke(morning(day), **settings(bills, "openai"))
        told[day] = [note for note in billed.aws.received() if note.get("kind") == "bill"]

    assert {day: len(notes) for day, notes in told.items()} == {19: 0, 20: 0, 21: 1, 22: 0, 23: 1}
    [note] = told[21]
    jsonschema.validate(note, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert (note["date"], note["provider"], note["since"]) == ("2026-11-19", "openai", "2026-11-18")
    assert (note["billed_usd"], note["estimated_usd"], note["gap_usd"]) == (
        "11.250000",
        "2.250000",
        "9.000000",
    )
    [notice] = note["notices"]
    assert notice["kind"] == "bill"
    assert notice["text"].startswith(
        "19 Nov: OpenAI billed $11.25, traces explain 20.0 %; $9.00 on gpt-6-luna were never traced"
    )


def test_small_gaps_are_not_told(billed: Deployment, bills: BillServer) -> None:
    """Up to a dollar, or up to a fiftieth of the bill, is for the table alone."""
    for day in (18, 19, 20):
        billed.add_runs(luna(day))
        bills.openai += [
            entry(day, "gpt-6-luna", "input", "1.25", MILLION),
            entry(day, "gpt-6-luna", "output", "2", 200_000),
        ]
    billed.invoke({"start_date": "2026-11-18", "end_date": "2026-11-20", "notify": False})

    for day in (20, 21, 22):
        billed.invoke(morning(day), **settings(bills, "openai"))

    assert not [note for note in billed.aws.received() if note.get("kind") == "bill"]


def test_bedrock(billed: Deployment, bills: BillServer) -> None:
    """Bedrock's bill comes through Cost Explorer; Claude is there under a name of its own."""
    billed.add_runs(
        llm(
            "opus",
            "2026-11-20T10:00:00Z",
            model="us.anthropic.claude-opus-5-5-v1:0",
            provider="amazon_bedrock",
            tokens=(MILLION, 100_000),
            feature="agent",
        )
    )
    billed.put_prices(
        {"us.anthropic.claude-opus-5-5-v1:0": {"alias_of": "claude-opus-5-5"}}, "bedrock"
    )
    service = "Claude Opus 5.5 (Amazon Bedrock Edition)"

    def group(usage_type: str, amount: str, quantity: str) -> Mapping[str, Any]:
        cost = {"Amount": amount, "Unit": "USD"}
        return {
            "Keys": [service, usage_type],
            "Metrics": {
                "UnblendedCost": cost,
                "NetUnblendedCost": cost,
                "UsageQuantity": {"Amount": quantity, "Unit": "N/A"},
            },
        }

    page = {
        "ResultsByTime": [
            {
                "TimePeriod": {"Start": "2026-11-20", "End": "2026-11-21"},
                "Groups": [
                    group("USE1-MP:USE1_InputTokenCount-Units", "5.5", "1"),
                    group("USE1-MP:USE1_OutputTokenCount-Units", "2.75", "0.1"),
                ],
                "Estimated": True,
            }
        ]
    }
    url = f"{billed.aws.url}/moto-api/static/ce/cost-and-usage-results"
    urllib3.request("POST", url, body=json.dumps({"results": [page]}).encode())
    billed.invoke({"date": "2026-11-20"})

    billed.invoke(morning(22), **settings(bills, "bedrock"))

    rows = billed.reports().rows("bills", "2026-11-20")
    assert causes(rows) == {
        ("us.anthropic.claude-opus-5-5-v1:0", "input", "price_differs"): "0.500000",
        ("us.anthropic.claude-opus-5-5-v1:0", "output", "price_differs"): "0.250000",
    }


def test_off(billed: Deployment, bills: BillServer) -> None:
    """Without `BILLS` nobody is asked and nothing is written."""
    billed.add_runs(luna(20))
    billed.invoke({"date": "2026-11-20"})

    billed.invoke(morning(22), **settings(bills, ""))

    assert not bills.requests
    assert not [key for key in billed.reports().objects if key.startswith("bill")]


def test_only_the_schedule_compares(billed: Deployment, bills: BillServer) -> None:
    """A day that is asked for by its date asks for no bill."""
    billed.add_runs(luna(20))

    billed.invoke({"date": "2026-11-20"}, **settings(bills))

    assert not bills.requests


def test_the_line_on_the_page_and_in_the_digest(billed: Deployment, bills: BillServer) -> None:
    """The page and the week's digest say what the newest compared bill came to."""
    for day in (20, 21, 22):
        billed.add_runs(luna(day))
    bills.openai = [
        entry(20, "gpt-6-luna", "input", "2.5", 2 * MILLION, requests=2),
        entry(20, "gpt-6-luna", "output", "2", 200_000),
    ]
    bills.anthropic = [entry(20, "claude-opus-5-5", "output_tokens", "0.9", 36_000, requests=1)]
    billed.invoke({"date": "2026-11-20"})
    billed.invoke(morning(22), **settings(bills))

    billed.invoke(morning(23), **settings(bills))

    page = billed.reports().text("report", "2026-11-22", "html")
    lines = [
        "20 Nov: OpenAI billed $4.50, traces explain 50.0 %; $2.25 on gpt-6-luna were never traced",
        (
            "20 Nov: Anthropic billed $0.90, traces explain 0.0 %; "
            "$0.90 on claude-opus-5-5 were never traced"
        ),
    ]
    assert all(line in html.unescape(page) for line in lines)
    [digest] = [note for note in billed.aws.received() if note["kind"] == "weekly_digest"]
    jsonschema.validate(digest, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert digest["bills"] == lines
    [mail] = [
        each.parts["email"]
        for each in billed.aws.published()
        if each.attributes["kind"] == "weekly_digest"
    ]
    assert "Against the bills (UTC days):\n20 Nov: OpenAI billed $4.50, traces explain" in mail


def test_no_line_without_a_bill(billed: Deployment, bills: BillServer) -> None:
    """Where no bill is compared, nobody reads about one."""
    billed.add_runs(luna(21))

    billed.invoke(morning(22), **settings(bills, ""))

    assert "Against the bill" not in billed.reports().text("report", "2026-11-21", "html")
