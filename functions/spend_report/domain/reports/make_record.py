"""The day's record, made from its report."""

from collections.abc import Mapping
from decimal import Decimal
from itertools import islice

from spend_report.domain.basics.money import ZERO, percent, six_places, usd
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.prices.price_sources import Rates, Tokens
from spend_report.domain.record import summary_fields as typed
from spend_report.domain.record.history import PastDay
from spend_report.domain.record.summary_fields import SCHEMA, Record, encoded
from spend_report.domain.reports.day_report import DayReport
from spend_report.domain.reports.record_quality import data_quality, second_opinion
from spend_report.domain.reports.record_sums import features_of, hours_of

MOST_BYTES = 2_000_000
"""What a reader of a month of records can bear, and so the most that a record may have."""

# How many rows each list of details has at most. Where names are so long that a record would be
# too large all the same, the next fewer are taken.
_MOST_ROWS = (4_000, 1_000, 250, 60, 15)

MOST_SPIKES = 100
"""The most urgent of a day. Every later day reads them."""

_WORTH_A_WORD = Decimal("0.01")


def make_record(
    report: DayReport,
    *,
    reports: Mapping[str, str],
    files: Mapping[str, str],
    before: PastDay | None,
) -> bytes:
    """The record of `report`.

    `reports` says where each report lies, `files` has the SHA-256 of each file of the set by its
    name. `before` is the day as its record had it until now.
    """
    for most in _MOST_ROWS:
        body = encoded(_record(report, reports, files, before, most))
        if len(body) <= MOST_BYTES:
            break
    return body


def _record(
    report: DayReport,
    reports: Mapping[str, str],
    files: Mapping[str, str],
    before: PastDay | None,
    most: int,
) -> Record:
    day, figures, origin = report.day, report.figures, report.origin
    features = list(figures.features)
    return Record(
        schema=SCHEMA,
        date=day.date,
        complete=report.complete,
        timezone=origin.timezone,
        start=day.start,
        end=day.end,
        total=_total(figures),
        runs=typed.Runs(figures.fetched, figures.calls, dict(figures.left_out)),
        features=features_of(figures, most),
        hours=hours_of(figures, most),
        cost_by_price_source=_by_source(figures),
        cost_per_request={
            row.feature: typed.PerRequest(
                costs.count,
                six_places(costs.median),
                six_places(costs.p95),
                six_places(costs.maximum),
            )
            for row in features[:most]
            if (costs := figures.request_costs.get(row.feature))
        },
        data_quality=data_quality(figures, most),
        langsmith=second_opinion(figures, most),
        sampling={
            "calls": figures.sampling.calls,
            "share_of_calls_pct": percent(Decimal(figures.sampling.calls), Decimal(figures.calls)),
            "cost_usd": usd(figures.sampling.cost),
            "scaled_cost_usd": usd(figures.sampling.scaled_cost),
        },
        versions=typed.Versions(dict(origin.parameters), origin.catalogue),
        configuration=dict(islice(origin.configuration.items(), most)),
        prices_usd_per_million_tokens=_prices(figures, most),
        reports=dict(reports),
        files=dict(files),
        alerts=_alerts(report)[:most],
        notices=[
            typed.Notice(notice.key, notice.kind, notice.text) for notice in report.notices[:most]
        ],
        spikes=_spikes(report),
        history={
            "reported_days": [past.isoformat() for past in sorted(report.history.days)],
            "passed_over": dict(islice(report.history.passed_over.items(), most)),
        },
        usual=_usual(report),
        restated=_restated(figures.cost, before),
        omitted=_omitted(report, most),
    )


def _omitted(report: DayReport, most: int) -> dict[str, int]:
    """How many rows of which list there was no room for."""
    counts = {
        "alerts": len(report.breaches),
        "configuration": len(report.origin.configuration),
        "cost_per_request": len(report.figures.features),
        "notices": len(report.notices),
        "prices": len(report.figures.used_rates),
        "unpriced": len(report.figures.unpriced),
    }
    omitted = {name: count - most for name, count in counts.items()}
    omitted["spikes"] = len(report.spikes.found) - MOST_SPIKES
    return {name: count for name, count in omitted.items() if count > 0}


def _total(figures: DayFigures) -> typed.Total:
    rows = figures.features
    tokens = sum((hour.tokens for own in figures.hours.models.values() for hour in own), Tokens())
    return typed.Total(
        calls=figures.calls,
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cached_input_tokens=tokens.cache_read,
        cost_usd=six_places(figures.cost),
        exact_cost_usd=f"{figures.cost.normalize():f}",
        error_calls=sum(row.error_calls for row in rows),
        error_cost_usd=six_places(sum((row.error_cost for row in rows), ZERO)),
        tokens=typed.Tokens(
            input=tokens.input,
            cached_input=tokens.cache_read,
            cache_write=tokens.cache_write,
            cache_write_1h=tokens.cache_write_1h,
            output=tokens.output,
        ),
    )


def _alerts(report: DayReport) -> list[typed.Alert]:
    return [
        typed.Alert(
            key=breach.key,
            feature=breach.feature,
            period=breach.period,
            budget_usd=six_places(breach.budget),
            spent_usd=six_places(breach.spent),
            threshold=breach.threshold,
            severity=breach.severity,
        )
        for breach in report.breaches
    ]


def _spikes(report: DayReport) -> list[typed.Spike]:
    return [
        typed.Spike(
            key=spike.key,
            feature=spike.feature,
            what=spike.what,
            cost_usd=six_places(spike.cost),
            usual_usd=six_places(spike.usual_cost),
            times=spike.times,
            since=spike.since,
            severity=spike.severity,
        )
        for spike in report.spikes.found[:MOST_SPIKES]
    ]


def _usual(report: DayReport) -> typed.UsualCost | None:
    usual = report.usual
    return typed.UsualCost(usual.expected, usual.limit) if usual else None


def _prices(figures: DayFigures, most: int) -> list[dict[str, str]]:
    return [
        {
            "model": row.model,
            "provider": row.provider,
            "price_source": row.rates.source,
            "input": str(row.rates.input),
            "output": str(row.rates.output),
            "cache_read": str(row.rates.cache_read),
            "cache_write": str(row.rates.cache_write),
            "cache_write_1h": str(row.rates.cache_write_1h),
            **_audio(row.rates),
        }
        for row in figures.used_rates[:most]
    ]


def _audio(rates: Rates) -> dict[str, str]:
    """The prices of audio, where there are any."""
    prices = {
        "audio_input": rates.audio_input,
        "audio_cache_read": rates.audio_cache_read,
        "audio_output": rates.audio_output,
    }
    return {name: str(price) for name, price in prices.items() if price is not None}


def _by_source(figures: DayFigures) -> dict[str, Decimal]:
    sums: dict[str, Decimal] = {}
    for line in figures.lines:
        sums[line.price_source] = sums.get(line.price_source, ZERO) + line.cost
    return {source: six_places(cost) for source, cost in sorted(sums.items())}


def _restated(cost: Decimal, before: PastDay | None) -> typed.Restated | None:
    """What the day cost before it moved by more than a hundredth, and what has changed since.

    A rerun that changes nothing, or little, keeps the figure that an earlier one kept.
    """
    if before is None:
        return None
    previous: Decimal | None = before.exact_cost
    if abs(cost - before.exact_cost) <= _WORTH_A_WORD * before.exact_cost:
        previous = before.restated_from
    if previous is None:
        return None
    return typed.Restated(
        previous_cost_usd=six_places(previous),
        cost_usd=six_places(cost),
        change_usd=six_places(cost - previous),
        change_pct=percent(cost - previous, previous),
    )
