"""Notices about the data."""

from decimal import Decimal
from typing import Any

import pytest

from spend_report.domain.config.budgets import Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.figures.day_figures import (
    DataQuality,
    DayFigures,
    ModelDrift,
    UnpricedModel,
)
from spend_report.domain.figures.history import History
from spend_report.domain.judgement.notices import Notice, notices
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
        config_path="/llm-spend/prod",
    )


def mystery(**more: Any) -> DayFigures:
    """A day with a model that has no price."""
    return day(
        "2026-11-21",
        line("rag", "1"),
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
    """A model without a price is named with its calls and tokens, its features, and the line to
    add, which is no valid price until somebody fills it in."""
    (notice,) = found(mystery())

    assert notice.kind == "unpriced_model"
    assert notice.text == (
        "No price for mystery-9b: 4 calls with 12,900 tokens (rag) count as $0. Add its price "
        "per million tokens to a parameter below /llm-spend/prod/pricing/."
    )
    assert notice.add == '"mystery-9b": {"input": <USD>, "output": <USD>}'
    assert notice.features == ["rag"]


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


@pytest.mark.parametrize(("cost", "count"), [("1.00", 0), ("1.01", 1)])
def test_untagged_share(cost: str, count: int) -> None:
    """Above a tenth of the day's cost `untagged` is a notice that names the costliest path."""
    rest = Decimal(10) - Decimal(cost)
    figures = day(
        "2026-11-21",
        line("rag", str(rest)),
        line("untagged", cost),
        untagged=[path("ChatOpenAI", "nightly-job", "0.70")],
    )

    notices_ = found(figures)

    assert [notice.kind for notice in notices_] == ["untagged_share"] * count
    assert all("ChatOpenAI in nightly-job ($0.70)" in notice.text for notice in notices_)


@pytest.mark.parametrize(
    ("ours", "kinds"), [("1.20", []), ("1.21", ["drift"]), ("0.79", ["drift"])]
)
def test_drift(ours: str, kinds: list[str]) -> None:
    """More than 20 % above or below LangSmith's figure for the same calls names the model."""
    figures = day(
        "2026-11-21",
        line("rag", "1", model="gpt-4o"),
        drift=[
            ModelDrift("gpt-4o", Decimal(ours), Decimal(1)),
            ModelDrift("b", Decimal(1), Decimal(1)),
        ],
    )

    notices_ = found(figures)

    assert [notice.kind for notice in notices_] == kinds
    assert all(notice.text.startswith("gpt-4o costs") for notice in notices_)
    assert all(notice.features == ["rag"] for notice in notices_)


def test_silent_feature() -> None:
    """A feature that had calls on each of the seven days before and has none is a notice."""
    before = same_days("2026-11-21", 7, line("rag", "1"), line("quiet", "1"))

    (notice,) = found(day("2026-11-21", line("rag", "1")), before)

    assert (notice.kind, notice.features) == ("feature_silent", ["quiet"])


def test_everything_silent() -> None:
    """No call at all is one notice, not one for each feature."""
    before = same_days("2026-11-21", 7, line("rag", "1"), line("quiet", "1"))

    (notice,) = found(day("2026-11-21"), before)

    assert notice.kind == "all_silent"


def test_silence_needs_a_whole_week() -> None:
    """With six reported days, or a day off among the seven, nobody was there every day."""
    with_a_day_off = history(
        past("2026-11-14", line("rag", "1")),
        *same_days("2026-11-21", 6, line("rag", "1"), line("quiet", "1")).days.values(),
    )

    assert found(day("2026-11-21"), same_days("2026-11-21", 6, line("rag", "1"))) == []
    assert found(day("2026-11-21", line("rag", "1")), with_a_day_off) == []


@pytest.mark.parametrize(("missing", "kinds"), [(5, []), (6, ["usage_missing"])])
def test_usage_missing(missing: int, kinds: list[str]) -> None:
    """More than 5 % of the calls without tokens is a notice."""
    figures = day(
        "2026-11-21", line("rag", "1", calls=100), quality=DataQuality(without_usage=missing)
    )

    assert [notice.kind for notice in found(figures)] == kinds


def test_data_errors_and_unreadable_runs() -> None:
    """Every kind of nonsense is told with its amount."""
    figures = day(
        "2026-11-21",
        line("rag", "1"),
        quality=DataQuality(errors={"cached tokens above the input": (2, 4000)}),
        left_out={"wrapper": 7, "unreadable": 3},
    )

    assert [(notice.kind, notice.text) for notice in found(figures)] == [
        (
            "data_error",
            "2 calls with cached tokens above the input: 4,000 tokens are not counted as reported.",
        ),
        (
            "unreadable_runs",
            "LangSmith returned 3 runs without a readable id or start; they are not counted.",
        ),
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
