"""Reports in the bucket: written in order, read back as history."""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from botocore.exceptions import ClientError

from spend_report.adapters.aws.clients import translated
from spend_report.domain.basics.day import days_before
from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.day_figures import FeatureSpend, History, ModelSpend, PastDay
from spend_report.domain.reports.csv_tables import original
from spend_report.domain.reports.report_set import ReportFile
from spend_report.errors import AwsError

# The page's chart shows thirty days; a month or an ISO week before the day is never longer.
_HISTORY_DAYS = 31
_THREADS = 16


class S3Reports:
    """`ReportStore` on S3: `{prefix}<report>/dt=YYYY-MM-DD/<report>_YYYY-MM-DD.<suffix>`.

    Needs s3:PutObject, s3:GetObject and s3:ListBucket below the prefix.
    """

    def __init__(self, bucket: str, prefix: str, *, client: Any) -> None:
        self._bucket = bucket
        self._prefix = prefix
        self._s3 = client

    def key(self, report: str, day: date, suffix: str) -> str:
        """The key of a day's report."""
        return f"{self._prefix}{report}/dt={day}/{report}_{day}.{suffix}"

    def uri(self, report: str, day: date, suffix: str) -> str:
        """The S3 URI of a day's report."""
        return f"s3://{self._bucket}/{self.key(report, day, suffix)}"

    def write(self, day: date, files: Sequence[ReportFile]) -> None:
        """Write `files` in their order, then their copies in `latest/` if no newer day is there."""
        for file in files:
            self._put(self.key(file.report, day, file.suffix), file)
        if self._reported_after(day):
            return
        for file in files:
            if file.latest is not None:
                self._put(f"{self._prefix}latest/{file.latest}", file)

    def summary(self, day: date) -> bytes | None:
        """The summary of `day`, which marks it as whole; None if it was not reported."""
        return self._get(self.key("summary", day, "json"))

    def history(self, day: date, model_days: int) -> History:
        """The reported days before `day`, with their models for the last `model_days`."""
        days = self._reported(days_before(day, _HISTORY_DAYS))
        with_models = set(days_before(day, model_days))
        newest = max(days, default=None)

        def read(past: date) -> PastDay | None:
            features = self._get(self.key("spend_by_feature", past, "csv"))
            if features is None:
                return None
            detail = (
                self._get(self.key("spend_detail", past, "csv")) if past in with_models else None
            )
            summary = self.summary(past) if past == newest else None
            with self._ours(past):
                return PastDay(
                    date=past,
                    features=_features(features),
                    models=_models(detail) if detail else (),
                    notices=_notices(summary) if summary else frozenset(),
                )

        with ThreadPoolExecutor(_THREADS) as pool:
            read_days = pool.map(read, days)
            return History({past.date: past for past in read_days if past is not None})

    @contextmanager
    def _ours(self, day: date) -> Iterator[None]:
        """Name the day whose reports can't be read, because they were not written by us."""
        try:
            yield
        except (ArithmeticError, KeyError, TypeError, ValueError) as error:
            raise AwsError(
                f"the reports of {day} in s3://{self._bucket}/{self._prefix} are not as "
                f"spend-report writes them ({error!r}). Report that day again, or delete its "
                f"summary {self.key('summary', day, 'json')}"
            ) from error

    def _reported(self, days: Sequence[date]) -> list[date]:
        """Those of the consecutive `days` that have a summary."""
        whole = set(self._summary_keys(after=days[0] - timedelta(days=1), most=len(days) + 1))
        return [day for day in days if self.key("summary", day, "json") in whole]

    def _reported_after(self, day: date) -> bool:
        return bool(self._summary_keys(after=day, most=1))

    def _summary_keys(self, *, after: date, most: int) -> list[str]:
        """Keys of the summaries of days after `after`, in order of the days."""
        with translated("s3:ListBucket", self._bucket):
            page = self._s3.list_objects_v2(
                Bucket=self._bucket,
                Prefix=f"{self._prefix}summary/dt=",
                StartAfter=self.key("summary", after, "json"),
                MaxKeys=most,
            )
        return [item["Key"] for item in page.get("Contents", [])]

    def _put(self, key: str, file: ReportFile) -> None:
        with translated("s3:PutObject", f"s3://{self._bucket}/{key}"):
            self._s3.put_object(
                Bucket=self._bucket,
                Key=key,
                Body=file.body,
                ContentType=file.content_type,
                ContentDisposition=f'inline; filename="{key.rpartition("/")[2]}"',
                CacheControl="no-cache",
            )

    def _get(self, key: str) -> bytes | None:
        with translated("s3:GetObject", f"s3://{self._bucket}/{key}"):
            try:
                body: bytes = self._s3.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if error.response["Error"]["Code"] == "NoSuchKey":
                    return None
                raise
        return body


def _rows(body: bytes) -> Iterable[Mapping[str, str]]:
    return csv.DictReader(io.StringIO(body.decode("utf-8"), newline=""))


def _features(body: bytes) -> dict[str, FeatureSpend]:
    features: dict[str, FeatureSpend] = {}
    for row in _rows(body):
        name = original(row["feature"])
        so_far = features.get(name) or FeatureSpend(name, 0, 0, 0, 0, ZERO, 0, 0)
        features[name] = FeatureSpend(
            feature=name,
            calls=so_far.calls + int(row["calls"]),
            input_tokens=so_far.input_tokens + int(row["input_tokens"]),
            output_tokens=so_far.output_tokens + int(row["output_tokens"]),
            cached_input_tokens=so_far.cached_input_tokens + int(row["cached_input_tokens"]),
            cost=so_far.cost + Decimal(row["estimated_cost_usd"]),
            unpriced_calls=so_far.unpriced_calls + int(row["unpriced_calls"]),
            error_calls=so_far.error_calls + int(row["error_calls"]),
        )
    return features


def _models(body: bytes) -> list[ModelSpend]:
    sums: dict[tuple[str, str], tuple[int, int, Decimal]] = defaultdict(lambda: (0, 0, ZERO))
    for row in _rows(body):
        name = (original(row["feature"]), original(row["model"]))
        calls, tokens, cost = sums[name]
        sums[name] = (
            calls + int(row["calls"]),
            tokens + int(row["input_tokens"]) + int(row["output_tokens"]),
            cost + Decimal(row["estimated_cost_usd"]),
        )
    return [
        ModelSpend(feature, model, calls, tokens, cost)
        for (feature, model), (calls, tokens, cost) in sorted(sums.items())
    ]


def _notices(summary: bytes) -> frozenset[str]:
    return frozenset(notice["key"] for notice in json.loads(summary).get("notices", ()))
