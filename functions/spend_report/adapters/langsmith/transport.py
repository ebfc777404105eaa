"""What carries the SDK's requests: urllib3, at a fraction of the processor's time.

The SDK's own transport takes a body in pieces of 64 KB, each through four layers of Python, which
takes longer than decoding the page does. urllib3, which botocore brings anyway, reads it in C.
"""

import time
from typing import Any

import httpx2
import urllib3
from langsmith import DefaultHttpxClient

from spend_report.adapters.connections import connections

# The connections of requests that were given up come back to the pool as well.
_KEPT_PER_REQUEST = 4
_AT_ONCE = 1 << 20


def http_client(endpoint: str, max_connections: int) -> Any:
    """The HTTP client for `endpoint`, for use by `max_connections` threads at once.

    An `httpx2.Client`, which the SDK uses, while its types name the `httpx` that this is a fork of.
    """
    transport: Any = Urllib3Transport(connections(endpoint, _KEPT_PER_REQUEST * max_connections))
    return DefaultHttpxClient(transport=transport)


class Urllib3Transport(httpx2.BaseTransport):
    """Sends requests over the connections of `pool`, which stay open."""

    def __init__(self, pool: urllib3.PoolManager) -> None:
        self._pool = pool

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        """The answer, read to its end.

        Raises TimeoutException where the server is silent for the request's time-out, or the
        answer as a whole takes longer; and urllib3's other errors.
        """
        seconds = request.extensions["timeout"]["read"]
        until = time.monotonic() + seconds
        try:
            answer = self._pool.urlopen(
                request.method,
                str(request.url),
                body=request.content or None,
                headers=dict(request.headers.multi_items()),
                timeout=seconds,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            body = _read(answer, until)
        except urllib3.exceptions.NewConnectionError:  # to urllib3, a time-out as well
            raise
        except (TimeoutError, urllib3.exceptions.TimeoutError) as error:
            raise httpx2.TimeoutException(str(error), request=request) from error
        # As bytes, as they came: httpx would take text for ASCII.
        headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in answer.headers.items()
        ]
        return httpx2.Response(answer.status, headers=headers, content=body)

    def close(self) -> None:
        """Close the connections that are idle."""
        self._pool.clear()


def _read(answer: urllib3.BaseHTTPResponse, until: float) -> bytes:
    """The body as it was sent, still compressed if it was; an answer may also trickle for ever."""
    parts = []
    while part := answer.read1(_AT_ONCE, decode_content=False):
        parts.append(part)
        if time.monotonic() > until:
            answer.close()
            raise TimeoutError("the answer did not end")
    return b"".join(parts)
