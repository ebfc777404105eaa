"""The memory of what was sent, on S3's conditional writes."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import boto3
import msgspec
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws
from moto.s3.models import s3_backends

from spend_report.adapters.aws.s3_alert_log import S3AlertLog
from spend_report.domain.judgement.tell_again import Told
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
TOLD = Told(
    day=date(2026, 11, 21),
    severity="critical",
    since=date(2026, 11, 1),
    amount=Decimal("2.1400000000000000000001"),
    limit=Decimal("2.00"),
    calls=214,
    at=datetime(2026, 11, 21, 14, 5, tzinfo=UTC),
)


def told(keys: set[str]) -> dict[str, Told]:
    """All of `keys` told with the same figures."""
    return dict.fromkeys(keys, TOLD)


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


def log(
    s3: Any,
    sleep: Callable[[float], None] = no_waiting,
    by: str = "first",
    clock: Callable[[], float] = lambda: 0.0,
) -> S3AlertLog:
    """The log of one invocation."""
    return S3AlertLog(BUCKET, "team-a/", client=s3, by=by, sleep=sleep, clock=clock)


def age_lock(seconds: float) -> None:
    """As if the lock had been written so much earlier."""
    bucket = s3_backends["123456789012"]["aws"].buckets[BUCKET]
    bucket.keys[LOCK].last_modified -= timedelta(seconds=seconds)


def contents(s3: Any) -> dict[str, bytes]:
    """All objects."""
    names = [entry["Key"] for entry in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    return {name: s3.get_object(Bucket=BUCKET, Key=name)["Body"].read() for name in names}


def test_what_was_told_is_known_with_its_figures(s3: Any) -> None:
    """Whoever asks later, for more, learns of what was told exactly as it was."""
    first, later = log(s3), log(s3)
    assert first.read(KEYS) == {}
    assert first.claim(KEYS) == {}

    first.sent(told(KEYS))

    more = KEYS | {"daily/2026-11-22/total/1"}
    assert later.read(more) == told(KEYS)
    assert later.claim(more) == told(KEYS)


def test_the_newest_figures_count(s3: Any) -> None:
    """What is told again replaces what was told; the rest of its period stays."""
    first = log(s3)
    both = {"daily/2026-11-21/feature/a/1", "daily/2026-11-21/feature/b/1"}
    first.claim(both)
    first.sent(told(both))
    dearer = Told(TOLD.day, "critical", TOLD.since, Decimal(5), Decimal("2.50"), 500)

    first.claim(both)
    first.sent({"daily/2026-11-21/feature/a/1": dearer})

    assert log(s3).read(both) == {
        "daily/2026-11-21/feature/a/1": dearer,
        "daily/2026-11-21/feature/b/1": TOLD,
    }


def test_reading_needs_no_lock(s3: Any) -> None:
    """To see that there is nothing to tell writes nothing, and waits for nobody."""
    first = log(s3)
    first.claim(KEYS)
    first.sent(told(KEYS))
    log(s3).claim({"daily/2026-11-22/total/1"})
    before = contents(s3)

    assert log(s3).read(()) == {}
    assert log(s3).read(KEYS) == told(KEYS)

    assert contents(s3) == before


@pytest.mark.parametrize("lock", ["lock", "guard-lock"])
def test_another_told_it_since_it_was_read(s3: Any, lock: str) -> None:
    """What others told between reading and claiming is seen, under whichever lock they did."""
    own = log(s3)
    other = S3AlertLog(BUCKET, "team-a/", client=s3, lock=lock, sleep=no_waiting)
    assert own.read(KEYS) == {}

    other.claim(KEYS)
    other.sent(told(KEYS))

    assert own.claim(KEYS) == told(KEYS)


def test_objects_lie_below_alerts(s3: Any) -> None:
    """Readable for people who look into the bucket, an object for each period."""
    first = log(s3)
    first.claim(KEYS)
    first.sent(told(KEYS))

    assert sorted(contents(s3)) == [
        "team-a/alerts/daily/2026-11-21.json",
        "team-a/alerts/digest/2026-W47.json",
        "team-a/alerts/lock.json",
        "team-a/alerts/monthly/2026-11.json",
        "team-a/alerts/notice/2026-11-03.json",
    ]


def test_hostile_keys(s3: Any) -> None:
    """Names of features may be anything, and do not decide where anything lies."""
    names = ["x" * 10_000, "x" * 10_001, "../../up", "a/b", "a-b", "line\nbreak", "ü", "🎉", " "]
    keys = {f"daily/2026-11-21/feature/{name}/1" for name in names} | {"no period"}
    first = log(s3)

    first.claim(keys)
    first.sent(told(keys))

    assert log(s3).claim(keys) == told(keys)
    assert sorted(contents(s3)) == [
        "team-a/alerts/daily/2026-11-21.json",
        "team-a/alerts/lock.json",
        "team-a/alerts/other.json",
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"\xff", b"null", b'{"schema": 1, "told": []}', b"[" * 100_000],
    ids=["nothing", "cut off", "a list", "no text", "null", "another shape", "deep"],
)
def test_objects_that_are_not_ours(s3: Any, body: bytes) -> None:
    """What can't be read counts as not told, and is replaced by what can."""
    key = "daily/2026-11-21/total/1"
    s3.put_object(Bucket=BUCKET, Key="team-a/alerts/daily/2026-11-21.json", Body=body)
    first = log(s3)

    assert first.claim({key}) == {}
    first.sent(told({key}))

    assert log(s3).read({key}) == told({key})


def test_a_thousand_alerts_of_a_day(s3: Any) -> None:
    """All of them are remembered."""
    keys = {f"daily/2026-11-21/feature/f{number}/1" for number in range(1100)}
    first = log(s3)

    first.claim(keys)
    first.sent(told(keys))

    assert log(s3).claim(keys) == told(keys)


def test_release_lets_the_next_one_try_at_once(s3: Any) -> None:
    """After a failed publish nobody has to wait."""
    first = log(s3)

    first.claim(KEYS)
    first.release()

    assert log(s3).claim(KEYS) == {}


def test_a_claim_that_fails_leaves_the_lock_free(s3: Any) -> None:
    """Who has the lock and then can't read what was told gives it back: the retry need not wait."""

    class Failing(AtomicS3):
        def get_object(self, **arguments: Any) -> Any:
            if arguments["Key"] != LOCK:
                raise ClientError(
                    {"Error": {"Code": "InternalError", "Message": "no"}}, "GetObject"
                )
            return s3.get_object(**arguments)

    with pytest.raises(AwsError, match="InternalError"):
        log(Failing(s3)).claim(KEYS)

    assert log(s3).claim(KEYS) == {}


@pytest.mark.parametrize(
    "odd", [{"amount": "NaN"}, {"limit": "Infinity"}, {"severity": "loud"}, {"calls": -1}]
)
def test_figures_that_can_not_be_compared(s3: Any, odd: dict[str, Any]) -> None:
    """What has such figures was not told by us: it is told, and replaced."""
    key = "daily/2026-11-21/feature/a/1"
    own = json.loads(msgspec.json.encode(TOLD))
    body = json.dumps({"schema": 1, "told": {key: own | odd}}).encode()
    s3.put_object(Bucket=BUCKET, Key="team-a/alerts/daily/2026-11-21.json", Body=body)
    first = log(s3)

    assert first.claim({key}) == {}
    first.sent(told({key}))

    assert log(s3).read({key}) == told({key})


def test_the_second_waits_for_the_first(s3: Any) -> None:
    """While one is sending, the other waits, and then has nothing left to send."""
    first = log(s3)
    first.claim(KEYS)
    waits = []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            first.sent(told(KEYS))

    assert log(s3, sleep).claim(KEYS) == told(KEYS)
    assert waits == [1, 1, 1]


def test_the_second_sends_what_the_first_could_not(s3: Any) -> None:
    """When the first one's publish fails, the waiting one takes it on."""
    first = log(s3)
    first.claim(KEYS)

    assert log(s3, lambda _: first.release()).claim(KEYS) == {}


def test_killed_between_claiming_and_sending(s3: Any) -> None:
    """The claim of one who is gone ends after twenty seconds, and nothing is lost."""
    log(s3).claim(KEYS)
    waited: list[float] = []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        age_lock(seconds)

    assert log(s3, sleep).claim(KEYS) == {}
    assert 18 <= sum(waited) <= 21


def test_retry_after_a_minute_does_not_wait(s3: Any) -> None:
    """Lambda's own retry comes later than the lease lasts."""
    log(s3).claim(KEYS)
    age_lock(60)

    assert log(s3).claim(KEYS) == {}


def test_who_lost_the_lock_can_not_give_it_back(s3: Any) -> None:
    """One that was given up and wakes again leaves the lock to its new holder."""
    slow = log(s3)
    slow.claim(KEYS)
    age_lock(30)
    holder = log(s3)
    holder.claim(KEYS)

    slow.release()

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
    known: list[Mapping[str, Told]] = []

    def run(_: int) -> None:
        own = log(s3, lambda _: time.sleep(0.01))
        start.wait()
        before = own.claim(KEYS)
        known.append(before)
        own.sent(told(KEYS - before.keys()))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))

    assert sorted(known, key=len) == [{}] + [told(KEYS)] * 7


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

    assert log(Contended(s3), waits.append).claim(KEYS) == {}
    assert waits == [1]


def test_taken_over_while_looking(s3: Any) -> None:
    """One that is so slow that another takes the lock over leaves the sending to it."""

    seconds = [0.0]

    class Slow(AtomicS3):
        looks = 0

        def get_object(self, **arguments: Any) -> Any:
            self.looks += 1
            if self.looks == 1 + len(KEYS):
                age_lock(30)
                seconds[0] += 30
                log(s3).claim(KEYS)
            return s3.get_object(**arguments)

    with pytest.raises(AlertInProgressError, match="taken over by another invocation"):
        log(Slow(s3), clock=lambda: seconds[0]).claim(KEYS)


def test_each_of_several_messages_has_the_whole_lease(s3: Any) -> None:
    """Who renews before each of its messages keeps the lock, however many there are."""
    slow = log(s3)
    slow.claim(KEYS)
    for _ in range(10):
        age_lock(19)
        slow.renew()

    with pytest.raises(AlertInProgressError, match="held by other invocations"):
        log(s3, lambda _: None).claim(KEYS)


def test_renewing_what_was_lost(s3: Any) -> None:
    """Who slept through its lease is told that another one sends."""
    slow = log(s3)
    slow.claim(KEYS)
    age_lock(30)
    log(s3).claim(KEYS)

    with pytest.raises(AlertInProgressError, match="taken over by another invocation"):
        slow.renew()


def test_two_write_down_at_the_same_moment(s3: Any) -> None:
    """Of one period, both are kept: the second sees that the object is another by now."""
    one, other = "daily/2026-11-21/feature/a/1", "daily/2026-11-21/feature/b/1"

    class Overtaken(AtomicS3):
        is_overtaken = False

        def put_object(self, **arguments: Any) -> Any:
            if "daily" in arguments["Key"] and not self.is_overtaken:
                self.is_overtaken = True
                log(s3).sent(told({other}))
            return s3.put_object(**arguments)

    log(Overtaken(s3)).sent(told({one}))

    assert log(s3).read({one, other}) == told({one, other})


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
        AwsError, match=r"s3:GetObject on s3://llm-reports/team-a/alerts/.*NoSuchBucket"
    ):
        log(s3).claim(KEYS)
