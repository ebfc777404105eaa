"""A day's record: the typed content of its `summary`, and all that is ever read back of a day.

`docs/summary.schema.json` is made from these types. Amounts are US dollars as text, at six
decimals unless a name says otherwise. A day is `complete` if it was over when it was read.
"""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct, field

SCHEMA = 2
"""Raised when a reader of older records would misread newer ones."""


type Instant = Annotated[dt.datetime, Meta(tz=True)]


class Tokens(Struct):
    """Tokens by class. `input` holds the cached and the written ones, `output` the reasoning."""

    input: int
    cached_input: int
    cache_write: int
    cache_write_1h: int
    output: int


class Total(Struct):
    """The sums of the day."""

    calls: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost_usd: Decimal
    exact_cost_usd: str
    error_calls: int
    error_cost_usd: Decimal
    tokens: Tokens


class Runs(Struct):
    """LLM runs: how many LangSmith had, how many count, and why the others do not."""

    fetched: int
    counted: int
    left_out: dict[str, int]


class Model(Struct):
    """A feature's calls of one model."""

    calls: int
    error_calls: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost_usd: Decimal


class SeenAs(Struct):
    """The calls of a feature that were tagged with one of its names."""

    calls: int
    cost_usd: Decimal


class Feature(Struct):
    """The calls of one feature, and of each of its models.

    `seen_as` is by the names in the runs' own metadata, where one of them is an alias.
    """

    calls: int
    error_calls: int
    unpriced_calls: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cache_write_tokens: int
    cost_usd: Decimal
    error_cost_usd: Decimal
    models: dict[str, Model]
    seen_as: dict[str, SeenAs] = field(default_factory=dict)


class FeatureHours(Struct):
    """A feature's calls and cost in each hour."""

    calls: list[int]
    cost_usd: list[Decimal]


class ModelHours(Struct):
    """A model's calls, tokens and cost in each hour."""

    provider: str
    model: str
    calls: list[int]
    input_tokens: list[int]
    cached_input_tokens: list[int]
    cache_write_tokens: list[int]
    output_tokens: list[int]
    cost_usd: list[Decimal]


class Hours(Struct):
    """The UTC hours that the day touches, from `first` on. The lists have one entry for each."""

    first: Instant
    features: dict[str, FeatureHours]
    models: list[ModelHours]


class PerRequest(Struct):
    """What a request, which is a trace, of a feature costs."""

    requests: int
    median_usd: Decimal
    p95_usd: Decimal
    maximum_usd: Decimal


class Alert(Struct):
    """A budget that was exceeded, or that a forecast exceeds (`threshold` null), when written."""

    key: str
    feature: str | None
    period: str
    budget_usd: Decimal
    spent_usd: Decimal
    threshold: Decimal | None
    severity: str


class Notice(Struct):
    """Something that was wrong with the data."""

    key: str
    kind: str
    text: str


class Spike(Struct):
    """A feature, or all together (null), of which `what` was far above what is usual.

    `cost_usd` is the day's and `usual_usd` what it usually is. `times` is null where the usual is
    next to nothing; `since` is the hour from which the day ran above it.
    """

    key: str
    feature: str | None
    what: str
    cost_usd: Decimal
    usual_usd: Decimal
    times: Decimal | None
    since: dt.datetime | None
    severity: str


class UsualCost(Struct):
    """What all features together were expected to cost, and the most that was still usual."""

    usual_usd: Decimal
    limit_usd: Decimal


class Restated(Struct):
    """What the day cost when it was first reported, where that differs by more than 1 %."""

    previous_cost_usd: Decimal
    cost_usd: Decimal
    change_usd: Decimal
    change_pct: str


class Versions(Struct):
    """What the figures rest on: the parameters' versions by name, and the catalogue's."""

    parameters: dict[str, int]
    catalogue: str


class Record(Struct):
    """A day."""

    schema: int
    date: dt.date
    complete: bool
    timezone: str
    start: Instant
    end: Instant
    total: Total
    runs: Runs
    features: dict[str, Feature]
    hours: Hours
    cost_by_price_source: dict[str, Decimal]
    cost_per_request: dict[str, PerRequest]
    data_quality: dict[str, Any]
    langsmith: dict[str, Any]
    sampling: dict[str, Any]
    versions: Versions
    configuration: dict[str, str]
    prices_usd_per_million_tokens: list[dict[str, str]]
    reports: dict[str, str]
    files: dict[str, str]
    alerts: list[Alert]
    notices: list[Notice]
    spikes: list[Spike]
    history: dict[str, Any]
    usual: UsualCost | None = None
    restated: Restated | None = None
    omitted: dict[str, int] = field(default_factory=dict)


def encoded(record: Record) -> bytes:
    """`record` as JSON."""
    return msgspec.json.encode(record, enc_hook=_text) + b"\n"


def _text(value: Any) -> str:
    """A `Figure` as the text that it is, which msgspec takes for a type of its own."""
    return str(value)
