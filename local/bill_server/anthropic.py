"""Anthropic's analytics of cost and usage, as its SDK parses them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from local.bill_server.store import BadRequestError, Entry, Group, grouped, limited

BETA = "analytics-usage-cost-2026-08-24"

_FIELDS = {"model": "model", "workspace_id": "project", "api_key_id": "key"}
_COMPONENTS = {"cost_type": "cost_type", "token_type": "kind"}
_UNKNOWN_HERE = ("actor", "context_window", "inference_geo", "product", "service_tier", "speed")
_MOST_GROUPS, _MOST_ROWS = 5, 1000
_LONGEST_DAYS = 31


def answer(path: str, query: Mapping[str, Sequence[str]], entries: Iterable[Entry]) -> bytes:
    """The page of cost or usage that `query` asks for. Raises BadRequestError."""
    is_cost = path.endswith("/cost")
    wanted = query.get("group_by[]", [])
    fields = _FIELDS | (_COMPONENTS if is_cost else {}) | dict.fromkeys(_UNKNOWN_HERE, "unit")
    if unknown := set(wanted) - fields.keys():
        raise BadRequestError(f"group_by: unexpected values {sorted(unknown)}")
    dimensions = [name for name in wanted if name not in _COMPONENTS]
    if len(dimensions) > _MOST_GROUPS:
        raise BadRequestError("group_by: at most 5 dimensions")
    first, last = _span(query)
    in_span = [entry for entry in entries if first <= entry.day < last]
    limit = limited(query.get("limit", ["20"])[0], _MOST_ROWS)
    start = int(query.get("page", ["0"])[0])
    # What fans out by component does not count for the limit.
    rows = grouped(in_span, fields, dimensions)
    more = start + limit < len(rows)
    components = [name for name in wanted if name in _COMPONENTS]
    data = [
        _row(group, part, components, is_cost=is_cost)
        for group in rows[start : start + limit]
        for part in grouped(group.entries, fields, components)
    ]
    return json.dumps(
        {"data": data, "has_more": more, "next_page": str(start + limit) if more else None}
    ).encode()


def _span(query: Mapping[str, Sequence[str]]) -> tuple[date, date]:
    if "starting_at" not in query:
        raise BadRequestError("starting_at: Field required")
    if query.get("time_bucket_width") != ["1d"] or "ending_at" not in query:
        raise BadRequestError("this server has days only: time_bucket_width=1d and ending_at")
    first, last = (
        datetime.fromisoformat(query[name][0]).astimezone(UTC)
        for name in ("starting_at", "ending_at")
    )
    if last - first > timedelta(days=_LONGEST_DAYS):
        raise BadRequestError("the range may span at most 31 days")
    return first.date(), last.date()


def _row(group: Group, part: Group, components: Sequence[str], *, is_cost: bool) -> dict[str, Any]:
    start = datetime.combine(group.day, time.min, UTC)
    values = {**dict.fromkeys((*_FIELDS, *_COMPONENTS)), **group.values, **part.values}
    if values["cost_type"] != "tokens":
        values["token_type"] = None
    return {
        "starting_at": start.isoformat().replace("+00:00", "Z"),
        "ending_at": (start + timedelta(days=1)).isoformat().replace("+00:00", "Z"),
        "group": values,
        **({"cost": _cost(part, components)} if is_cost else {"usage": _usage(part)}),
    }


def _cost(part: Group, components: Sequence[str]) -> dict[str, Any]:
    return {
        "amount": f"{part.amount * 100:f}",
        "list_amount": f"{Decimal(part.list_amount) * 100:f}",
        "currency": part.entries[0].currency.upper(),
        "requests": None if components else part.requests,
    }


def _usage(part: Group) -> dict[str, Any]:
    short = part.tokens("cache_creation.ephemeral_5m_input_tokens")
    long = part.tokens("cache_creation.ephemeral_1h_input_tokens")
    counts = {
        "uncached_input_tokens": part.tokens("uncached_input_tokens"),
        "cache_read_input_tokens": part.tokens("cache_read_input_tokens"),
        "output_tokens": part.tokens("output_tokens"),
    }
    return {
        **counts,
        "cache_creation": {
            "ephemeral_5m_input_tokens": short,
            "ephemeral_1h_input_tokens": long,
        },
        "requests": part.requests,
        "server_tool_use": {"web_search_requests": 0},
        "total_tokens": sum(counts.values()) + short + long,
    }
