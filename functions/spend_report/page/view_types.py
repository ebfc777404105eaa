"""What stands on the page, section by section, before a word of it is formatted.

Amounts are exact US dollars. A section without data is None or empty and is left out. Names are
already on one short line (`labels.name`); they are text, not markup.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct, field

from spend_report.page.month import Month

MOST_LISTED = 200
"""Rows of features that a page can bear: more are in the table."""


class Total(Struct, frozen=True):
    """The day's sum. `mean` is over `mean_over`, the reported days among the seven before."""

    cost: Decimal
    calls: int
    requests: int
    budget: Decimal | None
    mean: Decimal | None
    mean_over: Sequence[date]

    @property
    def over_budget(self) -> bool:
        """Whether the day cost more than its budget."""
        return self.budget is not None and self.cost > self.budget

    @property
    def used(self) -> Decimal:
        """The part of the budget that is used, for the bar."""
        return self.cost / self.budget if self.budget else Decimal(self.over_budget)

    @property
    def change(self) -> Decimal | None:
        """By how much the day differs from the mean."""
        return None if self.mean is None else self.cost - self.mean


class Advice(Struct, frozen=True):
    """What a person should know or do.

    `severity` is `critical`, `warning`, `ok` or, of a day that is not over, `unfinished`.
    `add` is a line of a parameter that mends it and `run` a command that does, both empty where
    there is none.
    """

    severity: str
    text: str
    add: str = ""
    run: str = ""


class FeatureRow(Struct, frozen=True):
    """A feature's day. `relative` is its cost as a part of the costliest one's, for the bar.

    `owner` is empty where nobody is named.

    `per_request` and `p95` are the median and the 95th percentile of what one trace cost.
    `change` is against the mean of `Total.mean_over`, None where there is no such day.
    """

    name: str
    slot: str
    cost: Decimal
    relative: Decimal
    calls: int
    per_request: Decimal | None
    p95: Decimal | None
    budget: Decimal | None
    baseline: Decimal | None
    owner: str = ""

    @property
    def over_budget(self) -> bool:
        """Whether the feature cost more than its daily budget."""
        return self.budget is not None and self.cost > self.budget

    @property
    def change(self) -> Decimal | None:
        """By how much the day differs from the baseline."""
        return None if self.baseline is None else self.cost - self.baseline


class Features(Struct, frozen=True):
    """`rows` costliest first; `more` are folded away, and together cost `more_cost`."""

    rows: Sequence[FeatureRow]
    more: Sequence[FeatureRow]

    @property
    def has_owners(self) -> bool:
        """Whether anybody is named as an owner."""
        return any(row.owner for row in (*self.rows, *self.more))

    @property
    def listed(self) -> Sequence[FeatureRow]:
        """Those of the folded rows that the page has room for."""
        return self.more[:MOST_LISTED]

    @property
    def unlisted(self) -> int:
        """How many it has no room for."""
        return len(self.more) - len(self.listed)

    @property
    def more_cost(self) -> Decimal:
        """What the folded rows cost together."""
        return sum((row.cost for row in self.more), Decimal(0))


class Series(Struct, frozen=True):
    """One colour of the stack: a cost per day of `OverTime.days`, None where not reported."""

    name: str
    slot: str
    costs: Sequence[Decimal | None]

    @property
    def total(self) -> Decimal:
        """The sum over the reported days."""
        return sum((cost for cost in self.costs if cost is not None), Decimal(0))


class Range(NamedTuple):
    """US dollars from `low` to `high`."""

    low: Decimal
    high: Decimal


class OverTime(Struct, frozen=True):
    """The cost by feature over consecutive calendar `days`, the costliest series first.

    `usual` is from how much to how much each day would have been usual for all features together,
    where that is known, and `spikes` say what was far above its usual on a day.
    """

    days: Sequence[date]
    series: Sequence[Series]
    totals: Sequence[Decimal | None]
    budget: Decimal | None
    usual: Mapping[date, Range] = field(default_factory=dict)
    spikes: Mapping[date, str] = field(default_factory=dict)

    @property
    def by_day(self) -> list[tuple[date, Decimal | None]]:
        """Each day with the cost of all features; None where it was not reported."""
        return list(zip(self.days, self.totals, strict=True))

    @property
    def missing(self) -> list[date]:
        """The days between the first and the last that have no report."""
        return [day for day, cost in self.by_day if cost is None]


class Mover(Struct, frozen=True):
    """Why a feature's cost changed: the four parts sum to `cost - baseline`.

    `causes` say the parts that matter in words, the largest first.
    """

    name: str
    slot: str
    baseline: Decimal
    cost: Decimal
    volume: Decimal
    mix: Decimal
    tokens_per_call: Decimal
    price: Decimal
    causes: Sequence[str]

    @property
    def change(self) -> Decimal:
        """By how much the day differs from the baseline."""
        return self.cost - self.baseline


class RequestRow(Struct, frozen=True):
    """One of the costliest traces. `url` is empty where it is no web address."""

    name: str
    trace: str
    feature: str
    slot: str
    calls: int
    tokens: int
    cost: Decimal
    url: str


class UntaggedRow(Struct, frozen=True):
    """A code path whose calls name no feature."""

    path: str
    model: str
    calls: int
    cost: Decimal


class Untagged(Struct, frozen=True):
    """What needs a tag; `more` code paths are not shown. `key` is the metadata key to set."""

    cost: Decimal
    calls: int
    rows: Sequence[UntaggedRow]
    more: int
    key: str


class Fact(Struct, frozen=True):
    """One line of what the number rests on. `bad` marks one that makes the number doubtful."""

    term: str
    text: str
    bad: bool = False


class ReportView(Struct, frozen=True):
    """The whole page. `links` maps the name of a report to its address."""

    day: date
    total: Total
    headline: Advice
    tasks: Sequence[Advice]
    more_tasks: int
    features: Features | None
    over_time: OverTime | None
    month: Month | None
    movers: Sequence[Mover]
    requests: Sequence[RequestRow]
    untagged: Untagged | None
    facts: Sequence[Fact]
    links: Mapping[str, str]
