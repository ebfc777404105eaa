"""The endpoints: v2 queries, projects, ingest, and the old `/runs/query` that still exists."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.langsmith_server.faults import Fault
from local.langsmith_server.http import Request, Response
from local.langsmith_server.ingest import Ingest
from local.langsmith_server.query import QueryError, query_legacy, query_v2
from local.langsmith_server.store import TENANT_ID, Project, Store, rfc3339

VERSION = "0.18.4"
INFO: Mapping[str, Any] = {
    "version": VERSION,
    "instance_flags": {"zstd_compression_enabled": True},
    "batch_ingest_config": {
        "use_multipart_endpoint": True,
        "scale_up_qsize_trigger": 1000,
        "scale_up_nthreads_limit": 16,
        "scale_down_nempty_trigger": 4,
        "size_limit": 100,
        "size_limit_bytes": 20_971_520,
    },
}


class Api:
    """Answers requests from a store. The second value of an answer counts its runs."""

    def __init__(self, store: Store, api_key: str) -> None:
        self._store = store
        self._api_key = api_key
        self.ingest = Ingest(store)
        self._routes: list[tuple[str, re.Pattern[str], Callable[..., Response]]] = [
            ("GET", re.compile("/sessions"), self._sessions),
            ("POST", re.compile("/sessions"), self._create_session),
            ("GET", re.compile("/sessions/(?P<project_id>[^/]+)"), self._session),
            ("POST", re.compile("/runs/multipart"), self.ingest.multipart),
            ("POST", re.compile("/runs/batch"), self.ingest.batch),
            ("POST", re.compile("/runs"), self.ingest.post),
            ("PATCH", re.compile("/runs/(?P<run_id>[^/]+)"), self.ingest.patch),
        ]

    def answer(self, request: Request, fault: Fault | None = None) -> tuple[Response, int]:
        """The response, with the number of runs in it. A page fault changes the page."""
        path = request.path.removeprefix("/api/v1")
        if path == "/info":
            return Response.of(INFO), 0
        if request.headers.get("x-api-key") != self._api_key:
            return Response.of({"detail": "Invalid token"}, 401), 0
        try:
            if (request.method, path) == ("POST", "/api/v2/runs/query"):
                return query_v2(self._store, request.body, fault)
            if (request.method, path) == ("POST", "/runs/query"):
                return query_legacy(self._store, request.body)
        except QueryError as error:
            return Response.of({"error": str(error)}, error.status), 0
        return self._route(request, path), 0

    def _route(self, request: Request, path: str) -> Response:
        for method, pattern, endpoint in self._routes:
            found = pattern.fullmatch(path)
            if method == request.method and found:
                return endpoint(request, **found.groupdict())
        return Response.of({"detail": "Not Found"}, 404)

    def _sessions(self, request: Request) -> Response:
        name, part = request.query.get("name"), request.query.get("name_contains", "")
        found = [
            _session(project)
            for project in self._store.projects()
            if name in (None, project.name) and part in project.name
        ]
        offset = int(request.query.get("offset", 0))
        return Response.of(found[offset : offset + int(request.query.get("limit", 100))])

    def _session(self, _request: Request, project_id: str) -> Response:
        project = self._store.find(project_id)
        if project is None:
            return Response.of({"detail": "Project not found"}, 404)
        return Response.of(_session(project))

    def _create_session(self, request: Request) -> Response:
        return Response.of(_session(self._store.project(request.json()["name"])))


def _session(project: Project) -> dict[str, Any]:
    """A project as `Client.read_project` parses it."""
    return {
        "id": project.id,
        "name": project.name,
        "tenant_id": TENANT_ID,
        "start_time": rfc3339(project.created),
        "end_time": None,
        "description": None,
        "extra": {},
        "reference_dataset_id": None,
        "trace_tier": "shortlived",
    }
