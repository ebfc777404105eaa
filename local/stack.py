"""The stack of template.yaml, deployed from .aws-sam/ by SAM into an emulated account."""

import json
import os
import platform
import subprocess
import time
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from local.documents import in_folder
from local.ministack import ROOT, MiniStack

NAME = "spend-report"
_ARCHITECTURES = {"aarch64": "arm64"}
_FIRES_WITHIN = 150.0
_ENDS_WITHIN = 150.0


class Stack:
    """The deployed stack `name`. Its parameters beside `parameters` are the template's defaults.

    With `packaged`, its code lies in the account already, and is not packed once more.
    """

    def __init__(
        self,
        aws: MiniStack,
        parameters: Mapping[str, str],
        *,
        name: str = NAME,
        packaged: Path | None = None,
    ) -> None:
        self._aws = aws
        self._name = name
        machine = platform.machine()
        given = {"Architecture": _ARCHITECTURES.get(machine, machine), **parameters}
        self._deploy(given, packaged)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs by name."""
        cloudformation = self._aws.client("cloudformation")
        (stack,) = cloudformation.describe_stacks(StackName=self._name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def resource(self, logical_id: str) -> str:
        """The physical id of a resource."""
        cloudformation = self._aws.client("cloudformation")
        detail = cloudformation.describe_stack_resource(
            StackName=self._name, LogicalResourceId=logical_id
        )
        physical: str = detail["StackResourceDetail"]["PhysicalResourceId"]
        return physical

    def resources(self) -> set[tuple[str, str]]:
        """Type and logical id of each resource that there is."""
        cloudformation = self._aws.client("cloudformation")
        listed = cloudformation.list_stack_resources(StackName=self._name)
        return {
            (each["ResourceType"], each["LogicalResourceId"])
            for each in listed["StackResourceSummaries"]
        }

    def configure(self, folder: Path, api_key: str) -> None:
        """Put `folder`'s documents and the key, as `make put-config` does."""
        ssm = self._aws.client("ssm")
        root = self.outputs["ConfigPath"]
        for name, document in in_folder(folder).items():
            ssm.put_parameter(
                Name=f"{root}/{name}", Value=document.text, Type="String", Overwrite=True
            )
        ssm.put_parameter(Name=f"{root}/langsmith-api-key", Value=api_key, Type="SecureString")

    def subscribe_queue(self) -> str:
        """A queue that receives what is published on the alert topic; its URL."""
        sqs = self._aws.client("sqs")
        url: str = sqs.create_queue(QueueName=f"{self._name}-alerts")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "sns.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": arn["QueueArn"],
                }
            ],
        }
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
        self._aws.client("sns").subscribe(
            TopicArn=self.outputs["AlertTopicArn"], Protocol="sqs", Endpoint=arn["QueueArn"]
        )
        return url

    def fire_schedule(self, scheduled_time: str) -> None:
        """Let the schedule fire every minute, with `scheduled_time` where AWS would put its own.

        MiniStack hands the placeholder in the input over as it is.
        """
        scheduler = self._aws.client("scheduler")
        schedule = scheduler.get_schedule(Name=f"{self._name}-daily")
        target = schedule["Target"]
        assert json.loads(target["Input"]) == {"scheduled_time": "<aws.scheduler.scheduled-time>"}
        scheduler.update_schedule(
            Name=schedule["Name"],
            ScheduleExpression="rate(1 minute)",
            FlexibleTimeWindow=schedule["FlexibleTimeWindow"],
            Target={**target, "Input": json.dumps({"scheduled_time": scheduled_time})},
        )

    def received(self, queue: str) -> Any:
        """The first alert that arrives in `queue`, as a program receives it.

        Raises:
            TimeoutError: none came.
        """
        sqs = self._aws.client("sqs")
        deadline = time.monotonic() + _FIRES_WITHIN
        while time.monotonic() < deadline:
            answer = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
            for message in answer.get("Messages", ()):
                return json.loads(json.loads(message["Body"])["Message"])
        raise TimeoutError(f"no alert within {_FIRES_WITHIN:.0f} s; see {self._aws.log}")

    def invoke(self, event: Mapping[str, Any]) -> Any:
        """What the function returns for `event`, or the error as Lambda describes it."""
        answer = self._aws.client("lambda").invoke(
            FunctionName=self.outputs["FunctionName"], Payload=json.dumps(event).encode()
        )
        return json.loads(answer["Payload"].read())

    def backfill(self, first: str, last: str | None) -> Any:
        """What the backfill returns for the days from `first` to `last`. Raises as `execute`."""
        days = {"start_date": first} | ({"end_date": last} if last else {})
        return self.execute("BackfillStateMachineArn", days)

    def execute(self, machine: str, event: Mapping[str, str]) -> Any:
        """What the state machine returns whose ARN is the output `machine`.

        Raises:
            RuntimeError: the execution failed, and why.
            TimeoutError: it did not end.
        """
        steps = self._aws.client("stepfunctions")
        execution = steps.start_execution(
            stateMachineArn=self.outputs[machine], input=json.dumps(event)
        )["executionArn"]
        deadline = time.monotonic() + _ENDS_WITHIN
        while time.monotonic() < deadline:
            state = steps.describe_execution(executionArn=execution)
            if state["status"] == "SUCCEEDED":
                return json.loads(state["output"])
            if state["status"] != "RUNNING":
                raise RuntimeError(f"{state['error']}: {state['cause']}")
            time.sleep(0.5)
        raise TimeoutError(f"the execution runs for more than {_ENDS_WITHIN:.0f} s")

    def objects(self) -> dict[str, bytes]:
        """Every object of the report bucket by its key."""
        s3, bucket = self._aws.client("s3"), self.outputs["ReportBucketName"]
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return {key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}

    def _deploy(self, parameters: Mapping[str, str], packaged: Path | None) -> None:
        _sam(
            "deploy",
            *("--stack-name", self._name),
            *(("--template-file", packaged) if packaged else ()),
            "--resolve-s3",
            *("--capabilities", "CAPABILITY_IAM"),
            "--no-confirm-changeset",
            "--no-progressbar",
            "--parameter-overrides",
            *(f"{name}={value}" for name, value in parameters.items()),
        )


def package(to: Path) -> Path:
    """Upload the built code, and write the template that names it to `to`, for several stacks."""
    _sam("package", "--resolve-s3", "--no-progressbar", "--output-template-file", to)
    return to


def _sam(command: str, *arguments: str | Path) -> None:
    done = subprocess.run(
        [ROOT / "tools" / "run", "sam", command, *arguments],
        cwd=ROOT,
        env={**os.environ, "SAM_CLI_POLL_DELAY": "0.3"},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"sam {command} failed:\n{done.stdout}\n{done.stderr}")
