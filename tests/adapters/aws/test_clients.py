"""What AWS answers, in words for who has to mend it."""

from contextlib import closing

import boto3
import pytest
from botocore.exceptions import ClientError

from spend_report.adapters.aws.clients import client, console_region, translated
from spend_report.adapters.aws.s3_lock import LEASE
from spend_report.errors import AwsError

KMS = (
    "User: arn:aws:sts::123456789012:assumed-role/report/report is not authorized to perform: "
    "kms:GenerateDataKey on resource: arn:aws:kms:eu-central-1:123456789012:key/1234"
)


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        ("AccessDenied", "Access Denied", r"Allow the function's role s3:PutObject on it$"),
        ("AccessDenied", KMS, r"Allow the function's role kms:GenerateDataKey on arn:aws:kms"),
        ("NoSuchBucket", "It does not exist", r"Check that it exists"),
        ("InternalError", "We are sorry", r"We are sorry$"),
    ],
)
def test_denial_names_the_permission_that_lacks(code: str, message: str, hint: str) -> None:
    """Who is denied the key of a bucket is not sent to look for a permission on the bucket."""
    error = ClientError({"Error": {"Code": code, "Message": message}}, "PutObject")

    with pytest.raises(AwsError, match=hint), translated("s3:PutObject", "s3://bucket/key"):
        raise error


def test_a_publish_gives_up_within_the_lease(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else another invocation would take the lock over, and send the same."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with closing(client("sns")) as sns:
        config = sns.meta.config

    longest = config.connect_timeout + config.read_timeout
    assert config.retries["total_max_attempts"] * longest < LEASE


@pytest.mark.parametrize(
    ("endpoint", "region"),
    [
        (None, "eu-central-1"),
        ("https://bucket.vpce-1-2.s3.eu-central-1.vpce.amazonaws.com", "eu-central-1"),
        ("http://127.0.0.1:4566", ""),
        ("http://s3.localhost.localstack.cloud:4566", ""),
    ],
)
def test_only_aws_has_a_console(endpoint: str | None, region: str) -> None:
    """What an emulator holds is shown by no console, and no link is made to one."""
    s3 = boto3.client(
        "s3",
        region_name="eu-central-1",
        endpoint_url=endpoint,
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )

    assert console_region(s3) == region
