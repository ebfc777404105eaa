"""`POST /api/v2/runs/query` and its predecessor: validate, find the page, encode it."""

import base64
import binascii
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from uuid import UUID

import msgspec
from langsmith.types import RunSelectField, RunType

from local.langsmith_server.faults import EmptyCursor, EmptyPage, EndlessCursor, Fault, Overlap
from local.langsmith_server.filters import Predicate, compile_filter
from local.langsmith_server.http import Response
from local.langsmith_server.store import Key, Shape, Store, View, micros

LEGACY_PAGE = 100
_NO_ID = ""

type Instant = Annotated[datetime, msgspec.Meta(tz=True)]
type ProjectIds = Annotated[list[UUID], msgspec.Meta(min_length=1)]


class QueryError(Exception):
    """The query is refused with `status`; the message is LangSmith's answer."""

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


class V2Query(msgspec.Struct, forbid_unknown_fields=True):
    """The body of a v2 query: its documented fields without semantic search and feedback."""

    project_ids: ProjectIds
    min_start_time: Instant | None = None
    max_start_time: Instant | None = None
    run_type: RunType | None = None
    selects: tuple[RunSelectField, ...] = ("ID",)
    page_size: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    cursor: str | None = None
    filter: str | None = None
    trace_filter: str | None = None
    tree_filter: str | None = None
    is_root: bool | None = None
    has_error: bool | None = None
    ids: tuple[UUID, ...] | None = None
    trace_id: UUID | None = None


class LegacyQuery(msgspec.Struct):
    """What `Client.list_runs` sends, as far as it narrows the runs."""

    session: ProjectIds
    select: tuple[str, ...] = ()
    run_type: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    filter: str | None = None
    is_root: bool | None = None
    error: bool | None = None
    id: tuple[UUID, ...] | None = None
    trace: UUID | None = None
    limit: Annotated[int, msgspec.Meta(ge=1)] = LEGACY_PAGE
    cursor: str | None = None


def query_v2(store: Store, body: bytes, fault: Fault | None) -> tuple[Response, int]:
    """A page in v2's shape and its number of runs. Raises QueryError."""
    query = _decode(body, V2Query)
    now = datetime.now(UTC)
    low = (micros(query.min_start_time or now - timedelta(days=1)), _NO_ID)
    # Whether the upper bound is inclusive is not documented; here it is: the harder case.
    top = (micros(query.max_start_time or now) + 1, _NO_ID)
    position = _position(query.cursor) if query.cursor else top
    view = _view(store, query)
    if isinstance(fault, Overlap):
        index = view.page(low, position, 0)[1] + fault.runs
        position = view.keys[index] if index < len(view.keys) else top
    start, end = view.page(low, min(position, top), query.page_size)
    following = None
    if isinstance(fault, EmptyPage):
        start, following = end, position
    elif isinstance(fault, EndlessCursor):
        following = position
    elif start > 0 and view.keys[start - 1] >= low:
        following = view.keys[start]
    items = view.encoded(start, end, query.selects, _v2_shape(query.selects))
    ends_empty = following is None and isinstance(fault, EmptyCursor)
    tail = b'],"next_cursor":' + (b'""' if ends_empty else _cursor(following)) + b"}"
    return Response(200, _join(b'{"items":[', items, tail)), len(items)


def query_legacy(store: Store, body: bytes) -> tuple[Response, int]:
    """A page of `POST /runs/query`, at most 100 runs long. Raises QueryError."""
    legacy = _decode(body, LegacyQuery)
    query = V2Query(
        project_ids=legacy.session,
        run_type=legacy.run_type and legacy.run_type.upper(),  # type: ignore[arg-type]  # any type
        filter=legacy.filter,
        is_root=legacy.is_root,
        has_error=legacy.error,
        ids=legacy.id,
        trace_id=legacy.trace,
    )
    low = (micros(_aware(legacy.start_time)) if legacy.start_time else 0, _NO_ID)
    high = micros(_aware(legacy.end_time) if legacy.end_time else datetime.now(UTC))
    position = _position(legacy.cursor) if legacy.cursor else (high + 1, _NO_ID)
    view = _view(store, query)
    start, end = view.page(low, position, min(legacy.limit, LEGACY_PAGE))
    items = view.encoded(start, end, ("legacy", legacy.select), _legacy_shape(legacy.select))
    following = view.keys[start] if start > 0 and view.keys[start - 1] >= low else None
    tail = b'],"cursors":{"next":' + _cursor(following) + b"}}"
    return Response(200, _join(b'{"runs":[', items, tail)), len(items)


def _join(head: bytes, items: list[bytes], tail: bytes) -> bytes:
    """`head`, the items by comma, `tail`: in one copy of the page's megabyte, not two."""
    if not items:
        return head + tail
    items[0] = head + items[0]
    items[-1] += tail
    return b",".join(items)


def _decode[Q](body: bytes, shape: type[Q]) -> Q:
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.ValidationError, msgspec.DecodeError) as error:
        raise QueryError(str(error)) from error


def _view(store: Store, query: V2Query) -> View:
    projects = [str(project_id) for project_id in dict.fromkeys(query.project_ids)]
    for project_id in projects:
        if store.find(project_id) is None:
            raise QueryError(f"project {project_id} not found", 404)
    try:
        traces = _traces(store, projects, query)
        own = compile_filter(query.filter) if query.filter else None
    except (ValueError, RecursionError) as error:
        raise QueryError(f"invalid filter: {error}") from error
    trace_id = str(query.trace_id) if query.trace_id else None

    def matches(item: Mapping[str, Any]) -> bool:
        return (
            (query.run_type is None or item["run_type"] == query.run_type)
            and (query.is_root is None or item["is_root"] is query.is_root)
            and (query.has_error is None or (item["status"] == "ERROR") is query.has_error)
            and (trace_id is None or item["trace_id"] == trace_id)
            and (own is None or own(item))
            and (traces is None or item["trace_id"] in traces)
        )

    name = (
        *(query.run_type, query.is_root, query.has_error, trace_id),
        *(query.filter, query.trace_filter, query.tree_filter),
    )
    ids = None if query.ids is None else [str(id_) for id_ in dict.fromkeys(query.ids)]
    return store.view(name, projects, matches, ids)


def _traces(store: Store, projects: list[str], query: V2Query) -> set[str] | None:
    """The traces that the trace and tree filters leave; None if there are no such filters."""
    left: set[str] | None = None
    for text, roots_only in ((query.trace_filter, True), (query.tree_filter, False)):
        if text is None:
            continue
        predicate: Predicate = compile_filter(text)
        view = store.view(("traces", text, roots_only), projects, predicate)
        found = {run.item["trace_id"] for run in view.runs if run.item["is_root"] or not roots_only}
        left = found if left is None else left & found
    return left


def _cursor(key: Key | None) -> bytes:
    """The cursor as JSON: what lies behind `key`, or null at the end."""
    if key is None:
        return b"null"
    return b'"' + base64.urlsafe_b64encode(f"{key[0]}:{key[1]}".encode()) + b'"'


def _position(cursor: str) -> Key:
    try:
        moment, _, id_ = base64.urlsafe_b64decode(cursor).decode().partition(":")
        return int(moment), id_
    except (ValueError, binascii.Error) as error:
        raise QueryError("invalid cursor") from error


@lru_cache(maxsize=64)
def _v2_shape(selects: tuple[str, ...]) -> Shape:
    names = [name.lower() for name in selects]
    return lambda item: {name: item[name] for name in names if name in item}


@lru_cache(maxsize=64)
def _legacy_shape(select: tuple[str, ...]) -> Shape:
    def shape(item: Mapping[str, Any]) -> dict[str, Any]:
        parents = item.get("parent_run_ids") or []
        full = {
            **item,
            "session_id": item["project_id"],
            "run_type": item["run_type"].lower(),
            "status": (item["status"] or "").lower(),
            "extra": {**(item.get("extra") or {}), "metadata": item.get("metadata") or {}},
            "parent_run_id": parents[-1] if parents else None,
        }
        for details in ("prompt_token_details", "completion_token_details"):
            full[details] = (item.get(details) or {}).get("raw")
        return {name: full.get(name) for name in select} if select else full

    return shape


def _aware(instant: datetime) -> datetime:
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
