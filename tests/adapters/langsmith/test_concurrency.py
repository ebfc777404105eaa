"""Asking many things side by side: rate, concurrency, back-off, time."""

import random
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.adapters.langsmith.api import PassingError, Request
from spend_report.adapters.langsmith.concurrency import Asker, Asking, Call, Next
from spend_report.adapters.langsmith.decoder import UnreadablePageError
from spend_report.adapters.langsmith.pacing import Pacer, TimeUpError, backoff
from spend_report.errors import LangSmithError, LangSmithRefusedError
from tests.virtual_time import Serve, VirtualTime

REQUEST = Request("GET", "/", {})


class VirtualAsker:
    """An asker in virtual time, whose server is `serve`; remembers the answers."""

    def __init__(
        self,
        serve: Serve = lambda _: (0.0, b""),
        *,
        limit: int = 300,
        concurrent: int = 16,
        left: float | None = None,
    ) -> None:
        self.time = VirtualTime(serve)
        self.answers: list[Any] = []
        self.pacer = Pacer(
            max_requests_per_10s=limit,
            max_concurrent=concurrent,
            remaining_seconds=None if left is None else lambda: left - self.time.now(),
            now=self.time.now,
        )
        self._asker = Asker(self.time.send, self.pacer, "http://here", lambda: self.time)

    def ask(self, count: int) -> float:
        """The seconds that `count` requests side by side take."""
        begun = self.time.now()
        self.ask_for(count, self._take)
        return self.time.now() - begun

    def ask_for(self, count: int, then: Callable[[bytes], list[Next]]) -> None:
        """Ask `count` requests side by side, and what follows from each by `then`."""
        self.begin(count, then).go_on()

    def begin(self, count: int, then: Callable[[bytes], list[Next]]) -> Asking:
        """The same begun."""
        return self._asker.begin(Call(REQUEST, then) for _ in range(count))

    def ask_in_turn(self, count: int) -> float:
        """The seconds that `count` requests take, each asked when the one before is answered."""
        begun = self.time.now()
        left = iter(range(count - 1))

        def then(_: bytes) -> list[Call]:
            return [Call(REQUEST, then) for _ in (next(left, None),) if _ is not None]

        self._asker.ask([Call(REQUEST, then)])
        return self.time.now() - begun

    def _take(self, answer: bytes) -> list[Next]:
        self.answers.append(answer.decode())
        return []


def most_in_ten_seconds(arrivals: list[float]) -> int:
    arrivals = sorted(arrivals)
    return max(sum(start <= at < start + 10 for at in arrivals) for start in arrivals)


@given(limit=st.integers(1, 40), concurrent=st.integers(1, 20), seed=st.integers(0, 1000))
def test_the_server_never_sees_more_requests_in_ten_seconds_than_the_limit(
    limit: int, concurrent: int, seed: int
) -> None:
    """However the network delays requests and answers, no ten seconds hold more than the limit."""
    chance = random.Random(seed)
    arrivals: list[float] = []

    def serve(_: Request) -> tuple[float, bytes]:
        there, back = chance.uniform(0, 3), chance.uniform(0, 3)
        arrivals.append(asking.time.now() + there)
        return there + back, b""

    asking = VirtualAsker(serve, limit=limit, concurrent=concurrent)
    asking.ask(3 * limit)

    assert len(arrivals) == 3 * limit
    assert most_in_ten_seconds(arrivals) <= limit


def test_no_more_requests_are_under_way_than_allowed() -> None:
    """Ten requests of a second each with three allowed at once take four seconds."""
    assert VirtualAsker(lambda _: (1.0, b""), concurrent=3).ask(10) == pytest.approx(4)


def test_a_full_limit_is_used() -> None:
    """Thirty quick requests at ten per ten seconds take twenty seconds, not more."""
    assert VirtualAsker(limit=10).ask(30) == pytest.approx(20)


def test_what_follows_from_an_answer_is_asked_as_well() -> None:
    """Five requests in turn, of two seconds each, take ten."""
    assert VirtualAsker(lambda _: (2.0, b"")).ask_in_turn(5) == pytest.approx(10)


def test_what_can_wait_is_done_once_all_is_sent() -> None:
    """Four answers that come together are followed by four requests, and worked up meanwhile."""
    order: list[str] = []

    def serve(_: Request) -> tuple[float, bytes]:
        order.append("sent")
        return 1.0, b""

    def then(_: bytes) -> list[Next]:
        return [lambda: order.append("worked"), Call(REQUEST, lambda _: ())]

    asking = VirtualAsker(serve)
    asking.ask_for(4, then)

    assert order == [*["sent"] * 8, *["worked"] * 4]
    assert asking.time.now() == pytest.approx(2)


def test_what_waits_has_a_bound() -> None:
    """Of a hundred answers at once all are worked up, and no more than sixteen wait for it."""
    waiting: list[int] = [0]

    def work() -> None:
        waiting.append(waiting[-1] - 1)

    def then(_: bytes) -> list[Next]:
        waiting.append(waiting[-1] + 1)
        return [work]

    VirtualAsker(concurrent=100).ask_for(100, then)

    assert (max(waiting), waiting[-1], len(waiting)) == (16, 0, 201)


def test_some_answers_can_be_waited_for_before_others() -> None:
    """A request of a second is answered while one of three seconds, asked later, is under way."""
    answers = [1.0, 3.0]
    asker = VirtualAsker(lambda _: (answers.pop(0), b""))
    told: list[str] = []

    asking = asker.begin(1, lambda _: [lambda: told.append("first")])
    asking.also([Call(REQUEST, lambda _: [lambda: told.append("second")])])
    asking.go_on(until=lambda: asker.time.now() >= 1)

    assert (told, asker.time.now()) == (["first"], 1)

    asking.go_on()

    assert (told, asker.time.now()) == (["first", "second"], 3)


def test_a_refused_rate_stops_everybody() -> None:
    """After a refusal nothing goes out until the time that the server asked for is over."""
    asking = VirtualAsker()
    asking.pacer.too_fast(7)

    assert asking.ask(1) == pytest.approx(7)


def test_after_a_refusal_the_rate_is_halved_once_and_grows_back() -> None:
    """Eight refusals together, after 40 requests, leave 20 per ten seconds, spread evenly.

    With each answer it is one more: 20 requests take 10/20 + 10/21 + … + 10/39 = 7.06 seconds.
    """
    asking = VirtualAsker(concurrent=1)

    assert asking.ask(40) == 0
    for _ in range(8):
        asking.pacer.too_fast(0.001)
    assert asking.ask(21) == pytest.approx(7.06, abs=0.01)

    asking.ask(1000)
    asking.time.sleep(10)
    assert asking.ask(300) == 0


def test_a_refusal_never_stops_the_reading() -> None:
    """However often the rate is refused, a twentieth of it is tried again: 15 of 300.

    With each answer it is one more: 10/15 + 10/16 + … + 10/29 = 7.10 seconds for what follows.
    """
    asking = VirtualAsker(concurrent=1)
    for _ in range(50):
        asking.pacer.too_fast(0)

    assert asking.ask(16) == pytest.approx(7.10, abs=0.01)


@pytest.mark.parametrize(("seconds", "possible"), [(11, True), (13, False)])
def test_a_wait_that_would_use_up_the_reserve_is_refused_at_once(
    seconds: float, *, possible: bool
) -> None:
    """With 43 s left, 30 of them kept back, a server may ask for 11 s (and up to one), not 13."""
    answers: list[bytes | Exception] = [b"good", PassingError("busy", retry_after=seconds)]
    asking = VirtualAsker(lambda _: (0.0, answers.pop()), left=43)

    if possible:
        assert 11 <= asking.ask(1) <= 12
        assert asking.answers == ["good"]
    else:
        with pytest.raises(TimeUpError):
            asking.ask(1)
        assert asking.time.now() == 0


def test_time_ends_while_a_request_is_under_way() -> None:
    """With 32 s left, an answer that takes a minute is waited for two seconds."""
    asking = VirtualAsker(lambda _: (60.0, b""), left=32)

    with pytest.raises(TimeUpError):
        asking.ask(3)

    assert asking.time.now() == pytest.approx(2)


def test_what_was_given_up_makes_room() -> None:
    """After a failure the requests that were under way count as ended: all may go out again."""
    answers: list[Any] = [LangSmithError("no"), *[b"late"] * 3]
    asking = VirtualAsker(lambda _: (1.0, answers.pop(0) if answers else b"good"), concurrent=4)

    with pytest.raises(LangSmithError, match="no"):
        asking.ask(4)

    assert asking.ask(4) == pytest.approx(1)


def test_an_answer_that_cannot_be_read_is_asked_for_again() -> None:
    """A body that is no page counts as a failed attempt, and ten of them are an error."""

    def then(_: bytes) -> list[Next]:
        raise UnreadablePageError

    with pytest.raises(LangSmithError, match="failed 10 times in a row, last: an answer that is"):
        VirtualAsker().ask_for(1, then)


def test_a_rate_that_stays_refused_is_an_error_in_the_end() -> None:
    """Where no time-out ends it, sixty refusals do."""
    asking = VirtualAsker(lambda _: (0.0, PassingError("HTTP 429", rate_refused=True)))

    with pytest.raises(LangSmithError, match="failed 60 times in a row, last: HTTP 429"):
        asking.ask(1)


def test_a_refusal_is_an_error_unless_the_call_knows_better() -> None:
    """What is refused is raised as it is."""
    with pytest.raises(LangSmithRefusedError, match="no"):
        VirtualAsker(lambda _: (0.0, LangSmithRefusedError("no", 400))).ask(1)


@given(attempt=st.integers(1, 60))
def test_backoff_is_exponential_with_full_jitter_and_a_ceiling(attempt: int) -> None:
    """Attempt n waits anything up to 0.5 s, 1 s, 2 s, …, and never more than 20 s."""
    waits = [backoff(attempt, None) for _ in range(50)]

    ceiling = {1: 0.5, 2: 1.0, 3: 2.0, 4: 4.0, 5: 8.0, 6: 16.0}.get(attempt, 20.0)
    assert all(0 <= wait <= ceiling for wait in waits)
    assert len(set(waits)) > 1


def test_retry_after_is_the_least_wait() -> None:
    """A server that asks for 12 s gets between 12 and 13, whatever the attempt."""
    assert all(12 <= backoff(attempt, 12.0) <= 13 for attempt in range(1, 20))
