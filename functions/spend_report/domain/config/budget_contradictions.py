"""Budgets that contradict each other: who keeps to the one exceeds the other."""

from collections.abc import Iterator

from msgspec import Struct

from spend_report.domain.basics.wording import dollars, plain, things
from spend_report.domain.config.budgets import Budget, Budgets

# A shorter period, and how many of it a longer one has at least.
_PAIRS = (
    ("daily", "day", 7, "weekly"),
    ("daily", "day", 28, "monthly"),
    ("weekly", "week", 4, "monthly"),
)
_PERIODS = ("daily", "weekly", "monthly")
_HALF = 2
"""A budget for peaks may be above the mean; one that uses the longer one up by half-time is not."""


class Contradiction(Struct, frozen=True):
    """One of them: the `parameter` and the `path` in it to look at, and what is wrong there."""

    parameter: str
    path: str
    text: str


def budget_contradictions(budgets: Budgets) -> Iterator[Contradiction]:
    """Each budget against its own longer periods, and each feature's against that of all."""
    for budget in (*budgets.features.values(), budgets.default, budgets.total):
        if budget is None:
            continue
        path = plain(budget.path)
        for text in _with_itself(budget):
            yield Contradiction(budget.parameter, path, text)
        if budgets.total is not None and budget is not budgets.total:
            for text in _with_total(budget, budgets.total):
                yield Contradiction(budget.parameter, path, text)


def _with_itself(budget: Budget) -> Iterator[str]:
    for shorter, unit, least, longer in _PAIRS:
        limit, whole = getattr(budget, shorter), getattr(budget, longer)
        if limit is not None and whole is not None and limit * least > whole * _HALF:
            number = int(whole / limit) + 1
            yield (
                f"{dollars(limit)} {shorter} exceeds the {longer} {dollars(whole)} after "
                f"{things(number, unit)}; raise the {longer} budget or lower the {shorter} one"
            )


def _with_total(budget: Budget, total: Budget) -> Iterator[str]:
    for period in _PERIODS:
        own, all_ = getattr(budget, period), getattr(total, period)
        if own is not None and all_ is not None and own > all_:
            yield f"{dollars(own)} {period} is more than the total's {dollars(all_)}"
