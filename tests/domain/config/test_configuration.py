from decimal import Decimal

import pytest

from spend_report.domain.config.configuration import configuration
from spend_report.domain.config.documents import Document
from spend_report.errors import ConfigError

PRICES = Document("/llm-spend/prod/pricing/models", 3, '{"gpt-4o": {"input": 2.5, "output": 10}}')
BUDGETS = Document("/llm-spend/prod/budgets/features", 7, '{"total": 10}')
FEATURES = Document("/llm-spend/prod/features/search", 2, '{"rag": {"owner": "search"}}')


def test_reads_all_kinds() -> None:
    """Prices, budgets and owners come out of their documents, with each parameter's version."""
    found = configuration([PRICES], [BUDGETS], [FEATURES], catalogue=None)

    assert found.prices.parameters == {"gpt-4o": "/llm-spend/prod/pricing/models"}
    assert found.budgets.total is not None
    assert found.budgets.total.daily == Decimal(10)
    assert found.register.owners["rag"] == "search"
    assert dict(found.versions) == {
        "/llm-spend/prod/budgets/features": 7,
        "/llm-spend/prod/features/search": 2,
        "/llm-spend/prod/pricing/models": 3,
    }


def test_nothing_configured() -> None:
    """Without any document there are no prices, no budgets and no owners, and that is no error."""
    found = configuration([], [], [], catalogue=None)

    assert found.prices.parameters == {}
    assert found.budgets.of("any") is None
    assert not found.register.in_use


def test_all_problems_in_one_error() -> None:
    """One error lists what is wrong in every parameter, so that one round of mending suffices."""
    prices = Document("/p/pricing/x", 1, '{"m": {"input": -1, "output": 1}}')
    budgets = Document("/p/budgets/x", 1, '{"features": {"a": "1"}}')
    features = Document("/p/features/x", 1, '{"a": {"owner": 1}}')

    with pytest.raises(ConfigError) as caught:
        configuration([prices], [budgets], [features], catalogue=None)

    assert str(caught.value).splitlines() == [
        "Mend these parameters:",
        (
            "/p/pricing/x: m.input: expected US dollars per million tokens, "
            "a number from 0 to 1,000,000, got -1"
        ),
        "/p/features/x: a.owner: expected a name, without spaces around it, got 1",
        (
            "/p/budgets/x: features.a.daily: expected US dollars, "
            'a number from 0 to 1,000,000,000, got the text "1"'
        ),
    ]


def test_a_byte_order_mark_is_skipped() -> None:
    """Some editors put one in front of a file, and it comes along into the parameter."""
    pricing = Document("/p/pricing/a", 1, '\ufeff{"gpt-4o": {"input": 1, "output": 2}}')

    assert configuration([pricing], [], [], None).prices.parameters == {"gpt-4o": "/p/pricing/a"}
