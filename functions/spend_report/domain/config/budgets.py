"""Budgets: what a feature, and all of them together, may cost."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, PlainValidator, model_validator

from spend_report.domain.config.documents import (
    Document,
    Problems,
    amount,
    content_of,
    described,
    validated,
)

_FEATURES = "features."
_MOST_DOLLARS = Decimal(1_000_000_000)
_MOST_ALERT_AT = Decimal(10)  # 80 instead of 0.8 would never alert


@dataclass(frozen=True, slots=True)
class Budget:
    """What may be spent per day, ISO week and calendar month, in US dollars.

    None is a period without a budget. `alert_at` are the fractions of it at which to alert,
    ascending; None means the defaults of each period. `parameter` is the SSM parameter that
    holds the budget, by its full name.
    """

    daily: Decimal | None
    weekly: Decimal | None
    monthly: Decimal | None
    alert_at: tuple[Decimal, ...] | None
    parameter: str


@dataclass(frozen=True, slots=True)
class Budgets:
    """The budgets of all documents. `default` is that of a feature without one of its own."""

    features: Mapping[str, Budget] = field(default_factory=dict)
    default: Budget | None = None
    total: Budget | None = None

    def of(self, feature: str) -> Budget | None:
        """The budget of `feature`: its own, else the default."""
        return self.features.get(feature, self.default)

    def described(self) -> Iterator[tuple[str, str]]:
        """Each amount by its path: `budgets/features/rag-search/daily`."""
        named = {f"features/{feature}": budget for feature, budget in self.features.items()}
        for path, budget in {**named, "default": self.default, "total": self.total}.items():
            for period in ("daily", "weekly", "monthly"):
                amount = getattr(budget, period, None)
                if amount is not None:
                    yield f"budgets/{path}/{period}", f"{amount:f}"


def read_budgets(documents: Sequence[Document], problems: Problems) -> Budgets:
    """The budgets of all `documents`; what is wrong with them goes to `problems`."""
    found: dict[str, Budget] = {}
    for document in documents:
        for path, raw in _by_path(document, problems).items():
            if path in found:
                holder = found[path].parameter
                problems.add(document.parameter, path, f"is in {holder} too; keep one of them")
            else:
                found[path] = _budget(raw, document.parameter, path, problems)
    features = {
        path.removeprefix(_FEATURES): budget
        for path, budget in found.items()
        if path.startswith(_FEATURES)
    }
    return Budgets(features, found.get("default"), found.get("total"))


def _by_path(document: Document, problems: Problems) -> dict[str, Any]:
    content = content_of(document, problems)
    if content is None:
        return {}
    sections = validated(_Sections, content, document.parameter, "", problems)
    if sections is None:
        return {}
    given = {name: getattr(sections, name) for name in sections.model_fields_set - {"features"}}
    features = {f"{_FEATURES}{feature}": raw for feature, raw in sections.features.items()}
    return features | dict(sorted(given.items()))


def _budget(raw: Any, parameter: str, path: str, problems: Problems) -> Budget:
    """A budget, without any limit where a problem is noted."""
    fields = raw if isinstance(raw, dict) else {"daily": raw}
    read = validated(_Fields, fields, parameter, path, problems) or _Fields.model_construct()
    return Budget(read.daily, read.weekly, read.monthly, read.alert_at, parameter)


def _name(value: str) -> str:
    if not value or value != value.strip():
        raise ValueError(
            f"expected a feature's name, without spaces around it, got {described(value)}"
        )
    return value


def _features(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"expected an object of budgets by feature, got {described(value)}")  # noqa: TRY004
    return {_name(feature): budget for feature, budget in value.items()}


def _dollars(value: Any) -> Decimal:
    return amount(value, "US dollars", _MOST_DOLLARS)


def _fractions(value: Any) -> tuple[Decimal, ...]:
    expected = "fractions of the budget like [0.8, 1.0]"
    if not isinstance(value, list) or not value:
        raise ValueError(f"expected {expected}, got {described(value)}")
    fractions = {amount(item, expected, _MOST_ALERT_AT) for item in value}
    if Decimal(0) in fractions:
        raise ValueError(f"expected {expected} above 0, got {described(value)}")
    return tuple(sorted(fractions))


type _Dollars = Annotated[Decimal | None, PlainValidator(_dollars)]


class _Sections(BaseModel):
    model_config = ConfigDict(extra="forbid")

    features: Annotated[dict[str, Any], PlainValidator(_features)] = {}
    default: Any = None
    total: Any = None


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid")

    daily: _Dollars = None
    weekly: _Dollars = None
    monthly: _Dollars = None
    alert_at: Annotated[tuple[Decimal, ...] | None, PlainValidator(_fractions)] = None

    @model_validator(mode="after")
    def _has_a_period(self) -> Self:
        if self.daily is None and self.weekly is None and self.monthly is None:
            raise ValueError("expected at least one of daily, weekly, monthly")
        return self
