"""The CSV tables: RFC 4180, UTF-8, one header, no total row, safe to open in a spreadsheet.

Columns are a public interface: new ones are only ever added on the right.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from spend_report.domain.basics.money import Figure, percent, usd
from spend_report.domain.basics.names import one_line
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.drivers import Driver

# A spreadsheet runs text that starts so: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")

BY_FEATURE = [
    "date",
    "feature",
    "calls",
    "input_tokens",
    "output_tokens",
    "estimated_cost_usd",
    "cached_input_tokens",
    "unpriced_calls",
    "error_calls",
    "daily_budget_usd",
    "budget_used_pct",
    "owner",
    "usual_usd",
    "error_cost_usd",
]
UNTAGGED = [
    "date",
    "project",
    "root_name",
    "run_name",
    "model",
    "calls",
    "estimated_cost_usd",
    "share_pct",
    "langgraph_node",
]
TOP_REQUESTS = [
    "date",
    "project",
    "feature",
    "trace_id",
    "root_name",
    "calls",
    "input_tokens",
    "output_tokens",
    "estimated_cost_usd",
    "url",
]
DRIVERS = [
    "date",
    "feature",
    "cost_usd",
    "baseline_usd",
    "change_usd",
    "from_calls_usd",
    "from_models_usd",
    "from_tokens_per_call_usd",
    "from_price_per_token_usd",
    "baseline_days",
    "baseline_from",
    "baseline_to",
]
DETAIL_LEFT = ["date", "project", "feature"]
DETAIL_RIGHT = [
    "provider",
    "model",
    "calls",
    "input_tokens",
    "output_tokens",
    "estimated_cost_usd",
    "cached_input_tokens",
    "price_source",
    "langsmith_cost_usd",
]

# No dimension may have one of these names.
DETAIL_COLUMNS = frozenset({*DETAIL_LEFT, *DETAIL_RIGHT})


def by_feature(
    figures: DayFigures,
    budgets: Budgets,
    owners: Mapping[str, str],
    usual: Mapping[str, Decimal] | None = None,
) -> bytes:
    """`spend_by_feature`: one row per feature, highest cost first.

    `owners` and `usual` say by feature whose it is and what it usually costs in US dollars; a
    feature that is not in them has an empty cell.
    """
    rows = []
    usual = usual or {}
    for row in figures.features:
        budget = budgets.of(row.feature)
        daily = budget.daily if budget else None
        rows.append(
            (
                figures.date,
                row.feature,
                row.calls,
                row.input_tokens,
                row.output_tokens,
                usd(row.cost),
                row.cached_input_tokens,
                row.unpriced_calls,
                row.error_calls,
                "" if daily is None else usd(daily),
                "" if daily is None else _used(row.cost, daily),
                owners.get(row.feature, ""),
                usd(usual[row.feature]) if row.feature in usual else "",
                usd(row.error_cost),
            )
        )
    return table(BY_FEATURE, rows)


def _used(cost: Decimal, budget: Decimal) -> Figure:
    """The part of a budget that is used. Of a budget of 0 any cost is infinitely much."""
    return Figure("inf") if cost and not budget else percent(cost, budget)


def detail(figures: DayFigures, dimensions: Sequence[str]) -> bytes:
    """`spend_detail`: everything that can be sliced, costliest rows first."""
    return table(
        [*DETAIL_LEFT, *dimensions, *DETAIL_RIGHT],
        (
            (
                figures.date,
                row.project,
                row.feature,
                *row.dimensions,
                row.provider,
                row.model,
                row.calls,
                row.input_tokens,
                row.output_tokens,
                usd(row.cost),
                row.cached_input_tokens,
                row.price_source,
                usd(row.langsmith_cost),
            )
            for row in figures.lines
        ),
    )


def untagged(figures: DayFigures) -> bytes:
    """`untagged`: the code paths that still need a tag, costliest first."""
    return table(
        UNTAGGED,
        (
            (
                figures.date,
                row.project,
                row.root_name,
                row.run_name,
                row.model,
                row.calls,
                usd(row.cost),
                percent(row.cost, figures.cost) or "0.0",
                row.langgraph_node,
            )
            for row in figures.untagged
        ),
    )


def top_requests(figures: DayFigures) -> bytes:
    """`top_requests`: the costliest traces."""
    return table(
        TOP_REQUESTS,
        (
            (
                figures.date,
                row.project,
                row.feature,
                row.trace_id,
                row.root_name,
                row.calls,
                row.input_tokens,
                row.output_tokens,
                usd(row.cost),
                row.url,
            )
            for row in figures.top_requests
        ),
    )


def drivers(day: date, rows: Sequence[Driver]) -> bytes:
    """`drivers`: why each feature's cost changed, the largest change first."""
    return table(
        DRIVERS,
        (
            (
                day,
                row.feature,
                *(usd(amount) for amount in row.amounts),
                row.baseline_days,
                row.baseline[0] if row.baseline else "",
                row.baseline[-1] if row.baseline else "",
            )
            for row in rows
        ),
    )


def table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A CSV file. Text cells are made safe; numbers and dates are written as they are."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(safe(name) for name in header)
    writer.writerows([safe(cell) if _is_text(cell) else cell for cell in row] for row in rows)
    return out.getvalue().encode("utf-8")


def safe(text: object) -> str:
    """`text` on one line, and never run as a formula."""
    text = str(text)
    if text.startswith(_FORMULA_STARTS):
        text = f"'{text}"
    return one_line(text)


def _is_text(cell: object) -> bool:
    return isinstance(cell, str) and not isinstance(cell, Figure)
