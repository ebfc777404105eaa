"""The week's spikes in its digest."""

import json
from copy import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema

from spend_report.domain.basics.links import Links
from spend_report.domain.messages.alert_message import Message
from spend_report.domain.messages.machine_json import MOST_BYTES
from spend_report.domain.messages.weekly_digest import compose_digest, digest
from spend_report.domain.record.history import PastDay, PastSpike
from tests.days import history, line, past

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "alert.schema.json").read_text("utf-8"))
LINKS = Links("s3://b/spend_by_feature.csv", "s3://b/report.html", "eu-central-1")


def spike(
    feature: str | None, cost: str, usual: str, times: str | None, what: str = "cost"
) -> PastSpike:
    found = Decimal(times) if times else None
    return PastSpike(feature, what, Decimal(cost), Decimal(usual), found)


def told(*days: PastDay, owners: dict[str, str] | None = None) -> Message:
    """The digest of 16 to 22 November with `days` among its days."""
    sunday = past("2026-11-22", line("rag", "1"))
    week = digest(sunday.date, history(*days, sunday), LINKS, owners=owners)
    assert week is not None
    message = compose_digest(week)
    jsonschema.validate(json.loads(message.data), SCHEMA)
    return message


def spikes_of(message: Message) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(message.data)["spikes"]
    return found


def test_spikes_of_the_week() -> None:
    """The largest excess comes first, with the day, the owner and what was usual."""
    message = told(
        replace(
            past("2026-11-18", line("rag", "41.2")),
            spikes=[
                spike(None, "44", "9.5", "4.6"),
                spike("rag", "41.2", "6.5", "6.3"),
                spike("chat", "1.6", "1.5", "5.1", "calls"),
                spike("ocr", "2", "0.000001", None),
            ],
        ),
        replace(past("2026-11-19", line("rag", "9")), spikes=[spike(None, "9", "4", "2.3")]),
        owners={"rag": "search"},
    )

    assert message.text.split("Far above the usual:\n")[1].split("\n\n")[0].splitlines() == [
        "  18 Nov rag (search) $41.20, 6.3 times the usual $6.50",
        "  19 Nov total $9.00, 2.3 times the usual $4.00",
        "  18 Nov ocr $2.00, far above the usual $0.000001",
        "  18 Nov chat $1.60, 5.1 times the usual calls (usually $1.50)",
    ]
    assert spikes_of(message)[0] == {
        "date": "2026-11-18",
        "feature": "rag",
        "owner": "search",
        "what": "cost",
        "cost_usd": "41.200000",
        "usual_usd": "6.500000",
        "times": 6.3,
    }
    assert [one["feature"] for one in spikes_of(message)] == ["rag", None, "ocr", "chat"]


def test_more_than_fit() -> None:
    """Forty features a day for a week, with names as long as they may be, fit and are counted."""
    names = ["🙂" * 190 + f"{number}" for number in range(40)]
    sunday = past("2026-11-22").date
    days = [
        replace(
            past(str(sunday - timedelta(back)), line("rag", "1")),
            spikes=[spike(name, "9", "3", "3.0") for name in names],
        )
        for back in range(1, 7)
    ]

    message = told(*days, owners=dict.fromkeys(names, "🙂" * 200))

    data = json.loads(message.data)
    assert len(data["spikes"]) + data["omitted"]["spikes"] == 240
    assert data["spikes"]
    assert "... and 235 more spikes, not shown here" in message.text
    assert max(map(len, message.text.split("The last day")[0].splitlines())) <= 78
    assert len(json.dumps(message.data)) <= MOST_BYTES


def test_quiet_week() -> None:
    """A week without spikes says nothing about them."""
    message = told()

    assert "Far above" not in message.text
    assert spikes_of(message) == []
