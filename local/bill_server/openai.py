"""OpenAI's organization costs and usage, as its SDK parses them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from local.bill_server.store import BadRequestError, Entry, Group, grouped, limited

_COST_FIELDS = {
    "line_item": "line_item",
    "project_id": "project",
    "api_key_id": "key",
}
_USAGE_FIELDS = {"model": "model", "project_id": "project", "api_key_id": "key"}
_INPUT = ("input", "input_tokens")
_CACHED = ("cached input", "cached_input_tokens", "input_cached_tokens")
_WRITTEN = ("input_cache_write_tokens",)
_OUTPUT = ("output", "output_tokens")
_MOST_BUCKETS = {"costs": 180, "completions": 31}


def answer(path: str, query: Mapping[str, Sequence[str]], entries: Iterable[Entry]) -> bytes:
    """The page of costs or usage that `query` asks for. Raises BadRequestError."""
    what = path.rpartition("/")[2]
    fields = _COST_FIELDS if what == "costs" else _USAGE_FIELDS
    wanted = query.get("group_by[]", query.get("group_by", []))
    if unknown := set(wanted) - fields.keys():
        raise BadRequestError(f"Invalid value for 'group_by': {sorted(unknown)}")
    if query.get("bucket_width", ["1d"]) != ["1d"]:
        raise BadRequestError("Invalid value for 'bucket_width'")
    days = _days(query)
    limit = limited(query.get("limit", ["7"])[0], _MOST_BUCKETS[what])
    start = int(query.get("page", ["0"])[0])
    shown = days[start : start + limit]
    groups = grouped(entries, fields, wanted)
    row = _cost if what == "costs" else _usage
    page = {
        "object": "page",
        "data": [
            _bucket(day, [row(group) for group in groups if group.day == day]) for day in shown
        ],
        "has_more": start + limit < len(days),
        "next_page": str(start + limit) if start + limit < len(days) else None,
    }
    return _json(page)


def _days(query: Mapping[str, Sequence[str]]) -> list[date]:
    if "start_time" not in query:
        raise BadRequestError("Missing required parameter: 'start_time'")
    start = datetime.fromtimestamp(int(query["start_time"][0]), UTC)
    end = datetime.fromtimestamp(int(query["end_time"][0]), UTC) if "end_time" in query else start
    return [start.date() + timedelta(days=days) for days in range((end - start).days or 1)]


def _bucket(day: date, results: Sequence[Any]) -> dict[str, Any]:
    start = int(datetime.combine(day, time.min, UTC).timestamp())
    return {
        "object": "bucket",
        "start_time": start,
        "end_time": start + 86_400,
        "results": list(results),
    }


def _cost(group: Group) -> dict[str, Any]:
    units = {entry.unit for entry in group.entries}
    counted = [entry.tokens for entry in group.entries if entry.tokens is not None]
    by_item = "line_item" in group.values and len(units) == 1
    return {
        "object": "organization.costs.result",
        "amount": {"value": group.amount, "currency": group.entries[0].currency},
        "line_item": None,
        "project_id": None,
        "api_key_id": None,
        "user_id": None,
        "quantity": sum(counted) if by_item and counted else None,
        "quantity_unit": units.pop() if by_item else None,
        **group.values,
    }


def _usage(group: Group) -> dict[str, Any]:
    cached, written = group.tokens(*_CACHED), group.tokens(*_WRITTEN)
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": group.tokens(*_INPUT) + cached + written,
        "input_cached_tokens": cached,
        "input_cache_write_tokens": written,
        "output_tokens": group.tokens(*_OUTPUT),
        "num_model_requests": group.requests,
        "model": None,
        "project_id": None,
        "api_key_id": None,
        **group.values,
    }


def _json(page: Any) -> bytes:
    """JSON with decimals as numbers of all their digits, as the real one writes them."""
    numbers: list[str] = []

    def number(value: Any) -> str:
        assert isinstance(value, Decimal)
        numbers.append(f"{value:f}")
        return f"\0{len(numbers) - 1}\0"

    text = json.dumps(page, default=number)
    for index, digits in enumerate(numbers):
        text = text.replace(f'"\\u0000{index}\\u0000"', digits)
    return text.encode()
