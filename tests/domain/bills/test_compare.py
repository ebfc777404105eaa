"""The bill beside the traces: every cause by its figures, and sums that always hold."""

from decimal import Decimal, localcontext

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.basics.money import EXACT
from spend_report.domain.bills.bill import (
    Bill,
    BilledLine,
    BilledUsage,
    NotCompared,
    TokenKind,
    TracedModel,
)
from spend_report.domain.prices.price_sources import Rates
from tests.domain.bills.billed import (
    DAY,
    MILLION,
    bill,
    cells,
    compared,
    line,
    rates,
    traced,
)


def test_a_public_extract() -> None:
    """Real days of gpt-5-mini are billed at tokens times list price, to the last digit."""
    found = compared(
        [
            bill(
                line("gpt-5-mini", "input", "0.020248", 80_992),
                line("gpt-5-mini", "output", "0.54954", 274_770),
            )
        ],
        [traced("gpt-5-mini", "0.569788", input=80_992, output=274_770)],
    )

    assert cells(found.rows) == [
        ("gpt-5-mini", "input", "0.020248", "0.020248", ""),
        ("gpt-5-mini", "output", "0.54954", "0.54954", ""),
    ]
    [openai] = found.comparisons
    assert (openai.billed, openai.gap, openai.explained_share) == (
        Decimal("0.569788"),
        Decimal(0),
        Decimal(1),
    )


def test_billed_without_usage() -> None:
    """A real day on which a model was billed that nobody had used: it was never traced."""
    found = compared([bill(line("gpt-5-mini", "output", "0.5455665"))], [])

    assert cells(found.rows) == [("gpt-5-mini", "output", "0.5455665", "0", "not_traced")]


def test_half_of_the_calls_bypass_the_traces() -> None:
    """More input and more output at the same price are calls that nobody traced; where they
    are exactly what one project was billed, that is where they are made.
    """
    found = compared(
        [
            bill(
                line("gpt-6-luna", "input", "2.5", 2 * MILLION, place="proj_a"),
                line("gpt-6-luna", "output", "1", 100_000, place="proj_a"),
                line("gpt-6-luna", "input", "1.25", MILLION, place="proj_b"),
                line("gpt-6-luna", "output", "0.5", 50_000, place="proj_b"),
            )
        ],
        [traced("gpt-6-luna", "3.5", input=2 * MILLION, output=100_000)],
    )

    assert cells(found.rows) == [
        ("gpt-6-luna", "input", "3.75", "2.5", "not_traced"),
        ("gpt-6-luna", "output", "1.5", "1", "not_traced"),
    ]
    assert {row.note for row in found.rows} == {"proj_b"}
    assert found.comparisons[0].gap == Decimal("1.75")


def test_cut_streams() -> None:
    """More output for the same input is a traced call whose end was not seen."""
    found = compared(
        [
            bill(
                line("gpt-6-luna", "input", "1.25", MILLION),
                line("gpt-6-luna", "output", "1", 100_000),
            )
        ],
        [traced("gpt-6-luna", "2.05", input=MILLION, output=80_000)],
    )

    assert cells(found.rows) == [
        ("gpt-6-luna", "input", "1.25", "1.25", ""),
        ("gpt-6-luna", "output", "1", "0.8", "tokens_differ"),
    ]


@pytest.mark.parametrize(("requests", "cause"), [(10, "tokens_differ"), (11, "not_traced")])
def test_requests_tell(requests: int, cause: str) -> None:
    """Where the bill counts as many requests as were traced, more tokens are theirs."""
    lines = [
        line("gpt-6-luna", "input", "2.5", 2 * MILLION),
        line("gpt-6-luna", "output", "1", 100_000),
    ]
    model = traced("gpt-6-luna", "1.75", input=MILLION, output=50_000, calls=10)

    found = compared([bill(*lines, gpt_6_luna=requests)], [model])

    assert {row.cause for row in found.rows} == {cause}


def test_another_price() -> None:
    """The same tokens at another price: the note is the line that the parameter wants."""
    found = compared(
        [
            bill(
                line("gpt-6-astra", "input", "2.5", MILLION),
                line("gpt-6-astra", "output", "1", 100_000),
            )
        ],
        [traced("gpt-6-astra", "4.2", input=MILLION, output=100_000)],
    )

    assert cells(found.rows) == [
        ("gpt-6-astra", "input", "2.5", "3", "price_differs"),
        ("gpt-6-astra", "output", "1", "1.2", "price_differs"),
    ]
    assert {row.note for row in found.rows} == {
        '"gpt-6-astra": {"input": 2.5, "output": 10, "cache_read": 0.3, "cache_write": 3.75}'
    }


def test_price_and_tokens() -> None:
    """Where both differ the gap is cut in two, each part with its own cause."""
    found = compared(
        [
            bill(
                line("gpt-6-astra", "input", "2.5", MILLION),
                line("gpt-6-astra", "output", "1", 100_000),
            )
        ],
        [traced("gpt-6-astra", "4.08", input=MILLION, output=90_000)],
    )

    assert cells(found.rows) == [
        ("gpt-6-astra", "input", "2.5", "3", "price_differs"),
        ("gpt-6-astra", "output", "0.9", "1.08", "price_differs"),
        ("gpt-6-astra", "output", "0.1", "0", "tokens_differ"),
    ]


def test_fewer_tokens_and_another_price() -> None:
    """The same where fewer tokens were billed than were traced."""
    found = compared(
        [bill(line("gpt-6-astra", "input", "2.5", MILLION))],
        [traced("gpt-6-astra", "6", input=2 * MILLION)],
    )

    assert cells(found.rows) == [
        ("gpt-6-astra", "input", "2.5", "3", "price_differs"),
        ("gpt-6-astra", "input", "0", "3", "tokens_differ"),
    ]


def test_prices_that_are_no_single_one() -> None:
    """Batches at half the price are no line for a parameter; the note gives the mean."""
    found = compared(
        [
            bill(
                line("gpt-6-astra", "input", "3", MILLION),
                line("gpt-6-astra", "input", "1.5", MILLION, item="gpt-6-astra, batch input"),
                line("gpt-6-astra", "output", "3.77", 333_333),
            )
        ],
        [traced("gpt-6-astra", "9.999996", input=2 * MILLION, output=333_333)],
    )

    assert {row.cause for row in found.rows} == {"price_differs"}
    assert found.rows[0].note == (
        "billed at a mean of, in $ per million: input 2.2500, output 11.3100"
    )


def test_what_has_no_price_here() -> None:
    """Searches, audio and credits are rows of their own, item by item."""
    found = compared(
        [
            bill(
                line("gpt-5-mini", "input", "0.25", MILLION),
                line("gpt-5-mini", "other", "0.7", item="gpt-5-mini, audio_input"),
                line("Web search", "other", "0.3", item="Web search"),
                line("Credit", "other", "-1", item="Credit"),
            )
        ],
        [traced("gpt-5-mini", "0.25", input=MILLION)],
    )

    assert cells(found.rows) == [
        ("gpt-5-mini", "input", "0.25", "0.25", ""),
        ("gpt-5-mini", "other", "0.7", "0", "not_priced_here"),
        ("Web search", "other", "0.3", "0", "not_priced_here"),
        ("Credit", "other", "-1", "0", "not_priced_here"),
    ]


def test_traced_and_not_billed() -> None:
    """What was traced and is on no bill is a row, by who should have billed it."""
    found = compared(
        [bill(line("gpt-5-mini", "input", "0.25", MILLION))],
        [
            traced("gpt-5-mini", "0.25", input=MILLION),
            traced("llama-9", "2", input=MILLION),
            traced("claude-opus-5-5", "5", provider="anthropic", input=MILLION),
            traced("gpt-5-mini", "0.25", provider="azure_openai", input=MILLION),
        ],
    )

    assert [(row.provider, row.model, row.cause) for row in found.rows] == [
        ("openai", "llama-9", "not_billed"),
        ("openai", "gpt-5-mini", ""),
        ("anthropic", "claude-opus-5-5", "not_billed"),
        ("azure", "gpt-5-mini", "not_billed"),
    ]
    assert found.comparisons[0].gap == 0


def test_behind_a_gateway() -> None:
    """A model that runs ascribe to OpenAI's interface is billed by whoever has it."""
    opus = bill(line("claude-opus-5-5", "input", "5", MILLION), provider="anthropic")

    found = compared(
        [bill(line("gpt-5-mini", "input", "0.25", MILLION)), opus],
        [
            traced("gpt-5-mini", "0.25", provider="", input=MILLION),
            traced("claude-opus-5-5", "5", provider="openai", input=MILLION),
        ],
    )

    assert [(row.provider, row.model, row.cause) for row in found.rows] == [
        ("openai", "gpt-5-mini", ""),
        ("anthropic", "claude-opus-5-5", ""),
    ]


def test_a_model_under_three_names() -> None:
    """Releases and spellings of a model are one where traces do not tell them apart."""
    found = compared(
        [
            bill(
                line("gpt-6-luna-2026-08-01", "input", "1.25", MILLION),
                line("gpt-6-luna", "input", "1.25", MILLION),
                line("openai/gpt-6-luna", "input", "2.5", 2 * MILLION),
            )
        ],
        [traced("gpt-6-luna", "5", input=4 * MILLION)],
    )

    assert cells(found.rows) == [("gpt-6-luna", "input", "5", "5", "")]


def test_releases_that_both_sides_name() -> None:
    """Where bill and traces name the same releases, each is compared by itself."""
    found = compared(
        [
            bill(
                line("gpt-6-luna", "input", "2.5", 2 * MILLION),
                line("gpt-6-luna-2026-08-01", "input", "1.25", MILLION),
            )
        ],
        [
            traced("gpt-6-luna", "1.25", input=MILLION),
            traced("gpt-6-luna-2026-08-01", "1.25", input=MILLION),
        ],
    )

    assert cells(found.rows) == [
        ("gpt-6-luna", "input", "2.5", "1.25", "not_traced"),
        ("gpt-6-luna-2026-08-01", "input", "1.25", "1.25", ""),
    ]


def test_an_alias_of_the_parameters() -> None:
    """A deployment's own name is the model whose price it has."""
    found = compared(
        [bill(line("gpt-6-luna", "input", "1.25", MILLION))],
        [traced("our-luna", "1.25", input=MILLION)],
        aliases={"our-luna": "gpt-6-luna"},
    )

    assert cells(found.rows) == [("our-luna", "input", "1.25", "1.25", "")]


def test_bedrock_names_and_units() -> None:
    """Bedrock's names and thousands or millions of tokens are those of the traces."""
    lines = [
        line("NovaPro", "input", "0.8", 1000, in_tokens=False),
        line("Claude Opus 5.5", "output", "25", 1, in_tokens=False),
    ]

    found = compared(
        [bill(*lines, provider="bedrock")],
        [
            traced("amazon.nova-pro-v1:0", "0.8", provider="bedrock", input=MILLION),
            traced("us.anthropic.claude-opus-5-5-v1:0", "25", provider="anthropic", output=MILLION),
        ],
    )

    assert [(row.provider, row.model, row.cause) for row in found.rows] == [
        ("bedrock", "us.anthropic.claude-opus-5-5-v1:0", ""),
        ("bedrock", "amazon.nova-pro-v1:0", ""),
    ]


def test_tokens_from_the_usage() -> None:
    """Where the lines do not count tokens, what the provider counted beside them does."""
    counted = BilledUsage(10, {TokenKind.INPUT: MILLION})
    result = Bill(
        "anthropic", DAY, [line("claude-opus-5-5", "input", "4")], {"claude-opus-5-5": counted}
    )

    found = compared(
        [result], [traced("claude-opus-5-5", "5", provider="anthropic", input=MILLION)]
    )

    assert cells(found.rows) == [("claude-opus-5-5", "input", "4", "5", "price_differs")]


@pytest.mark.parametrize(
    ("amount", "list_amount", "requests", "public", "cause"),
    [
        ("4", "5", None, None, "price_differs"),  # a fifth off the list
        ("4", "4", None, None, "price_differs"),  # below ours, at a price that can be one
        ("7.5", "7.5", None, None, "not_traced"),  # half more tokens: as good as 7.5 a million
        ("7.5", "7.5", 10, None, "price_differs"),  # but there were no more requests
        ("7.5", "7.5", 15, None, "not_traced"),
        ("7.5", "7.5", None, rates("7.5", "30"), "price_differs"),  # the public price by now
        ("5.000123456789", "5.000123456789", None, None, "not_traced"),  # no price at all
    ],
)
def test_amounts_alone(
    amount: str, list_amount: str, requests: int | None, public: Rates | None, cause: str
) -> None:
    """Without tokens the amounts tell: a price is a round number, tokens are whole ones."""
    usage = {} if requests is None else {"claude-opus-5-5": BilledUsage(requests)}
    billed = line("claude-opus-5-5", "input", amount, list_amount=Decimal(list_amount))

    found = compared(
        [Bill("anthropic", DAY, [billed], usage)],
        [traced("claude-opus-5-5", "5", provider="anthropic", input=MILLION)],
        public={"claude-opus-5-5": public} if public else None,
    )

    assert [row.cause for row in found.rows] == [cause]


def test_billed_as_a_whole() -> None:
    """A model that was billed in one line is one row."""
    whole = line("gpt-5-mini", "other", "0.569788", item="gpt-5-mini")

    found = compared(
        [bill(whole)], [traced("gpt-5-mini", "0.569788", input=80_992, output=274_770)]
    )

    assert cells(found.rows) == [("gpt-5-mini", "other", "0.569788", "0.569788", "")]


def test_a_bill_that_is_not_there() -> None:
    """A provider without a bill keeps its traced models, each with the reason."""
    found = compared(
        [NotCompared("openai", "OpenAI refused the key"), NotCompared("anthropic", "down")],
        [traced("gpt-5-mini", "0.25", input=MILLION)],
    )

    assert [(row.provider, *cells([row])[0]) for row in found.rows] == [
        ("openai", "gpt-5-mini", "input", "", "0.25", "not compared: OpenAI refused the key"),
        ("anthropic", "", "other", "", "0", "not compared: down"),
    ]


def test_an_empty_bill() -> None:
    """A bill of nothing for calls that were traced is one that is not ready."""
    model = traced("gpt-5-mini", "0.25", input=MILLION)

    with_calls, without = compared([bill()], [model]), compared([bill()], [])

    assert with_calls.comparisons[0].reason.startswith("the bill of the day is empty")
    assert (without.comparisons[0].reason, without.rows) == ("", [])


def test_another_currency() -> None:
    """Euros are named and not compared; nothing is added to dollars."""
    euros = line("gpt-6-luna", "input", "1.1", MILLION, currency="EUR")
    models = [
        traced("gpt-6-luna", "1.25", input=MILLION),
        traced("gpt-5-mini", "0.25", input=MILLION),
    ]

    mixed = compared([bill(euros, line("gpt-5-mini", "input", "0.25", MILLION))], models)
    euros_only = compared([bill(euros)], models)

    assert cells(mixed.rows) == [
        ("gpt-6-luna", "input", "", "1.25", "not compared: 1.1 EUR"),
        ("gpt-5-mini", "input", "0.25", "0.25", ""),
    ]
    assert euros_only.comparisons[0].reason == "billed in EUR, not in US dollars"


def test_caches_and_several_prices() -> None:
    """Caches that live an hour, and tiers, do not turn into gaps of other kinds."""
    hour_long = traced("gpt-6-luna", "2.50", cache_write=MILLION, provider="openai")
    tiers = traced("gpt-6-astra", "7.5", input=MILLION, output=MILLION, provider="openai")

    found = compared(
        [
            bill(
                line("gpt-6-luna", "cache_write", "2.5", MILLION),
                line("gpt-6-astra", "input", "1.5", MILLION),
                line("gpt-6-astra", "output", "6", MILLION),
            )
        ],
        [hour_long, tiers],
    )

    assert {row.cause for row in found.rows} == {""}


KINDS = st.sampled_from(list(TokenKind))
MODELS = st.sampled_from(["gpt-6-luna", "gpt-6-luna-2026-08-01", "gpt-5-mini", "own", ""])
AMOUNTS = st.decimals(-5, 500, places=9)


@given(
    lines=st.lists(
        st.builds(
            BilledLine,
            model=MODELS,
            kind=KINDS,
            amount=AMOUNTS,
            list_amount=st.none() | AMOUNTS,
            tokens=st.none() | st.integers(0, 10**9).map(Decimal),
            in_tokens=st.booleans(),
            item=MODELS,
            place=st.sampled_from(["", "a", "b"]),
            currency=st.sampled_from(["USD", "USD", "EUR"]),
        )
    ),
    models=st.lists(
        st.builds(
            TracedModel,
            provider=st.sampled_from(["openai", "", "anthropic", "mine"]),
            model=MODELS,
            calls=st.integers(0, 5),
            tokens=st.dictionaries(KINDS, st.integers(0, 10**9)),
            cost=st.decimals(0, 500, places=9),
        )
    ),
    requests=st.none() | st.integers(0, 20),
)
def test_nothing_is_lost(
    lines: list[BilledLine], models: list[TracedModel], requests: int | None
) -> None:
    """Whatever was billed and traced, the rows sum to the bill and to the day, exactly."""
    usage = {"gpt-6-luna": BilledUsage(requests)}

    with localcontext(EXACT):
        compared([Bill("openai", DAY, lines, usage)], models)
