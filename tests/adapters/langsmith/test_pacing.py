"""How LangSmith is paced: rate, concurrency, back-off, time."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.adapters.langsmith.pacing import Pacer, TimeUpError, backoff
from tests.virtual_time import now, run_virtually


def most_in_ten_seconds(arrivals: list[float]) -> int:
    arrivals = sorted(arrivals)
    return max(sum(start <= at < start + 10 for at in arrivals) for start in arrivals)


@given(
    limit=st.integers(1, 40),
    concurrent=st.integers(1, 20),
    seed=st.integers(0, 1000),
)
def test_the_server_never_sees_more_requests_in_ten_seconds_than_the_limit(
    limit: int, concurrent: int, seed: int
) -> None:
    """However the network delays requests and answers, no ten seconds hold more than the limit."""
    chance = random.Random(seed)
    arrivals: list[float] = []

    async def request(pacer: Pacer) -> None:
        async with pacer.turn():
            await asyncio.sleep(chance.uniform(0, 3))
            arrivals.append(now())
            await asyncio.sleep(chance.uniform(0, 3))

    async def work() -> None:
        pacer = Pacer(max_requests_per_10s=limit, max_concurrent=concurrent)
        await asyncio.gather(*(request(pacer) for _ in range(3 * limit)))

    run_virtually(work())

    assert len(arrivals) == 3 * limit
    assert most_in_ten_seconds(arrivals) <= limit


def test_no_more_requests_are_under_way_than_allowed() -> None:
    """Of ten requests with three allowed at once, three are under way, never four."""
    under_way: set[int] = set()
    most: list[int] = []

    async def request(pacer: Pacer, number: int) -> None:
        async with pacer.turn():
            under_way.add(number)
            most.append(len(under_way))
            await asyncio.sleep(1)
            under_way.remove(number)

    async def work() -> None:
        pacer = Pacer(max_requests_per_10s=300, max_concurrent=3)
        await asyncio.gather(*(request(pacer, number) for number in range(10)))

    run_virtually(work())

    assert max(most) == 3


def test_a_full_limit_is_used() -> None:
    """Thirty quick requests at ten per ten seconds take twenty seconds, not more."""

    async def work() -> float:
        pacer = Pacer(max_requests_per_10s=10, max_concurrent=16)
        for _ in range(30):
            async with pacer.turn():
                pass
        return now()

    assert run_virtually(work()) == pytest.approx(20)


def test_a_refused_rate_stops_everybody() -> None:
    """After a refusal nothing goes out until the time that the server asked for is over."""

    async def work() -> float:
        pacer = Pacer(max_requests_per_10s=300, max_concurrent=16)
        pacer.too_fast(7)
        async with pacer.turn():
            return now()

    assert run_virtually(work()) == pytest.approx(7)


def test_after_a_refusal_the_rate_is_halved_once_and_grows_back() -> None:
    """Eight refusals together, after 40 requests, leave 20 per ten seconds, spread evenly.

    With each answer it is one more: 20 requests take 10/20 + 10/21 + … + 10/39 = 7.06 seconds.
    """

    async def send(pacer: Pacer, count: int) -> float:
        started = now()
        for _ in range(count):
            async with pacer.turn():
                pass
            pacer.answered_well()
        return now() - started

    async def work() -> tuple[float, float, float]:
        pacer = Pacer(max_requests_per_10s=300, max_concurrent=1)
        unhindered = await send(pacer, 40)
        for _ in range(8):
            pacer.too_fast(0.001)
        after = await send(pacer, 21)
        await send(pacer, 1000)
        await asyncio.sleep(10)
        return unhindered, after, await send(pacer, 300)

    unhindered, after, later = run_virtually(work())

    assert unhindered == 0
    assert after == pytest.approx(7.06, abs=0.01)
    assert later == 0


def test_a_refusal_never_stops_the_reading() -> None:
    """However often the rate is refused, a twentieth of it is tried again: 15 of 300."""

    async def work() -> float:
        pacer = Pacer(max_requests_per_10s=300, max_concurrent=1)
        for _ in range(50):
            pacer.too_fast(0)
        started = now()
        for _ in range(16):
            async with pacer.turn():
                pass
        return now() - started

    assert run_virtually(work()) == pytest.approx(10, abs=0.01)


def test_a_wait_that_would_use_up_the_reserve_is_refused_at_once() -> None:
    """With 42 s left, 30 of them kept back, waiting 11 s is possible and 13 s is not."""
    left = 42.0

    async def work(seconds: float) -> float:
        pacer = Pacer(
            max_requests_per_10s=300, max_concurrent=16, remaining_seconds=lambda: left - now()
        )
        await pacer.pause(seconds)
        return now()

    assert run_virtually(work(11)) == pytest.approx(11)
    with pytest.raises(TimeUpError):
        run_virtually(work(13))


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
