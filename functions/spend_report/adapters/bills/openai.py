"""OpenAI's costs, which follow its invoice, and the tokens and requests that it counted.

https://platform.openai.com/docs/api-reference/usage/costs
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from spend_report.adapters.bills.http import BillApi, RefusedError
from spend_report.adapters.bills.token_kinds import token_kind
from spend_report.domain.bills.bill import DOLLARS, Bill, BilledLine, BilledUsage, TokenKind
from spend_report.errors import BillError

BASE_URL = "https://api.openai.com/v1"
KEY_PARAMETER = "bills/openai-admin-key"

_COSTS = "/organization/costs"
_USAGE = "/organization/usage/completions"
# With the key, unless the organization's range does not allow the combination.
_GROUPS = (("line_item", "project_id", "api_key_id"), ("line_item",))
_TOKENS = {"tokens": Decimal(1), "1000_tokens": Decimal(1000)}


class OpenAIBills:
    """OpenAI's bills of UTC days.

    `key` gives an admin key, which `key_name` says where to set.
    """

    provider = "openai"

    def __init__(
        self,
        *,
        key: Callable[[], str],
        key_name: str,
        base_url: str = BASE_URL,
        seconds_left: Callable[[], float] | None = None,
    ) -> None:
        self._api = BillApi(
            name="OpenAI",
            base_url=base_url,
            key=key,
            key_hint=f"{key_name} must hold an admin key of the organization, not a project's: "
            "https://platform.openai.com/settings/organization/admin-keys",
            headers=lambda key: {"authorization": f"Bearer {key}"},
            seconds_left=seconds_left,
        )

    def bill(self, day: date) -> Bill:
        """The bill of the UTC day `day`.

        Raises:
            BillError: it could not be read, or is not as documented.
        """
        try:
            return Bill(self.provider, day, self._lines(day), self._usage(day))
        except (AttributeError, KeyError, TypeError, InvalidOperation) as error:
            raise BillError(f"OpenAI's answer is not as documented ({error!r})") from error

    def _lines(self, day: date) -> list[BilledLine]:
        *wanted, last = _GROUPS
        for groups in wanted:
            try:
                return self._lines_by(day, groups)
            except RefusedError:
                continue
        return self._lines_by(day, last)

    def _lines_by(self, day: date, groups: Sequence[str]) -> list[BilledLine]:
        buckets = _of_day(self._api.pages(_COSTS, _params(day, groups)), day)
        if not buckets:
            raise BillError(f"OpenAI's bill does not have {day} yet")
        lines = [_line(result) for bucket in buckets for result in bucket["results"]]
        return [line for line in lines if line.amount]

    def _usage(self, day: date) -> dict[str, BilledUsage]:
        """What was counted by model. Costs follow the invoice, so they do without if need be."""
        try:
            buckets = self._api.pages(_USAGE, _params(day, ["model"]))
        except BillError:
            return {}
        return {
            str(result["model"]): _usage(result)
            for bucket in _of_day(buckets, day)
            for result in bucket["results"]
            if result.get("model")
        }


def _params(day: date, groups: Sequence[str]) -> list[tuple[str, object]]:
    start = datetime.combine(day, time.min, UTC)
    return [
        ("start_time", int(start.timestamp())),
        ("end_time", int((start + timedelta(days=1)).timestamp())),
        ("bucket_width", "1d"),
        ("limit", 1),
        *(("group_by[]", group) for group in groups),
    ]


def _of_day(buckets: Sequence[Any], day: date) -> list[Any]:
    start = datetime.combine(day, time.min, UTC).timestamp()
    return [bucket for bucket in buckets if bucket["start_time"] == start]


def _line(result: Mapping[str, Any]) -> BilledLine:
    item = str(result.get("line_item") or "(no line item)").strip()
    model, comma, words = item.rpartition(",")
    amount = result.get("amount") or {}
    kind = token_kind(words) if comma else TokenKind.OTHER
    unit, quantity = result.get("quantity_unit"), result.get("quantity")
    if unit is not None and unit not in _TOKENS:
        kind = TokenKind.OTHER
    key, project = result.get("api_key_id"), result.get("project_id")
    return BilledLine(
        model=model.strip() or item,
        kind=kind,
        amount=Decimal(str(amount.get("value") or 0)),
        tokens=None
        if kind is TokenKind.OTHER or quantity is None
        else Decimal(str(quantity)) * _TOKENS.get(unit or "", Decimal(1)),
        in_tokens=unit is not None,
        item=item,
        place=" ".join(str(part) for part in (project, key) if part),
        currency=str(amount.get("currency") or DOLLARS).upper(),
    )


def _usage(result: Mapping[str, Any]) -> BilledUsage:
    cached = int(result.get("input_cached_tokens") or 0)
    written = int(result.get("input_cache_write_tokens") or 0)
    return BilledUsage(
        requests=result.get("num_model_requests"),
        tokens={
            TokenKind.INPUT: int(result["input_tokens"]) - cached - written,
            TokenKind.CACHED_INPUT: cached,
            TokenKind.CACHE_WRITE: written,
            TokenKind.OUTPUT: int(result["output_tokens"]),
        },
    )
