"""One request to LangSmith through its SDK's client; the SDK's errors in our words."""

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, NamedTuple

from langsmith import APIConnectionError, APIError, APIStatusError, APITimeoutError, Langsmith

from spend_report.adapters.connections import certificate_refused
from spend_report.adapters.langsmith.transport import http_client
from spend_report.errors import LangSmithError, LangSmithKeyError, LangSmithRefusedError

_RATE_REFUSED = 429
_RETRIED = frozenset({408, 409, 425, _RATE_REFUSED})
_LONGEST_MESSAGE = 300


class Request(NamedTuple):
    """What is asked: `GET path` with `values` as its parameters, or `POST path` as its body."""

    method: str
    path: str
    values: Mapping[str, object]


class PassingError(Exception):
    """A request that failed, but need not fail again.

    `what` is for people; `rate_refused` says that it came too fast; `retry_after` is the wait in
    seconds that the server asked for, None if it did not.
    """

    def __init__(
        self, what: str, *, rate_refused: bool = False, retry_after: float | None = None
    ) -> None:
        super().__init__(what)
        self.rate_refused = rate_refused
        self.retry_after = retry_after


class LangSmithApi:
    """LangSmith's HTTP API through its SDK's generated client.

    Retries are not the SDK's, which gives up within two seconds and knows neither the rate limit
    nor how much time is left. Its resources (`client.runs`) stay unused: with their 380 models
    they take longer to import than a small day takes to report.
    """

    def __init__(
        self,
        *,
        endpoint: str,
        api_key: str,
        key_name: str,
        workspace_id: str | None,
        max_connections: int,
    ) -> None:
        self.endpoint = _without_api_path(endpoint)
        self._api_key = api_key
        self._key_name = key_name
        self._is_closed = False
        self._client = Langsmith(
            api_key=api_key,
            tenant_id=workspace_id,
            base_url=self.endpoint,
            max_retries=0,
            http_client=http_client(self.endpoint, max_connections),
        )

    def close(self) -> None:
        """Close the connections that are idle; what is asked from now on fails for good."""
        self._is_closed = True
        self._client.close()

    @property
    def web_url(self) -> str:
        """Where people open LangSmith: the host without `api.` in its hosted regions."""
        return self.endpoint.replace("api.smith.langchain.com", "smith.langchain.com")

    def send(self, request: Request, seconds: float) -> bytes:
        """The body of the answer to `request`, which may take so many `seconds`. For any thread.

        Raises:
            PassingError: it is worth another attempt.
            LangSmithKeyError: the key was refused.
            LangSmithRefusedError: the request was.
            LangSmithError: the server's certificate is not trusted.
        """
        method, path, values = request
        try:
            if method == "GET":
                return self._client.get(
                    path, cast_to=bytes, options={"params": values, "timeout": seconds}
                )
            return self._client.post(path, cast_to=bytes, body=values, options={"timeout": seconds})
        except APIError as error:
            raise self._ours(error) from error

    def _ours(self, error: APIError) -> Exception:
        if untrusted := certificate_refused(error):
            return LangSmithError(f"LangSmith at {self.endpoint} was not asked: {untrusted}")
        if not isinstance(error, APIStatusError):
            if self._is_closed:
                return LangSmithError(f"LangSmith at {self.endpoint} is not asked any more")
            return PassingError(_failure(error))
        status = error.status_code
        if status in _RETRIED or status >= 500:  # noqa: PLR2004 - server errors
            return PassingError(
                f"HTTP {status}",
                rate_refused=status == _RATE_REFUSED,
                retry_after=_retry_after(error),
            )
        said = self._said(error)
        if status in {401, 403}:
            return LangSmithKeyError(
                f"LangSmith at {self.endpoint} refused the API key in {self._key_name} (HTTP "
                f"{status}{said}). Check that the key is valid and may read the projects, and set "
                "LANGSMITH_WORKSPACE_ID if it sees several workspaces"
            )
        return LangSmithRefusedError(
            f"LangSmith at {self.endpoint} refused the request (HTTP {status}{said})", status
        )

    def _said(self, error: APIStatusError) -> str:
        """The server's own words, shortened, and without the key should they repeat it."""
        body: Any = error.body
        if isinstance(body, dict):
            body = body.get("detail") or body.get("error") or body.get("message")
        if not body:
            return ""
        text = body if isinstance(body, str) else json.dumps(body, default=str)
        return f": {' '.join(text.replace(self._api_key, '***').split())[:_LONGEST_MESSAGE]}"


def _without_api_path(endpoint: str) -> str:
    """`endpoint` without `/api` or `/api/v1`, which the SDK allows at its end."""
    return endpoint.rstrip("/").removesuffix("/v1").removesuffix("/api")


def _failure(error: APIError) -> str:
    match error:
        case APITimeoutError():
            return "no answer in time"
        case APIConnectionError():
            return f"connection failed ({type(error.__cause__).__name__})"
        case _:
            return "an answer that the SDK cannot read"


def _retry_after(error: APIStatusError) -> float | None:
    """Seconds from the `Retry-After` header, which is a number or a date; None without one."""
    value = error.response.headers.get("retry-after", "")
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - time.time()
        except ValueError:
            return None
    return max(0.0, seconds) if isfinite(seconds) else None
