"""Whether calls bypass the traces, and where they do, as far as a bill's figures tell."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal

from spend_report.domain.bills.bill import BilledLine, TokenKind
from spend_report.domain.bills.causes import Cause
from spend_report.domain.bills.matching import ModelSides

_INPUTS = (TokenKind.INPUT, TokenKind.CACHED_INPUT, TokenKind.CACHE_WRITE)
_HALF = Decimal("0.5")
_PLACES_SHOWN = 3


def why_more(
    sides: ModelSides,
    excess: Mapping[TokenKind, Decimal],
    *,
    untraced_calls: bool | None,
    place: str,
) -> Cause:
    """Why more tokens were billed of a model than traced.

    A call that was never traced brings input and, but for embeddings, output. A stream that was
    cut, or a retry inside a client, is a call that was traced with too few tokens.

    Args:
        sides: the model.
        excess: the tokens billed above those traced, by kind, as far as known.
        untraced_calls: whether more requests were billed than traced; None if not known.
        place: where exactly these tokens were billed, empty if that cannot be told.
    """
    if not any(count for row in sides.traced for count in row.tokens.values()):
        no_usage = untraced_calls is False and bool(sides.traced)
        return Cause.TOKENS_DIFFER if no_usage else Cause.NOT_TRACED
    inputs = [excess[kind] for kind in _INPUTS if kind in excess]
    if untraced_calls is False or (inputs and sum(inputs) < _HALF):
        return Cause.TOKENS_DIFFER
    output = excess.get(TokenKind.OUTPUT)
    more_output = output is None or output > _HALF
    return Cause.NOT_TRACED if untraced_calls or more_output or place else Cause.TOKENS_DIFFER


def bypassing(excess: Mapping[TokenKind, Decimal], lines: Sequence[BilledLine]) -> str:
    """The project, workspace or key whose tokens are exactly those that were not traced.

    Empty where there is none, or not just one.
    """
    tokens: dict[str, dict[TokenKind, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for line in lines:
        if line.place and line.tokens is not None and line.kind is not TokenKind.OTHER:
            tokens[line.place][line.kind] += line.tokens
    exact = [place for place, of_place in tokens.items() if _equal(of_place, excess)]
    return exact[0] if len(exact) == 1 else ""


def places(lines: Sequence[BilledLine]) -> str:
    """All places that `lines` were billed to, if they are few; else empty."""
    found = sorted({line.place for line in lines if line.place})
    return ", ".join(found) if len(found) <= _PLACES_SHOWN else ""


def _equal(one: Mapping[TokenKind, Decimal], other: Mapping[TokenKind, Decimal]) -> bool:
    left, right = (
        {kind: count for kind, count in each.items() if abs(count) > _HALF} for each in (one, other)
    )
    return left.keys() == right.keys() and all(
        abs(left[kind] - right[kind]) <= _HALF for kind in left
    )
