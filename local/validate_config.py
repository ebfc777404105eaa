"""`make validate-config`: checks documents of prices, budgets and owners before anyone puts them.

Errors are the function's own; it would fail on them. Warnings are likely slips, found by
comparing with the bundled catalogue and with the newest report in a folder, if there is one.
Ends with 0 if the documents are valid, with 1 if not, and with 2 if there are none.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.aws import KINDS
from local.slips import LastReport, last_report, slips
from spend_report.adapters.catalogue.catalogue import PriceCatalogue
from spend_report.domain.config.configuration import Configuration, configuration
from spend_report.domain.config.documents import Document
from spend_report.errors import ConfigError

VALID, INVALID, NOTHING = 0, 1, 2
_MOST_BYTES = 4096  # of a standard parameter; an advanced one holds twice that, for a fee


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is wrong, or likely wrong, and return the program's exit status."""
    options = _options(arguments)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    pricing, budgets, features = (_documents(options.config, kind) for kind in KINDS)
    if not pricing and not budgets and not features:
        console.print(
            f"No documents in {options.config}/{{{','.join(KINDS)}}}. "
            "Name another folder: make validate-config CONFIG=folder",
            style="red",
        )
        return NOTHING
    catalogue = PriceCatalogue()
    try:
        listed = catalogue if options.catalogue == "on" else None
        read = configuration(pricing, budgets, features, listed)
    except ConfigError as error:
        console.print(Text(str(error), style="red"))
        return INVALID
    report = last_report(options.reports)
    warnings = [
        *_oversized([*pricing, *budgets, *features]),
        *slips(read, catalogue, report, datetime.now(UTC)),
    ]
    for warning in warnings:
        console.print(Text.assemble(("warning: ", "yellow"), warning))
    console.print(_verdict(read, len(warnings), report, options.reports))
    return VALID


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    given = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m local.validate_config", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(given("CONFIG") or "config"))
    parser.add_argument("--reports", type=Path, default=Path(given("REPORTS") or "out"))
    parser.add_argument(
        "--catalogue", choices=("on", "off"), default=given("PRICE_CATALOGUE") or "on"
    )
    return parser.parse_args(arguments)


def _documents(folder: Path, kind: str) -> list[Document]:
    """The JSON files below `folder`/`kind`, named like the parameters that they will be."""
    return [
        Document(path.relative_to(folder).as_posix(), 1, path.read_text(encoding="utf-8"))
        for path in sorted((folder / kind).rglob("*.json"))
    ]


def _oversized(documents: Sequence[Document]) -> Iterator[str]:
    for document in documents:
        if (size := len(document.text.encode())) > _MOST_BYTES:
            yield (
                f"{document.parameter}: is {size:,} bytes, a standard parameter holds "
                f"{_MOST_BYTES:,}; split it into several"
            )


def _verdict(read: Configuration, warnings: int, report: LastReport | None, folder: Path) -> Text:
    compared = f"the report of {report.day}" if report else f"no report, there is none in {folder}"
    return Text.assemble(
        ("Valid. ", "green"),
        f"Models: {len(read.prices.parameters)}, features: {len(read.budgets.features)}, "
        f"warnings: {warnings}; compared with the catalogue and {compared}.",
    )


if __name__ == "__main__":
    sys.exit(main())
