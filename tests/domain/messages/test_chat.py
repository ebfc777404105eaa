"""Messages for a chat room, in the form that Amazon Q Developer shows."""

import json
from copy import replace
from typing import Any

from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import UnpricedModel
from spend_report.domain.messages.chat import ChatMessage, chat_messages
from spend_report.domain.record.history import History
from tests.days import budget, day, line, news, request, same_days

NOTHING = History({})


def body(message: ChatMessage) -> dict[str, Any]:
    """The JSON, with the fields that the schema of custom notifications has and no others."""
    data: dict[str, Any] = json.loads(message.body)
    assert (data["version"], data["source"]) == ("1.0", "custom")
    assert data.keys() == {"version", "source", "content", "metadata"}
    assert data["content"].keys() == {"textType", "title", "description", "nextSteps", "keywords"}
    assert data["metadata"].keys() == {"threadId", "summary", "eventType"}
    assert data["content"]["textType"] == "client-markdown"
    return data


def test_an_alert() -> None:
    """Title, causes, and what to do; the thread is the feature's of that month."""
    figures = day(
        "2026-11-21",
        line("rag", "2.28", calls=20, tokens=(2000, 200)),
        top_requests=[request("rag", "0.31", "answer", 9)],
    )
    before = same_days("2026-11-21", 7, line("rag", "1.14"))

    (message,) = chat_messages([news(figures, before, Budgets({"rag": budget("2.00")}))])

    data = body(message)
    assert data["content"]["title"] == "LLM spend 21 Nov: rag $2.28 of $2.00, CRITICAL"
    assert data["content"]["description"].splitlines() == [
        (
            "CRITICAL: rag spent $2.28 on 21 Nov, $0.28 over its daily budget of $2.00: the first "
            "day over it after 14–20 Nov ($1.14 a day)."
        ),
        "+$1.14 against the mean of 14–20 Nov ($1.14), about $34 a month if it stays:",
        "  +$1.14 more calls (10 → 20)",
    ]
    assert data["content"]["nextSteps"][0] == (
        "Find out what makes more calls; begin with the costliest request, answer 0000…000009 "
        "($0.31). If it is intended, raise features.rag.daily (now $2.00) in the SSM "
        "parameter /llm-spend/prod/budgets/initial."
    )
    assert data["content"]["nextSteps"][1].startswith("Look at the request $0.31 answer: https://")
    assert data["content"]["nextSteps"][2] == (
        "No owner is registered for rag. To name one, set in a new SSM parameter, such as "
        '/llm-spend/prod/features/product: "rag": {"owner": "(OWNER)"}'
    )
    assert data["content"]["nextSteps"][3].startswith("Report: https://")
    assert data["metadata"]["threadId"] == "feature-rag-2026-11"


def test_whose_it_is() -> None:
    """The owner stands below what happened."""
    day_ = news(day("2026-11-21", line("rag", "2")), NOTHING, Budgets({"rag": budget("1.00")}))

    (message,) = chat_messages([replace(day_, owners={"rag": "search <!here>"})])

    assert body(message)["content"]["description"].splitlines()[1] == "owner: search (!here)"


def test_threads() -> None:
    """A feature's messages of one month are one thread; another month or feature is another,
    and a feature called total is not the total."""
    budgets = Budgets(default=budget("1.00"), total=budget("1.00"))

    threads = [
        [message.thread for message in chat_messages([news(figures, NOTHING, budgets)])]
        for figures in (
            day("2026-11-20", line("total", "2")),
            day("2026-11-21", line("total", "2")),
            day("2026-12-01", line("a b", "2")),
            day("2026-12-02", line("a b", "2")),
        )
    ]

    assert [sorted(pair) for pair in threads[:2]] == [
        ["feature-total-2026-11", "total-2026-11"]
    ] * 2
    assert threads[2] == threads[3]
    assert threads[2][0] not in threads[0]


def test_alerts_of_a_feature_are_one_message() -> None:
    """Day and week of the same feature are told together, and their causes once."""
    figures = day("2026-11-21", line("rag", "9"))

    (message,) = chat_messages(
        [news(figures, NOTHING, Budgets({"rag": budget("2.00", weekly="5.00")}))]
    )

    lines = body(message)["content"]["description"].splitlines()
    assert [text.split(" ")[0] for text in lines] == [
        "CRITICAL:",
        "CRITICAL:",
        "16–20",
        "None",
    ]


def test_notices() -> None:
    """What concerns the data is one message, with the lines to add."""
    models = [UnpricedModel(f"m{number}", "", 1, 1, 1, ("rag",)) for number in range(12)]

    (message,) = chat_messages(
        [news(day("2026-11-21", line("rag", "1"), unpriced=models), NOTHING, Budgets())]
    )

    data = body(message)
    assert data["content"]["title"] == "LLM spend 21 Nov: 12 notices about the data"
    assert data["content"]["description"].splitlines()[-1] == "... and 2 more notices"
    assert 'Add the line: "m0": {"input": (USD), "output": (USD)}' in (data["content"]["nextSteps"])


def test_many_features() -> None:
    """Ten messages at most; the last counts the rest."""
    figures = day("2026-11-21", *(line(f"f{number}", "2") for number in range(30)))

    messages = chat_messages([news(figures, NOTHING, Budgets(default=budget("1.00")))])

    assert len(messages) == 10
    assert (
        body(messages[-1])["content"]["title"] == "LLM spend 21 Nov: 21 more subjects with alerts"
    )


def test_no_mentions() -> None:
    """A feature's name calls nobody and formats nothing."""
    figures = day("2026-11-21", line("<!channel> *now* `x`", "2"))

    (message,) = chat_messages([news(figures, NOTHING, Budgets(default=budget("1.00")))])

    data = body(message)
    assert (
        data["content"]["title"]
        == "LLM spend 21 Nov: (!channel) 'now' 'x' $2.00 of $1.00, CRITICAL"
    )
    assert "<" not in data["content"]["description"]
