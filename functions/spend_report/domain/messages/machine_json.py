"""The alert as queues, functions and webhooks read it; `docs/alert.schema.json` describes it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from spend_report.domain.basics.fair_shares import fair_shares, fitting
from spend_report.domain.basics.money import usd
from spend_report.domain.basics.wording import upper_first
from spend_report.domain.figures.day_figures import Request
from spend_report.domain.judgement.comparison import drivers_of
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.messages.actions import costliest, owners_of, setting, to_do
from spend_report.domain.messages.news import (
    Alert,
    DayAlerts,
    Remark,
    items_of,
    newest_told,
    severity_of,
)
from spend_report.domain.messages.reasons import explanation, spike_reasons
from spend_report.domain.messages.sentences import sentence
from spend_report.domain.messages.spike_words import SpikeWords

KIND = "spend_alert"
NAME_WIDTH = 200
MOST_BYTES = 50 * 1024
"""As it lies in the SNS message, quotes escaped: four protocols get a copy of it, and SNS takes
256 KB in all. https://docs.aws.amazon.com/sns/latest/api/API_Publish.html"""

_WIDEST = 999_999
_FEATURES_SHOWN = 20
_TEXT_WIDTH = 2_000


def machine_json(news: Sequence[DayAlerts]) -> str:
    """The message as JSON in ASCII, at most `MOST_BYTES` when quoted again.

    If there is more to say than fits, each kind has its share, and the most urgent of it stays;
    the alerts' details come last. `omitted` counts what was left out.
    """
    message = _frame(news)
    items = items_of(news)
    alerts = [item for item in items if isinstance(item, Alert)]
    kinds = {
        "alerts": [_core(alert) for alert in alerts],
        "notices": [_notice(item) for item in items if isinstance(item, Remark)],
        "spikes": [_spike(day, one) for day in news for one in day.spikes],
    }
    room = MOST_BYTES - size_of(message)
    sizes = {kind: [size_of(entry) for entry in entries] for kind, entries in kinds.items()}
    shares = fair_shares({kind: sum(own) for kind, own in sizes.items()}, room)
    omitted = {}
    for kind, entries in kinds.items():
        kept = fitting(sizes[kind], shares[kind])
        message[kind] = entries[:kept]
        omitted[kind] = len(entries) - kept
        room -= sum(sizes[kind][:kept])
    details = [_details(alert) for alert in alerts[: len(message["alerts"])]]
    detailed = fitting(map(size_of, details), room)
    for entry, more in zip(message["alerts"][:detailed], details, strict=False):
        entry.update(more)
    message["omitted"] = {**omitted, "details": len(details) - detailed}
    return _dumps(message)


def _frame(news: Sequence[DayAlerts]) -> dict[str, Any]:
    """The message with nothing in its lists yet, and with counts as wide as they can get."""
    newest = newest_told(news)
    return {
        "kind": KIND,
        "date": newest.day.isoformat(),
        "severity": severity_of(news),
        "cost_usd": usd(newest.figures.cost),
        "calls": newest.figures.calls,
        "report": newest.links.report,
        "report_url": newest.links.report_console or None,
        "page_url": newest.links.page_console or None,
        "alerts": [],
        "notices": [],
        "spikes": [],
        "omitted": dict.fromkeys(("alerts", "details", "notices", "spikes"), _WIDEST),
    }


def _spike(on: DayAlerts, words: SpikeWords) -> dict[str, Any]:
    spike, feature = words.spike, words.spike.feature
    why_text = [line.strip() for line in spike_reasons(words, on)]
    return {
        "feature": None if feature is None else short_name(feature),
        "what": spike.what,
        "cost_usd": usd(spike.cost),
        "usual_usd": usd(spike.usual_cost),
        "times": None if spike.times is None else float(spike.times),
        "since": spike.since and spike.since.isoformat(),
        "severity": spike.severity,
        "date": spike.day.isoformat(),
        "owner": short_name(on.owners.get(feature or "", "")),
        "level_since": spike.level_since and spike.level_since.isoformat(),
        "text": words.sentence,
        "add": words.add or None,
        "why": why([own for own in on.drivers if feature in {None, own.feature}], why_text),
        "top_requests": [_request(request) for request in costliest(on.figures, feature)],
    }


def _dumps(value: Mapping[str, Any]) -> str:
    return json.dumps(value, separators=(",", ":"))


def short_name(name: str) -> str:
    """`name` as it is, unless it is so long that a message could not carry many of them."""
    return name if len(name) <= NAME_WIDTH else f"{name[: NAME_WIDTH - 1]}…"


def size_of(value: Mapping[str, Any]) -> int:
    """Bytes of `value` as JSON inside a JSON string, with a comma."""
    return len(json.dumps(_dumps(value)))


def _core(alert: Alert) -> dict[str, Any]:
    breach = alert.breach
    return {
        "feature": None if breach.feature is None else short_name(breach.feature),
        "period": breach.period,
        "budget_usd": usd(breach.budget),
        "spent_usd": usd(breach.spent),
        "over_usd": usd(breach.over),
        "threshold": None if breach.threshold is None else float(breach.threshold),
        "severity": breach.severity,
        "date": breach.day.isoformat(),
        "owner": "".join(map(short_name, owners_of([alert]))),
    }


def _details(alert: Alert) -> dict[str, Any]:
    breach, forecast = alert.breach, alert.breach.forecast
    why_text = [line.strip() for line in explanation(breach, alert.on).lines]
    return {
        "text": sentence(breach),
        "to_do": upper_first(to_do(breach, alert.on)),
        "period_start": breach.period_start.isoformat(),
        "period_end": breach.period_end.isoformat(),
        "since": breach.since.isoformat(),
        "missing_days": [day.isoformat() for day in breach.missing],
        "forecast": forecast
        and {
            "projected_usd": usd(forecast.projected),
            "estimate_usd": None if forecast.estimate is None else usd(forecast.estimate),
            "pace_usd": usd(forecast.pace),
            "pace_days": len(forecast.pace_over),
            "runs_out": forecast.runs_out and forecast.runs_out.isoformat(),
        },
        "parameter": breach.parameter,
        "setting": setting(breach),
        "why": why(drivers_of(breach, alert.on.drivers), why_text),
        "top_requests": [
            _request(request) for request in costliest(alert.on.figures, breach.feature)
        ],
    }


def why(drivers: Sequence[Driver], text: Sequence[str]) -> dict[str, Any] | None:
    """The sum of `drivers` as amounts that add up, and in words; None without any."""
    if not drivers:
        return None
    rows = [driver.amounts for driver in drivers]
    sums = {f"{name}_usd": usd(sum(getattr(row, name) for row in rows)) for name in rows[0]._fields}
    baseline = drivers[0].baseline
    return {
        **sums,
        "baseline_days": len(baseline),
        "baseline_from": baseline[0].isoformat() if baseline else None,
        "baseline_to": baseline[-1].isoformat() if baseline else None,
        "text": text,
    }


def _request(request: Request) -> dict[str, Any]:
    return {
        "trace_id": request.trace_id,
        "root_name": short_name(request.root_name),
        "calls": request.calls,
        "cost_usd": usd(request.cost),
        "url": request.url,
    }


def _notice(remark: Remark) -> dict[str, Any]:
    notice = remark.notice
    return {
        "kind": notice.kind,
        "text": notice.text[:_TEXT_WIDTH],
        "date": notice.day.isoformat(),
        "calls": notice.calls,
        "at_stake_usd": usd(notice.cost),
        "features": [short_name(feature) for feature in notice.features[:_FEATURES_SHOWN]],
        "more_features": len(notice.features[_FEATURES_SHOWN:]),
        "owners": [short_name(owner) for owner in owners_of([remark])[:_FEATURES_SHOWN]],
        "add": notice.add or None,
    }
