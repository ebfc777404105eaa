"""The template deploys as people deploy it: with what the company has, in a VPC, with everything.

The bare stack is deployed by the other tests. The emulator knows no subnets, boundaries, encryption
and lifecycles: of these the template's own tests look at the structure.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from local import deploy
from local.langsmith_server import LangSmithServer
from local.ministack import MiniStack
from local.sample_data import PROJECT, sample_runs
from local.stack import Stack, package
from tests.artefact.expected import CSV, SAMPLE_DAY, calls_and_tokens
from tests.template.combinations import EVERYTHING, OWN_BUCKET_AND_KEY, VPC

DAY = {"date": "2026-11-21"}


class Account(NamedTuple):
    """An account with the built code in it, and the LangSmith that its stacks read."""

    aws: MiniStack
    packaged: Path
    langsmith: LangSmithServer

    def stack(self, name: str, parameters: Mapping[str, str]) -> Stack:
        """The stack `name`, with prices, budgets and key."""
        path = {"ConfigPath": f"/llm-spend/{name}", "LangSmithProjects": PROJECT}
        given = {**parameters, **path, "LangSmithEndpoint": self.langsmith.url}
        made = Stack(self.aws, given, name=name, packaged=self.packaged)
        made.configure(deploy.CONFIG, self.langsmith.api_key)
        return made


@pytest.fixture(scope="module")
def account(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Account]:
    folder = tmp_path_factory.mktemp("account")
    with LangSmithServer() as langsmith, MiniStack(folder) as aws:
        langsmith.add_runs(PROJECT, sample_runs())
        yield Account(aws, package(folder / "packaged.yaml"), langsmith)


def test_with_bucket_and_topics_of_ones_own(account: Account) -> None:
    """Reports and alerts go to what the company has; the stack makes neither, nor a key."""
    bucket = OWN_BUCKET_AND_KEY["ExistingBucketName"]
    account.aws.client("s3").create_bucket(Bucket=bucket)
    for topic in ("company-alerts", "company-alarms"):
        account.aws.client("sns").create_topic(Name=topic)

    stack = account.stack("own", OWN_BUCKET_AND_KEY)

    assert stack.outputs["ReportBucketName"] == bucket
    assert stack.outputs["AlertTopicArn"] == OWN_BUCKET_AND_KEY["ExistingAlertTopicArn"]
    assert stack.outputs["AlarmTopicArn"] == OWN_BUCKET_AND_KEY["ExistingAlarmTopicArn"]
    kinds = {kind for kind, _ in stack.resources()}
    assert not kinds & {"AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::KMS::Key"}
    reports_and_tells(stack)


def test_in_a_vpc_with_a_proxy(account: Account) -> None:
    """The function knows the company's proxy, and whom to reach without it."""
    stack = account.stack("vpc", VPC)

    function = account.aws.client("lambda").get_function_configuration(
        FunctionName=stack.outputs["FunctionName"]
    )
    variables = function["Environment"]["Variables"]
    assert variables["HTTPS_PROXY"] == VPC["HttpsProxy"]
    assert variables["NO_PROXY"] == VPC["NoProxy"]
    reports_and_tells(stack)


def test_with_everything(account: Account) -> None:
    """All that a parameter can switch on is there; four workers report the same bytes as one."""
    stack = account.stack("everything", EVERYTHING)

    made = {name for _, name in stack.resources()}
    assert {"GuardFunction", "GuardAlarm", "ChatTopic", "AlarmTopic", "ReportDatabase"} <= made
    tables = account.aws.client("glue").get_tables(DatabaseName=stack.outputs["DatabaseName"])
    assert {"spend_by_feature", "spend_detail", "bills"} <= {
        table["Name"] for table in tables["TableList"]
    }
    role = account.aws.client("iam").get_role(RoleName=stack.resource("SpendReportRole"))["Role"]
    assert role["Path"] == EVERYTHING["RolePath"]
    reports_and_tells(stack)
    before = stack.objects()
    (report,) = stack.execute("PartsStateMachineArn", DAY)["reports"]
    assert report["report"] == f"s3://{stack.outputs['ReportBucketName']}/{CSV}"
    after = stack.objects()
    parts = {key for key in after if key.startswith("parts/")}
    assert len(parts) >= int(EVERYTHING["Workers"])
    assert {key: body for key, body in after.items() if key not in parts} == before


def reports_and_tells(stack: Stack) -> None:
    """Assert that the deployed function reports the sample's day, and tells of it."""
    queue = stack.subscribe_queue()

    (report,) = stack.invoke(DAY)["reports"]

    assert report["report"] == f"s3://{stack.outputs['ReportBucketName']}/{CSV}"
    assert calls_and_tokens(stack.objects()[CSV]) == SAMPLE_DAY
    assert stack.received(queue)["date"] == DAY["date"]
