"""What LangSmith's own tracer posts, turned into runs of v2's shape."""

import gzip
import json
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email import message_from_bytes
from typing import Any

import zstandard

from local.langsmith_server.http import Request, Response
from local.langsmith_server.store import Store
from local.langsmith_server.usage import Doubts, usage_fields

_ACCEPTED = Response.of({"message": "Runs batch ingested"}, 202)


class Ingest:
    """Merges posts and patches of a run, which may come in any order and any batch.

    `doubts` decides what nobody outside of LangSmith knows; it may be changed at any time.
    """

    def __init__(self, store: Store) -> None:
        self.doubts = Doubts()
        self._store = store
        self._lock = threading.Lock()
        self._raw: dict[str, dict[str, Any]] = {}

    def multipart(self, request: Request) -> Response:
        """`POST /runs/multipart`: parts named `post.<id>`, `post.<id>.outputs`, `patch.<id>`."""
        head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        changes: dict[tuple[str, str], dict[str, Any]] = {}
        for part in message_from_bytes(head + _plain(request)).walk():
            name = part.get_param("name", header="content-disposition")
            kind, _, rest = str(name).partition(".")
            if part.is_multipart() or kind not in ("post", "patch"):
                continue
            run_id, _, member = rest.partition(".")
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            value = json.loads(payload)
            change = changes.setdefault((run_id, kind), {})
            change.update({member: value} if member else value)
        # Sorted, a run's patch comes before its post; it is merged over it either way.
        for (run_id, kind), change in sorted(
            changes.items(), key=lambda entry: entry[0][1] == "patch"
        ):
            self._merge(run_id, change, over=kind == "patch")
        return _ACCEPTED

    def batch(self, request: Request) -> Response:
        """`POST /runs/batch`: `{"post": […], "patch": […]}`."""
        body = json.loads(_plain(request))
        for kind in ("post", "patch"):
            for change in body.get(kind) or ():
                self._merge(change["id"], change, over=kind == "patch")
        return _ACCEPTED

    def post(self, request: Request) -> Response:
        """`POST /runs`: one new run."""
        run = json.loads(_plain(request))
        self._merge(run["id"], run, over=False)
        return _ACCEPTED

    def patch(self, request: Request, run_id: str) -> Response:
        """`PATCH /runs/<id>`: what changed in one run."""
        self._merge(run_id, json.loads(_plain(request)), over=True)
        return _ACCEPTED

    def _merge(self, run_id: str, change: Mapping[str, Any], *, over: bool) -> None:
        with self._lock:
            known = self._raw.get(run_id, {})
            told = {name: value for name, value in change.items() if value is not None}
            raw = {**known, **told} if over else {**told, **known}
            self._raw[run_id] = {**raw, "id": run_id}
            # A patch whose post is still on its way has no project yet.
            if "start_time" in raw and ("session_name" in raw or "session_id" in raw):
                project = self._project(raw)
                self._store.add_runs(project, [_run(self._raw[run_id], self.doubts)])

    def _project(self, raw: Mapping[str, Any]) -> str:
        known = self._store.find(str(raw.get("session_id")))
        return known.name if known else str(raw.get("session_name") or "default")


def _plain(request: Request) -> bytes:
    match request.headers.get("content-encoding"):
        case "zstd":
            return zstandard.ZstdDecompressor().decompressobj().decompress(request.body)
        case "gzip":
            return gzip.decompress(request.body)
    return request.body


def _run(raw: Mapping[str, Any], doubts: Doubts) -> dict[str, Any]:
    """A traced run in v2's shape; the ancestors stand in its dotted order."""
    dotted_order = raw.get("dotted_order") or ""
    path = [step[-36:] for step in dotted_order.split(".")] if dotted_order else [raw["id"]]
    extra = raw.get("extra") or {}
    run_type = str(raw.get("run_type", "chain")).upper()
    status = "ERROR" if raw.get("error") else "SUCCESS" if raw.get("end_time") else "PENDING"
    run = {
        "id": raw["id"],
        "name": raw.get("name"),
        "run_type": run_type,
        "status": status,
        "start_time": _instant(raw["start_time"]),
        "end_time": _instant(raw["end_time"]) if raw.get("end_time") else None,
        "error": raw.get("error"),
        "trace_id": raw.get("trace_id") or path[0],
        "dotted_order": dotted_order,
        "parent_run_ids": path[:-1],
        "extra": extra,
        "metadata": extra.get("metadata") or {},
        "tags": raw.get("tags") or [],
        "inputs": raw.get("inputs") or {},
        "outputs": raw.get("outputs") or {},
    }
    if run_type != "LLM":
        return run
    return {**run, **usage_fields(run["outputs"], run["metadata"], doubts)}


def _instant(value: str) -> datetime:
    """The tracer writes UTC, with or without saying so."""
    instant = datetime.fromisoformat(value)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
