"""One message, whatever happens between claiming and sending: on S3, SNS and SQS."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.s3.models import s3_backends

from spend_report.adapters.aws.s3_alert_log import S3AlertLog
from spend_report.adapters.aws.sns_alerts import SnsAlerts
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.messages.alert_message import Message
from spend_report.domain.messages.news import DayAlerts
from spend_report.domain.record.history import History
from spend_report.errors import AwsError
from spend_report.ports import Publisher
from spend_report.sending import Sending
from tests.atomic_s3 import AtomicS3
from tests.days import budget, day, line, news

LOCK = "alerts/lock.json"


@dataclass
class Aws:
    """A bucket, a topic and a queue that receives what is published."""

    s3: Any
    sns: Any
    sqs: Any
    topic: str
    queue: str

    def invocation(
        self, publisher: Publisher | None = None, sleep: Callable[[float], None] | None = None
    ) -> Sending:
        """What one invocation builds."""
        log = S3AlertLog("llm-reports", "", client=self.s3, sleep=sleep or (lambda _: None))
        return Sending(log, publisher or SnsAlerts(self.topic, client=self.sns), None)

    def received(self) -> list[Any]:
        """The messages in the queue, read as JSON."""
        messages = []
        while answer := self.sqs.receive_message(QueueUrl=self.queue).get("Messages"):
            messages += [json.loads(message["Body"]) for message in answer]
            for message in answer:
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return messages


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        sns = boto3.client("sns", region_name="us-east-1")
        sqs = boto3.client("sqs", region_name="us-east-1")
        s3.create_bucket(Bucket="llm-reports")
        topic = sns.create_topic(Name="llm-spend")["TopicArn"]
        queue = sqs.create_queue(QueueName="alerts")["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint="arn:aws:sqs:us-east-1:123456789012:alerts",
            Attributes={"RawMessageDelivery": "true"},
        )
        yield Aws(AtomicS3(s3), sns, sqs, topic, queue)
        s3.close()
        sns.close()
        sqs.close()


def a_day() -> list[DayAlerts]:
    """Three features over their budget."""
    figures = day("2026-11-21", *(line(name, "2") for name in "abc"))
    return [news(figures, History({}), Budgets(default=budget("1.00")))]


def test_two_invocations_at_the_same_moment(aws: Aws) -> None:
    """Six that start together send one message, with everything in it."""
    start = threading.Barrier(6)

    def run(_: int) -> None:
        start.wait()
        aws.invocation(sleep=lambda _: time.sleep(0.01)).alert(a_day())

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(run, range(6)))

    (message,) = aws.received()
    assert [alert["feature"] for alert in message["alerts"]] == ["a", "b", "c"]


def test_killed_between_claiming_and_sending(aws: Aws) -> None:
    """A process that is gone before it published has lost nothing: the next one sends."""
    waited: list[float] = []

    class Killed:
        def publish(self, message: Message) -> None:
            # No clean-up runs in a process that is killed: the lock is put back as it was.
            self.lock = aws.s3.get_object(Bucket="llm-reports", Key=LOCK)["Body"].read()
            raise KeyboardInterrupt

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        lock = s3_backends["123456789012"]["aws"].buckets["llm-reports"].keys[LOCK]
        lock.last_modified -= timedelta(seconds=seconds)

    killed = Killed()
    with pytest.raises(KeyboardInterrupt):
        aws.invocation(killed).alert(a_day())
    aws.s3.put_object(Bucket="llm-reports", Key=LOCK, Body=killed.lock)

    aws.invocation(sleep=sleep).alert(a_day())

    assert len(aws.received()) == 1
    assert sum(waited) <= 21


def test_failed_publish_is_sent_by_the_retry(aws: Aws) -> None:
    """A topic that can't be reached fails the run; the retry sends at once, and only once."""

    def no_waiting(seconds: float) -> None:
        pytest.fail(f"waited for {seconds} s")

    gone = SnsAlerts(f"{aws.topic}-gone", client=aws.sns)
    with pytest.raises(AwsError, match="sns:Publish"):
        aws.invocation(gone, no_waiting).alert(a_day())

    aws.invocation(sleep=no_waiting).alert(a_day())
    aws.invocation(sleep=no_waiting).alert(a_day())

    assert len(aws.received()) == 1
