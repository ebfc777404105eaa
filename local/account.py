"""One's own AWS account, as a command-line tool reaches it."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoRegionError

from spend_report.errors import AwsError


@dataclass(frozen=True, slots=True)
class Account:
    """Whose parameters are about to be read or changed, and where."""

    number: str
    region: str
    ssm: Any

    def __str__(self) -> str:
        return f"account {self.number}, region {self.region}"


@contextmanager
def account() -> Iterator[Account]:
    """The account of the credentials that boto3 finds; AWS's errors in one line.

    Takes the region from AWS_REGION as the AWS CLI does, which boto3 does not know.

    Raises:
        AwsError: no region, no credentials, or AWS refused something.
    """
    try:
        session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)
        with closing(session.client("ssm")) as ssm, closing(session.client("sts")) as sts:
            number = sts.get_caller_identity()["Account"]
            yield Account(number, ssm.meta.region_name, ssm)
    except NoRegionError as error:
        raise AwsError("no region is set; export AWS_REGION=eu-central-1, or yours") from error
    except ClientError as error:
        said = error.response.get("Error", {})
        raise AwsError(
            f"{error.operation_name} failed: {said.get('Code', '')}: {said.get('Message', '')}"
        ) from error
    except BotoCoreError as error:
        raise AwsError(str(error)) from error
