from collections.abc import Mapping
from decimal import Decimal

import pytest

from spend_report.domain.config.budgets import Budget, Budgets, read_budgets
from spend_report.domain.config.documents import Document, Problems
from spend_report.domain.config.owners_and_aliases import FeatureRegister


def read(*texts: str, aliases: Mapping[str, str] | None = None) -> tuple[Budgets, list[str]]:
    problems = Problems()
    documents = [Document(f"/b/{index}", 1, text) for index, text in enumerate(texts, start=1)]
    register = FeatureRegister(aliases=aliases or {})
    return read_budgets(documents, register, problems), problems.lines


def valid(*texts: str) -> Budgets:
    budgets, problems = read(*texts)
    assert problems == []
    return budgets


def test_number_is_a_daily_budget() -> None:
    """A number is the daily budget, to the decimal as it stands in the document."""
    budgets = valid('{"features": {"rag-search": 2.00}}')

    assert budgets.of("rag-search") == Budget(
        Decimal("2.00"), None, None, None, "/b/1", "features.rag-search"
    )


def test_budget_object() -> None:
    """A budget has any of the periods, and the fractions to alert at in ascending order."""
    budgets = valid(
        '{"features": {"a": {"weekly": 30, "monthly": 120.5, "alert_at": [1, 0.8, 1.0]}}}'
    )

    assert budgets.of("a") == Budget(
        None, Decimal(30), Decimal("120.5"), (Decimal("0.8"), Decimal(1)), "/b/1", "features.a"
    )


def test_default() -> None:
    """`default` is the budget of every feature without one of its own, `untagged` included."""
    budgets = valid('{"features": {"a": 2}, "default": {"daily": 1}}')

    assert budgets.of("untagged") == Budget(Decimal(1), None, None, None, "/b/1", "default")
    assert budgets.of("a") == Budget(Decimal(2), None, None, None, "/b/1", "features.a")


def test_no_budget() -> None:
    """Without a default, a feature that is not named has no budget."""
    budgets = valid('{"features": {"a": 2}}')

    assert budgets.of("b") is None
    assert budgets.total is None


def test_documents_merge() -> None:
    """Teams keep their own documents; each budget remembers which one holds it."""
    budgets = valid('{"features": {"a": 1}}', '{"total": 9}', '{"features": {"b": 2}}', "{}")

    assert {name: budget.parameter for name, budget in budgets.features.items()} == {
        "a": "/b/1",
        "b": "/b/3",
    }
    assert budgets.total == Budget(Decimal(9), None, None, None, "/b/2", "total")


def test_features_called_like_sections() -> None:
    """A feature may be called `default`, `total` or `features`."""
    budgets = valid('{"features": {"default": 1, "total": 2, "features.x": 3}, "total": 9}')

    assert budgets.default is None
    assert sorted(budgets.features) == ["default", "features.x", "total"]
    assert budgets.total is not None
    assert budgets.total.daily == 9


DOLLARS = "expected US dollars, a number from 0 to 1,000,000,000, got"
FRACTIONS = "expected fractions of the budget like [0.8, 1.0]"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"features": {"a": -1}}', f"features.a.daily: {DOLLARS} -1"),
        ('{"features": {"a": "2.00"}}', f'features.a.daily: {DOLLARS} the text "2.00"'),
        ('{"features": {"a": true}}', f"features.a.daily: {DOLLARS} true"),
        ('{"features": {"a": null}}', f"features.a.daily: {DOLLARS} null"),
        ('{"features": {"a": [1]}}', f"features.a.daily: {DOLLARS} [1]"),
        ('{"default": null}', f"default.daily: {DOLLARS} null"),
        ('{"total": {"monthly": 1E12}}', f"total.monthly: {DOLLARS} 1E+12"),
        (
            '{"features": {"a": {"dayly": 1}}}',
            "features.a.dayly: is not a known field; those are daily, weekly, monthly, alert_at",
        ),
        ('{"features": {"a": {}}}', "features.a: expected at least one of daily, weekly, monthly"),
        (
            '{"features": {"a": {"alert_at": [1]}}}',
            "features.a: expected at least one of daily, weekly, monthly",
        ),
        (
            '{"total": {"daily": 1, "alert_at": []}}',
            f"total.alert_at: {FRACTIONS}, got []",
        ),
        (
            '{"total": {"daily": 1, "alert_at": 0.8}}',
            f"total.alert_at: {FRACTIONS}, got 0.8",
        ),
        (
            '{"total": {"daily": 1, "alert_at": [0]}}',
            f"total.alert_at: {FRACTIONS} above 0, got [0]",
        ),
        (
            '{"total": {"daily": 1, "alert_at": [80]}}',
            f"total.alert_at: {FRACTIONS}, a number from 0 to 10, got 80",
        ),
        (
            '{"total": {"daily": 1, "alert_at": ["0.8"]}}',
            f'total.alert_at: {FRACTIONS}, a number from 0 to 10, got the text "0.8"',
        ),
        (
            '{"feature": {"a": 1}}',
            "feature: is not a known field; those are features, default, total",
        ),
        (
            '{"features": [1]}',
            "features: expected an object of budgets by feature, got [1]",
        ),
        (
            '{"features": {"a ": 1}}',
            'features: expected a feature\'s name, without spaces around it, got the text "a "',
        ),
        ("3", "expected a JSON object, got 3"),
        ('{"total": 1,}', "line 1 column 12: is not JSON; "),
    ],
)
def test_refused(text: str, problem: str) -> None:
    """A slip is refused, saying in which parameter, at which field, what was expected."""
    _, problems = read(text)

    assert len(problems) == 1
    assert problems[0].startswith(f"/b/1: {problem}")


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ('{"features": {"a": 1}}', "features.a"),
        ('{"default": 1}', "default"),
        ('{"total": 1}', "total"),
    ],
)
def test_same_budget_twice(text: str, path: str) -> None:
    """The same feature in two documents, or two defaults or totals, are refused, naming both."""
    _, problems = read(text, text)

    assert problems == [f"/b/2: {path}: is in /b/1 too; keep one of them"]


def test_budget_of_an_alias() -> None:
    """A budget under an alias is its feature's, and a second one beside it is refused."""
    aliases = {"rag_search": "rag-search", "RAG": "rag-search"}

    budgets, problems = read('{"features": {"rag_search": 2}}', aliases=aliases)
    _, twice = read(
        '{"features": {"rag_search": 2, "RAG": 3}}',
        '{"features": {"rag-search": 2}}',
        aliases=aliases,
    )

    assert problems == []
    assert budgets.of("rag-search") == Budget(
        Decimal(2), None, None, None, "/b/1", "features.rag_search"
    )
    assert twice == [
        "/b/1: features.RAG: is rag-search, which is in /b/1 too; keep one of them",
        "/b/2: features.rag-search: is in /b/1 too; keep one of them",
    ]
