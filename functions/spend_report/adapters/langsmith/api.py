"""One request to LangSmith: at the right pace, tried again where that helps, its errors ours."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from email.utils import parsedate_to_datetime
from math import isfinite

from langsmith import APIConnectionError, APIError, APIStatusError, APITimeoutError, AsyncLangsmith

from spend_report.adapters.langsmith.decoder import UnreadablePageError
from spend_report.adapters.langsmith.pacing import WINDOW_SECONDS, Pacer, TimeUpError, backoff
from spend_report.adapters.langsmith.transport import http_client
from spend_report.errors import LangSmithError, LangSmithKeyError, LangSmithRefusedError

# A request that hangs is cheaper to repeat than to wait for; one that is slow gets longer.
_TIMEOUTS = (10.0, 20.0, 40.0, 60.0)
_GRACE = 1.0
_MOST_ATTEMPTS = 10
# A shared rate limit passes; only time bounds how often we come back, or this where there is none.
_MOST_RATE_REFUSALS = 60

_RATE_REFUSED = 429
_RETRIED = frozenset({408, 409, 425, _RATE_REFUSED})
_LONGEST_MESSAGE = 300


class LangSmithApi:
    """LangSmith's HTTP API through its SDK's generated client.

    Retries are ours and not the SDK's, which gives up within two seconds and knows neither the
    rate limit nor how much time is left.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        api_key: str,
        key_name: str,
        workspace_id: str | None,
        pacer: Pacer,
    ) -> None:
        self.last_failure = ""
        self._endpoint = _without_api_path(endpoint)
        self._api_key = api_key
        self._key_name = key_name
        self._pacer = pacer
        self._client = AsyncLangsmith(
            api_key=api_key,
            tenant_id=workspace_id,
            base_url=self._endpoint,
            max_retries=0,
            http_client=http_client(self._endpoint, pacer.max_concurrent),
        )
        self._query = self._client.runs.with_raw_response.query

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    @property
    def web_url(self) -> str:
        """Where people open LangSmith: the host without `api.` in its hosted regions."""
        return self._endpoint.replace("api.smith.langchain.com", "smith.langchain.com")

    async def query[T](self, query: Mapping[str, object], decode: Callable[[bytes], T]) -> T:
        """`POST /api/v2/runs/query`; the answer's body goes through `decode`."""

        async def send(seconds: float) -> bytes:
            # As keywords, the SDK would walk through the query to convert it, which costs as
            # much as sending it (1.2 ms a page).
            answer = await self._query(extra_body=query, timeout=seconds)
            return answer.http_response.content

        return await self._send(send, decode)

    async def get[T](
        self, path: str, params: Mapping[str, object], decode: Callable[[bytes], T]
    ) -> T:
        """`GET path`; the body goes through `decode`."""

        async def send(seconds: float) -> bytes:
            return await self._client.get(
                path, cast_to=bytes, options={"params": params, "timeout": seconds}
            )

        return await self._send(send, decode)

    async def _send[T](
        self, send: Callable[[float], Awaitable[bytes]], decode: Callable[[bytes], T]
    ) -> T:
        attempts = refusals = 0
        while True:
            try:
                return await self._attempt(send, decode, attempts)
            except (APIError, UnreadablePageError, TimeoutError) as error:
                status = error.status_code if isinstance(error, APIStatusError) else None
                self._raise_if_final(error, status)
                self.last_failure = _failure(error)
                if status == _RATE_REFUSED:
                    refusals += 1
                    seconds = backoff(refusals, _retry_after(error), WINDOW_SECONDS)
                else:
                    attempts += 1
                    seconds = backoff(attempts, _retry_after(error))
                if attempts >= _MOST_ATTEMPTS or refusals >= _MOST_RATE_REFUSALS:
                    raise LangSmithError(
                        f"LangSmith at {self._endpoint} failed {attempts + refusals} times in a "
                        f"row, last: {self.last_failure}. Nothing was reported; run the day again"
                    ) from error
            if status == _RATE_REFUSED:
                self._pacer.too_fast(seconds)
            await self._pacer.pause(seconds)

    async def _attempt[T](
        self, send: Callable[[float], Awaitable[bytes]], decode: Callable[[bytes], T], attempts: int
    ) -> T:
        longest = _TIMEOUTS[min(attempts, len(_TIMEOUTS) - 1)]
        left = self._pacer.seconds_left()
        if left is not None and left <= 0:
            raise TimeUpError
        # Where the server is silent, the transport gives up by itself, and its connection is
        # closed before the next attempt; the other limit ends an answer that trickles.
        async with self._pacer.turn(), asyncio.timeout(longest + _GRACE):
            body = await send(longest)
        result = decode(body)
        self._pacer.answered_well()
        return result

    def _raise_if_final(self, error: Exception, status: int | None) -> None:
        if status is None or status in _RETRIED or status >= 500:  # noqa: PLR2004 - server errors
            return
        said = self._said(error)
        if status in {401, 403}:
            raise LangSmithKeyError(
                f"LangSmith at {self._endpoint} refused the API key in {self._key_name} (HTTP "
                f"{status}{said}). Check that the key is valid and may read the projects, and set "
                "LANGSMITH_WORKSPACE_ID if it sees several workspaces"
            ) from error
        raise LangSmithRefusedError(
            f"LangSmith at {self._endpoint} refused the request (HTTP {status}{said})", status
        ) from error

    def _said(self, error: Exception) -> str:
        """The server's own words, shortened, and without the key should they repeat it."""
        body = getattr(error, "body", None)
        if isinstance(body, dict):
            body = body.get("detail") or body.get("error") or body.get("message")
        if not body:
            return ""
        text = body if isinstance(body, str) else json.dumps(body, default=str)
        return f": {' '.join(text.replace(self._api_key, '***').split())[:_LONGEST_MESSAGE]}"


def _without_api_path(endpoint: str) -> str:
    """`endpoint` without `/api` or `/api/v1`, which the SDK allows at its end."""
    return endpoint.rstrip("/").removesuffix("/v1").removesuffix("/api")


def _failure(error: Exception) -> str:
    match error:
        case APIStatusError():
            return f"HTTP {error.status_code}"
        case APITimeoutError() | TimeoutError():
            return "no answer in time"
        case APIConnectionError():
            return f"connection failed ({type(error.__cause__).__name__})"
        case _:
            return "an answer that is not a page of JSON"


def _retry_after(error: Exception) -> float | None:
    """Seconds from the `Retry-After` header, which is a number or a date; None without one."""
    if not isinstance(error, APIStatusError):
        return None
    value = error.response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return max(0.0, seconds) if isfinite(seconds) else None
