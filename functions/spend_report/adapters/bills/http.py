"""GET requests to a provider: tried again where that helps, their errors as reasons for people."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import urllib3

from spend_report.adapters.connections import certificate_refused, connections
from spend_report.domain.basics.money import loads_exact
from spend_report.errors import BillError

type Params = Sequence[tuple[str, object]]

# Two more attempts and at most ten seconds between them: a bill can wait until tomorrow.
_RETRIES = urllib3.Retry(
    total=2,
    redirect=0,
    status_forcelist=(408, 409, 425, 429, 500, 502, 503, 504, 529),
    backoff_factor=1,
    backoff_jitter=0.5,
    retry_after_max=10,
    raise_on_status=False,
    raise_on_redirect=False,
)
_TIMEOUT = urllib3.Timeout(connect=5, read=15)
# Three attempts of one request take no longer.
LONGEST_REQUEST = 80.0
_MOST_PAGES = 100
_LONGEST_MESSAGE = 200
_OK = 200
_BAD_REQUEST = 400
_KEY_REFUSED = (401, 403)


class RefusedError(BillError):
    """The provider takes no such request; another one it may take."""


class BillApi:
    """A provider's HTTP API.

    Args:
        name: the provider's, for people.
        base_url: where its paths begin.
        key: gives the key, which is no longer than needed in anybody's hands.
        key_hint: where the key is set, and which rights it needs.
        headers: of every request, from the key.
        seconds_left: the time for all of this; None where nothing limits it.
    """

    def __init__(
        self,
        *,
        name: str,
        base_url: str,
        key: Callable[[], str],
        key_hint: str,
        headers: Callable[[str], Mapping[str, str]],
        seconds_left: Callable[[], float] | None = None,
    ) -> None:
        self._name = name
        self._base_url = base_url.rstrip("/")
        self._key = key
        self._key_hint = key_hint
        self._headers = headers
        self._seconds_left = seconds_left

    def pages(self, path: str, params: Params) -> list[Any]:
        """The `data` of all pages of `path`, which follow each other by `next_page`.

        Raises:
            BillError: not all of it could be read.
        """
        key = self._key()
        pool = connections(self._base_url)
        found: list[Any] = []
        cursor: Params = ()
        seen: set[object] = set()
        try:
            for _ in range(_MOST_PAGES):
                page = self._page(pool, path, (*params, *cursor), key)
                found += page["data"]
                following = page.get("next_page")
                if not following or page.get("has_more") is False:
                    return found
                if following in seen:
                    break
                seen.add(following)
                cursor = [("page", following)]
        finally:
            pool.clear()
        raise BillError(f"{self._name}'s answer has no last page")

    def _page(
        self, pool: urllib3.PoolManager, path: str, params: Params, key: str
    ) -> dict[str, Any]:
        if self._seconds_left is not None and self._seconds_left() < LONGEST_REQUEST:
            raise BillError(f"too little time was left to ask {self._name}")
        url = f"{self._base_url}{path}?{urlencode(params)}"
        try:
            answer = pool.request(
                "GET", url, headers=dict(self._headers(key)), retries=_RETRIES, timeout=_TIMEOUT
            )
        except urllib3.exceptions.HTTPError as error:
            if untrusted := certificate_refused(error):
                raise BillError(f"{self._name} was not asked: {untrusted}") from error
            cause = getattr(error, "reason", None) or error
            raise BillError(
                f"{self._name} at {self._base_url} did not answer ({type(cause).__name__})"
            ) from error
        if answer.status != _OK:
            raise self._refusal(answer.status, answer.data, key)
        try:
            page = loads_exact(answer.data.decode("utf-8"))
        except ValueError as error:
            raise BillError(f"{self._name}'s answer is not JSON") from error
        if not isinstance(page, dict) or not isinstance(page.get("data"), list):
            raise BillError(f"{self._name}'s answer is no page of a bill")
        return page

    def _refusal(self, status: int, body: bytes, key: str) -> BillError:
        said = _said(body, key)
        if status in _KEY_REFUSED:
            return BillError(
                f"{self._name} refused the key (HTTP {status}{said}). {self._key_hint}"
            )
        kind = RefusedError if status == _BAD_REQUEST else BillError
        return kind(f"{self._name} answered with HTTP {status}{said}")


def _said(body: bytes, key: str) -> str:
    """The server's own words, shortened, and without the key should they repeat it."""
    text = body.decode("utf-8", "replace")
    try:
        error = loads_exact(text)["error"]
        text = error["message"] if isinstance(error, dict) else str(error)
    except (ValueError, KeyError, TypeError):
        text = "" if "<" in text else text
    words = " ".join(str(text).replace(key, "***").split())[:_LONGEST_MESSAGE]
    return f": {words}" if words else ""
