"""Every way in which cost reports are known to be wrong, each with a figure worked out by hand.

One report of one day holds them all; each trap is a feature of its own. The arithmetic beside a
figure is in tokens x dollars per million.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.deployment import Deployment, Reports, Row, by
from tests.traces import RawRun, llm, run

DAY = "2026-11-21"
PRICES: dict[str, Any] = {
    "gpt-4o": {"input": 2.50, "output": 10.00, "cache_read": 1.25},
    "gpt-4o-2024-05-13": {"input": 5.00, "output": 15.00},
    "in-house": {"input": 4.00, "output": 8.00},
    "with-writes": {"input": 3.00, "output": 15.00, "cache_read": 0.30, "cache_write": 3.75},
    "my-deployment": {"alias_of": "gpt-4o"},
}
BEDROCK = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
BOTH_LIFETIMES = {
    "cache_read": 200,
    "cache_creation": 300,
    "ephemeral_5m_input_tokens": 100,
    "ephemeral_1h_input_tokens": 200,
}
ARN = "arn:aws:bedrock:us-east-1:123456789012"


@dataclass(frozen=True, slots=True)
class Priced:
    """One LLM run, what it costs, and from where that is known; `model` as the report shows it."""

    name: str
    fields: dict[str, Any]
    cost: str
    source: str = "parameter"
    model: str = "gpt-4o"


PRICED = [
    # 1000 x 2.50 + 100 x 10
    Priced("plain", {}, "0.003500"),
    # 700 x 2.50 + 300 x 1.25 + 100 x 10
    Priced("cached-input-is-input", {"details": {"cache_read": 300}}, "0.003125"),
    # 1000 x 4 + 100 x 8: no discount that nobody set
    Priced(
        "no-cache-price",
        {"model": "in-house", "details": {"cache_read": 400}},
        "0.004800",
        model="in-house",
    ),
    Priced(
        "reasoning-is-output", {"completion_token_details": {"raw": {"reasoning": 80}}}, "0.003500"
    ),
    # 500 x 3 + 200 x 0.30 + 300 x 3.75 + 100 x 15: the lifetimes are inside cache_creation
    Priced(
        "writes-by-parameter",
        {"model": "with-writes", "details": BOTH_LIFETIMES},
        "0.004185",
        model="with-writes",
    ),
    # 500 x 2 + 200 x 0.10 + 100 x 2.50 + 200 x 4 + 100 x 10
    Priced(
        "writes-by-catalogue",
        {"model": "claude-sonnet-5-5", "provider": "anthropic", "details": BOTH_LIFETIMES},
        "0.003070",
        "catalogue",
        "claude-sonnet-5-5",
    ),
    # 700 x 2 + 300 x 2.50 + 100 x 10
    Priced(
        "writes-of-no-lifetime",
        {
            "model": "claude-sonnet-5-5",
            "provider": "anthropic",
            "details": {"cache_creation": 300},
        },
        "0.003150",
        "catalogue",
        "claude-sonnet-5-5",
    ),
    # 700 x 2 + 100 x 2.50 + 200 x 4 + 100 x 10
    Priced(
        "writes-by-lifetime-alone",
        {
            "model": "claude-sonnet-5-5",
            "provider": "anthropic",
            "details": {"ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 200},
        },
        "0.003450",
        "catalogue",
        "claude-sonnet-5-5",
    ),
    # 272,000 x 2 + 1000 x 10: at the threshold, not above it
    Priced(
        "short-context",
        {"model": "gpt-6.1-sol", "tokens": (272_000, 1000)},
        "0.554000",
        "catalogue",
        "gpt-6.1-sol",
    ),
    # 272,001 x 4 + 1000 x 15: all of the call, not only what is above
    Priced(
        "long-context",
        {"model": "gpt-6.1-sol", "tokens": (272_001, 1000)},
        "1.103004",
        "catalogue",
        "gpt-6.1-sol",
    ),
    # 600 x 0.125 + 400 x 0.0125 + 100 x 1
    Priced(
        "flex-tier",
        {"model": "gpt-5-mini", "details": {"flex": 600, "flex_cache_read": 400}},
        "0.000180",
        "catalogue",
        "gpt-5-mini",
    ),
    # 600 x 0.45 + 400 x 0.045 + 100 x 3.60
    Priced(
        "priority-tier",
        {"model": "gpt-5-mini", "details": {"priority": 600, "priority_cache_read": 400}},
        "0.000648",
        "catalogue",
        "gpt-5-mini",
    ),
    # 600 x 2.50 + 400 x 1.25 + 100 x 10: a parameter's price is the price
    Priced(
        "tier-of-a-parameter",
        {"details": {"flex": 600, "flex_cache_read": 400}},
        "0.003000",
    ),
    # 100 x 2.50 + 1000 x 1.25 + 50 x 10: the cache lies outside of the 100
    Priced(
        "usage-outside-the-input",
        {"tokens": (100, 50), "total_tokens": 1150, "details": {"cache_read": 1000}},
        "0.002000",
    ),
    # 100 x 2.50 + 1000 x 1.25 + 50 x 10: more than the input is cached, so it lies outside
    Priced(
        "cached-above-input", {"tokens": (100, 50), "details": {"cache_read": 1000}}, "0.002000"
    ),
    # 0 x 2.50 + 100 x 10
    Priced("negative-input", {"tokens": (-500, 100)}, "0.001000"),
    Priced("no-usage", {"tokens": None}, "0.000000"),
    Priced(
        "usage-in-metadata",
        {"tokens": None, "metadata": {"usage_metadata": {"input_tokens": 1000}}},
        "0.000000",
    ),
    Priced("own-price-wins", {"total_cost": 0.009}, "0.003500"),
    Priced("failed", {"status": "ERROR"}, "0.003500"),
    Priced("pending", {"status": "PENDING", "end_time": None}, "0.003500"),
    # Model names. 1000 x 5 + 100 x 15
    Priced(
        "exact-name-first", {"model": "gpt-4o-2024-05-13"}, "0.006500", model="gpt-4o-2024-05-13"
    ),
    Priced(
        "then-without-date", {"model": "gpt-4o-2024-08-06"}, "0.003500", model="gpt-4o-2024-08-06"
    ),
    Priced("provider-in-front", {"model": "openai/gpt-4o"}, "0.003500", model="openai/gpt-4o"),
    Priced(
        "alias", {"model": "my-deployment", "provider": "azure"}, "0.003500", model="my-deployment"
    ),
    # gpt-4o's 300 cached tokens would cost half: 700 x 2.50 + 300 x 1.25; here they do not
    Priced(
        "no-near-name",
        {"model": "gpt-4o-audio-preview", "details": {"cache_read": 300}},
        "0.003500",
        "catalogue",
        "gpt-4o-audio-preview",
    ),
    # 1000 x 0.30 + 100 x 2.50
    Priced(
        "models-in-front",
        {"model": "models/gemini-2.5-flash", "provider": "google_genai"},
        "0.000550",
        "catalogue",
        "models/gemini-2.5-flash",
    ),
    # 1000 x 3.30 + 100 x 16.50: Bedrock's regional profile
    Priced(
        "bedrock",
        {"model": BEDROCK, "provider": "amazon_bedrock"},
        "0.004950",
        "catalogue",
        BEDROCK,
    ),
    Priced(
        "bedrock-arn",
        {"model": f"{ARN}:inference-profile/{BEDROCK}", "provider": "amazon_bedrock"},
        "0.004950",
        "catalogue",
        BEDROCK,
    ),
    # 1000 x 0.30 + 100 x 1.20: twice its base
    Priced(
        "fine-tuned",
        {"model": "ft:gpt-4o-mini-2024-07-18:secretcorp::abc"},
        "0.000420",
        "catalogue",
        "ft:gpt-4o-mini-2024-07-18",
    ),
    # Nobody knows a price of our own: LangSmith's word counts, or the lack of one is named.
    Priced(
        "langsmith-knows",
        {"model": "acme-7b", "total_cost": 0.0123},
        "0.012300",
        "langsmith",
        "acme-7b",
    ),
    Priced("unknown-model", {"model": "acme-7b"}, "0.000000", "unpriced", "acme-7b"),
    Priced(
        "langsmith-says-zero",
        {"model": "acme-7b", "total_cost": 0.0},
        "0.000000",
        "unpriced",
        "acme-7b",
    ),
    Priced("not-by-token", {"model": "whisper-1"}, "0.000000", "unpriced", "whisper-1"),
    Priced(
        "fine-tuned-unknown",
        {"model": "ft:gpt-6-luna:secretcorp::abc"},
        "0.000000",
        "unpriced",
        "ft:gpt-6-luna",
    ),
    Priced(
        "own-bedrock-profile",
        {"model": f"{ARN}:application-inference-profile/k3j2h1", "provider": "amazon_bedrock"},
        "0.000000",
        "unpriced",
        "k3j2h1",
    ),
    Priced("no-model", {"model": None, "name": "gpt-4o"}, "0.000000", "unpriced", ""),
]

UNPRICED = {trap.name for trap in PRICED if trap.source == "unpriced"}


@dataclass(frozen=True, slots=True)
class Traced:
    """A trace or several, and how many calls with how many input tokens its feature has."""

    name: str
    runs: Sequence[RawRun]
    calls: int
    input_tokens: int


def tagged(feature: str) -> dict[str, str]:
    return {"feature": feature}


def nested(feature: str, *usages: tuple[int, int] | None) -> list[RawRun]:
    """LLM runs of these usages, each below the one before."""
    runs: list[RawRun] = []
    for depth, usage in enumerate(usages):
        below = runs[-1] if runs else None
        runs.append(llm(f"{feature}-{depth}", feature=feature, below=below, tokens=usage))
    return runs


def inside(feature: str, *usages: tuple[int, int] | None) -> list[RawRun]:
    """An LLM run of the first usage, and LLM runs of the others right below it."""
    outer = llm(f"{feature}-outer", feature=feature, tokens=usages[0])
    return [
        outer,
        *(
            llm(f"{feature}-{index}", feature=feature, below=outer, tokens=usage)
            for index, usage in enumerate(usages[1:])
        ),
    ]


def below_root(feature: str, own: Any = None, **root: Any) -> list[RawRun]:
    """A call with the tag `own` in a chain in a root that is tagged with `feature`."""
    top = run(f"{feature}-root", metadata=tagged(feature), **root)
    middle = run(f"{feature}-middle", below=top)
    return [top, middle, llm(f"{feature}-call", below=middle, feature=own)]


def below_two_tags(far: str, near: str) -> list[RawRun]:
    top = run(f"{near}-root", metadata=tagged(far))
    middle = run(f"{near}-middle", below=top, metadata=tagged(near))
    tool = run(f"{near}-tool", below=middle, run_type="TOOL")
    return [top, middle, tool, llm(f"{near}-call", below=tool)]


def with_repeated_usage(feature: str) -> list[RawRun]:
    """What LangSmith shows: chains and roots repeat the usage of what they hold."""
    usage: dict[str, Any] = {
        "prompt_tokens": 1000,
        "completion_tokens": 100,
        "total_tokens": 1100,
    }
    top = run(f"{feature}-root", metadata=tagged(feature), **usage, total_cost=0.0035)
    tool = run(f"{feature}-tool", below=top, run_type="TOOL", **usage)
    return [top, tool, llm(f"{feature}-call", below=tool, feature=feature)]


def through_a_tool(feature: str) -> list[RawRun]:
    outer = llm(f"{feature}-outer", feature=feature)
    tool = run(f"{feature}-tool", below=outer, run_type="TOOL")
    return [outer, tool, llm(f"{feature}-inner", feature=feature, below=tool)]


def tag_on_the_wrapper(feature: str) -> list[RawRun]:
    outer = llm(f"{feature}-outer", feature=feature)
    return [outer, llm(f"{feature}-inner", below=outer)]


TRACED = [
    # Once and only once.
    Traced("wrapped", nested("wrapped", (1000, 100), (1000, 100)), 1, 1000),
    Traced("wrapped-twice", nested("wrapped-twice", (3, 1), (2, 1), (1000, 100)), 1, 1000),
    Traced("silent-inside", nested("silent-inside", (1000, 100), None), 1, 1000),
    Traced("silent-between", nested("silent-between", (3, 1), None, (1000, 100)), 1, 1000),
    Traced("silent-innermost", nested("silent-innermost", (3, 1), (1000, 100), None), 1, 1000),
    Traced("all-silent", nested("all-silent", None, None, None), 1, 0),
    Traced("zero-is-silent", nested("zero-is-silent", (1000, 100), (0, 0)), 1, 1000),
    Traced("siblings", inside("siblings", (3000, 300), (1000, 100), (2000, 200)), 2, 3000),
    Traced("silent-sibling", inside("silent-sibling", (1000, 100), (1000, 100), None), 1, 1000),
    Traced("silent-siblings", inside("silent-siblings", (1000, 100), None, None), 1, 1000),
    Traced("through-a-tool", through_a_tool("through-a-tool"), 1, 1000),
    Traced("chains-repeat-usage", with_repeated_usage("chains-repeat-usage"), 1, 1000),
    # Whose run it is.
    Traced("from-the-root", below_root("from-the-root"), 1, 1000),
    Traced("empty-own-tag", below_root("empty-own-tag", own=" "), 1, 1000),
    Traced("own-tag", below_root("not-the-roots", own="own-tag"), 1, 1000),
    Traced("nearest-tag", below_two_tags("not-the-farthest", "nearest-tag"), 1, 1000),
    Traced("tag-on-the-wrapper", tag_on_the_wrapper("tag-on-the-wrapper"), 1, 1000),
    Traced(
        "root-before-midnight",
        below_root("root-before-midnight", at="2026-11-20T18:00:00Z", seconds=60_000),
        1,
        1000,
    ),
    Traced("trimmed", [llm("trimmed", feature=" trimmed\n")], 1, 1000),
    Traced("on one line", [llm("broken", feature="on\none\r\nline")], 1, 1000),
    Traced("42", [llm("number", feature=42)], 1, 1000),
    Traced("true", [llm("boolean", feature=True)], 1, 1000),
    Traced('["a", "b"]', [llm("list", feature=["a", "b"])], 1, 1000),
    # Which day it is.
    Traced(
        "first-instant", [llm("first", "2026-11-21T00:00:00Z", feature="first-instant")], 1, 1000
    ),
    Traced(
        "last-instant",
        [llm("last", "2026-11-21T23:59:59.999999Z", feature="last-instant")],
        1,
        1000,
    ),
    # Rounding once: 3 x 0.0000025 is 0.0000075, and not 3 x 0.000002.
    Traced("tiny", [llm(f"tiny-{n}", feature="tiny", tokens=(1, 0)) for n in range(3)], 3, 3),
]

NOT_TODAY = [
    llm("just-before", "2026-11-20T23:59:59.999999Z", feature="not-today"),
    llm("just-after", "2026-11-22T00:00:00Z", feature="not-today"),
]
TAGGED_ROOT = run("tagged-root", metadata=tagged("never-this"))
UNTAGGED = [
    llm("alone"),
    llm("blank-tag", feature=""),
    llm("null-tag", metadata={"feature": None}),
    TAGGED_ROOT,
    llm("the-word-itself", feature="untagged", below=TAGGED_ROOT),
    run("graph"),
    llm("in-a-node", below=run("graph"), metadata={"langgraph_node": "answer"}),
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Reports:
    """The day with every trap in it, reported."""
    with Deployment(tmp_path_factory.mktemp("traps") / "function.log") as deployment:
        deployment.put_prices(PRICES)
        for trap in PRICED:
            deployment.add_runs(llm(trap.name, feature=trap.name, **trap.fields))
        for traced in TRACED:
            deployment.add_runs(*traced.runs)
        deployment.add_runs(*NOT_TODAY, *UNTAGGED)
        return deployment.report(DAY)


@pytest.fixture(scope="module")
def features(report: Reports) -> dict[str, Row]:
    return by("feature", report.rows("spend_by_feature", DAY))


@pytest.mark.parametrize("trap", PRICED, ids=lambda trap: trap.name)
def test_priced(report: Reports, trap: Priced) -> None:
    """A call costs what was worked out by hand, and the report says from where that is known."""
    lines = [row for row in report.rows("spend_detail", DAY) if row["feature"] == trap.name]

    found = [(row["estimated_cost_usd"], row["price_source"], row["model"]) for row in lines]

    assert found == [(trap.cost, trap.source, trap.model)]


@pytest.mark.parametrize("trap", TRACED, ids=lambda trap: trap.name)
def test_counted(features: dict[str, Row], trap: Traced) -> None:
    """A feature has the calls that are its own, each once, with their tokens."""
    row = features[trap.name]

    assert (row["calls"], row["input_tokens"]) == (str(trap.calls), str(trap.input_tokens))


def test_nothing_else(features: dict[str, Row]) -> None:
    """There is no feature but those that have calls on the day."""
    expected = {"untagged", *(trap.name for trap in PRICED), *(trap.name for trap in TRACED)}

    assert features.keys() == expected


def test_rounded_once(features: dict[str, Row]) -> None:
    """Three calls of $0.0000025 are $0.000008, since only their sum is rounded, ties to even."""
    assert features["tiny"]["estimated_cost_usd"] == "0.000008"


def test_unpriced_is_counted(features: dict[str, Row]) -> None:
    """A call with tokens that nobody knows a price of is counted as unpriced, and no other is."""
    counted = {name for name, row in features.items() if row["unpriced_calls"] != "0"}

    assert counted == UNPRICED


def test_no_tokens_no_price(deployment: Deployment) -> None:
    """A call of an unknown model without any token is not unpriced: nothing is missing."""
    deployment.add_runs(llm("silent", model="acme-7b", tokens=None, feature="silent"))

    report = deployment.report(DAY)

    [row] = report.rows("spend_by_feature", DAY)
    assert (row["calls"], row["unpriced_calls"]) == ("1", "0")
    assert report.summary(DAY)["data_quality"]["unpriced"] == []


def test_errors_and_pending(report: Reports, features: dict[str, Row]) -> None:
    """Failed and pending calls count, and the report says how many there are."""
    quality = report.summary(DAY)["data_quality"]

    assert features["failed"]["error_calls"] == "1"
    assert features["pending"]["error_calls"] == "0"
    assert (quality["error_calls"], quality["pending_calls"]) == (1, 1)


def test_organisation_stays_out(report: Reports) -> None:
    """Neither the organisation of a fine-tuned model nor an AWS account's number is in a report."""
    everything = b"".join(report.objects.values())

    assert b"secretcorp" not in everything
    assert b"123456789012:" not in everything


def test_data_errors(report: Reports) -> None:
    """Nonsense is named with its amount: -500 tokens in and -400 in total."""
    errors = report.summary(DAY)["data_quality"]["data_errors"]

    assert errors == {
        "negative token count": {"calls": 1, "tokens": 900},
    }


def test_untagged(report: Reports) -> None:
    """The paths without a tag are named by root, run and node, and add up to their feature."""
    paths = {
        (row["root_name"], row["run_name"], row["langgraph_node"], row["calls"])
        for row in report.rows("untagged", DAY)
    }

    assert paths == {
        ("alone", "alone", "", "1"),
        ("blank-tag", "blank-tag", "", "1"),
        ("null-tag", "null-tag", "", "1"),
        ("tagged-root", "the-word-itself", "", "1"),
        ("graph", "in-a-node", "answer", "1"),
    }


def test_tagged_untagged(features: dict[str, Row]) -> None:
    """A run whose own tag is the word `untagged` is untagged, whatever is above it."""
    assert features["untagged"]["calls"] == "5"


def test_second_opinion(report: Reports) -> None:
    """Our cost is compared with LangSmith's over the runs that both have: $0.0035 and $0.009."""
    langsmith = report.summary(DAY)["langsmith"]

    assert langsmith["our_cost_usd"] == "0.003500"
    assert langsmith["langsmith_cost_usd"] == "0.009000"
    assert langsmith["models_off"] == ["gpt-4o"]


def test_nothing_is_lost(report: Reports, features: dict[str, Row]) -> None:
    """Runs fetched = counted + left out, and features, detail and total agree."""
    summary = report.summary(DAY)
    counted = sum(int(row["calls"]) for row in features.values())
    lines = report.rows("spend_detail", DAY)

    assert summary["runs"]["fetched"] == counted + sum(summary["runs"]["left_out"].values())
    assert summary["runs"]["counted"] == counted
    assert sum(int(row["calls"]) for row in lines) == counted
    assert summary["total"]["input_tokens"] == sum(int(row["input_tokens"]) for row in lines)


def test_threshold_is_a_calls(deployment: Deployment) -> None:
    """Two calls below the long-context threshold stay below it: 2 x (150,000 x 2 + 1000 x 10)."""
    deployment.add_runs(
        *(llm(name, model="gpt-6.1-sol", tokens=(150_000, 1000), feature="x") for name in "ab")
    )

    report = deployment.report(DAY)

    assert report.summary(DAY)["total"]["cost_usd"] == "0.620000"


def test_values_that_equal_each_other(deployment: Deployment) -> None:
    """1, 1.0 and true are three values of a dimension, though Python takes them for equal."""
    for name, value in {"a": 1, "b": True, "c": 1.0, "d": "1"}.items():
        deployment.add_runs(llm(name, feature="x", metadata={"env": value}))

    report = deployment.report(DAY)

    calls = {row["env"]: row["calls"] for row in report.rows("spend_detail", DAY)}
    assert calls == {"1": "2", "true": "1", "1.0": "1"}


def test_wrapper_over_midnight(deployment: Deployment) -> None:
    """A call after midnight whose wrapper began before it counts on its own day, and only there."""
    outer = llm("outer", "2026-11-20T23:59:59Z", seconds=5, feature="x")
    inner = llm("inner", "2026-11-21T00:00:01Z", below=outer, feature="x")
    deployment.add_runs(outer, inner)

    days = deployment.invoke({"start_date": "2026-11-20", "end_date": "2026-11-21"})["reports"]

    assert [day["runs"] for day in days] == [0, 1]
    assert deployment.reports().summary("2026-11-20")["runs"]["left_out"]["wrapper"] == 1


def test_silent_inside_over_midnight(deployment: Deployment) -> None:
    """Where only the wrapper before midnight reports usage, it is the call, on its own day."""
    outer = llm("outer", "2026-11-20T23:59:59Z", seconds=5, feature="x")
    inner = llm("inner", "2026-11-21T00:00:01Z", below=outer, feature="x", tokens=None)
    deployment.add_runs(outer, inner)

    days = deployment.invoke({"start_date": "2026-11-20", "end_date": "2026-11-21"})["reports"]

    assert [day["runs"] for day in days] == [1, 0]


def test_price_history(deployment: Deployment) -> None:
    """A new price is in force from its midnight UTC on, which is 1 a.m. of a day in Berlin.

    1000 x 3 + 100 x 15 before, 1000 x 2.70 + 100 x 13.50 from then on.
    """
    deployment.put_prices(
        {
            "m": [
                {"input": 3.00, "output": 15.00},
                {"effective_from": "2026-11-21", "input": 2.70, "output": 13.50},
                {"effective_from": "2026-11-22", "input": 99, "output": 99},
            ]
        }
    )
    deployment.add_runs(
        llm("before", "2026-11-20T23:59:59.999999Z", model="m", feature="before"),
        llm("after", "2026-11-21T00:00:00Z", model="m", feature="after"),
    )

    report = deployment.report(DAY, REPORT_TIMEZONE="Europe/Berlin")

    rows = by("feature", report.rows("spend_by_feature", DAY))
    assert rows["before"]["estimated_cost_usd"] == "0.004500"
    assert rows["after"]["estimated_cost_usd"] == "0.004050"


@pytest.mark.parametrize(
    ("day", "start", "end"),
    [
        ("2026-10-25", "2026-10-24T22:00:00", "2026-10-25T23:00:00"),
        ("2026-03-29", "2026-03-28T23:00:00", "2026-03-29T22:00:00"),
    ],
    ids=["25 hours", "23 hours"],
)
def test_clock_change(deployment: Deployment, day: str, start: str, end: str) -> None:
    """A day in Berlin on which the clocks change has 25 or 23 hours, from midnight to midnight."""
    deployment.add_runs(
        llm("first", f"{start}+00:00", feature="x"),
        llm("last", f"{end[:-8]}{int(end[-8:-6]) - 1:02}:59:59.999999+00:00", feature="x"),
        llm("next", f"{end}+00:00", feature="x"),
    )

    report = deployment.report(day, REPORT_TIMEZONE="Europe/Berlin")

    assert report.summary(day)["total"]["calls"] == 2


def test_project_named_twice(deployment: Deployment) -> None:
    """A project that is configured by its name and by its id counts once."""
    project_id = deployment.langsmith.add_project("app")
    deployment.add_runs(llm("a", feature="x"))

    report = deployment.report(DAY, LANGSMITH_PROJECTS=f"app,{project_id}")

    assert report.summary(DAY)["total"]["calls"] == 1


def test_own_prices_only(deployment: Deployment) -> None:
    """With the catalogue off, a public model without a parameter is unpriced, not guessed."""
    deployment.add_runs(llm("a", feature="x"))

    report = deployment.report(DAY, PRICE_CATALOGUE="off")

    [row] = report.rows("spend_detail", DAY)
    assert (row["estimated_cost_usd"], row["price_source"]) == ("0.000000", "unpriced")


def test_formulas_and_line_breaks(deployment: Deployment) -> None:
    """Text that a spreadsheet would run gets a quote in front; line breaks become spaces."""
    deployment.add_runs(
        llm("=HYPERLINK(1)", metadata={"env": "+1", "user_tier": "a\r\nb\nc"}),
        llm("@x", feature='-cmd|" /C"!A0, "quoted"'),
    )

    report = deployment.report(DAY)

    features = {row["feature"] for row in report.rows("spend_by_feature", DAY)}
    [path] = report.rows("untagged", DAY)
    tagged_line, untagged_line = sorted(
        report.rows("spend_detail", DAY), key=lambda row: row["feature"]
    )
    assert features == {"untagged", """'-cmd|" /C"!A0, "quoted\""""}
    assert path["run_name"] == "'=HYPERLINK(1)"
    assert (untagged_line["env"], untagged_line["user_tier"]) == ("'+1", "a b c")
    assert tagged_line["env"] == ""
