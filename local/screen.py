"""What a person sees in the terminal: the day's table, the alert, the files."""

import csv
import io
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from spend_report.domain.basics.money import loads_exact

if TYPE_CHECKING:
    from local.aws import Message

_FULL = Decimal(100)
_COUNTED = ("calls", "input_tokens", "output_tokens")
_COLUMNS = ("calls", "input tokens", "output tokens", "cost", "daily budget", "used")


def day_table(out: Path, day: str, config: Path) -> Table:
    """The day by feature, from the CSV that the function wrote below `out`.

    The total's daily budget is the one in the documents of `config`.
    """
    text = report_path(out, "spend_by_feature", day).read_text(encoding="utf-8")
    rows = list(csv.DictReader(io.StringIO(text)))
    table = Table(
        title=f"LLM spend on {day}", title_style="bold", show_footer=True, box=SIMPLE_HEAD
    )
    total_budget = _total_budget(config)
    total = sum((Decimal(row["estimated_cost_usd"]) for row in rows), Decimal(0))
    footers: list[str | Text] = [
        *(f"{sum(int(row[name]) for row in rows):,}" for name in _COUNTED),
        _dollars(total),
        _dollars(total_budget),
        _used(total * _FULL / total_budget if total_budget else None),
    ]
    table.add_column("feature", footer="total", no_wrap=True)
    for name, footer in zip(_COLUMNS, footers, strict=True):
        table.add_column(name, footer=footer, justify="right")
    for row in rows:
        used, budget = row["budget_used_pct"], row["daily_budget_usd"]
        table.add_row(
            row["feature"],
            *(f"{int(row[name]):,}" for name in _COUNTED),
            _dollars(Decimal(row["estimated_cost_usd"])),
            _dollars(Decimal(budget) if budget else None),
            _used(Decimal(used) if used else None),
        )
    return table


def unpriced_note(out: Path, day: str) -> str:
    """A line on the calls without a price that the table's costs lack; empty if there are none."""
    summary = json.loads(report_path(out, "summary", day, "json").read_text(encoding="utf-8"))
    models = summary["data_quality"]["unpriced"]
    if not models:
        return ""
    calls = sum(model["calls"] for model in models)
    names = ", ".join(model["model"] or "no model name" for model in models)
    return f"Not in these costs: {calls} calls whose price nobody knows ({names})."


@contextmanager
def step(console: Console, text: str) -> Iterator[None]:
    """Show that `text` is going on, and afterwards how long it took."""
    begun = time.monotonic()
    with console.status(text):
        yield
    console.print(f"{text} [dim]({time.monotonic() - begun:.1f} s)[/]", highlight=False)


def show_alert(console: Console, message: "Message") -> None:
    """The message as the e-mail that the on-call person receives."""
    text = message.parts.get("email", message.parts["default"])
    console.rule("[bold]The alert, as an e-mail[/]", align="left")
    console.print(Text.assemble("Subject: ", (message.subject, "bold")), soft_wrap=True)
    console.print()
    console.print(Text(text.rstrip()), soft_wrap=True)
    console.rule()


def show_files(console: Console, out: Path, day: str) -> None:
    """Where the files of `day` lie."""
    console.print("\n[bold]Files[/] (as they lie in the bucket)")
    for path in sorted(out.glob(f"*/dt={day}/*")):
        console.print(f"  {path.as_posix()}", highlight=False, soft_wrap=True)
    page = out / "latest" / "report.html"
    if page.exists():
        console.print(f"Open [bold]{page.as_posix()}[/] in a browser.", highlight=False)


def report_path(out: Path, report: str, day: str, suffix: str = "csv") -> Path:
    """Where a report's object lies below `out`."""
    return out / report / f"dt={day}" / f"{report}_{day}.{suffix}"


def _total_budget(config: Path) -> Decimal | None:
    for path in sorted(config.glob("budgets/*.json")):
        total = loads_exact(path.read_text(encoding="utf-8")).get("total")
        if total is not None:
            daily = total.get("daily") if isinstance(total, dict) else total
            return None if daily is None else Decimal(daily)
    return None


def _dollars(amount: Decimal | None) -> str:
    return "" if amount is None else f"${amount:,.2f}"


def _used(percent: Decimal | None) -> Text:
    if percent is None:
        return Text("")
    return Text(f"{percent:.1f}%", style="bold red" if percent > _FULL else "")
