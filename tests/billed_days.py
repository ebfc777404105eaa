"""Providers' bills and traced calls in a few words."""

from datetime import date
from decimal import Decimal
from typing import Any

from local.bill_server import BillServer, Entry
from tests.deployment import Row
from tests.traces import llm

PRICES = {
    "gpt-6-luna": {"input": 1.25, "output": 10, "cache_read": 0.125},
    "gpt-6-astra": {"input": 3, "output": 12},
    "claude-opus-5-5": {"input": 5, "output": 25, "cache_read": 0.5, "cache_write": 6.25},
}
MILLION = 1_000_000


def settings(server: BillServer, providers: str = "openai,anthropic") -> dict[str, str]:
    return {
        "BILLS": providers,
        "OPENAI_BASE_URL": server.openai_url,
        "ANTHROPIC_BASE_URL": server.url,
    }


def morning(day: int) -> dict[str, str]:
    return {"scheduled_time": f"2026-11-{day:02}T06:00:00Z"}


def luna(day: int, tokens: tuple[int, int] = (MILLION, 100_000), at: str = "10:00") -> Any:
    return llm(
        f"luna {day} {at}",
        f"2026-11-{day:02}T{at}:00Z",
        model="gpt-6-luna",
        tokens=tokens,
        feature="chat",
    )


def entry(day: int, model: str, kind: str, amount: str, tokens: int, **more: Any) -> Entry:
    return Entry(date(2026, 11, day), model, kind, Decimal(amount), tokens, **more)


def causes(rows: list[Row]) -> dict[tuple[str, str, str], str]:
    return {(row["model"], row["token_kind"], row["cause"]): row["gap_usd"] for row in rows}
