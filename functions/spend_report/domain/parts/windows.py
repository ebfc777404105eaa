"""The windows that a day is read in."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from math import ceil
from typing import NamedTuple

from spend_report.domain.basics.day import ReportDay


class Window(NamedTuple):
    """The part `start <= t < end` of a day, of which no other window has any."""

    start: datetime
    end: datetime


def even_windows(
    day: ReportDay, runs: Sequence[float], *, fewest: int, most_runs: float
) -> list[Window]:
    """Windows of about equal numbers of runs: at least `fewest`, each of at most `most_runs`.

    `runs` is about how many there are in each of as many equal spans of `day`.
    """
    total = sum(runs)
    count = max(fewest, ceil(total / most_runs))
    span = (day.end - day.start) / len(runs)
    # A span without runs has to have some length all the same.
    weights = [own + (total or 1) * 1e-6 for own in runs]
    share, edges, before = sum(weights) / count, [day.start], 0.0
    for place, weight in enumerate(weights):
        while len(edges) < count and share * len(edges) < before + weight:
            within = (share * len(edges) - before) / weight
            edges.append(day.start + span * (place + within))
        before += weight
    return [Window(*pair) for pair in pairwise([*edges, day.end]) if pair[0] < pair[1]]


def cover(day: ReportDay, windows: Sequence[Window]) -> bool:
    """Whether `windows` follow each other from the begin of `day` to its end."""
    edges = [(day.start, day.start), *sorted(windows), (day.end, day.end)]
    return all(earlier[1] == later[0] for earlier, later in pairwise(edges))
