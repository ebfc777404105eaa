"""Reports in the bucket: written in order, and remembered by their records alone."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from functools import partial
from re import compile as pattern
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from spend_report.adapters.aws.clients import translated
from spend_report.domain.basics.day import days_before
from spend_report.domain.record.decode_record import NotARecordError, past_day
from spend_report.domain.record.history import History, PastDay
from spend_report.domain.reports.report_set import SUMMARY, ReportFile
from spend_report.errors import AwsError

# The page's chart shows thirty days; a month or an ISO week before the day is never longer.
_HISTORY_DAYS = 31
# The weekly digest compares two weeks by feature and model; drivers look at one.
_MODEL_DAYS = 14
_THREADS = 8
# A record has 2 MB at most; what is larger is none, and may be larger than memory.
_MOST_READ = 4_000_000

_MISSING = {"NoSuchKey", "404"}
# 412: another write came first. 409: it is under way.
_LOST = {"PreconditionFailed", "412", "ConditionalRequestConflict", "409"}
_MOST_ATTEMPTS = 20


class _Wanted(NamedTuple):
    """A day, and whether its models are of interest, which make up most of a record."""

    day: date
    with_models: bool


class S3Reports:
    """`ReportStore` on S3: `{prefix}<report>/dt=YYYY-MM-DD/<report>_YYYY-MM-DD.<suffix>`.

    Needs s3:PutObject, s3:GetObject and s3:ListBucket below the prefix.
    """

    def __init__(self, bucket: str, prefix: str, *, client: Any) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._s3 = client
        self._known: dict[_Wanted, PastDay | str | None] = {}

    def key(self, report: str, day: date, suffix: str) -> str:
        """The key of a day's report."""
        return f"{self._prefix}{report}/dt={day}/{report}_{day}.{suffix}"

    def uri(self, report: str, day: date, suffix: str) -> str:
        """The S3 URI of a day's report."""
        return f"s3://{self._bucket}/{self.key(report, day, suffix)}"

    def write(self, day: date, files: Sequence[ReportFile]) -> None:
        """Write `files` in their order, then their copies in `latest/` if no newer day is there."""
        for with_models in (True, False):
            self._known.pop(_Wanted(day, with_models), None)
        copied = [file for file in files if file.latest]
        with ThreadPoolExecutor(_THREADS) as pool:
            looks = [pool.submit(self._look, self._latest(file)) for file in copied]
            for file in files:
                self._put(self.key(file.report, day, file.suffix), file)
            seen = [look.result() for look in looks]
            list(pool.map(partial(self._put_latest, day), copied, seen))

    def past(self, day: date) -> PastDay | None:
        """`day` as its record tells; None if it was not reported, or has no readable record."""
        known = self._read([_Wanted(day, with_models=True)])[day]
        return known if isinstance(known, PastDay) else None

    def history(self, day: date) -> History:
        """The days before `day` that were reported to their end."""
        days = days_before(day, _HISTORY_DAYS)
        detailed = {*days_before(day, _MODEL_DAYS), day}
        # Who asks for the days before wants the day's own record too: one listing tells of all.
        found = self._read([_Wanted(past, past in detailed) for past in (*days, day)])
        read = {past: found[past] for past in days}
        return History(
            {
                past: known
                for past, known in read.items()
                if isinstance(known, PastDay) and known.complete
            },
            {
                self.key(SUMMARY, past, "json"): known
                for past, known in read.items()
                if isinstance(known, str)
            },
        )

    def first_day(self) -> date | None:
        """The first day that was ever reported to its end."""
        name = pattern(rf"dt=(\d{{4}}-\d\d-\d\d)/{SUMMARY}_\1\.json")
        root = f"{self._prefix}{SUMMARY}/"
        with translated("s3:ListBucket", self._bucket):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{root}dt="
            )
            for page in pages:
                for item in page.get("Contents", ()):
                    match = name.fullmatch(item["Key"].removeprefix(root))
                    day = _date(match[1]) if match else None
                    past = self.past(day) if day else None
                    if past is not None and past.complete:
                        return day
        return None

    def _read(self, wanted: Sequence[_Wanted]) -> Mapping[date, PastDay | str | None]:
        """The records of the days `wanted`; text says why there is none that can be used."""
        unknown = {one.day: one for one in wanted if one not in self._known}
        read: dict[_Wanted, PastDay | str | None] = dict.fromkeys(unknown.values())
        if there := [unknown[day] for day in self._there([*unknown])]:
            with ThreadPoolExecutor(min(_THREADS, len(there))) as pool:
                read.update(zip(there, pool.map(self._read_one, there), strict=True))
        self._known |= read
        return {one.day: self._known[one] for one in wanted}

    def _there(self, days: Sequence[date]) -> Sequence[date]:
        """Those of `days`, which are in order, that have a record, by one listing.

        All of them where listing fails, as it need not for getting them.
        """
        if len(days) <= 1:
            return days
        keys = {self.key(SUMMARY, day, "json"): day for day in days}
        try:
            return [keys[key] for key in self._listed(days[0], max(keys)) if key in keys]
        except AwsError:
            return days

    def _listed(self, first: date, last: str) -> Iterator[str]:
        """The keys among the records from the day `first` to the key `last`, and some more."""
        with translated("s3:ListBucket", self._bucket):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket,
                Prefix=f"{self._prefix}{SUMMARY}/dt=",
                StartAfter=self.key(SUMMARY, first - timedelta(days=1), "json"),
                PaginationConfig={"PageSize": 2 * _HISTORY_DAYS},
            )
            for page in pages:
                listed = [item["Key"] for item in page.get("Contents", ())]
                yield from listed
                if listed and listed[-1] >= last:
                    return

    def _read_one(self, wanted: _Wanted) -> PastDay | str | None:
        body = self._get(self.key(SUMMARY, wanted.day, "json"))
        if body is None:
            return None
        if len(body) > _MOST_READ:
            return f"it is larger than {_MOST_READ:,} bytes"
        try:
            return past_day(body, wanted.day, with_models=wanted.with_models)
        except NotARecordError as error:
            return str(error)

    def _put(self, key: str, file: ReportFile, **more: Any) -> None:
        with translated("s3:PutObject", f"s3://{self._bucket}/{key}"):
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=file.body,
                ContentType=file.content_type,
                ContentDisposition=f'inline; filename="{key.rpartition("/")[2]}"',
                CacheControl="no-cache",
                **more,
            )

    def _put_latest(self, day: date, file: ReportFile, seen: tuple[str, date | None]) -> None:
        """Write the copy of `file`, unless there is one of a newer day. `seen` is what was there.

        Two invocations may be at it with neighbouring days: each replaces only what it has seen.
        """
        key = self._latest(file)
        for _ in range(_MOST_ATTEMPTS):
            etag, newest = seen
            if newest is not None and newest > day:
                return
            condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}
            try:
                self._put(key, file, Metadata={"date": day.isoformat()}, **condition)
            except AwsError as error:
                if _code(error.__cause__) not in _LOST | _MISSING:
                    raise
            else:
                return
            seen = self._look(key)
        raise AwsError(
            f"s3:PutObject on s3://{self._bucket}/{key} failed: others replaced it "
            f"{_MOST_ATTEMPTS} times while it was written. Run the day again"
        )

    def _latest(self, file: ReportFile) -> str:
        return f"{self._prefix}latest/{file.latest}"

    def _look(self, key: str) -> tuple[str, date | None]:
        """The ETag of a copy, empty if there is none, and the day that it is of."""
        with translated("s3:GetObject", f"s3://{self._bucket}/{key}"):
            try:
                head = self._s3.head_object(Bucket=self._bucket, Key=key)
            except ClientError as error:
                if _code(error) in _MISSING:
                    return "", None
                raise
        return head["ETag"], _date(head["Metadata"].get("date", ""))

    def _get(self, key: str) -> bytes | None:
        with translated("s3:GetObject", f"s3://{self._bucket}/{key}"):
            try:
                body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read(
                    _MOST_READ + 1
                )
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise
        return body


def _code(error: BaseException | None) -> str:
    return str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
