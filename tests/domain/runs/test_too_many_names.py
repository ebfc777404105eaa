"""Floods of names: what comes out does not depend on the order in which the runs came."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.domain.basics.names import OTHER, UNTAGGED
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.runs.too_many_names import Held
from tests.reckoning import figures
from tests.traces import RawRun, llm, run

FEW = Held(groups=3, values=2, paths=2)
ALIASES = {"RAG": "rag", "n/a": UNTAGGED}
TAGS = ["above", "RAG", "rag", "n/a", "a", "c", "d"]
ROOTS = [run("silent"), *(run(tag, metadata={"feature": tag}) for tag in TAGS)]
# Of one text, and not of one value: 1, 1.0 and true are equal in Python.
VALUES = [
    None,
    " ",
    "untagged",
    "(other)",
    "RAG",
    "rag",
    "n/a",
    "a",
    "b",
    "a ",
    1,
    1.0,
    True,
    ["x"],
]
MODELS = ["flat", "tiered", "unknown", "else", None]


@st.composite
def calls(draw: st.DrawFn, number: int) -> RawRun:
    """A call with names out of a few, some of which say that there is none."""
    env, node = draw(st.sampled_from(VALUES)), draw(st.sampled_from([None, "node"]))
    tokens = st.integers(1, 3_000)
    return llm(
        str(number),
        below=draw(st.sampled_from([None, *ROOTS])),
        model=draw(st.sampled_from(MODELS)),
        provider=draw(st.sampled_from(["openai", "azure"])),
        feature=draw(st.sampled_from(VALUES)),
        tokens=draw(st.none() | st.tuples(tokens, tokens)),
        status=draw(st.sampled_from(["SUCCESS", "ERROR"])),
        metadata={"env": env, "langgraph_node": node},
        total_cost=draw(st.sampled_from([None, 0.25])),
    )


@st.composite
def days(draw: st.DrawFn) -> list[RawRun]:
    """Calls of a day."""
    return [draw(calls(number)) for number in range(draw(st.integers(1, 24)))]


def flooded(runs: list[RawRun], held: Held, **more: Any) -> DayFigures:
    return figures(runs, above=ROOTS, aliases=ALIASES, held=held, **more)


@given(days(), st.randoms(use_true_random=False), st.integers(1, 30), st.integers(1, 30))
@settings(max_examples=150, deadline=None)
def test_any_order(runs: list[RawRun], chance: Any, page: int, other_page: int) -> None:
    """In whatever order and pages the runs come, the same names are left, with the same figures."""
    shuffled = chance.sample(runs, len(runs))

    assert flooded(runs, FEW, page=page) == flooded(shuffled, FEW, page=other_page)


@given(days(), st.integers(1, 30))
@settings(max_examples=150, deadline=None)
def test_nothing_is_lost(runs: list[RawRun], page: int) -> None:
    """Names that moved out and all came back make the day that it is without."""
    plain = flooded(runs, Held())
    flood = flooded(runs, Held(groups=3), page=page)

    assert flood.features == plain.features
    assert flood.models == plain.models
    assert flood.hours == plain.hours
    assert flood.untagged == plain.untagged
    assert flood.request_costs == plain.request_costs
    assert flood.quality == plain.quality
    assert flood.seen_as == plain.seen_as


def priced(name: str, tokens: int, **metadata: Any) -> RawRun:
    """A call that costs a dollar for each million of `tokens`, and $0.00001 more."""
    return llm(name, model="flat", feature=name, tokens=(tokens, 1), metadata=metadata)


@pytest.mark.parametrize("step", [1, -1])
def test_costliest_of_the_whole_day(step: int) -> None:
    """The two features that cost most keep their names, be they the first or the last to come."""
    runs = [priced(f"user-{number}", number) for number in range(1, 21)][::step]

    day = flooded(runs, FEW, page=2)

    assert {row.feature: (row.calls, row.input_tokens) for row in day.features} == {
        OTHER: (18, 171),
        "user-20": (1, 20),
        "user-19": (1, 19),
    }


def test_costly_by_what_was_recorded() -> None:
    """A model without a price is as costly as LangSmith says, not as it has tokens."""
    runs = [
        llm(name, model="unknown", feature=name, tokens=(9 - dollars, 1), total_cost=dollars)
        for name, dollars in (("a", 1), ("b", 2), ("c", 3), ("d", 4), ("e", 5))
    ]

    day = flooded(runs, FEW, page=2)

    assert {row.feature: row.cost for row in day.features} == {OTHER: 6, "d": 4, "e": 5}


def test_alias_stays_with_its_feature() -> None:
    """A feature that costs much keeps what stands under its aliases, however little that is."""
    runs = [
        priced("RAG", 1),
        *(priced(f"user-{number}", number) for number in range(2, 21)),
        priced("rag", 1_000),
    ]

    day = flooded(runs, Held(groups=3, values=3), page=2)

    assert [(row.feature, row.calls) for row in day.features if row.feature != OTHER] == [
        ("rag", 2),
        ("user-20", 1),
    ]
    assert {name: seen.calls for name, seen in day.seen_as["rag"].items()} == {"RAG": 1, "rag": 1}


def test_costliest_combinations_keep_their_dimensions() -> None:
    """Where names are few and their combinations many, the costliest of these stay whole."""
    runs = [
        priced(f"feature-{number % 3}", 10 + number, env=f"env-{number}") for number in range(9)
    ]

    day = flooded(runs, Held(groups=4, values=9), page=2)

    assert sorted((row.dimensions[0], row.calls) for row in day.lines) == [
        (OTHER, 1),
        (OTHER, 2),
        (OTHER, 2),
        *((f"env-{number}", 1) for number in range(5, 9)),
    ]


@pytest.mark.parametrize("held", [Held(3, 2, names=6), Held(3, 2, characters=60)])
def test_more_names_than_can_be_held(held: Held) -> None:
    """Beyond what can be held the cheapest so far are lost, and no call is."""
    runs = [priced(f"user-{number:03}", 1_000 - number) for number in range(100)]

    day = flooded(runs, held, page=4)

    assert [row.feature for row in day.features if row.feature != OTHER] == ["user-000", "user-001"]
    assert day.calls == 100
    assert sum(row.input_tokens for row in day.features) == sum(range(901, 1_001))
    assert day.cost == Decimal("0.096050")


def test_ids_on_the_roots() -> None:
    """Features that calls have from the roots of their traces flood as their own do."""
    roots = [run(f"root-{number}", metadata={"feature": f"user-{number}"}) for number in range(9)]
    runs = [
        llm(f"call-{number}", model="flat", below=root, tokens=(number + 1, 1))
        for number, root in enumerate(roots)
    ]

    day = figures(runs, above=roots, held=FEW)

    assert {row.feature: (row.calls, row.input_tokens) for row in day.features} == {
        OTHER: (7, 28),
        "user-7": (1, 8),
        "user-8": (1, 9),
    }


def test_too_many_code_paths() -> None:
    """The costliest code paths without a tag keep their names, be they the first or the last."""
    runs = [llm(f"call-{number}", model="flat", tokens=(number, 1)) for number in range(1, 10)]

    first, last = figures(runs, held=FEW, page=2), figures(runs[::-1], held=FEW, page=3)

    assert first.untagged == last.untagged
    assert [(path.run_name, path.calls) for path in first.untagged] == [
        (OTHER, 7),
        ("call-9", 1),
        ("call-8", 1),
    ]


def test_code_paths_of_the_untagged_only() -> None:
    """A code path whose calls have a feature in the end takes the place of none that has not."""
    root = run("root", metadata={"feature": "chat"})
    dear = [
        llm(f"dear-{number}", model="flat", below=root, tokens=(900 + number, 1))
        for number in range(9)
    ]
    cheap = [llm(f"cheap-{number}", model="flat", tokens=(number + 1, 1)) for number in range(2)]

    day = figures([*cheap, *dear], above=[root], held=FEW)

    assert [path.run_name for path in day.untagged] == ["cheap-1", "cheap-0"]


def test_dimension_that_is_the_feature_too() -> None:
    """Where two kinds of names are of one metadata key, both say the same."""
    runs = [priced(f"user-{number}", number) for number in range(1, 21)]

    day = flooded(runs, FEW, page=2, dimensions=("feature", "ls_model_name", "langgraph_node"))

    assert {(row.feature, *row.dimensions, row.calls) for row in day.lines} >= {
        ("user-20", "user-20", "flat", "", 1),
        ("user-19", "user-19", "flat", "", 1),
    }
    assert day.calls == 20
