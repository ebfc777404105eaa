"""Publishing: what each subscriber receives, and SNS's own limits."""

import json
from collections.abc import Iterator, Mapping
from copy import replace
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from moto import mock_aws
from moto.sns.models import sns_backends

from spend_report.adapters.aws.sns_alerts import SnsAlerts, SnsChat
from spend_report.domain.messages.alert_message import Message
from spend_report.domain.messages.chat import ChatMessage
from spend_report.errors import AwsError

MESSAGE = Message(
    subject="LLM spend 21 Nov: rag-search $2.28 of $2.00",
    text="rag-search spent $2.28\n+$1.10 longer prompts (2,000 → 4,600 tokens per call)\n",
    data='{"kind":"spend_alert"}',
    attributes={
        "kind": "spend_alert",
        "severity": "critical",
        "date": "2026-11-21",
        "features": ["rag-search", "agent-copilot"],
        "owners": ["search", "agents"],
    },
)


@dataclass
class Aws:
    """A topic, and queues that subscribe to it."""

    sns: Any
    sqs: Any
    topic: str

    def queue(self, name: str, policy: Mapping[str, Any] | None = None) -> str:
        """The URL of a queue that receives what its filter policy lets through, as it is."""
        url: str = self.sqs.create_queue(QueueName=name)["QueueUrl"]
        attributes = {"RawMessageDelivery": "true"}
        if policy is not None:
            attributes["FilterPolicy"] = json.dumps(policy)
        self.sns.subscribe(
            TopicArn=self.topic,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:us-east-1:123456789012:{name}",
            Attributes=attributes,
        )
        return url

    def received(self, url: str) -> list[str]:
        """The bodies in a queue."""
        answer = self.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
        return [message["Body"] for message in answer.get("Messages", ())]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        sns = boto3.client("sns", region_name="us-east-1")
        sqs = boto3.client("sqs", region_name="us-east-1")
        yield Aws(sns, sqs, sns.create_topic(Name="llm-spend")["TopicArn"])
        sns.close()
        sqs.close()


def published(topic: str) -> Any:
    """What arrived at the topic: (id, body, subject, attributes, …)."""
    return sns_backends["123456789012"]["us-east-1"].topics[topic].sent_notifications


def test_each_protocol_gets_its_form(aws: Aws) -> None:
    """People get text, queues, functions and webhooks JSON; the default is there, as SNS wants."""
    SnsAlerts(aws.topic, client=aws.sns).publish(MESSAGE)

    ((_, body, subject, attributes, _),) = published(aws.topic)
    assert json.loads(body) == {
        "default": MESSAGE.text,
        "email": MESSAGE.text,
        "sqs": MESSAGE.data,
        "lambda": MESSAGE.data,
        "http": MESSAGE.data,
        "https": MESSAGE.data,
    }
    assert subject == MESSAGE.subject
    assert {name: value["Type"] for name, value in attributes.items()} == {
        "kind": "String",
        "severity": "String",
        "date": "String",
        "features": "String.Array",
        "owners": "String.Array",
    }


def test_a_queue_receives_json(aws: Aws) -> None:
    """A queue with raw delivery gets the JSON and nothing around it."""
    queue = aws.queue("all")

    SnsAlerts(aws.topic, client=aws.sns).publish(MESSAGE)

    assert aws.received(queue) == [MESSAGE.data]


def test_alarms_pass_no_policy(aws: Aws) -> None:
    """An alarm has no attributes, so that only a subscription without a policy gets it."""
    filtered = aws.queue("filtered", {"kind": [{"anything-but": ["weekly_digest"]}]})
    unfiltered = aws.queue("unfiltered")

    aws.sns.publish(TopicArn=aws.topic, Subject="ALARM: no-report", Message="No report in 26 h")

    assert aws.received(filtered) == []
    assert aws.received(unfiltered) == ["No report in 26 h"]


@pytest.mark.parametrize(
    ("policy", "count"),
    [
        ({"severity": ["critical"]}, 1),
        ({"severity": ["warning"]}, 0),
        ({"severity": ["critical", "warning"]}, 1),
        ({"features": ["agent-copilot"]}, 1),
        ({"features": ["summarizer"]}, 0),
        ({"owners": ["search"]}, 1),
        ({"owners": ["checkout"]}, 0),
        ({"owners": ["search"], "severity": ["warning"]}, 0),
        ({"kind": ["weekly_digest"]}, 0),
        ({"kind": [{"anything-but": ["weekly_digest"]}], "severity": ["critical"]}, 1),
        ({"severity": ["critical"], "features": ["summarizer"]}, 0),
    ],
)
def test_filter_policies(aws: Aws, policy: dict[str, Any], count: int) -> None:
    """A subscription with a filter policy gets only what it asks for."""
    queue = aws.queue("some", policy)

    SnsAlerts(aws.topic, client=aws.sns).publish(MESSAGE)

    assert len(aws.received(queue)) == count


def test_no_features(aws: Aws) -> None:
    """A message about the total has an empty list, and those who filter by feature don't get it."""
    everything, one = aws.queue("all"), aws.queue("one", {"features": ["rag-search"]})

    SnsAlerts(aws.topic, client=aws.sns).publish(
        replace(MESSAGE, attributes={**MESSAGE.attributes, "features": []})
    )

    assert (len(aws.received(everything)), len(aws.received(one))) == (1, 0)


@pytest.mark.parametrize(
    "subject", ["", "two\nlines", "bell\x07", "é", "x" * 100, " space first", "tab\there"]
)
def test_subjects_that_sns_refuses(aws: Aws, subject: str) -> None:
    """What SNS refuses in production, and moto does not, is refused before it is sent."""
    with pytest.raises(AwsError, match="SNS subject"):
        SnsAlerts(aws.topic, client=aws.sns).publish(replace(MESSAGE, subject=subject))

    assert published(aws.topic) == []


@pytest.mark.parametrize(
    "too_much",
    [
        replace(MESSAGE, data="x" * 65_536),
        replace(MESSAGE, text="€" * 43_691),
        replace(MESSAGE, attributes={"features": ["x" * 262_000]}),
    ],
)
def test_more_than_256_kb(aws: Aws, too_much: Message) -> None:
    """Bytes count, not characters, of all forms together and the attributes."""
    with pytest.raises(AwsError, match="SNS takes 262,144"):
        SnsAlerts(aws.topic, client=aws.sns).publish(too_much)

    assert published(aws.topic) == []


def test_unknown_topic(aws: Aws) -> None:
    """A failure names the action and the topic."""
    missing = aws.topic + "-gone"

    with pytest.raises(AwsError, match=f"sns:Publish on {missing} failed"):
        SnsAlerts(missing, client=aws.sns).publish(MESSAGE)


def test_chat_is_sent_as_it_is(aws: Aws) -> None:
    """Amazon Q Developer reads the body itself, so there is no structure and no subject."""
    queue = aws.queue("chat")

    SnsChat(aws.topic, client=aws.sns).post(ChatMessage("thread", '{"version":"1.0"}'))

    assert aws.received(queue) == ['{"version":"1.0"}']
