"""What was sent, remembered in the bucket, so that nothing is said twice and nothing lost.

Each key that was sent is an object below `alerts/`. Who wants to send takes a lock, which is an
object as well: it is created, taken over and given back by conditional writes only, of which S3
lets exactly one succeed (https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).

    claim    what is not sent yet? If anything: take the lock, and look again
    sent     write the keys, give the lock back
    release  give the lock back

A holder that dies leaves the lock behind. It is a lease: after `LEASE` seconds, measured between
S3's own clock and the object's time of writing, the next one takes it over, finds the keys not
sent, and sends. Publishing must therefore give up within the lease, as `aws.PUBLISH_CONFIG` does.
The one thing that can't be excluded is a holder that dies, or loses S3, between publishing and
writing the keys: then the message is sent again.
"""

import hashlib
import json
import re
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
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
_AT_ONCE = 8
_READABLE = 100
_KEY = re.compile(r"((?:[a-z]+/)+[0-9][0-9W-]*)/(.+)", re.DOTALL)
_HELD, _FREE = "held", "free"

# 412: somebody else's write came first. 409: it is under way. 404: what was to be replaced is gone.
_LOST = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409", "NoSuchKey", "404"}


class _Lock(NamedTuple):
    """The lock object as S3 has it. `age` is in seconds, by S3's clock."""

    state: str
    etag: str
    age: float


class S3AlertLog:
    """An `AlertLog` below `{prefix}alerts/` in `bucket`.

    Needs s3:PutObject, s3:GetObject and s3:ListBucket there. `by` names this invocation to
    people who look into the bucket; `sleep` takes seconds.
    """

    def __init__(
        self,
        bucket: str,
        prefix: str,
        *,
        client: "S3Client",
        by: str = "",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._root = f"{prefix}alerts/"
        self._lock_key = f"{self._root}lock.json"
        self._by = by
        self._sleep = sleep
        self._etag = ""

    def claim(self, keys: Iterable[str]) -> frozenset[str]:
        """Those of `keys` that nobody has sent; the lock is held if there are any.

        Raises:
            AlertInProgressError: others held the lock for longer than they should need.
            AwsError: S3 failed.
        """
        unsent = self._unsent(frozenset(keys))
        if not unsent:
            return unsent
        self._etag = self._take()
        if still_unsent := self._unsent(unsent):
            self._renew()
        else:
            self._give_back()
        return still_unsent

    def sent(self, keys: Iterable[str]) -> None:
        """Write down that `keys` were sent, and give the lock back.

        Raises:
            AwsError: S3 failed; the message may be sent again.
        """
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._record, keys))
        self._give_back()

    def release(self, keys: Iterable[str]) -> None:  # noqa: ARG002 - the lock is for all keys
        """Give the lock back: `keys` were not sent, and the next one may try at once.

        Raises:
            AwsError: S3 failed; the next one has to wait for the lease to end.
        """
        self._give_back()

    def _unsent(self, keys: frozenset[str]) -> frozenset[str]:
        """One listing for each period that `keys` are about: few, however many keys there are."""
        objects = {self._object(key): key for key in keys}
        folders = {"/".join(name.split("/")[:-1]) + "/" for name in objects}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            known = {name for names in pool.map(self._names, folders) for name in names}
        return frozenset(key for name, key in objects.items() if name not in known)

    def _names(self, folder: str) -> list[str]:
        with translated("s3:ListBucket", f"s3://{self._bucket}/{folder}"):
            return list(self._listed(folder))

    def _listed(self, folder: str) -> Iterator[str]:
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=folder):
            for entry in page.get("Contents", ()):
                yield entry["Key"]

    def _object(self, key: str) -> str:
        """The object of `key`: readable in the console, and unique by its hash.

        A key is a path: words, then the period that it is about, then what about it. Words and
        period are the folder.
        """
        match = _KEY.fullmatch(key)
        folder, about = match.groups() if match else ("other", key)
        readable = re.sub(r"[^A-Za-z0-9_-]", "-", about)[:_READABLE]
        digest = hashlib.sha256(key.encode()).hexdigest()[:16]
        return f"{self._root}{folder}/{readable}-{digest}.json"

    def _record(self, key: str) -> None:
        name = self._object(key)
        body = json.dumps({"key": key, "by": self._by}).encode()
        with translated("s3:PutObject", f"s3://{self._bucket}/{name}"):
            self._client.put_object(
                Bucket=self._bucket, Key=name, Body=body, ContentType="application/json"
            )

    def _take(self) -> str:
        """Wait for the lock; its ETag proves from here on that it is ours."""
        for _ in range(LONGEST_WAIT // POLL):
            lock = self._look()
            if lock is None:
                etag = self._write(_HELD, {"IfNoneMatch": "*"})
            elif lock.state == _FREE or lock.age >= LEASE:
                etag = self._write(_HELD, {"IfMatch": lock.etag})
            else:
                etag = ""
            if etag:
                return etag
            self._sleep(POLL)
        raise AlertInProgressError(
            f"s3://{self._bucket}/{self._lock_key} was held by other invocations for "
            f"{LONGEST_WAIT} s, so the alerts were not sent; run the day again"
        )

    def _look(self) -> _Lock | None:
        with translated("s3:GetObject", f"s3://{self._bucket}/{self._lock_key}"):
            try:
                response = self._client.get_object(Bucket=self._bucket, Key=self._lock_key)
            except self._client.exceptions.NoSuchKey:
                return None
        state = json.loads(response["Body"].read())["state"]
        # S3's own clock; only what merely resembles S3 may leave it out.
        told = response["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(told) if told else datetime.now(UTC)
        return _Lock(state, response["ETag"], (now - response["LastModified"]).total_seconds())

    def _renew(self) -> None:
        """However long the looking took, publishing shall have the whole lease."""
        if not (etag := self._write(_HELD, {"IfMatch": self._etag})):
            raise AlertInProgressError(
                f"s3://{self._bucket}/{self._lock_key} was taken over by another invocation, "
                "which sends the alerts"
            )
        self._etag = etag

    def _give_back(self) -> None:
        """If the lease has run out and the lock is another's by now, there is nothing to do."""
        if self._etag:
            self._write(_FREE, {"IfMatch": self._etag})
            self._etag = ""

    def _write(self, state: str, condition: Mapping[str, Any]) -> str:
        """The ETag of the lock as written, empty if another's write came first."""
        # The ETag is a hash of the content: a token of each write tells two writers apart.
        token = uuid.uuid4().hex
        body = json.dumps({"state": state, "by": self._by, "token": token}).encode()
        with translated("s3:PutObject", f"s3://{self._bucket}/{self._lock_key}"):
            try:
                response = self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._lock_key,
                    Body=body,
                    ContentType="application/json",
                    **condition,
                )
            except ClientError as error:
                if error.response.get("Error", {}).get("Code", "") in _LOST:
                    return ""
                raise
        return response["ETag"]
