"""Logs and metrics: the health of the job, and the day's figures for dashboards.

Metrics are EMF lines in the log: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format.html
Health is stamped now, because alarms look at the present; figures are stamped with the middle
of the reported day, because dashboards ask what that day cost.
"""

import os
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from hashlib import sha256

from aws_lambda_powertools import Logger
from aws_lambda_powertools.metrics import EphemeralMetrics, MetricUnit

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.names import UNTAGGED
from spend_report.domain.basics.wording import ascii_only
from spend_report.domain.bills.compare import DayComparison
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.reports.day_report import DayReport

NAMESPACE = "SpendReport"
SERVICE = os.environ.get("POWERTOOLS_SERVICE_NAME") or "spend-report"
_TOP_FEATURES = 10
_LONGEST_DIMENSION = 250
# CloudWatch drops what is older than two weeks or two hours ahead:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html
_OLDEST, _NEWEST = timedelta(days=14), timedelta(hours=-2)

logger = Logger(service=SERVICE)


class Telemetry:
    """An `Observer` that logs and emits metrics. `seconds` tells how long the job has taken."""

    def __init__(self, *, seconds: Callable[[], float], now: Callable[[], datetime]) -> None:
        self._seconds = seconds
        self._now = now

    def breached(self, budgets: int) -> None:
        """Counted at once: should the run fail later, its retry tells nothing again."""
        metrics = _metrics()
        metrics.add_metric("BudgetBreaches", MetricUnit.Count, budgets)
        metrics.flush_metrics()

    def warned(self, things: int, *, budgets: int) -> None:
        """Counted at once, and only where there is something: a metric costs by the hour."""
        if things:
            metrics = _metrics()
            metrics.add_metric("GuardWarnings", MetricUnit.Count, things)
            metrics.flush_metrics()
        if budgets:
            self.breached(budgets)

    def looked(self, look: Mapping[str, object]) -> None:
        """Log what the guard saw."""
        logger.info("running day judged", look=dict(look))

    def passed_over(self, objects: Mapping[str, str]) -> None:
        """Log what lies in the place of a record and is none, with the reason, by its key."""
        if objects:
            logger.warning("records passed over", objects=dict(objects))

    def reported(self, report: DayReport, *, scheduled: bool) -> None:
        """Log the report and its figures; `ReportsWritten`, the sign of life, comes last."""
        figures, seconds = report.figures, self._seconds()
        logger.info(
            "report written",
            report={
                "date": figures.date.isoformat(),
                "cost_usd": f"{figures.cost:f}",
                "calls": figures.calls,
                "features": len(figures.features),
                "fetched": figures.fetched,
                "left_out": dict(figures.left_out),
                "breaches": len(report.breaches),
                "spikes": [spike.key for spike in report.spikes.found],
                "notices": [notice.kind for notice in report.notices],
                "complete": report.complete,
                "records_passed_over": dict(report.history.passed_over),
                "seconds": round(seconds, 3),
            },
        )
        noon = report.day.start + (report.day.end - report.day.start) / 2
        if report.complete and _NEWEST < self._now() - noon < _OLDEST:
            _emit_figures(report, noon)
        health = _metrics()
        health.add_metric("RunsFetched", MetricUnit.Count, figures.fetched)
        health.add_metric("ReportSeconds", MetricUnit.Seconds, seconds)
        health.add_metric("ReportsWritten", MetricUnit.Count, 1)
        if scheduled:
            health.add_metric("ScheduledReports", MetricUnit.Count, 1)
        health.flush_metrics()

    def compared(self, found: DayComparison) -> None:
        """Log what each provider billed, and emit it, stamped with the middle of its UTC day."""
        for each in found.comparisons:
            share = each.explained_share
            say = logger.warning if each.reason else logger.info
            say(
                "bill not compared" if each.reason else "bill compared",
                bill={
                    "date": found.day.isoformat(),
                    "provider": each.provider,
                    "reason": each.reason,
                    "billed_usd": f"{each.billed:f}",
                    "estimated_usd": f"{each.estimated:f}",
                    "gap_usd": f"{each.gap:f}",
                },
            )
            noon = datetime.combine(found.day, time(12), UTC)
            if each.reason or not _NEWEST < self._now() - noon < _OLDEST:
                continue
            bill = _metrics(noon)
            bill.add_dimension("provider", each.provider)
            bill.add_metric("BilledUSD", MetricUnit.NoUnit, float(each.billed))
            if share is not None:
                bill.add_metric("ExplainedPercent", MetricUnit.Percent, float(share * 100))
            bill.flush_metrics()


def _emit_figures(report: DayReport, stamp: datetime) -> None:
    figures = report.figures
    untagged = figures.feature(UNTAGGED)
    day = _metrics(stamp)
    day.add_metric("CostUSD", MetricUnit.NoUnit, float(figures.cost))
    day.add_metric("Calls", MetricUnit.Count, figures.calls)
    tokens = sum(row.input_tokens + row.output_tokens for row in figures.features)
    day.add_metric("Tokens", MetricUnit.Count, tokens)
    share = _percent(untagged.cost if untagged else ZERO, figures.cost)
    day.add_metric("UntaggedSharePercent", MetricUnit.Percent, share)
    unpriced = sum(row.unpriced_calls for row in figures.features)
    day.add_metric("Spikes", MetricUnit.Count, len(report.spikes.found))
    day.add_metric("UnpricedCalls", MetricUnit.Count, unpriced)
    day.add_metric("LangSmithDriftPercent", MetricUnit.Percent, _drift(figures))
    day.flush_metrics()
    for row in figures.features[:_TOP_FEATURES]:
        feature = _metrics(stamp)
        feature.add_dimension("feature", series_name(row.feature))
        feature.add_metric("FeatureCostUSD", MetricUnit.NoUnit, float(row.cost))
        budget = report.budgets.of(row.feature)
        if budget is not None and budget.daily:
            used = _percent(row.cost, budget.daily)
            feature.add_metric("FeatureBudgetUsedPercent", MetricUnit.Percent, used)
        feature.flush_metrics()


def series_name(feature: str) -> str:
    """The name of a feature's series. CloudWatch takes ASCII only, and drops what has more.

    A name that had to be changed for that ends in digits of its hash, so that two stay two.
    """
    shown = ascii_only(feature, _LONGEST_DIMENSION - 9)
    if shown == feature:
        return shown
    return f"{shown} {sha256(feature.encode()).hexdigest()[:8]}"


def _metrics(stamp: datetime | None = None) -> EphemeralMetrics:
    metrics = EphemeralMetrics(namespace=NAMESPACE, service=SERVICE)
    if stamp is not None:
        metrics.set_timestamp(stamp)
    return metrics


def _drift(figures: DayFigures) -> float:
    ours = sum((model.ours for model in figures.drift), ZERO)
    theirs = sum((model.langsmith for model in figures.drift), ZERO)
    return _percent(ours - theirs, theirs)


def _percent(part: Decimal, whole: Decimal) -> float:
    return float(part * 100 / whole) if whole else 0.0
