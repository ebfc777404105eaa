"""Which runs are gathered, whose they are, and what else has to be asked for."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.domain.figures.day_figures import SpendUnderName
from spend_report.domain.prices.price_sources import PriceBook
from spend_report.domain.runs.calls import Calls
from spend_report.domain.runs.run import MetadataKeys
from tests.reckoning import APP, DAY, DIMENSIONS, PriceOf, figures
from tests.traces import RawRun, decoded, id_of, llm, run

KEYS = MetadataKeys("feature", DIMENSIONS)


def calls_with(*runs: RawRun) -> Calls:
    calls = Calls(DAY, KEYS, PriceBook([PriceOf()]))
    calls.take(APP, [decoded(raw, KEYS) for raw in runs])
    return calls


def test_asks_for_no_ancestors() -> None:
    """Where every run has its own tag, no ancestor is asked for."""
    calls = calls_with(llm("a", below=run("root"), feature="x"))

    assert calls.ancestors_of_orphans == {}


def test_asks_for_the_ancestors_of_orphans() -> None:
    """An untagged run's ancestors are asked for, with the starts that it knows of."""
    calls = calls_with(llm("a", below=run("root", "2026-11-20T23:00:00Z")))

    started = datetime(2026, 11, 20, 23, tzinfo=UTC)
    assert calls.ancestors_of_orphans == {id_of("root"): started}


def test_asks_beyond_midnight_for_silent_runs_only() -> None:
    """What began before midnight matters only to a run without usage: it may be its call."""
    root = run("root", "2026-11-20T23:59:00Z", seconds=600)
    middle = run("middle", "2026-11-21T00:00:30Z", below=root)

    assert calls_with(llm("a", below=middle)).ancestors_before == {}
    assert calls_with(llm("b", below=middle, tokens=None)).ancestors_before.keys() == {
        id_of("root")
    }


def test_reads_on_after_midnight() -> None:
    """While a run of the day goes on, runs inside it may start on the next day."""
    calls = calls_with(
        llm("a", "2026-11-21T23:59:00Z", seconds=90),
        llm("b", "2026-11-21T23:59:30Z", seconds=45),
        llm("c"),
    )

    assert calls.continue_until == DAY.end + timedelta(seconds=30)
    assert calls_with(llm("c")).continue_until is None


def test_wrapper_of_tomorrows_call() -> None:
    """A run that wraps a call of the next day is left out today."""
    outer = llm("outer", "2026-11-21T23:59:59Z", seconds=9, model="flat")
    inner = llm("inner", "2026-11-22T00:00:01Z", below=outer, model="flat")

    day = figures([outer], outside=[inner])

    assert (day.calls, day.left_out["wrapper"]) == (0, 1)


def test_looked_up_and_of_the_day() -> None:
    """A run of the day that is looked up too, its start not being known, is still one run."""
    outer = llm("outer", "2026-11-21T00:00:00Z", model="flat")
    inner = llm("inner", "2026-11-21T00:00:01Z", below=outer, model="flat")

    day = figures([outer, inner], outside=[outer])

    assert (day.calls, day.left_out["wrapper"]) == (1, 1)


def test_tag_of_an_ancestor() -> None:
    """Runs of equal metadata part where their ancestors' tags do."""
    roots = [run(name, metadata={"feature": name}) for name in ("x", "y")]
    runs = [llm(f"call-{root['name']}", below=root, model="flat") for root in roots]

    day = figures([*runs, llm("alone", model="flat")], above=roots)

    assert {row.feature: row.calls for row in day.features} == {"x": 1, "y": 1, "untagged": 1}


def test_aliases() -> None:
    """A call tagged with an alias, itself or by an ancestor, counts as the feature.

    What stood under each name is kept: 110 tokens in and out of a call cost $0.0002 here.
    """
    root = run("root", metadata={"feature": "rag_search"})
    runs = [
        llm("own", model="flat", feature="rag-search", tokens=(100, 10)),
        llm("alias", model="flat", feature="RAG", tokens=(100, 10)),
        llm("alias-one-by-one", model="tiered", feature="RAG", tokens=(100, 10)),
        llm("above", below=root, model="flat", tokens=(100, 10)),
        llm("other", model="flat", feature="chat", tokens=(100, 10)),
        llm("none", model="flat", tokens=(100, 10)),
    ]
    aliases = {"rag_search": "rag-search", "RAG": "rag-search"}

    day = figures(runs, above=[root], aliases=aliases)

    assert {row.feature: row.calls for row in day.features} == {
        "rag-search": 4,
        "chat": 1,
        "untagged": 1,
    }
    assert day.seen_as == {
        "rag-search": {
            "RAG": SpendUnderName(2, Decimal("0.0004")),
            "rag-search": SpendUnderName(1, Decimal("0.0002")),
            "rag_search": SpendUnderName(1, Decimal("0.0002")),
        }
    }


def test_alias_of_untagged() -> None:
    """A name that people give where they have none may be made an alias of `untagged`."""
    day = figures([llm("a", model="flat", feature="n/a")], aliases={"n/a": "untagged"})

    assert [row.feature for row in day.features] == ["untagged"]
    assert [path.calls for path in day.untagged] == [1]
    assert day.seen_as["untagged"].keys() == {"n/a"}


def test_no_alias_was_used() -> None:
    """Where every call has the name of its feature, nothing is kept."""
    assert figures([llm("a", model="flat", feature="x")], aliases={"y": "x"}).seen_as == {}


def test_word_untagged() -> None:
    """A run that says `untagged` itself is one of the untagged, in rows and in paths."""
    runs = [
        llm("said", model="flat", feature="untagged", tokens=(9000, 9)),
        llm("silent", model="flat", tokens=(10, 1)),
        llm("said-too", model="flat", feature="untagged", tokens=(500, 5)),
    ]

    day = figures(runs)

    paths = {row.run_name: str(row.cost.normalize()) for row in day.untagged}
    assert [row.feature for row in day.features] == ["untagged"]
    assert paths == {"said": "0.00909", "silent": "0.00002", "said-too": "0.00055"}


@st.composite
def nearly_plain(draw: st.DrawFn, name: str) -> RawRun:
    """A call as most are, but for at most a few of the things that make one special."""
    env = draw(st.sampled_from([None, 1, True, 1.0, "1"]))
    read = draw(st.none() | st.integers(0, 1) | st.integers(-2, 5000))
    raw = llm(
        name,
        model=draw(st.sampled_from(["flat", "tiered", "unknown"])),
        feature=draw(st.sampled_from([None, "x"])),
        tokens=(draw(st.integers(1, 4000)), draw(st.integers(1, 900))),
        metadata={} if env is None else {"env": env},
        details=None if read is None else {"cache_read": read},
        total_cost=draw(st.sampled_from([None, 0.0, 0.25])),
        oddities=draw(st.sampled_from([None, None, ["total_tokens"]])),
    )
    raw["total_tokens"] += draw(st.sampled_from([0, 0, 0, 500]))
    return raw


@given(st.lists(st.integers(0, 99), max_size=12, unique=True), st.data())
@settings(max_examples=80, deadline=None)
def test_plain_runs(names: list[int], data: st.DataObject) -> None:
    """Runs that are taken many at once come to the same as one by one.

    An end after midnight changes no figure here, but such a run is looked at by itself.
    """
    plain = [data.draw(nearly_plain(str(name))) for name in names]
    special = [raw | {"end_time": DAY.end + timedelta(hours=1)} for raw in plain]

    assert figures(plain) == figures(special, page=1)


def test_equal_values() -> None:
    """1, 1.0 and true stay apart in whatever order they come; 1 and its text are one value."""
    runs = [
        llm(str(index), model="flat", feature="x", metadata={"env": value})
        for index, value in enumerate([1, True, 1.0, "1", 1, 0, False])
    ]

    for order in (runs, runs[::-1]):
        assert {row.dimensions[0]: row.calls for row in figures(order).lines} == {
            "1": 3,
            "true": 1,
            "1.0": 1,
            "0": 1,
            "false": 1,
        }


def test_lists_in_metadata() -> None:
    """A list or an object among the values is a value like others, and alike if it is equal."""
    runs = [
        llm(str(index), model="flat", feature="x", metadata={"env": value})
        for index, value in enumerate([["a"], ["a"], {"b": 1, "a": 2}, {"a": 2, "b": 1}, "a"])
    ]

    day = figures(runs)

    assert {row.dimensions[0]: row.calls for row in day.lines} == {
        '["a"]': 2,
        '{"a": 2, "b": 1}': 2,
        "a": 1,
    }


def test_odd_trace_ids() -> None:
    """A trace's id need not be a UUID, and a run without one belongs to its root's trace."""
    runs = [
        llm("a", model="flat", trace_id="täglich"),
        llm("b", model="flat", trace_id="täglich"),
        llm("c", model="flat", trace_id=None),
        llm("d", model="flat", below=run("root"), trace_id=None),
    ]

    day = figures(runs)

    assert {row.trace_id: row.calls for row in day.top_requests} == {
        "täglich": 2,
        id_of("c"): 1,
        id_of("root"): 1,
    }
