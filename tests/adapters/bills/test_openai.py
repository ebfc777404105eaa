"""OpenAI's bill, read beside its own SDK from a server that answers as it does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import cycle

import openai
import pytest

from local.bill_server import OPENAI_KEY, Answer, BillServer, Entry
from spend_report.adapters.bills.openai import OpenAIBills
from spend_report.domain.bills.bill import Bill, BilledUsage, TokenKind
from spend_report.errors import BillError

DAY = date(2026, 11, 19)
NEXT = date(2026, 11, 20)


def source(server: BillServer, key: str = OPENAI_KEY, seconds: float = 900) -> OpenAIBills:
    return OpenAIBills(
        key=lambda: key,
        key_name="/llm-spend/local/bills/openai-admin-key",
        base_url=server.openai_url,
        seconds_left=lambda: seconds,
    )


def entry(kind: str, tokens: int, amount: str, model: str = "gpt-6-astra", **more: object) -> Entry:
    return Entry(DAY, model, kind, Decimal(amount), tokens, **more)  # type: ignore[arg-type]


def amounts(bill: Bill) -> dict[tuple[str, TokenKind], Decimal]:
    return {(line.model, line.kind): line.amount for line in bill.lines}


def test_lines_and_usage(server: BillServer) -> None:
    """A line has its model, kind, exact amount, tokens and place; the requests are counted."""
    server.openai = [
        entry("input_tokens", 1_000_000, "2.5000000000000001", requests=7, project="proj_a"),
        entry("cached_input_tokens", 400, "0.00005", project="proj_a"),
        entry("output_tokens", 10, "0.0001", project="proj_a"),
    ]

    bill = source(server).bill(DAY)

    assert [(line.kind, line.amount, line.tokens) for line in bill.lines] == [
        (TokenKind.INPUT, Decimal("2.5000000000000001"), Decimal(1_000_000)),
        (TokenKind.CACHED_INPUT, Decimal("0.00005"), Decimal(400)),
        (TokenKind.OUTPUT, Decimal("0.0001"), Decimal(10)),
    ]
    assert {(line.model, line.place) for line in bill.lines} == {("gpt-6-astra", "proj_a key_main")}
    assert bill.usage == {
        "gpt-6-astra": BilledUsage(
            7,
            {
                TokenKind.INPUT: 1_000_000,
                TokenKind.CACHED_INPUT: 400,
                TokenKind.CACHE_WRITE: 0,
                TokenKind.OUTPUT: 10,
            },
        )
    }


def test_the_providers_own_client_reads_the_same(server: BillServer) -> None:
    """What OpenAI's SDK makes of the server's costs and usage is what we make of them."""
    server.openai = [
        entry("input_tokens", 80_992, "0.020248", model="gpt-5-mini", requests=3),
        entry("output_tokens", 274_770, "0.54954", model="gpt-5-mini"),
        Entry(NEXT, "gpt-5-mini", "output_tokens", Decimal("0.5455665"), 1),
    ]
    start = int(datetime(2026, 11, 19, tzinfo=UTC).timestamp())

    with openai.OpenAI(
        api_key="none", admin_api_key=OPENAI_KEY, base_url=server.openai_url
    ) as client:
        asked = client.admin.organization.usage
        costs = asked.costs(
            start_time=start, end_time=start + 86_400, group_by=["line_item", "project_id"]
        )
        usage = asked.completions(start_time=start, group_by=["model"])
    bill = source(server).bill(DAY)

    theirs = {
        result.line_item: (result.amount.value, result.quantity)
        for bucket in costs.data
        for result in bucket.results
        if result.object == "organization.costs.result" and result.amount
    }
    ours = {line.item: (float(line.amount), float(line.tokens or 0)) for line in bill.lines}
    assert theirs == ours
    [counted] = usage.data[0].results
    assert counted.object == "organization.usage.completions.result"
    assert (counted.num_model_requests, counted.input_tokens, counted.output_tokens) == (
        bill.usage["gpt-5-mini"].requests,
        80_992,
        274_770,
    )


@pytest.mark.parametrize(
    ("line_item", "model", "kind"),
    [
        ("gpt-4o-2024-08-06, input", "gpt-4o-2024-08-06", TokenKind.INPUT),
        ("gpt-4o, cached input", "gpt-4o", TokenKind.CACHED_INPUT),
        ("ft:gpt-4o:acme, inc.:x, output_tokens", "ft:gpt-4o:acme, inc.:x", TokenKind.OUTPUT),
        ("gpt-6-astra, cache_write_tokens", "gpt-6-astra", TokenKind.CACHE_WRITE),
        ("gpt-4o, audio_input_tokens", "gpt-4o", TokenKind.OTHER),
        ("gpt-4o, moon dust", "gpt-4o", TokenKind.OTHER),
        ("Web search tool calls", "Web search tool calls", TokenKind.OTHER),
    ],
)
def test_line_items(server: BillServer, line_item: str, model: str, kind: TokenKind) -> None:
    """A line item is split at its last comma; what is not known is of another kind, not lost."""
    server.openai = [Entry(DAY, line_item, "", Decimal(3), 5)]

    [line] = source(server).bill(DAY).lines

    assert (line.model, line.kind, line.amount, line.item) == (
        model,
        kind,
        Decimal(3),
        line_item,
    )


@pytest.mark.parametrize(
    ("unit", "quantity", "tokens"),
    [("1000_tokens", Decimal("1.5"), 1500), ("duration_minutes", Decimal(4), None)],
)
def test_units(server: BillServer, unit: str, quantity: Decimal, tokens: int | None) -> None:
    """Thousands of tokens are tokens; what is counted in another unit is no text token."""
    server.openai = [Entry(DAY, "gpt-4o", "input", Decimal(3), quantity, unit)]

    [line] = source(server).bill(DAY).lines

    assert line.tokens == tokens
    assert (line.kind is TokenKind.OTHER) == (tokens is None)


def test_pages(server: BillServer) -> None:
    """Every page is read, and days that the pages have beside the bill's are not in it."""
    page = (
        '{"object": "page", "data": [{"object": "bucket", "start_time": %d, "end_time": 0, '
        '"results": [{"object": "organization.costs.result", "line_item": "gpt-4o, input", '
        '"amount": {"value": %s, "currency": "usd"}}]}], "has_more": %s, "next_page": %s}'
    )
    start = int(datetime(2026, 11, 19, tzinfo=UTC).timestamp())
    pages = iter(
        [
            page % (start, "1.25", "true", '"two"'),
            page % (start - 86_400, "9", "true", '"three"'),
            page % (start, "0.5", "false", "null"),
        ]
    )
    server.fault = lambda path: Answer(200, next(pages).encode()) if "costs" in path else None

    bill = source(server).bill(DAY)

    assert sorted(line.amount for line in bill.lines) == [Decimal("0.5"), Decimal("1.25")]
    assert "page=three" in server.requests[2]


def test_pages_without_end(server: BillServer) -> None:
    """Pages that lead to each other are an error, not an endless run."""
    answers = cycle(["a", "b"])
    server.fault = lambda _: Answer(
        200, b'{"data": [], "has_more": true, "next_page": "%s"}' % next(answers).encode()
    )

    with pytest.raises(BillError, match="no last page"):
        source(server).bill(DAY)


def test_rate_limit_passes(server: BillServer) -> None:
    """A refused rate, and a server that fails, are asked again, as soon as they say."""
    now = {"retry-after": "0"}
    faults = iter([Answer(429, headers=now), Answer(503, headers=now)])
    server.fault = lambda _: next(faults, None)
    server.openai = [entry("input", 1, "1")]

    assert len(source(server).bill(DAY).lines) == 1


def test_usage_is_not_needed(server: BillServer) -> None:
    """Where only the costs can be read, they are the bill."""
    server.fault = lambda path: Answer(403) if "usage" in path else None
    server.openai = [entry("input", 1, "1")]

    bill = source(server).bill(DAY)

    assert (len(bill.lines), bill.usage) == (1, {})


def test_fewer_groups(server: BillServer) -> None:
    """An organization that may not group by key and project is asked for the line items alone."""
    faults: Iterator[Answer] = iter([Answer(400)])
    server.fault = lambda _: next(faults, None)
    server.openai = [entry("input", 1, "1"), entry("input", 2, "2", project="proj_other")]

    [line] = source(server).bill(DAY).lines

    assert (line.amount, line.place) == (Decimal(3), "")


@pytest.mark.parametrize("status", [401, 403])
def test_key_refused(server: BillServer, status: int) -> None:
    """A key that may not read costs is named with its rights, and never shown."""
    said = b'{"error": {"message": "no scope for sk-proj-secret"}}'
    server.fault = lambda _: Answer(status, said)

    with pytest.raises(BillError, match=r"bills/openai-admin-key must hold an admin key") as error:
        source(server, key="sk-proj-secret").bill(DAY)

    assert f"HTTP {status}: no scope for ***" in str(error.value)
    assert "sk-proj-secret" not in str(error.value)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answer(500, headers={"retry-after": "0"}), "HTTP 500"),
        (Answer(404), "HTTP 404"),
        (Answer(302, headers={"location": "http://elsewhere.example/"}), "HTTP 302"),
        (Answer(200, b"<html>Bad gateway</html>"), "not JSON"),
        (Answer(200, b""), "not JSON"),
        (Answer(200, b"{}"), "no page of a bill"),
        (Answer(200, b'{"data": [{"start_time": "today"}], "has_more": false}'), "does not have"),
        (Answer(200, b'{"data": [{}], "has_more": false}'), "not as documented"),
        (Answer(200, b'{"data": [], "has_more": false}'), "does not have 2026-11-19 yet"),
    ],
)
def test_no_bill(server: BillServer, answer: Answer, reason: str) -> None:
    """Whatever else comes in its place, the error says why there is no bill."""
    server.fault = lambda _: answer

    with pytest.raises(BillError, match=reason):
        source(server).bill(DAY)


def test_nobody_answers() -> None:
    """A provider that is down is an error that names where it should be."""
    with BillServer() as server:
        pass

    with pytest.raises(BillError, match=r"OpenAI at http://127\.0\.0\.1:\d+/v1 did not answer"):
        source(server).bill(DAY)


def test_no_time_left(server: BillServer) -> None:
    """Nothing is asked for when the function's time might end meanwhile."""
    with pytest.raises(BillError, match="too little time"):
        source(server, seconds=60).bill(DAY)

    assert not server.requests
