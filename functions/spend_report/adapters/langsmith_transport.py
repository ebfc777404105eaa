"""What carries the SDK's requests: urllib3 on threads, at a fraction of the processor's time.

The SDK's own transport takes a body in pieces of 64 KB, each through four layers of Python, which
takes longer than decoding the page does. urllib3, which boto3 brings anyway, reads it in C.
"""

import asyncio
import ssl
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2
import urllib3
from langsmith import DefaultAsyncHttpxClient

# A request that was given up holds its thread until the server has been silent for its time-out.
_THREADS_PER_CONNECTION = 4


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
    """Sends each request from a thread, over connections that stay open.

    `max_connections` is how many requests are under way at once; `tls` is for `https`.
    """

    def __init__(self, max_connections: int, tls: ssl.SSLContext | None) -> None:
        threads = _THREADS_PER_CONNECTION * max_connections
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="langsmith")
        self._pool = urllib3.PoolManager(maxsize=threads, ssl_context=tls)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, read to its end. Raises TimeoutException, and urllib3's other errors."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._send, request)

    async def aclose(self) -> None:
        """Close the connections, without waiting for requests that were given up."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        self._pool.clear()

    def _send(self, request: httpx2.Request) -> httpx2.Response:
        seconds = request.extensions.get("timeout", {})
        try:
            answer = self._pool.urlopen(
                request.method,
                str(request.url),
                body=request.content,
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
        return httpx2.Response(
            answer.status, headers=list(answer.headers.items()), content=answer.data
        )
