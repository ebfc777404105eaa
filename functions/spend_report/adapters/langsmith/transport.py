"""What carries the SDK's requests: urllib3 on threads, at a fraction of the processor's time.

The SDK's own transport takes a body in pieces of 64 KB, each through four layers of Python, which
takes longer than decoding the page does. urllib3, which boto3 brings anyway, reads it in C.
"""

import asyncio
import ssl
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import urllib3
from langsmith import DefaultAsyncHttpxClient

# The connections of requests that were given up come back to the pool as well.
_KEPT_PER_REQUEST = 4


def http_client(endpoint: str, max_connections: int) -> Any:
    """The HTTP client for `endpoint`; the SDK's own where a proxy stands before it.

    An `httpx2.AsyncClient`, which the SDK uses, while its types name the `httpx` that this is a
    fork of.
    """
    url = urlsplit(endpoint)
    proxied = not getproxies().keys().isdisjoint((url.scheme, "all"))
    if proxied and not proxy_bypass(url.hostname or ""):
        return DefaultAsyncHttpxClient()
    tls = httpx2.create_ssl_context() if url.scheme == "https" else None
    transport: Any = ThreadTransport(max_connections, tls)
    return DefaultAsyncHttpxClient(transport=transport)


class ThreadTransport(httpx2.AsyncBaseTransport):
    """Sends each request from a thread of its own, over connections that stay open.

    `max_connections` is how many requests are under way at once; `tls` is for `https`. A request
    that is cancelled ends when the server has been silent for its time-out. The threads are
    daemons, so that nobody waits for that, the interpreter's end included.
    """

    def __init__(self, max_connections: int, tls: ssl.SSLContext | None) -> None:
        self._pool = urllib3.PoolManager(
            maxsize=_KEPT_PER_REQUEST * max_connections, ssl_context=tls
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, read to its end. Raises TimeoutException, and urllib3's other errors."""
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[httpx2.Response] = loop.create_future()

        def send() -> None:
            try:
                tell = partial(answer.set_result, self._send(request))
            except Exception as error:  # noqa: BLE001 - handed on to who waits
                tell = partial(answer.set_exception, error)
            with suppress(RuntimeError):  # the loop may have ended meanwhile
                loop.call_soon_threadsafe(lambda: answer.done() or tell())

        Thread(target=send, name="langsmith", daemon=True).start()
        return await answer

    async def aclose(self) -> None:
        """Close the connections that are idle."""
        self._pool.clear()

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        seconds = request.extensions.get("timeout", {})
        try:
            answer = self._pool.urlopen(
                request.method,
                str(request.url),
                body=request.content or None,
                headers=dict(request.headers.multi_items()),
                timeout=urllib3.Timeout(connect=seconds.get("connect"), read=seconds.get("read")),
                retries=False,
                redirect=False,
                decode_content=False,
            )
        except urllib3.exceptions.NewConnectionError:  # to urllib3, a time-out as well
            raise
        except urllib3.exceptions.TimeoutError as error:
            raise httpx2.TimeoutException(str(error), request=request) from error
        # As bytes, as they came: httpx would take text for ASCII.
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
        ]
        return httpx2.Response(answer.status, headers=headers, content=answer.data)
