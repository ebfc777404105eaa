"""What changed between two configurations, in words."""

import pytest

from spend_report.domain.config.setting_changes import Change, setting_changes

_GPT = "input 2.5, output 10, cache_read 1.25, cache_write 2.5"


@pytest.mark.parametrize(
    ("path", "before", "now", "expected"),
    [
        ("budgets/features/rag-search/daily", "2.00", "5.00", "rag-search daily $2.00 → $5.00"),
        ("budgets/features/a/b/monthly", "85", "", "a/b monthly $85.00 → none"),
        ("budgets/features/rag/daily", "0.0000011", "0.000002", "rag daily $0.000001 → $0.000002"),
        ("budgets/default/weekly", "", "7", "default weekly none → $7.00"),
        ("budgets/total/alert_at", "0.8, 1.0", "5", "total alert_at 0.8, 1.0 → 5"),
        (
            "pricing/gpt-4o",
            _GPT,
            _GPT.replace("2.5,", "2.501,", 1).replace(" 10,", " 20,"),
            "price of gpt-4o input $2.50 → $2.501, output $10.00 → $20.00",
        ),
        (
            "pricing/claude",
            "input 3, output 15",
            "input 3, output 15; from 2026-12-01: input 2",
            "price of claude none → from 2026-12-01: input 2",
        ),
        ("pricing/mine", _GPT, "as gpt-4o", f"price of mine {_GPT} → as gpt-4o"),
        ("features/rag/owner", "search", "agents", "owner of rag search → agents"),
        ("features/rag/aliases", "", "RAG, r_a_g", "aliases of rag none → RAG, r_a_g"),
        ("budgets/features/rag/daily", "a lot", "NaN", "rag daily a lot → NaN"),
    ],
)
def test_change_in_words(path: str, before: str, now: str, expected: str) -> None:
    """A setting that came, went or differs is named with its old and its new value."""
    was, is_ = ({path: text} if text else {} for text in (before, now))

    (change,) = setting_changes(was, is_)

    assert change.text == expected


def test_order_and_features() -> None:
    """Budgets come first, and what belongs to a feature says to which."""
    before = {"pricing/gpt-4o": "as a", "features/rag/owner": "x", "budgets/total/daily": "1"}
    now = {"pricing/gpt-4o": "as b", "features/rag/owner": "y", "budgets/features/rag/daily": "1"}

    changes = setting_changes(before, now)

    assert changes == [
        Change("rag daily none → $1.00", "rag"),
        Change("total daily $1.00 → none"),
        Change("price of gpt-4o as a → as b"),
        Change("owner of rag x → y", "rag"),
    ]


def test_nothing_changed() -> None:
    """The same settings are no change."""
    assert setting_changes({"budgets/total/daily": "1"}, {"budgets/total/daily": "1"}) == []
