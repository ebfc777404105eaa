"""Alarms and dashboard: who is told when the job stands still, and what people look at."""

import ast
import json
import re
from inspect import getsource
from typing import Any

import pytest

from spend_report import telemetry
from tests.template.combinations import made
from tests.template.conftest import ROOT, Json
from tests.template.test_resources import of_type

# Metrics that AWS itself sends.
AWS_METRICS = {
    *("Errors", "Throttles", "Duration", "AsyncEventsDropped", "DestinationDeliveryFailures"),
    *("ApproximateNumberOfMessagesVisible", "NumberOfNotificationsFailed", "ExecutionsFailed"),
}


@pytest.fixture
def alarms(template: Json) -> Json:
    """Every alarm, the guard's too; where one watches an expression, with its metric."""
    resources = made(template, {"GuardSchedule": "1h"})["Resources"]
    return {
        name: each if "MetricName" in each else each | _measured(each)
        for name, each in of_type(resources, "AWS::CloudWatch::Alarm").items()
    }


def _measured(alarm: Json) -> Json:
    (query,) = [each["MetricStat"] for each in alarm["Metrics"] if "MetricStat" in each]
    metric: Json = query["Metric"]
    return metric | {"Statistic": query["Stat"], "Period": query["Period"]}


@pytest.fixture
def dashboard(resources: Json) -> Json:
    body: str = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
    parsed: Json = json.loads(body.replace("${!", "${"))
    return parsed


def code_metrics() -> set[str]:
    """Every metric name that the function can send, read from the calls that add one."""
    calls = (
        node for node in ast.walk(ast.parse(getsource(telemetry))) if isinstance(node, ast.Call)
    )
    return {
        ast.literal_eval(call.args[0])
        for call in calls
        if isinstance(call.func, ast.Attribute) and call.func.attr == "add_metric"
    }


def test_a_person_gets_every_alarm(alarms: Json) -> None:
    """Each alarm goes to the topic of the alerts."""
    assert len(alarms) == 12
    for name, alarm in alarms.items():
        assert alarm["AlarmActions"] == [{"Ref": "AlertTopic"}], name


@pytest.mark.parametrize(
    ("given", "topic"),
    [
        ({}, {"Ref": "AlertTopic"}),
        ({"AlarmEmail": "platform@example.com"}, {"Ref": "AlarmTopic"}),
        ({"ExistingAlarmTopicArn": "arn:alarms"}, "arn:alarms"),
        ({"ExistingAlertTopicArn": "arn:alerts"}, "arn:alerts"),
        (
            {"ExistingAlertTopicArn": "arn:alerts", "ExistingAlarmTopicArn": "arn:alarms"},
            "arn:alarms",
        ),
    ],
)
def test_alarms_go_where_they_are_wanted(
    template: Json, given: dict[str, str], topic: object
) -> None:
    """To a topic of yours, else to their own, else to where the alerts go; so does their end."""
    made_ = made(template, given)

    alarms = of_type(made_["Resources"], "AWS::CloudWatch::Alarm")

    assert {json.dumps(alarm["AlarmActions"]) for alarm in alarms.values()} == {json.dumps([topic])}
    assert {json.dumps(alarm.get("OKActions", [topic])) for alarm in alarms.values()} == {
        json.dumps([topic])
    }
    assert made_["Outputs"]["AlarmTopicArn"]["Value"] in (topic, {"Fn::Select": [0, [topic]]})


def test_alarms_look_back_over_a_whole_run(alarms: Json, template: Json) -> None:
    """Lambda stamps a metric with the start of the run, and sends it after its end.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    longest = template["Globals"]["Function"]["Timeout"] + 300
    watched = {name: each for name, each in alarms.items() if each["Namespace"] == "AWS/Lambda"}

    assert len(watched) == 6
    for name, alarm in watched.items():
        assert alarm["Period"] * alarm["EvaluationPeriods"] >= longest, name


def test_the_guard_alarms_after_three_failures_in_a_row(template: Json) -> None:
    """A period is the time from one look to the next, and three of three have to fail."""
    for every, seconds in {"1h": 3600, "2h": 7200, "3h": 10800, "4h": 14400, "6h": 21600}.items():
        alarm = made(template, {"GuardSchedule": every})["Resources"]["GuardAlarm"]["Properties"]

        assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": "GuardFunction"}}]
        assert (alarm["Period"], alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (
            *(seconds, 3, 3),
        )


def test_a_breach_stays_open_until_shortly_before_the_next_report(alarms: Json) -> None:
    """The pager's incident lasts, and the next day's breach opens another."""
    alarm = alarms["BudgetBreachesAlarm"]

    assert 12 <= alarm["Period"] * alarm["EvaluationPeriods"] / 3600 <= 22
    assert alarm["DatapointsToAlarm"] == 1
    assert alarm["OKActions"] == alarm["AlarmActions"]


def test_alarms_watch_metrics_that_exist(alarms: Json) -> None:
    """An alarm on a misspelt metric would be silent for ever."""
    own = {
        each["MetricName"] for each in alarms.values() if each["Namespace"] == telemetry.NAMESPACE
    }
    aws = {
        each["MetricName"] for each in alarms.values() if each["Namespace"] != telemetry.NAMESPACE
    }

    assert own == {"ScheduledReports", "BudgetBreaches"}
    assert own <= code_metrics()
    assert aws == AWS_METRICS


def test_our_metrics_are_those_of_the_stack(alarms: Json) -> None:
    """The alarm looks at the service name that the function is given."""
    for name, alarm in alarms.items():
        if alarm["Namespace"] == telemetry.NAMESPACE:
            assert alarm["Dimensions"] == [
                {"Name": "service", "Value": {"Ref": "AWS::StackName"}}
            ], name


def test_silence_is_an_alarm(alarms: Json) -> None:
    """No scheduled report for 26 hours alarms, also where no data arrives at all; so does its end.

    Without FILL, missing values make CloudWatch look further back than 26 hours:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html
    """
    alarm = alarms["NoReportAlarm"]
    (expression,) = [each for each in alarm["Metrics"] if "Expression" in each]

    assert expression["Expression"] == "FILL(reports, 0)"
    assert expression["ReturnData"] is True
    assert alarm["MetricName"] == "ScheduledReports"
    assert alarm["Period"] * int(alarm["EvaluationPeriods"]) == 26 * 3600
    assert alarm["DatapointsToAlarm"] == alarm["EvaluationPeriods"]
    assert (alarm["Statistic"], alarm["ComparisonOperator"], alarm["Threshold"]) == (
        "Sum",
        "LessThanThreshold",
        1,
    )
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["OKActions"] == [{"Ref": "AlertTopic"}]


def test_other_alarms_are_quiet_without_data(alarms: Json) -> None:
    """Between two runs there is no data, which is no reason to wake anyone."""
    assert {
        name for name, each in alarms.items() if each["TreatMissingData"] != "notBreaching"
    } == {"NoReportAlarm"}


def test_evaluation_is_within_cloudwatchs_bounds(alarms: Json) -> None:
    """Alarms with periods of an hour and more may look back a week, others a day."""
    for name, alarm in alarms.items():
        longest = 7 * 86400 if alarm["Period"] >= 3600 else 86400

        assert alarm["Period"] * int(alarm["EvaluationPeriods"]) <= longest, name


def test_the_duration_alarm_is_below_the_time_limit(alarms: Json, template: Json) -> None:
    """There is a warning before runs are cut off, in milliseconds."""
    limit = template["Globals"]["Function"]["Timeout"] * 1000

    assert 0.5 * limit < alarms["DurationAlarm"]["Threshold"] < limit


def test_the_handbook_knows_every_alarm(alarms: Json) -> None:
    """Each alarm's description leads to a heading of the operations page."""
    page = (ROOT / "docs" / "operations.md").read_text()
    headings = set(re.findall(r"^## (.+)$", page, re.MULTILINE))

    for name, alarm in alarms.items():
        led = re.search(r"See docs/operations\.md, (.+)\.$", alarm["AlarmDescription"])

        assert led, name
        assert led[1] in headings, name


def test_the_dashboard_shows_metrics_that_exist(dashboard: Json) -> None:
    """Each metric in a widget is one that the function or AWS sends."""
    text = json.dumps(dashboard)

    shown = set(re.findall(r'MetricName=\\+"(\w+)', text)) | {
        metric
        for widget in dashboard["widgets"]
        for metric in _metric_names(widget["properties"].get("metrics", []))
    }

    assert shown - AWS_METRICS == code_metrics()


def test_the_dashboard_never_adds_up_reruns(dashboard: Json) -> None:
    """A day's figures have the day's time: a second run of the day must not double them."""
    for widget in dashboard["widgets"]:
        properties = widget["properties"]
        day_figures = set(_metric_names(properties.get("metrics", []))) - {
            *AWS_METRICS,
            *("ReportsWritten", "ScheduledReports", "BudgetBreaches", "GuardWarnings"),
        }
        if day_figures:
            assert properties["stat"] == "Maximum", properties["title"]
        assert "'Sum'" not in json.dumps(properties)


def test_the_dashboard_covers_thirty_days_and_every_alarm(dashboard: Json, alarms: Json) -> None:
    """It opens on 30 days, in daily steps, with the state of all alarms."""
    (alarm_widget,) = [each for each in dashboard["widgets"] if each["type"] == "alarm"]

    assert dashboard["start"] == "-P30D"
    # The guard's is not always there, and a dashboard cannot leave one out.
    assert sorted(alarm_widget["properties"]["alarms"]) == sorted(
        f"${{{name}.Arn}}" for name in alarms if name != "GuardAlarm"
    )


def test_widgets_do_not_overlap(dashboard: Json) -> None:
    """Each widget has its own place on a grid 24 wide."""
    places = [
        (column, row)
        for each in dashboard["widgets"]
        for column in range(each["x"], each["x"] + each["width"])
        for row in range(each["y"], each["y"] + each["height"])
    ]

    assert max(column for column, _ in places) < 24
    assert len(set(places)) == len(places)


def _metric_names(metrics: list[list[Any]]) -> list[str]:
    """The metric of each row; rows that are expressions have none."""
    return [row[1] for row in metrics if len(row) > 1]
