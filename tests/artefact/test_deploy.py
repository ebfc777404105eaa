"""The template deploys, the schedule fires, and roles and policies hold when they are enforced."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from botocore.exceptions import ClientError

from local import deploy
from local.langsmith_server import LangSmithServer
from local.ministack import MiniStack
from local.sample_data import PROJECT, sample_runs
from local.stack import Stack
from tests.artefact.expected import CSV, SAMPLE_DAY, calls_and_tokens

DAY = {"date": "2026-11-21"}
EVERYTHING = {"Effect": "Allow", "Action": "*", "Resource": "*"}
# MiniStack asks for this action on `*` instead of the path that AWS asks for.
PATHS_OF_MINISTACK = {"Effect": "Allow", "Action": "ssm:GetParametersByPath", "Resource": "*"}


class Enforced(NamedTuple):
    """The deployed stack in an account that enforces its policies."""

    aws: MiniStack
    stack: Stack
    queue: str


@pytest.fixture(scope="module")
def enforced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Enforced]:
    folder = tmp_path_factory.mktemp("ministack")
    with LangSmithServer() as langsmith, MiniStack(folder, enforce=True) as aws:
        langsmith.add_runs(PROJECT, sample_runs())
        stack = Stack(aws, {"LangSmithEndpoint": langsmith.url, "LangSmithProjects": PROJECT})
        stack.configure(deploy.CONFIG, langsmith.api_key)
        _name_sessions(aws, stack)
        yield Enforced(aws, stack, stack.subscribe_queue())


@pytest.fixture(scope="module")
def administrator(enforced: Enforced) -> dict[str, str]:
    """The keys of a user whose own policy allows everything: only resources' policies stop it."""
    iam = enforced.aws.client("iam")
    iam.create_user(UserName="administrator")
    iam.put_user_policy(
        UserName="administrator", PolicyName="everything", PolicyDocument=_policy(EVERYTHING)
    )
    key = iam.create_access_key(UserName="administrator")["AccessKey"]
    return {"access_key": key["AccessKeyId"], "secret": key["SecretAccessKey"]}


def test_the_deployed_schedule_reports(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """`make deploy-local`: a plain `sam deploy`, the schedule fires, CSV and alert come out.

    What the shell of a person with an account of their own has set changes nothing.
    """
    monkeypatch.setenv("AWS_PROFILE", "prod")
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    deploy.main(["--out", str(tmp_path)])

    assert calls_and_tokens((tmp_path / CSV).read_bytes()) == SAMPLE_DAY
    shown = capsys.readouterr().out
    assert '"kind": "spend_alert"' in shown
    assert '"feature": "rag-search"' in shown


def test_the_functions_role_suffices(enforced: Enforced) -> None:
    """With exactly the template's permissions the day is reported and told; without, refused."""
    refused = enforced.stack.invoke(DAY)
    _allow(enforced, "SpendReportRole", PATHS_OF_MINISTACK)
    reported = enforced.stack.invoke(DAY)

    assert "is not authorized to perform: ssm:GetParametersByPath" in refused["errorMessage"]
    assert [each["date"] for each in reported["reports"]] == ["2026-11-21"]
    assert calls_and_tokens(enforced.stack.objects()[CSV]) == SAMPLE_DAY
    assert enforced.stack.received(enforced.queue)["date"] == "2026-11-21"


def test_the_backfill_reports_each_day_and_says_nothing(enforced: Enforced) -> None:
    """The deployed state machine makes a day of each date, with roles that cannot alert."""
    before = _sent(enforced.stack)
    _allow(enforced, "BackfillFunctionRole", PATHS_OF_MINISTACK)

    days = enforced.stack.backfill("2026-11-18", "2026-11-20")

    assert [each["date"] for each in days] == ["2026-11-18", "2026-11-19", "2026-11-20"]
    # The sample week's slip, a mistyped tag, is a feature of its own on its last day but one.
    assert [each["features"] for each in days] == [5, 5, 6]
    assert _sent(enforced.stack) == before


def test_a_backfill_without_an_end_fails_at_once(enforced: Enforced) -> None:
    """What is no range is refused before any day is reported."""
    with pytest.raises(RuntimeError, match="start_date and end_date must be dates"):
        enforced.stack.backfill("2026-11-18", None)


def test_reports_are_read_over_tls_only(enforced: Enforced, administrator: dict[str, str]) -> None:
    """The bucket's policy refuses plain HTTP, even to who may do everything else."""
    bucket = enforced.stack.outputs["ReportBucketName"]
    over_tls = enforced.aws.client("s3", **administrator)
    plain = enforced.aws.client("s3", **administrator)
    plain.meta.events.register("before-send.s3.*", _as_if_over_http)

    listed = over_tls.list_objects_v2(Bucket=bucket)
    with pytest.raises(ClientError, match="explicit deny"):
        plain.list_objects_v2(Bucket=bucket)

    assert listed["ResponseMetadata"]["HTTPStatusCode"] == 200


def test_nobody_else_publishes(enforced: Enforced, administrator: dict[str, str]) -> None:
    """The topic's policy refuses a message from who may do everything else."""
    sns = enforced.aws.client("sns", **administrator)

    with pytest.raises(ClientError, match="explicit deny"):
        sns.publish(TopicArn=enforced.stack.outputs["AlertTopicArn"], Message="Send money")


def _name_sessions(aws: MiniStack, stack: Stack) -> None:
    """Add the role's sessions to the topic's policy, because MiniStack compares them.

    In AWS `aws:PrincipalArn` of a session is the role's ARN, which is what the template names:
    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
    """
    sns, topic = aws.client("sns"), stack.outputs["AlertTopicArn"]
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    (deny,) = [each for each in policy["Statement"] if each["Sid"] == "NobodyElsePublishes"]
    role = deny["Condition"]["ArnNotEquals"]["aws:PrincipalArn"]
    sessions = role.replace(":iam:", ":sts:").replace(":role/", ":assumed-role/") + "/*"
    deny["Condition"]["ArnNotEquals"]["aws:PrincipalArn"] = [role, sessions]
    sns.set_topic_attributes(
        TopicArn=topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
    )


def _allow(enforced: Enforced, role: str, statement: dict[str, str]) -> None:
    enforced.aws.client("iam").put_role_policy(
        RoleName=enforced.stack.resource(role),
        PolicyName="ministack",
        PolicyDocument=_policy(statement),
    )


def _sent(stack: Stack) -> set[str]:
    """The memory of what was told to anyone."""
    return {key for key in stack.objects() if key.startswith("alerts/")}


def _policy(statement: dict[str, str]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _as_if_over_http(request: Any, **_: Any) -> None:
    """MiniStack takes the transport from this header, which a proxy before it would set."""
    request.headers["X-Forwarded-Proto"] = "http"
