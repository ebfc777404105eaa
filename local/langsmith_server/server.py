"""The server: in process on a thread of its own, or as a process with `python -m`."""

import asyncio
import threading
import traceback
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import Any, Self

from local.langsmith_server.api import Api
from local.langsmith_server.faults import Answer, FaultHook, Hang, Reset, Truncate
from local.langsmith_server.http import Connection, Request, Response
from local.langsmith_server.store import Store
from local.langsmith_server.usage import Doubts

API_KEY = "lsv2_pt_local_key"

type Latency = Callable[[Request, int], float]
"""Seconds that the answer to a request with that many runs takes, on top of its real time."""


def page_latency(fixed: float, per_run: float = 0.0) -> Latency:
    """A latency of `fixed` seconds for each query plus `per_run` for each run in the answer."""

    def latency(request: Request, runs: int) -> float:
        return fixed + per_run * runs if request.path.endswith("/runs/query") else 0.0

    return latency


class LangSmithServer:
    """A LangSmith of one's own, on 127.0.0.1.

    As a context manager it serves on a thread from entry to exit. `latency` and `fault` may be
    changed while it serves; `requests` holds every request that arrived.
    """

    def __init__(
        self,
        *,
        api_key: str = API_KEY,
        port: int = 0,
        latency: Latency | None = None,
        fault: FaultHook | None = None,
    ) -> None:
        self.api_key = api_key
        self.latency = latency
        self.fault = fault
        self.requests: list[Request] = []
        self.store = Store()
        self._port = port
        self._api = Api(self.store, api_key)
        self._ready = threading.Event()
        self._failure: OSError | None = None

    @property
    def url(self) -> str:
        """What `LANGSMITH_ENDPOINT` is set to."""
        return f"http://127.0.0.1:{self._port}"

    def decide(self, doubts: Doubts) -> None:
        """From now on, store what tracers send in this one of the possible ways."""
        self._api.ingest.doubts = doubts

    def add_project(self, name: str) -> str:
        """Make the project `name` if it is new, and return its id."""
        return self.store.project(name).id

    def add_runs(self, project: str, runs: Iterable[Mapping[str, Any]]) -> None:
        """See `Store.add_runs`."""
        self.store.add_runs(project, runs)

    def forget(self, project: str, before: datetime) -> None:
        """See `Store.forget`."""
        self.store.forget(project, before)

    def add_verbatim(self, project: str, at: datetime, item: bytes) -> None:
        """See `Store.add_verbatim`."""
        self.store.add_verbatim(project, at, item)

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=asyncio.run, args=(self.serve(),), daemon=True)
        self._thread.start()
        self._ready.wait()
        if self._failure is not None:
            raise self._failure
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def serve(self) -> None:
        """Serve until told to stop."""
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        try:
            server = await self._loop.create_server(
                lambda: Connection(self._answer), "127.0.0.1", self._port, backlog=256
            )
        except OSError as error:
            self._failure = error
            self._ready.set()
            return
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._stop.wait()
        # A connection that was accepted, but not yet handed over, would be nobody's: it stays open,
        # and its client waits. So accept no more, and have the last ones handed over first.
        for listening in server.sockets:
            self._loop.remove_reader(listening)
        await asyncio.sleep(0)
        server.close()
        server.abort_clients()
        await server.wait_closed()

    async def wait_ready(self) -> None:
        """Return once the port is known."""
        await asyncio.to_thread(self._ready.wait)

    async def _answer(self, request: Request) -> Response | None:
        self.requests.append(request)
        fault = self.fault(request) if self.fault else None
        match fault:
            case Reset():
                return None
            case Answer():
                return Response(fault.status, fault.body, fault.content_type, fault.headers)
            case Hang():
                await asyncio.sleep(fault.seconds)
        try:
            response, runs = self._api.answer(request, fault)
        except Exception:  # noqa: BLE001  # as any server: a bug here must not hang its client
            return Response(500, traceback.format_exc().encode(), "text/plain")
        if self.latency and (seconds := self.latency(request, runs)) > 0:
            await asyncio.sleep(seconds)
        if isinstance(fault, Truncate):
            cut = int(len(response.body) * fault.share)
            return Response(response.status, response.body, cut=cut)
        return response
