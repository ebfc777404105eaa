"""HTTP/1.1 on asyncio and h11, nothing above it: the faults need a hand on the socket."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import h11

MAX_HEADER_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Request:
    """A request as it arrived. `at` is `time.monotonic()` at its last byte."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    at: float

    def json(self) -> Any:
        """The body as JSON. Raises ValueError if it is none."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Response:
    """An answer. `cut` breaks the connection after that many bytes of the body."""

    status: int
    body: bytes
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None

    @classmethod
    def of(cls, value: object, status: int = 200) -> "Response":
        """`value` as JSON."""
        return cls(status, json.dumps(value).encode())


type Handler = Callable[[Request], Awaitable[Response | None]]
"""Answers a request; None resets the connection."""


class Connection(asyncio.Protocol):
    """One client's connection: requests in turn, kept alive as long as the client likes."""

    def __init__(self, handler: Handler) -> None:
        self._handler = handler
        self._http = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEADER_BYTES)
        self._transport: asyncio.Transport
        self._head: h11.Request
        self._body: list[bytes] = []
        self._answering: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, _error: Exception | None) -> None:
        if self._answering is not None:
            self._answering.cancel()

    def data_received(self, data: bytes) -> None:
        self._http.receive_data(data)
        self._read()

    def _read(self) -> None:
        while self._answering is None:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                self._transport.abort()
                return
            match event:
                case h11.Request():
                    self._head, self._body = event, []
                    if self._http.they_are_waiting_for_100_continue:
                        go_on = h11.InformationalResponse(status_code=100, headers=[])
                        self._write(go_on)
                case h11.Data():
                    self._body.append(bytes(event.data))
                case h11.EndOfMessage():
                    self._answering = asyncio.ensure_future(self._answer())
                case h11.ConnectionClosed():
                    self._transport.close()
                    return
                case _:
                    return

    async def _answer(self) -> None:
        response = await self._handler(self._request())
        if response is None:
            self._transport.abort()
            return
        headers = {
            "content-type": response.content_type,
            "content-length": str(len(response.body)),
            **response.headers,
        }
        self._write(h11.Response(status_code=response.status, headers=list(headers.items())))
        if response.cut is not None:
            self._transport.write(response.body[: response.cut])
            self._transport.close()
            return
        self._write(h11.Data(data=response.body))
        self._write(h11.EndOfMessage())
        self._answering = None
        if self._http.our_state is h11.MUST_CLOSE:
            self._transport.close()
            return
        self._http.start_next_cycle()
        self._read()

    def _request(self) -> Request:
        target = urlsplit(self._head.target.decode())
        return Request(
            method=self._head.method.decode(),
            path=target.path,
            query=dict(parse_qsl(target.query)),
            headers={name.decode(): value.decode("latin-1") for name, value in self._head.headers},
            body=b"".join(self._body),
            at=time.monotonic(),
        )

    def _write(self, event: h11.Event) -> None:
        pieces = self._http.send_with_data_passthrough(event)
        if pieces:
            self._transport.writelines(pieces)
