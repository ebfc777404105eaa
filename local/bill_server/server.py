"""Both providers' billing on one port of 127.0.0.1, on a thread of its own."""

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from local.bill_server import anthropic, openai
from local.bill_server.store import BadRequestError, Entry

OPENAI_KEY = "sk-admin-local"
ANTHROPIC_KEY = "sk-ant-admin-local"

_OPENAI_PATHS = ("/v1/organization/costs", "/v1/organization/usage/completions")
_ANTHROPIC_PATHS = ("/v1/organizations/analytics/cost", "/v1/organizations/analytics/usage")


@dataclass(frozen=True, slots=True)
class Answer:
    """This answer instead of the real one."""

    status: int
    body: bytes = b'{"error": {"message": "injected"}}'
    headers: Mapping[str, str] = field(default_factory=dict)


type Fault = Callable[[str], Answer | None]
"""Chooses, by the path of a request, what goes wrong."""


class BillServer:
    """Bills of one's own, from entry to exit.

    `openai` and `anthropic` are what was billed; they may change while it serves. `requests` are
    the paths, with their queries, that were asked for.
    """

    def __init__(self, fault: Fault | None = None) -> None:
        self.openai: list[Entry] = []
        self.anthropic: list[Entry] = []
        self.requests: list[str] = []
        self.fault = fault

    @property
    def url(self) -> str:
        """What `ANTHROPIC_BASE_URL` is set to."""
        return f"http://127.0.0.1:{self._http.server_port}"

    @property
    def openai_url(self) -> str:
        """What `OPENAI_BASE_URL` is set to."""
        return f"{self.url}/v1"

    def __enter__(self) -> Self:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                answer = server.answer(self.path, dict(self.headers.items()))
                self.send_response(answer.status)
                headers = {"content-type": "application/json", **answer.headers}
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(answer.body)))
                self.end_headers()
                self.wfile.write(answer.body)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def answer(self, target: str, headers: Mapping[str, str]) -> Answer:
        """The answer to `GET target`."""
        self.requests.append(target)
        url = urlsplit(target)
        fault = self.fault(url.path) if self.fault else None
        if fault is not None:
            return fault
        given = {name.lower(): value for name, value in headers.items()}
        try:
            return self._read(url.path, parse_qs(url.query, keep_blank_values=True), given)
        except BadRequestError as error:
            return _refused(400, str(error))

    def _read(
        self, path: str, query: Mapping[str, list[str]], headers: Mapping[str, str]
    ) -> Answer:
        if path in _OPENAI_PATHS:
            if headers.get("authorization") != f"Bearer {OPENAI_KEY}":
                return _refused(401, "Incorrect API key provided.")
            return Answer(200, openai.answer(path, query, self.openai))
        if path in _ANTHROPIC_PATHS and anthropic.BETA in headers.get("anthropic-beta", ""):
            # Documented is the first; its SDK has sent the second since 2.14 at the latest.
            given = {headers.get("x-api-key"), headers.get("authorization")}
            if given.isdisjoint({ANTHROPIC_KEY, f"Bearer {ANTHROPIC_KEY}"}):
                return _refused(401, "invalid x-api-key")
            return Answer(200, anthropic.answer(path, query, self.anthropic))
        return _refused(404, "Not found")


def _refused(status: int, message: str) -> Answer:
    return Answer(status, json.dumps({"error": {"message": message}}).encode())
