"""What the stack must have for the job to run unattended, and no linter looks for."""

import json
import re
from datetime import UTC, date, datetime
from pkgutil import resolve_name
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from spend_report.domain.config.configuration import configuration
from spend_report.domain.config.documents import Document
from spend_report.event import ReportRequest, parse
from spend_report.settings import VARIABLES
from tests.template.conftest import ROOT, Json

FUNCTIONS = ["SpendReportFunction", "BackfillFunction"]
# Read by Powertools itself, not by our settings.
POWERTOOLS = {"POWERTOOLS_SERVICE_NAME"}


def of_type(resources: Json, kind: str) -> Json:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_environment_is_the_settings(plain: Json, function: str) -> None:
    """The template sets no variable that the function does not read, and all that it requires."""
    variables = set(plain["Resources"][function]["Properties"]["Environment"]["Variables"])

    # The key is a SecureString parameter; in the environment it is for local runs.
    expected = set(VARIABLES) - {"LANGSMITH_API_KEY"} | POWERTOOLS
    if function == "BackfillFunction":
        expected -= {"CHAT_TOPIC_ARN"}  # it sends nothing

    assert variables == expected


def test_a_backfill_is_not_the_daily_report(plain: Json) -> None:
    """The backfill's metrics carry another service name: it cannot quiet the missing report."""
    services = [
        plain["Resources"][name]["Properties"]["Environment"]["Variables"][
            "POWERTOOLS_SERVICE_NAME"
        ]
        for name in FUNCTIONS
    ]

    assert services == [
        {"Ref": "AWS::StackName"},
        {"Fn::Sub": "${AWS::StackName}-backfill"},
    ]


def test_the_schedule_hands_over_its_own_time(plain: Json) -> None:
    """The report's day is the schedule's, however late or often the event is delivered."""
    schedule = plain["Resources"]["SpendReportFunctionDaily"]["Properties"]

    assert json.loads(schedule["Target"]["Input"]) == {
        "scheduled_time": "<aws.scheduler.scheduled-time>"
    }
    assert schedule["ScheduleExpressionTimezone"] == {"Ref": "Timezone"}
    assert schedule["Name"] == {"Fn::Sub": "${AWS::StackName}-daily"}


def test_undelivered_events_are_kept(plain: Json) -> None:
    """What the schedule cannot deliver is tried again, within AWS's bounds, and then kept."""
    target = plain["Resources"]["SpendReportFunctionDaily"]["Properties"]["Target"]

    assert 1 <= target["RetryPolicy"]["MaximumRetryAttempts"] <= 185
    assert 60 <= target["RetryPolicy"]["MaximumEventAgeInSeconds"] <= 86400
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": ["UndeliveredQueue", "Arn"]}


def test_failed_runs_are_kept(plain: Json) -> None:
    """What the function fails at is tried again, within AWS's bounds, and then kept."""
    config = plain["Resources"]["SpendReportFunctionEventInvokeConfig"]["Properties"]

    assert 1 <= config["MaximumRetryAttempts"] <= 2
    assert 60 <= config["MaximumEventAgeInSeconds"] <= 21600
    assert config["DestinationConfig"]["OnFailure"]["Destination"] == {
        "Fn::GetAtt": ["FailedRunsQueue", "Arn"]
    }


def test_queues_keep_events_for_two_weeks(resources: Json) -> None:
    """There is time to look at a failed event before it is gone."""
    for name, queue in of_type(resources, "AWS::SQS::Queue").items():
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600, name


def test_two_stacks_fit_into_one_account(resources: Json) -> None:
    """Every fixed name bears the stack's name or its configuration path."""
    keys = {
        "Name",
        "AlarmName",
        "DashboardName",
        "LayerName",
        "LogGroupName",
        "StateMachineName",
        "RoleName",
        "BucketName",
        "TopicName",
        "QueueName",
        "FunctionName",
    }
    names = {
        f"{logical}.{key}": resource["Properties"][key]
        for logical, resource in resources.items()
        for key in keys & resource["Properties"].keys()
    }

    fixed = [
        where
        for where, name in names.items()
        if "${AWS::StackName}" not in json.dumps(name) and "${ConfigPath}" not in json.dumps(name)
    ]

    assert len(names) >= 13
    assert fixed == []


def test_reports_outlive_the_stack(resources: Json) -> None:
    """Deleting or replacing the bucket's resource leaves the bucket and its reports."""
    bucket = resources["ReportBucket"]

    assert bucket["DeletionPolicy"] == "Retain"
    assert bucket["UpdateReplacePolicy"] == "Retain"
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_reports_never_expire(resources: Json) -> None:
    """The lifecycle removes replaced versions and the memory of sent alerts, no report."""
    rules = resources["ReportBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    expiring = [rule["Prefix"] for rule in rules if "ExpirationInDays" in rule]

    assert expiring == [{"Fn::Sub": "${ReportPrefix}alerts/"}]


def test_sent_alerts_are_remembered_longer_than_a_year(resources: Json) -> None:
    """A year's days can be run again without anything being sent again."""
    rules = resources["ReportBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    (days,) = [rule["ExpirationInDays"] for rule in rules if "ExpirationInDays" in rule]

    assert days > 366


def test_the_bucket_is_read_over_tls_only(resources: Json) -> None:
    """Plain HTTP is refused for the bucket and everything in it."""
    (statement,) = resources["ReportBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]

    assert statement["Effect"] == "Deny"
    assert statement["Principal"] == "*"
    assert statement["Action"] == "s3:*"
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert len(statement["Resource"]) == 2


def test_logs_do_not_pile_up(plain: Json) -> None:
    """Each function logs into a group that the stack made, with a retention."""
    for name in FUNCTIONS:
        group = plain["Resources"][name]["Properties"]["LoggingConfig"]["LogGroup"]["Ref"]

        assert plain["Resources"][group]["Properties"]["RetentionInDays"] == {
            "Ref": "LogRetentionDays"
        }


def test_alarms_may_use_the_topics_key(resources: Json) -> None:
    """CloudWatch may encrypt with the key, for this stack's alarms only."""
    statements = resources["AlertKey"]["Properties"]["KeyPolicy"]["Statement"]

    (alarms,) = [
        each for each in statements if each["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    ]

    assert alarms["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert "${AWS::StackName}-*" in alarms["Condition"]["ArnLike"]["aws:SourceArn"]["Fn::Sub"]
    assert resources["AlertTopic"]["Properties"]["KmsMasterKeyId"] == {"Ref": "AlertKey"}


def test_only_the_report_and_alarms_publish(resources: Json) -> None:
    """Everyone else is denied, over plain HTTP all are."""
    statements = {
        each["Sid"]: each
        for each in resources["AlertTopicPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    }

    assert statements["NobodyElsePublishes"]["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["SpendReportRole", "Arn"]}},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    assert {sid for sid, each in statements.items() if each["Effect"] == "Allow"} == {
        "TheReportAlerts",
        "AlarmsAlert",
    }


def test_no_role_reaches_beyond_the_stack(resources: Json) -> None:
    """Each action is allowed on named resources; no wildcard stands alone."""
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert "*" not in json.dumps(statement["Action"]), (name, statement)
                for resource in _listed(statement["Resource"]):
                    assert resource != "*", (name, statement)
                    assert isinstance(resource, dict), (name, statement)


def test_the_first_prices_and_budgets_are_valid(resources: Json) -> None:
    """The documents that a new stack has are read without complaint."""
    pricing = resources["FirstPricing"]["Properties"]["Value"]
    budgets = resources["FirstBudgets"]["Properties"]["Value"]

    read = configuration(
        [Document("/llm-spend/prod/pricing/models", 1, pricing)],
        [Document("/llm-spend/prod/budgets/features", 1, budgets)],
        [],
        None,
    )

    assert read.budgets.total is not None
    assert read.budgets.default is not None


def test_the_first_documents_leave_room(resources: Json) -> None:
    """A standard parameter holds 4 KB, and people will add to these."""
    for name, parameter in of_type(resources, "AWS::SSM::Parameter").items():
        assert len(parameter["Value"].encode()) < 1024, name


def test_every_output_says_what_it_is_for(template: Json) -> None:
    """The outputs are what the README's next step needs."""
    outputs = template["Outputs"]

    assert outputs.keys() >= {"FunctionName", "ReportBucketName", "AlertTopicArn", "ConfigPath"}
    assert all(len(output["Description"]) > 15 for output in outputs.values())


def test_the_handler_is_there(template: Json) -> None:
    """What Lambda is told to call exists in the package."""
    module, _, name = template["Globals"]["Function"]["Handler"].rpartition(".")

    assert callable(resolve_name(f"{module}:{name}"))


def test_both_processors_have_their_layer(plain: Json) -> None:
    """The Architecture parameter picks the layer that was built for it."""
    layers = plain["Resources"]["SpendReportFunction"]["Properties"]["Layers"]

    assert [re.sub(r"[0-9a-f]{10}$", "", each["Ref"]) for each in layers[0]["Fn::If"][1:]] == [
        "DependenciesArm64Layer",
        "DependenciesX86Layer",
    ]
    assert layers[0]["Fn::If"][0] == "OnArm"


SCHEDULED = ReportRequest(
    (date(2026, 11, 21),),
    restate=(date(2026, 11, 20),),
    catch_up=(date(2026, 11, 19), date(2026, 11, 20)),
    scheduled=True,
    at=datetime(2026, 11, 22, 6, tzinfo=UTC),
)
SAMPLE_EVENTS = {
    "scheduled.json": SCHEDULED,
    "eventbridge.json": SCHEDULED,
    "date.json": ReportRequest((date(2026, 11, 20),)),
    "range.json": ReportRequest(tuple(date(2026, 11, day) for day in range(1, 21))),
    "quiet.json": ReportRequest((date(2026, 11, 20),), notify=False),
}


def test_there_is_a_sample_event_for_each_way_to_invoke() -> None:
    """The folder of events has exactly the documented ways."""
    assert {path.name for path in (ROOT / "events").iterdir()} == set(SAMPLE_EVENTS)


@pytest.mark.parametrize(("name", "expected"), SAMPLE_EVENTS.items())
def test_sample_events_are_understood(name: str, expected: ReportRequest) -> None:
    """Each sample event asks for the days that its name says."""
    event = json.loads((ROOT / "events" / name).read_text())

    assert parse(event, ZoneInfo("UTC"), restate_days=1, catch_up_days=2) == expected


def _listed(value: Any) -> list[Any]:
    return [
        each["Fn::If"][1] if isinstance(each, dict) and "Fn::If" in each else each
        for each in (value if isinstance(value, list) else [value])
    ]
