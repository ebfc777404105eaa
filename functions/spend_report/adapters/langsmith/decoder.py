"""Pages of runs from JSON: as fast as it goes, and without losing an item that is odd.

A page is decoded in one go into typed structs. Where that fails, its items are decoded one by
one, and an item that does not fit is read field by field. Only an item without a readable id
or start is lost, and counted.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from math import isfinite
from typing import Any

import msgspec
from msgspec import Struct

from spend_report.domain.runs.run import MetadataKeys, Run, TokenDetails

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
_TOKEN_FIELDS = ("prompt_tokens", "completion_tokens", "total_tokens")
_DETAIL_FIELDS = ("prompt_token_details", "completion_token_details")
# In JSON that ends so, these are the last key of the outermost object and its value: neither their
# quotes nor that brace can be part of a string.
_CURSOR_AT_END = re.compile(rb'[,{]\s*"next_cursor"\s*:\s*"([!#-\[\]-~]+)"\s*}\s*\Z')
_LONGEST_END = 2000  # in bytes
# Longer than any count; Python itself refuses to read integers of more than 4300 digits.
_MOST_DIGITS = 40


class UnreadablePageError(Exception):
    """The body is not a page of runs: cut off, an error page, or another document."""


class Page(Struct, frozen=True):
    """A page of runs, newest first. `unreadable` counts items without a readable id or start.

    Without a `next_cursor` it is the last.
    """

    runs: Sequence[Run]
    next_cursor: str | None
    unreadable: int = 0


class _RawPage(msgspec.Struct):
    items: list[msgspec.Raw] | None
    next_cursor: str | None = None


class PageDecoder:
    """Decodes pages into `keys.run_type`."""

    def __init__(self, keys: MetadataKeys) -> None:
        page_type = msgspec.defstruct(
            "TypedPage",
            [("items", list[keys.run_type]), ("next_cursor", str | None, None)],  # type: ignore[name-defined]  # a type made at run time
        )
        self._keys = keys
        self._page = msgspec.json.Decoder(page_type)
        self._raw_page = msgspec.json.Decoder(_RawPage)
        self._run = msgspec.json.Decoder(keys.run_type)
        self._metadata_keys = dict(
            zip(keys.struct.__struct_fields__, keys.struct.__struct_encode_fields__, strict=True)
        )

    def decode(self, body: bytes) -> Page:
        """The page in `body`. Raises UnreadablePageError."""
        try:
            page: Any = self._page.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self._decode_items(body)
        return Page(page.items, page.next_cursor or None)

    def _decode_items(self, body: bytes) -> Page:
        try:
            page = self._raw_page.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            document = _parse(body)
            if not isinstance(document, dict) or "items" not in document:
                raise UnreadablePageError from None
            items, cursor = document["items"], document.get("next_cursor")
            if not isinstance(items, list | None) or not isinstance(cursor, str | None):
                raise UnreadablePageError from None
            runs = [self._tolerate(item) for item in items or ()]
        else:
            runs, cursor = [self._decode_item(item) for item in page.items or ()], page.next_cursor
        readable = [run for run in runs if run is not None]
        return Page(readable, cursor or None, len(runs) - len(readable))

    def _decode_item(self, raw: msgspec.Raw) -> Run | None:
        try:
            return self._run.decode(raw)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            try:
                return self._tolerate(_parse(bytes(raw)))
            except UnreadablePageError:
                return None

    def _tolerate(self, item: Any) -> Run | None:
        """The run in `item`, with what does not fit its type left out or converted."""
        if not isinstance(item, dict):
            return None
        run_id, start = _text(item.get("id")), _instant(item.get("start_time"))
        if not run_id or start is None:
            return None
        oddities: list[str] = []
        parents = item.get("parent_run_ids")
        return self._keys.run_type(
            id=run_id,
            start_time=start,
            end_time=_instant(item.get("end_time")),
            status=_text(item.get("status")),
            name=_text(item.get("name")),
            trace_id=_text(item.get("trace_id")),
            dotted_order=_text(item.get("dotted_order")),
            parent_run_ids=_texts(parents) if isinstance(parents, list) else None,
            total_cost=_cost(item.get("total_cost")),
            metadata=self._metadata(item.get("metadata")),
            **_token_fields(item, oddities),
            oddities=oddities or None,
        )

    def _metadata(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return None
        return self._keys.struct(
            **{field: value.get(key) for field, key in self._metadata_keys.items()}
        )


def cursor_at_end(body: bytes) -> str | None:
    """The cursor of the page in `body` where it can be read without the page; None where not.

    LangSmith sends it behind the runs.
    """
    found = _CURSOR_AT_END.search(body, max(0, len(body) - _LONGEST_END))
    return found[1].decode("ascii") if found else None


def _parse(body: bytes) -> Any:
    """JSON with what msgspec refuses: wrong UTF-8, half surrogate pairs, NaN, endless numbers."""
    try:
        return json.loads(body.decode("utf-8", "replace"), parse_int=_integer)
    except (ValueError, RecursionError):
        raise UnreadablePageError from None


def _integer(digits: str) -> int | float:
    return int(digits) if len(digits) <= _MOST_DIGITS else float(digits)


def _text(value: Any) -> str | None:
    return _LONE_SURROGATE.sub("?", value) if isinstance(value, str) else None


def _texts(values: Sequence[Any]) -> list[str]:
    return [text for value in values if (text := _text(value))]


def _instant(value: Any) -> datetime | None:
    """The instant in `value`; LangSmith's own times are UTC, so one without an offset is too."""
    if not isinstance(value, str):
        return None
    try:
        instant = datetime.fromisoformat(value.strip())
        return (instant if instant.tzinfo else instant.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _token_fields(item: Mapping[str, Any], oddities: list[str]) -> dict[str, Any]:
    return {
        **{name: _count(item.get(name), name, oddities) for name in _TOKEN_FIELDS},
        **{name: _details(item.get(name), name, oddities) for name in _DETAIL_FIELDS},
    }


def _count(value: Any, name: str, oddities: list[str]) -> int | None:
    """A whole number; a fraction is cut off. Whatever was not one is noted under `name`."""
    if value is None or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    if isinstance(value, float) and value.is_integer():
        return int(value)
    oddities.append(name)
    return int(value) if isinstance(value, float) and isfinite(value) else None


def _details(value: Any, field: str, oddities: list[str]) -> TokenDetails | None:
    raw = value.get("raw") if isinstance(value, Mapping) else value
    if raw is None:
        return None
    if not isinstance(raw, dict):
        oddities.append(field)
        return None
    return TokenDetails(
        {
            _LONE_SURROGATE.sub("?", name): _count(count, name, oddities)
            for name, count in raw.items()
        }
    )


def _cost(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        cost = float(value)
    except (ValueError, OverflowError):
        return None
    return cost if isfinite(cost) else None
