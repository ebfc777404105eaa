"""The parameters as one validated value."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spend_report.domain.config.budgets import Budgets, read_budgets
from spend_report.domain.config.documents import Document, Problems
from spend_report.domain.config.price_list import Catalogue, PriceList, read_prices


@dataclass(frozen=True, slots=True)
class Configuration:
    """Prices and budgets of all parameters, and which version of each they come from."""

    prices: PriceList
    budgets: Budgets
    versions: Mapping[str, int]

    def described(self) -> dict[str, str]:
        """Every price and budget as text by a path, so that two configurations can be compared."""
        return dict(sorted([*self.prices.described(), *self.budgets.described()]))


def configuration(
    pricing: Sequence[Document], budgets: Sequence[Document], catalogue: Catalogue | None
) -> Configuration:
    """The configuration that the documents below `pricing/` and `budgets/` come to.

    Args:
        pricing: JSON documents of model prices.
        budgets: JSON documents of budgets.
        catalogue: where aliases may lead beside the parameters; None: nowhere else.

    Raises:
        ConfigError: naming everything that is wrong, one line each: the parameter, the field,
            what was expected and what is there.
    """
    problems = Problems()
    prices = read_prices(pricing, catalogue, problems)
    limits = read_budgets(budgets, problems)
    problems.raise_any()
    versions = {document.parameter: document.version for document in [*pricing, *budgets]}
    return Configuration(prices, limits, dict(sorted(versions.items())))
