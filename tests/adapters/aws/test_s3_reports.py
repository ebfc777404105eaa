"""Reports in the bucket: the newest day's copies, and records that are none."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from spend_report.adapters.aws.s3_reports import S3Reports
from spend_report.domain.reports.report_set import ReportFile
from spend_report.errors import AwsError
from tests.atomic_s3 import AtomicS3
from tests.days import day, line
from tests.records import content, record

BUCKET = "llm-reports"
DAY = date(2026, 11, 21)
LATEST = "team-a/latest/spend_by_feature.csv"
BODY = content(record(day("2026-11-21", line("rag", "1.5"))))


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield AtomicS3(client)
        client.close()


def reports(s3: Any) -> S3Reports:
    """The store of one invocation."""
    return S3Reports(BUCKET, "team-a/", client=s3)


def files(of: date) -> list[ReportFile]:
    """A set of which the content is its day."""
    body = of.isoformat().encode()
    return [ReportFile("spend_by_feature", "csv", "text/csv", body, "spend_by_feature.csv")]


def record_of(of: date) -> bytes:
    """A record of that day."""
    start = datetime.combine(of, datetime.min.time(), UTC)
    ends = {"start": start.isoformat(), "end": (start + timedelta(days=1)).isoformat()}
    return json.dumps(BODY | {"date": of.isoformat(), **ends}).encode()


def put(s3: Any, key: str, body: bytes) -> None:
    s3.put_object(Bucket=BUCKET, Key=f"team-a/{key}", Body=body)


def put_record(s3: Any, of: date, body: bytes | None = None) -> None:
    put(s3, f"summary/dt={of}/summary_{of}.json", record_of(of) if body is None else body)


def latest(s3: Any) -> bytes:
    return bytes(s3.get_object(Bucket=BUCKET, Key=LATEST)["Body"].read())


def test_the_newest_day_stays(s3: Any) -> None:
    """An older day, restated, leaves the newest day's copy; the same day replaces it."""
    store = reports(s3)
    store.write(DAY, files(DAY))

    store.write(DAY - timedelta(days=1), files(DAY - timedelta(days=1)))

    assert latest(s3) == b"2026-11-21"


def test_a_backup_beside_a_record(s3: Any) -> None:
    """A later name beside a summary says nothing of what is newest, nor of what was first."""
    put(s3, f"summary/dt={DAY}/summary_{DAY}.json.bak", b"{}")
    put(s3, "summary/dt=2027-01-01/summary_2027-01-01.json.bak", b"{}")
    put(s3, "summary/_SUCCESS", b"")
    store = reports(s3)

    store.write(DAY, files(DAY))

    assert latest(s3) == b"2026-11-21"
    assert store.first_day() is None
    assert store.history(DAY + timedelta(days=1)).passed_over == {}


def test_neighbouring_days_at_the_same_moment(s3: Any) -> None:
    """Of eight days that are written at once, the newest day's copy is there in the end."""
    start = threading.Barrier(8)
    days = [DAY - timedelta(days=back) for back in range(8)]

    def write(own: date) -> None:
        start.wait()
        reports(s3).write(own, files(own))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, days))

    assert latest(s3) == b"2026-11-21"


FOREIGN = {
    "nothing": b"",
    "empty": b"{}",
    "a list": b"[]",
    "cut off": record_of(DAY)[:400],
    "no text": b"\xff\xfe",
    "deep": b"[" * 100_000,
    "a later schema": json.dumps(BODY | {"schema": 3}).encode(),
    "another day's": record_of(DAY - timedelta(days=1)),
    "a name without end": json.dumps(BODY | {"timezone": "x" * 140_000}).encode(),
    "as large as memory": b"{" + b" " * 5_000_000 + b"}",
}


@pytest.mark.parametrize("body", FOREIGN)
def test_what_is_no_record_is_passed_over(s3: Any, body: str) -> None:
    """It is named with a reason and is no part of the history, which has all other days."""
    before = DAY - timedelta(days=1)
    put_record(s3, before)
    put_record(s3, DAY, FOREIGN[body])
    store = reports(s3)

    history = store.history(DAY + timedelta(days=1))

    assert [*history.days] == [before]
    assert [*history.passed_over] == [f"team-a/summary/dt={DAY}/summary_{DAY}.json"]
    assert all(reason.startswith("it is") for reason in history.passed_over.values()) or (
        body == "a later schema"
    )
    assert store.past(DAY) is None


def test_an_unfinished_day_is_no_history(s3: Any) -> None:
    """It is known as a day, but not among the days before, and was not the first."""
    put_record(s3, DAY, json.dumps(BODY | {"complete": False}).encode())
    store = reports(s3)

    past = store.past(DAY)

    assert past is not None
    assert not past.complete
    assert store.history(DAY + timedelta(days=1)).days == {}
    assert store.first_day() is None


def test_models_of_two_weeks(s3: Any) -> None:
    """Models are known of fourteen days before whichever day is asked for, in any order."""
    for back in range(40):
        put_record(s3, DAY - timedelta(days=back))
    store = reports(s3)

    for asked in (DAY, DAY - timedelta(days=5), DAY + timedelta(days=1), DAY):
        days = store.history(asked).days

        known = [own for own in days if days[own].models]
        assert known == [asked - timedelta(days=back) for back in range(14, 0, -1)]
        assert len(days) == 31


def test_a_day_that_was_written_is_read_anew(s3: Any) -> None:
    """What an invocation has written itself, it does not remember as it was."""
    store = reports(s3)
    assert store.past(DAY) is None

    store.write(DAY, [ReportFile("summary", "json", "application/json", record_of(DAY))])

    assert store.past(DAY) is not None
    assert store.first_day() == DAY


def test_a_record_that_could_not_be_read_is_no_missing_one(s3: Any) -> None:
    """After S3 failed to give a record, the next look asks for it again."""
    put_record(s3, DAY)
    put_record(s3, DAY - timedelta(days=1))
    store = reports(s3)

    def refuse(**_: Any) -> None:
        raise ClientError({"Error": {"Code": "InternalError", "Message": "injected"}}, "GetObject")

    s3.meta.events.register("before-call.s3.GetObject", refuse)
    with pytest.raises(AwsError, match="InternalError"):
        store.history(DAY)
    s3.meta.events.unregister("before-call.s3.GetObject", refuse)

    assert [*store.history(DAY).days] == [DAY - timedelta(days=1)]
    assert store.past(DAY) is not None
