"""`make demo`: the real handler on a sample day, over HTTP, with nothing but this machine."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from local.screen import day_table, show_alert, show_files, step, unpriced_note


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the sample week and the sample day, and show what comes out."""
    parser = argparse.ArgumentParser(prog="python -m local.demo", description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out"), help="where the files go")
    out: Path = parser.parse_args(arguments).out
    console = Console()
    with step(console, "Loading the libraries"):
        from local import sample_week  # noqa: PLC0415  # takes seconds, which are shown
    messages = sample_week.run(console, out)
    day = sample_week.DAY
    console.print(day_table(out, day, sample_week.CONFIG))
    if note := unpriced_note(out, day):
        console.print(note)
    console.print()
    for message in messages:
        show_alert(console, message)
    show_files(console, out, day)
    console.print(f"The function's own log is in {(out / 'demo.log').as_posix()}.", highlight=False)


if __name__ == "__main__":
    main()
