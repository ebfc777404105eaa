"""Budgets that cannot both be meant."""

import pytest

from spend_report.domain.config.budget_contradictions import budget_contradictions
from spend_report.domain.config.budgets import Budget, Budgets
from tests.days import budget


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        (budget(daily="10", monthly="85"), "$10.00 daily exceeds the monthly $85.00 after 9 days"),
        (
            budget(weekly="50", monthly="50"),
            "$50.00 weekly exceeds the monthly $50.00 after 2 weeks",
        ),
        (budget(daily="5", weekly="4"), "$5.00 daily exceeds the weekly $4.00 after 1 day"),
        (budget(daily="5", monthly="120"), ""),  # room for peaks
        (budget(daily="10", weekly="50", monthly="250"), ""),
        (budget(daily="0", monthly="0"), ""),
        (budget(daily="1"), ""),
    ],
)
def test_periods(own: Budget, expected: str) -> None:
    """A budget that uses a longer one up before half of its time contradicts it."""
    found = list(budget_contradictions(Budgets(features={"rag": own})))

    assert [one.text.partition(";")[0] for one in found] == ([expected] if expected else [])
    assert all(one.path == "features.rag" for one in found)


def test_more_than_all() -> None:
    """A feature, or the default, that may spend more than all features together is one."""
    budgets = Budgets(
        features={"rag": budget(daily="5")}, default=budget(daily="3"), total=budget(daily="4")
    )

    assert [(one.path, one.text) for one in budget_contradictions(budgets)] == [
        ("features.rag", "$5.00 daily is more than the total's $4.00")
    ]
