"""Anthropic's cost by model and kind of token, and the tokens and requests that it counted.

https://docs.claude.com/en/api/beta/organization/analytics/cost/list; amounts are fractional cents.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from spend_report.adapters.bills.http import BillApi
from spend_report.adapters.bills.token_kinds import token_kind
from spend_report.domain.bills.bill import DOLLARS, Bill, BilledLine, BilledUsage, TokenKind
from spend_report.errors import BillError

BASE_URL = "https://api.anthropic.com"
KEY_PARAMETER = "bills/anthropic-admin-key"

_COST = "/v1/organizations/analytics/cost"
_USAGE = "/v1/organizations/analytics/usage"
_BETA = "analytics-usage-cost-2026-08-24"
_GROUPS = ("model", "workspace_id", "api_key_id", "cost_type", "token_type")
_ROWS_A_PAGE = 1000
_CENTS = 2


class AnthropicBills:
    """Anthropic's bills of UTC days.

    `key` gives an admin key, or one with `read:analytics`; `key_name` says where it is set.
    """

    provider = "anthropic"

    def __init__(
        self,
        *,
        key: Callable[[], str],
        key_name: str,
        base_url: str = BASE_URL,
        seconds_left: Callable[[], float] | None = None,
    ) -> None:
        self._api = BillApi(
            name="Anthropic",
            base_url=base_url,
            key=key,
            key_hint=f"{key_name} must hold an Admin key (sk-ant-admin…) or one with the scope "
            "read:analytics, not a workspace's: https://platform.claude.com/settings/admin-keys",
            headers=lambda key: {
                "x-api-key": key,
                "anthropic-version": "2023-06-01",
                "anthropic-beta": _BETA,
            },
            seconds_left=seconds_left,
        )

    def bill(self, day: date) -> Bill:
        """The bill of the UTC day `day`.

        Raises:
            BillError: it could not be read, or is not as documented.
        """
        try:
            rows = _of_day(self._api.pages(_COST, _params(day, _GROUPS)), day)
            lines = [_line(row["group"], row["cost"]) for row in rows]
            usage = self._usage(day) or _requests(rows)
        except (AttributeError, KeyError, TypeError, ValueError, InvalidOperation) as error:
            raise BillError(f"Anthropic's answer is not as documented ({error!r})") from error
        return Bill(self.provider, day, [line for line in lines if line.amount], usage)

    def _usage(self, day: date) -> dict[str, BilledUsage]:
        """What was counted by model; the cost does without if need be."""
        try:
            rows = _of_day(self._api.pages(_USAGE, _params(day, ["model"])), day)
        except BillError:
            return {}
        return {
            row["group"]["model"]: _usage(row["usage"]) for row in rows if row["group"].get("model")
        }


def _params(day: date, groups: Sequence[str]) -> list[tuple[str, object]]:
    start = datetime.combine(day, time.min, UTC)
    return [
        ("starting_at", start.strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("ending_at", (start + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")),
        ("time_bucket_width", "1d"),
        ("limit", _ROWS_A_PAGE),
        *(("group_by[]", group) for group in groups),
    ]


def _of_day(rows: Sequence[Any], day: date) -> list[Any]:
    start = datetime.combine(day, time.min, UTC)
    return [row for row in rows if datetime.fromisoformat(row["starting_at"]) == start]


def _line(group: Mapping[str, Any], cost: Mapping[str, Any]) -> BilledLine:
    kind_of_cost = group.get("cost_type") or "tokens"
    words = str(group.get("token_type") or kind_of_cost)
    model = str(group.get("model") or words)
    place = (group.get("workspace_id"), group.get("api_key_id"))
    return BilledLine(
        model=model,
        kind=token_kind(words) if kind_of_cost == "tokens" else TokenKind.OTHER,
        amount=Decimal(cost["amount"]).scaleb(-_CENTS),
        list_amount=Decimal(cost.get("list_amount") or cost["amount"]).scaleb(-_CENTS),
        item=model if words == "tokens" else f"{model}, {words}",
        place=" ".join(str(part) for part in place if part),
        currency=str(cost.get("currency") or DOLLARS).upper(),
    )


def _usage(usage: Mapping[str, Any]) -> BilledUsage:
    written = usage.get("cache_creation") or {}
    return BilledUsage(
        requests=usage.get("requests"),
        tokens={
            TokenKind.INPUT: int(usage["uncached_input_tokens"]),
            TokenKind.CACHED_INPUT: int(usage.get("cache_read_input_tokens") or 0),
            TokenKind.CACHE_WRITE: sum(int(count or 0) for count in written.values()),
            TokenKind.OUTPUT: int(usage["output_tokens"]),
        },
    )


def _requests(rows: Sequence[Any]) -> dict[str, BilledUsage]:
    """The requests by model, where the rows of the cost say how many: each kind repeats them."""
    most: dict[str, dict[tuple[object, ...], int]] = defaultdict(dict)
    for row in rows:
        group, requests = row["group"], row["cost"].get("requests")
        if group.get("model") and requests is not None:
            kinds = {"cost_type", "token_type"}
            place = tuple(value for name, value in sorted(group.items()) if name not in kinds)
            so_far = most[group["model"]].get(place, 0)
            most[group["model"]][place] = max(so_far, requests)
    return {model: BilledUsage(requests=sum(counts.values())) for model, counts in most.items()}
