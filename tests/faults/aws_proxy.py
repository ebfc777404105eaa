"""A proxy before the embedded AWS that can make chosen requests fail."""

import http.client
import socket
import struct
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

RESET = 0


@dataclass(frozen=True, slots=True)
class AwsFault:
    """An answer instead of the real one; status `RESET` closes the connection instead."""

    status: int
    body: str = ""
    content_type: str = "text/xml"


def s3_error(status: int, code: str, message: str = "injected") -> AwsFault:
    return AwsFault(status, f"<Error><Code>{code}</Code><Message>{message}</Message></Error>")


def sns_error(status: int, code: str) -> AwsFault:
    return AwsFault(
        status,
        "<ErrorResponse><Error><Type>Sender</Type>"
        f"<Code>{code}</Code><Message>injected</Message></Error></ErrorResponse>",
    )


def ssm_error(status: int, code: str) -> AwsFault:
    body = f'{{"__type": "{code}", "message": "injected"}}'
    return AwsFault(status, body, "application/x-amz-json-1.1")


type AwsFaultHook = Callable[[str], AwsFault | None]
"""Chooses by action: `ssm:GetParameter`, `sns:Publish`, `s3:PUT /bucket/key`, …"""


class AwsProxy:
    """Serves on 127.0.0.1 from entry to exit. `actions` holds what was asked for, in order."""

    def __init__(self, upstream: str) -> None:
        self.fault: AwsFaultHook = lambda _action: None
        self.actions: list[str] = []
        self._upstream = urlsplit(upstream).netloc

    def __enter__(self) -> Self:
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                action = _action(self, body)
                proxy.actions.append(action)
                fault = proxy.fault(action)
                if fault is None:
                    status, headers, text = proxy.forward(self, body)
                elif fault.status == RESET:
                    self.reset()
                    return
                else:
                    status, text = fault.status, fault.body.encode()
                    headers = [("Content-Type", fault.content_type)]
                self.send_response_only(status)
                for name, value in headers:
                    self.send_header(name, value)
                if not any(name.lower() == "content-length" for name, _ in headers):
                    self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_GET = do_PUT = do_POST = do_HEAD = do_DELETE = answer  # noqa: N815 - http.server's

            def reset(self) -> None:
                self.close_connection = True
                self.connection.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
                self.connection.close()

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at `actions`."""

        return Handler

    def forward(
        self, request: BaseHTTPRequestHandler, body: bytes
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """What the real AWS of the test answers."""
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            headers = {name: value for name, value in request.headers.items() if name != "Expect"}
            connection.request(request.command, request.path, body, headers)
            response = connection.getresponse()
            text = response.read()
            dropped = {"transfer-encoding", "connection"}
            return (
                response.status,
                [pair for pair in response.getheaders() if pair[0].lower() not in dropped],
                text,
            )
        finally:
            connection.close()


def _action(request: BaseHTTPRequestHandler, body: bytes) -> str:
    if target := request.headers.get("X-Amz-Target"):
        return f"ssm:{target.partition('.')[2]}"
    form = parse_qs(body.decode("latin-1")) if request.command == "POST" else {}
    if "Action" in form:
        return f"sns:{form['Action'][0]}"
    return f"s3:{request.command} {urlsplit(request.path).path}"
