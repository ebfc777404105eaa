"""What was told, remembered in the bucket with its figures, so that nothing is said twice.

What was told about a period is one object below `alerts/`: `alerts/monthly/2026-11.json`. Who wants
to send takes a lock, which is an object as well: it is created, taken over and given back by
conditional writes only, of which S3 lets exactly one succeed
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html).

    read     what was told? No lock is needed to see that there is nothing to send
    claim    take the lock, and read again
    renew    hold it for as long as another message takes
    sent     add what was told to its objects, give the lock back
    release  give the lock back

A holder that dies leaves the lock behind. It is a lease: after `LEASE` seconds, measured between
S3's own clock and the object's time of writing, the next one takes it over, finds what is not
told, and sends. Publishing one message must therefore give up within the lease, as
`clients.PUBLISH_CONFIG` does. The one thing that can't be excluded is a holder that dies, or loses
S3, between publishing and writing down: then the message is sent again.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec
from botocore.exceptions import ClientError

from spend_report.adapters.aws.clients import translated
from spend_report.domain.judgement.tell_again import Told
from spend_report.errors import AlertInProgressError, AwsError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

LEASE = 20
LONGEST_WAIT = 60
POLL = 1
_AT_ONCE = 8
_MOST_ATTEMPTS = 20
_SCHEMA = 1
_KEY = re.compile(r"((?:[a-z]+/)+[0-9][0-9W-]*)/(.+)", re.DOTALL)
_HELD, _FREE = "held", "free"

# 412: somebody else's write came first. 409: it is under way. 404: what was to be replaced is gone.
_LOST = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409", "NoSuchKey", "404"}


class _Told(msgspec.Struct):
    """What was told about a period, by key."""

    schema: int
    told: dict[str, Told]


_decoder = msgspec.json.Decoder(_Told)


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
        lock: str = "lock",
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._root = f"{prefix}alerts/"
        self._lock_key = f"{self._root}{lock}.json"
        self._by = by
        self._sleep = sleep
        self._etag = ""

    def read(self, keys: Iterable[str]) -> Mapping[str, Told]:
        """Those of `keys` that were told, with the figures of then.

        Raises:
            AwsError: S3 failed.
        """
        wanted = frozenset(keys)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            objects = pool.map(self._told, {_period(key) for key in wanted})
        known = {key: told for _, content in objects for key, told in content.items()}
        return {key: known[key] for key in wanted & known.keys()}

    def claim(self, keys: Iterable[str]) -> Mapping[str, Told]:
        """The same, with the lock held; it is not, if this raises.

        Raises:
            AlertInProgressError: others held the lock for longer than they should need.
            AwsError: S3 failed.
        """
        self._etag = self._take()
        try:
            known = self.read(keys)
            self.renew()
        except BaseException:
            with suppress(AwsError):  # the lease runs out by itself, and this error matters more
                self._give_back()
            raise
        return known

    def renew(self) -> None:
        """However long it took until here, the next message shall have the whole lease.

        Raises:
            AlertInProgressError: another invocation has taken the lock over.
            AwsError: S3 failed.
        """
        if not (etag := self._write(_HELD, {"IfMatch": self._etag})):
            raise AlertInProgressError(
                f"s3://{self._bucket}/{self._lock_key} was taken over by another invocation, "
                "which sends the alerts"
            )
        self._etag = etag

    def sent(self, told: Mapping[str, Told]) -> None:
        """Write down what was `told`, and give the lock back.

        Raises:
            AwsError: S3 failed; the message may be sent again.
        """
        by_period: dict[str, dict[str, Told]] = {}
        for key, own in told.items():
            by_period.setdefault(_period(key), {})[key] = own
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._add, by_period, by_period.values()))
        self._give_back()

    def release(self) -> None:
        """Give the lock back: nothing was sent, and the next one may try at once.

        Raises:
            AwsError: S3 failed; the next one has to wait for the lease to end.
        """
        self._give_back()

    def _add(self, period: str, told: Mapping[str, Told]) -> None:
        """Add to what was told about `period`, whoever else is at it."""
        for _ in range(_MOST_ATTEMPTS):
            etag, known = self._told(period)
            body = msgspec.json.encode(_Told(_SCHEMA, {**known, **told}))
            condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
            if self._put(self._object(period), body, condition):
                return
        raise AwsError(
            f"s3:PutObject on s3://{self._bucket}/{self._object(period)} failed: others replaced "
            f"it {_MOST_ATTEMPTS} times while it was written; the message may be sent again"
        )

    def _told(self, period: str) -> tuple[str, Mapping[str, Told]]:
        """The ETag of what was told about `period`, empty where nothing was, and its content.

        What can't be read counts as nothing: to tell something twice is better than never.
        """
        name = self._object(period)
        with translated("s3:GetObject", f"s3://{self._bucket}/{name}"):
            try:
                response = self._client.get_object(Bucket=self._bucket, Key=name)
            except self._client.exceptions.NoSuchKey:
                return "", {}
            body = response["Body"].read()
        try:
            return response["ETag"], _decoder.decode(body).told
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return response["ETag"], {}

    def _object(self, period: str) -> str:
        return f"{self._root}{period}.json"

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
        state = _state(response["Body"].read())
        # S3's own clock; only what merely resembles S3 may leave it out.
        told = response["ResponseMetadata"]["HTTPHeaders"].get("date")
        now = parsedate_to_datetime(told) if told else datetime.now(UTC)
        return _Lock(state, response["ETag"], (now - response["LastModified"]).total_seconds())

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
        return self._put(self._lock_key, body, condition)

    def _put(self, key: str, body: bytes, condition: Mapping[str, Any]) -> str:
        """The ETag of the object as written, empty if another's write came first."""
        with translated("s3:PutObject", f"s3://{self._bucket}/{key}"):
            try:
                response = self._client.put_object(
                    Bucket=self._bucket,
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


def _period(key: str) -> str:
    """What a key is about, up to the date, the week or the month in it."""
    match = _KEY.fullmatch(key)
    return match[1] if match else "other"
