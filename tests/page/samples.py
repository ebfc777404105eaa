"""Days to make a page of. Everything is derived from literals; nothing is random."""

from collections.abc import Mapping, Sequence
from copy import replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.places import Places
from spend_report.domain.config.budgets import Budget, Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.figures.day_figures import (
    DataQuality,
    DayFigures,
    FeatureSpend,
    ModelDrift,
    ModelSpend,
    Request,
    RequestCosts,
    Sampling,
    SpendLine,
    UnpricedModel,
    UntaggedPath,
)
from spend_report.domain.judgement.breaches import breaches
from spend_report.domain.judgement.drivers import explain
from spend_report.domain.judgement.spikes import find_spikes
from spend_report.domain.notices.notices import notices
from spend_report.domain.record.history import History, PastDay, PastSpike, UsualCost
from spend_report.domain.reports.day_report import DayReport, Origin

DAY = date(2026, 11, 21)
GAPS = (date(2026, 11, 3), date(2026, 11, 4))
HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
RIGHT_TO_LEFT = "\u202e\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd\u202c"
EMOJI = "👩‍👩‍👧‍👦 family 🏳️‍🌈"
LONG = "x" * 10_000

type Row = tuple[str, str, int, int, int, str]
"""Feature, model, calls, input tokens, output tokens, US dollars."""

DEMO: Sequence[Row] = (
    ("rag-search", "gpt-4o", 180, 700_000, 120_000, "2.050000"),
    ("rag-search", "gpt-4o-mini", 232, 124_310, 72_440, "0.231234"),
    ("agent-copilot", "claude-3-5-sonnet-20241022", 118, 603_200, 411_820, "4.170600"),
    ("summarizer", "gpt-4o-mini", 87, 198_400, 44_100, "0.301275"),
    ("email-drafts", "mistral-next", 6, 9_100, 8_200, "0"),
    ("email-drafts", "gpt-4o-mini", 28, 33_000, 30_000, "0.112290"),
    ("untagged", "gpt-4o", 19, 31_200, 12_800, "0.206000"),
)
_QUIET: Sequence[Row] = (
    ("rag-search", "gpt-4o", 90, 150_000, 40_000, "0.775000"),
    ("rag-search", "gpt-4o-mini", 270, 140_000, 80_000, "0.269000"),
    ("agent-copilot", "claude-3-5-sonnet-20241022", 120, 600_000, 400_000, "3.900000"),
    ("summarizer", "gpt-4o-mini", 120, 270_000, 60_000, "0.400000"),
    ("email-drafts", "gpt-4o-mini", 30, 36_000, 30_000, "0.120000"),
    ("untagged", "gpt-4o", 20, 30_000, 13_000, "0.205000"),
)
TEAM, BASE = "/llm-spend/demo/budgets/team", "/llm-spend/demo/budgets/base"
BUDGETS = Budgets(
    features={
        "rag-search": Budget(Decimal("2.00"), None, None, None, TEAM, "features.rag-search"),
        "agent-copilot": Budget(
            Decimal(5), None, Decimal(120), None, TEAM, "features.agent-copilot"
        ),
        "summarizer": Budget(Decimal("0.50"), None, None, None, TEAM, "features.summarizer"),
    },
    default=Budget(Decimal(1), None, None, None, BASE, "default"),
    total=Budget(Decimal(10), None, Decimal(150), None, BASE, "total"),
)
ORIGIN = Origin(
    timezone="Europe/Berlin",
    parameters={"/llm-spend/demo/pricing/base": 3, "/llm-spend/demo/budgets/team": 12},
    catalogue="genai-prices 0.2.3",
)
REPORTS = ("spend_by_feature", "spend_detail", "untagged", "top_requests", "drivers")
LINKS = {report: f"https://console.example/{report}?day=2026-11-21&x=1" for report in REPORTS}


def demo() -> DayReport:
    """Five features, one over its budget, an unpriced model, two days without a report."""
    return report(
        DEMO,
        {
            day: _scaled(_QUIET, Decimal(80 + (day.toordinal() * 7) % 41) / 100)
            for back in range(1, 30)
            if (day := DAY - timedelta(days=back)) not in GAPS
        },
        BUDGETS,
    )


def spiky() -> DayReport:
    """What was usual for each day, a day three times as dear, and today's feature above its own."""
    found = demo()
    days = dict(found.history.days)
    dear = days[DAY - timedelta(days=8)]
    costs = {name: replace(row, cost=3 * row.cost) for name, row in dear.features.items()}
    days[dear.date] = replace(
        dear,
        features=costs,
        spikes=[PastSpike("rag-search", "cost", Decimal("3.1"), Decimal("1.1"), Decimal("2.8"))],
    )
    usual = UsualCost(Decimal(5), Decimal(8))
    for back in range(1, 23):
        if (day := DAY - timedelta(days=back)) in days:
            days[day] = replace(days[day], usual=usual)
    history = History(days)
    return replace(
        found, history=history, spikes=find_spikes(found.figures, history, floor=Decimal(1))
    )


def crowd() -> DayReport:
    """Sixty features over thirty days, with long names, and every list full."""
    names = [f"team-{number % 7}/product-feature-with-a-name-{number:02}" for number in range(60)]
    rows = [
        (name, model, 40 + number, 90_000 + number, 9_000, f"{Decimal(61 - number) / 7:.6f}")
        for number, name in enumerate(names)
        for model in ("gpt-4o", "claude-3-5-sonnet-20241022")
    ]
    past = {
        DAY - timedelta(days=back): _scaled(rows, Decimal(70 + back) / 100) for back in range(1, 30)
    }
    budget = Budget(Decimal(2), Decimal(9), Decimal(60), None, BASE, "total")
    return report(rows, past, Budgets(default=budget, total=budget))


def hostile() -> DayReport:
    """Strangers' metadata at its worst, in every place where it gets onto the page."""
    rows = [
        (HOSTILE, HOSTILE, 9, 9_000, 900, "3.100000"),
        (LONG, LONG, 9, 9_000, 900, "2.000000"),
        (RIGHT_TO_LEFT, RIGHT_TO_LEFT, 9, 9_000, 900, "1.000000"),
        (EMOJI, EMOJI, 9, 9_000, 900, "0.900000"),
        (
            "ze\u0301" + "\u0336\u0353\u0300" * 300,
            "line\nbreak\x00\x1b[31m",
            1,
            100,
            10,
            "0.000001",
        ),
        ("{{ 7 * 7 }}</style>", "</svg></title>", 1, 100, 10, "0.500000"),
        ("untagged", HOSTILE, 9, 9_000, 900, "0.400000"),
    ]
    past = {DAY - timedelta(days=back): _scaled(rows, Decimal("0.4")) for back in range(1, 8)}
    budget = Budget(Decimal(1), None, Decimal(9), None, HOSTILE, HOSTILE)
    names = report(rows, past, Budgets(default=budget, total=budget), stranger=HOSTILE)
    return replace(names, owners={HOSTILE: HOSTILE, LONG: LONG, EMOJI: RIGHT_TO_LEFT})


def first_day() -> DayReport:
    """The day after the deployment: no history, no budget."""
    return report(DEMO[:3], {}, Budgets())


def empty() -> DayReport:
    """A day without a call."""
    return report([], {}, Budgets())


def report(
    rows: Sequence[Row],
    past: Mapping[date, Sequence[Row]],
    budgets: Budgets,
    stranger: str = "answer",
) -> DayReport:
    """A page's report: figures of `rows`, everything else as the service makes it."""
    figures = _figures(rows, stranger)
    history = History({day: _past_day(day, day_rows) for day, day_rows in past.items()})
    return DayReport(
        day=ReportDay.of(DAY, ZoneInfo("Europe/Berlin")),
        figures=figures,
        history=history,
        budgets=budgets,
        drivers=explain(figures, history),
        breaches=breaches(figures, history, budgets),
        notices=notices(
            figures,
            history,
            budgets=budgets,
            register=FeatureRegister(),
            untagged_limit=Decimal("0.10"),
            where=Places("/llm-spend/demo"),
        ),
        origin=ORIGIN,
        links=LINKS,
        feature_key="feature",
        where=Places("/llm-spend/demo"),
    )


def _scaled(rows: Sequence[Row], by: Decimal) -> list[Row]:
    return [
        (
            feature,
            model,
            int(calls * by) or 1,
            int(given * by),
            int(made * by),
            f"{Decimal(cost) * by:.6f}",
        )
        for feature, model, calls, given, made, cost in rows
    ]


def _features(rows: Sequence[Row]) -> list[FeatureSpend]:
    sums: dict[str, FeatureSpend] = {}
    for feature, model, calls, given, made, cost in rows:
        before = sums.get(feature) or FeatureSpend(feature, 0, 0, 0, 0, Decimal(0), 0, 0)
        sums[feature] = FeatureSpend(
            feature,
            before.calls + calls,
            before.input_tokens + given,
            before.output_tokens + made,
            0,
            before.cost + Decimal(cost),
            before.unpriced_calls + (calls if model == "mistral-next" else 0),
            0,
        )
    return sorted(sums.values(), key=lambda row: (-row.cost, row.feature))


def _past_day(day: date, rows: Sequence[Row]) -> PastDay:
    return PastDay(day, {row.feature: row for row in _features(rows)}, _models(rows))


def _models(rows: Sequence[Row]) -> list[ModelSpend]:
    return [
        ModelSpend(feature, model, calls, given, made, Decimal(cost))
        for feature, model, calls, given, made, cost in rows
    ]


def _figures(rows: Sequence[Row], stranger: str) -> DayFigures:
    features = _features(rows)
    calls = sum(row.calls for row in features)
    costs = {row.feature: row.cost / max(1, row.calls // 3) for row in features}
    return DayFigures(
        date=DAY,
        features=features,
        lines=[
            SpendLine(
                "my-app",
                feature,
                ("prod", "pro"),
                "",
                model,
                "unpriced" if model == "mistral-next" else "parameter",
                calls_,
                given,
                made,
                0,
                Decimal(cost),
                Decimal(cost),
            )
            for feature, model, calls_, given, made, cost in rows
        ],
        untagged=[
            UntaggedPath(
                "my-app", stranger, f"ChatOpenAI {number}", "agent", "gpt-4o", 4, Decimal("0.04")
            )
            for number in range(8)
        ]
        if "untagged" in costs
        else [],
        top_requests=[
            Request(
                "my-app",
                row.feature,
                f"019ab2c4-7d1e-7000-8000-{number:012x}",
                stranger,
                7,
                12_000,
                1_900,
                row.cost / (number + 4),
                f"https://smith.langchain.com/o/1/projects/p/2/r/{number:08x}?a=1&b=2"
                if number % 5
                else "javascript:alert(3)",
            )
            for number, row in enumerate([*features, *features])
        ],
        request_costs={
            feature: RequestCosts(count=40, median=cost, p95=cost * 3, maximum=cost * 5)
            for feature, cost in costs.items()
        },
        unpriced=[
            UnpricedModel(model, "", calls_, given, made, (feature,))
            for feature, model, calls_, given, made, _ in rows
            if model == "mistral-next"
        ],
        drift=[ModelDrift("gpt-4o", Decimal("2.256"), Decimal("2.24"))] if rows else [],
        sampling=Sampling(),
        quality=DataQuality(error_calls=3, pending_calls=1) if rows else DataQuality(),
        fetched=calls + 18 if rows else 0,
        left_out={"wrapper": 18} if rows else {},
        models=_models(rows),
    )
