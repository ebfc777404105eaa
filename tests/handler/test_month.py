"""A month, day by day: what is told and what is remembered, where days follow each other."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local.aws import BUCKET, Message
from spend_report.errors import FewerRunsError
from tests.deployment import PROJECT, Deployment
from tests.traces import llm

ONE_DAY = timedelta(days=1)
NEW_YORK = "America/New_York"
FLOOD = 1_200

# What each morning brought, and the most urgent first within a message. The month's budget is $70:
# 18 days of $3 and one dollar more are $55, the 19th crosses 80 %, which is $56. On the 20th the
# 19th is taken out again, so that the 25th crosses the whole. Then it is raised to $80, of which
# 80 % is $64.
MESSAGES = """
01 weekly_digest info 11-01: $3 in 2026-W44 [chat rag]
03 spend_alert warning 11-03: total monthly forecast 11-03 $9 of $70 []
03 spend_alert critical 11-02: rag daily 1.0 11-02 $3 of $2.5 [rag]
08 weekly_digest info 11-08: $22 in 2026-W45 [chat rag]
12 spend_alert warning 11-11: calendar_shift 11-11 []
15 weekly_digest info 11-15: $21 in 2026-W46 [chat rag]
19 spend_alert warning 11-19: total monthly 0.8 11-19 $58 of $70 []
20 spend_alert warning 11-20: report_kept 11-20 []
20 spend_alert warning 11-19: all_silent 11-19 []
22 weekly_digest info 11-22: $18 in 2026-W47 [chat rag]
25 spend_alert critical 11-25: total monthly 1.0 11-25 $74.2 of $70, too_many_names 11-25 []
26 spend_alert warning 11-26: total monthly 0.8 11-26 $77.2 of $80, config_changed 11-26 []
27 spend_alert critical 11-27: total monthly 1.0 11-27 $80.2 of $80 []
29 weekly_digest info 11-29: $22.2 in 2026-W48 [(other) chat rag]
"""

# The records at the end: calls, dollars, features, the calendar, what is wrong, what it was before.
PLAIN = "3 calls, $3 by 2 features, {}"
UNLIKE_OTHERS = {
    2: "4 calls, $4 by 2 features, UTC, was $3",
    11: "3 calls, $3 by 2 features, America/New_York, calendar_shift",
    19: "0 calls, $0 by 0 features, America/New_York, all_silent, was $3",
    25: "1203 calls, $4.2 by 1001 features, America/New_York, too_many_names",
    26: "3 calls, $3 by 2 features, America/New_York, config_changed",
}
RECORDS = {
    day: UNLIKE_OTHERS.get(day, PLAIN.format("UTC" if day < 11 else NEW_YORK))
    for day in range(1, 31)
}


def test_a_month(deployment: Deployment) -> None:
    """A month in which a call comes late, a morning is missed, a record is overwritten by others,
    the calendar moves to New York, LangSmith forgets a day that is then given up, a key holds ids,
    and the budget is raised: every message is sent once, and every record is what it should be.
    """
    play = Play(deployment)
    play.put_budget(70)

    play.mornings(1, 2)
    play.add("late", 2, "rag")
    play.mornings(3, 4)
    play.nothing_happens(5)
    play.mornings(6, 8)
    play.overwrite(8)
    play.mornings(9, 9)
    assert play.passed_over() == ["summary/dt=2026-11-08/summary_2026-11-08.json"]
    play.mornings(10, 11)
    play.settings["REPORT_TIMEZONE"] = NEW_YORK
    play.mornings(12, 19)
    deployment.langsmith.forget(PROJECT, datetime(2026, 11, 20, 5, tzinfo=UTC))
    play.mornings(20, 20)
    assert (play.record(19), play.record(20)) == (
        "3 calls, $3 by 2 features, America/New_York",
        "3 calls, $3 by 2 features, America/New_York, report_kept",
    )
    with pytest.raises(FewerRunsError, match="it counts 3 LLM runs, and LangSmith has 0") as kept:
        play.by_date(19)
    assert '"accept_less": true' in str(kept.value)
    play.by_date(19, accept_less=True)
    play.mornings(21, 24)
    play.add_flood(25)
    play.mornings(25, 25)
    play.put_budget(80)
    play.mornings(26, 30)

    assert play.told == MESSAGES.strip().splitlines()
    assert {day: play.record(day) for day in range(1, 31)} == RECORDS


class Play:
    """The days of November 2026, of three calls of a dollar each."""

    def __init__(self, deployment: Deployment) -> None:
        self.told: list[str] = []
        self.settings = {"SPIKES": "off"}
        self._deployment = deployment
        self._seen = 0
        deployment.put_prices({"m": {"input": 1_000, "output": 0}})

    def put_budget(self, monthly: int) -> None:
        """What the month may cost in all, and rag on a day."""
        self._deployment.put_budgets({"features": {"rag": 2.5}, "total": {"monthly": monthly}})

    def add(self, name: str, day: int, feature: str, tokens: int = 1_000) -> None:
        """A call at ten in the morning that costs a dollar for a thousand tokens."""
        at = f"2026-11-{day:02}T10:00:00Z"
        run = llm(f"{day} {name}", at, model="m", feature=feature, tokens=(tokens, 0))
        self._deployment.add_runs(run)

    def nothing_happens(self, day: int) -> None:
        """A day like the others, and no report of it on the next morning."""
        self.add("one", day, "rag")
        self.add("two", day, "rag")
        self.add("three", day, "chat")

    def add_flood(self, day: int) -> None:
        """A client that writes the user's id where the feature's name belongs."""
        for user in range(FLOOD):
            self.add(f"of {user}", day, f"user-{user}", tokens=1)

    def overwrite(self, day: int) -> None:
        """Others leave objects among the records, one of them in a record's place."""
        folder = f"summary/dt=2026-11-{day:02}"
        name = f"{folder}/summary_2026-11-{day:02}.json"
        for key in ("summary/_SUCCESS", f"{folder}/_SUCCESS", f"{name}.bak", name):
            self._deployment.aws.s3.put_object(Bucket=BUCKET, Key=key, Body=b"{}")

    def mornings(self, first: int, last: int) -> None:
        """The days from `first` to `last`, each with its report on the next morning."""
        for day in range(first, last + 1):
            self.nothing_happens(day)
            morning = datetime(2026, 11, day, 6, tzinfo=UTC) + ONE_DAY
            self._invoke(day, {"scheduled_time": morning.isoformat()})

    def by_date(self, day: int, **more: Any) -> None:
        """Somebody asks for a day on the next morning but one."""
        self._invoke(day + 1, {"date": f"2026-11-{day:02}", **more})

    def passed_over(self) -> list[str]:
        """The objects that the last run named in its log as none of ours."""
        lines = self._deployment.logged("records passed over")
        return sorted({name for entry in lines for name in entry["objects"]})

    def record(self, day: int) -> str:
        """What the record of a day says."""
        date_ = f"2026-11-{day:02}"
        key = f"summary/dt={date_}/summary_{date_}.json"
        own = json.loads(self._deployment.aws.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read())
        assert (own["date"], own["complete"]) == (date_, True)
        calls, cost = own["total"]["calls"], dollars(own["total"]["cost_usd"])
        was = own["restated"]
        return ", ".join(
            [
                f"{calls} calls, {cost} by {len(own['features'])} features",
                own["timezone"],
                *(notice["kind"] for notice in own["notices"]),
                *([f"was {dollars(was['previous_cost_usd'])}"] if was else []),
            ]
        )

    def _invoke(self, day: int, event: dict[str, Any]) -> None:
        self._deployment.invoke(event, **self.settings)
        published = self._deployment.aws.published()
        self.told += [f"{day:02} {line(message)}" for message in published[self._seen :]]
        self._seen = len(published)


def line(message: Message) -> str:
    """A message's kind, severity and day, what it tells, and whom it concerns."""
    data = json.loads(message.parts["sqs"])
    concerned = " ".join(sorted(json.loads(message.attributes["features"]))[:3])
    head = f"{data['kind']} {data['severity']} {data['date'][5:]}"
    return f"{head}: {', '.join(items(data))} [{concerned}]"


def items(data: dict[str, Any]) -> Iterator[str]:
    """All that a message tells."""
    if "week" in data:
        yield f"{dollars(data['cost_usd'])} in {data['week']}"
    for alert in data.get("alerts", ()):
        yield (
            f"{alert['feature'] or 'total'} {alert['period']} {alert['threshold'] or 'forecast'} "
            f"{alert['date'][5:]} {dollars(alert['spent_usd'])} of {dollars(alert['budget_usd'])}"
        )
    for notice in data.get("notices", ()):
        yield f"{notice['kind']} {notice['date'][5:]}"


def dollars(amount: str) -> str:
    """An amount without the zeros at its end."""
    return f"${float(amount):g}"
