"""What later days read of a record, each field within bounds."""

import datetime as dt
from decimal import Decimal
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from spend_report.domain.basics.names import MOST_CHARACTERS

# Whatever lies in the place of a record may be read, so all that is taken from it has bounds
# that no sum, comparison or rounding of a later day can trip over.
MOST = 10**15
MOST_DECIMALS = 60

type _Count = Annotated[int, Meta(ge=0, le=MOST)]
type _Name = Annotated[str, Meta(max_length=MOST_CHARACTERS)]
type _Key = Annotated[str, Meta(max_length=1_000)]
type _Instant = Annotated[dt.datetime, Meta(tz=True)]


class Model(Struct, gc=False):
    """A feature's calls of one model."""

    calls: _Count
    error_calls: _Count
    input_tokens: _Count
    output_tokens: _Count
    cached_input_tokens: _Count
    cost_usd: Decimal


class Feature(Struct):
    """A feature without its models, of which a full record has more than of anything else."""

    calls: _Count
    error_calls: _Count
    unpriced_calls: _Count
    input_tokens: _Count
    output_tokens: _Count
    cached_input_tokens: _Count
    cache_write_tokens: _Count
    cost_usd: Decimal
    error_cost_usd: Decimal


class FeatureWithModels(Feature):
    """A feature with each of its models."""

    models: dict[_Name, Model]


class Keyed(Struct, gc=False):
    """An alert or a notice: its key, and what it said where that is kept."""

    key: _Key
    text: Annotated[str, Meta(max_length=10_000)] = ""


class Total(Struct):
    """What the day came to, not rounded."""

    exact_cost_usd: Decimal


class Runs(Struct):
    """How many LLM runs LangSmith had."""

    fetched: _Count


class Spike(Struct, gc=False):
    """What was far above its usual."""

    feature: _Name | None
    what: Literal["cost", "calls", "cost_per_call"]
    cost_usd: Decimal
    usual_usd: Decimal
    times: Decimal | None


class UsualCost(Struct, gc=False):
    """US dollars that the day was expected to come to, and the most that was still usual."""

    usual_usd: Decimal
    limit_usd: Decimal


class Restated(Struct):
    """What the day cost before it was reported again."""

    previous_cost_usd: Decimal


class Hours(Struct):
    """UTC hours, left as the JSON that they are."""

    first: _Instant
    features: msgspec.Raw


class PastRecord[F: Feature](Struct):
    """The part of a record that later days need, so that the rest is never decoded."""

    schema: int
    date: dt.date
    complete: bool
    timezone: _Name
    start: _Instant
    end: _Instant
    total: Total
    runs: Runs
    features: dict[_Name, F]
    alerts: list[Keyed]
    notices: list[Keyed]
    hours: Hours
    configuration: dict[str, str]
    spikes: list[Spike]
    usual: UsualCost | None = None
    restated: Restated | None = None
