"""Sending, on fakes: what is claimed, sent, remembered and tried again."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pytest

from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import UnpricedModel
from spend_report.domain.judgement.tell_again import Told
from spend_report.domain.messages.alert_message import Message
from spend_report.domain.messages.chat import ChatMessage
from spend_report.domain.messages.news import DayAlerts
from spend_report.domain.messages.weekly_digest import Digest, digest
from spend_report.domain.record.history import History
from spend_report.errors import AwsError
from spend_report.sending import Sending
from tests.days import budget, day, history, line, news, past, same_days

NOTHING = History({})
BUDGETS = Budgets({"rag": budget("2.00", monthly="100.00")})


@dataclass
class FakeLog:
    """Remembers in memory, and what is claimed at the moment."""

    known: dict[str, Told] = field(default_factory=dict)
    claimed: set[str] = field(default_factory=set)
    renewals: int = 0

    def read(self, keys: Iterable[str]) -> Mapping[str, Told]:
        return {key: self.known[key] for key in keys if key in self.known}

    def claim(self, keys: Iterable[str]) -> Mapping[str, Told]:
        self.claimed = set(keys)
        return self.read(keys)

    def renew(self) -> None:
        assert self.claimed
        self.renewals += 1

    def sent(self, told: Mapping[str, Told]) -> None:
        assert told.keys() <= self.claimed
        self.known |= told
        self.claimed = set()

    def release(self) -> None:
        self.claimed = set()


@dataclass
class FakeReader:
    """A topic and a chat room that may be out of reach."""

    messages: list[Message] = field(default_factory=list)
    posts: list[ChatMessage] = field(default_factory=list)
    out_of_reach: bool = False

    def publish(self, message: Message) -> None:
        if self.out_of_reach:
            raise AwsError("out of reach")
        self.messages.append(message)

    def post(self, message: ChatMessage) -> None:
        if self.out_of_reach:
            raise AwsError("out of reach")
        self.posts.append(message)


def over_budget(on: str = "2026-11-21", before: History = NOTHING) -> DayAlerts:
    """A day on which rag is over its daily budget."""
    return news(day(on, line("rag", "2.28")), before, BUDGETS)


def a_week() -> Digest:
    """The digest of week 47."""
    sunday = past("2026-11-22", line("rag", "1"))
    week = digest(sunday.date, history(sunday), over_budget().links)
    assert week is not None
    return week


def test_a_day_is_told_once() -> None:
    """However often the day is run again, its breach is one message."""
    log, reader = FakeLog(), FakeReader()

    for _ in range(3):
        Sending(log, reader, None).alert([over_budget()])

    assert [message.subject for message in reader.messages] == [
        "LLM spend 21 Nov: rag $2.28 of $2.00, CRITICAL"
    ]
    assert log.known.keys() == {"daily/2026-11-21/feature/rag/1"}


def test_the_next_day_is_told_again() -> None:
    """A daily budget is a new one each day."""
    log, reader = FakeLog(), FakeReader()

    Sending(log, reader, None).alert([over_budget("2026-11-21")])
    Sending(log, reader, None).alert([over_budget("2026-11-22")])

    assert len(reader.messages) == 2


def test_nothing_to_say() -> None:
    """A day within its budgets sends nothing."""
    reader = FakeReader()

    sending = Sending(FakeLog(), reader, reader)
    within = [news(day("2026-11-21", line("rag", "1")), NOTHING, BUDGETS)]
    told = sending.alert(within)
    sending.chat(within)

    assert (told, reader.messages, reader.posts) == (0, [], [])


def test_failed_publish_is_tried_again() -> None:
    """The run fails, nothing stays claimed, and the retry sends the same message."""
    log, reader = FakeLog(), FakeReader(out_of_reach=True)
    with pytest.raises(AwsError):
        Sending(log, reader, None).alert([over_budget()])
    assert (log.claimed, log.known) == (set(), {})

    reader.out_of_reach = False
    Sending(log, reader, None).alert([over_budget()])

    assert len(reader.messages) == 1


def test_only_what_is_new_is_told() -> None:
    """A restated day brings one more breach: the message is about that, not about the known one."""
    log, reader = FakeLog(), FakeReader()
    Sending(log, reader, None).alert([over_budget()])
    figures = day("2026-11-21", line("rag", "2.40"), line("late", "3"))
    budgets = Budgets({"rag": budget("2.00"), "late": budget("1.00")})

    Sending(log, reader, None).alert([news(figures, NOTHING, budgets)])

    alerts = json.loads(reader.messages[1].data)["alerts"]
    assert [alert["feature"] for alert in alerts] == ["late"]


def test_a_month_rises_through_its_thresholds() -> None:
    """80 %, then the whole budget, each once; days in between and falling back tell nothing."""
    log, reader = FakeLog(), FakeReader()
    rag = Budgets({"rag": budget(monthly="100")})

    for on, spent_before, cost in [
        ("2026-11-10", "79", "2"),
        ("2026-11-11", "81", "2"),
        ("2026-11-12", "99", "2"),
        ("2026-11-13", "90", "2"),
    ]:
        before = history(past("2026-11-01", line("rag", spent_before)))
        Sending(log, reader, None).alert([news(day(on, line("rag", cost)), before, rag)])

    told = [json.loads(message.data)["alerts"][0] for message in reader.messages]
    assert [(alert["threshold"], alert["date"]) for alert in told] == [
        (0.8, "2026-11-10"),
        (1.0, "2026-11-12"),
    ]


def test_straight_over_the_budget_covers_the_warning() -> None:
    """Who was told of 100 % is not told of 80 % when a restatement brings the cost down."""
    log, reader = FakeLog(), FakeReader()
    rag = Budgets({"rag": budget(monthly="100")})

    Sending(log, reader, None).alert([news(day("2026-11-10", line("rag", "101")), NOTHING, rag)])
    Sending(log, reader, None).alert([news(day("2026-11-10", line("rag", "95")), NOTHING, rag)])

    assert len(reader.messages) == 1


def test_forecast_until_it_has_gone_away() -> None:
    """A month that heads over its budget warns on the first day that shows it, not while it
    lasts, and again when it comes back after a day on which it was gone."""
    log, reader = FakeLog(), FakeReader()
    rag = Budgets({"rag": budget(monthly="56")})
    before = same_days("2026-11-10", 9, line("rag", "2"))

    # $60 at the end of the month, $60, $52.86, $47.14, $66.57, $66.29.
    for on, cost in [(10, "2"), (11, "2"), (12, "0"), (13, "0"), (14, "8"), (15, "2")]:
        costs = line("rag", cost)
        today = news(day(f"2026-11-{on}", costs), before, rag)
        Sending(log, reader, None).alert([today])
        keys = [breach.key for breach in today.breaches]
        before = history(*before.days.values(), past(f"2026-11-{on}", costs, alerts=keys))

    assert [message.attributes["date"] for message in reader.messages] == [
        "2026-11-10",
        "2026-11-14",
    ]


def test_forecasts_of_features_whose_names_begin_alike() -> None:
    """What a feature `rag/eu` did says nothing about the feature `rag`."""
    log, reader = FakeLog(), FakeReader()
    rag = Budgets({"rag": budget(monthly="56"), "rag/eu": budget(monthly="1")})
    before = same_days("2026-11-10", 9, line("rag", "2"))

    for on, cost in [(10, "2"), (11, "0"), (12, "6")]:
        costs = [line("rag", cost), line("rag/eu", "2")]
        today = news(day(f"2026-11-{on}", *costs), before, rag)
        Sending(log, reader, None).alert([today])
        keys = [breach.key for breach in today.breaches]
        before = history(*before.days.values(), past(f"2026-11-{on}", *costs, alerts=keys))

    told = [json.loads(message.data)["alerts"] for message in reader.messages]
    rags = [alert["date"] for alerts in told for alert in alerts if alert["feature"] == "rag"]
    assert rags == ["2026-11-10", "2026-11-12"]


def test_notice_until_it_has_been_well() -> None:
    """A model without a price is told on its first day, not while it lasts, and again when it
    comes back after a day without it. Quiet runs in between lose nothing."""
    log, reader = FakeLog(), FakeReader()
    trouble = [UnpricedModel("m", "", 1, 1, 1, ("rag",))]
    before = NOTHING
    told = []

    for number, unpriced, notify in [
        (17, trouble, False),
        (18, trouble, True),
        (19, trouble, True),
        (20, [], True),
        (21, trouble, True),
    ]:
        on = f"2026-11-{number}"
        today = news(day(on, line("rag", "1"), unpriced=unpriced), before, Budgets())
        if notify:
            Sending(log, reader, None).alert([today])
        told.append(len(reader.messages))
        keys = [notice.key for notice in today.notices]
        before = history(*before.days.values(), past(on, line("rag", "1"), notices=keys))

    assert told == [0, 1, 1, 1, 2]


def test_chat_is_a_reader_of_its_own() -> None:
    """If only the chat is out of reach, the run fails, and its retry sends only to the chat."""
    log, topic, room = FakeLog(), FakeReader(), FakeReader(out_of_reach=True)
    sending = Sending(log, topic, room)
    assert sending.alert([over_budget()]) == 1
    with pytest.raises(AwsError):
        sending.chat([over_budget()])

    room.out_of_reach = False
    assert sending.alert([over_budget()]) == 0
    sending.chat([over_budget()])
    sending.chat([over_budget()])

    assert (len(topic.messages), len(room.posts)) == (1, 1)


def test_digest_once() -> None:
    """A week is told once, also if its Monday runs twice."""
    log, reader = FakeLog(), FakeReader()

    Sending(log, reader, None).digest(a_week())
    Sending(log, reader, None).digest(a_week())

    assert [message.subject for message in reader.messages] == [
        "LLM spend week 47: $1.00 on 1 of 7 days"
    ]
