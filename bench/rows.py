"""Lines of the bench's table."""

from dataclasses import dataclass
from statistics import median

from bench.processes import Measured

MB = 1_000_000


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table. `met` is None where there is no goal."""

    what: str
    measured: str
    goal: str = ""
    met: bool | None = None


def times(what: str, ratio: float, most: float) -> Row:
    """A ratio that has an upper bound."""
    return Row(what, f"{ratio:.2f} times", f"at most {most:g} times", ratio <= most)


def at_most(what: str, measured: int, most: int) -> Row:
    """A number that has an upper bound."""
    return Row(what, f"{measured:,}", f"at most {most:,}", measured <= most)


def median_ratio(what: str, pairs: list[tuple[float, float]], *, least: float) -> Row:
    """The median of the ratios of pairs that followed each other, theirs and ours."""
    found = median(theirs / ours for theirs, ours in pairs)
    theirs, ours = (median(seconds) for seconds in zip(*pairs, strict=True))
    return Row(
        what,
        f"{found:.2f} times ({theirs:.2f} s / {ours:.2f} s)",
        f"at least {least:g} times",
        found >= least,
    )


def memory(result: Measured, base: Measured, most: int | None) -> Row:
    """The most memory of a report, `most` in megabytes, and what each run takes of it."""
    per_run = (result.peak_bytes - base.peak_bytes) / result.runs
    return Row(
        f"handler, {result.runs:,} runs: peak memory",
        f"{in_megabytes(result)}, {per_run:,.0f} bytes a run",
        f"at most {most} MB" if most else "",
        result.peak_bytes <= most * MB if most else None,
    )


def in_megabytes(result: Measured) -> str:
    """The most memory of a process."""
    return f"{result.peak_bytes / MB:.0f} MB"
