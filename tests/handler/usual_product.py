"""A product whose days are all alike, for tests of what is not."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from local.aws import BUCKET, CONFIG_PATH
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
    """`count` usual days before `until`, reported: the first time by the function.

    Later they are put back as it wrote them, which takes a tenth of the time.
    """
    deployment.put_prices({"gpt-4o": {"input": 2.50, "output": 10.00}})
    days = [until - timedelta(back) for back in range(count, 0, -1)]
    deployment.add_runs(*(run for day in days for run in usual_day(day)))
    key = (count, until, *sorted(settings.items()), *_parameters(deployment))
    if key in _reported:
        for written in _reported[key]:
            deployment.aws.s3.put_object(Bucket=BUCKET, **written)
        return
    deployment.invoke(
        {"start_date": str(days[0]), "end_date": str(days[-1]), "notify": False}, **settings
    )
    _reported[key] = list(_written(deployment))


_reported: dict[tuple[Any, ...], list[dict[str, Any]]] = {}


def _parameters(deployment: Deployment) -> Iterator[tuple[str, str]]:
    """What a record tells of the configuration that its day was reported with."""
    pages = deployment.aws.ssm.get_paginator("get_parameters_by_path").paginate(
        Path=CONFIG_PATH, Recursive=True
    )
    for page in pages:
        for parameter in page["Parameters"]:
            yield parameter["Name"], parameter["Value"]


def _written(deployment: Deployment) -> Iterator[dict[str, Any]]:
    s3 = deployment.aws.s3
    for key, body in deployment.aws.objects().items():
        head = s3.head_object(Bucket=BUCKET, Key=key)
        yield {"Key": key, "Body": body} | {
            name: head[name] for name in ("ContentType", "ContentDisposition", "Metadata")
        }
