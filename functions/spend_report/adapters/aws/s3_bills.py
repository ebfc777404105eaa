"""Compared bills in the bucket, and the records of the days that they are compared with."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from botocore.exceptions import ClientError

from spend_report.adapters.aws.clients import translated
from spend_report.domain.bills import bill_record
from spend_report.domain.bills.bill_record import BillRecord

TABLE, RECORD = "bills", "bill_records"
_SUMMARY = "summary"
_THREADS = 8
_MISSING = {"NoSuchKey", "404"}


class S3Bills:
    """`BillStore` on S3: the table below `bills/`, what is remembered below `bill_records/`.

    `key` gives the key of a day's report by its name, day and suffix. Needs s3:PutObject,
    s3:GetObject and s3:ListBucket there.
    """

    def __init__(self, bucket: str, *, key: Callable[[str, date, str], str], client: Any) -> None:
        self._bucket = bucket
        self._key = key
        self._s3 = client

    def uri(self, day: date) -> str:
        """The S3 URI of a day's table."""
        return f"s3://{self._bucket}/{self._key(TABLE, day, 'csv')}"

    def write(self, table: bytes, record: BillRecord) -> None:
        """Write a day's table, then what is remembered of it. Raises AwsError."""
        self._put(self._key(TABLE, record.date, "csv"), table, "text/csv; charset=utf-8")
        body = bill_record.encoded(record)
        self._put(self._key(RECORD, record.date, "json"), body, "application/json")

    def records(self, days: Sequence[date]) -> Mapping[date, BillRecord]:
        """What is remembered of those of `days` that were compared. Raises AwsError."""
        bodies = self._read_all(RECORD, days)
        read = {day: bill_record.read(body) for day, body in bodies.items()}
        return {day: record for day, record in read.items() if record is not None}

    def traced(self, days: Sequence[date]) -> Sequence[bytes]:
        """The records of those of `days` that were reported. Raises AwsError."""
        return list(self._read_all(_SUMMARY, days).values())

    def _read_all(self, report: str, days: Sequence[date]) -> dict[date, bytes]:
        with ThreadPoolExecutor(_THREADS) as pool:
            bodies = pool.map(lambda day: self._get(self._key(report, day, "json")), days)
            read = dict(zip(days, bodies, strict=True))
        return {day: body for day, body in read.items() if body is not None}

    def _put(self, key: str, body: bytes, content_type: str) -> None:
        with translated("s3:PutObject", f"s3://{self._bucket}/{key}"):
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=body,
                ContentType=content_type,
                ContentDisposition=f'inline; filename="{key.rpartition("/")[2]}"',
                CacheControl="no-cache",
            )

    def _get(self, key: str) -> bytes | None:
        with translated("s3:GetObject", f"s3://{self._bucket}/{key}"):
            try:
                body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] in _MISSING:
                    return None
                raise
        return body
