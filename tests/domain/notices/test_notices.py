"""Notices about the data: which day has which, and that the sentence is true of that day.

The tables are the specification: each kind with what it is raised for and what it is not.
"""

from decimal import Decimal
from typing import Any

import pytest

from spend_report.domain.basics.places import Places
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.figures.day_figures import (
    DataQuality,
    DayFigures,
    ModelDrift,
    UnpricedModel,
)
from spend_report.domain.notices.notices import Notice, notices
from spend_report.domain.prices.price_sources import PriceSource
from spend_report.domain.record.history import History
from tests.days import day, history, line, past, path, same_days

NOTHING = History({})


def found(figures: DayFigures, before: History = NOTHING) -> list[Notice]:
    """The notices of a day with the default limit of 10 % untagged."""
    return notices(
        figures,
        before,
        budgets=Budgets(),
        register=FeatureRegister(),
        untagged_limit=Decimal("0.10"),
        where=Places("/llm-spend/prod"),
    )


def texts(figures: DayFigures) -> list[str]:
    """What the notices of a day say."""
    return [notice.text for notice in found(figures)]


def mystery(**more: Any) -> DayFigures:
    """A day with a model that has no price."""
    return day(
        "2026-11-21",
        line("rag", "0.11", tokens=(100_000, 10_000)),
        unpriced=[UnpricedModel("mystery-9b", "groq", 4, 12_000, 900, ("rag",))],
        **more,
    )


def test_all_is_well() -> None:
    """A day without trouble has no notice."""
    assert (
        found(day("2026-11-21", line("rag", "1")), same_days("2026-11-21", 7, line("rag", "1")))
        == []
    )


def test_unpriced_model() -> None:
    """A model without a price is named with its calls and tokens, its features, what it may cost,
    and the line to add, which is no valid price until somebody fills it in."""
    (notice,) = found(mystery())

    assert notice.kind == "unpriced_model"
    assert notice.text == (
        "No price for mystery-9b: 4 calls with 12,900 tokens (rag) count as $0 (about $0.013 at "
        "the day's mean cost per token). Add its price per million tokens to a new SSM parameter, "
        "such as /llm-spend/prod/pricing/models."
    )
    assert notice.add == '"mystery-9b": {"input": <USD>, "output": <USD>}'
    assert (notice.about, notice.features) == ("mystery-9b", ["rag"])
    assert (notice.calls, notice.cost) == (4, Decimal("0.0129"))


def test_unpriced_model_where_nothing_has_a_price() -> None:
    """Without any cost of the day there is no mean to guess by, and nothing is guessed."""
    models = [UnpricedModel("m", "", 4, 12_000, 900, ("rag",))]

    (text,) = texts(day("2026-11-21", line("rag", "0"), unpriced=models))

    assert "(rag) count as $0. Add its price" in text


def test_unpriced_model_of_two_providers_is_one_line() -> None:
    """The parameter knows models, not providers: one notice, with the calls of both."""
    models = [
        UnpricedModel("m", "groq", 4, 1000, 0, ("a", "b")),
        UnpricedModel("m", "azure", 6, 2000, 0, ("b", "c", "d")),
    ]

    (notice,) = found(day("2026-11-21", line("rag", "1"), unpriced=models))

    assert "10 calls with 3,000 tokens (a, b, c and 1 more)" in notice.text


def test_calls_without_a_model() -> None:
    """Calls that name no model can't be priced by a parameter; the metadata is to be mended."""
    models = [UnpricedModel("", "", 4, 1000, 0, ("a",))]

    (notice,) = found(day("2026-11-21", line("rag", "1"), unpriced=models))

    assert "ls_model_name" in notice.text
    assert notice.add == ""


@pytest.mark.parametrize(
    ("untagged", "whole", "count"),
    [("1.00", "10", 0), ("1.01", "10", 1), ("0.009", "0.01", 0), ("0.01", "0.01", 1)],
)
def test_untagged_share(untagged: str, whole: str, count: int) -> None:
    """Above a tenth of the day's cost and from a cent on, `untagged` is a notice that names the
    costliest path."""
    figures = day(
        "2026-11-21",
        line("rag", str(Decimal(whole) - Decimal(untagged))),
        line("untagged", untagged),
        untagged=[path("ChatOpenAI", "nightly-job", "0.70")],
    )

    notices_ = found(figures)

    assert [notice.kind for notice in notices_] == ["untagged_share"] * count
    assert all("ChatOpenAI in nightly-job ($0.70)" in notice.text for notice in notices_)


@pytest.mark.parametrize(
    ("ours", "langsmith", "source", "text"),
    [
        ("1.20", "1.00", PriceSource.CATALOGUE, None),
        ("1.21", "1.00", PriceSource.CATALOGUE, "costs $1.21 by the bundled catalogue, 21 % above"),
        ("0.79", "1.00", PriceSource.CATALOGUE, "costs $0.79 by the bundled catalogue, 21 % below"),
        ("0.70", "1.00", PriceSource.PARAMETER, None),  # a negotiated discount
        ("0.00", "1.00", PriceSource.PARAMETER, None),  # one's own GPU
        ("0.000001", "0.000002", PriceSource.CATALOGUE, None),
        ("1.00", "0", PriceSource.CATALOGUE, None),  # LangSmith has no price
    ],
)
def test_drift(ours: str, langsmith: str, source: PriceSource, text: str | None) -> None:
    """The catalogue's prices are compared with LangSmith's, from 20 % and a cent apart on; a price
    that somebody set is meant to differ."""
    figures = day(
        "2026-11-21",
        line("rag", "1", model="gpt-4o"),
        drift=[
            ModelDrift("gpt-4o", Decimal(ours), Decimal(langsmith), source),
            ModelDrift("b", Decimal(1), Decimal(1)),
        ],
    )

    notices_ = found(figures)

    assert [notice.kind for notice in notices_] == (["drift"] if text else [])
    assert all(str(text) in notice.text for notice in notices_)
    assert all(notice.features == ["rag"] for notice in notices_)


@pytest.mark.parametrize(
    ("quality", "text"),
    [
        (DataQuality(finished_without_usage={"rag": 5}), None),
        (
            DataQuality(finished_without_usage={"rag": 6}),
            "6 of 100 finished calls (6 %) report no tokens",
        ),
        # 40 calls were refused with 429: they had none to report.
        (DataQuality(error_calls=40, without_usage=40), None),
        (
            DataQuality(error_calls=40, without_usage=44, finished_without_usage={"rag": 4}),
            "4 of 60 finished calls (6.7 %) report no tokens",
        ),
        (DataQuality(pending_calls=50, without_usage=50), None),
    ],
)
def test_usage_missing(quality: DataQuality, text: str | None) -> None:
    """More than 5 % of the calls that ended well without a token is a notice."""
    notices_ = found(day("2026-11-21", line("rag", "1", calls=100), quality=quality))

    assert [notice.kind for notice in notices_] == (["usage_missing"] if text else [])
    assert all(str(text) in notice.text for notice in notices_)


@pytest.mark.parametrize(("cost", "kinds"), [("0.0001", []), ("0", ["usage_missing"])])
def test_usage_missing_of_next_to_nothing(cost: str, kinds: list[str]) -> None:
    """What would have cost less than a cent is not told, unless nobody knows what it costs."""
    quality = DataQuality(finished_without_usage={"rag": 6})

    figures = day("2026-11-21", line("rag", cost, calls=100), quality=quality)

    assert [notice.kind for notice in found(figures)] == kinds


@pytest.mark.parametrize(
    ("errors", "told"),
    [
        (
            {"cached tokens above the input": (2, 4000)},
            "2 calls with cached tokens above the input: 4,000 tokens are not counted as reported.",
        ),
        (
            {"cost recorded by LangSmith that can't be one": (1, 0)},
            "1 call with cost recorded by LangSmith that can't be one, which is not counted.",
        ),
    ],
)
def test_data_errors(errors: dict[str, tuple[int, int]], told: str) -> None:
    """Every kind of nonsense is told with its amount, and a cost is not told in tokens."""
    figures = day("2026-11-21", line("rag", "1"), quality=DataQuality(errors=errors))

    (notice,) = found(figures)

    assert notice.kind == "data_error"
    assert notice.text == f"{told} The client that writes these runs has to be mended."


def test_a_data_error_of_next_to_nothing() -> None:
    """One call of a thousand, with tokens for less than a cent, is in the summary only."""
    quality = DataQuality(errors={"negative token count": (1, 5)})

    assert found(day("2026-11-21", line("rag", "1", calls=1000), quality=quality)) == []


@pytest.mark.parametrize(("tokens", "kinds"), [(11, []), (12, ["unexplained_tokens"])])
def test_unexplained_tokens(tokens: int, kinds: list[str]) -> None:
    """Of 1000 tokens in and 100 out, more than eleven that nobody explains are a notice."""
    quality = DataQuality(unexplained=(3, tokens))

    notices_ = found(day("2026-11-21", line("rag", "1"), quality=quality))

    assert [notice.kind for notice in notices_] == kinds
    assert all("12 tokens in 3 calls (1.1 % of the day's)" in each.text for each in notices_)


def test_unreadable_runs() -> None:
    """Runs that fit into no day are counted."""
    (text,) = texts(day("2026-11-21", line("rag", "1"), left_out={"wrapper": 7, "unreadable": 3}))

    assert text.startswith("LangSmith returned 3 runs without a readable id or start; they are not")


def test_every_notice_says_what_to_do() -> None:
    """In a few words, for the first line of a message."""
    figures = mystery(
        quality=DataQuality(
            finished_without_usage={"rag": 6}, errors={"negative token count": (9, 5)}
        ),
        left_out={"wrapper": 7, "unreadable": 3},
        drift=[ModelDrift("gpt-4o", Decimal(2), Decimal(1))],
    )

    assert [notice.do for notice in found(figures)] == [
        "add a price for mystery-9b",
        "settle the price of gpt-4o",
        "switch usage on for rag",
        "mend the client that writes these runs",
        "mend the client that writes these runs",
    ]


def test_a_notice_keeps_its_key_until_it_has_been_well() -> None:
    """The key carries the day on which it began, as long as each reported day had it."""
    first = found(mystery())[0].key
    went_on = history(
        past("2026-11-20", line("rag", "1"), notices=["notice/2026-11-03/" + tail(first)])
    )
    well = history(
        past("2026-11-19", line("rag", "1"), notices=["notice/2026-11-03/" + tail(first)]),
        past("2026-11-20", line("rag", "1")),
    )

    assert first == "notice/2026-11-21/unpriced_model/mystery-9b"
    assert found(mystery(), went_on)[0].key == "notice/2026-11-03/unpriced_model/mystery-9b"
    assert found(mystery(), well)[0].key == "notice/2026-11-21/unpriced_model/mystery-9b"


def test_a_gap_in_the_reports_is_not_a_recovery() -> None:
    """The last reported day counts, however long ago."""
    before = history(
        past(
            "2026-11-12", line("rag", "1"), notices=["notice/2026-11-03/unpriced_model/mystery-9b"]
        )
    )

    assert found(mystery(), before)[0].key == "notice/2026-11-03/unpriced_model/mystery-9b"


def test_long_names_have_short_keys() -> None:
    """A key holds a hash where a model's name is as long as a prompt, a different one for each."""
    models = [UnpricedModel("x" * 10_000 + end, "", 1, 1, 1, ("a",)) for end in "ab"]

    keys = {notice.key for notice in found(day("2026-11-21", line("rag", "1"), unpriced=models))}

    assert len(keys) == 2
    assert max(len(key) for key in keys) < 120


def tail(key: str) -> str:
    """A key without its first two parts."""
    return key.split("/", 2)[2]
