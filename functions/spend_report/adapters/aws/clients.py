"""AWS's SDK, configured once, and its errors in our words.

The clients are botocore's, which boto3 only hands on: boto3 itself loads its transfer manager and
its resources, which nothing here uses and every cold start would pay for.
"""

import gzip
import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.session
import msgspec
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.loaders import JSONFileLoader, Loader

from spend_report.errors import AwsError

SERVICES = ["ce", "s3", "sns", "ssm"]

# Adaptive mode slows down when a service throttles; five attempts ride out a bad minute.
# https://docs.aws.amazon.com/boto3/latest/guide/retries.html
_CONFIG = Config(
    retries={"mode": "adaptive", "total_max_attempts": 5},
    connect_timeout=5,
    read_timeout=20,
    max_pool_connections=16,
)

_CONFIGS = {
    # A publish gives up before the alert log's lease ends and another invocation takes over.
    "sns": Config(
        retries={"mode": "standard", "total_max_attempts": 2},
        connect_timeout=2,
        read_timeout=3,
    )
}

_kept: dict[str, Any] = {}


def keep_clients(*services: str) -> None:
    """Make the clients of `services` once and for all, from the environment as it is now."""
    _kept.update({service: client(service) for service in services})


def client(service: str, *, region: str | None = None) -> Any:
    """A client of `service`, one of `SERVICES`, with the project's time-outs and retries.

    `region` is for services that are in one region only.
    """
    if region is None and service in _kept:
        return _kept[service]
    config = _CONFIGS.get(service, _CONFIG)
    return session().create_client(service, config=config, region_name=region)


@cache
def session() -> botocore.session.Session:
    """What all clients share: credentials, and the services' descriptions once they are read."""
    shared = botocore.session.get_session()
    shared.register_component("data_loader", _Models(file_loader=_Json()))
    return shared


class _Models(Loader):
    """botocore's descriptions of the services, without a walk through the folders of all 400."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002 - botocore asks
        return SERVICES


class _Json(JSONFileLoader):
    """They are megabytes of JSON, which msgspec reads in a fraction of the time."""

    def load_file(self, file_path: str) -> Any:
        """The content of `file_path` without its ending; None if there is no such file."""
        plain, packed = Path(f"{file_path}.json"), Path(f"{file_path}.json.gz")
        if plain.is_file():
            return msgspec.json.decode(plain.read_bytes())
        if packed.is_file():
            return msgspec.json.decode(gzip.decompress(packed.read_bytes()))
        return None


def console_region(client: Any) -> str:
    """The region whose console shows what `client` reaches; empty for an emulated AWS."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    is_aws = host.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return (client.meta.region_name or "us-east-1") if is_aws else ""


@contextmanager
def translated(action: str, resource: str) -> Iterator[None]:
    """Raise AwsError, naming `action` (as IAM spells it) and `resource`, for boto3's errors."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        message = error.response.get("Error", {}).get("Message", "")
        raise AwsError(
            f"{action} on {resource} failed: {code}: {message}{_hint(code, message, action)}"
        ) from error
    except BotoCoreError as error:
        raise AwsError(f"{action} on {resource} failed: {error}") from error


def _hint(code: str, message: str, action: str) -> str:
    match code:
        case "AccessDenied" | "AccessDeniedException" | "AuthorizationError" | "403":
            return f". Allow the function's role {_refused(message, action)}"
        case "NoSuchBucket" | "NotFound" | "404":
            return ". Check that it exists, in this account and region"
        case _:
            return ""


def _refused(message: str, action: str) -> str:
    """What IAM refused, in AWS's own words where there are any.

    It need not be what was asked for: writing an encrypted object asks for the key as well.
    https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html
    """
    told = re.search(r"not authorized to perform:? ([\w-]+:\w+)(?: on resource:? (\S+))?", message)
    if told is None:
        return f"{action} on it"
    return f"{told[1]} on {told[2].rstrip('.') if told[2] else 'it'}"
