"""What LangSmith may do on a bad day without any effect on the report."""

import random
import time
from collections import deque
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from local.langsmith_server import (
    EXPIRED_CURSOR,
    HTML_PAGE,
    Answer,
    EmptyCursor,
    EmptyPage,
    EndlessCursor,
    Fault,
    Hang,
    Overlap,
    Request,
    Reset,
    Truncate,
)
from tests.faults.world import (
    Where,
    World,
    every,
    first,
    look_ups,
    queries,
    sessions,
    with_cursor,
)

TOO_MANY = Answer(429, b'{"detail": "rate limit"}')

RECOVERED: list[tuple[str, int, Fault, Where]] = [
    ("429", 3, TOO_MANY, queries),
    ("429 with seconds", 2, Answer(429, headers={"Retry-After": "1"}), queries),
    ("429 with a fraction", 2, Answer(429, headers={"Retry-After": "0.2"}), queries),
    ("429 with infinity", 1, Answer(429, headers={"Retry-After": "inf"}), queries),
    ("429 with nonsense", 1, Answer(429, headers={"Retry-After": "soon"}), queries),
    ("503 with Retry-After", 1, Answer(503, headers={"Retry-After": "1"}), queries),
    *((f"{status}", 2, Answer(status), queries) for status in (408, 409, 500, 502, 503, 504)),
    ("500 three times for one page", 3, Answer(500), with_cursor),
    ("reset connections", 3, Reset(), queries),
    ("half a body", 3, Truncate(), queries),
    ("all but the last byte", 2, Truncate(0.9999), queries),
    ("an HTML page with status 200", 3, HTML_PAGE, queries),
    ("an HTML page with status 502", 2, Answer(502, HTML_PAGE.body, "text/html"), queries),
    ("an empty body", 2, Answer(200, b""), queries),
    ("another document", 2, Answer(200, b'{"detail": "try later"}'), queries),
    ("a slow page", 1, Hang(1.5), queries),
    ("a page that hangs", 1, Hang(12), queries),
    ("overlapping pages", 99, Overlap(10), with_cursor),
    ("pages that overlap almost whole", 99, Overlap(900), with_cursor),
    ("an expired cursor", 1, EXPIRED_CURSOR, with_cursor),
    ("two expired cursors", 2, EXPIRED_CURSOR, with_cursor),
    ("a cursor that is a bad request", 1, Answer(400), with_cursor),
    ("a cursor that is not found", 1, Answer(404), with_cursor),
    ("a cursor that leads to its own page", 3, EndlessCursor(), queries),
    ("an empty page with a next cursor", 4, EmptyPage(), queries),
    ("an empty text for the last cursor", 99, EmptyCursor(), queries),
    ("projects: 503", 2, Answer(503), sessions),
    ("projects: 429", 1, TOO_MANY, sessions),
    ("projects: reset", 1, Reset(), sessions),
    ("projects: HTML", 1, HTML_PAGE, sessions),
    ("ancestors: 500", 2, Answer(500), look_ups),
    ("ancestors: half a body", 1, Truncate(), look_ups),
    ("ancestors: an empty page", 2, EmptyPage(), look_ups),
]


@pytest.mark.parametrize(
    ("count", "fault", "where"),
    [case[1:] for case in RECOVERED],
    ids=[case[0] for case in RECOVERED],
)
def test_a_passing_fault_changes_nothing(
    faulty: World, undisturbed: Mapping[str, bytes], count: int, fault: Fault, where: Where
) -> None:
    """The first requests go wrong; the reports are byte for byte those of a quiet day."""
    faulty.langsmith.fault = first(count, fault, where)

    faulty.run()

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 1


def test_retry_after_may_be_a_date(faulty: World, undisturbed: Mapping[str, bytes]) -> None:
    """An HTTP date two seconds ahead is waited for."""
    until = datetime.now(UTC) + timedelta(seconds=2)
    header = {"Retry-After": format_datetime(until, usegmt=True)}
    faulty.langsmith.fault = first(1, Answer(429, headers=header))

    faulty.run()

    assert faulty.reports() == undisturbed
    pages = [request for request in faulty.langsmith.requests if queries(request)]
    assert datetime.now(UTC) >= until.replace(microsecond=0)
    assert len(pages) >= 5


@pytest.mark.parametrize("nth", [1, 2])
def test_cursors_that_keep_expiring_only_cost_requests(
    faulty: World, undisturbed: Mapping[str, bytes], nth: int
) -> None:
    """Every cursor, or every second, is refused; the day is read on from where it stood."""
    faulty.langsmith.fault = every(nth, EXPIRED_CURSOR, with_cursor)

    faulty.run()

    assert faulty.reports() == undisturbed


def test_a_rate_limit_shared_with_others(faulty: World, undisturbed: Mapping[str, bytes]) -> None:
    """Where others leave us two requests a second, the day takes longer and is the same."""
    answered: deque[float] = deque()

    def limit(request: Request) -> Fault | None:
        if not queries(request):
            return None
        now = time.monotonic()
        while answered and answered[0] < now - 1:
            answered.popleft()
        if len(answered) >= 2:
            return TOO_MANY
        answered.append(now)
        return None

    faulty.langsmith.fault = limit

    faulty.run(MAX_CONCURRENT_REQUESTS="16")

    assert faulty.reports() == undisturbed


@pytest.mark.parametrize("seed", range(4))
def test_everything_at_once(faulty: World, undisturbed: Mapping[str, bytes], seed: int) -> None:
    """A quarter of all requests fail in one way or another, sixteen at once."""
    chance = random.Random(seed)
    faults: list[Fault] = [
        *(TOO_MANY, Answer(500), Answer(503), Reset(), Truncate(), HTML_PAGE),
        *(Overlap(50), EmptyPage(), EndlessCursor()),
    ]
    faulty.langsmith.fault = lambda _: chance.choice(faults) if chance.random() < 0.25 else None

    faulty.run(MAX_CONCURRENT_REQUESTS="16")

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 1


def test_the_rate_of_the_settings_is_kept(faulty: World) -> None:
    """With 8 requests in ten seconds, retries included, LangSmith never sees a ninth."""
    faulty.langsmith.fault = every(4, Answer(503))

    faulty.run(MAX_REQUESTS_PER_10S="8", MAX_CONCURRENT_REQUESTS="4")

    times = [request.at for request in faulty.langsmith.requests]
    assert max(sum(at <= other < at + 10 for other in times) for at in times) <= 8
    assert len(times) > 8
