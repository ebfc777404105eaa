"""The roles in the template against every AWS call that the handler makes: exactly those."""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from copy import replace
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import reduce
from typing import Any

import boto3
import pytest
import yaml

from local.artefact import Environment
from local.aws import BUCKET, CONFIG_PATH, LocalAws
from local.environment import environment as changed_environment
from local.invoke import in_time
from spend_report.adapters.aws.clients import session
from spend_report.errors import AwsError
from spend_report.handler import handle
from tests.template.combinations import made
from tests.template.conftest import TEMPLATE, CloudFormationLoader, Json

ACCOUNT = "arn:aws:ssm:us-east-1:123456789012:parameter"
ALERTS = "arn:aws:sns:us-east-1:123456789012:spend-alerts"
CHAT = "arn:aws:sns:us-east-1:123456789012:chat"
# What AWS's services do in the role's name: SNS encrypts, Lambda logs and keeps failed events.
BY_SERVICES = {
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:SendMessage",
}


@dataclass(frozen=True, slots=True, order=True)
class Need:
    """An action on a resource, as IAM spells them."""

    action: str
    resource: str


# https://docs.aws.amazon.com/service-authorization/latest/reference/: what a call asks IAM for
NEEDS: Mapping[str, Callable[[Mapping[str, Any]], Need]] = {
    "GetParametersByPath": lambda call: Need("ssm:GetParametersByPath", ACCOUNT + call["Path"]),
    "GetParameter": lambda call: Need("ssm:GetParameter", ACCOUNT + call["Name"]),
    "GetObject": lambda call: Need("s3:GetObject", _object(call)),
    "HeadObject": lambda call: Need("s3:GetObject", _object(call)),
    "PutObject": lambda call: Need("s3:PutObject", _object(call)),
    "DeleteObject": lambda call: Need("s3:DeleteObject", _object(call)),
    "ListObjectsV2": lambda call: Need("s3:ListBucket", f"arn:aws:s3:::{call['Bucket']}"),
    "Publish": lambda call: Need("sns:Publish", call["TopicArn"]),
}


def _object(call: Mapping[str, Any]) -> str:
    return f"arn:aws:s3:::{call['Bucket']}/{call['Key']}"


@contextmanager
def recorded() -> Iterator[set[Need]]:
    """Collects what every client of the function that is made meanwhile asks AWS for."""
    needs: set[Need] = set()

    def note(**event: Any) -> None:
        needs.add(NEEDS[event["model"].name](event["params"]))

    session().register("before-parameter-build.*.*", note)
    try:
        yield needs
    finally:
        session().unregister("before-parameter-build.*.*", note)


@pytest.fixture
def chat(aws: LocalAws) -> str:
    arn: str = boto3.client("sns").create_topic(Name="chat")["TopicArn"]
    return arn


@pytest.fixture
def needs_of_the_report(environment: Environment, chat: str) -> set[Need]:
    """Every path of the daily report: first run, restatement, digest, range, failed alert."""
    variables = {**environment.variables, "CHAT_TOPIC_ARN": chat}
    sns = boto3.client("sns")
    with recorded() as needs:
        with changed_environment(variables):
            invoke({"start_date": "2026-11-14", "end_date": "2026-11-20"})
            invoke({"scheduled_time": "2026-11-22T06:00:00Z"})
            invoke({"scheduled_time": "2026-11-23T06:00:00Z"})
        # Below another prefix nothing was sent yet, so it tries, and fails, to send.
        with changed_environment({**variables, "REPORT_PREFIX": "again/"}):
            sns.delete_topic(TopicArn=ALERTS)
            with pytest.raises(AwsError):
                invoke({"date": "2026-11-21"})
    return {replace(need, resource=need.resource.replace("/again/", "/")) for need in needs}


@pytest.fixture
def needs_of_the_backfill(environment: Environment) -> set[Need]:
    """What the state machine asks of its function: days, without a word to anyone."""
    with recorded() as needs, changed_environment(environment.variables):
        invoke({"date": "2026-11-20", "notify": False})
        invoke({"date": "2026-11-21", "notify": False})
    return needs


def invoke(event: dict[str, object]) -> None:
    handle(event, None, lambda: in_time(event))


def allowed(role: str) -> set[Need]:
    """The role's actions, each with each of its resources, with the local account's names."""
    template = yaml.load(TEMPLATE.read_text(), CloudFormationLoader)
    given = {"ConfigPath": CONFIG_PATH, "ChatAlerts": "on"}
    (policy,) = made(template, given)["Resources"][role]["Properties"]["Policies"]
    return {
        Need(action, _resolved(resource))
        for statement in policy["PolicyDocument"]["Statement"]
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    }


NAMES = {
    "AWS::Partition": "aws",
    "AWS::Region": "us-east-1",
    "AWS::AccountId": "123456789012",
    "ReportBucket": BUCKET,
    "AlertTopic": ALERTS,
    "ChatTopic": CHAT,
    "AlertKey.Arn": "arn:aws:kms:us-east-1:123456789012:key/alerts",
    "FailedRunsQueue.Arn": "arn:aws:sqs:us-east-1:123456789012:failed",
    "SpendReportLogs.Arn": "arn:aws:logs:us-east-1:123456789012:log-group:daily:*",
    "BackfillLogs.Arn": "arn:aws:logs:us-east-1:123456789012:log-group:backfill:*",
}


def _resolved(value: Json) -> str:
    match value:
        case {"Ref": name}:
            return NAMES[name]
        case {"Fn::GetAtt": path}:
            return NAMES[".".join(path)]
        case {"Fn::Sub": [text, names]}:
            known = {f"${{{name}}}": _resolved(value) for name, value in names.items()}
            return _resolved(
                {"Fn::Sub": reduce(lambda t, each: t.replace(*each), known.items(), text)}
            )
        case {"Fn::Sub": text}:
            return re.sub(r"\$\{([^}]+)\}", lambda match: NAMES[match[1]], text)
        case _:
            raise AssertionError(value)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _covers(grant: Need, need: Need) -> bool:
    return grant.action == need.action and fnmatchcase(need.resource, grant.resource)


def _compared(role: str, needs: set[Need]) -> tuple[list[Need], set[str]]:
    """What the role refuses of `needs`, and the actions that nothing in `needs` uses."""
    grants = allowed(role)
    refused = sorted(need for need in needs if not any(_covers(grant, need) for grant in grants))
    spare = {grant.action for grant in grants if not any(_covers(grant, need) for need in needs)}
    return refused, spare


def test_the_reports_role_is_exact(needs_of_the_report: set[Need]) -> None:
    """No call of the daily report is refused, and every permission is one that some path uses."""
    refused, spare = _compared("SpendReportRole", needs_of_the_report)

    assert {need.action for need in needs_of_the_report} == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
        "sns:Publish",
        "ssm:GetParameter",
        "ssm:GetParametersByPath",
    }
    assert refused == []
    assert spare == BY_SERVICES


def test_the_backfills_role_is_exact(needs_of_the_backfill: set[Need]) -> None:
    """A backfilled day may read, write and log, and cannot alert."""
    refused, spare = _compared("BackfillFunctionRole", needs_of_the_backfill)

    assert len(needs_of_the_backfill) > 20
    assert refused == []
    assert spare == {"logs:CreateLogStream", "logs:PutLogEvents"}
