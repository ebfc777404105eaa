"""The alert message: subject, text, JSON and attributes."""

import json
import os
from copy import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.domain.basics.links import console_url
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import DayFigures, ModelDrift, UnpricedModel
from spend_report.domain.messages.alert_message import Message, compose
from spend_report.domain.messages.news import DayAlerts, only
from spend_report.domain.messages.told_now import told_now
from spend_report.domain.messages.weekly_digest import compose_digest, digest
from spend_report.domain.record.history import History, today_of
from tests.days import budget, day, history, line, news, past, path, request, same_days

GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "alert.schema.json").read_text("utf-8"))
NOTHING = History({})

USUAL = (
    line("rag-search", "0.80", model="gpt-4o", calls=100, tokens=(180_000, 30_000)),
    line("rag-search", "0.27", model="gpt-4o-mini", calls=312, tokens=(600_000, 120_000)),
    line("agent-copilot", "3.60", calls=110, tokens=(560_000, 380_000)),
    line("summarizer", "0.30", model="gpt-4o-mini", calls=80, tokens=(100_000, 20_000)),
)
SAMPLE = day(
    "2026-11-21",
    line("rag-search", "1.68", model="gpt-4o", calls=198, tokens=(430_000, 60_500)),
    line("rag-search", "0.60", model="gpt-4o-mini", calls=322, tokens=(1_560_000, 121_500)),
    line("agent-copilot", "5.62", calls=118, tokens=(903_200, 411_820)),
    line("summarizer", "0.31", model="gpt-4o-mini", calls=87, tokens=(110_000, 20_000)),
    line("untagged", "0.15", calls=19, tokens=(31_200, 12_800)),
    top_requests=[
        request("agent-copilot", "0.42", "copilot-session", 14),
        request("rag-search", "0.31", "answer-question", 9),
        request("agent-copilot", "0.21", "copilot-session", 8),
        request("agent-copilot", "0.19", "nightly-review", 7),
        request("agent-copilot", "0.18", "copilot-session", 6),
    ],
    unpriced=[UnpricedModel("mystery-9b", "groq", 4, 12_000, 900, ("rag-search",))],
)
BUDGETS = Budgets(
    {
        "rag-search": budget("2.00", path="features.rag-search"),
        "agent-copilot": budget("5.00", monthly="110.00", path="features.agent-copilot"),
    },
    default=budget("1.00", path="default"),
    total=budget("10.00", monthly="250.00", path="total"),
)


def golden(name: str, text: str) -> None:
    """`text` is what the file of that name says; UPDATE_GOLDEN=1 rewrites it and fails."""
    file = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(text, "utf-8")
        pytest.fail(f"{name} was rewritten: look at the difference")
    assert text == file.read_text("utf-8")


def readable(message: Message) -> str:
    """Subject and text, as a mail client shows them."""
    return f"Subject: {message.subject}\n\n{message.text}"


def data_of(message: Message) -> dict[str, Any]:
    """The JSON, which matches the published schema."""
    data: dict[str, Any] = json.loads(message.data)
    jsonschema.validate(data, SCHEMA, format_checker=jsonschema.FormatChecker())
    return data


def check_limits(message: Message) -> None:
    """What every message keeps to, whatever it is about."""
    lines = message.text.splitlines()
    assert len(lines) <= 50
    for text in lines:
        is_whole = text.strip().startswith(("https://", "arn:")) and " " not in text.strip()
        assert is_whole or len(text) <= 78, text
    assert message.subject.isascii()
    assert message.subject.isprintable()
    assert 0 < len(message.subject) < 100
    assert sum(len(part.encode()) for part in as_sent(message)) < 256 * 1024


def as_sent(message: Message) -> list[str]:
    """The body with two texts and four JSONs, and the attributes, as they count for SNS."""
    body = json.dumps([message.text] * 2 + [message.data] * 4, ensure_ascii=False)
    return [body, json.dumps(dict(message.attributes), ensure_ascii=False)]


def test_a_bad_day() -> None:
    """Two features over their daily budget with their causes, a month heading over its budget,
    a model without a price: what happened, why, and what to do."""
    message = compose([news(SAMPLE, same_days("2026-11-21", 20, *USUAL), BUDGETS)])

    golden("bad_day.txt", readable(message))
    check_limits(message)


def test_one_feature_over_budget() -> None:
    """The subject says it all."""
    today = day("2026-11-21", line("rag-search", "2.28", calls=520))

    message = compose(
        [news(today, NOTHING, Budgets({"rag-search": budget("2.00", path="features.rag-search")}))]
    )

    assert message.subject == "LLM spend 21 Nov: rag-search $2.28 of $2.00, CRITICAL"


def test_one_more_over_budget() -> None:
    """What else there is, is counted in the subject: breaches, warnings, notices."""
    today = day("2026-11-21", line("rag-search", "2.28"), line("b", "1.1"), line("c", "0.9"))
    budgets = Budgets(
        {"rag-search": budget("2"), "b": budget("1"), "c": budget("1", alert_at=["0.5"])}
    )

    two = compose([news(today, NOTHING, Budgets(dict(list(budgets.features.items())[:2])))])
    three = compose([news(today, NOTHING, budgets)])

    lead = "LLM spend 21 Nov: rag-search $2.28 of $2.00, CRITICAL"
    assert two.subject == f"{lead}, 1 more over budget"
    assert three.subject == f"{lead}, 1 more over budget, 1 warning"


@pytest.mark.parametrize(
    ("cost", "budgets", "subject"),
    [
        ("85", budget(monthly="100"), "rag at least $85.00 of $100.00 in Nov (85 %), WARNING"),
        ("101", budget(weekly="100"), "rag at least $101.00 of $100.00 this week, CRITICAL"),
        ("2.000001", budget("2"), "rag $2.000001 of $2.00, CRITICAL"),
        ("9", budget("10", alert_at=["0.5"]), "rag $9.00 of $10.00 (90 %), WARNING"),
    ],
)
def test_subjects(cost: str, budgets: Any, subject: str) -> None:
    """Period and share are named where they matter, and that days without a report may add."""
    message = compose(
        [news(day("2026-11-21", line("rag", cost)), NOTHING, Budgets({"rag": budgets}))]
    )

    assert message.subject == f"LLM spend 21 Nov: {subject}"


def test_week_with_missing_days_and_short_history() -> None:
    """Days without a report are named, and two days are too few to say why."""
    before = history(past("2026-11-16", *USUAL), past("2026-11-19", *USUAL))

    message = compose(
        [
            news(
                SAMPLE,
                before,
                Budgets({"rag-search": budget(weekly="5.00", path="features.rag-search")}),
            )
        ]
    )

    golden("short_history.txt", readable(message))
    check_limits(message)


def test_total_names_the_features_that_moved() -> None:
    """An alert on the total explains itself by the features, and by what moved them."""
    before = same_days("2026-11-21", 7, *USUAL)

    message = compose([news(SAMPLE, before, Budgets(total=budget("5.00", path="total")))])

    golden("total.txt", readable(message))
    assert data_of(message)["alerts"][0]["feature"] is None


def test_notices_only() -> None:
    """Without a breach the message is a warning about the data."""
    figures = day(
        "2026-11-21",
        line("rag-search", "2.00"),
        line("untagged", "1.10"),
        untagged=[path("ChatOpenAI", "nightly-job", "0.70")],
        drift=[ModelDrift("gpt-4o", Decimal("3.10"), Decimal("2.10"))],
        unpriced=[
            UnpricedModel(
                "accounts/acme/models/llama-v9-405b-instruct-turbo", "x", 2, 9, 9, ("rag-search",)
            )
        ],
    )

    message = compose([news(figures, NOTHING, Budgets())])

    golden("notices_only.txt", readable(message))
    assert message.attributes["severity"] == "warning"
    check_limits(message)


@pytest.mark.parametrize(
    ("budgets", "sentence"),
    [
        (
            budget(weekly="20.00"),
            "rag spent $24.00 in the week from 16 Nov, $4.00 over its weekly budget of $20.00.",
        ),
        (
            budget(monthly="60.00"),
            (
                "rag spent $84.00 in Nov 2026, $24.00 over its monthly budget of $60.00, used up "
                "on 16 Nov."
            ),
        ),
        (
            budget(monthly="100.00"),
            (
                "rag spent $84.00 in Nov 2026, 84 % of its monthly budget of $100.00. At the pace "
                "of 15–21 Nov ($4.00 a day) it is used up on 26 Nov "
                "and the month comes to $120.00."
            ),
        ),
        (
            budget(monthly="119.00"),
            (
                "rag is heading over its monthly budget of $119.00: $84.00 in Nov 2026, and at the "
                "pace of 15–21 Nov ($4.00 a day) $120.00 by 30 Nov, which "
                "uses it up on 30 Nov."
            ),
        ),
    ],
)
def test_what_happened(budgets: Any, sentence: str) -> None:
    """21 days at $4: each period and forecast in a sentence of its own."""
    before = same_days("2026-11-21", 20, line("rag", "4"))

    message = compose(
        [news(day("2026-11-21", line("rag", "4")), before, Budgets({"rag": budgets}))]
    )

    unwrapped = " ".join(message.text.split())
    assert sentence in unwrapped
    check_limits(message)


def test_feature_without_calls_on_the_day() -> None:
    """A month can be over budget on a day without calls; then the days before are why."""
    before = history(past("2026-11-10", line("rag", "50")))

    message = compose([news(day("2026-11-21"), before, Budgets({"rag": budget(monthly="40")}))])

    told = " ".join(message.text.split())
    assert "Of the $50.00: gpt-4o $50.00. No calls of rag on 21 Nov; the cost is of the" in told
    assert data_of(message)["alerts"][0]["why"] is None


def test_total_of_a_day_without_calls() -> None:
    """The same for the total, where there is no feature to name."""
    before = history(past("2026-11-10", line("rag", "50")))

    message = compose([news(day("2026-11-21"), before, Budgets(total=budget(monthly="40")))])

    told = " ".join(message.text.split())
    assert "All features together spent at least $50.00 on the 2 days of Nov 2026 with a" in told
    assert data_of(message)["alerts"][0]["why"] is None


def test_one_line_for_each_further_alert() -> None:
    """Beyond the third, an alert is a line with its amounts, or with when the budget runs out."""
    names = ["a", "b", "c", "d", "f", "g"]
    before = same_days("2026-11-21", 20, *(line(name, "4") for name in [*names, "e"]))
    today = day("2026-11-21", *(line(name, "4") for name in [*names, "e"]))
    over = Budgets(
        {name: budget(f"{1 + number / 2}") for number, name in enumerate(names)}
        | {"e": budget(monthly="119")},
        total=budget("30", weekly="100"),
    )

    message = compose([news(today, before, over)])

    lines = message.text.splitlines()
    assert "[CRITICAL] g $4.00 of $3.50" in lines
    assert "[WARNING] e heading for $120.00 of $119.00 in Nov" in lines
    check_limits(message)


def test_long_blocks_leave_room() -> None:
    """Where names make every alert long, fewer are told in full, and the rest in a line each."""
    names = [letter * 39 for letter in "abcdef"]
    before = same_days("2026-11-21", 7, *(line(name, "1", model="m" * 60) for name in names))
    today = day(
        "2026-11-21",
        *(line(name, "9", model="n" * 60, calls=30, tokens=(9000, 9000)) for name in names),
        top_requests=[request(name, "1", "r" * 60, 5) for name in names for _ in range(3)],
        unpriced=[UnpricedModel("u" * 39, "", 9, 9, 9, tuple(names))],
    )
    terms = replace(budget("1.00"), parameter="/p" * 200)

    message = compose([news(today, before, Budgets(default=terms))])

    check_limits(message)
    assert 1 <= message.text.count("  To do: ") < 6
    assert message.text.count("[CRITICAL]") == 6


def test_json_for_machines() -> None:
    """The contract's fields, amounts as text with six decimals, causes that add up, and the
    costliest requests of the feature."""
    message = compose([news(SAMPLE, same_days("2026-11-21", 20, *USUAL), BUDGETS)])

    data = data_of(message)

    assert data["date"] == "2026-11-21"
    assert data["severity"] == "critical"
    assert data["report"] == (
        "s3://llm-reports/spend_by_feature/dt=2026-11-21/spend_by_feature_2026-11-21.csv"
    )
    rag = next(alert for alert in data["alerts"] if alert["feature"] == "rag-search")
    assert {name: rag[name] for name in list(rag)[:8]} == {
        "feature": "rag-search",
        "period": "daily",
        "budget_usd": "2.000000",
        "spent_usd": "2.280000",
        "over_usd": "0.280000",
        "threshold": 1.0,
        "severity": "critical",
        "date": "2026-11-21",
    }
    parts = [Decimal(rag["why"][name]) for name in rag["why"] if name.startswith("from_")]
    assert (len(parts), sum(parts)) == (4, Decimal("1.21"))
    assert (rag["why"]["baseline_from"], rag["why"]["baseline_to"]) == ("2026-11-14", "2026-11-20")
    assert (rag["since"], rag["text"].split(":")[1]) == (
        "2026-11-21",
        " the first day over it after 14–20 Nov ($1.07 a day).",
    )
    assert rag["to_do"].startswith("Find out what makes the prompts longer; begin with the costl")
    assert [request["cost_usd"] for request in rag["top_requests"]] == ["0.310000"]
    forecast = next(alert for alert in data["alerts"] if alert["threshold"] is None)
    assert (forecast["feature"], forecast["severity"]) == ("agent-copilot", "warning")
    assert [notice["kind"] for notice in data["notices"]] == ["unpriced_model"]
    assert data["omitted"] == {"alerts": 0, "details": 0, "notices": 0, "spikes": 0}


def test_attributes_for_filter_policies() -> None:
    """Kind, severity, date, and every feature that an alert or a notice is about, once."""
    message = compose([news(SAMPLE, same_days("2026-11-21", 20, *USUAL), BUDGETS)])

    assert message.attributes == {
        "kind": "spend_alert",
        "severity": "critical",
        "date": "2026-11-21",
        "features": ["agent-copilot", "rag-search"],
        "owners": [],
    }


def test_whose_it_is() -> None:
    """The owner stands with each alert and notice, in the text, in the JSON and for policies."""
    owners = {"rag-search": "search", "agent-copilot": "agents", "summarizer": "search"}
    whole = news(SAMPLE, same_days("2026-11-21", 20, *USUAL), BUDGETS)

    message = compose([replace(whole, owners=owners)])

    check_limits(message)
    lines = message.text.splitlines()
    assert lines[0].startswith("Do first: agent-copilot (owner: agents): ")
    assert [line_ for line_ in lines[1:] if "owner:" in line_] == [
        "  owner: agents",
        "  owner: search",
        "  owner: search",
        "[WARNING] agent-copilot heading for $112.62 of $110.00 in Nov, owner: agents",
    ]
    data = data_of(message)
    assert [(alert["feature"], alert["owner"]) for alert in data["alerts"]] == [
        ("agent-copilot", "agents"),
        ("rag-search", "search"),
        ("agent-copilot", "agents"),
    ]
    assert [notice["owners"] for notice in data["notices"]] == [["search"]]
    assert message.attributes["owners"] == ["agents", "search"]


def test_nobodys() -> None:
    """What nobody owns, and the total, is empty in the JSON and not a word in the text."""
    total = Budgets({"agent-copilot": budget("5")}, total=budget("5"))

    message = compose([replace(news(SAMPLE, NOTHING, total), owners={"rag-search": "search"})])

    assert [(alert["feature"], alert["owner"]) for alert in data_of(message)["alerts"]] == [
        (None, ""),
        ("agent-copilot", ""),
    ]
    assert message.text.count("owner:") == 1  # of the model without a price, which is rag-search's
    assert message.attributes["owners"] == ["search"]


def test_200_breaches() -> None:
    """200 features over budget, with long names: under SNS's limit, the subject and the text
    count the rest, and the JSON has every alert and says how many are without details."""
    names = [f"feature-{number:03}-{'x' * 30}" for number in range(200)]
    today = day("2026-11-21", *(line(name, f"{2 + n / 100:.2f}") for n, name in enumerate(names)))

    message = compose([news(today, NOTHING, Budgets(default=budget("1.00")))])

    check_limits(message)
    assert message.subject.endswith(", 199 more over budget")
    assert "more alerts, not shown here" in message.text
    data = data_of(message)
    assert len(data["alerts"]) == 200
    assert data["alerts"][0]["feature"] == names[199]
    with_details = sum("why" in alert for alert in data["alerts"])
    assert data["omitted"] == {
        "alerts": 0,
        "details": 200 - with_details,
        "notices": 0,
        "spikes": 0,
    }
    assert 0 < with_details < 200
    assert message.attributes["features"] == names[::-1]


def test_more_than_fits() -> None:
    """2000 breaches of features with names of 10 KB: still sent, with what was left out counted."""
    names = [f"{number}{'é' * 10_000}" for number in range(2000)]
    today = day("2026-11-21", *(line(name, "2") for name in names))
    owners = {name: name for name in names}

    message = compose([replace(news(today, NOTHING, Budgets(default=budget("1"))), owners=owners)])

    check_limits(message)
    data = data_of(message)
    assert data["omitted"]["alerts"] == 2000 - len(data["alerts"]) > 1000


def test_notices_have_room_beside_alerts() -> None:
    """However many budgets are exceeded, the first notice is still in the text and its line
    to add with it."""
    names = [f"feature-{number}" for number in range(50)]
    today = day(
        "2026-11-21",
        *(line(name, "2") for name in names),
        unpriced=[UnpricedModel(f"mystery-{n}", "", 4, 12_000, 900, ("a",)) for n in range(20)],
    )

    message = compose([news(today, NOTHING, Budgets(default=budget("1")))])

    check_limits(message)
    assert '"mystery-0": {"input": <USD>, "output": <USD>}' in message.text
    assert "[NOTICE] no price for mystery-1" in message.text
    assert "more notices, not shown here" in message.text
    assert "more alerts, not shown here" in message.text


hostile = st.text(
    st.characters() | st.sampled_from("\r\n\x00\x1b\u202e\u2066אب🎉<>=+-@'\"\\{}%\ud800"),
    max_size=400,
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(hostile, hostile, hostile), min_size=1, max_size=8, unique_by=lambda x: x[0])
)
def test_hostile_names(names: list[tuple[str, str, str]]) -> None:
    """Feature, model and run names of strangers never break a limit, a line or the schema."""
    clean = [[part.encode("utf-8", "replace").decode() for part in triple] for triple in names]
    today = day(
        "2026-11-21",
        *(line(feature, "2", model=model) for feature, model, _ in clean),
        top_requests=[request(feature, "1", root, 1) for feature, _, root in clean],
        unpriced=[UnpricedModel(model, "", 1, 1, 1, (feature,)) for feature, model, _ in clean],
    )
    before = same_days("2026-11-21", 7, *(line(feature, "1", model="m") for feature, _, _ in clean))

    message = compose([news(today, before, Budgets(default=budget("1")))])

    check_limits(message)
    data_of(message)
    for text in message.text.splitlines():
        assert text.replace("\u2068", "").replace("\u2069", "").isprintable()


def restated() -> list[DayAlerts]:
    """A run that restates Friday and reports Saturday; the week is over budget on both."""
    friday = day("2026-11-20", line("rag", "9"))
    saturday = day("2026-11-21", line("rag", "3"))
    before = same_days("2026-11-20", 4, line("rag", "1"))
    with_friday = history(*before.days.values(), past("2026-11-20", line("rag", "9")))
    budgets = Budgets({"rag": budget("5", weekly="10")})
    return [news(friday, before, budgets), news(saturday, with_friday, budgets)]


def test_what_two_days_say_is_said_once() -> None:
    """The weekly breach of both days is told by the newer one, the daily one by its own day."""
    days = restated()

    left = only(days, frozenset(told_now(days)))

    assert [[(b.period, str(b.day)) for b in day_.breaches] for day_ in left] == [
        [("daily", "2026-11-20")],
        [("weekly", "2026-11-21")],
    ]


def test_message_about_a_restated_day() -> None:
    """A message about a restated day alone opens with that day, and says that it is one."""
    days = [replace(day_, arrival="reported again") for day_ in restated()]

    message = compose(only(days, frozenset({"daily/2026-11-20/feature/rag/1"})))

    data = data_of(message)
    assert data["date"] == message.attributes["date"] == "2026-11-20"
    assert data["cost_usd"] == "9.000000"
    assert data["report"].endswith("/spend_by_feature_2026-11-20.csv")
    assert [alert["date"] for alert in data["alerts"]] == ["2026-11-20"]
    assert message.subject == "LLM spend 20 Nov: rag $9.00 of $5.00, CRITICAL"
    assert "LLM spend on Fri 20 Nov 2026, reported again: $9.00" in message.text
    assert "21 Nov" not in message.text
    assert "rag spent $9.00 on 20 Nov" in message.text


def test_what_is_covered_is_not_told() -> None:
    """When a higher threshold is new, a lower one of another day in the same run is not told."""
    rag = Budgets({"rag": budget(weekly="10")})
    friday = news(day("2026-11-20", line("rag", "9")), NOTHING, rag)
    saturday = news(
        day("2026-11-21", line("rag", "3")), history(past("2026-11-20", line("rag", "9"))), rag
    )
    days = [friday, saturday]

    left = only(days, frozenset(told_now(days)))

    assert [breach.threshold for day_ in left for breach in day_.breaches] == [Decimal(1)]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-central-1", "eu-central-1.console.aws.amazon.com"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
        ("cn-north-1", "cn-north-1.console.amazonaws.cn"),
    ],
)
def test_console_links(region: str, host: str) -> None:
    """The console's page of an object, in each partition, with its key quoted."""
    url = console_url("s3://bucket/team a/x/dt=2026-11-21/x.csv", region)

    assert url == (
        f"https://{host}/s3/object/bucket?region={region}&prefix=team%20a/x/dt%3D2026-11-21/x.csv"
    )


def test_week_digest() -> None:
    """The week by feature against the week before, with what moved it, for stakeholders."""
    before = same_days("2026-11-22", 14, *USUAL)
    sunday = day("2026-11-22", *SAMPLE.lines)
    links = news(sunday, before, Budgets()).links

    week = digest(sunday.date, with_day(before, sunday), links)

    assert week is not None
    message = compose_digest(week)
    golden("digest.txt", readable(message))
    check_limits(message)
    assert message.attributes["kind"] == "weekly_digest"
    data = data_of(message)
    assert data["week"] == "2026-W47"
    # Six usual days at $4.97 and Sunday's $8.36; seven usual days before.
    assert (data["cost_usd"], data["cost_before_usd"]) == ("38.180000", "34.790000")


def test_digest_with_missing_days() -> None:
    """Weeks with different numbers of reported days are compared per day, and that is said."""
    before = history(
        *(past(f"2026-11-{number:02}", *USUAL) for number in (9, 10, 11, 16, 17, 19, 20, 21))
    )
    sunday = day("2026-11-22", *SAMPLE.lines)
    links = news(sunday, before, Budgets()).links

    week = digest(sunday.date, with_day(before, sunday), links)

    assert week is not None
    message = compose_digest(week)
    golden("digest_missing_days.txt", readable(message))
    assert data_of(message)["missing_days"] == [
        "2026-11-12",
        "2026-11-13",
        "2026-11-14",
        "2026-11-15",
        "2026-11-18",
    ]


def test_digest_of_many_features() -> None:
    """A hundred features fit: eight are shown, the rest is summed up."""
    names = [f"feature-{number}-{'x' * 60}" for number in range(100)]
    sunday = day("2026-11-22", *(line(name, "2") for name in names))
    before = same_days("2026-11-22", 13, *(line(name, "1") for name in names))
    links = news(sunday, before, Budgets()).links

    week = digest(sunday.date, with_day(before, sunday), links)

    assert week is not None
    message = compose_digest(week)
    check_limits(message)
    assert "92 more features" in message.text
    assert data_of(message)["omitted"] == {"features": 50, "spikes": 0}


def test_digest_by_owner() -> None:
    """Who spent most comes first, with the sum of all that is theirs; what nobody owns is last."""
    before = same_days("2026-11-22", 14, *USUAL)
    sunday = day("2026-11-22", *SAMPLE.lines)
    links = news(sunday, before, Budgets()).links
    owners = {"rag-search": "search", "summarizer": "search", "untagged": "finance"}

    week = digest(sunday.date, with_day(before, sunday), links, owners=owners)

    assert week is not None
    message = compose_digest(week)
    golden("digest_by_owner.txt", readable(message))
    check_limits(message)
    assert [(row["owner"], row["feature"]) for row in data_of(message)["features"]] == [
        ("search", "rag-search"),
        ("search", "summarizer"),
        ("finance", "untagged"),
        ("", "agent-copilot"),
    ]
    assert message.attributes["owners"] == ["search", "finance"]


def test_digest_of_many_owners() -> None:
    """A hundred features of a hundred owners with names as long as they may be fit too."""
    names = [f"feature-{number}-{'x' * 180}" for number in range(100)]
    sunday = day("2026-11-22", *(line(name, "2") for name in names))
    before = same_days("2026-11-22", 13, *(line(name, "1") for name in names))
    links = news(sunday, before, Budgets()).links
    owners = {name: f"{name} team" for name in names}

    week = digest(sunday.date, with_day(before, sunday), links, owners=owners)

    assert week is not None
    message = compose_digest(week)
    check_limits(message)
    data_of(message)


def test_digest_of_long_names() -> None:
    """Sixty names of 200 characters that take twelve bytes each fit, as far as there is room."""
    names = [f"{number:02}{'\N{SNOWMAN}\N{GRINNING FACE}' * 99}" for number in range(60)]
    sunday = day("2026-11-22", *(line(name, "2") for name in names))
    before = same_days("2026-11-22", 13, *(line(name, "1") for name in names))
    links = news(sunday, before, Budgets()).links

    week = digest(sunday.date, with_day(before, sunday), links)

    assert week is not None
    message = compose_digest(week)
    check_limits(message)
    shown = len(data_of(message)["features"])
    assert shown > 5
    assert data_of(message)["omitted"] == {"features": 60 - shown, "spikes": 0}


def test_digest_of_a_first_week() -> None:
    """A week of which only the last days are reported says so first, in subject and text."""
    sunday = day("2026-11-22", *USUAL)
    before = same_days("2026-11-22", 2, *USUAL)
    links = news(sunday, before, Budgets()).links

    week = digest(sunday.date, with_day(before, sunday), links)

    assert week is not None
    message = compose_digest(week)
    assert message.subject == "LLM spend week 47: $14.91 on 3 of 7 days"
    assert message.text.splitlines()[:2] == [
        "LLM spend in week 47, 16–22 Nov 2026: $14.91 on 3 of 7 days.",
        "16–19 Nov have no report, so the week cost at least that.",
    ]


def test_no_digest_of_nothing() -> None:
    """Two weeks without a call are no news."""
    sunday = day("2026-11-22")

    links = news(sunday, NOTHING, Budgets()).links

    assert digest(sunday.date, with_day(NOTHING, sunday), links) is None


def with_day(before: History, figures: DayFigures) -> History:
    """The days before and the day itself."""
    return History({**before.days, figures.date: today_of(figures)})
