"""`make put-config`: puts a folder's documents, or a key, into the account's parameters.

Shows what differs, validates folder and account together as the function will see them, asks,
puts, and names what it put. What only the account has stays, unless it is told to delete it.
Ends with 0 if the account holds what the folder does, with 1 if not, and with 2 if there are no
documents.
"""

import argparse
import difflib
import os
import sys
from collections.abc import Sequence
from getpass import getpass
from pathlib import Path

from rich.console import Console
from rich.text import Text

from local.account import Account, account
from local.documents import (
    KINDS,
    Change,
    as_configured,
    changes,
    in_account,
    in_folder,
    oversized,
)
from spend_report.adapters.catalogue.catalogue import PriceCatalogue
from spend_report.domain.basics.wording import visible_ascii
from spend_report.domain.config.budget_contradictions import budget_contradictions
from spend_report.errors import ConfigError, SpendReportError

DONE, DIFFERS, NOTHING = 0, 1, 2
KEYS = ("langsmith-api-key", "bills/openai-admin-key", "bills/anthropic-admin-key")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do it, and return the program's exit status."""
    options = _options(arguments)
    console = Console(soft_wrap=True, highlight=False, markup=False)
    try:
        with account() as target:
            if options.key:
                return _put_key(console, target, options)
            return _put_documents(console, target, options)
    except SpendReportError as error:
        console.print(Text(str(error), style="red"))
        return DIFFERS
    except (EOFError, KeyboardInterrupt):
        console.print("\nStopped. What was put is named above.", style="red")
        return DIFFERS


def _put_documents(console: Console, target: Account, options: argparse.Namespace) -> int:
    folder, there = in_folder(options.config), in_account(target.ssm, options.path)
    if not folder and not options.delete:
        kinds = ", ".join(f"{options.config}/{kind}" for kind in KINDS)
        console.print(f"No documents in {kinds}. Name another folder: CONFIG=folder", style="red")
        return NOTHING
    wanted = changes(folder, there, delete=options.delete)
    kept = {} if options.delete else {name: there[name] for name in there.keys() - folder.keys()}
    catalogue = PriceCatalogue() if options.catalogue == "on" else None
    read = as_configured({**kept, **folder}, catalogue)
    for found in budget_contradictions(read.budgets):
        warning = f"warning: {found.parameter}: {found.path}: {found.text}"
        console.print(Text(warning, style="yellow"))
    if too_large := oversized(folder.values()):
        raise ConfigError("\n".join(too_large))
    for name in sorted(kept):
        console.print(f"{options.path}/{name}: only in the account, stays (DELETE=1 removes it)")
    for change in wanted:
        _show(console, options.path, change)
    if not wanted:
        same = f"{options.path} in {target} holds what {options.config} does."
        console.print(same, style="green")
        return DONE
    if options.check:
        console.print(f"{options.path} in {target} differs from {options.config}.", style="red")
        return DIFFERS
    if not _agreed(console, f"Change {len(wanted)} in {options.path}, {target}?", options):
        return DIFFERS
    for change in wanted:
        _apply(console, target, options.path, change)
    return DONE


def _show(console: Console, path: str, change: Change) -> None:
    verb = "new" if change.before is None else "deleted" if change.after is None else "changed"
    console.print(Text(f"{path}/{change.name}: {verb}", style="bold"))
    before, after = (change.before or "").splitlines(), (change.after or "").splitlines()
    for line in list(difflib.unified_diff(before, after, lineterm="", n=2))[2:]:
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[0], "")
        console.print(Text(f"  {line}", style=style))


def _apply(console: Console, target: Account, path: str, change: Change) -> None:
    name = f"{path}/{change.name}"
    if change.after is None:
        target.ssm.delete_parameter(Name=name)
        console.print(f"Deleted {name}, which was version {change.version}.")
        return
    put = target.ssm.put_parameter(Name=name, Value=change.after, Type="String", Overwrite=True)
    console.print(f"Put {name}, version {put['Version']}.")
    if change.before is not None and put["Version"] != change.version + 1:
        console.print(
            f"warning: somebody else changed {name} in the meantime; its history has both: "
            f"aws ssm get-parameter-history --name {name}",
            style="yellow",
        )


def _put_key(console: Console, target: Account, options: argparse.Namespace) -> int:
    name = f"{options.path}/{options.key}"
    found = target.ssm.get_parameters(Names=[name])["Parameters"]
    if found and found[0]["Type"] != "SecureString":
        raise ConfigError(
            f"{name}: is a parameter of type {found[0]['Type']}, for everybody to read. Revoke the "
            f"key that is in it, and delete it: aws ssm delete-parameter --name {name}"
        )
    if options.check:
        console.print(f"{name} in {target} is {'there' if found else 'missing'}.")
        return DONE if found else DIFFERS
    if found and not _agreed(console, f"Replace {name} in {target}?", options):
        return DIFFERS
    shown = f"Key for {name} in {target} (not shown): "
    key = (getpass(shown) if sys.stdin.isatty() else sys.stdin.readline()).strip()
    if not key or not visible_ascii(key):
        raise ConfigError(f"{name}: expected a key of ASCII letters, digits and signs, no spaces")
    encryption = {"KeyId": options.kms_key} if options.kms_key else {}
    put = target.ssm.put_parameter(
        Name=name, Value=key, Type="SecureString", Overwrite=True, **encryption
    )
    console.print(f"Put {name}, version {put['Version']}, encrypted.")
    return DONE


def _agreed(console: Console, question: str, options: argparse.Namespace) -> bool:
    if options.yes:
        return True
    if not sys.stdin.isatty():
        console.print(f"{question} Nobody is there to answer; say YES=1.", style="red")
        return False
    return console.input(f"{question} [y/N] ").strip().lower() in {"y", "yes"}


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    given = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m local.put_config", description=__doc__)
    parser.add_argument("--config", type=Path, default=Path(given("CONFIG") or "config"))
    parser.add_argument("--path", default=given("CONFIG_PATH") or "/llm-spend/prod")
    parser.add_argument("--check", action="store_true", default=bool(given("CHECK")))
    parser.add_argument("--delete", action="store_true", default=bool(given("DELETE")))
    parser.add_argument("--yes", action="store_true", default=bool(given("YES")))
    parser.add_argument("--key", choices=KEYS, default=given("KEY") or None)
    parser.add_argument("--kms-key", default=given("KMS_KEY") or None)
    parser.add_argument(
        "--catalogue", choices=("on", "off"), default=given("PRICE_CATALOGUE") or "on"
    )
    options = parser.parse_args(arguments)
    options.path = options.path.rstrip("/")
    return options


if __name__ == "__main__":
    sys.exit(main())
