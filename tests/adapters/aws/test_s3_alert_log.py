"""The memory of what was sent, on S3's conditional writes."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.s3.models import s3_backends

from spend_report.adapters.aws.s3_alert_log import S3AlertLog
from spend_report.errors import AlertInProgressError, AwsError
from tests.atomic_s3 import AtomicS3

BUCKET = "llm-reports"
LOCK = "team-a/alerts/lock.json"
KEYS = {
    "daily/2026-11-21/feature/rag-search/1",
    "monthly/2026-11/feature/rag-search/0.8",
    "notice/2026-11-03/unpriced_model/mystery-9b",
    "digest/2026-W47/all",
}


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("s3", region_name="us-east-1")
        client.create_bucket(Bucket=BUCKET)
        yield AtomicS3(client)
        client.close()


def no_waiting(seconds: float) -> None:
    """A sleep of a test in which nobody has to wait."""
    pytest.fail(f"waited for {seconds} s")


def log(s3: Any, sleep: Callable[[float], None] = no_waiting, by: str = "first") -> S3AlertLog:
    """The log of one invocation."""
    return S3AlertLog(BUCKET, "team-a/", client=s3, by=by, sleep=sleep)


def age_lock(seconds: float) -> None:
    """As if the lock had been written so much earlier."""
    bucket = s3_backends["123456789012"]["aws"].buckets[BUCKET]
    bucket.keys[LOCK].last_modified -= timedelta(seconds=seconds)


def test_what_was_sent_is_not_claimed_again(s3: Any) -> None:
    """Whoever asks later, for more, gets only what is new."""
    first, later = log(s3), log(s3)

    claimed = first.claim(KEYS)
    first.sent(claimed)

    assert claimed == KEYS
    assert later.claim(KEYS) == frozenset()
    assert later.claim(KEYS | {"daily/2026-11-22/total/1"}) == {"daily/2026-11-22/total/1"}


def test_nothing_to_claim_costs_no_write(s3: Any) -> None:
    """Neither no keys nor only known ones touch the lock."""
    first = log(s3)
    first.sent(first.claim(KEYS))
    age_lock(100)
    before = s3.head_object(Bucket=BUCKET, Key=LOCK)["LastModified"]

    log(s3).claim(())
    log(s3).claim(KEYS)
    log(s3).sent(frozenset())
    log(s3).release(frozenset())

    assert s3.head_object(Bucket=BUCKET, Key=LOCK)["LastModified"] == before


def test_objects_lie_below_alerts(s3: Any) -> None:
    """Readable for people who look into the bucket, in a folder for each period."""
    first = log(s3)
    first.sent(first.claim(KEYS))

    names = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]

    assert [re.sub(r"-[0-9a-f]{16}\.json$", "", name) for name in names] == [
        "team-a/alerts/daily/2026-11-21/feature-rag-search-1",
        "team-a/alerts/digest/2026-W47/all",
        "team-a/alerts/lock.json",
        "team-a/alerts/monthly/2026-11/feature-rag-search-0-8",
        "team-a/alerts/notice/2026-11-03/unpriced_model-mystery-9b",
    ]


def test_hostile_keys(s3: Any) -> None:
    """Names of features may be anything: each has one object of its own, with a legal name."""
    names = ["x" * 10_000, "x" * 10_001, "../../up", "a/b", "a-b", "line\nbreak", "ü", "🎉", " "]
    keys = {f"daily/2026-11-21/feature/{name}/1" for name in names} | {"no period"}
    first = log(s3)

    first.sent(first.claim(keys))

    assert log(s3).claim(keys) == frozenset()
    objects = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    assert len(objects) == len(keys) + 1
    assert all(len(name) < 250 and name.isascii() for name in objects)


def test_more_keys_than_a_listing_holds(s3: Any) -> None:
    """More than a thousand alerts of one day are all remembered."""
    keys = {f"daily/2026-11-21/feature/f{number}/1" for number in range(1100)}
    first = log(s3)

    first.sent(first.claim(keys))

    assert log(s3).claim(keys) == frozenset()


def test_release_lets_the_next_one_try_at_once(s3: Any) -> None:
    """After a failed publish nobody has to wait."""
    first = log(s3)

    first.release(first.claim(KEYS))

    assert log(s3).claim(KEYS) == KEYS


def test_the_second_waits_for_the_first(s3: Any) -> None:
    """While one is sending, the other waits, and then has nothing left to send."""
    first = log(s3)
    claimed = first.claim(KEYS)
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            first.sent(claimed)

    assert log(s3, sleep).claim(KEYS) == frozenset()
    assert waits == [1, 1, 1]


def test_the_second_sends_what_the_first_could_not(s3: Any) -> None:
    """When the first one's publish fails, the waiting one takes it on."""
    first = log(s3)
    claimed = first.claim(KEYS)

    assert log(s3, lambda _: first.release(claimed)).claim(KEYS) == KEYS


def test_killed_between_claiming_and_sending(s3: Any) -> None:
    """The claim of one who is gone ends after twenty seconds, and nothing is lost."""
    log(s3).claim(KEYS)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        age_lock(seconds)

    claimed = log(s3, sleep).claim(KEYS)

    assert claimed == KEYS
    assert 18 <= sum(waited) <= 21


def test_retry_after_a_minute_does_not_wait(s3: Any) -> None:
    """Lambda's own retry comes later than the lease lasts."""
    log(s3).claim(KEYS)
    age_lock(60)

    assert log(s3).claim(KEYS) == KEYS


def test_who_lost_the_lock_can_not_give_it_back(s3: Any) -> None:
    """One that was given up and wakes again leaves the lock to its new holder."""
    slow = log(s3)
    slow.claim(KEYS)
    age_lock(30)
    holder = log(s3)
    holder.claim(KEYS)

    slow.release(KEYS)

    with pytest.raises(AlertInProgressError, match=r"team-a/alerts/lock\.json was held"):
        log(s3, lambda _: None).claim(KEYS)


def test_others_hold_it_for_ever(s3: Any) -> None:
    """After a minute of others' holding it the run fails, and its retry tries again."""
    log(s3).claim(KEYS)
    waits: list[float] = []

    with pytest.raises(AlertInProgressError, match="held by other invocations for 60 s"):
        log(s3, waits.append).claim(KEYS)

    assert sum(waits) == 60


def test_two_at_the_same_moment(s3: Any) -> None:
    """Of eight that start together exactly one sends, and it sends everything."""
    start = threading.Barrier(8)
    told: list[frozenset[str]] = []

    def run(_: int) -> None:
        own = log(s3, lambda _: time.sleep(0.01))
        start.wait()
        claimed = own.claim(KEYS)
        told.append(claimed)
        own.sent(claimed)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))

    assert sorted(told, key=len) == [frozenset()] * 7 + [KEYS]


@pytest.mark.parametrize("code", ["ConditionalRequestConflict", "PreconditionFailed"])
def test_a_write_that_comes_second(s3: Any, code: str) -> None:
    """S3 says 412 after another's write and 409 during it: both mean to look again."""

    class Contended(AtomicS3):
        refused = 0

        def put_object(self, **arguments: Any) -> Any:
            if not self.refused and arguments["Key"] == LOCK:
                self.refused += 1
                raise ClientError({"Error": {"Code": code, "Message": "busy"}}, "PutObject")
            return s3.put_object(**arguments)

    waits: list[float] = []

    claimed = log(Contended(s3), waits.append).claim(KEYS)

    assert claimed == KEYS
    assert waits == [1]


def test_taken_over_while_looking(s3: Any) -> None:
    """One that is so slow that another takes the lock over leaves the sending to it."""

    class Slow(AtomicS3):
        listings = 0

        def get_paginator(self, name: str) -> Any:
            self.listings += 1
            if self.listings > len(KEYS):
                self.listings = -100
                age_lock(30)
                log(s3).claim(KEYS)
            return s3.get_paginator(name)

    with pytest.raises(AlertInProgressError, match="taken over by another invocation"):
        log(Slow(s3)).claim(KEYS)


def test_refused_write(s3: Any) -> None:
    """A role without the right to write is told so."""

    class ReadOnly(AtomicS3):
        def put_object(self, **_: Any) -> Any:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "PutObject")

    with pytest.raises(AwsError, match=r"s3:PutObject on .*lock\.json failed: AccessDenied"):
        log(ReadOnly(s3)).claim(KEYS)


def test_failures_of_s3_are_ours(s3: Any) -> None:
    """An error names the action, the place and what to do."""
    s3.delete_bucket(Bucket=BUCKET)

    with pytest.raises(
        AwsError, match=r"s3:ListBucket on s3://llm-reports/team-a/alerts/.*NoSuchBucket"
    ):
        log(s3).claim(KEYS)
