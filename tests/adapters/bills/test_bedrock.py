"""Bedrock's bill through Cost Explorer, which moto plays."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import boto3
import pytest
import urllib3
from botocore.exceptions import ClientError, EndpointConnectionError

from local.aws import LocalAws
from spend_report.adapters.bills.bedrock import BedrockBills
from spend_report.domain.bills.bill import TokenKind
from spend_report.errors import BillError

DAY = date(2026, 11, 19)


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with LocalAws() as account:
        yield account


def group(
    service: str, usage_type: str, amount: str, quantity: str = "1", net: str | None = None
) -> dict[str, Any]:
    return {
        "Keys": [service, usage_type],
        "Metrics": {
            "UnblendedCost": {"Amount": amount, "Unit": "USD"},
            "NetUnblendedCost": {"Amount": net or amount, "Unit": "USD"},
            "UsageQuantity": {"Amount": quantity, "Unit": "N/A"},
        },
    }


def queue(aws: LocalAws, *pages: dict[str, Any]) -> None:
    body = json.dumps({"results": pages}).encode()
    url = f"{aws.url}/moto-api/static/ce/cost-and-usage-results"
    assert urllib3.request("POST", url, body=body).status == 201


def day(*groups: dict[str, Any], start: str = "2026-11-19") -> dict[str, Any]:
    period = {"Start": start, "End": "2026-11-20"}
    return {"TimePeriod": period, "Total": {}, "Groups": list(groups), "Estimated": True}


def source() -> BedrockBills:
    return BedrockBills(boto3.client("ce", region_name="us-east-1"))


def test_lines(aws: LocalAws) -> None:
    """Models come from usage types or the Marketplace's services; what is no Bedrock is not in."""
    queue(
        aws,
        {
            "ResultsByTime": [
                day(
                    group("Amazon Bedrock", "USE1-NovaPro-input-tokens", "0.8", "1000"),
                    group("Amazon Bedrock", "USE1-NovaPro-cache-read-input-token-count", "0.1"),
                    group("AmazonBedrockFoundationModels", "Claude3Haiku-output-tokens", "2"),
                    group(
                        "Claude Opus 5.5 (Amazon Bedrock Edition)",
                        "USE1-MP:USE1_CacheWrite1hInputTokenCount-Units",
                        "3",
                        net="2.7",
                    ),
                    group(
                        "Claude Opus 5.5 (Amazon Bedrock Edition)",
                        "USW2-MP:USW2_output_tokens_standard-Units",
                        "4",
                    ),
                    group("Amazon Bedrock", "USE1-Guardrail-ContentPolicy", "0.7"),
                    group("Amazon Bedrock", "USE1-NovaLite-input-tokens", "0"),
                    group("Amazon S3", "USE1-Requests-Tier1", "9"),
                )
            ]
        },
    )

    lines = source().bill(DAY).lines

    assert [(line.model, line.kind, line.amount, line.list_amount) for line in lines] == [
        ("NovaPro", TokenKind.INPUT, Decimal("0.8"), Decimal("0.8")),
        ("NovaPro", TokenKind.CACHED_INPUT, Decimal("0.1"), Decimal("0.1")),
        ("Claude3Haiku", TokenKind.OUTPUT, Decimal(2), Decimal(2)),
        ("Claude Opus 5.5", TokenKind.CACHE_WRITE, Decimal("2.7"), Decimal(3)),
        ("Claude Opus 5.5", TokenKind.OUTPUT, Decimal(4), Decimal(4)),
        ("USE1-Guardrail-ContentPolicy", TokenKind.OTHER, Decimal("0.7"), Decimal("0.7")),
    ]


def test_pages(aws: LocalAws) -> None:
    """Every page is read."""
    first = group("Amazon Bedrock", "USE1-NovaPro-input-tokens", "1")
    second = group("Amazon Bedrock", "USE1-NovaPro-output-tokens", "2")
    queue(
        aws,
        {"ResultsByTime": [day(first)], "NextPageToken": "two"},
        {"ResultsByTime": [day(second)]},
    )

    assert sum(line.amount for line in source().bill(DAY).lines) == 3


def test_without_the_day(aws: LocalAws) -> None:
    """An answer without the day is no bill of nothing."""
    queue(aws, {"ResultsByTime": [day(start="2026-11-18")]})

    with pytest.raises(BillError, match="does not have 2026-11-19 yet"):
        source().bill(DAY)


class Failing:
    """Cost Explorer on a bad day."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_cost_and_usage(self, **_: Any) -> Any:
        raise self._error


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "x"),
            "Allow the function's role ce:GetCostAndUsage",
        ),
        (
            ClientError({"Error": {"Code": "DataUnavailableException", "Message": "no"}}, "x"),
            "switched on in the console",
        ),
        (ClientError({"Error": {"Code": "Throttling", "Message": "slow"}}, "x"), "slow"),
        (EndpointConnectionError(endpoint_url="https://ce.example"), "https://ce.example"),
        (KeyError("ResultsByTime"), "not as documented"),
    ],
)
def test_no_bill(error: Exception, reason: str) -> None:
    """What Cost Explorer fails at is an error that says why there is no bill."""
    with pytest.raises(BillError, match=reason):
        BedrockBills(Failing(error)).bill(DAY)
