"""Reading a day in windows: every run once, few requests, all connections busy."""

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.adapters.langsmith.api import PassingError, Request
from spend_report.adapters.langsmith.concurrency import Asker
from spend_report.adapters.langsmith.decoder import Page, PageDecoder
from spend_report.adapters.langsmith.pacing import Pacer
from spend_report.adapters.langsmith.pages import PAGE_SIZE, DayReading, Pages
from spend_report.adapters.langsmith.windows import Window, windows
from spend_report.domain.runs.run import MetadataKeys, Project, Run
from spend_report.errors import LangSmithError, LangSmithRefusedError
from spend_report.ports import Take
from tests.virtual_time import Serve, VirtualTime

START = datetime(2026, 11, 21, tzinfo=UTC)
END = START + timedelta(days=1)
PROJECT = Project("p1", "my-app", "https://example.com/p1")


class FakePages:
    """Serves runs like LangSmith does: newest first, a page at a time, slower the more there are.

    `overlap` is how many runs of the page before each page repeats; `refuse_every` makes every
    so many requests with a cursor fail, and `break_every` so many answers no JSON.
    """

    def __init__(
        self,
        starts: Sequence[datetime],
        *,
        overlap: int = 0,
        refuse_every: int = 0,
        break_every: int = 0,
    ) -> None:
        self.requests = 0
        self._runs = [
            Run(id=f"{number:x}", start_time=start)
            for number, start in enumerate(sorted(starts, reverse=True))
        ]
        self._overlap = overlap
        self._refuse_every = refuse_every
        self._break_every = break_every

    def serve(self, request: Request) -> tuple[float, Any]:
        self.requests += 1
        query: Any = request.values
        cursor = query.get("cursor")
        if cursor and self._refuse_every and self.requests % self._refuse_every == 0:
            return 0.0, LangSmithRefusedError("expired", 400)
        low, high = (datetime.fromisoformat(query[f"{end}_start_time"]) for end in ("min", "max"))
        found = [run for run in self._runs if low <= run.start_time <= high]
        begin = max(0, int(cursor) - self._overlap) if cursor else 0
        items, end = found[begin : begin + PAGE_SIZE], begin + PAGE_SIZE
        body = page(items, str(end) if end < len(found) else None)
        if self._break_every and self.requests % self._break_every == 0:
            body = body.replace(b"id", b'"', 1)
        return 0.2 + 0.0004 * len(items), body


def page(runs: Sequence[Run], cursor: str | None) -> bytes:
    """A page as LangSmith sends it."""
    items = [{"id": run.id, "start_time": run.start_time} for run in runs]
    return msgspec.json.encode({"items": items, "next_cursor": cursor})


def day(
    serve: Serve,
    take: Take,
    *,
    count: int,
    concurrent: int,
    shares: Sequence[int] = (),
    end: datetime = END,
) -> tuple[DayReading, Asker, VirtualTime]:
    """The reading of a day that is served so, and who asks for it."""
    time = VirtualTime(serve)
    pacer = Pacer(max_requests_per_10s=100_000, max_concurrent=concurrent, now=time.now)
    pages = Pages(PageDecoder(MetadataKeys("feature", ())))
    first = windows(PROJECT, START, end, count, shares)
    reading = DayReading(pages, START, end, first, take=take, max_concurrent=concurrent)
    return reading, Asker(time.send, pacer, "here", lambda: time), time


def read(
    serve: Serve, *, count: int = 16, concurrent: int = 16, shares: Sequence[int] = ()
) -> tuple[list[str], float]:
    """The ids that were taken, in order, and the (virtual) seconds that it took."""
    taken: list[str] = []
    reading, asker, time = day(
        serve,
        lambda _, runs: taken.extend(run.id for run in runs),
        count=count,
        concurrent=concurrent,
        shares=shares,
    )
    asker.ask(reading.calls())
    return taken, time.now()


def spread(count: int, seed: int) -> list[datetime]:
    """Starts as uneven as a day's: a few clusters, some at the very same instant."""
    chance = random.Random(seed)
    centres = [chance.uniform(0, 86_399) for _ in range(chance.randrange(1, 5))]
    seconds = [
        min(86_399.0, max(0.0, chance.gauss(chance.choice(centres), chance.choice((0, 30, 9_000)))))
        for _ in range(count)
    ]
    return [START + timedelta(seconds=second) for second in seconds]


@settings(max_examples=60, deadline=None)
@given(
    count=st.integers(0, 6_000),
    seed=st.integers(0, 10_000),
    first=st.integers(1, 16),
    shares=st.lists(st.integers(0, 1_000), max_size=27),
    concurrent=st.integers(1, 16),
    overlap=st.integers(0, 40),
    refuse_every=st.sampled_from([0, 0, 3, 7]),
    break_every=st.sampled_from([0, 0, 3, 7]),
)
def test_every_run_is_taken_exactly_once(
    count: int,
    seed: int,
    first: int,
    shares: Sequence[int],
    concurrent: int,
    overlap: int,
    refuse_every: int,
    break_every: int,
) -> None:
    """However runs are spread or expected, pages overlap or break, cursors expire: each once."""
    pages = FakePages(
        spread(count, seed),
        overlap=overlap,
        refuse_every=refuse_every,
        break_every=break_every,
    )

    taken, _ = read(pages.serve, count=first, concurrent=concurrent, shares=shares)

    assert len(taken) == count
    assert len(set(taken)) == count


def test_runs_on_the_bounds_belong_to_the_day_that_starts() -> None:
    """Midnight itself is in; the next midnight, and whatever a server sends besides, is out."""
    starts = [START - timedelta(microseconds=1), START, END - timedelta(microseconds=1), END]
    pages = FakePages(starts)

    taken, _ = read(pages.serve)

    assert sorted(taken) == ["1", "2"]


def test_a_run_that_stands_twice_on_a_page_is_one() -> None:
    """What counts is the id, even if the starts differ."""
    window = Window(PROJECT, START, END)
    twice = [Run(id="a", start_time=START + timedelta(hours=hour)) for hour in (3, 2)]

    assert window.accept(Page(twice, None)) == twice[:1]


def test_a_full_uneven_day_keeps_within_a_tenth_of_the_least_requests() -> None:
    """60,000 runs, half of them in one hour, in at most 48 requests above the 60 full pages."""
    chance = random.Random(3)
    busy = [START + timedelta(hours=9, seconds=chance.uniform(0, 3600)) for _ in range(30_000)]
    rest = [START + timedelta(seconds=chance.uniform(0, 86_399)) for _ in range(30_000)]
    pages = FakePages(busy + rest)

    taken, _ = read(pages.serve)

    assert len(taken) == 60_000
    assert pages.requests <= 60 + 48


def test_windows_that_turn_out_full_are_shared() -> None:
    """10,000 runs in one of sixteen windows take less than half as long as one after the other.

    One after the other is 10 pages of 0.6 s.
    """
    chance = random.Random(4)
    pages = FakePages(
        [START + timedelta(hours=10, seconds=chance.uniform(0, 3000)) for _ in range(10_000)]
    )

    _, seconds = read(pages.serve)

    assert seconds < 2.0


def test_a_day_whose_hours_are_known_is_read_in_two_waves() -> None:
    """20,000 runs, half of them in three hours: each window has its 1,250, which are two pages.

    The first takes 0.6 s and the second 0.3 s; a third page would take 0.2 s more.
    """
    chance = random.Random(5)
    busy = [START + timedelta(hours=9, seconds=chance.uniform(0, 10_800)) for _ in range(10_000)]
    rest = [START + timedelta(seconds=chance.uniform(0, 86_399)) for _ in range(10_000)]
    pages = FakePages(busy + rest)

    _, seconds = read(pages.serve, shares=[417] * 9 + [3_750] * 3 + [417] * 12)

    assert seconds < 1.1


def test_a_small_day_is_not_cut_further() -> None:
    """700 runs cost one request for each of the first windows."""
    pages = FakePages(spread(700, 1))

    read(pages.serve, count=4)

    assert pages.requests == 4


def test_thousands_of_runs_at_one_instant_are_read() -> None:
    """3,500 runs of a batch, all started at the same microsecond, are all taken."""
    pages = FakePages([START + timedelta(hours=5)] * 3_500)

    taken, _ = read(pages.serve)

    assert len(set(taken)) == len(taken) == 3_500


def test_a_batch_that_fills_pages_is_not_read_again_and_again() -> None:
    """8,000 runs at one instant and a few before, with connections idle: 9 pages, few repeated."""
    pages = FakePages([START + timedelta(hours=20)] * 8_000 + spread(500, 2))

    taken, _ = read(pages.serve, count=1, concurrent=4)

    assert len(set(taken)) == len(taken) == 8_500
    assert pages.requests <= 12


@pytest.mark.parametrize("runs", [[], [Run(id="a", start_time=START + timedelta(hours=1))]])
def test_a_cursor_that_never_ends_is_an_error(runs: list[Run]) -> None:
    """Pages without a new run, each with a next cursor, end after some twenty of them."""
    requests = 0

    def endless(_: Request) -> tuple[float, bytes]:
        nonlocal requests
        requests += 1
        return 0.0, page(runs, "again")

    with pytest.raises(LangSmithError, match="cursor does not end"):
        read(endless, count=1)

    assert requests < 30


def test_the_next_pages_are_asked_for_before_the_last_ones_are_read() -> None:
    """Sixteen full windows: what follows is asked for before a single run is taken."""
    order: list[str] = []
    begins = [START + timedelta(hours=1.5 * window, minutes=1) for window in range(16)]
    pages = FakePages([at + timedelta(seconds=n) for at in begins for n in range(1_200)])

    def serve(request: Request) -> tuple[float, Any]:
        order.append("asked")
        return pages.serve(request)

    reading, asker, _ = day(
        serve, lambda _project, runs: order.append(f"took {len(runs)}"), count=16, concurrent=16
    )
    asker.ask(reading.calls())

    assert order[:33] == [*["asked"] * 32, "took 1000"]
    assert sorted(order[32:]) == [*["took 1000"] * 16, *["took 200"] * 16]


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_a_page_that_is_broken_though_it_ends_well_is_asked_for_again(broken: int) -> None:
    """What was asked for after it does not count: 2,500 runs, one page of three read twice."""
    pages = FakePages([START + timedelta(seconds=n) for n in range(2_500)])

    def serve(request: Request) -> tuple[float, Any]:
        seconds, body = pages.serve(request)
        return seconds, body.replace(b"id", b'"', 1) if pages.requests == broken else body

    taken, _ = read(serve, count=1, concurrent=1)

    assert (len(taken), len(set(taken))) == (2_500, 2_500)
    assert pages.requests <= 5


def test_pages_that_are_broken_for_a_while_are_read_later() -> None:
    """A server that sends nonsense for two seconds is asked again until it does not."""
    pages = FakePages([START + timedelta(seconds=n) for n in range(2_500)])
    taken: list[str] = []

    def serve(request: Request) -> tuple[float, Any]:
        body = pages.serve(request)[1]
        return 0.05, body.replace(b"id", b'"', 1) if time.now() < 2 else body

    reading, asker, time = day(
        serve, lambda _, runs: taken.extend(run.id for run in runs), count=1, concurrent=1
    )
    asker.ask(reading.calls())

    assert (len(taken), len(set(taken))) == (2_500, 2_500)
    assert pages.requests <= 13


def test_pages_that_stay_broken_are_an_error() -> None:
    """They are asked for again as often as anything that fails."""
    body = page([Run(id="a", start_time=START + timedelta(hours=1))], "next").replace(b"id", b'"')

    with pytest.raises(LangSmithError, match="10 times in a row, last: an answer that is not a pa"):
        read(lambda _: (0.0, body), count=1, concurrent=1)


@pytest.mark.parametrize(
    ("seconds", "answer"),
    [
        (0.1, PassingError("HTTP 503")),
        (60.0, PassingError("no answer in time")),
        (1.0, LangSmithRefusedError("expired", 400)),
        (1.0, LangSmithError("gone")),
    ],
)
def test_what_was_asked_for_behind_a_broken_page_is_nobody_s(
    seconds: float, answer: Exception
) -> None:
    """Its failures neither fail the day nor are they tried again."""
    pages = FakePages([START + timedelta(seconds=n) for n in range(2_500)])

    def serve(request: Request) -> tuple[float, Any]:
        if pages.requests == 1 and not behind:
            behind.append(request)
            return seconds, answer
        body = pages.serve(request)[1]
        return 0.1, body if behind else body.replace(b"id", b'"', 1)

    behind: list[Request] = []
    taken, _ = read(serve, count=1, concurrent=1)

    assert (len(taken), len(set(taken)), pages.requests) == (2_500, 2_500, 4)


def test_a_cursor_that_is_refused_costs_no_page_that_waits() -> None:
    """A window goes on below the oldest run of a page that was not read when it was refused."""
    pages = FakePages([START + timedelta(seconds=n) for n in range(2_500)])
    refused = False

    def serve(request: Request) -> tuple[float, Any]:
        nonlocal refused
        if "cursor" in request.values and not refused:
            refused = True
            return 0.0, LangSmithRefusedError("expired", 400)
        return 0.0, pages.serve(request)[1]

    taken, _ = read(serve, count=1, concurrent=1)

    assert (len(taken), len(set(taken)), pages.requests) == (2_500, 2_500, 3)


def test_a_cursor_that_is_always_refused_is_an_error() -> None:
    """Beginning again helps a few times at most."""

    def refusing(request: Request) -> tuple[float, Any]:
        if "cursor" in request.values:
            return 0.0, LangSmithRefusedError("expired", 400)
        return 0.0, page([Run(id="a", start_time=START + timedelta(hours=1))], "expired")

    with pytest.raises(LangSmithError, match="refuses its own cursor"):
        read(refusing, count=1)


def test_progress_tells_how_far_reading_came() -> None:
    """After the newer half of a day, progress says so, with runs, span and project."""

    def half(request: Request) -> tuple[float, Any]:
        if "cursor" in request.values:
            return 0.0, LangSmithError("gone")
        return 0.0, page([Run(id="a", start_time=START + timedelta(hours=12))], "next")

    reading, asker, _ = day(half, lambda _project, _runs: None, count=1, concurrent=1)

    with pytest.raises(LangSmithError, match="gone"):
        asker.ask(reading.calls())

    assert reading.progress() == (
        "read 1 runs, 50% of 2026-11-21T00:00Z to 2026-11-22T00:00Z of my-app"
    )
