"""Which runs of a project belong together: those of equal metadata, status and price."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from msgspec import Struct, field

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.names import UNTAGGED
from spend_report.domain.prices.model_names import display
from spend_report.domain.prices.price_sources import Price, PriceBook, PriceSource, Rates
from spend_report.domain.runs.columns import NAMED, NO_CALL, Columns, Group
from spend_report.domain.runs.equal_metadata import Reading, read
from spend_report.domain.runs.run import ERROR, SUCCESS, MetadataKeys, Project, Run

# A run may also say itself that it has none.
NO_FEATURE = ("", UNTAGGED)

# Combinations of metadata values that are known at once: on most days there are a few hundred.
_MOST_SLICES = 50_000

# In place of a group's number: runs with this metadata are looked at one by one.
ONE_BY_ONE = NO_CALL


class _Slice(Struct):
    """One combination of metadata values, as it came, and its groups by status and rates.

    See `equal_metadata` for what is special about numbers, and about long texts.
    """

    group: Group
    price: Price | None
    reading: Reading
    numbers: dict[tuple[str, int], tuple[Rates | None, int]] = field(default_factory=dict)


class _Plain(dict[Any, int]):
    """The number of a group by metadata, found when it is first asked for."""

    def __init__(self, number: Callable[[Any], tuple[int, bool]]) -> None:
        super().__init__()
        self._number = number

    def __missing__(self, metadata: Any) -> int:
        number, is_long = self._number(metadata)
        if not is_long:
            self[metadata] = number
        return number


class ProjectGroups:
    """The groups of the runs of `project`, by their numbers in `columns`.

    Args:
        project: whose runs they are.
        columns: what numbers the groups.
        day: the day of the runs.
        keys: what is read of a run's metadata.
        prices: what a token costs.
        aliases: the features that other names count as.
        bare: a group without the names that moved out of the groups.

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
        keys: MetadataKeys,
        prices: PriceBook,
        *,
        aliases: Mapping[str, str],
        bare: Callable[[Group], Group],
    ) -> None:
        self._project = project
        self._columns = columns
        self._day = day
        self._prices = prices
        self._aliases = aliases
        self._bare = bare
        self._models: dict[tuple[str, str], tuple[str, Price | None]] = {}
        self._places = [keys.place_of[name] for name in NAMED]
        self._dimension_places = [keys.place_of[name] for name in keys.dimensions]
        self._no_names = ("",) * len(keys.place_of)
        self._slices: dict[Any, _Slice] = {}
        self.untagged: set[int] = set()
        self.plain: dict[str | None, dict[Any, int]] = {
            status: _Plain(partial(self._plain_number, status)) for status in (SUCCESS, ERROR)
        }

    def forget(self) -> None:
        """The columns have numbered their groups anew."""
        self._forget_slices()
        self.untagged = {
            number
            for number, group in enumerate(self._columns.groups, NO_CALL + 1)
            if group.feature in NO_FEATURE
        }

    def number(self, run: Run, input_tokens: int, service_tier: str | None) -> int:
        """The group of any `run`, of which the usage has `input_tokens` and a `service_tier`."""
        slice_, rates = self._slice(run.metadata), None
        if slice_.price is not None:
            rates = slice_.price.at(run.start_time, input_tokens, service_tier)
        return self._number(slice_, (run.status or "").upper(), rates)

    def lacks_tier(self, run: Run, input_tokens: int, service_tier: str) -> bool:
        """Whether the catalogue has no price of `service_tier`, so that the standard one counts.

        A price that somebody set is meant for all tiers.
        """
        price = self._slice(run.metadata).price
        if price is None:
            return False
        rates = price.at(run.start_time, input_tokens, service_tier)
        if rates is None or rates.source is not PriceSource.CATALOGUE:
            return False
        return rates == price.at(run.start_time, input_tokens, None)

    def _plain_number(self, status: str, metadata: Any) -> tuple[int, bool]:
        slice_ = self._slice(metadata)
        rates = slice_.price.flat if slice_.price is not None else None
        if slice_.reading.numbers or (slice_.price is not None and rates is None):
            return ONE_BY_ONE, slice_.reading.is_long
        return self._number(slice_, status, rates), slice_.reading.is_long

    def _number(self, slice_: _Slice, status: str, rates: Rates | None) -> int:
        known = slice_.numbers.get((status, id(rates)))
        if known is not None:
            return known[1]
        group = slice_.group
        if status != group.status or rates is not group.rates:
            group = group._replace(status=status, rates=rates)
        number = self._columns.number(group)
        if group.feature in NO_FEATURE:
            self.untagged.add(number)
        slice_.numbers[status, id(rates)] = rates, number  # kept, so that the id stays theirs
        return number

    def _slice(self, metadata: Any) -> _Slice:
        try:
            slice_ = self._slices.get(metadata)
        except TypeError:  # a list or an object among the values: looked at each time
            return self._new_slice(read(metadata))
        if slice_ is not None:
            return slice_
        reading = read(metadata)
        key = (metadata, reading.numbers) if reading.numbers else metadata
        slice_ = self._slices.get(key) or self._new_slice(reading)
        if not reading.is_long:
            if len(self._slices) >= _MOST_SLICES:  # by values that make no group, for example
                self._forget_slices()
            self._slices[key] = slice_
        return slice_

    def _forget_slices(self) -> None:
        self._models.clear()
        self._slices.clear()
        for by_metadata in self.plain.values():
            by_metadata.clear()

    def _new_slice(self, reading: Reading) -> _Slice:
        names = reading.names or self._no_names
        tag, provider, model, sample_rate = (names[place] for place in self._places)
        shown, price = self._models.get((model, provider)) or self._look_up(model, provider)
        group = Group(  # by position: in a flood of names there is one for each run
            self._project,
            SUCCESS,
            self._aliases.get(tag, tag),
            tuple([names[place] for place in self._dimension_places]),
            provider,
            shown,
            sample_rate,
            price.flat if price is not None else None,
            tag,
        )
        return _Slice(self._bare(group), price, reading)

    def _look_up(self, model: str, provider: str) -> tuple[str, Price | None]:
        """The name that the reports show for a model, and its price."""
        price = self._prices.price(model, provider, self._day.start, self._day.end)
        found = self._models[model, provider] = display(model), price
        return found
