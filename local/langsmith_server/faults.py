"""What can be made to go wrong, one small value each; a hook chooses per request."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from local.langsmith_server.http import Request


@dataclass(frozen=True, slots=True)
class Answer:
    """This answer instead of the real one: an error status, or an HTML page with status 200."""

    status: int
    body: bytes = b'{"detail": "injected"}'
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reset:
    """The connection is reset before a byte of the answer."""


@dataclass(frozen=True, slots=True)
class Truncate:
    """The connection ends after this share of the body that the header announced."""

    share: float = 0.5


@dataclass(frozen=True, slots=True)
class Hang:
    """The answer is right, and `seconds` late."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Overlap:
    """A page repeats the last `runs` runs of the page before it."""

    runs: int = 10


@dataclass(frozen=True, slots=True)
class EmptyPage:
    """A page without items whose next cursor continues where this one stood."""


@dataclass(frozen=True, slots=True)
class EndlessCursor:
    """A page whose next cursor leads to the same page."""


@dataclass(frozen=True, slots=True)
class EmptyCursor:
    """The last page says so with an empty text for the next cursor, instead of null."""


type Fault = Answer | Reset | Truncate | Hang | Overlap | EmptyPage | EndlessCursor | EmptyCursor
type FaultHook = Callable[[Request], Fault | None]

EXPIRED_CURSOR = Answer(410, b'{"detail": "cursor expired"}')
HTML_PAGE = Answer(200, b"<html><body>Bad gateway</body></html>", "text/html")
