"""The parameters as one validated value."""

from collections.abc import Mapping, Sequence

from msgspec import Struct

from spend_report.domain.config.budgets import Budgets, read_budgets
from spend_report.domain.config.documents import Document, Problems
from spend_report.domain.config.owners_and_aliases import FeatureRegister, read_features
from spend_report.domain.config.price_list import Catalogue, PriceList, read_prices


class Configuration(Struct, frozen=True):
    """What all parameters say, and which version of each that is."""

    prices: PriceList
    budgets: Budgets
    register: FeatureRegister
    versions: Mapping[str, int]

    def described(self) -> dict[str, str]:
        """Every setting as text by a path, so that two configurations can be compared."""
        parts = (self.prices, self.budgets, self.register)
        return dict(sorted(pair for part in parts for pair in part.described()))


def configuration(
    pricing: Sequence[Document],
    budgets: Sequence[Document],
    features: Sequence[Document],
    catalogue: Catalogue | None,
) -> Configuration:
    """The configuration that the documents of the three folders come to.

    Args:
        pricing: JSON documents of model prices.
        budgets: JSON documents of budgets.
        features: JSON documents of owners and aliases.
        catalogue: where aliases of models may lead beside the parameters; None: nowhere else.

    Raises:
        ConfigError: naming everything that is wrong, one line each: the parameter, the field,
            what was expected and what is there.
    """
    problems = Problems()
    prices = read_prices(pricing, catalogue, problems)
    register = read_features(features, problems)
    limits = read_budgets(budgets, register, problems)
    problems.raise_any()
    documents = [*pricing, *budgets, *features]
    versions = {document.parameter: document.version for document in documents}
    return Configuration(prices, limits, register, dict(sorted(versions.items())))
