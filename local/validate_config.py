"""`make validate-config`: checks documents of prices, budgets and owners before anyone puts them.

With CONFIG_PATH, together with what the account has below it, as the function will see them.
Errors are the function's own; it would fail on them. Warnings are likely slips, found by
comparing with the bundled catalogue and with the newest report in a folder, if there is one.
Ends with 0 if the documents are valid, with 1 if not, and with 2 if there are none.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.account import account
from local.documents import KINDS, Documents, as_configured, in_account, in_folder, oversized
from local.slips import LastReport, last_report, slips
from spend_report.adapters.catalogue.catalogue import PriceCatalogue
from spend_report.domain.config.configuration import Configuration
from spend_report.errors import SpendReportError

VALID, INVALID, NOTHING = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is wrong, or likely wrong, and return the program's exit status."""
    options = _options(arguments)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    catalogue = PriceCatalogue()
    try:
        folder = in_folder(options.config)
        documents = {**_there(options.path), **folder}
        if not documents:
            kinds = " and ".join(f"{options.config}/{kind}" for kind in KINDS)
            console.print(
                f"No documents in {kinds}. Name another folder: make validate-config CONFIG=folder",
                style="red",
            )
            return NOTHING
        read = as_configured(documents, catalogue if options.catalogue == "on" else None)
    except SpendReportError as error:
        console.print(Text(str(error), style="red"))
        return INVALID
    report = last_report(options.reports)
    warnings = [
        *oversized(folder.values()),
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
    parser.add_argument("--path", default=given("CONFIG_PATH") or "")
    parser.add_argument("--reports", type=Path, default=Path(given("REPORTS") or "out"))
    parser.add_argument(
        "--catalogue", choices=("on", "off"), default=given("PRICE_CATALOGUE") or "on"
    )
    return parser.parse_args(arguments)


def _there(path: str) -> Documents:
    """What the account has below `path`; nothing where none is given."""
    if not path:
        return {}
    with account() as target:
        return in_account(target.ssm, path.rstrip("/"))


def _verdict(read: Configuration, warnings: int, report: LastReport | None, folder: Path) -> Text:
    compared = f"the report of {report.day}" if report else f"no report, there is none in {folder}"
    return Text.assemble(
        ("Valid. ", "green"),
        f"Models: {len(read.prices.parameters)}, features: {len(read.budgets.features)}, "
        f"warnings: {warnings}; compared with the catalogue and {compared}.",
    )


if __name__ == "__main__":
    sys.exit(main())
