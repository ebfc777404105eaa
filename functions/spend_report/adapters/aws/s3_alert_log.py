"""What was told, remembered in the bucket with its figures, so that nothing is said twice.

What was told about a period is one object below `alerts/`: `alerts/monthly/2026-11.json`. Who wants
to send takes a lock, which is an object as well.

    read     what was told, and is the lock free? None is needed to see that nothing is to be sent
    claim    take the lock, and read again
    renew    hold it for as long as another message takes
    sent     add what was told to its objects, give the lock back
    release  give the lock back

A holder that dies leaves the lock behind; when its lease is over, the next one finds what is not
told, and sends. The one thing that can't be excluded is a holder that dies, or loses S3, between
publishing and writing down: then the message is sent again.
"""

import re
import time
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

import msgspec

from spend_report.adapters.aws.clients import translated
from spend_report.adapters.aws.s3_lock import S3Lock, put_if
from spend_report.domain.judgement.tell_again import Told
from spend_report.errors import AwsError

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_AT_ONCE = 8
_MOST_ATTEMPTS = 20
_SCHEMA = 1
_KEY = re.compile(r"((?:[a-z]+/)+[0-9][0-9W-]*)/(.+)", re.DOTALL)


class _Told(msgspec.Struct):
    """What was told about a period, by key."""

    schema: int
    told: dict[str, Told]


_decoder = msgspec.json.Decoder(_Told)


class S3AlertLog:
    """An `AlertLog` below `{prefix}alerts/` in `bucket`.

    Needs s3:PutObject, s3:GetObject and s3:ListBucket there. `by` names this invocation to
    people who look into the bucket; `sleep` takes seconds, and `clock` gives them.
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
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._bucket = bucket
        self._root = f"{prefix}alerts/"
        key = f"{self._root}{lock}.json"
        self._lock = S3Lock(bucket, key, client=client, by=by, sleep=sleep, clock=clock)
        self._seen: dict[str, tuple[str, Mapping[str, Told]]] = {}

    def read(self, keys: Iterable[str]) -> Mapping[str, Told]:
        """Those of `keys` that were told, with the figures of then.

        Raises:
            AwsError: S3 failed.
        """
        wanted = frozenset(keys)
        if not wanted:
            return {}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            look = pool.submit(self._lock.look)
            known = self._read(wanted, pool)
            look.result()
        return known

    def claim(self, keys: Iterable[str]) -> Mapping[str, Told]:
        """The same, with the lock held; it is not, if this raises.

        Raises:
            AlertInProgressError: others held the lock for longer than they should need.
            AwsError: S3 failed.
        """
        self._lock.take()
        try:
            with ThreadPoolExecutor(_AT_ONCE) as pool:
                known = self._read(frozenset(keys), pool)
            self._lock.keep()
        except BaseException:
            with suppress(AwsError):  # the lease runs out by itself, and this error matters more
                self._lock.give_back()
            raise
        return known

    def renew(self) -> None:
        """However long it took until here, the next message shall have the whole lease.

        Raises:
            AlertInProgressError: another invocation has taken the lock over.
            AwsError: S3 failed.
        """
        self._lock.renew()

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
        self._lock.give_back()

    def release(self) -> None:
        """Give the lock back: nothing was sent, and the next one may try at once.

        Raises:
            AwsError: S3 failed; the next one has to wait for the lease to end.
        """
        self._lock.give_back()

    def _read(self, wanted: frozenset[str], pool: Executor) -> Mapping[str, Told]:
        periods = sorted({_period(key) for key in wanted})
        self._seen.update(zip(periods, pool.map(self._told, periods), strict=True))
        known = {key: told for one in periods for key, told in self._seen[one][1].items()}
        return {key: known[key] for key in wanted & known.keys()}

    def _add(self, period: str, told: Mapping[str, Told]) -> None:
        """Add to what was told about `period`, whoever else is at it."""
        for _ in range(_MOST_ATTEMPTS):
            # What was seen last is most likely still there; if not, the condition fails.
            seen = self._seen.pop(period) if period in self._seen else self._told(period)
            etag, known = seen
            body = msgspec.json.encode(_Told(_SCHEMA, {**known, **told}))
            if put_if(etag, self._client, self._bucket, self._object(period), body):
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


def _period(key: str) -> str:
    """What a key is about, up to the date, the week or the month in it."""
    match = _KEY.fullmatch(key)
    return match[1] if match else "other"
