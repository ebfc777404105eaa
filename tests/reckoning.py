"""A day's figures from raw runs, through the domain alone."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import batched
from types import MappingProxyType

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.figures.build_figures import figures_of
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.parts.make_part import part_of
from spend_report.domain.parts.traces import TraceSums
from spend_report.domain.prices.price_sources import Price, PriceBook, PriceSource, Rates
from spend_report.domain.runs.calls import Calls
from spend_report.domain.runs.run import Ancestor, MetadataKeys, Project
from spend_report.domain.runs.too_many_names import HELD, Held
from tests.traces import RawRun, decoded

DATE = date(2026, 11, 21)
DAY = ReportDay(DATE, datetime(2026, 11, 21, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
APP = Project("id-of-app", "app", "https://langsmith.test/o/t/projects/p/id-of-app")
DIMENSIONS = ("env",)
_LONG_CONTEXT = 2000


def rates(input_: str, output: str, *, source: PriceSource = PriceSource.PARAMETER) -> Rates:
    """Dollars per million; cached tokens cost a tenth, writes 1.25 and 2 times the input."""
    price = Decimal(input_)
    return Rates(
        source,
        price,
        Decimal(output),
        cache_read=price / 10,
        cache_write=price * Decimal("1.25"),
        cache_write_1h=price * 2,
    )


class Flat:
    """The same price for every call."""

    def __init__(self, rates_: Rates) -> None:
        self.flat: Rates | None = rates_

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        return self.flat


class Tiered:
    """Twice the price above 2000 input tokens, half of it on the flex tier."""

    flat = None

    def at(self, started: datetime, input_tokens: int, service_tier: str | None) -> Rates | None:
        if service_tier == "flex":
            return rates("0.5", "5")
        return rates("2", "20") if input_tokens > _LONG_CONTEXT else rates("1", "10")


class PriceOf:
    """`flat` costs $1 in and $10 out per million, `tiered` depends; nothing else has a price."""

    def price(self, model: str, provider: str, start: datetime, end: datetime) -> Price | None:
        prices: dict[str, Price] = {"flat": Flat(rates("1", "10")), "tiered": Tiered()}
        return prices.get(model)


def figures(
    runs: Iterable[RawRun],
    *,
    above: Iterable[RawRun] = (),
    outside: Sequence[RawRun] = (),
    page: int = 1000,
    aliases: Mapping[str, str] = MappingProxyType({}),
    held: Held = HELD,
    dimensions: Sequence[str] = DIMENSIONS,
) -> DayFigures:
    """The figures of the LLM runs `runs`, read in pages.

    `above` are the runs that LangSmith has of their ancestors, `outside` LLM runs of other days.
    """
    keys = MetadataKeys("feature", dimensions)
    calls = Calls(DAY, keys, PriceBook([PriceOf()]), aliases, held)
    for some in batched(runs, page, strict=False):
        calls.take(APP, [decoded(raw, keys) for raw in some])
    calls.bound()
    sums = TraceSums(calls.columns)
    calls.take_outside(APP, [decoded(raw, keys) for raw in outside])
    ancestors = {
        raw["id"]: Ancestor(raw["name"], raw["metadata"].get("feature", "")) for raw in above
    }
    return figures_of(DAY, [part_of(calls, sums, ancestors, unreadable=0)], keys)
