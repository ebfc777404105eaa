"""One price of a model as a parameter has it, and one alias, each checked."""

import re
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, PlainValidator

from spend_report.domain.config.documents import Problems, amount, described, validated
from spend_report.domain.prices.price_history import ALWAYS
from spend_report.domain.prices.price_sources import PriceSource, Rates

_MOST_DOLLARS = Decimal(1_000_000)
_EXAMPLE = '{"input": 2.50, "output": 10.00}'


def read_entry(raw: Any, parameter: str, path: str, problems: Problems) -> "PriceEntry | None":
    """The price `raw` at `path` of `parameter`; what is wrong with it goes to `problems`."""
    if not isinstance(raw, dict):
        problems.add(parameter, path, f"expected a price like {_EXAMPLE}, got {described(raw)}")
        return None
    return validated(PriceEntry, raw, parameter, path, problems)


def _dollars(value: Any) -> Decimal:
    return amount(value, "US dollars per million tokens", _MOST_DOLLARS)


def _midnight(value: Any) -> datetime:
    expected = f"expected a date like 2026-12-01, got {described(value)}"
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        raise ValueError(expected)
    try:
        return datetime.combine(date.fromisoformat(value), time.min, UTC)
    except ValueError:
        raise ValueError(expected) from None


def _target(value: Any) -> str:
    if not isinstance(value, str) or not value or value != value.strip():
        raise ValueError(f"expected the name of a model, got {described(value)}")
    return value


type _Dollars = Annotated[Decimal, PlainValidator(_dollars)]
type _DollarsIfAny = Annotated[Decimal | None, PlainValidator(_dollars)]


class PriceEntry(BaseModel):
    """A price in US dollars per million tokens."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    input: _Dollars
    output: _Dollars
    cache_read: _DollarsIfAny = None
    cache_write: _DollarsIfAny = None
    effective_from: Annotated[datetime, PlainValidator(_midnight)] = ALWAYS

    def rates(self) -> Rates:
        """Cached tokens without a price of their own cost what the input does."""
        write = self.input if self.cache_write is None else self.cache_write
        read = self.input if self.cache_read is None else self.cache_read
        return Rates(PriceSource.PARAMETER, self.input, self.output, read, write, write)


class AliasEntry(BaseModel):
    """A model that costs what another one does."""

    model_config = ConfigDict(extra="forbid", defer_build=True)

    alias_of: Annotated[str, PlainValidator(_target)]
