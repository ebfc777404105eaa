"""The parts of a change in words."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.day_figures import SpendLine
from spend_report.domain.judgement.driver_sentences import causes, causes_of_total
from spend_report.domain.judgement.drivers import explain
from tests.days import day, line, same_days


def told(before: SpendLine | list[SpendLine], now: SpendLine | list[SpendLine]) -> list[str]:
    """The causes of the change of the only feature, after a week of `before`."""
    usual, today = ([rows] if isinstance(rows, SpendLine) else rows for rows in (before, now))
    (driver,) = explain(day("2026-11-21", *today), same_days("2026-11-21", 7, *usual))
    return [str(cause) for cause in causes(driver)]


def rag(
    cost: str,
    calls: int = 10,
    tokens: tuple[int, int] = (9000, 1000),
    cached: int = 0,
    model: str = "a",
) -> SpendLine:
    """Calls of the feature."""
    return line("rag", cost, calls=calls, tokens=tokens, cached=cached, model=model)


@pytest.mark.parametrize(
    ("before", "now", "causes"),
    [
        (rag("1.00"), rag("1.50", 15, (13500, 1500)), ["+$0.50 more calls (10 → 15)"]),
        (rag("1.00"), rag("0.50", 5, (4500, 500)), ["\N{MINUS SIGN}$0.50 fewer calls (10 → 5)"]),
        (
            rag("1.00"),
            rag("2.00", 10, (19000, 1000)),
            ["+$1.00 longer prompts (900 → 1,900 input tokens per call)"],
        ),
        (
            rag("1.00"),
            rag("1.10", 10, (9000, 2000)),
            ["+$0.10 longer answers (100 → 200 output tokens per call)"],
        ),
        (
            rag("1.00"),
            rag("0.50", 10, (4000, 1000)),
            ["\N{MINUS SIGN}$0.50 shorter prompts (900 → 400 input tokens per call)"],
        ),
        (
            rag("1.00"),
            rag("2.00", 10, (14000, 6000)),
            ["+$1.00 longer calls (1,000 → 2,000 tokens per call)"],
        ),
        (
            rag("1.00"),
            rag("1.25"),
            ["+$0.25 higher cost per token ($100.00 → $125.00 per million)"],
        ),
        (
            rag("1.00", cached=900),
            rag("0.60", cached=4500),
            ["\N{MINUS SIGN}$0.40 more cache hits (10 % → 50 % of input tokens)"],
        ),
        (
            rag("1.00", cached=4500),
            rag("1.40"),
            ["+$0.40 fewer cache hits (50 % → 0 % of input tokens)"],
        ),
        (
            rag("1.00"),
            rag("1.40", tokens=(7000, 3000)),
            ["+$0.40 dearer mix of tokens (share of output 10 % → 30 %)"],
        ),
        ([rag("1.00")], [], ["\N{MINUS SIGN}$1.00 no calls any more (10 → 0)"]),
        (
            rag("1.00"),
            rag("3.00", model="b"),
            ["+$2.00 new model b in place of a (0 % → 100 % of calls)"],
        ),
        (rag("1.00"), rag("1.00"), []),
    ],
)
def test_each_cause(
    before: SpendLine | list[SpendLine], now: SpendLine | list[SpendLine], causes: list[str]
) -> None:
    """One thing changed, and that is what is said, with its figures before and after."""
    assert told(before, now) == causes


def test_mix_names_the_model_that_explains_it() -> None:
    """The costly model went from 25 % to 75 % of the calls, which the cheap one lost."""
    before = [rag("0.60", 30, (30, 0), model="cheap"), rag("1.00", 10, (10, 0), model="dear")]
    now = [rag("0.20", 10, (10, 0), model="cheap"), rag("3.00", 30, (30, 0), model="dear")]

    assert told(before, now) == ["+$1.60 calls moved to dear from cheap (25 % → 75 %)"]


def test_calls_that_moved_away() -> None:
    """The costly model's share fell, and it is named first, because that explains the decrease."""
    before = [
        rag("1.00", 10, (10, 0), model="dear"),
        *(rag("0.30", 15, (15, 0), model=name) for name in ("b", "c")),
    ]
    now = [
        rag("0.20", 2, (2, 0), model="dear"),
        rag("0.40", 20, (20, 0), model="b"),
        rag("0.36", 18, (18, 0), model="c"),
    ]

    assert told(before, now) == ["\N{MINUS SIGN}$0.64 calls moved away from dear to b (25 % → 5 %)"]


def test_calls_that_moved_from_everywhere() -> None:
    """Where no single model lost half of what one gained, none is named beside it."""
    others = [rag("0.20", 10, (10, 0), model=name) for name in ("b", "c", "d")]
    before = [rag("1.00", 10, (10, 0), model="dear"), *others]
    now = [
        rag("2.50", 25, (25, 0), model="dear"),
        *(rag("0.10", 5, (5, 0), model=name) for name in ("b", "c", "d")),
    ]

    assert told(before, now) == ["+$1.20 calls moved to dear (25 % → 62 %)"]


def test_mix_away_from_the_costly_model() -> None:
    """A gone model is named as what explains the decrease, and the one that is left."""
    before = [rag("0.60", 30, (30, 0), model="cheap"), rag("9.00", 10, (10, 0), model="dear")]

    assert told(before, rag("0.80", 40, (40, 0), model="cheap")) == [
        "\N{MINUS SIGN}$8.80 no calls on dear any more, but on cheap (25 % → 0 % of calls)"
    ]


_CHEAP = ("0.10", 10, (9000, 1000)), ("0.05", 10, (4500, 500))
_DEAR = ("1.00", 10, (900, 100)), ("2.00", 10, (1800, 200))


def test_longer_only_where_it_costs() -> None:
    """The dear model's calls grew and the cheap one's shrank by more tokens: longer in dollars,
    though not in tokens, so no mean is named that says the opposite."""
    before = [
        rag("0.10", 10, (9000, 1000), model="cheap"),
        rag("1.00", 10, (900, 100), model="dear"),
    ]
    now = [rag("0.05", 10, (4500, 500), model="cheap"), rag("2.00", 10, (1800, 200), model="dear")]

    assert told(before, now) == ["+$0.95 longer calls (on the models that cost most)"]


def test_cost_without_tokens() -> None:
    """Where LangSmith's recorded cost counts and tokens are not known, none are divided by."""
    assert told(rag("1.00", tokens=(0, 0)), rag("1.50", tokens=(0, 0))) == [
        "+$0.50 higher cost per token (cost without tokens)"
    ]


def test_only_what_matters() -> None:
    """Parts below a tenth of all that moved are no causes: one that is left over keeps its name,
    and several are drawn together, so that the lines sum to the change."""
    more_calls = told(rag("1.00", 100, (9000, 1000)), rag("2.08", 104, (18_800, 2000)))
    also_dearer = told(rag("1.00", 100, (9000, 1000)), rag("2.10", 104, (18_800, 2000)))

    assert more_calls == [
        "+$1.04 longer prompts (90 → 181 input tokens per call)",
        "+$0.04 more calls (100 → 104)",
    ]
    assert also_dearer == [
        "+$1.04 longer prompts (90 → 181 input tokens per call)",
        "+$0.06 smaller changes",
    ]


def test_a_few_more_calls_are_no_cause() -> None:
    """A change of less than 5 % explains nothing, though nothing else changed."""
    assert told(rag("1.00", 100, (9000, 1000)), rag("1.04", 104, (9360, 1040))) == []


def test_too_few_days() -> None:
    """Two days are no usual."""
    (driver,) = explain(day("2026-11-21", rag("2.00", 20)), same_days("2026-11-21", 2, rag("1.00")))

    assert causes(driver) == []


def test_total_by_feature() -> None:
    """The sum is explained by the three features that moved most, each with its first cause."""
    before = same_days("2026-11-21", 7, *(line(name, "1.00") for name in "abcd"))
    today = day(
        "2026-11-21",
        line("a", "2.00", calls=20, tokens=(2000, 200)),
        line("b", "1.20", calls=12, tokens=(1200, 120)),
        line("c", "0.50", calls=5, tokens=(500, 50)),
        line("d", "1.01", calls=10),
        line("new", "0.80"),
    )

    assert [str(cause) for cause in causes_of_total(explain(today, before))] == [
        "+$1.00 a (more calls)",
        "+$0.80 new (new, no calls before)",
        "\N{MINUS SIGN}$0.50 c (fewer calls)",
        "+$0.21 all other features",
    ]


amounts = st.integers(1, 5_000_000).map(lambda millionths: f"{millionths / 1_000_000:.6f}")


@given(st.lists(st.tuples(amounts, amounts), min_size=1, max_size=8))
def test_lines_sum_to_the_change_as_it_is_shown(costs: list[tuple[str, str]]) -> None:
    """Whatever is rounded, the amounts of the lines sum to the difference of the two totals as
    these are shown."""
    before = same_days("2026-11-21", 7, *(line(f"f{n}", cost) for n, (cost, _) in enumerate(costs)))
    today = day("2026-11-21", *(line(f"f{n}", cost) for n, (_, cost) in enumerate(costs)))

    drivers = explain(today, before)
    found = causes_of_total(drivers)

    if found:
        then, now = (sum(map(Decimal, side), ZERO) for side in zip(*costs, strict=True))
        places = found[0].places
        assert sum(cause.amount for cause in found) == round(now, places) - round(then, places)
