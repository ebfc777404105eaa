"""What a provider billed for a UTC day, and what the traces of that day say.

Both sides are kept by model and kind of token, which is the finest that every provider bills by.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, field

DOLLARS = "USD"


class TokenKind(StrEnum):
    """What is billed at a price of its own. `OTHER` is everything but text tokens."""

    INPUT = "input"
    CACHED_INPUT = "cached_input"
    CACHE_WRITE = "cache_write"
    OUTPUT = "output"
    OTHER = "other"


class BilledLine(Struct, frozen=True):
    """A line of a bill. Negative amounts are credits.

    Args:
        model: as the bill names it; empty where it names none.
        kind: what was billed.
        amount: in `currency`, after discounts.
        list_amount: before discounts; None where the bill does not say.
        tokens: how many; None where the bill does not say, or counts something else.
        in_tokens: whether `tokens` are tokens for certain, not thousands or millions of them.
        item: the line as the bill words it. Where that is only the model, all kinds are in it.
        place: the project, workspace or key that was billed; empty where the bill names none.
    """

    model: str
    kind: TokenKind
    amount: Decimal
    list_amount: Decimal | None = None
    tokens: Decimal | None = None
    in_tokens: bool = True
    item: str = ""
    place: str = ""
    currency: str = DOLLARS

    @property
    def is_whole_model(self) -> bool:
        """Whether the line is everything that a model cost."""
        return self.kind is TokenKind.OTHER and bool(self.model) and self.item == self.model


class BilledUsage(Struct, frozen=True):
    """What a provider counted of a model beside its bill; None where it does not say."""

    requests: int | None = None
    tokens: Mapping[TokenKind, int] | None = None


class Bill(Struct, frozen=True):
    """A provider's bill of one UTC day. `usage` is by the model's name."""

    provider: str
    day: date
    lines: Sequence[BilledLine]
    usage: Mapping[str, BilledUsage] = field(default_factory=dict)


class NotCompared(Struct, frozen=True):
    """A bill that is not there to be compared, and why, in words for a person."""

    provider: str
    reason: str


class TracedModel(Struct, frozen=True):
    """What the traces of a UTC day say of a model. `provider` is as the runs name it.

    `tokens` has each token once: `INPUT` is what was neither read from a cache nor written to it.
    """

    provider: str
    model: str
    calls: int
    tokens: Mapping[TokenKind, int]
    cost: Decimal
