"""Budgets: what a feature, and all of them together, may cost."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Self

from msgspec import Struct, field
from pydantic import BaseModel, ConfigDict, PlainValidator, model_validator

from spend_report.domain.basics.names import OTHER, name_of
from spend_report.domain.config.documents import (
    Document,
    Problems,
    amount,
    content_of,
    described,
    validated,
)
from spend_report.domain.config.owners_and_aliases import FeatureRegister

_FEATURES = "features"
_MOST_DOLLARS = Decimal(1_000_000_000)
_MOST_ALERT_AT = Decimal(10)  # 80 instead of 0.8 would never alert


class Budget(Struct, frozen=True):
    """What may be spent per day, ISO week and calendar month, in US dollars.

    None is a period without a budget. `alert_at` are the fractions of it at which to alert,
    ascending; None means the defaults of each period. `parameter` is the SSM parameter that
    holds the budget, by its full name, and `path` where it stands in that document, as it is
    written there: `features.rag-search`, `default`, `total`.
    """

    daily: Decimal | None
    weekly: Decimal | None
    monthly: Decimal | None
    alert_at: tuple[Decimal, ...] | None
    parameter: str
    path: str


class Budgets(Struct, frozen=True):
    """The budgets of all documents. `default` is that of a feature without one of its own."""

    features: Mapping[str, Budget] = field(default_factory=dict)
    default: Budget | None = None
    total: Budget | None = None

    def of(self, feature: str) -> Budget | None:
        """The budget of `feature`: its own, else the default. What is folded together has none."""
        return None if feature == OTHER else self.features.get(feature, self.default)

    def described(self) -> Iterator[tuple[str, str]]:
        """Each amount by its path, `budgets/features/rag-search/daily`, and when it alerts."""
        named = {f"features/{feature}": budget for feature, budget in self.features.items()}
        for path, budget in {**named, "default": self.default, "total": self.total}.items():
            for period in ("daily", "weekly", "monthly"):
                amount = getattr(budget, period, None)
                if amount is not None:
                    yield f"budgets/{path}/{period}", f"{amount:f}"
            if budget and budget.alert_at:
                yield f"budgets/{path}/alert_at", ", ".join(f"{at:f}" for at in budget.alert_at)


def read_budgets(
    documents: Sequence[Document], register: FeatureRegister, problems: Problems
) -> Budgets:
    """The budgets of all `documents`; what is wrong with them goes to `problems`.

    A budget under an alias is that of the feature which `register` says it counts as.
    """
    found: dict[tuple[str, str], Budget] = {}
    for document in documents:
        for section, written, raw in _entries(document, problems):
            path = f"{section}.{written}" if written else section
            feature = register.feature(name_of(written))
            if (section, feature) in found:
                holder = found[section, feature].parameter
                shown = "" if feature == written else f"is {feature}, which "
                problems.add_second(document.parameter, path, holder, shown=shown)
            else:
                found[section, feature] = _budget(raw, document.parameter, path, problems)
    return Budgets(
        {feature: budget for (section, feature), budget in found.items() if section == _FEATURES},
        found.get(("default", "")),
        found.get(("total", "")),
    )


def _entries(document: Document, problems: Problems) -> Iterator[tuple[str, str, Any]]:
    """Section, feature (empty for `default` and `total`) and budget."""
    content = content_of(document, problems)
    if content is None:
        return
    sections = validated(_Sections, content, document.parameter, "", problems)
    if sections is None:
        return
    for feature, raw in sections.features.items():
        yield _FEATURES, feature, raw
    for section in sorted(sections.model_fields_set - {_FEATURES}):
        yield section, "", getattr(sections, section)


def _budget(raw: Any, parameter: str, path: str, problems: Problems) -> Budget:
    """A budget, without any limit where a problem is noted."""
    fields = raw if isinstance(raw, dict) else {"daily": raw}
    read = validated(_Fields, fields, parameter, path, problems) or _Fields.model_construct()
    return Budget(read.daily, read.weekly, read.monthly, read.alert_at, parameter, path)


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
    model_config = ConfigDict(extra="forbid", defer_build=True)

    features: Annotated[dict[str, Any], PlainValidator(_features)] = {}
    default: Any = None
    total: Any = None


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    daily: _Dollars = None
    weekly: _Dollars = None
    monthly: _Dollars = None
    alert_at: Annotated[tuple[Decimal, ...] | None, PlainValidator(_fractions)] = None

    @model_validator(mode="after")
    def _has_a_period(self) -> Self:
        if self.daily is None and self.weekly is None and self.monthly is None:
            raise ValueError("expected at least one of daily, weekly, monthly")
        return self
