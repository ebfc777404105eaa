"""The spikes of a week, as its digest tells them."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from spend_report.domain.basics.fair_shares import fitting
from spend_report.domain.basics.money import usd
from spend_report.domain.basics.wording import short_day, things, wrapped
from spend_report.domain.messages.machine_json import short_name, size_of
from spend_report.domain.messages.spike_words import in_short
from spend_report.domain.record.history import PastDay, PastSpike

_MOST_IN_TEXT = 5
_MOST_IN_JSON = 20


def spikes_in_lines(days: Sequence[PastDay], owners: Mapping[str, str]) -> list[str]:
    """What was far above its usual on `days`, as a paragraph; empty where nothing was."""
    spikes = _of_week(days)
    lines = []
    for day, spike in spikes[:_MOST_IN_TEXT]:
        owner = owners.get(spike.feature or "", "")
        lines += wrapped(f"{short_day(day)} {in_short(spike, owner)}", "  ")
    if more := len(spikes[_MOST_IN_TEXT:]):
        lines.append(f"  ... and {things(more, 'more spike')}, not shown here")
    return ["Far above the usual:", *lines, ""] if lines else []


def spikes_as_data(
    days: Sequence[PastDay], owners: Mapping[str, str], room: int
) -> tuple[list[dict[str, Any]], int]:
    """The same for machines in at most `room` bytes, and how many there was no room for."""
    spikes = _of_week(days)
    rows = [
        {
            "date": day.isoformat(),
            "feature": None if spike.feature is None else short_name(spike.feature),
            "owner": short_name(owners.get(spike.feature or "", "")),
            "what": spike.what,
            "cost_usd": usd(spike.cost),
            "usual_usd": usd(spike.usual_cost),
            "times": None if spike.times is None else float(spike.times),
        }
        for day, spike in spikes[:_MOST_IN_JSON]
    ]
    kept = fitting(map(size_of, rows), room)
    return rows[:kept], len(spikes) - kept


def _of_week(days: Sequence[PastDay]) -> list[tuple[date, PastSpike]]:
    """The largest excess first; all features together only where it was none of them alone."""
    found = [
        (day.date, spike)
        for day in days
        for spike in day.spikes
        if spike.feature is not None or all(one.feature is None for one in day.spikes)
    ]
    return sorted(found, key=lambda own: (own[1].usual_cost - own[1].cost, own[0]))
