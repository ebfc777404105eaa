"""The prices in the parameters: each model's history, and the models that cost what others do."""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from spend_report.domain.config.documents import (
    Document,
    Problems,
    content_of,
    described,
    validated,
)
from spend_report.domain.config.price_entry import AliasEntry, PriceEntry, read_entry
from spend_report.domain.prices.model_names import parameter_names
from spend_report.domain.prices.price_history import ALWAYS, PriceHistory
from spend_report.domain.prices.price_sources import (
    Price,
    PriceSourceLookup,
    Rates,
    first_in_force,
)


class Catalogue(PriceSourceLookup, Protocol):
    """A list of public prices, which aliases may lead into."""

    def knows(self, model: str) -> bool:
        """Whether it has a price of `model`, of whatever provider, at any time."""
        ...


class PriceList(Struct, frozen=True):
    """The prices of all documents.

    `aliases` maps a model to the one whose price it has, which is in `models` or in
    `catalogue`. `parameters` maps each model and alias to the parameter that holds it.
    """

    models: Mapping[str, PriceHistory]
    aliases: Mapping[str, str]
    parameters: Mapping[str, str]
    catalogue: Catalogue | None = None

    def described(self) -> Iterator[tuple[str, str]]:
        """Each price by its path, with all dates: `pricing/gpt-4o`, `input 2.5, output 10, …`."""
        for model, history in self.models.items():
            prices = zip(history.starts, history.rates, strict=True)
            yield f"pricing/{model}", "; ".join(_described(start, own) for start, own in prices)
        for alias, model in self.aliases.items():
            yield f"pricing/{alias}", f"as {model}"

    def price(self, model: str, provider: str, start: datetime, end: datetime) -> Price | None:
        """The price of `model` between two instants, from any provider; None if unknown."""
        del provider
        return first_in_force(
            price
            for name in parameter_names(model)
            for price in self._prices_under(name, start, end)
        )

    def _prices_under(self, name: str, start: datetime, end: datetime) -> Iterator[Price | None]:
        if name in self.models:
            yield self.models[name].between(start, end)
        elif name in self.aliases:
            yield from self._prices_as(self.aliases[name], start, end)

    def _prices_as(self, model: str, start: datetime, end: datetime) -> Iterator[Price | None]:
        listed = _listed(model, self.models)
        yield self.models[listed].between(start, end) if listed else None
        if self.catalogue is not None:
            yield self.catalogue.price(model, "", start, end)


def read_prices(
    documents: Sequence[Document], catalogue: Catalogue | None, problems: Problems
) -> PriceList:
    """The prices of all `documents`; what is wrong with them goes to `problems`.

    An alias may lead into `catalogue`, unless that is None.
    """
    models: dict[str, PriceHistory] = {}
    links: dict[str, str] = {}
    parameters: dict[str, str] = {}
    for document in documents:
        parameter = document.parameter
        for model, raw in (content_of(document, problems) or {}).items():
            if not model or model != model.strip():
                problems.add(parameter, described(model), _NO_NAME)
            elif model in parameters:
                problems.add_second(parameter, model, parameters[model])
            else:
                parameters[model] = parameter
                if isinstance(raw, dict) and "alias_of" in raw:
                    if link := validated(AliasEntry, raw, parameter, model, problems):
                        links[model] = link.alias_of
                elif history := _history(raw, parameter, model, problems):
                    models[model] = history
    aliases = _followed(links, parameters, catalogue, problems)
    return PriceList(models, aliases, parameters, catalogue)


def _described(start: datetime, rates: Rates) -> str:
    amounts = (
        f"{name} {getattr(rates, name):f}"
        for name in ("input", "output", "cache_read", "cache_write")
    )
    return f"{'' if start == ALWAYS else f'from {start.date()}: '}{', '.join(amounts)}"


_NO_NAME = "expected a model's name, without spaces around it"


def _followed(
    links: Mapping[str, str],
    parameters: Mapping[str, str],
    catalogue: Catalogue | None,
    problems: Problems,
) -> dict[str, str]:
    """Where each alias ends, over any number of others."""
    ends: dict[str, str] = {}
    prices = parameters.keys() - links.keys()
    for alias in links:
        way = [alias]
        while way[-1] in links and way.count(way[-1]) == 1:
            way.append(links[way[-1]])
        end = way[-1]
        if end in links:
            text = f"goes in a circle: {' → '.join(way)}"
            problems.add(parameters[alias], f"{alias}.alias_of", text)
        elif _listed(end, prices) or (catalogue is not None and catalogue.knows(end)):
            ends[alias] = end
        else:
            where = "a parameter or the catalogue" if catalogue is not None else "a parameter"
            text = f"expected a model that {where} has a price of, got {described(end)}"
            problems.add(parameters[alias], f"{alias}.alias_of", text)
    return ends


def _listed(model: str, prices: Container[str]) -> str | None:
    """The name under which `model` has a price of its own."""
    return next((name for name in parameter_names(model) if name in prices), None)


def _history(raw: Any, parameter: str, model: str, problems: Problems) -> PriceHistory | None:
    """One price, or a list of them, each but the oldest with its date."""
    if not isinstance(raw, list):
        entry = read_entry(raw, parameter, model, problems)
        return None if entry is None else PriceHistory((entry.effective_from,), (entry.rates(),))
    if not raw:
        problems.add(parameter, model, "expected at least one price in the list, got []")
    entries: dict[datetime, PriceEntry] = {}
    for index, item in enumerate(raw):
        path = f"{model}[{index}]"
        entry = read_entry(item, parameter, path, problems)
        if entry is not None and entry.effective_from in entries:
            problems.add(parameter, path, "has the same effective_from as another in the list")
        elif entry is not None:
            entries[entry.effective_from] = entry
    starts = tuple(sorted(entries))
    return (
        PriceHistory(starts, tuple(entries[start].rates() for start in starts)) if starts else None
    )
