"""What a request, that is a trace, costs."""

from decimal import Decimal
from typing import Any

import pytest

from spend_report.domain.figures.day_figures import Request, RequestCosts
from tests.reckoning import figures
from tests.traces import RawRun, id_of, llm, run


def request(name: str, *dollars: int, feature: str = "x") -> list[RawRun]:
    """A trace with a call for each of `dollars`: a million tokens cost one."""
    root = run(name)
    return [
        llm(f"{name}-{n}", below=root, model="flat", feature=feature, tokens=(each * 10**6, 0))
        for n, each in enumerate(dollars)
    ]


def test_calls_of_a_trace() -> None:
    """The calls of a trace are one request, with the sum of their tokens and costs."""
    [top] = figures(request("a", 1, 2)).top_requests

    assert top == Request(
        project="app",
        feature="x",
        trace_id=id_of("a"),
        root_name="",
        calls=2,
        input_tokens=3_000_000,
        output_tokens=0,
        cost=Decimal(3),
        url=f"https://langsmith.test/o/t/projects/p/id-of-app/r/{id_of('a')}?poll=true",
    )


def test_feature_of_a_request() -> None:
    """A request is the feature's that costs most in it, with all that it costs."""
    mixed = [*request("a", 1, 1, feature="often"), llm("b", below=run("a"), model="flat")]
    mixed[-1] |= {"prompt_tokens": 3_000_000, "total_tokens": 3_000_100}
    mixed[-1]["metadata"]["feature"] = "dear"

    day = figures(mixed)

    [top] = day.top_requests
    assert (top.feature, top.calls, top.cost) == ("dear", 3, Decimal("5.001"))
    assert day.request_costs.keys() == {"dear"}


def test_equal_features() -> None:
    """Of features that cost the same in a request, the first by name has it."""
    runs = [*request("a", 1, feature="b"), *request("a", 1, feature="a")]
    runs[1]["id"] = id_of("another")

    assert figures(runs).top_requests[0].feature == "a"


def test_costliest_hundred() -> None:
    """The hundred costliest are listed, costliest first."""
    runs = [each for n in range(1, 106) for each in request(str(n), n)]

    costs = [row.cost for row in figures(runs).top_requests]

    assert costs == [Decimal(n) for n in range(105, 5, -1)]


def test_equal_costs() -> None:
    """Where more than a hundred cost the same, the first by trace id are listed, each once."""
    runs = [each for n in range(60) for each in request(str(n), 1, 1)]
    runs += [llm(str(n), model="unknown", total_cost=2.0) for n in range(60, 120)]

    day = figures(runs[::-1])

    first = sorted(id_of(str(n)) for n in range(120))[:100]
    assert [row.trace_id for row in day.top_requests] == first
    assert {row.calls for row in day.top_requests} == {1, 2}


@pytest.mark.parametrize(
    ("dollars", "median", "p95"),
    [
        ([7], "7", "7"),
        ([1, 2], "1.5", "2"),
        ([3, 1, 2], "2", "3"),
        ([1, 2, 3, 10], "2.5", "10"),
        # The nearest rank of 20 is the 19th, of 21 the 20th (19.95).
        (list(range(1, 21)), "10.5", "19"),
        (list(range(1, 22)), "11", "20"),
        (list(range(1, 101)), "50.5", "95"),
    ],
)
def test_percentiles(dollars: list[int], median: str, p95: str) -> None:
    """The median is the mean of the middle two; the 95th percentile is the nearest rank."""
    runs = [each for n, dollar in enumerate(dollars) for each in request(str(n), dollar)]

    costs = figures(runs).request_costs["x"]

    assert costs == RequestCosts(
        len(dollars), Decimal(median), Decimal(p95), max(map(Decimal, dollars))
    )


def test_cached_calls() -> None:
    """A call's cached tokens are cheap in its request as well: 0.75 x $1 + 0.25 x $0.10."""
    cached = llm("a", model="flat", tokens=(10**6, 0), details={"cache_read": 250_000})
    plain = llm("b", model="flat", tokens=(10**6, 10), details={"cache_read": 250_000})

    costs = [row.cost for row in figures([cached, plain]).top_requests]

    assert costs == [Decimal("0.7751"), Decimal("0.775")]


def test_recorded_costs() -> None:
    """A call that only LangSmith knows a price of is in its request with that."""
    runs = [llm("a", model="unknown", total_cost=0.1), llm("b", model="unknown", total_cost=None)]

    assert sorted(row.cost for row in figures(runs).top_requests) == [0, Decimal("0.1")]


def test_each_call_in_its_request() -> None:
    """Calls of one feature that found it in different ways keep their own costs and traces.

    A million cache writes cost $1.25, and a million for an hour $2.
    """
    million: dict[str, Any] = {"tokens": (10**6, 0), "model": "flat"}
    root = run("tagged", metadata={"feature": "x"})
    runs = [
        llm("plain", feature="x", **million),
        llm("own-write", feature="x", details={"cache_creation": 10**6}, **million),
        llm("odd", feature="x", trace_id="odd", **million),
        llm("below", below=root, details={"ephemeral_1h_input_tokens": 10**6}, **million),
        llm("odd-below", below=root, **million) | {"trace_id": "odd-below"},
    ]

    day = figures(runs, above=[root])

    assert {row.trace_id: row.cost for row in day.top_requests} == {
        id_of("plain"): Decimal(1),
        id_of("own-write"): Decimal("1.25"),
        "odd": Decimal(1),
        id_of("tagged"): Decimal(2),
        "odd-below": Decimal(1),
    }
