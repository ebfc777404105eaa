"""The public interface: events, objects, the message, and what is refused."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from spend_report.errors import (
    AwsError,
    ConfigError,
    EventError,
    LangSmithKeyError,
    SettingsError,
    SpendReportError,
    UnknownProjectError,
)
from tests.deployment import Deployment, by
from tests.traces import llm

DAY = "2026-11-21"
PRICES = {"gpt-4o": {"input": 2.50, "output": 10.00}}
SCHEDULED = {"scheduled_time": "2026-11-22T06:00:00Z"}

# 1000 x 2.50 + 100 x 10 dollars per million tokens
ONE_CALL = "0.003500"


def one_call(name: str, day: str = DAY, feature: str = "rag-search") -> dict[str, Any]:
    return llm(name, f"{day}T10:00:00Z", feature=feature)


@pytest.fixture
def priced(deployment: Deployment) -> Deployment:
    deployment.put_prices(PRICES)
    return deployment


EVENTS: Mapping[str, tuple[Mapping[str, Any], list[str]]] = {
    "schedule": (SCHEDULED, [DAY]),
    "eventbridge": (
        {
            "version": "0",
            "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "time": "2026-11-22T06:00:00Z",
            "resources": [],
            "detail": {},
        },
        [DAY],
    ),
    "day": ({"date": DAY}, [DAY]),
    "range": (
        {"start_date": "2026-11-20", "end_date": "2026-11-22"},
        ["2026-11-20", DAY, "2026-11-22"],
    ),
}


@pytest.mark.parametrize("event", EVENTS)
def test_event_names_the_days(priced: Deployment, event: str) -> None:
    """Each kind of event reports the days that it names, oldest first."""
    given, days = EVENTS[event]

    result = priced.invoke(given)

    assert [report["date"] for report in result["reports"]] == days


def test_result(priced: Deployment) -> None:
    """The function returns what a day came to, money as text, and where its main CSV lies."""
    priced.put_budgets({"features": {"rag-search": 0.001}})
    priced.add_runs(one_call("a"), one_call("b", feature="summarizer"))

    result = priced.invoke(SCHEDULED, REPORT_PREFIX="team-a/")

    assert result == {
        "reports": [
            {
                "date": DAY,
                "total_cost_usd": "0.007000",
                "runs": 2,
                "features": 2,
                "alerts": 1,
                "report": "s3://spend-reports/team-a/spend_by_feature/dt=2026-11-21/"
                "spend_by_feature_2026-11-21.csv",
            }
        ]
    }


def test_objects_of_a_day(priced: Deployment) -> None:
    """A day's objects lie where Athena looks for them, and the newest day's also in `latest/`."""
    priced.add_runs(one_call("a"))

    reports = priced.report(DAY)

    assert sorted(key for key in reports.objects if not key.startswith("alerts/")) == [
        "drivers/dt=2026-11-21/drivers_2026-11-21.csv",
        "latest/report.html",
        "latest/spend_by_feature.csv",
        "report/dt=2026-11-21/report_2026-11-21.html",
        "spend_by_feature/dt=2026-11-21/spend_by_feature_2026-11-21.csv",
        "spend_detail/dt=2026-11-21/spend_detail_2026-11-21.csv",
        "summary/dt=2026-11-21/summary_2026-11-21.json",
        "top_requests/dt=2026-11-21/top_requests_2026-11-21.csv",
        "untagged/dt=2026-11-21/untagged_2026-11-21.csv",
    ]
    assert reports.objects["latest/report.html"].decode() == reports.text("report", DAY, "html")


def test_golden_csv(priced: Deployment) -> None:
    """The main CSV, to the byte: a changed header or format is a deliberate diff."""
    priced.put_budgets({"features": {"rag-search": 0.002}})
    priced.add_runs(one_call("a"), one_call("b", feature=""))

    reports = priced.report(DAY)

    assert reports.text("spend_by_feature", DAY) == (
        "date,feature,calls,input_tokens,output_tokens,estimated_cost_usd,cached_input_tokens,"
        "unpriced_calls,error_calls,daily_budget_usd,budget_used_pct,owner,usual_usd,error_cost_usd\n"
        f"2026-11-21,rag-search,1,1000,100,{ONE_CALL},0,0,0,0.002000,175.0,,,0.000000\n"
        f"2026-11-21,untagged,1,1000,100,{ONE_CALL},0,0,0,,,,,0.000000\n"
    )
    assert reports.text("spend_detail", DAY).splitlines()[0] == (
        "date,project,feature,env,user_tier,provider,model,calls,input_tokens,output_tokens,"
        "estimated_cost_usd,cached_input_tokens,price_source,langsmith_cost_usd"
    )


def test_rerun_writes_the_same_bytes(priced: Deployment) -> None:
    """A day that is reported again has the same objects, byte for byte."""
    priced.put_budgets({"default": {"daily": 0.001, "monthly": 0.01}})
    priced.add_runs(*(one_call(f"run-{index}", feature=f"f{index % 3}") for index in range(20)))
    priced.invoke({"date": "2026-11-20"})
    priced.invoke({"date": DAY})
    before = priced.reports().objects

    priced.invoke({"date": DAY})

    assert priced.reports().objects == before


def test_latest_is_the_newest_day(priced: Deployment) -> None:
    """Reporting an older day leaves `latest/` with the newest."""
    priced.report(DAY)

    reports = priced.report("2026-11-20")

    latest = reports.objects["latest/spend_by_feature.csv"].decode()
    assert latest == reports.text("spend_by_feature", DAY)
    assert reports.text("summary", "2026-11-20", "json")


def test_zone_decides_what_a_day_is(priced: Deployment) -> None:
    """At 06:00 UTC on the 22nd, the day before is the 20th in Honolulu, from 10:00 UTC on."""
    inside = llm("inside", "2026-11-20T10:00:00Z", feature="rag-search")
    priced.add_runs(llm("before", "2026-11-20T09:59:59.999999Z"), inside)

    result = priced.invoke(SCHEDULED, REPORT_TIMEZONE="Pacific/Honolulu")

    assert [(report["date"], report["runs"]) for report in result["reports"]] == [("2026-11-20", 1)]


def test_scheduled_run_restates_the_day_before(priced: Deployment) -> None:
    """Tokens arrive late: the day before is reported again, if it was reported, and says so."""
    priced.add_runs(one_call("early", "2026-11-20"))
    priced.invoke({"date": "2026-11-20"})
    priced.add_runs(one_call("late", "2026-11-20"))

    result = priced.invoke(SCHEDULED)

    assert [report["date"] for report in result["reports"]] == ["2026-11-20", DAY]
    reports = priced.reports()
    assert reports.summary("2026-11-20")["restated"] == {
        "previous_cost_usd": "0.003500",
        "cost_usd": "0.007000",
        "change_usd": "0.003500",
        "change_pct": "100.0",
    }
    assert reports.summary(DAY)["restated"] is None


def test_restated_day_alerts_only_on_what_is_new(priced: Deployment) -> None:
    """Of a restated day only the budget that was not exceeded before is in the message."""
    priced.put_budgets({"features": {"rag-search": 0.001}, "total": 0.004})
    priced.add_runs(one_call("early", "2026-11-20"))
    priced.invoke({"date": "2026-11-20"})
    priced.add_runs(llm("late", "2026-11-20T10:00:00Z", feature="rag-search", tokens=(500, 0)))

    priced.invoke(SCHEDULED)

    told = [json.loads(message.parts["sqs"])["alerts"] for message in priced.aws.published()]
    assert [[alert["feature"] for alert in alerts] for alerts in told] == [["rag-search"], [None]]


def test_restated_day_that_doubled_is_told_again(priced: Deployment) -> None:
    """What was told with half of what it has come to is told again, once."""
    priced.put_budgets({"features": {"rag-search": 0.001}})
    priced.add_runs(one_call("early", "2026-11-20"))
    priced.invoke({"date": "2026-11-20"})
    priced.add_runs(one_call("late", "2026-11-20"))

    priced.invoke(SCHEDULED)
    priced.invoke(SCHEDULED)

    told = [json.loads(message.parts["sqs"])["alerts"] for message in priced.aws.published()]
    assert [[(alert["feature"], alert["spent_usd"]) for alert in alerts] for alerts in told] == [
        [("rag-search", "0.003500")],
        [("rag-search", "0.007000")],
    ]


def test_message(priced: Deployment) -> None:
    """One message a run, for people and machines, with the attributes that policies filter on."""
    priced.put_budgets({"features": {"rag-search": 0.002}, "default": 0.003, "total": 0.005})
    priced.add_runs(one_call("a"), one_call("b", feature="summarizer"))

    priced.invoke(SCHEDULED)

    (message,) = priced.aws.published()
    assert message.subject.isascii()
    assert len(message.subject) < 100
    assert message.attributes["kind"] == "spend_alert"
    assert message.attributes["severity"] == "critical"
    assert message.attributes["date"] == DAY
    assert sorted(json.loads(message.attributes["features"])) == ["rag-search", "summarizer"]
    data = json.loads(message.parts["sqs"])
    assert data["date"] == DAY
    assert data["severity"] == "critical"
    assert data["report"].endswith("spend_by_feature_2026-11-21.csv")
    alerts = {alert["feature"]: alert for alert in data["alerts"]}
    assert alerts.keys() == {"rag-search", "summarizer", None}
    assert {name: alerts["rag-search"][name] for name in ("period", "severity", "threshold")} == {
        "period": "daily",
        "severity": "critical",
        "threshold": 1.0,
    }
    assert alerts["rag-search"]["budget_usd"] == "0.002000"
    assert alerts["rag-search"]["spent_usd"] == ONE_CALL
    assert alerts["rag-search"]["over_usd"] == "0.001500"
    assert alerts[None]["spent_usd"] == "0.007000"


def test_spending_the_whole_budget_is_fine(priced: Deployment) -> None:
    """A budget is exceeded by more than it, not by all of it."""
    priced.put_budgets({"features": {"rag-search": 0.0035}})
    priced.add_runs(one_call("a"))

    result = priced.invoke(SCHEDULED)

    assert result["reports"][0]["alerts"] == 0
    assert priced.aws.published() == []


def test_breach_is_sent_once(priced: Deployment) -> None:
    """However often and by whichever event a day is run, its breach is sent once."""
    priced.put_budgets({"features": {"rag-search": 0.002}})
    priced.add_runs(one_call("a"))

    for event in (SCHEDULED, SCHEDULED, {"date": DAY}, {"start_date": DAY, "end_date": DAY}):
        priced.invoke(event)

    assert len(priced.aws.published()) == 1


def test_quiet_run_sends_nothing_and_uses_nothing_up(priced: Deployment) -> None:
    """With `notify: false` there are reports and no message; a later run still sends it."""
    priced.put_budgets({"features": {"rag-search": 0.002}})
    priced.add_runs(one_call("a"))

    quiet = priced.invoke({"date": DAY, "notify": False})

    assert quiet["reports"][0]["alerts"] == 1
    assert priced.aws.published() == []
    priced.invoke(SCHEDULED)
    assert len(priced.aws.published()) == 1


def test_failed_publishing_fails_the_run_and_the_retry_sends(priced: Deployment) -> None:
    """A message that the topic doesn't take is not lost: the run fails, and its retry sends."""
    priced.put_budgets({"features": {"rag-search": 0.002}})
    priced.add_runs(one_call("a"))
    nowhere = "arn:aws:sns:us-east-1:123456789012:nowhere"

    with pytest.raises(AwsError, match=r"sns:Publish on .*nowhere"):
        priced.invoke(SCHEDULED, ALERT_TOPIC_ARN=nowhere)
    priced.invoke(SCHEDULED)

    assert len(priced.aws.published()) == 1


def test_week_is_told_on_monday(priced: Deployment) -> None:
    """On Mondays the schedule also sends the week, once, unless that is switched off."""
    priced.add_runs(one_call("a", "2026-11-22"))
    monday = {"scheduled_time": "2026-11-23T06:00:00Z"}

    priced.invoke(monday, WEEKLY_DIGEST="off")
    assert priced.aws.published() == []
    priced.invoke(monday)
    priced.invoke(monday)

    (message,) = priced.aws.published()
    assert message.attributes["kind"] == "weekly_digest"


def test_several_projects(priced: Deployment) -> None:
    """All projects of the list are in one report, told apart in the detail."""
    priced.add_runs(one_call("a"), project="shop")
    priced.add_runs(one_call("b"), project="search")

    reports_ = priced.report(DAY, LANGSMITH_PROJECTS="shop, search")

    assert by("feature", reports_.rows("spend_by_feature", DAY))["rag-search"]["calls"] == "2"
    assert by("project", reports_.rows("spend_detail", DAY)).keys() == {"shop", "search"}


def test_absurd_cost_from_langsmith(priced: Deployment) -> None:
    """A recorded cost that can't be one is a data error, and neither counts nor ends the report."""
    priced.add_runs(
        one_call("a") | {"total_cost": 1e30},
        llm("b", f"{DAY}T10:00:00Z", model="nobody-s", feature="rag-search", total_cost=-1.0),
        llm("c", f"{DAY}T10:00:00Z", model="nobody-s", feature="rag-search", total_cost=5e-324),
    )

    summary = priced.report(DAY).summary(DAY)

    assert summary["total"]["cost_usd"] == ONE_CALL
    (error,) = summary["data_quality"]["data_errors"].values()
    assert error["calls"] == 3


def test_line_break_makes_no_other_feature(priced: Deployment) -> None:
    """Features that read the same in the report are one feature."""
    priced.add_runs(one_call("a", feature="rag search"), one_call("b", feature="rag\nsearch"))

    (row,) = priced.report(DAY).rows("spend_by_feature", DAY)

    assert (row["feature"], row["calls"]) == ("rag search", "2")


def test_run_above_itself(priced: Deployment) -> None:
    """A run that names itself as its parent is no wrapper of itself."""
    run = one_call("a")
    priced.add_runs(run | {"parent_run_ids": [run["id"]]})

    (row,) = priced.report(DAY).rows("spend_by_feature", DAY)

    assert row["calls"] == "1"


def test_history_that_is_not_ours(priced: Deployment) -> None:
    """What lies in a record's place and is none is passed over, and named in log and record."""
    foreign = "summary/dt=2026-11-20/summary_2026-11-20.json"
    priced.aws.s3.put_object(Bucket="spend-reports", Key=foreign, Body=b"{}")
    priced.add_runs(one_call("a"))

    priced.invoke({"date": DAY})

    passed_over = {foreign: "it is no record of spend-report"}
    record = priced.reports().summary(DAY)
    assert record["total"]["calls"] == 1
    assert record["history"]["passed_over"] == passed_over
    assert [line["report"]["records_passed_over"] for line in priced.logged("report written")] == [
        passed_over
    ]


def test_empty_weeks_are_not_told(priced: Deployment) -> None:
    """Two weeks without a call are no news on Monday."""
    priced.invoke({"scheduled_time": "2026-11-23T06:00:00Z"})

    assert priced.aws.published() == []


@dataclass(frozen=True, slots=True)
class Refused:
    """Input that is wrong, and what the error says of where and what."""

    error: type[SpendReportError]
    says: tuple[str, ...]
    event: Mapping[str, Any] = field(default_factory=lambda: {"date": DAY})
    settings: Mapping[str, str] = field(default_factory=dict)
    prices: str = "{}"
    budgets: str = "{}"


REFUSED = {
    "missing variable": Refused(
        SettingsError, ("REPORT_BUCKET", "not set"), settings={"REPORT_BUCKET": ""}
    ),
    "malformed variable": Refused(
        SettingsError, ("RESTATE_DAYS", "'two'"), settings={"RESTATE_DAYS": "two"}
    ),
    "unknown timezone": Refused(
        SettingsError, ("REPORT_TIMEZONE", "Mars/Base"), settings={"REPORT_TIMEZONE": "Mars/Base"}
    ),
    "unknown project": Refused(
        UnknownProjectError, ("nope",), settings={"LANGSMITH_PROJECTS": "app,nope"}
    ),
    "refused key": Refused(
        LangSmithKeyError, ("LANGSMITH_API_KEY",), settings={"LANGSMITH_API_KEY": "lsv2_wrong"}
    ),
    "unknown key of the event": Refused(EventError, ("dat",), event={"date": DAY, "dat": 1}),
    "no event": Refused(EventError, ("scheduled_time",), event={}),
    "placeholder that was not filled in": Refused(
        EventError,
        ("scheduled_time",),
        event={"scheduled_time": "<aws.scheduler.scheduled-time>"},
    ),
    "malformed date": Refused(EventError, ("date",), event={"date": "21.11.2026"}),
    "seconds since 1970": Refused(
        EventError, ("scheduled_time",), event={"scheduled_time": "1795327200"}
    ),
    "year far off": Refused(EventError, ("date",), event={"date": "9999-12-31"}),
    "dimension that is a column": Refused(
        SettingsError, ("DIMENSIONS", "model"), settings={"DIMENSIONS": "env,model"}
    ),
    "backwards range": Refused(
        EventError,
        ("end_date", "2026-11-01"),
        event={"start_date": DAY, "end_date": "2026-11-01"},
    ),
    "not JSON": Refused(ConfigError, ("pricing/second", "JSON"), prices="{"),
    "unknown field": Refused(
        ConfigError,
        ("pricing/second", "m.inputs"),
        prices='{"m": {"inputs": 1, "input": 1, "output": 1}}',
    ),
    "negative price": Refused(
        ConfigError, ("pricing/second", "m.input", "-1"), prices='{"m": {"input": -1, "output": 1}}'
    ),
    "price as text": Refused(
        ConfigError, ("pricing/second", "m.input"), prices='{"m": {"input": "1", "output": 1}}'
    ),
    "the same model twice": Refused(
        ConfigError,
        ("pricing/initial", "pricing/second", "gpt-4o"),
        prices='{"gpt-4o": {"input": 1, "output": 1}}',
    ),
    "alias to nowhere": Refused(
        ConfigError, ("pricing/second", "m.alias_of"), prices='{"m": {"alias_of": "no-such-model"}}'
    ),
    "aliases in a circle": Refused(
        ConfigError,
        ("pricing/second", "circle"),
        prices='{"m": {"alias_of": "n"}, "n": {"alias_of": "m"}}',
    ),
    "negative budget": Refused(ConfigError, ("budgets/second", "total"), budgets='{"total": -1}'),
    "unknown period": Refused(
        ConfigError, ("budgets/second", "default.yearly"), budgets='{"default": {"yearly": 1}}'
    ),
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with Deployment(tmp_path_factory.mktemp("refused") / "function.log") as deployment:
        deployment.put_prices(PRICES)
        yield deployment


@pytest.mark.parametrize("case", REFUSED)
def test_refused(shared: Deployment, case: str) -> None:
    """Wrong input ends in one error that says where, with nothing written and no secret shown.

    What is wrong in a document is said before LangSmith is asked for anything.
    """
    refused = REFUSED[case]
    shared.langsmith.requests.clear()
    shared.aws.put_parameter("pricing/second", refused.prices)
    shared.aws.put_parameter("budgets/second", refused.budgets)

    with pytest.raises(refused.error) as caught:
        shared.invoke(refused.event, **refused.settings)

    assert all(part in str(caught.value) for part in refused.says)
    assert "lsv2_wrong" not in str(caught.value)
    assert shared.langsmith.api_key not in str(caught.value)
    assert shared.aws.objects() == {}
    if refused.error is ConfigError:
        assert shared.langsmith.requests == []


def test_missing_api_key(shared: Deployment) -> None:
    """Where the key was never put, the error names the parameter and the command that puts it."""
    shared.aws.ssm.put_parameter(
        Name="/llm-spend/other/pricing/a", Type="String", Value=json.dumps(PRICES)
    )

    with pytest.raises(ConfigError, match=r"/llm-spend/other/langsmith-api-key.*make put-config"):
        shared.invoke({"date": DAY}, CONFIG_PATH="/llm-spend/other")
