"""The week by feature against the week before, for stakeholders."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from msgspec import Struct, field

from spend_report.domain.basics.day import days_before
from spend_report.domain.basics.fair_shares import fitting
from spend_report.domain.basics.links import Links
from spend_report.domain.basics.money import ZERO, usd
from spend_report.domain.basics.wording import (
    days,
    dollars,
    plain,
    share,
    signed_dollars,
    things,
    wrapped,
)
from spend_report.domain.bills.bill_words import BillLine
from spend_report.domain.judgement.comparison import change_shown, totals
from spend_report.domain.judgement.driver_sentences import LEAST_CAUSE, causes
from spend_report.domain.judgement.drivers import Driver, compare
from spend_report.domain.messages.actions import by_owner, owners_among
from spend_report.domain.messages.alert_message import Message, attributes
from spend_report.domain.messages.machine_json import MOST_BYTES, short_name, size_of, why
from spend_report.domain.messages.week_spikes import spikes_as_data, spikes_in_lines
from spend_report.domain.record.history import History, PastDay

KIND = "weekly_digest"
WEEK = 7
_FEATURES_SHOWN = 8
_FEATURES_IN_JSON = 50
_NAME_WIDTH = 32
_CAUSES_SHOWN = 2
_MOVED = Fraction(1, 50)
"""Up to a fiftieth of the week's cost a change needs no explanation."""


class Digest(Struct, frozen=True):
    """An ISO week, Monday `start` to Sunday, beside the week before.

    `drivers` compare the weeks' costs, or their means per day where not the same number of days
    was reported in both (`per_day`). The missing days have no report. `bills` are the newest
    compared bills, `owners` those of the features that have one.
    """

    start: date
    days: Sequence[PastDay]
    days_before: Sequence[PastDay]
    missing: Sequence[date]
    missing_before: Sequence[date]
    drivers: Sequence[Driver]
    per_day: bool
    links: Links
    bills: Sequence[BillLine] = ()
    owners: Mapping[str, str] = field(default_factory=dict)

    @property
    def end(self) -> date:
        """The week's Sunday."""
        return self.start + timedelta(days=WEEK - 1)

    @property
    def week(self) -> int:
        """Its ISO number."""
        return self.start.isocalendar().week

    @property
    def key(self) -> str:
        """The same for the same week."""
        return f"digest/{self.name}/all"

    @property
    def week_before(self) -> int:
        """The ISO number of the one that it is compared with."""
        return (self.start - timedelta(days=1)).isocalendar().week

    @property
    def name(self) -> str:
        """As ISO 8601 writes it: `2026-W47`."""
        return f"{self.start.isocalendar().year}-W{self.week:02}"


def digest(
    sunday: date,
    history: History,
    links: Links,
    bills: Sequence[BillLine] = (),
    owners: Mapping[str, str] | None = None,
) -> Digest | None:
    """The week that ends with `sunday`, which is in `history` as the weeks before are.

    None if neither this week nor the one before had a call.
    """
    dates = days_before(sunday + timedelta(days=1), WEEK)
    dates_before = days_before(dates[0], WEEK)
    week, before = history.reported(dates), history.reported(dates_before)
    if not any(day.features for day in [*week, *before]):
        return None
    per_day = len(week) != len(before)
    return Digest(
        start=dates[0],
        days=week,
        days_before=before,
        missing=[day for day in dates if day not in history.days],
        missing_before=[day for day in dates_before if day not in history.days],
        drivers=compare(week, before, sunday, per_days=1 if per_day else len(week)),
        per_day=per_day,
        links=links,
        bills=bills,
        owners=owners or {},
    )


def compose_digest(digest: Digest) -> Message:
    """The digest for people and for machines."""
    by_cost = sorted(digest.drivers, key=lambda driver: (-driver.now.cost, driver.feature))
    cost, before = totals(digest.drivers)
    subject = f"LLM spend week {digest.week}: {dollars(_cost(digest.days))}{_holes(digest)}"
    if digest.days_before:
        by, unit = change_shown(cost, before)[0], " a day" if digest.per_day else ""
        up = f"{'up' if by > 0 else 'down'} {dollars(abs(by))}{unit}" if by else "as much"
        subject += f", {up} {'on' if by else 'as'} week {digest.week_before}"
    spikes, more_spikes = spikes_as_data(digest.days, digest.owners, MOST_BYTES // 4)
    data: dict[str, Any] = {
        "kind": KIND,
        "date": digest.end.isoformat(),
        "severity": "info",
        "week": digest.name,
        "cost_usd": usd(_cost(digest.days)),
        "cost_before_usd": usd(_cost(digest.days_before)),
        "missing_days": [day.isoformat() for day in (*digest.missing_before, *digest.missing)],
        "per_day": digest.per_day,
        "report": digest.links.report,
        "report_url": digest.links.report_console or None,
        "page_url": digest.links.page_console or None,
        "features": [],
        "bills": [line.text for line in digest.bills],
        "spikes": spikes,
        "omitted": {"features": len(by_cost), "spikes": more_spikes},
    }
    rows = [
        {
            "feature": short_name(driver.feature),
            "owner": short_name(digest.owners.get(driver.feature, "")),
            "why": why([driver], [str(cause) for cause in _causes(driver, cost)]),
        }
        for _, own in by_owner(by_cost[:_FEATURES_IN_JSON], by_cost, digest.owners)
        for driver in own
    ]
    kept = fitting(map(size_of, rows), MOST_BYTES - size_of(data))
    data["features"], data["omitted"]["features"] = rows[:kept], len(by_cost) - kept
    features = [driver.feature for driver in by_cost[:_FEATURES_IN_JSON]]
    return Message(
        subject=subject,
        text=_text(digest, by_cost),
        data=json.dumps(data),
        attributes=attributes(
            KIND, "info", digest.end, features, owners_among(features, digest.owners)
        ),
    )


def _holes(digest: Digest) -> str:
    """That the week's sum is a lower bound, where days of it have no report."""
    return f" on {len(digest.days)} of {WEEK} days" if digest.missing else ""


def _cost(week: Sequence[PastDay]) -> Decimal:
    return sum((day.cost for day in week), ZERO)


def _causes(driver: Driver, whole: Fraction) -> list[object]:
    return [*causes(driver)[:_CAUSES_SHOWN]] if abs(driver.change) > _MOVED * whole else []


def _text(digest: Digest, by_cost: Sequence[Driver]) -> str:
    """At most 8 features with their owners and two lines of causes each: 56 lines and two links."""
    span = f"{days(days_before(digest.end + timedelta(days=1), WEEK))} {digest.end.year}"
    spent = f"{dollars(_cost(digest.days))}{_holes(digest)}"
    lines = [f"LLM spend in week {digest.week}, {span}: {spent}."]
    if digest.missing:
        no_report = f"{days(digest.missing)} {'has' if len(digest.missing) == 1 else 'have'}"
        lines.append(f"{no_report} no report, so the week cost at least that.")
    if digest.missing_before and digest.days_before:
        lines.append(f"Week {digest.week_before} has no report of {days(digest.missing_before)}.")
    if not digest.days_before:
        lines.append(f"Nothing is reported of week {digest.week_before}.")
    cost, before = totals(digest.drivers)
    unit = " a day" if digest.per_day else ""
    weeks = [f"week {week}{unit}" for week in (digest.week, digest.week_before)]
    shown = by_cost[:_FEATURES_SHOWN]
    lines += ["", _row("", weeks[0], weeks[1], "change")]
    for owner, own in by_owner(shown, by_cost, digest.owners):
        indent = ""
        if digest.owners:
            whole = [one for one in by_cost if digest.owners.get(one.feature, "") == owner]
            name = plain(owner, _NAME_WIDTH) if owner else "without an owner"
            lines.append(_amounts(name, *totals(whole)))
            indent = "  "
        for driver in own:
            name = indent + plain(driver.feature, _NAME_WIDTH - len(indent))
            lines.append(_amounts(name, driver.now.cost, driver.before.cost))
            lines += [f"{indent}  {cause}" for cause in _causes(driver, cost)]
    if rest := by_cost[_FEATURES_SHOWN:]:
        lines.append(_amounts(things(len(rest), "more feature"), *totals(rest)))
    lines += [_amounts("all", cost, before), *_unexplained(shown, cost, unit), ""]
    lines += spikes_in_lines(digest.days, digest.owners)
    if bills := [part for line in digest.bills for part in wrapped(line.text)]:
        lines += ["Against the bills (UTC days):", *bills, ""]
    links = [url for url in (digest.links.page_console, digest.links.report_console) if url]
    lines += ["The last day's report:", *(f"  {url}" for url in links)] if links else []
    return "\n".join(lines).rstrip("\n") + "\n"


def _unexplained(shown: Sequence[Driver], whole: Fraction, unit: str) -> list[str]:
    """From where on a change has causes, where one that is shown has none."""
    moved = [one for one in shown if change_shown(one.now.cost, one.before.cost)[0]]
    if all(_causes(one, whole) for one in moved):
        return []
    least = f"{share(_MOVED)} of the week ({dollars(_MOVED * whole)}{unit})"
    told = f"Not named: causes of changes up to {least}, and causes up to {share(LEAST_CAUSE)} of "
    return wrapped(f"{told}their feature's cost.")


def _amounts(name: str, now: Fraction, before: Fraction) -> str:
    shown, places = change_shown(now, before)
    shift = signed_dollars(shown, places) if shown else dollars(shown)
    if before and shown:
        shift += f" ({share((now - before) / before)})"
    return _row(name, dollars(now), dollars(before), shift)


def _row(name: str, now: str, before: str, change: str) -> str:
    return f"{name:<{_NAME_WIDTH}} {now:>13} {before:>13} {change:>17}".rstrip()
