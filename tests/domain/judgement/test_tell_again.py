"""A table of cases: what was told, what there is to tell now, and whether it is told again."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from spend_report.domain.judgement.tell_again import Told, again

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
MONDAY, TUESDAY, THURSDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 19)


def state(
    amount: str = "10",
    *,
    on: date = MONDAY,
    since: date = MONDAY,
    severity: str = "warning",
    limit: str | None = "8",
    calls: int = 0,
    at: datetime | None = None,
) -> Told:
    """What is told at `at` is told by the guard."""
    budget = Decimal(limit) if limit else None
    return Told(on, severity, since, Decimal(amount), budget, calls, at)


@dataclass(frozen=True)
class Case:
    told: Told | None
    now: Told
    is_told_again: bool


CASES = {
    "never told": Case(None, state(), True),
    "run again": Case(state(), state(), False),
    "run again before the day that was told": Case(state(on=TUESDAY), state(), False),
    "goes on": Case(state(), state("13", on=TUESDAY), False),
    "went away and came back": Case(state(), state(on=THURSDAY, since=THURSDAY), True),
    "came back on the day after": Case(state(), state(on=TUESDAY, since=TUESDAY), True),
    "began earlier than was known": Case(state(on=THURSDAY, since=THURSDAY), state(), False),
    "budget raised": Case(state(), state(limit="9"), True),
    "budget lowered": Case(state(), state(limit="7"), True),
    "budget set": Case(state(limit=None), state(), True),
    "budget written otherwise": Case(state(limit="8"), state(limit="8.00"), False),
    "more severe": Case(state(), state(severity="critical"), True),
    "less severe": Case(state(severity="critical"), state(), False),
    "as severe as ever": Case(state(severity="critical"), state(severity="critical"), False),
    "not quite doubled": Case(state("10"), state("19.999999999"), False),
    "doubled": Case(state("10"), state("20"), True),
    "halved": Case(state("10"), state("5"), False),
    "costs what cost nothing": Case(state("0"), state("0.01"), True),
    "costs nothing still": Case(state("0"), state("0"), False),
    "calls not quite doubled": Case(state(calls=5), state(calls=9), False),
    "calls doubled": Case(state(calls=5), state(calls=10), True),
    "calls halved": Case(state(calls=10), state(calls=5), False),
    "first calls": Case(state(calls=0), state(calls=1), True),
    "doubled since the guard told it on the same day": Case(
        state(at=NOON), state("20", at=NOON), False
    ),
    "doubled by the evening": Case(state(at=NOON), state("20"), True),
    "as the guard told it": Case(state(at=NOON), state("13"), False),
    "the guard on the next day": Case(state(), state("20", on=TUESDAY, at=NOON), True),
    "calls doubled for half the cost": Case(state("10", calls=5), state("5", calls=10), True),
}


@pytest.mark.parametrize("case", CASES)
def test_again(case: str) -> None:
    """Told again: what ended in between, another budget, more severity, twice the figures."""
    own = CASES[case]

    assert again(own.told, own.now) is own.is_told_again


@pytest.mark.parametrize("case", CASES)
def test_never_twice(case: str) -> None:
    """What was just told is not told again, whatever had been told before."""
    now = CASES[case].now

    assert again(now, now) is False
