"""What a day's tokens leave open: totals that nobody explains, and what is charged beside them."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.wording import dollars, share, things
from spend_report.domain.figures.day_figures import DayFigures, SpendLine
from spend_report.domain.notices.data_notices import Finding, NoticeKind, cost_per_token, names
from spend_report.domain.prices.beside_tokens import Fee, fee
from spend_report.domain.prices.price_sources import PriceSource

UNEXPLAINED_LIMIT = Decimal("0.01")


def token_findings(figures: DayFigures) -> Iterator[Finding]:
    """What is in the calls' totals or on the bill, but not in the calls' classes."""
    yield from _unexplained(figures)
    yield from _not_covered(figures)


def _unexplained(figures: DayFigures) -> Iterator[Finding]:
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


def _not_covered(figures: DayFigures) -> Iterator[Finding]:
    """What the bill has beside tokens, from the first call on: nobody knows how much it is."""
    for about, (calls, tokens) in figures.quality.not_covered.items():
        lines = [
            line
            for line in figures.lines
            if fee(line.model) == about and line.price_source != PriceSource.UNPRICED
        ]
        features = sorted({line.feature for line in lines})
        cost = sum((line.cost for line in lines), ZERO) or tokens * cost_per_token(figures)
        yield Finding(
            NoticeKind.NOT_COVERED,
            about,
            f"{about} not covered",
            f"{_why(about, calls, tokens, lines)} Compare them with the provider's own figures.",
            f"compare {about} with the provider's figures",
            features,
            calls=calls,
            cost=cost,
        )


def _why(about: str, calls: int, tokens: int, lines: Sequence[SpendLine]) -> str:
    models = names(sorted({line.model for line in lines}))
    features = names(sorted({line.feature for line in lines}))
    cost = dollars(sum((line.cost for line in lines), ZERO))
    match about:
        case Fee.IMAGES:
            return (
                f"Image output is not covered: {things(calls, 'call')} of {models} ({features}) "
                f"cost what text does here, {cost}, because no client writes which tokens are of "
                "an image. On the bill they may cost many times that."
            )
        case Fee.SEARCHES:
            return (
                f"Web searches are not covered: {things(calls, 'call')} of {models} ({features}) "
                f"cost {cost} for their tokens here. What each request or search costs comes on "
                "top of it, and no client writes how many there were."
            )
        case Fee.CITATIONS:
            return (
                f"Citations are not covered: {things(tokens, 'token')} of what a search found, in "
                f"{things(calls, 'call')}, cost nothing here."
            )
    return (
        f"The {about} is not covered: {things(calls, 'call')} with {things(tokens, 'token')} cost "
        "the standard price here, because the catalogue has no other."
    )
