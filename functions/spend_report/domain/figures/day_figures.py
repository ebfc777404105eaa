"""A day's figures: what the ledger comes to, and what every report, alert and page is made of."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from operator import add

from msgspec import Struct, field
from msgspec.structs import astuple

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.hours import Hours
from spend_report.domain.prices.price_sources import PriceSource, Rates


class FeatureSpend(Struct, frozen=True):
    """A row of `spend_by_feature`. Costs are exact US dollars, not rounded."""

    feature: str
    calls: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost: Decimal
    unpriced_calls: int
    error_calls: int
    cache_write_tokens: int = 0
    error_cost: Decimal = ZERO

    def __add__(self, other: "FeatureSpend") -> "FeatureSpend":
        """Both together, under this one's name."""
        return FeatureSpend(self.feature, *map(add, astuple(self)[1:], astuple(other)[1:]))


class ModelSpend(Struct, frozen=True):
    """What one feature's calls of one model come to."""

    feature: str
    model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal
    cached_input_tokens: int = 0
    error_calls: int = 0

    def __add__(self, other: "ModelSpend") -> "ModelSpend":
        """Both together, under this one's names."""
        return ModelSpend(
            self.feature, self.model, *map(add, astuple(self)[2:], astuple(other)[2:])
        )

    @property
    def tokens(self) -> int:
        """Input and output."""
        return self.input_tokens + self.output_tokens


class SpendUnderName(Struct, frozen=True):
    """The part of a feature's calls and of its exact cost that stands under one of its names."""

    calls: int
    cost: Decimal


class SpendLine(Struct, frozen=True):
    """A row of `spend_detail`: the calls of one project, feature, slice, model and price source."""

    project: str
    feature: str
    dimensions: tuple[str, ...]
    provider: str
    model: str
    price_source: str
    calls: int
    input_tokens: int
    output_tokens: int
    cached_input_tokens: int
    cost: Decimal
    langsmith_cost: Decimal


class UntaggedPath(Struct, frozen=True):
    """A row of `untagged`: calls without a feature, by the code path that made them."""

    project: str
    root_name: str
    run_name: str
    langgraph_node: str
    model: str
    calls: int
    cost: Decimal


class Request(Struct, frozen=True):
    """A row of `top_requests`: one trace. `feature` is the one that cost most in it."""

    project: str
    feature: str
    trace_id: str
    root_name: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Decimal
    url: str


class RequestCosts(Struct, frozen=True):
    """The cost of a request of one feature: `count` traces, their median, p95 and maximum."""

    count: int
    median: Decimal
    p95: Decimal
    maximum: Decimal


class UnpricedModel(Struct, frozen=True):
    """A model that nobody knows a price of. `model` is the name a price parameter would use."""

    model: str
    provider: str
    calls: int
    input_tokens: int
    output_tokens: int
    features: tuple[str, ...]


class ModelDrift(Struct, frozen=True):
    """Our cost beside LangSmith's over the same runs (those that LangSmith put a cost on).

    `source` is where our prices of these runs come from, `parameter` if any of them does.
    """

    model: str
    ours: Decimal
    langsmith: Decimal
    source: str = PriceSource.CATALOGUE

    @property
    def share(self) -> Decimal | None:
        """(ours - LangSmith's) / LangSmith's; None where LangSmith's is zero."""
        return (self.ours - self.langsmith) / self.langsmith if self.langsmith else None


class UsedRates(Struct, frozen=True):
    """A price that was applied to calls of the day."""

    model: str
    provider: str
    rates: Rates


class Sampling(Struct, frozen=True):
    """Calls that stand for more than themselves: traced at a sampling rate below one."""

    calls: int = 0
    cost: Decimal = ZERO
    scaled_cost: Decimal = ZERO


class DataQuality(Struct, frozen=True):
    """What is wrong or missing in the runs. Counts are calls unless said otherwise.

    `finished_without_usage` are the calls that ended well and cost nothing because they report
    no tokens, by feature. `errors` maps a reason to (calls, tokens concerned); so do
    `unexplained`, tokens of a call's total that no class explains and that cost as input, and
    `like_text`, by modality and side (`audio in`) tokens that cost what text does for want of a
    price of their own; and `not_covered`, by fee (`image output`) the calls that the bill has
    more of, or less, than their tokens cost here.
    """

    error_calls: int = 0
    pending_calls: int = 0
    without_usage: int = 0
    without_model: int = 0
    errors: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    finished_without_usage: Mapping[str, int] = field(default_factory=dict)
    unexplained: tuple[int, int] = (0, 0)
    like_text: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    not_covered: Mapping[str, tuple[int, int]] = field(default_factory=dict)

    def finished_calls(self, calls: int) -> int:
        """Of all `calls` of the day those that ended well."""
        return calls - self.error_calls - self.pending_calls


class DayFigures(Struct, frozen=True):
    """Everything that the runs of one day come to.

    `features` is sorted by cost, highest first, ties by name, and `lines` likewise within the
    sort order of their keys. `left_out` maps a reason to a number of runs;
    `fetched == calls + sum(left_out.values())`. `folded` are the metadata keys of which only the
    costliest values have rows, with the number of those. `seen_as` holds the features of which
    some calls were tagged with an alias, and what stands under each name.
    """

    date: date
    features: Sequence[FeatureSpend]
    lines: Sequence[SpendLine]
    untagged: Sequence[UntaggedPath]
    top_requests: Sequence[Request]
    request_costs: Mapping[str, RequestCosts]
    unpriced: Sequence[UnpricedModel]
    drift: Sequence[ModelDrift]
    sampling: Sampling
    quality: DataQuality
    fetched: int
    left_out: Mapping[str, int]
    used_rates: Sequence[UsedRates] = ()
    models: Sequence[ModelSpend] = ()
    hours: Hours = field(default_factory=Hours)
    folded: Mapping[str, int] = field(default_factory=dict)
    seen_as: Mapping[str, Mapping[str, SpendUnderName]] = field(default_factory=dict)

    @property
    def cost(self) -> Decimal:
        """The day's cost in US dollars, exact."""
        return sum((feature.cost for feature in self.features), ZERO)

    @property
    def calls(self) -> int:
        """The day's LLM calls."""
        return sum(feature.calls for feature in self.features)

    def feature(self, name: str) -> FeatureSpend | None:
        """The day's figures of the feature `name`, if it had calls."""
        return next((row for row in self.features if row.feature == name), None)
