"""Spikes that no budget names, in the daily report: seen in what the function writes and sends."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import pytest

from tests.deployment import Deployment, by
from tests.handler.usual_product import DAY, add_usual_days, calls, usual_day


@pytest.fixture
def product(deployment: Deployment) -> Deployment:
    """Four weeks of two features that cost $1.50 a day each."""
    add_usual_days(deployment, 28)
    return deployment


def alerts(product: Deployment) -> Sequence[Mapping[str, str]]:
    """The texts of the messages about spending, by protocol."""
    return [
        message.parts
        for message in product.aws.published()
        if message.attributes["kind"] == "spend_alert"
    ]


def spikes_of(parts: Mapping[str, str]) -> list[dict[str, Any]]:
    """The spikes of a message for machines."""
    spikes: list[dict[str, Any]] = json.loads(parts["sqs"])["spikes"]
    return spikes


def test_runaway(product: Deployment) -> None:
    """A feature far above its usual is told though nobody set a budget, and how to set one."""
    product.add_runs(*usual_day(DAY), *calls("summaries", DAY, 3, 60))

    product.invoke({"date": str(DAY)})

    (parts,) = alerts(product)
    told = " ".join(parts["email"].split())
    assert "summaries cost $7.50, 5.0 times its usual $1.50 for a Friday, since 03:00;" in told
    assert "no budget watches it. +$6.00 against the mean of 13–19 Nov ($1.50)" in told
    assert '"features": {"summaries": {"daily": 3.00}}' in told
    (spike,) = spikes_of(parts)
    assert (spike["feature"], spike["what"], spike["severity"]) == ("summaries", "cost", "critical")
    assert (spike["cost_usd"], spike["usual_usd"], spike["times"]) == ("7.500000", "1.500000", 5.0)
    assert spike["since"] == "2026-11-20T03:00:00+00:00"


def test_what_is_written(product: Deployment) -> None:
    """The usual stands in the CSV, the spikes in the record, and their sentence on the page."""
    product.add_runs(*usual_day(DAY), *calls("summaries", DAY, 3, 60))

    reports = product.report(str(DAY))

    rows = by("feature", reports.rows("spend_by_feature", str(DAY)))
    assert {name: row["usual_usd"] for name, row in rows.items()} == {
        "rag-search": "1.500000",
        "summaries": "1.500000",
    }
    assert [spike["feature"] for spike in reports.summary(str(DAY))["spikes"]] == [
        None,
        "summaries",
    ]
    assert "5.0 times its usual $1.50" in reports.text("report", str(DAY), "html")


def test_the_days_after(product: Deployment) -> None:
    """The next day's page marks the day of the spike, and has what was usual for it and others."""
    product.add_runs(*usual_day(DAY), *calls("summaries", DAY, 3, 60))
    product.invoke({"date": str(DAY)})
    next_day = DAY + timedelta(1)
    product.add_runs(*usual_day(next_day))

    page = product.report(str(next_day)).text("report", str(next_day), "html")

    assert "<title>20 Nov: far above the usual: summaries</title>" in page
    # $3 in all, and half as much again, with the ten cents that weigh little days down.
    assert "<title>20 Nov: usually $1.98 to $4.55</title>" in page
    assert "<title>21 Nov: usually $" in page
    # 23 October is the first of the days before; the eighth is the first that can be judged.
    assert "<title>30 Oct: usually" in page
    assert "<title>29 Oct: usually" not in page


def test_once(product: Deployment) -> None:
    """A spike is told once, however often its day is reported."""
    product.add_runs(*usual_day(DAY), *calls("summaries", DAY, 3, 60))

    for _ in range(2):
        product.invoke({"date": str(DAY)})

    assert len(alerts(product)) == 1


def test_with_a_budget(product: Deployment) -> None:
    """Where the day's budget alert is told, the spike is a sentence of it."""
    product.put_budgets({"features": {"summaries": 5}})
    product.add_runs(*usual_day(DAY), *calls("summaries", DAY, 3, 60))

    product.invoke({"date": str(DAY)})

    (parts,) = alerts(product)
    assert parts["email"].count("[CRITICAL]") == 1
    assert "5.0 times its usual $1.50 for a Friday, since 03:00." in " ".join(
        parts["email"].split()
    )
    assert len(spikes_of(parts)) == 1


@pytest.mark.parametrize("settings", [{"SPIKES": "off"}, {"SPIKE_FLOOR_USD": "10"}])
def test_off(product: Deployment, settings: Mapping[str, str]) -> None:
    """Spikes can be switched off, and small ones with a floor."""
    product.add_runs(*usual_day(DAY), *calls("summaries", DAY, 3, 60))

    product.invoke({"date": str(DAY)}, **settings)

    assert alerts(product) == []


def test_unfinished_day(product: Deployment) -> None:
    """A day that is not over is not judged against whole ones."""
    product.add_runs(*usual_day(DAY), *calls("summaries", DAY, 3, 60))

    product.invoke({"date": str(DAY)}, now=f"{DAY}T22:00:00Z")

    assert alerts(product) == []


def test_young_feature(deployment: Deployment) -> None:
    """Six days say nothing about what is usual."""
    add_usual_days(deployment, 6)
    deployment.add_runs(*usual_day(DAY), *calls("summaries", DAY, 3, 60))

    deployment.invoke({"date": str(DAY)})

    assert alerts(deployment) == []
    rows = deployment.reports().rows("spend_by_feature", str(DAY))
    assert {row["usual_usd"] for row in rows} == {""}


def test_new_level(product: Deployment) -> None:
    """What lasts is told as a spike and, with its first day, as a new level, and then no more."""
    for number in range(5):
        day = DAY + timedelta(number)
        product.add_runs(*usual_day(day), *calls("summaries", day, 3, 60))
        product.invoke({"date": str(day)})

    first, level = alerts(product)
    assert spikes_of(first)[0]["level_since"] is None
    assert spikes_of(level)[0]["level_since"] == str(DAY)
    assert "a new level since 20 Nov" in " ".join(level["email"].split())
