"""Days made of a few lines, for tests about what follows from a day's figures."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from spend_report.domain.basics.links import Links
from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.places import Places
from spend_report.domain.config.budgets import Budget, Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.figures.day_figures import (
    DataQuality,
    DayFigures,
    FeatureSpend,
    ModelSpend,
    Request,
    Sampling,
    SpendLine,
    UntaggedPath,
)
from spend_report.domain.figures.hours import FeatureHour, Hours, ModelHour
from spend_report.domain.judgement.breaches import breaches
from spend_report.domain.judgement.drivers import explain
from spend_report.domain.messages.news import DayAlerts
from spend_report.domain.notices.notices import notices
from spend_report.domain.prices.price_sources import Tokens
from spend_report.domain.record.history import History, PastDay

PARAMETER = "/llm-spend/prod/budgets/initial"


def line(
    feature: str,
    cost: str,
    *,
    model: str = "gpt-4o",
    calls: int = 10,
    tokens: tuple[int, int] = (1000, 100),
    cached: int = 0,
) -> SpendLine:
    """The calls of `feature` on `model`; `tokens` are (input, output)."""
    return SpendLine(
        project="app",
        feature=feature,
        dimensions=(),
        provider="openai",
        model=model,
        price_source="parameter",
        calls=calls,
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cached_input_tokens=cached,
        cost=Decimal(cost),
        langsmith_cost=ZERO,
    )


def day(date_: str, *lines: SpendLine, **more: Any) -> DayFigures:
    """The figures of the day `date_`; `more` replaces what is empty by default."""
    defaults: dict[str, Any] = {
        "untagged": (),
        "top_requests": (),
        "request_costs": {},
        "unpriced": (),
        "drift": (),
        "sampling": Sampling(),
        "quality": DataQuality(),
        "left_out": {"wrapper": 0, "unreadable": 0},
        "models": _models(lines),
        "hours": _hours(date.fromisoformat(date_), lines),
    }
    features = _features(lines)
    return DayFigures(
        date=date.fromisoformat(date_),
        features=sorted(features, key=lambda row: (-row.cost, row.feature)),
        lines=lines,
        fetched=sum(row.calls for row in features),
        **(defaults | more),
    )


def past(
    date_: str, *lines: SpendLine, notices: Iterable[str] = (), alerts: Iterable[str] = ()
) -> PastDay:
    """A reported day before."""
    return PastDay(
        date=date.fromisoformat(date_),
        features={row.feature: row for row in _features(lines)},
        models=_models(lines),
        notices=dict.fromkeys(notices, ""),
        alerts=frozenset(alerts),
    )


def history(*days: PastDay) -> History:
    """The days as history."""
    return History({day.date: day for day in days})


def same_days(until: str, count: int, *lines: SpendLine) -> History:
    """`count` days with the same lines, the last of them the day before `until`."""
    last = date.fromisoformat(until)
    days = [last - timedelta(days=back) for back in range(count, 0, -1)]
    return history(*(past(day.isoformat(), *lines) for day in days))


def budget(
    daily: str | None = None,
    weekly: str | None = None,
    monthly: str | None = None,
    alert_at: Sequence[str] | None = None,
    path: str = "features.rag",
) -> Budget:
    """A budget of amounts as text; `path` is its place in its document."""
    return Budget(
        daily=Decimal(daily) if daily else None,
        weekly=Decimal(weekly) if weekly else None,
        monthly=Decimal(monthly) if monthly else None,
        alert_at=tuple(Decimal(at) for at in alert_at) if alert_at else None,
        parameter=PARAMETER,
        path=path,
    )


def request(feature: str, cost: str, name: str, number: int = 1) -> Request:
    """One of the costliest requests."""
    trace_id = f"00000000-0000-7000-8000-{number:012}"
    project = "https://smith.langchain.com/o/1f0c3a52/projects/p/7d0e2b11"
    return Request(
        project="app",
        feature=feature,
        trace_id=trace_id,
        root_name=name,
        calls=number,
        input_tokens=1000,
        output_tokens=100,
        cost=Decimal(cost),
        url=f"{project}/r/{trace_id}?poll=true",
    )


def path(run_name: str, root_name: str, cost: str) -> UntaggedPath:
    """A code path without a feature."""
    return UntaggedPath("app", root_name, run_name, "", "gpt-4o", 1, Decimal(cost))


def news(figures: DayFigures, before: History, budgets: Budgets) -> DayAlerts:
    """All that there is to say about `figures`."""
    where = f"dt={figures.date}/%s_{figures.date}"
    return DayAlerts(
        figures=figures,
        drivers=explain(figures, before),
        breaches=breaches(figures, before, budgets),
        notices=notices(
            figures,
            before,
            budgets=budgets,
            register=FeatureRegister(),
            untagged_limit=Decimal("0.10"),
            where=Places("/llm-spend/prod", [PARAMETER]),
        ),
        links=Links(
            report=f"s3://llm-reports/spend_by_feature/{where % 'spend_by_feature'}.csv",
            page=f"s3://llm-reports/report/{where % 'report'}.html",
            region="eu-central-1",
        ),
        history=before,
        where=Places("/llm-spend/prod", [PARAMETER]),
    )


def _models(lines: Iterable[SpendLine]) -> list[ModelSpend]:
    return [
        ModelSpend(
            row.feature,
            row.model,
            row.calls,
            row.input_tokens,
            row.output_tokens,
            row.cost,
            row.cached_input_tokens,
        )
        for row in lines
    ]


def _hours(day_: date, lines: Iterable[SpendLine]) -> Hours:
    """A day of which everything happened in the first hour."""
    starts = [datetime.combine(day_, time(hour), UTC) for hour in range(24)]
    features: dict[str, list[FeatureHour]] = {}
    models: dict[tuple[str, str], list[ModelHour]] = {}
    for row in lines:
        feature = features.setdefault(row.feature, [FeatureHour()] * 24)
        feature[0] = FeatureHour(feature[0].calls + row.calls, feature[0].cost + row.cost)
        model = models.setdefault((row.provider, row.model), [ModelHour()] * 24)
        tokens = Tokens(row.input_tokens, row.output_tokens, row.cached_input_tokens)
        model[0] = ModelHour(
            model[0].calls + row.calls, model[0].tokens + tokens, model[0].cost + row.cost
        )
    return Hours(starts, features, models)


def _features(lines: Iterable[SpendLine]) -> list[FeatureSpend]:
    by_feature: dict[str, list[SpendLine]] = {}
    for row in lines:
        by_feature.setdefault(row.feature, []).append(row)
    return [
        FeatureSpend(
            feature=feature,
            calls=sum(row.calls for row in rows),
            input_tokens=sum(row.input_tokens for row in rows),
            output_tokens=sum(row.output_tokens for row in rows),
            cached_input_tokens=sum(row.cached_input_tokens for row in rows),
            cost=sum((row.cost for row in rows), ZERO),
            unpriced_calls=0,
            error_calls=0,
        )
        for feature, rows in by_feature.items()
    ]
