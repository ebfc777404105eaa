"""A week of bills and traces that disagree in known amounts, through the real handler."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NamedTuple

from local.bill_server import BillServer, Entry
from tests.billed_days import MILLION, entry, morning, settings
from tests.deployment import Deployment
from tests.traces import llm

# As `PRICES` has them: dollars per million.
LUNA, ASTRA = ("1.25", "10"), ("3", "12")
SMALLEST = Decimal("0.000001")
ANTHROPICS = {
    "input": "uncached_input_tokens",
    "cached": "cache_read_input_tokens",
    "output": "output_tokens",
}

type Gaps = Mapping[tuple[str, str, str, str], str]


class Day(NamedTuple):
    """What is billed beside what was traced, and the gaps that make of it."""

    openai: Sequence[Entry] = ()
    anthropic: Sequence[Entry] = ()
    luna_name: str = "gpt-6-luna"
    astra_prices: tuple[str, str] = ASTRA
    gaps: Gaps = MappingProxyType({})


def luna_entries(
    day: int, millions: str, prices: tuple[str, str] = LUNA, *, model: str = "", **more: Any
) -> list[Entry]:
    """So many million tokens of input, and a tenth of them of output."""
    tokens = Decimal(millions) * MILLION
    name = model or "gpt-6-luna"
    return [
        entry(
            day,
            name,
            "input_tokens",
            str(tokens / MILLION * Decimal(prices[0])),
            int(tokens),
            **more,
        ),
        entry(
            day,
            name,
            "output_tokens",
            str(tokens / 10 / MILLION * Decimal(prices[1])),
            int(tokens / 10),
            **{**more, "requests": 0},
        ),
    ]


WEEK = {
    # All as traced, but luna is billed under the names of three releases.
    16: Day(luna_name="gpt-6-luna-2026-08-06"),
    # Calls of a batch that nobody traces: two million in at 1.25, 0.2 million out at 10.
    17: Day(
        openai=luna_entries(17, "2", key="key_batch", requests=40),
        gaps={
            ("openai", "gpt-6-luna", "input", "not_traced"): "2.500000",
            ("openai", "gpt-6-luna", "output", "not_traced"): "2.000000",
        },
    ),
    # Astra has become cheaper: 2.5 and 10 instead of 3 and 12, for two million in, 0.2 out.
    18: Day(
        astra_prices=("2.5", "10"),
        gaps={
            ("openai", "gpt-6-astra", "input", "price_differs"): "-1.000000",
            ("openai", "gpt-6-astra", "output", "price_differs"): "-0.400000",
        },
    ),
    # Streams were cut: 60,000 tokens out of luna at 10, 20,000 out of opus at 25.
    19: Day(
        openai=[entry(19, "gpt-6-luna", "output_tokens", "0.6", 60_000)],
        anthropic=[entry(19, "claude-opus-5-5", "output_tokens", "0.5", 20_000)],
        gaps={
            ("openai", "gpt-6-luna", "output", "tokens_differ"): "0.600000",
            ("anthropic", "claude-opus-5-5", "output", "tokens_differ"): "0.500000",
        },
    ),
    # Lines that nobody knows, one of them with sixteen digits, and a credit.
    20: Day(
        openai=[
            entry(20, "Web search", "", "0.3", 30, unit=None),
            entry(20, "gpt-6-luna", "audio_output_tokens", "1.234567890123456", 9_000),
            entry(20, "Promotional credit", "", "-2.25", 1, unit=None),
        ],
        anthropic=[
            entry(20, "claude-opus-5-5", "web_search", "0.07", 7, cost_type="web_search"),
        ],
        gaps={
            ("openai", "Web search", "other", "not_priced_here"): "0.300000",
            ("openai", "gpt-6-luna", "other", "not_priced_here"): "1.234568",
            ("openai", "Promotional credit", "other", "not_priced_here"): "-2.250000",
            ("anthropic", "claude-opus-5-5", "other", "not_priced_here"): "0.070000",
        },
    ),
    # A model that was never traced, at no price that is known, and one that nobody bills.
    21: Day(
        openai=[entry(21, "gpt-9-nova", "input_tokens", "0.77", 350_000, requests=9)],
        gaps={
            ("openai", "gpt-9-nova", "input", "not_traced"): "0.770000",
            ("elsewhere", "llama-9", "input", "not_billed"): "-0.500000",
        },
    ),
    # Everything at once.
    22: Day(
        openai=[
            *luna_entries(22, "1", key="key_batch", requests=3),
            entry(22, "Web search", "", "0.4", 40, unit=None),
        ],
        anthropic=[entry(22, "claude-opus-5-5", "output_tokens", "1.25", 50_000)],
        astra_prices=("3.5", "14"),
        gaps={
            ("openai", "gpt-6-luna", "input", "not_traced"): "1.250000",
            ("openai", "gpt-6-luna", "output", "not_traced"): "1.000000",
            ("openai", "gpt-6-astra", "input", "price_differs"): "1.000000",
            ("openai", "gpt-6-astra", "output", "price_differs"): "0.400000",
            ("openai", "Web search", "other", "not_priced_here"): "0.400000",
            ("anthropic", "claude-opus-5-5", "output", "tokens_differ"): "1.250000",
        },
    ),
}


def as_traced(day: int, of_day: Day) -> tuple[list[Any], list[Entry], list[Entry]]:
    """The day's runs, and both bills as they would be if nothing were wrong but a price."""

    def call(name: str, model: str, tokens: tuple[int, int], at: str, **more: Any) -> Any:
        time = f"2026-11-{day}T{at}Z"
        return llm(f"{name} {day}", time, model=model, tokens=tokens, feature="chat", **more)

    runs = [
        # The last minute of the UTC day, and the first.
        call("luna late", "gpt-6-luna", (MILLION, 100_000), "23:59:00"),
        call("luna early", of_day.luna_name, (2 * MILLION, 200_000), "00:00:00"),
        call("astra", "gpt-6-astra", (2 * MILLION, 200_000), "12:00:00"),
        call(
            "opus",
            "claude-opus-5-5",
            (MILLION, 100_000),
            "13:00:00",
            provider="anthropic",
            details={"cache_read": 400_000},
        ),
    ]
    if day == 21:
        runs.append(call("llama", "llama-9", (MILLION, 0), "14:00:00", provider="elsewhere"))
    openai = [
        *luna_entries(day, "1", requests=1),
        *luna_entries(day, "1.5", model=of_day.luna_name, requests=1),
        *luna_entries(day, "0.5", model="openai/gpt-6-luna" if day == 16 else ""),
        *luna_entries(day, "2", of_day.astra_prices, model="gpt-6-astra", requests=1),
    ]
    anthropic = [
        entry(day, "claude-opus-5-5", ANTHROPICS["input"], "3", 600_000, requests=1),
        entry(day, "claude-opus-5-5", ANTHROPICS["cached"], "0.2", 400_000),
        entry(day, "claude-opus-5-5", ANTHROPICS["output"], "2.5", 100_000),
    ]
    return runs, openai, anthropic


def test_a_week(billed: Deployment, bills: BillServer) -> None:
    """Every gap has its cause and amount, no gap is made up, and the rows sum to both sides."""
    billed.put_prices({"llama-9": {"input": 0.5, "output": 0.5}}, "elsewhere")
    for day, of_day in WEEK.items():
        runs, openai, anthropic = as_traced(day, of_day)
        billed.add_runs(*runs)
        bills.openai += [*openai, *of_day.openai]
        bills.anthropic += [*anthropic, *of_day.anthropic]
    billed.invoke({"start_date": "2026-11-16", "end_date": "2026-11-22", "notify": False})

    for day in WEEK:
        billed.invoke(morning(day + 2), **settings(bills))

    reports = billed.reports()
    for day, of_day in WEEK.items():
        date = f"2026-11-{day}"
        rows = reports.rows("bills", date)
        gaps = {
            (row["provider"], row["model"], row["token_kind"], row["cause"]): row["gap_usd"]
            for row in rows
            if row["cause"]
        }
        assert gaps == of_day.gaps, date
        assert all(Decimal(row["gap_usd"]) == 0 for row in rows if not row["cause"]), date
        entries = [*bills.openai, *bills.anthropic]
        on_bills = sum((each.amount for each in entries if str(each.day) == date), Decimal(0))
        billed_usd = sum((Decimal(row["billed_usd"]) for row in rows), Decimal(0))
        assert abs(billed_usd - on_bills) < SMALLEST, date
        estimated = sum(Decimal(row["estimated_usd"]) for row in rows)
        assert estimated == Decimal(reports.summary(date)["total"]["cost_usd"]), date
    notes = {row["note"] for row in reports.rows("bills", "2026-11-17") if row["cause"]}
    assert notes == {"proj_main key_batch"}
    notes = {row["note"] for row in reports.rows("bills", "2026-11-18") if row["cause"]}
    assert notes == {'"gpt-6-astra": {"input": 2.5, "output": 10}'}
