"""A day in parts comes to what it comes to in one."""

import json
import random
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, localcontext
from itertools import chain, combinations, product
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from spend_report.adapters.catalogue.catalogue import PriceCatalogue
from spend_report.domain.basics.day import ReportDay
from spend_report.domain.basics.money import EXACT
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.config.configuration import configuration
from spend_report.domain.config.documents import Document
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.prices.price_sources import PriceBook
from spend_report.domain.reports import csv_tables
from spend_report.domain.runs.run import MetadataKeys, Project
from spend_report.fetching import Reading
from tests.domain.parts.day_source import DaySource, cut, files, in_one, in_parts
from tests.oracle.generator import DIMENSIONS, case, prices
from tests.oracle.oracle import Case
from tests.reckoning import APP, DAY, PriceOf
from tests.records import record
from tests.traces import RawRun, llm, run

KEYS = MetadataKeys("feature", DIMENSIONS)
READING = Reading(KEYS, PriceBook([PriceOf()]), {"RAG": "rag-search"})
DATE = date(2026, 11, 1)  # of 25 hours in New York
ZONE = "America/New_York"
LISTED = configuration([Document("/prices", 1, json.dumps(prices(DATE)))], [], [], None).prices
DEAR = Reading(KEYS, PriceBook([LISTED, PriceCatalogue()]), {"agent-copilot": "rag-search"})
USED, SILENT = (10, 1), None


def figures(runs: Sequence[RawRun], hours: Iterable[float] = ()) -> DayFigures:
    """The figures of `runs`, read in windows that begin at each of `hours`, or in one."""
    source = DaySource({APP: runs}, KEYS)
    windows = cut(DAY, [hour / 24 for hour in hours])
    with localcontext(EXACT):
        if len(windows) == 1:
            return in_one(source, DAY, READING)
        return in_parts(source, DAY, windows, READING)


def by_project(made: Case) -> dict[Project, list[RawRun]]:
    return {Project(f"id-{name}", name, ""): [*map(dict, own)] for name, own in made.runs.items()}


def windows_between(runs: int) -> Iterable[Sequence[float]]:
    """All ways to cut a day in which a run starts at each full hour from one o'clock on."""
    edges = [hour + 0.5 for hour in range(1, runs)]
    return chain.from_iterable(combinations(edges, count) for count in range(1, len(edges) + 1))


def objects(figures: DayFigures, day: ReportDay) -> list[bytes]:
    """What is written of a day, but for what rests on the days before it."""
    return [
        csv_tables.by_feature(figures, Budgets({}), owners={}, usual={}),
        csv_tables.detail(figures, DIMENSIONS),
        csv_tables.untagged(figures),
        csv_tables.top_requests(figures),
        record(figures, day=day),
    ]


@given(st.integers(0, 10**6), st.lists(st.floats(0, 1), max_size=8), st.integers(1, 120))
@settings(max_examples=50, deadline=None)
@example(11, [0.5], 400)
@example(12, [share / 24 for share in range(1, 24)], 400)
def test_random_days_and_cuts(seed: int, shares: list[float], runs: int) -> None:
    """However a day is cut into parts, each figure and each byte is that of the day in one."""
    day = ReportDay.of(DATE, ZoneInfo(ZONE))
    made = case(DATE, ZONE, runs, seed)
    source = DaySource(by_project(made), KEYS)

    with localcontext(EXACT):
        whole = in_one(source, day, DEAR)
        cut_up = in_parts(source, day, cut(day, shares), DEAR)

    assert cut_up == whole
    assert objects(cut_up, day) == objects(whole, day)


@given(st.integers(0, 10**6), st.floats(0, 1), st.randoms(use_true_random=False))
@settings(max_examples=20, deadline=None)
@example(150, 0.0, random.Random(1))
def test_same_file(seed: int, share: float, chance: random.Random) -> None:
    """In whichever order runs come, the same part has the same bytes."""
    day = ReportDay.of(DATE, ZoneInfo(ZONE))
    made = case(DATE, ZONE, 60, seed)
    ordered = {
        Project(f"id-{name}", name, ""): list(map(dict, own)) for name, own in made.runs.items()
    }
    shuffled = {project: chance.sample(own, len(own)) for project, own in ordered.items()}
    windows = cut(day, [share])

    with localcontext(EXACT):
        first, second = (
            files(DaySource(runs, KEYS), day, windows, DEAR) for runs in (ordered, shuffled)
        )

    assert first == second


@pytest.mark.parametrize("usages", list(product((USED, SILENT), repeat=3)))
def test_chain_over_windows(usages: Sequence[tuple[int, int] | None]) -> None:
    """Of runs inside each other the same ones are calls, each read in a window of its own."""
    runs: list[RawRun] = []
    for depth, tokens in enumerate(usages):
        below = runs[-1] if runs else run("root", at="2026-11-21T00:59:00Z")
        at = f"2026-11-21T0{depth + 1}:00:00Z"
        hours: dict[str, Any] = {"at": at, "seconds": 4 * 3600}
        runs.append(llm(f"{depth}", below=below, tokens=tokens, model="flat", **hours))

    whole, *others = (figures(runs, shares) for shares in ((), *windows_between(len(runs))))

    assert whole.calls == 1
    assert others == [whole] * len(others)


def test_wrapper_that_never_ended() -> None:
    """A run that reports no end is open for an hour, as at midnight."""
    outer = llm("outer", at="2026-11-21T01:00:00Z", model="flat", end_time=None)
    inner = llm("inner", at="2026-11-21T01:59:00Z", model="flat", below=outer)

    whole, cut_up = figures([outer, inner]), figures([outer, inner], [1.5])

    assert cut_up == whole
    assert whole.calls == 1


def test_run_inside_one_that_has_ended() -> None:
    """The one difference that docs/huge-days.md names: over windows, both runs are calls."""
    outer = llm("outer", at="2026-11-21T01:00:00Z", seconds=60, model="flat")
    inner = llm("inner", at="2026-11-21T02:00:00Z", model="flat", below=outer)

    assert figures([outer, inner]).calls == 1
    assert figures([outer, inner], [1.5]).calls == 2


def test_pending_call_keeps_what_it_has() -> None:
    """A call that is still open at the window's end counts with path, remarks, audio and cost."""
    late: dict[str, Any] = {"at": "2026-11-21T01:00:00Z", "seconds": 3600, "total_cost": 0.25}
    runs = [
        llm("priced", model="flat", details={"audio": 7, "cache_creation": 5}, **late),
        llm("recorded", model="unknown", details={"warp": 9}, **late),
        llm("wrong", model="tiered", tokens=(-5, 3), **late),
        llm("errored", model="flat", tokens=None, status="ERROR", feature="RAG", **late),
    ]

    whole, cut_up = figures(runs), figures(runs, [1.5])

    assert cut_up == whole
    assert (whole.calls, len(whole.untagged)) == (4, 3)


def test_trace_over_windows() -> None:
    """A request is its trace in all windows, and the feature's that costs most over all of them."""
    root = run("root", at="2026-11-21T01:00:00Z")
    runs = [
        llm(f"{hour}", at=f"2026-11-21T0{hour}:00:00Z", below=root, model="flat", feature=feature)
        for hour, feature in enumerate(("a", "b", "b", "c"), 1)
    ]

    cut_up = figures(runs, [1.5, 2.5, 3.5])

    assert cut_up == figures(runs)
    [top] = cut_up.top_requests
    assert (top.feature, top.calls, top.input_tokens) == ("b", 4, 4000)
    assert cut_up.request_costs.keys() == {"b"}


def test_tag_above_in_an_earlier_window() -> None:
    """An untagged call has the feature of its ancestor, in whichever window that started."""
    root = run("root", at="2026-11-21T01:00:00Z", metadata={"feature": "x"})
    call = llm("call", at="2026-11-21T05:00:00Z", below=root, model="flat")

    cut_up = figures([root, call], [3])

    assert [row.feature for row in cut_up.features] == ["x"]
    assert [row.root_name for row in cut_up.top_requests] == ["root"]


def test_silent_run_inside_a_wrapper_of_an_earlier_window() -> None:
    """A wrapper that is settled in its own window still has usage for what lies inside it later."""
    outer = llm("outer", at="2026-11-21T01:00:00Z", seconds=7200, model="flat")
    inner = llm("inner", at="2026-11-21T01:01:00Z", model="flat", below=outer)
    silent = llm("silent", at="2026-11-21T02:00:00Z", model="flat", below=outer, tokens=None)

    whole, cut_up = (figures([outer, inner, silent], hours) for hours in ((), (1.5,)))

    assert cut_up == whole
    assert whole.calls == 1


def test_odd_ids_and_large_costs() -> None:
    """Ids that are no UUIDs, and costs of more than 63 bits, are kept as they are."""
    day: dict[str, Any] = {"model": "unknown", "tokens": (10, 1)}
    runs: list[RawRun] = [
        llm("a", at="2026-11-21T01:00:00Z", trace_id="odd", total_cost=50.0, **day),
        llm("b", at="2026-11-21T02:00:00Z", trace_id="odd", total_cost=0.1, **day),
        llm("c", at="2026-11-21T03:00:00Z", total_cost=1e-17, **day),
    ]

    cut_up = figures(runs, [1.5, 2.5])

    assert cut_up == figures(runs)
    assert [(row.trace_id, row.cost) for row in cut_up.top_requests] == [
        ("odd", Decimal("50.1")),
        (runs[2]["trace_id"], Decimal("1E-17")),
    ]
