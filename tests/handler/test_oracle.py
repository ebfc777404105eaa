"""The handler's reports against an oracle that prices every run alone."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import pytest

from local.langsmith_server import Fault, Overlap, Request
from tests.deployment import Deployment, Reports, Row
from tests.oracle.generator import case
from tests.oracle.oracle import Case, Oracle


@dataclass(frozen=True, slots=True)
class Answers:
    """What the function and the oracle say about the same day."""

    day: str
    reports: Reports
    oracle: Oracle


def repeat_runs(request: Request) -> Fault | None:
    """Every page but a query's first repeats the end of the one before it."""
    if request.path.endswith("/runs/query") and json.loads(request.body).get("cursor"):
        return Overlap(7)
    return None


def reported(deployment: Deployment, case_: Case) -> Answers:
    for project, runs in case_.runs.items():
        deployment.add_runs(*runs, project=project)
    deployment.langsmith.fault = repeat_runs
    deployment.put_prices(case_.prices)
    deployment.put_budgets(case_.budgets)
    twice = deployment.langsmith.add_project("app")
    day = str(case_.day)
    reports = deployment.report(
        day,
        LANGSMITH_PROJECTS=f"app,agents,{twice}",
        REPORT_TIMEZONE=case_.timezone,
        DIMENSIONS=",".join(case_.dimensions),
        MAX_CONCURRENT_REQUESTS="2",
    )
    return Answers(day, reports, Oracle(case_))


DAYS = {
    "the clock goes back": ("2026-11-01", "America/New_York", 5000, 11),
    "the clock goes forward": ("2026-03-29", "Europe/Berlin", 600, 12),
    "a price doubles in the evening": ("2026-12-31", "America/New_York", 600, 13),
    "ahead of UTC by quarters": ("2026-11-20", "Asia/Kathmandu", 600, 14),
}


@pytest.fixture(scope="module", params=DAYS.values(), ids=list(DAYS))
def answers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Answers:
    day, timezone, llm_runs, seed = request.param
    with Deployment(tmp_path_factory.mktemp("oracle") / "function.log") as deployment:
        return reported(deployment, case(date.fromisoformat(day), timezone, llm_runs, seed))


def test_spend_by_feature(answers: Answers) -> None:
    """Every cell of `spend_by_feature` is the oracle's, in the same order."""
    rows = answers.reports.rows("spend_by_feature", answers.day)

    assert rows == answers.oracle.spend_by_feature()


def test_spend_detail(answers: Answers) -> None:
    """Every cell of `spend_detail` is the oracle's, and no two rows have the same keys."""
    rows = answers.reports.rows("spend_detail", answers.day)

    assert ordered(rows) == ordered(answers.oracle.spend_detail())


def test_untagged(answers: Answers) -> None:
    """Every cell of `untagged` is the oracle's, costliest first."""
    rows = answers.reports.rows("untagged", answers.day)

    costs = [row["estimated_cost_usd"] for row in rows]
    assert ordered(rows) == ordered(answers.oracle.untagged())
    assert costs == sorted(costs, key=float, reverse=True)


def test_top_requests(answers: Answers) -> None:
    """The costliest requests are the oracle's, in the same order."""
    rows = answers.reports.rows("top_requests", answers.day)

    links = [row.pop("url") for row in rows]
    assert rows == answers.oracle.top_requests()
    assert all(row["trace_id"] in link for row, link in zip(rows, links, strict=True))


def test_totals(answers: Answers) -> None:
    """The summary's totals are the oracle's, and every run of the day is counted or left out."""
    summary, oracle = answers.reports.summary(answers.day), answers.oracle

    fetched = len(oracle.population)
    assert summary["total"]["calls"] == oracle.total.calls
    assert summary["total"]["input_tokens"] == oracle.total.input
    assert summary["total"]["output_tokens"] == oracle.total.output
    assert summary["total"]["cached_input_tokens"] == oracle.total.read
    assert summary["total"]["exact_cost_usd"] == f"{oracle.total.cost.normalize():f}"
    assert summary["runs"]["fetched"] == fetched
    assert summary["runs"]["left_out"]["wrapper"] == fetched - oracle.total.calls


def test_cost_per_request(answers: Answers) -> None:
    """By feature, the median, the 95th percentile and the maximum of a request are the oracle's."""
    summary = answers.reports.summary(answers.day)

    assert summary["cost_per_request"] == answers.oracle.cost_per_request()


def test_second_opinion(answers: Answers) -> None:
    """By model, our cost and LangSmith's over the same runs are the oracle's."""
    models = answers.reports.summary(answers.day)["langsmith"]["models"]

    found = {
        name: (model["our_cost_usd"], model["langsmith_cost_usd"]) for name, model in models.items()
    }
    assert found == answers.oracle.second_opinion()


def test_quality(answers: Answers) -> None:
    """The counts of what is missing or wrong in the runs are the oracle's."""
    summary, calls = answers.reports.summary(answers.day), answers.oracle.calls

    quality, sampling = summary["data_quality"], summary["sampling"]
    assert quality["error_calls"] == answers.oracle.total.errors
    assert quality["pending_calls"] == sum(c.run["status"] == "PENDING" for c in calls)
    assert quality["calls_without_usage"] == sum(not c.tokens.any for c in calls)
    assert quality["calls_without_model"] == sum(not c.model.shown for c in calls)
    assert sum(m["calls"] for m in quality["unpriced"]) == answers.oracle.total.unpriced
    unexplained = [c.tokens.unexplained for c in calls if c.tokens.unexplained]
    assert quality["unexplained"] == {"calls": len(unexplained), "tokens": sum(unexplained)}
    assert summary["cost_by_price_source"] == answers.oracle.by_source()
    assert (
        sampling["calls"],
        sampling["cost_usd"],
        sampling["scaled_cost_usd"],
    ) == answers.oracle.sampled()


def test_rerun(deployment: Deployment) -> None:
    """A rerun writes the same bytes, in whatever order the runs come in."""
    case_ = case(date(2026, 11, 20), "Asia/Kathmandu", 300, 15)
    first = reported(deployment, case_)
    deployment.langsmith.fault = None

    again = deployment.report(
        first.day,
        LANGSMITH_PROJECTS="agents,app",
        REPORT_TIMEZONE=case_.timezone,
        MAX_CONCURRENT_REQUESTS="16",
    )

    assert again == first.reports


def ordered(rows: Iterable[Row]) -> list[list[tuple[str, str]]]:
    return sorted(sorted(row.items()) for row in rows)
