"""Notices about names: of features that are in no document, of likely pairs, of budgets."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from spend_report.domain.basics.places import Places
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister, RegisteredFeature
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.notices.notices import Notice, notices
from spend_report.domain.record.history import History
from tests.days import budget, day, history, line, past, same_days

NOTHING = History({})
SEARCH = "/llm-spend/prod/features/search"
REGISTER = FeatureRegister(
    {"rag-search": RegisteredFeature("search", ("RAG",), SEARCH)},
    {"RAG": "rag-search"},
    in_use=True,
)


def found(
    figures: DayFigures,
    before: History = NOTHING,
    *,
    budgets: Budgets | None = None,
    register: FeatureRegister | None = None,
) -> list[Notice]:
    return notices(
        figures,
        before,
        budgets=budgets or Budgets(),
        register=register or FeatureRegister(),
        untagged_limit=Decimal(1),
        where=Places("/llm-spend/prod"),
    )


def test_unregistered_and_alike() -> None:
    """A feature in no document is told with its cost, since when, the feature that it is likely
    meant to be, and that feature's entry with the alias added."""
    figures = day("2026-11-21", line("rag-search", "12"), line("rag_search", "3.20"))
    before = history(
        past("2026-11-10", line("rag-search", "1")),
        past("2026-11-18", line("rag_search", "1")),
        past("2026-11-20", line("rag-search", "1")),
    )

    (notice,) = found(figures, before, register=REGISTER)

    assert notice.kind == "unregistered_feature"
    assert notice.features == ["rag_search", "rag-search"]
    assert notice.do == "if rag_search is rag-search, make it an alias of it"
    assert notice.cost == Decimal("3.20")
    assert notice.subject == "rag_search is not registered"
    assert notice.text == (
        "rag_search cost $3.20 (seen since 18 Nov) and is in no SSM parameter below "
        "/llm-spend/prod/features/. Is it rag-search? Then add it to the aliases in "
        "/llm-spend/prod/features/search, else register it as a feature of its own."
    )
    assert notice.add == '"rag-search": {"owner": "search", "aliases": ["RAG", "rag_search"]}'


def test_alike_to_an_alias() -> None:
    """A name that is alike to an alias belongs to the alias's feature."""
    (notice,) = found(day("2026-11-21", line("rag", "1")), register=REGISTER)

    assert "Is it RAG?" in notice.text
    assert notice.add.startswith('"rag-search": {')


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("rag-search-v2", "The nearest known name is rag-search. "),
        ("billing", ""),
    ],
)
def test_unregistered_and_new(name: str, words: str) -> None:
    """A name that is alike to none is to be registered; the line waits for its owner."""
    (notice,) = found(day("2026-11-21", line(name, "1")), register=REGISTER)

    assert notice.text == (
        f"{name} cost $1.00 on its first day and is in no SSM parameter below "
        f"/llm-spend/prod/features/. {words}Register it with its owner in a new SSM "
        "parameter, such as /llm-spend/prod/features/product."
    )
    assert notice.add == f'"{name}": {{"owner": "<OWNER>"}}'


def test_seen_as_far_back_as_the_reports_go() -> None:
    """Where the oldest report has the feature already, it may be older."""
    before = same_days("2026-11-21", 3, line("chat", "1"))

    (notice,) = found(day("2026-11-21", line("chat", "1")), before, register=REGISTER)

    assert "(seen since 18 Nov or longer)" in notice.text


def test_what_needs_no_document() -> None:
    """A registered feature and `untagged` are no notice, nor is anything without a document."""
    figures = day("2026-11-21", line("rag-search", "1"), line("untagged", "1"))

    assert found(figures, register=REGISTER) == []
    assert found(day("2026-11-21", line("billing", "1"))) == []


def test_empty_document() -> None:
    """From the first document on, even an empty one, every feature is to be in one."""
    register = FeatureRegister(in_use=True)

    assert [each.kind for each in found(day("2026-11-21", line("x", "1")), register=register)] == [
        "unregistered_feature"
    ]


def test_many_unregistered() -> None:
    """The twenty costliest are told one by one, the others together."""
    lines = [line(f"user-{number:04}", f"{1000 - number}") for number in range(1000)]

    told = found(day("2026-11-21", *lines), register=REGISTER)

    assert len(told) == 21
    assert told[0].features == ["user-0000"]
    assert told[-1].text == (
        "980 more features ($480,690.00 together) are in no SSM parameter below "
        "/llm-spend/prod/features/ either."
    )


def test_likely_pair() -> None:
    """Without a document, two names of the day that are likely one are named, the costlier first,
    and the notice is the same when the other one costs more."""
    one = day("2026-11-21", line("rag-search", "12"), line("rag_search", "3.20"))
    other = day("2026-11-21", line("rag-search", "2"), line("rag_search", "3.20"))

    (notice,) = found(one)

    assert notice.kind == "similar_features"
    assert notice.features == ["rag-search", "rag_search"]
    assert notice.subject == "rag_search is likely rag-search"
    assert notice.text == (
        "rag-search ($12.00) and rag_search ($3.20) are likely one feature, typed in two ways. "
        "Tag them alike, or make one an alias of the other in a new SSM parameter, such as "
        "/llm-spend/prod/features/product."
    )
    assert notice.add == '"rag-search": {"aliases": ["rag_search"]}'
    assert [each.key for each in found(other)] == [notice.key]


def test_no_pair_with_documents() -> None:
    """Where documents say which names there are, they decide."""
    figures = day("2026-11-21", line("rag-search", "1"), line("RAG", "1"))
    both = {name: RegisteredFeature("", (), SEARCH) for name in ("rag-search", "rag_search")}

    assert (
        found(
            day("2026-11-21", line("rag-search", "1"), line("rag_search", "1")),
            register=FeatureRegister(both, in_use=True),
        )
        == []
    )
    assert [each.features for each in found(figures, register=REGISTER)] == [["RAG"]]


def reported(days: int) -> History:
    """So many reported days before 21 November, not all of them in a row."""
    last = date(2026, 11, 21)
    return history(
        *(
            past(str(last - timedelta(days=2 * back)), line("rag-search", "1"))
            for back in range(1, days + 1)
        )
    )


def test_budget_that_sees_nothing() -> None:
    """A budget of a feature without a call on fourteen reported days is told with the nearest name
    that has calls."""
    budgets = Budgets({"rag-search": budget("1"), "rag-search-v2": budget("2")})

    (notice,) = found(day("2026-11-21", line("rag-search", "1")), reported(13), budgets=budgets)

    assert notice.kind == "budget_unused"
    assert notice.features == ["rag-search-v2"]
    assert notice.text == (
        "The budget of rag-search-v2 in /llm-spend/prod/budgets/initial sees nothing: no call of "
        "that feature on the last 14 reported days. The nearest name that has calls is rag-search."
    )


def test_budget_that_may_see_something_yet() -> None:
    """With fewer reported days, or one call among them, nothing is told."""
    figures = day("2026-11-21", line("rag-search", "1"))
    weekly = history(*reported(13).days.values(), past("2026-10-26", line("weekly", "1")))

    assert found(figures, reported(12), budgets=Budgets({"weekly": budget("1")})) == []
    assert found(figures, weekly, budgets=Budgets({"weekly": budget("1")})) == []


def test_misspelt_budget() -> None:
    """A budget under a name that is alike to one with calls is told at once."""
    budgets = Budgets({"rag-serach": budget("1")})

    (notice,) = found(day("2026-11-21", line("rag-search", "1")), budgets=budgets)

    assert notice.text == (
        "The budget of rag-serach in /llm-spend/prod/budgets/initial sees nothing: no call of "
        "that feature on the one reported day. Is it rag-search? Then rename it there."
    )


def test_budget_of_untagged() -> None:
    """That no call lacks its tag is as it should be."""
    figures = day("2026-11-21", line("rag-search", "1"))

    assert found(figures, reported(20), budgets=Budgets({"untagged": budget("1")})) == []
