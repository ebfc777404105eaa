"""Anthropic's bill, read beside its own SDK from a server that answers as it does."""

from datetime import UTC, date, datetime
from decimal import Decimal

import anthropic
import pytest

from local.bill_server import ANTHROPIC_KEY, Answer, BillServer, Entry
from spend_report.adapters.bills.anthropic import AnthropicBills
from spend_report.domain.bills.bill import BilledUsage, TokenKind
from spend_report.errors import BillError

DAY = date(2026, 11, 19)
NEXT = date(2026, 11, 20)
BETA = "analytics-usage-cost-2026-08-24"


def source(server: BillServer, key: str = ANTHROPIC_KEY) -> AnthropicBills:
    return AnthropicBills(
        key=lambda: key,
        key_name="/llm-spend/local/bills/anthropic-admin-key",
        base_url=server.url,
    )


def entry(kind: str, tokens: int, amount: str, **more: object) -> Entry:
    return Entry(DAY, "claude-opus-5-5", kind, Decimal(amount), tokens, **more)  # type: ignore[arg-type]


TRAFFIC = [
    entry("uncached_input_tokens", 2_000, "0.01", list_amount=Decimal("0.0125"), requests=4),
    entry("cache_read_input_tokens", 1_000, "0.0005"),
    entry("cache_creation.ephemeral_5m_input_tokens", 300, "0.001875"),
    entry("cache_creation.ephemeral_1h_input_tokens", 100, "0.001"),
    entry("output_tokens", 500, "0.0125"),
    Entry(DAY, "claude-opus-5-5", "", Decimal("0.03"), cost_type="web_search"),
    Entry(DAY, "", "", Decimal("0.5"), cost_type="code_execution"),
    Entry(NEXT, "claude-opus-5-5", "output_tokens", Decimal(77), 9),
]


def test_lines_and_usage(server: BillServer) -> None:
    """Fractional cents become exact dollars, after the discount and before; usage counts."""
    server.anthropic = TRAFFIC

    bill = source(server).bill(DAY)

    assert [(line.model, line.kind, line.amount, line.list_amount) for line in bill.lines] == [
        ("claude-opus-5-5", TokenKind.INPUT, Decimal("0.01"), Decimal("0.0125")),
        ("claude-opus-5-5", TokenKind.CACHED_INPUT, Decimal("0.0005"), Decimal("0.0005")),
        ("claude-opus-5-5", TokenKind.CACHE_WRITE, Decimal("0.001875"), Decimal("0.001875")),
        ("claude-opus-5-5", TokenKind.CACHE_WRITE, Decimal("0.001"), Decimal("0.001")),
        ("claude-opus-5-5", TokenKind.OUTPUT, Decimal("0.0125"), Decimal("0.0125")),
        ("claude-opus-5-5", TokenKind.OTHER, Decimal("0.03"), Decimal("0.03")),
        ("code_execution", TokenKind.OTHER, Decimal("0.5"), Decimal("0.5")),
    ]
    assert bill.lines[0].place == "proj_main key_main"
    assert bill.usage == {
        "claude-opus-5-5": BilledUsage(
            4,
            {
                TokenKind.INPUT: 2_000,
                TokenKind.CACHED_INPUT: 1_000,
                TokenKind.CACHE_WRITE: 400,
                TokenKind.OUTPUT: 500,
            },
        )
    }


def test_the_providers_own_client_reads_the_same(server: BillServer) -> None:
    """What Anthropic's SDK makes of the server's cost and usage is what we make of them."""
    server.anthropic = TRAFFIC
    start, end = datetime(2026, 11, 19, tzinfo=UTC), datetime(2026, 11, 20, tzinfo=UTC)

    with anthropic.Anthropic(api_key=ANTHROPIC_KEY, base_url=server.url) as client:
        analytics = client.beta.organization.analytics
        costs = list(
            analytics.cost.list(
                starting_at=start,
                ending_at=end,
                time_bucket_width="1d",
                group_by=["model", "workspace_id", "cost_type", "token_type"],
                limit=1,
                betas=[BETA],
            )
        )
        [usage] = analytics.usage.list(
            starting_at=start,
            ending_at=end,
            time_bucket_width="1d",
            group_by=["model"],
            models=["claude-opus-5-5"],
            betas=[BETA],
        ).data[:1]
    bill = source(server).bill(DAY)

    theirs = sorted((row.group.token_type, Decimal(row.cost.amount) / 100) for row in costs[:5])
    ours = [
        ("cache_creation.ephemeral_1h_input_tokens", Decimal("0.001")),
        ("cache_creation.ephemeral_5m_input_tokens", Decimal("0.001875")),
        ("cache_read_input_tokens", Decimal("0.0005")),
        ("output_tokens", Decimal("0.0125")),
        ("uncached_input_tokens", Decimal("0.01")),
    ]
    assert theirs == ours
    assert sum(Decimal(row.cost.amount) / 100 for row in costs) == sum(
        line.amount for line in bill.lines
    )
    counted = bill.usage["claude-opus-5-5"]
    assert counted.tokens is not None
    assert (usage.usage.requests, usage.usage.total_tokens) == (
        counted.requests,
        sum(counted.tokens.values()),
    )


def test_pages(server: BillServer) -> None:
    """A bill of more models than stand on a page is read to its end."""
    server.anthropic = [
        Entry(DAY, f"claude-{number}", "output_tokens", Decimal(1), 1) for number in range(1001)
    ]

    assert len(source(server).bill(DAY).lines) == 1001


def test_requests_of_the_cost(server: BillServer) -> None:
    """Where the usage can't be read, the requests that stand in the cost count, each once."""
    row = (
        '{"starting_at": "2026-11-19T00:00:00Z", "group": {"model": "claude-a", "workspace_id": '
        '"%s", "cost_type": "tokens", "token_type": "%s"}, '
        '"cost": {"amount": "12.5", "currency": "USD", "requests": %d}}'
    )
    rows = [
        row % ("w1", "uncached_input_tokens", 3),
        row % ("w1", "output_tokens", 3),
        row % ("w2", "output_tokens", 2),
    ]
    page = f'{{"data": [{", ".join(rows)}], "has_more": false}}'.encode()
    server.fault = lambda path: Answer(200, page) if path.endswith("/cost") else Answer(403)

    bill = source(server).bill(DAY)

    assert bill.usage == {"claude-a": BilledUsage(requests=5)}
    assert {line.amount for line in bill.lines} == {Decimal("0.125")}


def test_empty(server: BillServer) -> None:
    """A day without rows is an empty bill."""
    assert not source(server).bill(DAY).lines


@pytest.mark.parametrize("status", [401, 403])
def test_key_refused(server: BillServer, status: int) -> None:
    """A key that may not read the cost is named with its rights, and never shown."""
    server.fault = lambda _: Answer(status, b'{"error": "no sk-ant-api-secret"}')

    with pytest.raises(BillError, match="bills/anthropic-admin-key must hold an Admin") as error:
        source(server, key="sk-ant-api-secret").bill(DAY)

    assert "sk-ant-api-secret" not in str(error.value)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(529, headers={"retry-after": "0"}), "HTTP 529"),
        (Answer(200, b'{"data": [{"starting_at": "soon"}]}'), "not as documented"),
        (
            Answer(
                200,
                b'{"data": [{"starting_at": "2026-11-19T00:00:00Z", "group": {}, '
                b'"cost": {"amount": "many"}}]}',
            ),
            "not as documented",
        ),
    ],
)
def test_no_bill(server: BillServer, answer: Answer, reason: str) -> None:
    """Whatever else comes in its place, the error says why there is no bill."""
    server.fault = lambda _: answer

    with pytest.raises(BillError, match=reason):
        source(server).bill(DAY)
