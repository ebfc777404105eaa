"""Publishing to SNS, within its limits, which are checked here because SNS's own errors come late.

https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
"""

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from spend_report.adapters.aws.clients import translated
from spend_report.domain.messages.alert_message import Message
from spend_report.domain.messages.chat import ChatMessage
from spend_report.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_sns.client import SNSClient
    from mypy_boto3_sns.type_defs import MessageAttributeValueTypeDef

MOST_BYTES = 256 * 1024
MOST_SUBJECT = 99
_FOR_PEOPLE = ("default", "email")
_FOR_MACHINES = ("sqs", "lambda", "http", "https")


class SnsAlerts:
    """The alert topic. Whoever subscribes gets the form that their protocol can use."""

    def __init__(self, topic_arn: str, *, client: "SNSClient") -> None:
        self._client = client
        self._topic_arn = topic_arn

    def publish(self, message: Message) -> None:
        """Publish `message` once.

        Raises:
            AwsError: SNS did not take it, or would not: a limit is exceeded.
        """
        bodies = dict.fromkeys(_FOR_PEOPLE, message.text) | dict.fromkeys(
            _FOR_MACHINES, message.data
        )
        body = json.dumps(bodies, ensure_ascii=False)
        attributes = _attributes(message.attributes)
        _check_subject(message.subject)
        _check_size(self._topic_arn, body, json.dumps(attributes, ensure_ascii=False))
        with translated("sns:Publish", self._topic_arn):
            self._client.publish(
                TopicArn=self._topic_arn,
                Subject=message.subject,
                Message=body,
                MessageStructure="json",
                MessageAttributes=attributes,
            )


class SnsChat:
    """The chat's topic, to which Amazon Q Developer subscribes."""

    def __init__(self, topic_arn: str, *, client: "SNSClient") -> None:
        self._client = client
        self._topic_arn = topic_arn

    def post(self, message: ChatMessage) -> None:
        """Publish `message` once.

        Raises:
            AwsError: SNS did not take it, or would not: a limit is exceeded.
        """
        _check_size(self._topic_arn, message.body)
        with translated("sns:Publish", self._topic_arn):
            self._client.publish(TopicArn=self._topic_arn, Message=message.body)


def _attributes(
    values: Mapping[str, str | Sequence[str]],
) -> dict[str, "MessageAttributeValueTypeDef"]:
    return {
        name: {"DataType": "String", "StringValue": value}
        if isinstance(value, str)
        else {
            "DataType": "String.Array",
            "StringValue": json.dumps(list(value), ensure_ascii=False),
        }
        for name, value in values.items()
    }


def _check_subject(subject: str) -> None:
    fits = subject.isascii() and subject.isprintable() and 0 < len(subject) <= MOST_SUBJECT
    if not fits or subject.startswith(" "):
        raise AwsError(
            f"SNS subject {subject!r}: expected printable ASCII on one line, 1 to "
            f"{MOST_SUBJECT} characters and no space first"
        )


def _check_size(topic_arn: str, *parts: str) -> None:
    size = sum(len(part.encode()) for part in parts)
    if size > MOST_BYTES:
        raise AwsError(
            f"message to {topic_arn} has {size:,} bytes with its attributes; SNS takes "
            f"{MOST_BYTES:,}"
        )
