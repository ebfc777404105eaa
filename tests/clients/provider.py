"""A provider of every API on 127.0.0.1, which answers whatever it is asked with one answer.

The standard library's alone, since clients of an environment of their own ask it.
"""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.clients.answers import Answer
from tests.clients.streams import invoked_headers, stream


class Provider:
    """The server; it says what `say` told it last."""

    def __init__(self) -> None:
        self.answer = dict[str, Any]()
        self._kind, self._body = "application/json", b"{}"
        self._headers: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                self.send_response(200)
                self.send_header("content-type", outer._kind)
                self.send_header("content-length", str(len(outer._body)))
                for name, value in outer._headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(outer._body)

            def log_message(self, *args: Any) -> None:
                """Nothing: a test's output is its own."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def say(self, answer: Answer, wire: str) -> None:
        """From now on, answer so."""
        self.answer = answer.body
        self._kind, self._body = "application/json", json.dumps(answer.body).encode()
        said = answer.body.get("usage") if answer.api == "anthropic_messages" else None
        self._headers = invoked_headers(said) if said else {}
        if wire != "whole":
            self._kind, self._body = stream(wire, answer.api, answer.body)

    def start(self) -> None:
        """Serve on a thread until the process ends."""
        Thread(target=self._server.serve_forever, daemon=True).start()


PROVIDER = Provider()
