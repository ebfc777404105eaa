"""Whether something that was told once is to be told again."""

import datetime as dt
from decimal import Decimal
from typing import Annotated

from msgspec import Meta, Struct

_RANKS = {"info": 0, "warning": 1, "critical": 2}
_TWICE = 2


class Told(Struct, frozen=True):
    """Something worth telling, with its figures: as it is now, or as it was when it was told.

    `day` is the report's day, and `since` the first day of the same state without a reported day
    in between on which it was over. `amount` is in exact US dollars: what was spent, or what a
    forecast comes to, or what is concerned. `limit` is the budget, None where there is none.
    `at` is the instant at which the guard told it, None where a day's report did.
    """

    day: dt.date
    severity: Annotated[str, Meta(pattern="^(info|warning|critical)$")]
    since: dt.date
    amount: Decimal = Decimal(0)
    limit: Decimal | None = None
    calls: Annotated[int, Meta(ge=0)] = 0
    at: Annotated[dt.datetime, Meta(tz=True)] | None = None

    def __post_init__(self) -> None:
        """Refuse what can't be compared, wherever it was read. Raises ValueError."""
        if not (self.amount.is_finite() and (self.limit is None or self.limit.is_finite())):
            raise ValueError("an amount is none")


def again(told: Told | None, now: Told) -> bool:
    """Whether `now` is to be told to people who were `told` before, if they were.

    It is where the state had ended in between, where the budget was changed (and is exceeded
    still, or there were nothing to tell), where it became more severe, and where its dollars or
    its calls have doubled. The guard tells nothing twice of one day.
    """
    if told is None:
        return True
    if now.at is not None and now.day == told.day:
        return False
    return (
        now.since > told.day
        or now.limit != told.limit
        or _RANKS[now.severity] > _RANKS[told.severity]
        or _doubled(told.amount, now.amount)
        or _doubled(told.calls, now.calls)
    )


def _doubled[N: (int, Decimal)](before: N, now: N) -> bool:
    return now > 0 and now >= _TWICE * before
