"""Parts of days in the bucket, where they lie until they are added up."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from botocore.exceptions import ClientError

from spend_report.adapters.aws.clients import translated
from spend_report.adapters.aws.part_file import NotAPartError, decoded, encoded
from spend_report.domain.parts.part import Part
from spend_report.domain.parts.traces import Block
from spend_report.domain.parts.windows import Window
from spend_report.errors import MissingPartError

_MISSING = {"NoSuchKey", "404"}
# Of all parts' traces together, what is held while they are added up.
_MOST_AT_ONCE = 64_000_000


class S3Parts:
    """`PartStore` on S3: `{prefix}parts/<run>/dt=YYYY-MM-DD/<start>_<end>.msgpack` and `….traces`.

    `run` names the plan that the parts are of, so that none of an earlier one is taken for them.
    The bucket's lifecycle deletes them. Needs s3:PutObject and s3:GetObject there.
    """

    def __init__(self, bucket: str, prefix: str, run: str, *, client: Any) -> None:
        self._bucket = bucket
        self._root = f"{prefix}parts/{run}/"
        self._s3 = client

    def write(self, day: date, window: Window, part: Part) -> str:
        """See `PartStore.write`."""
        key, files = self._key(day, window), encoded(part)
        self._put(_traces(key), files.traces)
        self._put(key, files.sums)
        return self._uri(key)

    def read(self, day: date, windows: Sequence[Window]) -> list[Part]:
        """See `PartStore.read`."""
        at_once = _MOST_AT_ONCE // len(windows)
        return [self._read(self._key(day, window), at_once) for window in windows]

    def _put(self, key: str, body: bytes) -> None:
        with translated("s3:PutObject", self._uri(key)):
            self._s3.put_object(
                Bucket=self._bucket, Key=key, Body=body, ContentType="application/vnd.msgpack"
            )

    def _read(self, key: str, at_once: int) -> Part:
        def traces(start: int, end: int) -> bytes:
            return self._get(_traces(key), Range=f"bytes={start}-{end - 1}")

        with self._readable(key):
            part = decoded(self._get(key), traces, at_once)
        part.traces.blocks = self._blocks(key, part.traces.blocks)
        return part

    def _blocks(self, key: str, blocks: Iterable[Block]) -> Iterator[Block]:
        with self._readable(_traces(key)):
            yield from blocks

    def _get(self, key: str, **options: str) -> bytes:
        uri = self._uri(key)
        with translated("s3:GetObject", uri):
            try:
                found = self._s3.get_object(Bucket=self._bucket, Key=key, **options)
                body: bytes = found["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    raise MissingPartError(
                        f"{uri} is not there: its worker failed, and its log says why. That day's "
                        "report was not written; start the state machine again"
                    ) from error
                raise
        return body

    @contextmanager
    def _readable(self, key: str) -> Iterator[None]:
        try:
            yield
        except NotAPartError as error:
            raise MissingPartError(
                f"{self._uri(key)} is no part that this version can read ({error}). That day's "
                "report was not written; start the state machine again"
            ) from error

    def _uri(self, key: str) -> str:
        return f"s3://{self._bucket}/{key}"

    def _key(self, day: date, window: Window) -> str:
        return f"{self._root}dt={day}/{_stamp(window.start)}_{_stamp(window.end)}.msgpack"


def _traces(key: str) -> str:
    return f"{key.removesuffix('.msgpack')}.traces"


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
