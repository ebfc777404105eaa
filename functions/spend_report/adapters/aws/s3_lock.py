"""A lock in the bucket, which S3 itself gives to one at a time.

It is an object that is created, taken over and given back by conditional writes only, of which S3
lets exactly one succeed
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).

A holder that dies leaves the lock behind. It is a lease: after `LEASE` seconds, measured between
S3's own clock and the object's time of writing, the next one takes it over. Publishing one message
must therefore give up within the lease, as SNS's client in `clients` does.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from spend_report.adapters.aws.clients import translated
from spend_report.errors import AlertInProgressError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

LEASE = 20
LONGEST_WAIT = 60
POLL = 1
_AS_NEW = 2  # in seconds, the age up to which a lease need not be renewed to send something
_HELD, _FREE = "held", "free"

# 412: somebody else's write came first. 409: it is under way. 404: what was to be replaced is gone.
_LOST = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409", "NoSuchKey", "404"}


class _Lock(NamedTuple):
    """The lock as S3 has it: `age` in seconds, by S3's clock; `etag` empty where there is none."""

    is_free: bool
    etag: str
    age: float


class S3Lock:
    """The lock that is the object `key` in `bucket`.

    `by` names this invocation to people who look into the bucket; `sleep` takes seconds, and
    `clock` gives them.
    """

    def __init__(
        self,
        bucket: str,
        key: str,
        *,
        client: "S3Client",
        by: str,
        sleep: Callable[[float], None],
        clock: Callable[[], float],
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._key = key
        self._by = by
        self._sleep = sleep
        self._clock = clock
        self._written_at = 0.0
        self._etag = ""
        self._seen: _Lock | None = None

    def look(self) -> None:
        """See whether the lock is free, which spares who takes it next a look.

        Raises:
            AwsError: S3 failed.
        """
        self._seen = self._look()

    def take(self) -> None:
        """Wait for the lock; its ETag proves from here on that it is ours.

        Raises:
            AlertInProgressError: others held the lock for longer than they should need.
            AwsError: S3 failed.
        """
        # What was seen before may be another by now: then it is not replaced.
        seen, self._seen = self._seen, None
        if seen is not None and self._get(seen):
            return
        for _ in range(LONGEST_WAIT // POLL):
            if self._get(self._look()):
                return
            self._sleep(POLL)
        raise AlertInProgressError(
            f"s3://{self._bucket}/{self._key} was held by other invocations for "
            f"{LONGEST_WAIT} s, so the alerts were not sent; run the day again"
        )

    def renew(self) -> None:
        """However long it took until here, the next message shall have the whole lease.

        Raises:
            AlertInProgressError: another invocation has taken the lock over.
            AwsError: S3 failed.
        """
        if not (etag := self._write(_HELD, self._etag)):
            raise AlertInProgressError(
                f"s3://{self._bucket}/{self._key} was taken over by another invocation, "
                "which sends the alerts"
            )
        self._etag = etag

    def keep(self) -> None:
        """Renew the lease, unless it is as good as new. Raises like `renew`."""
        if self._clock() - self._written_at > _AS_NEW:
            self.renew()

    def give_back(self) -> None:
        """If the lease has run out and the lock is another's by now, there is nothing to do.

        Raises:
            AwsError: S3 failed; the next one has to wait for the lease to end.
        """
        if self._etag:
            self._write(_FREE, self._etag)
            self._etag = ""

    def _get(self, lock: _Lock) -> bool:
        """Whether `lock` was to be had, as it is or was, and is ours now."""
        if lock.is_free or lock.age >= LEASE:
            self._etag = self._write(_HELD, lock.etag)
        return bool(self._etag)

    def _look(self) -> _Lock:
        with translated("s3:GetObject", f"s3://{self._bucket}/{self._key}"):
            try:
                response = self._client.get_object(Bucket=self._bucket, Key=self._key)
            except self._client.exceptions.NoSuchKey:
                return _Lock(is_free=True, etag="", age=0)
        is_free = _state(response["Body"].read()) == _FREE
        # S3's own clock; only what merely resembles S3 may leave it out.
        told = response["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(told) if told else datetime.now(UTC)
        return _Lock(is_free, response["ETag"], (now - response["LastModified"]).total_seconds())

    def _write(self, state: str, instead: str) -> str:
        """The ETag of the lock as written `instead` of another; empty if that is not there."""
        self._written_at = self._clock()
        # The ETag is a hash of the content: a token of each write tells two writers apart.
        token = uuid.uuid4().hex
        body = json.dumps({"state": state, "by": self._by, "token": token}).encode()
        return put_if(instead, self._client, self._bucket, self._key, body)


def put_if(etag: str, client: "S3Client", bucket: str, key: str, body: bytes) -> str:
    """Replace the object that has the ETag `etag`, or write the first one where that is empty.

    Returns the ETag of what was written; empty if another's write came first.
    """
    condition: Mapping[str, Any] = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
    with translated("s3:PutObject", f"s3://{bucket}/{key}"):
        try:
            response = client.put_object(
                Bucket=bucket,
                Key=key,
                Body=body,
                ContentType="application/json",
                **condition,
            )
        except ClientError as error:
            if error.response.get("Error", {}).get("Code", "") in _LOST:
                return ""
            raise
    return response["ETag"]


def _state(body: bytes) -> str:
    """The state in a lock's `body`; what is no lock of ours is held until its lease ends."""
    try:
        return str(json.loads(body)["state"])
    except (ValueError, KeyError, TypeError):
        return _HELD
