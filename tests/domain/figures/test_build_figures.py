"""What must hold of every day, and what single figures are made of."""

import random
from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.build_figures import with_root_names
from spend_report.domain.figures.day_figures import (
    DataQuality,
    FeatureSpend,
    ModelDrift,
    Sampling,
    UnpricedModel,
    UntaggedPath,
)
from tests.reckoning import PriceOf, figures
from tests.traces import RawRun, llm, run

_MODELS = st.sampled_from(["flat", "tiered", "unknown", None])
_USAGES = st.none() | st.tuples(st.integers(0, 4000), st.integers(0, 900))
_DETAILS = st.none() | st.dictionaries(
    st.sampled_from(
        [
            *("cache_read", "cache_creation", "ephemeral_1h_input_tokens"),
            *("ephemeral_5m_input_tokens", "flex", "flex_cache_read"),
        ]
    ),
    st.integers(-5, 5000),
    max_size=3,
)
_TAGS = st.sampled_from([None, None, "a", "b", " a ", "", 1, True, 1.0, "untagged"])
_STATUSES = st.sampled_from(["SUCCESS", "SUCCESS", "ERROR", "PENDING", None])
_COSTS = st.none() | st.floats(0, 1)


@st.composite
def llm_runs(draw: st.DrawFn, name: str, below: RawRun | None) -> RawRun:
    extra = {"env": draw(_TAGS)}
    return llm(
        name,
        below=below,
        tokens=draw(_USAGES),
        details=draw(_DETAILS),
        model=draw(_MODELS),
        feature=draw(_TAGS),
        metadata={key: value for key, value in extra.items() if value is not None},
        status=draw(_STATUSES),
        total_cost=draw(_COSTS),
    )


@st.composite
def forests(draw: st.DrawFn) -> list[RawRun]:
    """Traces of LLM runs and chains, each run below an earlier one or at a root."""
    runs: list[RawRun] = []
    for index in range(draw(st.integers(1, 12))):
        parent = draw(st.none() | st.sampled_from(runs)) if runs else None
        if draw(st.integers(0, 3)):
            runs.append(draw(llm_runs(f"run-{index}", parent)))
        else:
            tag = draw(st.sampled_from([{}, {"feature": "a"}, {"feature": "c"}]))
            runs.append(run(f"run-{index}", below=parent, metadata=tag))
    return runs


def parted(runs: Sequence[RawRun]) -> tuple[list[RawRun], list[RawRun]]:
    """The LLM runs, and all of them as ancestors."""
    return [each for each in runs if each["run_type"] == "LLM"], [
        each | {"metadata": {**each["metadata"], "feature": _text(each)}} for each in runs
    ]


def _text(each: RawRun) -> str:
    tag = each["metadata"].get("feature", "")
    return tag.strip() if isinstance(tag, str) else str(tag).lower()


@given(forests())
@settings(max_examples=60, deadline=None)
def test_conservation(forest: list[RawRun]) -> None:
    """Features, detail and untagged paths hold the same calls, tokens and dollars."""
    day = figures(parted(forest)[0], above=parted(forest)[1])

    untagged = day.feature("untagged")
    assert day.fetched == day.calls + sum(day.left_out.values())
    assert day.calls == sum(row.calls for row in day.lines)
    assert day.cost == sum((row.cost for row in day.lines), ZERO)
    assert sum(row.input_tokens for row in day.features) == sum(
        row.input_tokens for row in day.lines
    )
    assert (untagged.calls if untagged else 0) == sum(row.calls for row in day.untagged)
    assert (untagged.cost if untagged else ZERO) == sum((row.cost for row in day.untagged), ZERO)
    assert day.calls >= len({each["trace_id"] for each in parted(forest)[0]})


@given(forests(), st.randoms(use_true_random=False), st.integers(1, 5))
@settings(max_examples=60, deadline=None)
def test_order(forest: list[RawRun], chance: random.Random, page: int) -> None:
    """The order in which runs arrive, and the pages that they come in, change nothing."""
    runs, above = parted(forest)
    shuffled = chance.sample(runs, len(runs))

    assert figures(shuffled, above=above, page=page) == figures(runs, above=above)


@given(forests(), st.data())
@settings(max_examples=60, deadline=None)
def test_wrapping(forest: list[RawRun], data: st.DataObject) -> None:
    """An LLM run around a whole trace changes nothing, if the trace reports usage inside."""
    usable = [llm(f"inner-{n}", model="flat", feature="a", tokens=(5 + n, 1)) for n in range(3)]
    inner = data.draw(st.sampled_from(usable))
    outer = data.draw(llm_runs("outer", None))
    wrapped = inner | {"parent_run_ids": [outer["id"]], "trace_id": inner["trace_id"]}
    runs, above = parted(forest)

    bare = figures([*runs, inner], above=above)
    with_wrapper = figures([*runs, wrapped, outer], above=above)

    assert with_wrapper.features == bare.features
    assert with_wrapper.lines == bare.lines
    assert with_wrapper.left_out["wrapper"] == bare.left_out["wrapper"] + 1


@given(forests())
@settings(max_examples=60, deadline=None)
def test_all_at_once_is_one_by_one(forest: list[RawRun]) -> None:
    """Tokens summed within a price cost what the calls cost one by one."""
    roots: RawRun = {"parent_run_ids": [], "dotted_order": None}
    runs = [each | roots | {"trace_id": each["id"]} for each in parted(forest)[0]]

    together = figures(runs).cost
    alone = sum((figures([each]).cost for each in runs), ZERO)

    assert together == alone


def test_feature_row() -> None:
    """A feature's row sums its calls, here 2 x (1000 x $1 + 100 x $10) a million."""
    day = figures(
        [
            llm("a", model="flat", feature="x"),
            llm("b", model="flat", feature="x", status="ERROR"),
            llm("c", model="unknown", feature="x"),
            llm("d", model="unknown", feature="x", tokens=None),
        ]
    )

    assert day.features == [
        FeatureSpend(
            feature="x",
            calls=4,
            input_tokens=3000,
            output_tokens=300,
            cached_input_tokens=0,
            cost=Decimal("0.004"),
            unpriced_calls=1,
            error_calls=1,
            error_cost=Decimal("0.002"),
        )
    ]


def test_costliest_first() -> None:
    """Features are sorted by cost, highest first, and equal ones by name."""
    day = figures(
        [
            llm("a", model="flat", feature="b"),
            llm("b", model="flat", feature="a"),
            llm("c", model="tiered", feature="z", tokens=(9000, 1)),
        ]
    )

    assert [row.feature for row in day.features] == ["z", "a", "b"]


def test_unpriced_models() -> None:
    """A model without a price is named with its calls, tokens and features."""
    day = figures(
        [
            llm("a", model="unknown", provider="vllm", feature="y"),
            llm("b", model="unknown", provider="vllm", feature="x"),
            llm("c", model="unknown", provider="vllm", feature="x", tokens=None),
        ]
    )

    assert day.unpriced == [UnpricedModel("unknown", "vllm", 2, 2000, 200, ("x", "y"))]


def test_drift() -> None:
    """LangSmith's cost is compared over the runs that both have a price for, by model."""
    day = figures(
        [
            llm("a", model="flat", total_cost=0.0025),
            llm("b", model="flat", total_cost=None),
            llm("c", model="flat", total_cost=0.0),
            llm("d", model="unknown", total_cost=7.0),
        ]
    )

    [drift] = day.drift
    assert drift == ModelDrift("flat", Decimal("0.002"), Decimal("0.0025"), "parameter")
    assert drift.share == Decimal("-0.2")


def test_sampling() -> None:
    """A call traced at a rate of 0.25 stands for four; what is no such rate does not count."""
    rate = "ls_tracing_sample_rate"
    day = figures(
        [
            llm("a", model="flat", metadata={rate: 0.25}),
            llm("b", model="flat", metadata={rate: 1}),
            llm("c", model="flat", metadata={rate: "NaN"}),
            llm("e", model="flat", metadata={rate: "1e-999"}),
            llm("f", model="flat", metadata={rate: "often"}),
            llm("d", model="flat"),
        ]
    )

    assert day.sampling == Sampling(1, Decimal("0.002"), Decimal("0.008"))


def test_quality() -> None:
    """What is missing or wrong is counted by calls; of a call's two errors the tokens add up."""
    day = figures(
        [
            llm("a", model="flat", status="ERROR"),
            llm("b", model="flat", status="PENDING", end_time=None),
            llm("c", model="flat", tokens=None),
            llm("d", model=None),
            llm("e", model="flat", tokens=(-5, -7), total_tokens=None),
            llm("f", model="flat", tokens=None, status="ERROR"),
            llm("g", model="unknown", tokens=None, total_cost=0.5),
        ]
    )

    assert day.quality == DataQuality(
        error_calls=2,
        pending_calls=1,
        without_usage=4,
        without_model=1,
        errors={"negative token count": (1, 12)},
        # Not the failed one, and not the one whose cost LangSmith knows.
        finished_without_usage={"untagged": 2},
    )


def test_untagged_path() -> None:
    """An untagged call is named by its root, itself and its node; a lost root has no name."""
    root = run("graph")
    day = figures(
        [
            llm("a", model="flat", below=root, name="Chat", metadata={"langgraph_node": "plan"}),
            llm("b", model="flat", below=run("gone"), name="Chat"),
            llm("c", model="flat", name="script"),
        ],
        above=[root],
    )

    cost = Decimal("0.002")
    assert day.untagged == [
        UntaggedPath("app", "", "Chat", "", "flat", 1, cost),
        UntaggedPath("app", "graph", "Chat", "plan", "flat", 1, cost),
        UntaggedPath("app", "script", "script", "", "flat", 1, cost),
    ]


def test_root_names() -> None:
    """The top requests get the names of their roots, as far as they are known."""
    known, unknown = llm("known", model="flat"), llm("unknown", model="flat")
    day = figures([known, unknown])

    named = with_root_names(day, {known["id"]: "graph"})

    assert {row.trace_id: row.root_name for row in named.top_requests} == {
        known["id"]: "graph",
        unknown["id"]: "",
    }


def test_used_rates() -> None:
    """Every price that was applied is listed once, with its model."""
    day = figures([llm(name, model="flat", feature=name) for name in "ab"])

    flat = PriceOf().price("flat", "", *(2 * [llm("a")["start_time"]]))
    assert flat is not None
    assert [(row.model, row.rates) for row in day.used_rates] == [("flat", flat.flat)]


def test_empty_day() -> None:
    """A day without runs costs nothing and has no rows."""
    day = figures([])

    assert (day.cost, day.calls, day.fetched) == (ZERO, 0, 0)
    assert (day.features, day.lines, day.top_requests) == ([], [], [])
