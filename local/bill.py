"""`make bill`: a provider's bill of a UTC day beside your traces of it, without a stack.

Takes LANGSMITH_API_KEY as `make report` does, and OPENAI_ADMIN_KEY or ANTHROPIC_ADMIN_KEY; for
`bedrock` the credentials that the AWS CLI would take, which must allow ce:GetCostAndUsage.
"""

import argparse
import os
from collections.abc import Sequence
from copy import replace
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, localcontext
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from local.aws import LocalAws
from local.command_line import failing_clearly, langsmith_settings
from local.invoke import LocalFunction
from local.report import DEFAULT_CONFIG
from local.screen import step
from spend_report.adapters.aws.clients import client
from spend_report.adapters.bills.bedrock import BedrockBills
from spend_report.bootstrap import application
from spend_report.domain.basics.money import EXACT, ZERO, usd
from spend_report.domain.basics.wording import dollars
from spend_report.domain.bills.bill_record import record_of
from spend_report.domain.bills.bill_words import bill_line, provider_name
from spend_report.domain.bills.compare import DayComparison
from spend_report.domain.reports.bills_table import bills
from spend_report.errors import BillError, EventError, SettingsError
from spend_report.events.report_event import ReportRequest
from spend_report.settings import PROVIDERS, Settings

BEDROCK = "bedrock"
_KEYS = {
    "openai": ("OPENAI_ADMIN_KEY", "https://platform.openai.com/settings/organization/admin-keys"),
    "anthropic": ("ANTHROPIC_ADMIN_KEY", "https://platform.claude.com/settings/admin-keys"),
}
_ADDRESSES = ("OPENAI_BASE_URL", "ANTHROPIC_BASE_URL")


@dataclass(frozen=True, slots=True)
class Account:
    """A provider's bill, and who may read it: an admin key, or for Bedrock a client of AWS."""

    provider: str
    key: str = ""
    source: BedrockBills | None = None

    @classmethod
    def from_environment(cls, provider: str) -> "Account":
        """The account of `provider` that the environment holds a key of.

        Raises:
            SettingsError: there is no such provider, or no key.
        """
        if provider not in PROVIDERS:
            given = f", not {provider!r}" if provider else ""
            raise SettingsError(f"PROVIDER must be one of {', '.join(PROVIDERS)}{given}")
        if provider == BEDROCK:
            return cls(provider, source=BedrockBills(client("ce", region="us-east-1")))
        name, page = _KEYS[provider]
        key = os.environ.get(name, "").strip()
        if not key:
            raise SettingsError(
                f"{name} is not set. An admin makes one at {page}; a project's key cannot read "
                "the bill"
            )
        return cls(provider, key)


def main(arguments: Sequence[str] | None = None) -> None:
    """Show the bill beside the traces and leave the table in the output folder."""
    options = _options(arguments)
    console = Console()
    with failing_clearly():
        day = _day(options.date)
        account = Account.from_environment(options.provider)
        found = compared(account, options.projects, day, options.config, options.out)
        show(console, found, account.provider)
    path = options.out / "bills" / f"dt={day}" / f"bills_{day}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bills(found))
    console.print(f"All rows: {path}", highlight=False, soft_wrap=True)


def compared(account: Account, projects: str, day: date, config: Path, out: Path) -> DayComparison:
    """The bill of the UTC day `day` beside the traces of `projects`.

    Prices are those of the documents in the folder `config`; the function's log goes to `out`.

    Raises:
        SpendReportError: the traces could not be read.
    """
    given = langsmith_settings(projects)
    addresses = {name: os.environ[name] for name in _ADDRESSES if name in os.environ}
    console = Console()
    with LocalAws() as aws, localcontext(EXACT):
        aws.put_documents(config)
        if account.key:
            name = f"bills/{account.provider}-admin-key"
            aws.put_parameter(name, account.key, secure=True)
        variables = {**given, **addresses, **aws.settings(), "REPORT_TIMEZONE": "UTC"}
        with (
            step(console, f"Reading the traces of {day} from LangSmith"),
            LocalFunction(variables, out / "bill.log") as function,
        ):
            function({"date": str(day)})
        settings = Settings.from_environment({**variables, "BILLS": account.provider})
        with (
            step(console, f"Reading {provider_name(account.provider)}'s bill"),
            application(settings, None, lambda: datetime.now(UTC), ReportRequest((day,))) as app,
        ):
            billing = app.job.billing
            if account.source is not None:
                billing = replace(billing, sources=[account.source])
            return billing.found(day)


def show(console: Console, found: DayComparison, provider: str) -> None:
    """The rows of the provider's bill, what they come to in a line, and what to do.

    Raises:
        BillError: there was no bill to compare.
    """
    record = record_of(found, found.day, None).providers[provider]
    line = bill_line(found.day, provider, record)
    if record.reason:
        raise BillError(line)
    console.print(_table(found, provider))
    console.print(line, highlight=False, markup=False, soft_wrap=True)
    for gap in record.gaps:
        if gap.note:
            console.print(f"  {gap.cause}: {gap.note}", highlight=False, markup=False)
    elsewhere: dict[str, Decimal] = {}
    for row in found.elsewhere:
        elsewhere[row.provider] = elsewhere.get(row.provider, ZERO) + row.estimated
    if elsewhere:
        sums = (f"{provider_name(name)} {dollars(cost)}" for name, cost in elsewhere.items())
        told = f"Traced, but billed by others: {', '.join(sums)}."
        console.print(told, highlight=False, markup=False, soft_wrap=True)


def _table(found: DayComparison, provider: str) -> Table:
    table = Table(
        title=f"{provider_name(provider)}'s bill and your traces on {found.day} (UTC)",
        title_style="bold",
        box=SIMPLE_HEAD,
    )
    for name in ("model", "tokens"):
        table.add_column(name, overflow="fold")
    for name in ("billed", "traced", "gap"):
        table.add_column(name, justify="right")
    table.add_column("cause", overflow="fold")
    for row in (row for each in found.comparisons for row in each.rows):
        amounts = (row.billed, row.estimated, None if row.billed is None else row.gap)
        table.add_row(
            Text(row.model),
            str(row.kind),
            *("" if amount is None else f"{usd(amount)}" for amount in amounts),
            Text(str(row.cause)),
        )
    return table


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise EventError(f"date: expected a day such as 2026-11-20, got {text!r}") from error


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    settled = datetime.now(UTC).date() - timedelta(days=2)
    given = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m local.bill", description=__doc__)
    parser.add_argument("--provider", default=given("PROVIDER", ""), help=", ".join(PROVIDERS))
    parser.add_argument(
        "--projects", default=given("PROJECTS", ""), help="names or UUIDs, by comma"
    )
    parser.add_argument(
        "--date",
        default=given("DATE") or str(settled),
        help="a UTC day; default: the day before yesterday",
    )
    parser.add_argument("--config", type=Path, default=Path(given("CONFIG") or DEFAULT_CONFIG))
    parser.add_argument("--out", type=Path, default=Path("out"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
