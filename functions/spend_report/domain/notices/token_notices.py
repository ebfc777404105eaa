"""What a day's tokens leave open: totals that nobody explains."""

from collections.abc import Iterator
from decimal import Decimal

from spend_report.domain.basics.wording import share, things
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.notices.data_notices import Finding, NoticeKind

UNEXPLAINED_LIMIT = Decimal("0.01")


def token_findings(figures: DayFigures) -> Iterator[Finding]:
    """Tokens in the calls' totals that no class explains, above a hundredth of the day's."""
    calls, tokens = figures.quality.unexplained
    all_tokens = sum(row.input_tokens + row.output_tokens for row in figures.features)
    if tokens <= UNEXPLAINED_LIMIT * all_tokens:
        return
    text = (
        f"{things(tokens, 'token')} in {things(calls, 'call')} "
        f"({share(Decimal(tokens) / all_tokens)} of the day's) stand in the calls' totals, but "
        "neither in their input nor in their output. They cost as input here, which may be too "
        "little: compare these calls with the provider's own figures."
    )
    do = "compare unexplained tokens with the provider's figures"
    cost = figures.cost * tokens / all_tokens
    kind = NoticeKind.UNEXPLAINED_TOKENS
    yield Finding(kind, "", "unexplained tokens", text, do, calls=calls, cost=cost)
