"""What a message points at: the budget, the request, the owner, the command."""

import json
from collections.abc import Mapping
from copy import replace

import pytest

from spend_report.domain.basics.places import Places
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import UnpricedModel
from spend_report.domain.messages.alert_message import compose
from spend_report.domain.messages.chat import chat_messages
from spend_report.domain.messages.news import DayAlerts
from spend_report.domain.notices.notices import Notice, NoticeKind
from spend_report.domain.record.history import History
from tests.days import budget, day, history, line, news, past, request, same_days
from tests.domain.messages.test_alert_message import check_limits, golden, readable

BACKFILL = "arn:aws:states:eu-central-1:123456789012:stateMachine:spend-report-prod-backfill"
DEPLOYED = Places("/llm-spend/prod", ["/llm-spend/prod/features/product"], BACKFILL)
NOTHING = History({})
SET_IN = (
    "No owner is registered for {}. To name one, set in the SSM parameter "
    '/llm-spend/prod/features/product: "{}": {{"owner": "<OWNER>"}}'
)


def half_a_month(name: str = "rag-search", budgets: Budgets | None = None) -> DayAlerts:
    """A day at $2.14 of $2.00, and a month of which 14 to 21 November are reported."""
    others = line("agent-copilot", "4")
    usual = [past(f"2026-11-{number}", line(name, "1"), others) for number in range(14, 21)]
    today = day("2026-11-21", line(name, "2.14", calls=21, tokens=(2100, 210)), others)
    limits = budgets or Budgets(
        {name: budget("2", path=f"features.{name}")}, total=budget(monthly="85", path="total")
    )
    return news(today, history(*usual), limits)


def flat(text: str) -> str:
    return " ".join(text.split())


def test_the_subject_names_the_larger_budget_too() -> None:
    """$0.14 above a day's budget come first, being critical; the month's, of which much more is
    at stake, stands beside it."""
    message = compose([half_a_month()])

    assert message.subject == (
        "LLM spend 21 Nov: rag-search $2.14 of $2.00, CRITICAL; total likely over $85.00 in Nov"
    )


def test_the_subject_counts_what_it_has_no_room_for() -> None:
    """Where both do not fit in one line, the second is counted as a warning."""
    message = compose([half_a_month("a" * 40)])

    assert message.subject.endswith("... $2.14 of $2.00, CRITICAL, 1 warning")
    check_limits(message)


def test_the_subject_names_no_smaller_budget() -> None:
    """A threshold that was passed is no dollar above a budget, and is counted."""
    budgets = Budgets({"rag-search": budget("2"), "agent-copilot": budget("5", alert_at=["0.5"])})

    assert compose([half_a_month(budgets=budgets)]).subject == (
        "LLM spend 21 Nov: rag-search $2.14 of $2.00, CRITICAL, 1 warning"
    )


def test_the_command_that_reports_the_missing_days() -> None:
    """A deployed function gives the whole command, with its ARN unbroken on a line of its own."""
    message = compose([replace(half_a_month(), where=DEPLOYED)])

    check_limits(message)
    lines = message.text.splitlines()
    start = next(number for number, text in enumerate(lines) if "aws stepfunctions" in text)
    assert lines[start : start + 4] == [
        "    aws stepfunctions start-execution --region eu-central-1 \\",
        """      --input '{"start_date": "2026-11-01", "end_date": "2026-11-13"}' \\""",
        "      --state-machine-arn \\",
        f"      {BACKFILL}",
    ]
    assert "with them. To report 1–13 Nov, alerting nobody: aws" in flat(message.text)


def test_the_command_is_given_once() -> None:
    """Two budgets of the same month miss the same days: the second names the first."""
    budgets = Budgets(
        {"agent-copilot": budget(monthly="50")}, total=budget(monthly="60", path="total")
    )

    message = compose([replace(half_a_month(budgets=budgets), where=DEPLOYED)])

    check_limits(message)
    assert message.text.count("start-execution") == 1
    assert "To report them, see the total monthly budget, above." in flat(message.text)


def test_the_chat_has_the_command_on_one_line() -> None:
    """A chat gets it as one step, with nothing that formatting would eat."""
    posts = chat_messages([replace(half_a_month(), where=DEPLOYED)])

    steps = [step for post in posts for step in json.loads(post.body)["content"]["nextSteps"]]
    days = '{"start_date": "2026-11-01", "end_date": "2026-11-13"}'
    assert (
        "To report 1–13 Nov, alerting nobody: aws stepfunctions start-execution "
        f"--region eu-central-1 --input '{days}' --state-machine-arn {BACKFILL}"
    ) in steps


def test_the_chat_has_the_command_whichever_budget_needs_it() -> None:
    """A day's budget leads a feature's message, and its month has the days without a report."""
    budgets = Budgets({"rag-search": budget("2", monthly="5")})

    (post,) = chat_messages([replace(half_a_month(budgets=budgets), where=DEPLOYED)])

    content = json.loads(post.body)["content"]
    assert (
        content["title"] == "LLM spend 21 Nov: rag-search at least $9.14 of $5.00 in Nov, CRITICAL"
    )
    assert content["nextSteps"][1].endswith(f"--state-machine-arn {BACKFILL}")


def test_chat_titles_are_as_urgent_as_the_subject() -> None:
    """A chat shows the title first: it says what state the budget is in, and how urgent that is."""
    titles = [json.loads(post.body)["content"]["title"] for post in chat_messages([half_a_month()])]

    assert titles == [
        "LLM spend 21 Nov: rag-search $2.14 of $2.00, CRITICAL",
        "LLM spend 21 Nov: total likely over $85.00 in Nov, WARNING",
    ]


@pytest.mark.parametrize(
    ("owners", "first", "told"),
    [
        (
            {},
            "Do first: rag-search (no owner): ",
            SET_IN.format("rag-search, agent-copilot", "rag-search"),
        ),
        (
            {"rag-search": "search"},
            "Do first: rag-search (owner: search): ",
            SET_IN.format("agent-copilot", "agent-copilot"),
        ),
        (
            {"rag-search": "search", "agent-copilot": "agents"},
            "Do first: rag-search (owner: search): ",
            "",
        ),
    ],
)
def test_who_has_no_owner(owners: Mapping[str, str], first: str, told: str) -> None:
    """Once in a message: which of its features lack an owner, and the line that names one."""
    message = compose([replace(half_a_month(), owners=owners, where=DEPLOYED)])

    assert message.text.startswith(first)
    assert message.text.count("No owner is registered") == (1 if told else 0)
    assert told in flat(message.text)
    check_limits(message)


def test_an_owner_is_not_asked_for_twice() -> None:
    """What a notice wants registered, and what has no tag, need no second word on owners."""
    figures = day("2026-11-21", line("untagged", "2"), line("new", "1"))
    unknown = Notice(
        day=figures.date,
        kind=NoticeKind.UNREGISTERED_FEATURE,
        subject="new is not registered",
        text="new is in no parameter.",
        key="notice/2026-11-21/unregistered_feature/new",
        features=["new"],
    )
    on = replace(news(figures, NOTHING, Budgets({"untagged": budget("1")})), notices=[unknown])

    assert "No owner" not in compose([on]).text


def test_no_room_for_owners() -> None:
    """How an owner is named gives way to what happened; the first line says that there is none."""
    names = [f"feature-{number}" for number in range(50)]
    figures = day("2026-11-21", *(line(name, "2") for name in names))

    message = compose([news(figures, NOTHING, Budgets(default=budget("1")))])

    check_limits(message)
    assert message.text.startswith("Do first: feature-0 (no owner): ")


def test_equal_changes_are_told_of_each_feature() -> None:
    """Two features that grew alike each have their reasons and what to do."""
    figures = day(
        "2026-11-21",
        *(line(name, "2", calls=20, tokens=(2000, 200)) for name in ("a", "b")),
        top_requests=[request(name, "1", "answer", 5) for name in ("a", "b")],
    )
    before = same_days("2026-11-21", 7, line("a", "1"), line("b", "1"))

    message = compose([news(figures, before, Budgets(default=budget("1.50", path="default")))])

    assert message.text.count("+$1.00 more calls (10 → 20)") == 2
    assert message.text.count('To do: See "Do first".') == 1
    assert message.text.count("To do: Find out what makes more calls; begin with") == 1


def test_ids_that_begin_with_the_time() -> None:
    """Two requests of the same minute are told apart, though their ids begin alike."""
    ids = ["019ab2c4-7d1e-7c3a-9f40-5b6e8a1d2f37", "019ab2c4-7d1f-7b11-8c02-0d4e7f9a1b58"]
    shown = []
    for trace_id in ids:
        costly = replace(request("rag", "0.31", "answer", 9), trace_id=trace_id)
        figures = day("2026-11-21", line("rag", "2"), top_requests=[costly])
        shown.append(compose([news(figures, NOTHING, Budgets({"rag": budget("1")}))]).text)

    assert "the costliest request, answer 019a…1d2f37 ($0.31)" in flat(shown[0])
    assert "the costliest request, answer 019a…9a1b58 ($0.31)" in flat(shown[1])


def test_a_month_with_holes_on_aws() -> None:
    """With the links and the ARN of a deployed stack, what the demo tells is still told in full."""
    usual = [past(f"2026-11-{number}", *_USUAL) for number in range(14, 21)]
    today = day(
        "2026-11-21",
        line("rag-search", "1.60", model="gpt-4o", calls=185, tokens=(370_000, 86_000)),
        line("rag-search", "0.54", model="gpt-4o-mini", calls=227, tokens=(454_000, 106_000)),
        line("agent-copilot", "3.22", calls=118, tokens=(603_200, 411_820)),
        line("summarizer", "0.90", calls=87, tokens=(198_400, 44_100)),
        top_requests=[
            *(request("rag-search", "0.045", "rag_search", number) for number in (3, 4, 5)),
            request("agent-copilot", "0.23", "copilot", 7),
        ],
        unpriced=[UnpricedModel("acme-drafts-7b", "vllm", 3, 3000, 1208, ("email-drafts",))],
    )
    budgets = Budgets(
        {"rag-search": budget("2", path="features.rag-search")},
        total=budget(monthly="90", path="total"),
    )
    whole = replace(news(today, history(*usual), budgets), where=DEPLOYED, owners=_OWNERS)

    message = compose([whole])

    golden("month_with_holes.txt", readable(message))
    check_limits(message)
    assert message.text.count("  To do: ") == 2


_USUAL = (
    line("rag-search", "0.80", model="gpt-4o", calls=119, tokens=(172_000, 55_000)),
    line("rag-search", "0.45", model="gpt-4o-mini", calls=278, tokens=(402_000, 128_000)),
    line("agent-copilot", "3.13", calls=116, tokens=(590_000, 400_000)),
    line("summarizer", "0.88", calls=85, tokens=(194_000, 43_000)),
)
_OWNERS = {"rag-search": "search", "agent-copilot": "agents", "email-drafts": "documents"}
