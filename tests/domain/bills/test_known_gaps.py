"""Gaps of known causes and amounts, mixed at random: each comes out as it went in."""

from collections.abc import Sequence
from decimal import Decimal, localcontext
from typing import NamedTuple

from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.basics.money import EXACT
from spend_report.domain.bills.bill import Bill, BilledLine, BilledUsage, NotCompared, TracedModel
from tests.domain.bills.billed import DAY, compared, line, traced

# Dollars per token, as `billed.PRICES` has them per million.
LUNA = (Decimal("0.00000125"), Decimal("0.00001"))
MODELS = {
    "gpt-6-luna": LUNA,
    "gpt-6-astra": (Decimal("0.000003"), Decimal("0.000012")),
    "gpt-5-mini": (Decimal("0.00000025"), Decimal("0.000002")),
}


class Disturbance(NamedTuple):
    """What is wrong with a model's day: how much of it, and for how many calls."""

    cause: str
    calls: int
    input: int
    output: int


NONE = st.just(Disturbance("", 0, 0, 0))
TOKENS = st.integers(1_000, 50_000_000)
UNTRACED = st.builds(Disturbance, st.just("not_traced"), st.integers(1, 500), TOKENS, TOKENS)
CUT = st.builds(Disturbance, st.just("tokens_differ"), st.just(0), st.just(0), TOKENS)
DEARER = st.builds(
    Disturbance, st.just("price_differs"), st.just(0), st.integers(1, 90), st.integers(1, 90)
)


@st.composite
def days(draw: st.DrawFn) -> list[tuple[str, int, int, int, Disturbance]]:
    return [
        (
            model,
            draw(st.integers(1, 1_000)),
            draw(TOKENS),
            draw(TOKENS),
            draw(NONE | UNTRACED | CUT | DEARER),
        )
        for model in draw(st.sets(st.sampled_from(sorted(MODELS)), min_size=1))
    ]


@given(
    day=days(),
    others=st.dictionaries(
        st.sampled_from(["Web search", "Code interpreter", "Credit"]),
        st.decimals("-3", "9", places=6).filter(bool),
    ),
    with_places=st.booleans(),
)
def test_each_cause_and_amount(
    day: Sequence[tuple[str, int, int, int, Disturbance]],
    others: dict[str, Decimal],
    with_places: bool,
) -> None:
    """Untraced calls, cut streams, other prices and what has no price, to the last digit."""
    lines: list[BilledLine] = []
    models: list[TracedModel] = []
    usage: dict[str, BilledUsage] = {}
    expected: dict[tuple[str, str, str], Decimal] = {}
    with localcontext(EXACT):
        for model, calls, inputs, outputs, wrong in day:
            prices = dict(zip(("input", "output"), MODELS[model], strict=True))
            cost = inputs * prices["input"] + outputs * prices["output"]
            models.append(traced(model, str(cost), calls=calls, input=inputs, output=outputs))
            usage[model] = BilledUsage(calls + wrong.calls)
            for kind, tokens, more in (
                ("input", inputs, wrong.input),
                ("output", outputs, wrong.output),
            ):
                if wrong.cause == "price_differs":
                    # Hundredths of the price, up or down.
                    gap = tokens * prices[kind] * (more - 45) / 100
                    lines.append(line(model, kind, str(tokens * prices[kind] + gap), tokens))
                elif with_places and more:
                    gap = more * prices[kind]
                    amount = str(tokens * prices[kind])
                    lines.append(line(model, kind, amount, tokens, place="proj_a"))
                    lines.append(line(model, kind, str(gap), more, place="proj_b"))
                else:
                    gap = more * prices[kind]
                    amount = str((tokens + more) * prices[kind])
                    lines.append(line(model, kind, amount, tokens + more))
                if gap:
                    expected[model, kind, wrong.cause] = gap
        for item, charge in others.items():
            lines.append(line(item, "other", str(charge), item=item))
            expected[item, "other", "not_priced_here"] = charge
        results: list[Bill | NotCompared] = [Bill("openai", DAY, lines, usage)]

        found = compared(results, models)

    gaps = {(row.model, str(row.kind), str(row.cause)): row.gap for row in found.rows if row.cause}
    assert gaps == expected
