"""Projects by name or UUID."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from spend_report.adapters.langsmith.api import LangSmithApi
from spend_report.adapters.langsmith.decoder import UnreadablePageError
from spend_report.adapters.langsmith.tasks import together
from spend_report.domain.runs.run import Project
from spend_report.errors import LangSmithRefusedError, UnknownProjectError

_SESSIONS = "/api/v1/sessions"  # a project's name in the API is session
_NO_SUCH = frozenset({400, 404, 405, 422})


async def find_projects(api: LangSmithApi, names: Sequence[str]) -> list[Project]:
    """The projects `names`, each once, in their order.

    Raises:
        UnknownProjectError: some of `names` are no project that the key can see.
        LangSmithKeyError: LangSmith refused the key.
    """
    found = await together(_find(api, name) for name in names)
    missing = [name for name, project in zip(names, found, strict=True) if project is None]
    if missing:
        raise UnknownProjectError(
            f"LangSmith has no project {', '.join(map(repr, missing))} that the API key can see. "
            "Check LANGSMITH_PROJECTS (names are case-sensitive), LANGSMITH_ENDPOINT for the "
            "region, and LANGSMITH_WORKSPACE_ID"
        )
    # A project may stand in the list by its name and by its UUID; its runs count once.
    return list({project.id: project for project in found if project is not None}.values())


async def _find(api: LangSmithApi, name: str) -> Project | None:
    if _is_uuid(name):
        try:
            session = await api.get(f"{_SESSIONS}/{name}", {"include_stats": False}, _session)
        except LangSmithRefusedError as error:
            if error.status not in _NO_SUCH:
                raise
        else:
            return _project(api, session)
        if found := await _listed(api, "id", name):
            return found
    return await _listed(api, "name", name)


async def _listed(api: LangSmithApi, key: str, value: str) -> Project | None:
    params = {key: value, "limit": 1, "include_stats": False}
    for session in await api.get(_SESSIONS, params, _sessions):
        if session[key] == value:
            return _project(api, session)
    return None


def _project(api: LangSmithApi, session: dict[str, Any]) -> Project:
    project_id, tenant = session["id"], session.get("tenant_id")
    url = f"{api.web_url}/o/{tenant}/projects/p/{project_id}" if tenant else ""
    return Project(project_id, session["name"], url)


def _sessions(body: bytes) -> list[dict[str, Any]]:
    try:
        sessions = json.loads(body)
    except ValueError as error:
        raise UnreadablePageError from error
    if not isinstance(sessions, list) or not all(map(_is_session, sessions)):
        raise UnreadablePageError
    return sessions


def _session(body: bytes) -> dict[str, Any]:
    return _sessions(b"[" + body + b"]")[0]


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
