"""`make report`: the real handler on your LangSmith, without an AWS account.

Takes LANGSMITH_API_KEY, and LANGSMITH_ENDPOINT and LANGSMITH_WORKSPACE_ID where they are set.
"""

import argparse
import os
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console

from local.aws import LocalAws
from local.command_line import failing_clearly, langsmith_settings
from local.invoke import LocalFunction
from local.screen import day_table, show_alert, show_files, step, unpriced_note

DEFAULT_CONFIG = Path("config")


def main(arguments: Sequence[str] | None = None) -> None:
    """Report the day and leave the files in the output folder."""
    options = _options(arguments)
    with failing_clearly():
        report(options.projects, options.date, options.config, options.timezone, options.out)


def report(projects: str, day: str, config: Path, timezone: str, out: Path) -> None:
    """Report `day` of `projects` with the documents in the folder `config`, into `out`.

    Raises:
        SpendReportError: as the function does, on the same grounds.
    """
    console = Console()
    source = langsmith_settings(projects)
    with LocalAws() as aws:
        if not aws.put_documents(config):
            console.print(
                f"No documents in {config}/pricing and {config}/budgets: "
                "catalogue prices, no budgets.",
                highlight=False,
            )
        settings = {**source, **aws.settings(), "REPORT_TIMEZONE": timezone}
        with (
            step(console, f"Reporting {day} from LangSmith"),
            LocalFunction(settings, out / "report.log") as function,
        ):
            function({"date": day})
        aws.copy_objects(out)
        messages = aws.published()
    console.print(day_table(out, day, config))
    if note := unpriced_note(out, day):
        console.print(note)
    for message in messages:
        show_alert(console, message)
    show_files(console, out, day)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    given = os.environ.get
    parser = argparse.ArgumentParser(prog="python -m local.report", description=__doc__)
    parser.add_argument(
        "--projects", default=given("PROJECTS", ""), help="names or UUIDs, by comma"
    )
    parser.add_argument(
        "--date", default=given("DATE") or str(yesterday), help="default: yesterday"
    )
    parser.add_argument("--config", type=Path, default=Path(given("CONFIG") or DEFAULT_CONFIG))
    parser.add_argument("--timezone", default=given("TIMEZONE") or "UTC")
    parser.add_argument("--out", type=Path, default=Path("out"))
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
