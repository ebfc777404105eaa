"""Why a feature's cost changed: the four parts and their sum."""

from datetime import date
from decimal import Decimal
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.domain.figures.day_figures import SpendLine
from spend_report.domain.judgement.drivers import explain
from spend_report.domain.record.history import History
from tests.days import day, history, line, past, same_days

BEFORE = (
    line("rag", "1.00", model="a", calls=10, tokens=(900, 100)),
    line("rag", "4.00", model="b", calls=10, tokens=(1900, 100)),
)


def test_parts_of_a_change() -> None:
    """Calls 20 to 30, the costly model from half to two thirds, a's calls half as long again,
    b's tokens a quarter cheaper: $2.50 more is 2.50 + 1.50 + 0.50 - 2.00."""
    today = day(
        "2026-11-21",
        line("rag", "1.50", model="a", calls=10, tokens=(1400, 100)),
        line("rag", "6.00", model="b", calls=20, tokens=(3800, 200)),
    )

    (driver,) = explain(today, same_days("2026-11-21", 7, *BEFORE))

    assert driver.feature == "rag"
    assert driver.amounts == (
        Decimal("7.5"),
        Decimal(5),
        Decimal("2.5"),
        Decimal("2.5"),
        Decimal("1.5"),
        Decimal("0.5"),
        Decimal(-2),
    )
    assert driver.baseline_days == 7


def test_new_and_gone_model() -> None:
    """A model that replaces another is all mix: 20 calls at $0.15 instead of $0.10."""
    before = same_days("2026-11-21", 3, line("rag", "2.00", model="a", calls=20))
    today = day("2026-11-21", line("rag", "3.00", model="b", calls=20))

    (driver,) = explain(today, before)

    assert driver.amounts[3:] == (Decimal(0), Decimal(1), Decimal(0), Decimal(0))


def test_baseline_is_the_mean_of_reported_days() -> None:
    """Of the seven calendar days before, those with a report count; a day without the feature
    counts as zero, a day without a report not at all, an eighth day back neither."""
    before = history(
        past("2026-11-13", line("rag", "100.00")),
        past("2026-11-14", line("rag", "3.00")),
        past("2026-11-18", line("other", "1.00")),
        past("2026-11-20", line("rag", "6.00")),
    )

    drivers = explain(day("2026-11-21", line("rag", "4.00")), before)

    rag = next(driver for driver in drivers if driver.feature == "rag")
    assert rag.amounts.baseline == Decimal(3)
    assert rag.amounts.change == Decimal(1)
    assert rag.baseline_days == 3


def test_new_feature_is_volume() -> None:
    """Where the baseline has no calls of the feature, the whole change is volume."""
    before = same_days("2026-11-21", 7, line("rag", "1.00"))

    drivers = explain(day("2026-11-21", line("new", "2.28"), line("rag", "1.00")), before)

    assert drivers[0].feature == "new"
    assert drivers[0].amounts == (
        Decimal("2.28"),
        Decimal(0),
        Decimal("2.28"),
        Decimal("2.28"),
        Decimal(0),
        Decimal(0),
        Decimal(0),
    )


def test_gone_feature() -> None:
    """A feature of the baseline without calls on the day is there, with its mean as decrease."""
    drivers = explain(day("2026-11-21"), same_days("2026-11-21", 7, line("gone", "1.00")))

    assert [(driver.feature, driver.amounts.change) for driver in drivers] == [
        ("gone", Decimal(-1))
    ]
    assert drivers[0].amounts.from_calls == Decimal(-1)


def test_nothing_to_compare_with() -> None:
    """On the first day all is volume, over a baseline of no days."""
    (driver,) = explain(day("2026-11-21", line("rag", "1.00")), History({}))

    assert driver.amounts.from_calls == Decimal(1)
    assert driver.baseline_days == 0


def test_largest_change_first() -> None:
    """Sorted by the size of the change, up or down, ties by name."""
    before = same_days(
        "2026-11-21", 7, line("a", "1.00"), line("b", "5.00"), line("c", "1.00"), line("d", "1.00")
    )
    today = day(
        "2026-11-21", line("a", "1.50"), line("b", "3.00"), line("c", "0.50"), line("d", "1.00")
    )

    drivers = explain(today, before)

    assert [driver.feature for driver in drivers] == ["b", "a", "c", "d"]


def test_thirds_still_add_up() -> None:
    """Parts that are no decimals are rounded so that they sum to the rounded change: the
    largest part takes what is left over."""
    before = history(
        past("2026-11-18", line("rag", "0.000001", calls=1)),
        past("2026-11-19", line("rag", "0.000001", calls=1)),
        past("2026-11-20", line("other", "1.000000")),
    )
    today = day("2026-11-21", line("rag", "0.000007", calls=3))

    rag = next(driver for driver in explain(today, before) if driver.feature == "rag")

    # Mean 0.0000006…, so 0.000001; volume (3 - 2/3) * 0.000001 = 0.0000023….
    assert rag.amounts.baseline == Decimal("0.000001")
    assert rag.amounts.change == Decimal("0.000006")
    assert rag.amounts.from_calls == Decimal("0.000002")
    assert sum(rag.amounts[3:]) == Decimal("0.000006")


def test_calls_without_tokens() -> None:
    """Calls that report no tokens any more make the feature's calls shorter, not dearer."""
    before = same_days("2026-11-21", 7, line("rag", "1.00", calls=10, tokens=(900, 100)))

    (driver,) = explain(day("2026-11-21", line("rag", "0", calls=10, tokens=(0, 0))), before)

    assert driver.amounts.from_tokens_per_call == Decimal(-1)
    assert driver.amounts.from_price_per_token == Decimal(0)


_costs = st.decimals("0.000001", "50", places=6)
_models = st.dictionaries(
    st.sampled_from(["a", "b", "c"]),
    st.tuples(st.integers(1, 500), st.integers(1, 9999), st.integers(0, 999), _costs),
    max_size=3,
)
_days = st.lists(st.dictionaries(st.sampled_from(["f", "g"]), _models, max_size=2), max_size=7)


def _lines(features: dict[str, dict[str, tuple[int, int, int, Decimal]]]) -> list[SpendLine]:
    return [
        line(feature, str(cost), model=model, calls=calls, tokens=(input_, output))
        for feature, models in features.items()
        for model, (calls, input_, output, cost) in models.items()
    ]


@settings(deadline=None)
@given(_days, st.dictionaries(st.sampled_from(["f", "g"]), _models, max_size=2))
def test_the_parts_sum_to_the_change(
    before: list[dict[str, dict[str, tuple[int, int, int, Decimal]]]],
    today: dict[str, dict[str, tuple[int, int, int, Decimal]]],
) -> None:
    """Exactly and at six decimals, whatever came and went; and each is what its formula says."""
    past_days = [
        past(date(2026, 11, 14 + place).isoformat(), *_lines(features))
        for place, features in enumerate(before)
    ]

    drivers = explain(day("2026-11-21", *_lines(today)), history(*past_days))

    for driver in drivers:
        parts = (driver.volume, driver.mix, driver.tokens_per_call, driver.price)
        assert sum(parts) == driver.change
        amounts = driver.amounts
        assert sum(amounts[3:]) == amounts.change == amounts.cost - amounts.baseline
        assert parts == _by_formula(driver.feature, before, today)


def _by_formula(
    feature: str,
    before: list[dict[str, dict[str, tuple[int, int, int, Decimal]]]],
    today: dict[str, dict[str, tuple[int, int, int, Decimal]]],
) -> tuple[Fraction, ...]:
    """The contract's formulas, written down once more."""
    zero: dict[str, list[Fraction]] = {}
    for features in before:
        for model, (calls, input_, output, cost) in features.get(feature, {}).items():
            sums = zero.setdefault(model, [Fraction(0)] * 3)
            sums[0] += calls
            sums[1] += input_ + output
            sums[2] += Fraction(cost)
    one = {
        model: [Fraction(calls), Fraction(input_ + output), Fraction(cost)]
        for model, (calls, input_, output, cost) in today.get(feature, {}).items()
    }
    calls0, calls1 = sum(row[0] for row in zero.values()), sum(row[0] for row in one.values())
    cost0, cost1 = sum(row[2] for row in zero.values()), sum(row[2] for row in one.values())
    n0 = Fraction(calls0) / len(before) if before else Fraction(0)
    c0 = Fraction(cost0) / len(before) if before else Fraction(0)
    n1 = Fraction(calls1)
    if not n0:
        return (Fraction(cost1), Fraction(0), Fraction(0), Fraction(0))
    volume = (n1 - n0) * c0 / n0
    mix = tokens = price = Fraction(0)
    for model in zero.keys() | one.keys():
        s0 = zero[model][0] / calls0 if model in zero else Fraction(0)
        s1 = one[model][0] / calls1 if model in one else Fraction(0)
        old = zero.get(model) or one[model]
        new = one.get(model) or zero[model]
        u0, p0 = old[1] / old[0], old[2] / old[1]
        u1, p1 = new[1] / new[0], new[2] / new[1]
        mix += n1 * (s1 - s0) * u0 * p0
        tokens += n1 * s1 * (u1 - u0) * p0
        price += n1 * s1 * u1 * (p1 - p0)
    return (volume, mix, tokens, price)
