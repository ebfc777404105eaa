"""What the stack must have for the job to run unattended, and no linter looks for."""

import json
import re
from datetime import UTC, date, datetime
from pkgutil import resolve_name
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from spend_report.events.report_event import GuardRequest, ReportRequest, parse
from spend_report.settings import VARIABLES
from tests.template.combinations import (
    BARE,
    COMBINATIONS,
    EVERYTHING,
    KEY,
    OWN_BUCKET_AND_KEY,
    made,
)
from tests.template.conftest import ROOT, Json

FUNCTIONS = ["SpendReportFunction", "BackfillFunction", "GuardFunction", "WorkerFunction"]
# Read by Powertools, Python and boto3 themselves, not by our settings.
OTHERS = {
    *("POWERTOOLS_SERVICE_NAME", "HTTPS_PROXY", "NO_PROXY"),
    *("AWS_CA_BUNDLE", "SSL_CERT_FILE"),
}
STARRED = {"ReadTheBillOfBedrock", "JoinTheVpc"}  # whose services know no narrower resource


def of_type(resources: Json, kind: str) -> Json:
    return {name: each["Properties"] for name, each in resources.items() if each["Type"] == kind}


@pytest.mark.parametrize("function", FUNCTIONS)
def test_the_environment_is_the_settings(plain: Json, function: str) -> None:
    """The template sets no variable that the function does not read, and all that it requires."""
    variables = set(plain["Resources"][function]["Properties"]["Environment"]["Variables"])

    # The key is a SecureString parameter; in the environment it is for local runs.
    expected = set(VARIABLES) - {"LANGSMITH_API_KEY"} | OTHERS
    if function in {"BackfillFunction", "WorkerFunction"}:
        expected -= {"CHAT_TOPIC_ARN"}  # they send nothing

    assert variables == expected


def test_the_function_knows_the_backfill(plain: Json) -> None:
    """Its messages name the state machine by an ARN that ends with the name which that has."""
    resources = plain["Resources"]
    name = resources["BackfillStateMachine"]["Properties"]["StateMachineName"]["Fn::Sub"]
    variables = resources["SpendReportFunction"]["Properties"]["Environment"]["Variables"]

    assert variables["BACKFILL_STATE_MACHINE_ARN"] == {
        "Fn::Sub": "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:"
        + name
    }


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
    assert names["Dashboard.DashboardName"] == {"Fn::Sub": "${AWS::StackName}-${AWS::Region}"}
    assert fixed == []


def test_reports_outlive_the_stack(resources: Json) -> None:
    """Deleting or replacing the bucket's resource leaves the bucket and its reports."""
    bucket = resources["ReportBucket"]

    assert bucket["DeletionPolicy"] == "Retain"
    assert bucket["UpdateReplacePolicy"] == "Retain"
    assert bucket["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


def test_reports_expire_only_where_somebody_said_so(template: Json) -> None:
    """The lifecycle removes replaced versions and the memory of sent alerts, and no report."""

    def expiring(**given: str) -> dict[str, Any]:
        rules = made(template, given)["Resources"]["ReportBucket"]["Properties"]
        return {
            rule["Id"]: (rule["Prefix"], str(rule["ExpirationInDays"]))
            for rule in rules["LifecycleConfiguration"]["Rules"]
            if "ExpirationInDays" in rule
        }

    assert expiring(ReportPrefix="a/") == {"sent-alerts": ("a/alerts/", "400")}
    assert expiring(ReportPrefix="a/", ReportRetentionDays="365") == {
        "sent-alerts": ("a/alerts/", "400"),
        "old-reports": ("a/", "365"),
    }


def test_reports_are_kept_as_long_as_the_next_ones_need_them(template: Json) -> None:
    """The shortest retention leaves the month before, for history, budgets and the usual."""
    choices = template["Parameters"]["ReportRetentionDays"]["AllowedValues"]

    assert min(filter(None, choices)) > 62


def test_sent_alerts_are_remembered_longer_than_a_year(resources: Json) -> None:
    """A year's days can be run again without anything being sent again."""
    rules = resources["ReportBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]

    (alerts,) = [rule for rule in rules if rule.get("Id") == "sent-alerts"]

    assert alerts["ExpirationInDays"] > 366


def test_the_bucket_is_read_over_tls_only(resources: Json) -> None:
    """Plain HTTP is refused for the bucket and everything in it."""
    statements = resources["ReportBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    (statement,) = [each for each in statements if each.get("Sid") == "OnlyOverTls"]

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
    assert resources["AlertTopic"]["Properties"]["KmsMasterKeyId"] == {
        "Fn::If": ["HasKey", {"Ref": "KmsKeyArn"}, {"Ref": "AlertKey"}]
    }


def test_only_the_report_and_alarms_publish(template: Json) -> None:
    """Everyone else is denied, over plain HTTP all are."""
    statements = policy_of(template, "AlertTopicPolicy")

    assert statements["NobodyElsePublishes"]["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["SpendReportRole", "Arn"]}},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    assert {sid for sid, each in statements.items() if each["Effect"] == "Allow"} == {
        "TheReportAlerts",
        "AlarmsAlert",
    }


def test_only_alarms_publish_alarms(template: Json) -> None:
    """The topic of the alarms is CloudWatch's alone, for this stack's alarms."""
    statements = policy_of(template, "AlarmTopicPolicy", AlarmEmail="platform@example.com")

    assert statements["AlarmsAlert"]["Principal"] == {"Service": "cloudwatch.amazonaws.com"}
    assert "${AWS::StackName}-*" in json.dumps(statements["AlarmsAlert"]["Condition"])
    assert statements["NobodyElsePublishes"]["Effect"] == "Deny"


def test_with_the_write_lock_only_the_stack_writes(template: Json) -> None:
    """Whoever may write reports could mute alerts: all but the roles that report are denied."""
    free = policy_of(template, "ReportBucketPolicy")
    locked = policy_of(
        template,
        "ReportBucketPolicy",
        WriteLock="on",
        BreakGlassRoleArn="arn:aws:iam::123456789012:role/admin",
    )

    assert free.keys() == {"OnlyOverTls"}
    assert locked["OnlyTheStackWrites"]["Effect"] == "Deny"
    assert set(locked["OnlyTheStackWrites"]["Action"]) == {
        *("s3:PutObject", "s3:DeleteObject", "s3:DeleteObjectVersion"),
    }
    assert locked["OnlyTheStackWrites"]["Condition"] == {
        "ArnNotEquals": {
            "aws:PrincipalArn": [
                {"Fn::GetAtt": ["SpendReportRole", "Arn"]},
                {"Fn::GetAtt": ["BackfillFunctionRole", "Arn"]},
                "arn:aws:iam::123456789012:role/admin",
            ]
        }
    }


def test_readers_read_and_do_nothing_else(template: Json) -> None:
    """Other accounts, or an organisation's, may get and list, below the prefix."""
    statements = policy_of(
        template,
        "ReportBucketPolicy",
        ReaderAccounts="111111111111,222222222222",
        ReaderOrganizationId="o-a1b2c3d4e5",
        ReportPrefix="team-a/",
    )

    accounts, organisation = statements["OtherAccountsRead"], statements["TheOrganisationReads"]
    assert accounts["Principal"] == {"AWS": ["111111111111", "222222222222"]}
    assert organisation["Principal"] == "*"
    assert organisation["Condition"] == {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}
    for statement in (accounts, organisation):
        assert statement["Action"] == ["s3:GetObject", "s3:ListBucket"]
        assert statement["Resource"][1] == {"Fn::Sub": "${ReportBucket.Arn}/team-a/*"}


def policy_of(template: Json, resource: str, **given: str) -> dict[str, Json]:
    """The statements of a resource's policy by their ids."""
    properties = made(template, given)["Resources"][resource]["Properties"]
    return {each["Sid"]: each for each in properties["PolicyDocument"]["Statement"]}


def test_what_is_yours_is_not_made_again(template: Json) -> None:
    """With bucket, topics and key of one's own the stack has none, and leaves their policies."""
    resources = made(template, OWN_BUCKET_AND_KEY)["Resources"]

    kinds = {each["Type"] for each in resources.values()}

    assert not kinds & {
        *("AWS::S3::Bucket", "AWS::S3::BucketPolicy", "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"),
        *("AWS::SNS::Subscription", "AWS::KMS::Key"),
    }


def test_your_key_encrypts_all_that_lies_somewhere(template: Json) -> None:
    """Bucket, queues, logs and topics take KmsKeyArn, and the stack makes no key beside it."""
    resources = made(template, EVERYTHING)["Resources"]

    def encrypted(kind: str, key: str) -> set[Any]:
        return {each[key] for each in of_type(resources, kind).values()}

    assert encrypted("AWS::SQS::Queue", "KmsMasterKeyId") == {KEY}
    assert encrypted("AWS::SNS::Topic", "KmsMasterKeyId") == {KEY}
    assert encrypted("AWS::Logs::LogGroup", "KmsKeyId") == {KEY}
    (bucket,) = of_type(resources, "AWS::S3::Bucket").values()
    (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rule["ServerSideEncryptionByDefault"]["KMSMasterKeyID"] == KEY
    assert of_type(resources, "AWS::KMS::Key") == {}


def test_every_role_is_bounded(template: Json) -> None:
    """Deploy roles that may create no role without a boundary, or elsewhere, can deploy this."""
    roles = of_type(made(template, EVERYTHING)["Resources"], "AWS::IAM::Role")

    assert len(roles) == 6
    for name, role in roles.items():
        assert role["PermissionsBoundary"] == EVERYTHING["PermissionsBoundaryArn"], name
        assert role["Path"] == EVERYTHING["RolePath"], name


def test_no_role_is_bounded_where_nothing_is_given(template: Json) -> None:
    """A boundary that is not given is none, and the path is IAM's own."""
    for name, role in of_type(made(template, BARE)["Resources"], "AWS::IAM::Role").items():
        assert "PermissionsBoundary" not in role, name
        assert role["Path"] == "/", name


def test_every_function_is_in_the_network(template: Json) -> None:
    """Subnets, security groups, proxy and authorities count for the report, backfill and guard."""
    given = {**EVERYTHING, "CaBundleLayerArn": "arn:aws:lambda:eu-central-1:123456789012:layer:c:1"}
    functions = made(template, given)["Globals"]["Function"]

    assert functions["VpcConfig"] == {
        "SubnetIds": ["subnet-0a1b2c3d", "subnet-0a1b2c3e"],
        "SecurityGroupIds": ["sg-0a1b2c3d"],
    }
    variables = functions["Environment"]["Variables"]
    assert variables["HTTPS_PROXY"] == "http://proxy.example.com:3128"
    assert variables["NO_PROXY"] == ".amazonaws.com"
    assert variables["AWS_CA_BUNDLE"] == variables["SSL_CERT_FILE"] == "/opt/ca-bundle.pem"
    assert functions["Layers"][1] == given["CaBundleLayerArn"]


def test_without_a_network_of_yours_nothing_is_said_of_one(template: Json) -> None:
    """Default parameters leave the function where Lambda runs it."""
    functions = made(template, BARE)["Globals"]["Function"]

    assert "VpcConfig" not in functions
    assert len(functions["Layers"]) == 1
    assert not {*OTHERS, "LANGSMITH_WORKSPACE_ID"} - {"POWERTOOLS_SERVICE_NAME"} & set(
        functions["Environment"]["Variables"]
    )


@pytest.mark.parametrize(
    ("bills", "keys", "cost_explorer"),
    [
        ("", set(), False),
        ("openai", {"openai"}, False),
        ("bedrock", set(), True),
        ("anthropic,bedrock", {"anthropic"}, True),
        ("openai,anthropic,bedrock", {"openai", "anthropic"}, True),
    ],
)
def test_a_bill_is_read_only_where_it_is_named(
    template: Json, bills: str, keys: set[str], cost_explorer: bool
) -> None:
    """The admin keys and Cost Explorer are allowed for the providers in Bills and no other."""
    role = made(template, {"Bills": bills})["Resources"]["SpendReportRole"]["Properties"]
    statements = {each["Sid"]: each for each in role["Policies"][0]["PolicyDocument"]["Statement"]}

    parameters = json.dumps(statements["ReadTheKeys"]["Resource"])

    assert set(re.findall(r"bills/(\w+)-admin-key", parameters)) == keys
    assert ("ReadTheBillOfBedrock" in statements) is cost_explorer
    assert "ce:GetCostAndUsage" not in json.dumps(
        made(template, {"Bills": bills})["Resources"]["BackfillFunctionRole"]
    )


def test_the_guard_is_off_until_it_is_wanted(template: Json) -> None:
    """Without GuardSchedule there is no second function, schedule, log or alarm."""
    off, on = (made(template, given)["Resources"] for given in (BARE, {"GuardSchedule": "2h"}))

    assert on.keys() - off.keys() == {"GuardFunction", "GuardLogs", "GuardAlarm"}
    look = on["GuardFunction"]["Properties"]["Events"]["Look"]["Properties"]
    assert look["ScheduleExpression"] == "rate(2 hours)"
    assert json.loads(look["Input"]) == {"guard_time": "<aws.scheduler.scheduled-time>"}


def test_the_guard_takes_nothing_from_the_report(template: Json) -> None:
    """Its failures are not tried again, fill no queue, and take no reserved concurrency."""
    given = {"GuardSchedule": "1h", "LimitConcurrency": "on"}
    guard = made(template, given)["Resources"]["GuardFunction"]["Properties"]

    assert guard["EventInvokeConfig"]["MaximumRetryAttempts"] == 0
    assert "DestinationConfig" not in guard["EventInvokeConfig"]
    assert "DeadLetterConfig" not in guard["Events"]["Look"]["Properties"]
    assert "ReservedConcurrentExecutions" not in guard


@pytest.mark.parametrize("processor", ["arm64", "x86_64"])
def test_only_the_layer_that_runs_is_made(template: Json, processor: str) -> None:
    """Not both processors' layers are published with every deploy."""
    layers = of_type(
        made(template, {"Architecture": processor})["Resources"], "AWS::Serverless::LayerVersion"
    )

    assert [layer["CompatibleArchitectures"] for layer in layers.values()] == [[processor]]


def test_nothing_takes_the_partition_for_granted(resources: Json) -> None:
    """Names of services and ARNs are right in China and GovCloud too."""
    text = json.dumps(resources)

    assert "arn:aws:" not in text
    assert re.findall(r"\}\.amazonaws\.com", text) == []


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_no_role_reaches_beyond_the_stack(template: Json, combination: str) -> None:
    """Each action is allowed on named resources; no wildcard stands alone."""
    resources = made(template, COMBINATIONS[combination])["Resources"]
    for name, role in of_type(resources, "AWS::IAM::Role").items():
        assert "ManagedPolicyArns" not in role, name
        for policy in role["Policies"]:
            for statement in policy["PolicyDocument"]["Statement"]:
                assert "*" not in json.dumps(statement["Action"]), (name, statement)
                if statement.get("Sid") not in STARRED:
                    assert "*" not in _listed(statement["Resource"]), (name, statement)


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_the_stack_makes_no_parameter(template: Json, combination: str) -> None:
    """CloudFormation would put its own value back with any update, and delete people's prices."""
    kinds = {
        each["Type"] for each in made(template, COMBINATIONS[combination])["Resources"].values()
    }

    assert "AWS::SSM::Parameter" not in kinds


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
    "guard.json": GuardRequest(datetime(2026, 11, 21, 10, tzinfo=UTC)),
}


def test_there_is_a_sample_event_for_each_way_to_invoke() -> None:
    """The folder of events has exactly the documented ways."""
    assert {path.name for path in (ROOT / "events").iterdir()} == set(SAMPLE_EVENTS)


@pytest.mark.parametrize(("name", "expected"), SAMPLE_EVENTS.items())
def test_sample_events_are_understood(name: str, expected: ReportRequest | GuardRequest) -> None:
    """Each sample event asks for what its name says."""
    event = json.loads((ROOT / "events" / name).read_text())

    assert parse(event, ZoneInfo("UTC"), restate_days=1, catch_up_days=2) == expected


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
