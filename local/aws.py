"""An AWS account of one's own: moto's server with a bucket, parameters, a topic and a queue."""

import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3
from moto.core.base_backend import BackendDict
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.moto_server.werkzeug_app import MotoRequestHandler
from moto.server import ThreadedMotoServer
from moto.sns.models import sns_backends

from local.documents import KINDS
from local.environment import emulated_account, environment

REGION = "us-east-1"
BUCKET = "spend-reports"
CONFIG_PATH = "/llm-spend/local"


# Else every other answer to a put waits some ten milliseconds, for the client to acknowledge the
# "100 Continue" before it, or for the connection to be closed.
MotoRequestHandler.disable_nagle_algorithm = True


@dataclass(frozen=True, slots=True)
class Message:
    """A message as it was published: its text for each protocol, and its attributes' values."""

    subject: str
    parts: Mapping[str, str]
    attributes: Mapping[str, Any]


class LocalAws:
    """The account, from entry to exit. Meanwhile every boto3 client of this process talks to it.

    Starts empty but for the bucket, the topic, the queue that is subscribed to it, and a topic for
    a chat.
    """

    def __enter__(self) -> Self:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        BackendDict.reset()
        with ExitStack() as entered:
            server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
            server.start()
            entered.callback(server.stop)
            self.url = "http://{}:{}".format(*server.get_host_and_port())
            entered.enter_context(environment(emulated_account(self.url, REGION, "testing")))
            self._make_resources()
            self._exit = entered.pop_all()
        return self

    def _make_resources(self) -> None:
        self.s3 = boto3.client("s3")
        self.ssm = boto3.client("ssm")
        self._sns = boto3.client("sns")
        self._sqs = boto3.client("sqs")
        self.s3.create_bucket(Bucket=BUCKET)
        self.topic_arn = self._sns.create_topic(Name="spend-alerts")["TopicArn"]
        self.chat_topic_arn = self._sns.create_topic(Name="spend-chat")["TopicArn"]
        self._queue_url = self._sqs.create_queue(QueueName="spend-alerts")["QueueUrl"]
        self._sns.subscribe(
            TopicArn=self.topic_arn,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:{REGION}:{DEFAULT_ACCOUNT_ID}:spend-alerts",
        )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for client in (self.s3, self.ssm, self._sns, self._sqs):
            client.close()
        self._exit.close()

    def settings(self) -> dict[str, str]:
        """The function's variables that name what is in this account."""
        return {
            "REPORT_BUCKET": BUCKET,
            "ALERT_TOPIC_ARN": self.topic_arn,
            "CONFIG_PATH": CONFIG_PATH,
        }

    def put_documents(self, folder: Path) -> int:
        """Put `folder`'s documents into the parameters; their number.

        A missing folder holds no documents.
        """
        paths = sorted(path for kind in KINDS for path in folder.glob(f"{kind}/*.json"))
        for path in paths:
            name = path.relative_to(folder).with_suffix("").as_posix()
            self.put_parameter(name, path.read_text(encoding="utf-8"))
        return len(paths)

    def put_parameter(self, name: str, text: str, *, secure: bool = False) -> None:
        """Set the parameter `name` (below the configuration's path)."""
        self.ssm.put_parameter(
            Name=f"{CONFIG_PATH}/{name}",
            Value=text,
            Type="SecureString" if secure else "String",
            Overwrite=True,
        )

    def objects(self) -> dict[str, bytes]:
        """Every object of the bucket by its key."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=BUCKET)
        keys = [item["Key"] for page in pages for item in page.get("Contents", ())]
        return {key: self.s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}

    def copy_objects(self, folder: Path) -> None:
        """Write every object of the bucket to `folder`, at the path that its key is."""
        for key, body in self.objects().items():
            path = folder / key
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(body)

    def published(self) -> Sequence[Message]:
        """What was published on the topic, oldest first, with the text of every protocol.

        Read from moto's own memory: a real e-mail leaves no trace that a client could read.
        https://docs.getmoto.org/en/latest/docs/services/sns.html
        """
        return _sent(self.topic_arn)

    def posted(self) -> Sequence[Mapping[str, Any]]:
        """What was posted to the chat's topic, oldest first."""
        return [json.loads(message.parts["default"]) for message in _sent(self.chat_topic_arn)]

    def received(self) -> list[Any]:
        """The alerts that wait in the queue, as a program receives them; takes them out."""
        waiting = []
        while found := self._sqs.receive_message(
            QueueUrl=self._queue_url, MaxNumberOfMessages=10
        ).get("Messages"):
            for message in found:
                waiting.append(json.loads(json.loads(message["Body"])["Message"]))
                self._sqs.delete_message(
                    QueueUrl=self._queue_url, ReceiptHandle=message["ReceiptHandle"]
                )
        return waiting


def _sent(topic_arn: str) -> Sequence[Message]:
    topic = sns_backends[DEFAULT_ACCOUNT_ID][REGION].topics[topic_arn]
    return [
        Message(subject or "", _parts(text), _values(attributes or {}))
        for _, text, subject, attributes, _ in topic.sent_notifications
    ]


def _parts(text: str) -> dict[str, str]:
    """The texts by protocol of a message with `MessageStructure=json`; else one for all."""
    try:
        parts = json.loads(text)
    except ValueError:
        return {"default": text}
    return parts if isinstance(parts, dict) and "default" in parts else {"default": text}


def _values(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {name: attribute["Value"] for name, attribute in attributes.items()}
