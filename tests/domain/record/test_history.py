"""The days before, under the names that features have today."""

from decimal import Decimal

from tests.days import history, line, past


def test_what_was_counted_under_an_alias_is_its_features() -> None:
    """Calls, tokens and dollars of both names become one feature's, in all and by model."""
    before = history(
        past("2026-11-20", line("rag-search", "1", calls=2), line("rag_search", "0.5", calls=3))
    )

    (day,) = before.under({"rag_search": "rag-search"}).days.values()

    assert day.features.keys() == {"rag-search"}
    own = day.features["rag-search"]
    assert (own.calls, own.input_tokens, own.cost) == (5, 2000, Decimal("1.5"))
    (model,) = day.models
    assert (model.feature, model.calls, model.cost) == ("rag-search", 5, Decimal("1.5"))


def test_a_day_without_an_alias_stays_what_it_is() -> None:
    """Where no alias was seen, nothing changes."""
    before = history(past("2026-11-20", line("rag-search", "1")))

    assert before.under({"rag_search": "rag-search"}) == before
