"""The runs: sorted by start, so that a page is a bisection and a slice of encoded runs."""

import threading
import uuid
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

import msgspec

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TENANT_ID = "8f6f7c1e-0000-4000-8000-00000000a001"
_NAMESPACE = uuid.UUID("5d1f5d4e-58a3-4f0e-9d3b-6c0e1f0a7b11")
_MOST_VIEWS = 64

type Key = tuple[int, str]
"""Where a run stands: microseconds since 1970, then its id."""

type Shape = Callable[[Mapping[str, Any]], Any]
"""What of a run goes out, ready for JSON."""


def micros(instant: datetime) -> int:
    """`instant` in microseconds since 1970."""
    return (instant - EPOCH) // timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, eq=False)
class StoredRun:
    """A run in v2's shape. A `verbatim` item goes out as it is, whatever was selected."""

    key: Key
    item: Mapping[str, Any]
    verbatim: bytes | None = None


@dataclass(slots=True)
class Project:
    """A tracing project and its runs by id."""

    id: str
    name: str
    created: datetime
    runs: dict[str, StoredRun] = field(default_factory=dict)


class View:
    """The runs that one query matches, oldest first, and their encodings by shape."""

    def __init__(self, runs: Iterable[StoredRun]) -> None:
        self.runs = sorted(runs, key=attrgetter("key"))
        self.keys = [run.key for run in self.runs]
        self._encoded: dict[object, list[bytes]] = {}

    def page(self, low: Key, position: Key, size: int) -> tuple[int, int]:
        """The slice of the newest `size` runs with `low <= key < position`."""
        end = bisect_left(self.keys, position)
        start = bisect_left(self.keys, low, hi=end)
        return max(start, end - size), end

    def encoded(self, start: int, end: int, name: object, shape: Shape) -> list[bytes]:
        """The runs of a slice as JSON, newest first; `name` identifies `shape`."""
        cache = self._encoded.setdefault(name, [b""] * len(self.runs))
        page = cache[start:end]
        if b"" in page:
            for index in range(start, end):
                run = self.runs[index]
                cache[index] = run.verbatim or msgspec.json.encode(shape(run.item))
            page = cache[start:end]
        page.reverse()
        return page


class Store:
    """All projects. Safe to fill from one thread while the server answers on another."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._projects: dict[str, Project] = {}
        self._views: dict[object, View] = {}

    def project(self, name: str) -> Project:
        """The project called `name`, made if it is new; its id depends on the name alone."""
        with self._lock:
            project_id = str(uuid.uuid5(_NAMESPACE, name))
            if project_id not in self._projects:
                self._projects[project_id] = Project(project_id, name, datetime.now(UTC))
            return self._projects[project_id]

    def find(self, project_id: str) -> Project | None:
        """The project of that id."""
        return self._projects.get(project_id)

    def projects(self) -> list[Project]:
        """All projects."""
        with self._lock:
            return list(self._projects.values())

    def add_runs(self, project: str, runs: Iterable[Mapping[str, Any]]) -> None:
        """Store `runs` of the project of that name, each in v2's shape (lower-case names).

        `start_time` is an aware datetime or RFC 3339 text. What is left out and has an obvious
        value gets it: a new id, type LLM, a root that ended well. A repeated id replaces.
        """
        with self._lock:
            target = self.project(project)
            for run in runs:
                stored = _stored(run, target.id)
                target.runs[stored.key[1]] = stored
            self._views.clear()

    def forget(self, project: str, before: datetime) -> None:
        """Drop the project's runs that started `before` that instant: their retention ended."""
        with self._lock:
            runs = self.project(project).runs
            for run_id in [id_ for id_, run in runs.items() if run.key[0] < micros(before)]:
                del runs[run_id]
            self._views.clear()

    def add_verbatim(self, project: str, at: datetime, item: bytes) -> None:
        """Store JSON that goes out byte for byte where a run that started `at` would stand.

        It matches as a successful LLM run; for items that no client should have to expect.
        """
        with self._lock:
            target = self.project(project)
            key = (micros(at), str(uuid.uuid4()))
            facts = {"run_type": "LLM", "status": "SUCCESS", "is_root": True}
            target.runs[key[1]] = StoredRun(key, facts, item)
            self._views.clear()

    def view(
        self,
        name: object,
        projects: Sequence[str],
        matches: Callable[[Mapping[str, Any]], bool],
        ids: Sequence[str] | None = None,
    ) -> View:
        """The runs of `projects` that `matches` accepts; `name` identifies the query.

        A view is kept until runs are added, except for queries by `ids`.
        """
        with self._lock:
            key = (tuple(projects), name)
            if ids is None and key in self._views:
                return self._views[key]
            found = [self._projects[project].runs for project in projects]
            if ids is None:
                runs = (run for runs in found for run in runs.values())
            else:
                runs = (runs[id_] for runs in found for id_ in ids if id_ in runs)
            view = View(run for run in runs if matches(run.item))
            if ids is None:
                if len(self._views) >= _MOST_VIEWS:
                    self._views.clear()
                self._views[key] = view
            return view


def _stored(run: Mapping[str, Any], project_id: str) -> StoredRun:
    item = dict(run)
    start = item["start_time"]
    if isinstance(start, datetime):
        item["start_time"] = rfc3339(start)
    else:
        start = datetime.fromisoformat(start)
    end = item.get("end_time")
    if isinstance(end, datetime):
        item["end_time"] = rfc3339(end)
    id_ = item["id"] if "id" in item else item.setdefault("id", str(uuid.uuid4()))
    for name, value in _ORDINARY:
        item.setdefault(name, value)
    item.setdefault("trace_id", id_)
    if "dotted_order" not in item:
        item["dotted_order"] = dotted_step(start, id_)
    if start.tzinfo is None:
        raise ValueError(f"start_time {item['start_time']!r} has no timezone")
    item["is_root"] = not item.get("parent_run_ids")
    item["project_id"] = project_id
    return StoredRun((micros(start), id_), item)


_ORDINARY = (("run_type", "LLM"), ("status", "SUCCESS"), ("name", "ChatOpenAI"))


def dotted_step(start: datetime, run_id: str) -> str:
    """A run's own part of its dotted order."""
    return f"{start.astimezone(UTC):%Y%m%dT%H%M%S%fZ}{run_id}"


def rfc3339(instant: datetime) -> str:
    """`instant` in UTC as LangSmith writes it; whole seconds go without a fraction."""
    return instant.astimezone(UTC).isoformat()[:-6] + "Z"
