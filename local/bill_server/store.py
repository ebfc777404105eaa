"""What was billed, entry by entry, and its sums by whatever a client groups by."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal


class BadRequestError(Exception):
    """A parameter is not as documented."""


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that was billed on a UTC day.

    Args:
        day: the UTC day.
        model: its name, empty where the item has none.
        kind: OpenAI's words after the comma (`input_tokens`), or Anthropic's token type.
        amount: US dollars, after the discount.
        tokens: how many of them, in the unit of `unit`.
        list_amount: before the discount; the same if left out.
        requests: how many requests there were; each stands on one of its entries only.
    """

    day: date
    model: str
    kind: str
    amount: Decimal
    tokens: Decimal | int | None = None
    unit: str | None = "tokens"
    list_amount: Decimal | None = None
    requests: int = 0
    project: str = "proj_main"
    key: str = "key_main"
    currency: str = "usd"
    cost_type: str = "tokens"

    @property
    def line_item(self) -> str:
        """As OpenAI's costs word it."""
        return ", ".join(part for part in (self.model, self.kind) if part)


@dataclass(frozen=True, slots=True)
class Group:
    """Entries of a day that have the same values of the fields that were grouped by."""

    day: date
    values: Mapping[str, str | None]
    entries: Sequence[Entry]

    @property
    def amount(self) -> Decimal:
        """What they were billed at."""
        return sum((entry.amount for entry in self.entries), Decimal(0))

    @property
    def list_amount(self) -> Decimal:
        """What they would cost without a discount."""
        return sum(
            (entry.amount if entry.list_amount is None else entry.list_amount)
            for entry in self.entries
        ) or Decimal(0)

    @property
    def requests(self) -> int:
        """How many requests they are."""
        return sum(entry.requests for entry in self.entries)

    def tokens(self, *words: str) -> int:
        """The tokens whose kind is one of `words`."""
        return int(sum(entry.tokens or 0 for entry in self.entries if entry.kind in words))


def grouped(
    entries: Iterable[Entry], fields: Mapping[str, str], wanted: Sequence[str]
) -> list[Group]:
    """`entries` by day and by each of the `wanted` of `fields`, which leads to an entry's own."""
    groups: dict[tuple[date, tuple[str | None, ...]], list[Entry]] = defaultdict(list)
    for entry in entries:
        values = tuple(getattr(entry, fields[name]) or None for name in wanted)
        groups[entry.day, values].append(entry)
    return [
        Group(day, dict(zip(wanted, values, strict=True)), of_group)
        for (day, values), of_group in groups.items()
    ]


def limited(text: str, most: int) -> int:
    """`text` as a limit from 1 to `most`."""
    limit = int(text)
    if not 1 <= limit <= most:
        raise BadRequestError(f"limit must be between 1 and {most}")
    return limit
