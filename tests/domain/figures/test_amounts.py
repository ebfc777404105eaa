"""Which of many numbers stand where in their order."""

import random
from collections.abc import Callable

import pytest

from spend_report.domain.figures.amounts import Amounts

COUNT = 120_000  # more than are sorted at once


@pytest.mark.parametrize(
    "draw",
    [
        lambda chance: int(chance.lognormvariate(10, 4)),
        lambda chance: int(chance.paretovariate(0.2)),
        lambda _: 7,
        lambda chance: chance.randrange(3),
        lambda chance: chance.randrange(2**62) if chance.random() < 0.01 else chance.randrange(9),
        lambda chance: chance.randrange(2**65),
    ],
    ids=["lognormal", "heavy tail", "one value", "few values", "two heaps", "beyond 63 bits"],
)
def test_at(draw: Callable[[random.Random], int]) -> None:
    """They are those that stand there once all are sorted."""
    chance = random.Random(5)
    numbers = [draw(chance) for _ in range(COUNT)]
    amounts = Amounts()
    for number in numbers:
        amounts.add(number)
    ranks = [0, 1, COUNT // 2 - 1, COUNT // 2, COUNT * 95 // 100, COUNT - 1, COUNT - 1]

    found = amounts.at(ranks)

    ordered = sorted(numbers)
    assert found == [ordered[rank] for rank in ranks]
    assert len(amounts) == COUNT
