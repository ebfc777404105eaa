"""Projects by name or UUID."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from uuid import UUID

from spend_report.adapters.langsmith.api import Request
from spend_report.adapters.langsmith.concurrency import Call
from spend_report.adapters.langsmith.decoder import UnreadablePageError
from spend_report.domain.runs.run import Project
from spend_report.errors import LangSmithRefusedError, UnknownProjectError

_SESSIONS = "/api/v1/sessions"  # a project's name in the API is session
_NO_SUCH = frozenset({400, 404, 405, 422})


def find_projects(
    ask: Callable[[Iterable[Call]], None], names: Sequence[str], web_url: str
) -> list[Project]:
    """The projects `names`, each once, in their order.

    Raises:
        UnknownProjectError: some of `names` are no project that the key can see.
        LangSmithKeyError: LangSmith refused the key.
    """
    searches = [_Search(name, web_url) for name in names]
    ask(search.first() for search in searches)
    missing = [search.name for search in searches if search.found is None]
    if missing:
        raise UnknownProjectError(
            f"LangSmith has no project {', '.join(map(repr, missing))} that the API key can see. "
            "Check LANGSMITH_PROJECTS (names are case-sensitive), LANGSMITH_ENDPOINT for the "
            "region, and LANGSMITH_WORKSPACE_ID"
        )
    found = [search.found for search in searches if search.found is not None]
    # A project may stand in the list by its name and by its UUID; its runs count once.
    return list({project.id: project for project in found}.values())


class _Search:
    """The search for `name`: by that id if it looks like one, in a list by id, in one by name."""

    def __init__(self, name: str, web_url: str) -> None:
        self.name = name
        self.found: Project | None = None
        self._web_url = web_url

    def first(self) -> Call:
        if not _is_uuid(self.name):
            return self._listed("name")
        request = Request("GET", f"{_SESSIONS}/{self.name}", {"include_stats": False})
        return Call(request, lambda body: self._take(_session(body)), self._refused)

    def _refused(self, error: LangSmithRefusedError) -> Iterable[Call]:
        if error.status not in _NO_SUCH:
            raise error
        return [self._listed("id")]

    def _listed(self, key: str) -> Call:
        def then(body: bytes) -> Iterable[Call]:
            for session in _sessions(body):
                if session[key] == self.name:
                    return self._take(session)
            return [self._listed("name")] if key == "id" else []

        params = {key: self.name, "limit": 1, "include_stats": False}
        return Call(Request("GET", _SESSIONS, params), then)

    def _take(self, session: dict[str, Any]) -> Iterable[Call]:
        project_id, tenant = session["id"], session.get("tenant_id")
        url = f"{self._web_url}/o/{tenant}/projects/p/{project_id}" if tenant else ""
        self.found = Project(project_id, session["name"], url)
        return ()


def _sessions(body: bytes) -> list[dict[str, Any]]:
    try:
        sessions = json.loads(body)
    except ValueError as error:
        raise UnreadablePageError from error
    if not isinstance(sessions, list) or not all(map(_is_session, sessions)):
        raise UnreadablePageError
    return sessions


def _session(body: bytes) -> dict[str, Any]:
    sessions = _sessions(b"[" + body + b"]")
    if len(sessions) != 1:
        raise UnreadablePageError
    return sessions[0]


def _is_session(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(key), str) for key in ("id", "name")
    )


def _is_uuid(name: str) -> bool:
    try:
        UUID(name)
    except ValueError:
        return False
    return True
