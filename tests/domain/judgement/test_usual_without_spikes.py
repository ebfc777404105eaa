"""What is usual for a day: the three rules, and what is learnt from a spike and a new level."""

from collections.abc import Sequence
from datetime import date, timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from spend_report.domain.judgement.usual_by_weekday import Rule
from spend_report.domain.judgement.usual_without_spikes import Usual, usual

MONDAY = date(2026, 10, 5)


def after(values: Sequence[float | None], floor: float = 0, first: date = MONDAY) -> Usual:
    """What is usual for the day after `values`, of which None is a day without a report."""
    past = {first + timedelta(n): value for n, value in enumerate(values) if value is not None}
    return usual(past, first + timedelta(len(values)), floor)


def test_six_days_say_nothing() -> None:
    """Before seven days nothing is called usual or unusual."""
    found = after([10.0] * 6)

    assert (found.rule, found.days, found.value, found.limit) == (Rule.NONE, 6, None, None)
    assert not found.is_exceeded_by(1_000_000)


def test_a_week() -> None:
    """After seven days, usual is their median and up to twice that."""
    found = after([8.0, 10, 12, 10, 8, 10, 12])

    assert found.rule is Rule.WEEK
    assert found.value == pytest.approx(10, rel=0.01)
    assert found.limit == pytest.approx(20, rel=0.01)


def test_second_batch_is_no_spike() -> None:
    """What the first week had on one of its days is usual, and half as much again."""
    found = after([10.0] * 6 + [80] + [10.0] * 6)

    assert found.limit == pytest.approx(120, rel=0.01)


def test_weekdays() -> None:
    """After two weeks, the second 1.2 times the first: the median of 10 and 12 moved by 1.2,
    and up to e^(3.6 · 0.15) = 1.716 times that."""
    found = after([10.0] * 7 + [12.0] * 7)

    assert found.rule is Rule.WEEKDAYS
    assert found.value == pytest.approx(13.145, rel=0.001)
    assert found.limit == pytest.approx(22.56, rel=0.001)


def test_seasonal() -> None:
    """From three weeks on each weekday has its own usual."""
    week = [10.0, 11, 12, 13, 14, 3, 80]

    found = [after(week * 4 + week[:today]) for today in range(7)]

    assert {one.rule for one in found} == {Rule.SEASONAL}
    assert [one.value for one in found] == pytest.approx(week, rel=0.001)
    assert [one.limit for one in found] == pytest.approx([1.5 * v for v in week], rel=0.01)


def test_seasonal_learns_a_third() -> None:
    """A day 1.2 times as high moves the level by 0.3 of its logarithm: 10 · 1.2^0.3 = 10.562."""
    found = after([10.0] * 27 + [12])

    assert found.value == pytest.approx(10.562, rel=0.001)


def test_noise_widens_the_usual() -> None:
    """What swings by itself is only unusual above its swings."""
    quiet, loud = after([10.0, 11] * 14), after([5.0, 20, 9, 12, 6] * 6)

    assert quiet.limit is not None
    assert loud.limit is not None
    assert loud.limit > 2 * quiet.limit


def test_spike_is_not_learnt() -> None:
    """Three days after a spike of five times the usual, another one is found."""
    found = after([10.0] * 28 + [50, 10, 10])

    assert found.is_exceeded_by(30)


def test_early_spike_is_not_learnt() -> None:
    """A spike in the first week does not hide another one on its weekday."""
    found = after([10.0, 10, 50, 10, 10, 10, 10] + [10.0] * 23)

    assert found.is_exceeded_by(20)


def test_new_level() -> None:
    """A lasting rise is unusual for three days and then usual."""
    days = [10.0] * 28 + [30.0] * 10

    unusual = [n for n in range(28, 38) if after(days[:n]).is_exceeded_by(30)]

    assert unusual == [28, 29, 30]
    assert after(days[:30]).unusual == (MONDAY + timedelta(28), MONDAY + timedelta(29))
    assert after(days).value == pytest.approx(30, rel=0.1)
    assert after(days).unusual == ()


def test_month_end() -> None:
    """The batch of the last day of the month is a spike once, and then usual for that day."""
    past = {date(2026, 10, 1) + timedelta(n): 10.0 for n in range(92)}
    ends = [date(2026, 10, 31), date(2026, 11, 30), date(2026, 12, 31)]
    past |= dict.fromkeys(ends, 60.0)

    found = [
        usual({d: v for d, v in past.items() if end - timedelta(31) <= d < end}, end, 1)
        for end in ends
    ]

    assert [one.is_exceeded_by(60) for one in found] == [True, False, False]


def test_missing_days_are_no_zeros() -> None:
    """Days without a report are left out, and the weekdays stay where they are."""
    week = [10.0, 10, 10, 10, 10, 3, 80]
    gaps = [value if n % 9 else None for n, value in enumerate(week * 4)]

    found = after([*gaps, *week[:6]])

    assert found.days == 30
    assert found.value == pytest.approx(80, rel=0.1)


def test_unseen_weekday_is_not_judged() -> None:
    """Where no report of a Sunday is there, a Sunday's batch is not called a spike."""
    found = after([10.0, 10, 10, 10, 10, 3, None] * 3 + [10.0, 10, 10, 10, 10, 3])

    assert found.rule is Rule.NONE


def test_a_batch_alone() -> None:
    """A feature that runs on Sundays only is usual on Sundays, and unusual on a Wednesday."""
    weeks = [0.0, 0, 0, 0, 0, 0, 40] * 5

    assert not after([*weeks[7:], *[0.0] * 6], floor=1).is_exceeded_by(45)
    assert after([*weeks[7:], 0.0, 0.0], floor=1).is_exceeded_by(40)


def test_young_from_its_first_spend() -> None:
    """Days before a feature's first spend say nothing about it."""
    found = after([0.0] * 20 + [5.0] * 3)

    assert (found.rule, found.days) == (Rule.NONE, 3)


def test_floor() -> None:
    """An excess up to the floor is never unusual; on a short history, up to twice the floor."""
    assert after([0.01] * 28, floor=1).limit == pytest.approx(1.01)
    assert after([0.01] * 7, floor=1).limit == pytest.approx(2.01)


# Millionths of a dollar: nothing that is spent is smaller.
SPENDS = st.lists(
    st.one_of(st.none(), st.integers(0, 10**12).map(lambda millionths: millionths / 1e6)),
    max_size=31,
)


@example([5e-324, 0.0], 0.0)
@given(SPENDS, st.floats(0, 100))
def test_gates(values: list[float | None], floor: float) -> None:
    """The limit is at least 1.5 times the usual and the floor above it; nothing breaks."""
    found = after(values, floor)

    if found.value is not None:
        assert found.limit is not None
        assert found.limit >= 1.499999 * found.value
        assert found.limit >= found.value + floor
    assert found.days <= sum(value is not None for value in values)


@given(SPENDS, st.sampled_from([0.001, 7.0, 1000.0]))
def test_unit_does_not_matter(values: list[float | None], factor: float) -> None:
    """The same history in another unit has the same usual in that unit."""
    plain, scaled = after(values), after([v if v is None else v * factor for v in values])

    assert plain.rule == scaled.rule
    if plain.value is not None:
        assert scaled.value == pytest.approx(plain.value * factor, rel=1e-3, abs=1e-6 * factor)
