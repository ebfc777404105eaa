"""A product whose days are all alike, for tests of what is not."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from tests.deployment import Deployment
from tests.traces import llm

DAY = date(2026, 11, 20)
FEATURES, HOURS, CALLS = ("rag-search", "summaries"), (9, 13, 16), 5


def calls(
    feature: str, day: date, hour: int, count: int, first_minute: int = 0
) -> Iterator[dict[str, Any]]:
    """`count` calls in a UTC hour, a minute apart; each costs $0.10."""
    for number in range(count):
        minute = first_minute + number % (60 - first_minute)
        yield llm(
            f"{feature} {day} {hour} {number}",
            f"{day}T{hour:02}:{minute:02}:00Z",
            feature=feature,
            tokens=(40_000, 0),
        )


def usual_day(day: date) -> Iterator[dict[str, Any]]:
    """$1.50 for each of two features."""
    for hour in HOURS:
        for feature in FEATURES:
            yield from calls(feature, day, hour, CALLS)


def add_usual_days(deployment: Deployment, count: int, until: date = DAY, **settings: str) -> None:
    """`count` usual days before `until`, reported."""
    deployment.put_prices({"gpt-4o": {"input": 2.50, "output": 10.00}})
    days = [until - timedelta(back) for back in range(count, 0, -1)]
    deployment.add_runs(*(run for day in days for run in usual_day(day)))
    deployment.invoke(
        {"start_date": str(days[0]), "end_date": str(days[-1]), "notify": False}, **settings
    )
