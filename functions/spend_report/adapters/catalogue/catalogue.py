"""Public prices from the bundled package genai-prices: https://github.com/pydantic/genai-prices.

Only the package's own tables are read; nothing here touches the network. What a call costs
equals the package's own `calc_price` to the last digit, but three things are stricter:

- A model is found by an exact name. To find new releases of a model the package also matches
  beginnings and substrings; here what follows must be a release: a date, a version.
- A model without a price per token (speech by the hour, pages, free trials) is not known, where
  the package says $0.
- A provider that the catalogue doesn't have by that very name is nobody, where the package
  guesses by substring, so that `azure_openai` is OpenAI.

Text and audio have prices here: pictures, web searches and fees per request do not.
"""

from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING

from spend_report.domain.prices.price_sources import Price

if TYPE_CHECKING:
    from spend_report.adapters.catalogue.models import Found

_PACKAGE = "genai-prices"


def catalogue_version() -> str:
    """The catalogue with its version, like `genai-prices 0.2.3`."""
    return f"{_PACKAGE} {version(_PACKAGE)}"


class PriceCatalogue:
    """The public prices of models, loaded when the first model is asked for."""

    def price(self, model: str, provider: str, start: datetime, end: datetime) -> Price | None:
        """The price of `model` as `provider` sells it; None if the catalogue has none."""
        found = _find(model, provider)
        if found is None:
            return None
        from spend_report.adapters.catalogue.rates import CataloguePrice  # noqa: PLC0415

        return CataloguePrice(found.model, start, end, has_tiers=found.own)

    def name(self, model: str, provider: str) -> str | None:
        """The catalogue's own name of `model` as `provider` sells it; None if it has none."""
        found = _find(model, provider)
        return found.model.id if found is not None else None

    def knows(self, model: str) -> bool:
        """Whether the catalogue has a price of `model`, by whatever provider, at any time."""
        return _find(model, "") is not None


def _find(model: str, provider: str) -> "Found | None":
    # Loading takes a second and 80 MB, which a run whose models all have prices in the
    # parameters need not spend; hence the imports down here.
    from spend_report.adapters.catalogue.models import find  # noqa: PLC0415
    from spend_report.adapters.catalogue.rates import has_token_price  # noqa: PLC0415

    found = find(model, provider)
    return found if found is not None and has_token_price(found.model) else None
