"""Which runs of a project belong together: those of equal metadata, status and price."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.names import name_of
from spend_report.domain.prices.model_names import display
from spend_report.domain.prices.pricing import Price, PriceBook, Rates
from spend_report.domain.runs.attribution import UNTAGGED
from spend_report.domain.runs.columns import NO_CALL, Columns, Group
from spend_report.domain.runs.equal_metadata import has_numbers, identity
from spend_report.domain.runs.run import ERROR, SUCCESS, Project, Run
from spend_report.domain.runs.usage import Usage

# A run may also say itself that it has none.
_NO_FEATURE = ("", UNTAGGED)

# In place of a group's number: runs with this metadata are looked at one by one.
ONE_BY_ONE = NO_CALL


@dataclass(slots=True)
class _Slice:
    """One combination of metadata values, as it came, and its groups by status and rates."""

    group: Group
    price: Price | None
    numbers: dict[tuple[str, int], tuple[Rates | None, int]] = field(default_factory=dict)


class _Plain(dict[Any, int]):
    """The number of a group by metadata, found when it is first asked for."""

    def __init__(self, number: Callable[[Any], int]) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, metadata: Any) -> int:
        number = self[metadata] = self._number(metadata)
        return number


class ProjectGroups:
    """The groups of the runs of `project`, by their numbers in `columns`.

    Args:
        project: whose runs they are.
        columns: what numbers the groups.
        day: the day of the runs.
        dimensions: the attributes of a run's metadata that the report slices by.
        prices: what a token costs.

    Attributes:
        plain: by status, then by metadata, the group of runs that name no service tier, or
            `ONE_BY_ONE` where more than these decides. Whether a call failed changes nothing
            about its cost. Raises TypeError for lists and objects among the metadata values.
        untagged: the groups of runs without a tag of their own.
    """

    def __init__(
        self,
        project: Project,
        columns: Columns,
        day: ReportDay,
        dimensions: Sequence[str],
        prices: PriceBook,
    ) -> None:
        self._project = project
        self._columns = columns
        self._day = day
        self._dimensions = dimensions
        self._prices = prices
        self._slices: dict[Any, _Slice] = {}
        self.untagged: set[int] = set()
        self.plain: Mapping[str | None, Mapping[Any, int]] = {
            status: _Plain(partial(self._plain_number, status)) for status in (SUCCESS, ERROR)
        }

    def number(self, run: Run, usage: Usage) -> int:
        """The group of any `run`."""
        slice_, rates = self._slice(run.metadata), None
        if slice_.price is not None:
            rates = slice_.price.at(run.start_time, usage.tokens.input, usage.service_tier)
        return self._number(slice_, (run.status or "").upper(), rates)

    def _plain_number(self, status: str, metadata: Any) -> int:
        slice_ = self._slice(metadata)
        if slice_.price is None:
            rates = None
        elif (rates := slice_.price.flat) is None:
            return ONE_BY_ONE
        return ONE_BY_ONE if has_numbers(metadata) else self._number(slice_, status, rates)

    def _number(self, slice_: _Slice, status: str, rates: Rates | None) -> int:
        known = slice_.numbers.get((status, id(rates)))
        if known is not None:
            return known[1]
        group = replace(slice_.group, status=status, rates=rates)
        number = self._columns.number(group)
        if group.feature in _NO_FEATURE:
            self.untagged.add(number)
        slice_.numbers[status, id(rates)] = rates, number  # kept, so that the id stays theirs
        return number

    def _slice(self, metadata: Any) -> _Slice:
        try:
            slice_ = self._slices.get(metadata)
            if slice_ is None:
                key = identity(metadata)
                slice_ = self._slices.get(key)
        except TypeError:  # a list or an object among the values: looked at each time
            return self._new_slice(metadata)
        if slice_ is None:
            slice_ = self._slices[key] = self._new_slice(metadata)
        return slice_

    def _new_slice(self, metadata: Any) -> _Slice:
        def value(name: str) -> str:
            return name_of(getattr(metadata, name, None))

        group = Group(
            project=self._project,
            status=SUCCESS,
            feature=value("feature"),
            dimensions=tuple(value(name) for name in self._dimensions),
            provider=value("provider"),
            model=display(value("model")),
            sample_rate=value("sample_rate"),
            rates=None,
        )
        price = self._prices.price(value("model"), group.provider, self._day.start, self._day.end)
        return _Slice(group, price)
