"""Parts of days in the bucket, where they lie until they are added up."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from botocore.exceptions import ClientError

from spend_report.adapters.aws.clients import translated
from spend_report.adapters.aws.part_file import NotAPartError, decoded, encoded
from spend_report.domain.parts.part import Part
from spend_report.domain.parts.windows import Window
from spend_report.errors import MissingPartError

_MISSING = {"NoSuchKey", "404"}


class S3Parts:
    """`PartStore` on S3: `{prefix}parts/<run>/dt=YYYY-MM-DD/<start>_<end>.msgpack`.

    `run` names the plan that the parts are of, so that none of an earlier one is taken for them.
    The bucket's lifecycle deletes them. Needs s3:PutObject and s3:GetObject there.
    """

    def __init__(self, bucket: str, prefix: str, run: str, *, client: Any) -> None:
        self._bucket = bucket
        self._root = f"{prefix}parts/{run}/"
        self._s3 = client

    def write(self, day: date, window: Window, part: Part) -> str:
        """See `PartStore.write`."""
        key = self._key(day, window)
        with translated("s3:PutObject", f"s3://{self._bucket}/{key}"):
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=encoded(part),
                ContentType="application/vnd.msgpack",
            )
        return f"s3://{self._bucket}/{key}"

    def read(self, day: date, windows: Sequence[Window]) -> list[Part]:
        """See `PartStore.read`."""
        return [self._read(self._key(day, window)) for window in windows]

    def _read(self, key: str) -> Part:
        uri = f"s3://{self._bucket}/{key}"
        with translated("s3:GetObject", uri):
            try:
                body = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    raise MissingPartError(
                        f"{uri} is not there: its worker failed, and its log says why. That day's "
                        "report was not written; start the state machine again"
                    ) from error
                raise
        try:
            return decoded(body)
        except NotAPartError as error:
            raise MissingPartError(
                f"{uri} is no part that this version can read ({error}). That day's report was "
                "not written; start the state machine again"
            ) from error

    def _key(self, day: date, window: Window) -> str:
        return f"{self._root}dt={day}/{_stamp(window.start)}_{_stamp(window.end)}.msgpack"


def _stamp(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y%m%dT%H%M%S%fZ")
