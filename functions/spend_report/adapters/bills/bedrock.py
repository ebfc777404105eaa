"""What AWS billed for Bedrock, through Cost Explorer, which costs one cent a request.

https://docs.aws.amazon.com/aws-cost-management/latest/APIReference/API_GetCostAndUsage.html
"""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from spend_report.adapters.bills.token_kinds import token_kind
from spend_report.domain.bills.bill import DOLLARS, Bill, BilledLine, TokenKind
from spend_report.errors import BillError

# Claude, Cohere and OpenAI on Bedrock are billed by AWS Marketplace, each as a service of its own.
_SERVICES = frozenset({"Amazon Bedrock", "AmazonBedrockFoundationModels"})
_EDITION = " (Amazon Bedrock Edition)"
_METRICS = ("UnblendedCost", "NetUnblendedCost", "UsageQuantity")
_REGION = re.compile(r"^[A-Z]{2,4}\d?-")
_WORDS = re.compile(
    r"[-_]?(?:(?:cache|cached)[-_]?(?:read|write)[-_\w]*|input|output|prompt|response)[-_]?tokens?\b.*"
    r"|[-_]?(?:cache[-_]?(?:read|write)|input|output|prompt|response)[-_].*$",
    re.IGNORECASE,
)
_MOST_PAGES = 50


class BedrockBills:
    """Bedrock's bills of UTC days. `client` is Cost Explorer's; needs ce:GetCostAndUsage."""

    provider = "bedrock"

    def __init__(self, client: Any) -> None:
        self._client = client

    def bill(self, day: date) -> Bill:
        """The bill of the UTC day `day`.

        Raises:
            BillError: it could not be read, or does not have the day.
        """
        try:
            days = [each for each in self._days(day) if each["TimePeriod"]["Start"] == str(day)]
            groups = [group for each in days for group in each.get("Groups") or ()]
            lines = [_line(group) for group in groups if _is_bedrock(group["Keys"][0])]
        except ClientError as error:
            said = error.response.get("Error", {})
            raise BillError(
                f"ce:GetCostAndUsage failed: {said.get('Code')}: {said.get('Message')}"
                f"{_hint(str(said.get('Code')))}"
            ) from error
        except BotoCoreError as error:
            raise BillError(f"ce:GetCostAndUsage failed: {error}") from error
        except (KeyError, TypeError, InvalidOperation) as error:
            raise BillError(f"Cost Explorer's answer is not as documented ({error!r})") from error
        if not days:
            raise BillError(f"Cost Explorer does not have {day} yet")
        return Bill(self.provider, day, [line for line in lines if line.amount])

    def _days(self, day: date) -> list[Any]:
        request: dict[str, Any] = {
            "TimePeriod": {"Start": str(day), "End": str(day + timedelta(days=1))},
            "Granularity": "DAILY",
            "Metrics": list(_METRICS),
            "GroupBy": [
                {"Type": "DIMENSION", "Key": "SERVICE"},
                {"Type": "DIMENSION", "Key": "USAGE_TYPE"},
            ],
            "Filter": {"Dimensions": {"Key": "RECORD_TYPE", "Values": ["Usage"]}},
        }
        found: list[Any] = []
        for _ in range(_MOST_PAGES):
            page = self._client.get_cost_and_usage(**request)
            found += page["ResultsByTime"]
            if not page.get("NextPageToken"):
                return found
            request["NextPageToken"] = page["NextPageToken"]
        raise BillError("Cost Explorer's answer has no last page")


def _is_bedrock(service: str) -> bool:
    return service in _SERVICES or service.endswith(_EDITION)


def _line(group: Mapping[str, Any]) -> BilledLine:
    service, usage_type = group["Keys"]
    metrics = group["Metrics"]
    cost = metrics.get("NetUnblendedCost") or metrics["UnblendedCost"]
    is_tokens = "token" in usage_type.lower()
    kind = token_kind(usage_type) if is_tokens else TokenKind.OTHER
    quantity = metrics.get("UsageQuantity", {}).get("Amount")
    return BilledLine(
        model=_model(service, usage_type) if is_tokens else usage_type,
        kind=kind,
        amount=Decimal(cost["Amount"]),
        list_amount=Decimal(metrics.get("UnblendedCost", cost)["Amount"]),
        # Thousands or millions of tokens, by the model's age; the price says which.
        tokens=Decimal(quantity) if quantity and kind is not TokenKind.OTHER else None,
        in_tokens=False,
        item=f"{service}, {usage_type}",
        currency=str(cost.get("Unit") or DOLLARS).upper(),
    )


def _model(service: str, usage_type: str) -> str:
    """The model, which only the service's name tells where a Marketplace sells it.

    >>> _model("Amazon Bedrock", "USE1-NovaPro-input-tokens")
    'NovaPro'
    """
    if service.endswith(_EDITION):
        return service.removesuffix(_EDITION).strip()
    return _WORDS.sub("", _REGION.sub("", usage_type)).strip("-_") or usage_type


def _hint(code: str) -> str:
    if code.startswith("AccessDenied"):
        return ". Allow the function's role ce:GetCostAndUsage on *"
    if code == "DataUnavailableException":
        return ". Cost Explorer is switched on in the console, once, and needs a day"
    return ""
