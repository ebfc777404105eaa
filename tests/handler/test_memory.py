"""What is remembered of days that follow each other, seen through the real handler."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.s3.models import s3_backends

import local.invoke
from local.aws import BUCKET
from local.langsmith_server import Request
from spend_report.errors import EventError, PartlyReportedError
from tests.deployment import PROJECT, Deployment
from tests.faults.aws_proxy import AwsProxy, sns_error
from tests.traces import llm

SATURDAY, SUNDAY = date(2026, 11, 21), date(2026, 11, 22)
ONE_DAY = timedelta(days=1)


def call(
    day: date, name: str = "call", feature: str = "rag", at: str = "10:00", **more: Any
) -> Any:
    """A call that costs a dollar."""
    start = f"{day}T{at}:00Z"
    return llm(f"{name} {day}", start, model="m", feature=feature, tokens=(1_000, 0), **more)


@pytest.fixture
def priced(deployment: Deployment) -> Deployment:
    deployment.put_prices({"m": {"input": 1_000, "output": 0}})
    return deployment


def morning(day: date) -> dict[str, str]:
    """The schedule's event of the morning after `day`."""
    return {"scheduled_time": f"{day + ONE_DAY}T06:00:00Z"}


def records(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """Every day's record, by its day."""
    found = deployment.reports().objects
    return {key[-15:-5]: json.loads(found[key]) for key in found if key.startswith("summary/")}


def kinds(deployment: Deployment) -> list[str]:
    """The kinds of the messages on the topic, in their order."""
    return [message.attributes["kind"] for message in deployment.aws.published()]


def test_records_name_the_bytes_that_lie_there(priced: Deployment) -> None:
    """After mornings, restatements, a rerun and a changed budget each record has the SHA-256 of
    every other object of its day's set, as it lies there."""
    for number in range(4):
        day = SATURDAY + number * ONE_DAY
        priced.add_runs(call(day), call(day - ONE_DAY, "late"))
        priced.invoke(morning(day))
    priced.put_budgets({"features": {"rag": 0.5}})
    priced.invoke({"date": str(SUNDAY)})

    objects = priced.reports().objects
    for name, record in records(priced).items():
        own = {
            key.rpartition("/")[2]: hashlib.sha256(body).hexdigest()
            for key, body in objects.items()
            if f"/dt={name}/" in key and not key.startswith("summary/")
        }
        assert record["files"] == own
        assert len(own) == 6
    assert records(priced).keys() == {str(SATURDAY + number * ONE_DAY) for number in range(4)}


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        (
            "America/New_York",
            "Between the reports of 21 Nov and 22 Nov lie 5 hours that neither counts",
        ),
        ("Asia/Tokyo", "The reports of 21 Nov and 22 Nov both count the same 9 hours"),
    ],
)
def test_moved_calendar(priced: Deployment, zone: str, words: str) -> None:
    """Where the timezone changed, the first day in the new one says what is missing or double."""
    for day in (SATURDAY, SUNDAY):
        priced.add_runs(call(day))
    priced.invoke({"date": str(SATURDAY)})

    priced.invoke({"date": str(SUNDAY)}, REPORT_TIMEZONE=zone)

    notices = {
        day: [note["text"] for note in record["notices"] if note["kind"] == "calendar_shift"]
        for day, record in records(priced).items()
    }
    assert notices[str(SATURDAY)] == []
    (text,) = notices[str(SUNDAY)]
    assert words in text


def test_range_with_a_kept_day(priced: Deployment) -> None:
    """Of three days one has less than it had: its report stays, the others are written, and the
    error names it with both counts and the way out."""
    days = [SATURDAY - ONE_DAY, SATURDAY, SUNDAY]
    whole = {"start_date": str(days[0]), "end_date": str(days[2])}
    priced.add_runs(*(call(day, name) for day in days for name in ("one", "two")))
    priced.invoke(whole)
    kept = priced.reports().text("summary", str(SATURDAY), "json")
    midnight = datetime.fromisoformat(f"{SUNDAY}T00:00:00+00:00")
    priced.langsmith.forget(PROJECT, midnight)
    priced.add_runs(*(call(days[0], name) for name in ("one", "two", "three")))

    with pytest.raises(PartlyReportedError) as caught:
        priced.invoke(whole)

    assert str(caught.value).startswith(
        "20 Nov, 22 Nov reported; the rest was not done:\n2026-11-21: the report of 2026-11-21 "
        "was kept: it counts 2 LLM runs, and LangSmith has 0"
    )
    assert '"accept_less": true' in str(caught.value)
    assert priced.reports().text("summary", str(SATURDAY), "json") == kept
    assert records(priced)[str(days[0])]["total"]["calls"] == 3


def test_the_run_that_completes_the_week_sends_it(
    priced: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Monday has no time to catch up Friday, so the week waits for Tuesday, which has."""
    week = [SUNDAY - back * ONE_DAY for back in range(7, -1, -1)]
    priced.add_runs(*(call(day) for day in [*week, SUNDAY + ONE_DAY]))
    for day in week[:-1]:
        if day.isoweekday() != 5:
            priced.invoke({"date": str(day), "notify": False})

    def left(_: Any) -> int:
        return 0 if str(SUNDAY) in records(priced) else 900_000

    with monkeypatch.context() as patched:
        patched.setattr(local.invoke.LambdaContext, "get_remaining_time_in_millis", left)
        with pytest.raises(PartlyReportedError):
            priced.invoke(morning(SUNDAY))
    assert kinds(priced) == []
    priced.invoke(morning(SUNDAY + ONE_DAY))
    priced.invoke(morning(SUNDAY + ONE_DAY))

    (message,) = priced.aws.published()
    told = json.loads(message.parts["sqs"])
    assert (told["kind"], told["week"]) == ("weekly_digest", "2026-W47")
    assert [day for day in told["missing_days"] if day >= str(week[1])] == []
    assert told["cost_usd"] == "7.000000"


def test_a_week_completed_by_hand(priced: Deployment) -> None:
    """A day that nobody waits for any more completes the week when somebody reports it."""
    week = [SUNDAY - back * ONE_DAY for back in range(6, -1, -1)]
    priced.add_runs(*(call(day) for day in week))
    priced.invoke({"date": str(week[0] - ONE_DAY), "notify": False})
    for day in week[:-1]:
        if day.isoweekday() != 5:
            priced.invoke({"date": str(day)})
    priced.invoke({"date": str(SUNDAY)})
    assert kinds(priced) == []

    priced.invoke({"date": str(week[4])})

    assert kinds(priced) == ["weekly_digest"]


def test_chat_fails(priced: Deployment) -> None:
    """What the chat fails at is raised last: mail, restated day and digest are there, once."""
    priced.put_budgets({"features": {"rag": 0.5}})
    nowhere = {"CHAT_TOPIC_ARN": f"{priced.aws.chat_topic_arn}-gone"}
    priced.add_runs(call(SATURDAY), call(SUNDAY))
    priced.invoke({"date": str(SATURDAY), "notify": False})
    priced.add_runs(call(SATURDAY, "late"))

    with pytest.raises(PartlyReportedError) as caught:
        priced.invoke(morning(SUNDAY), **nowhere)

    first, *rest = str(caught.value).splitlines()
    assert first == "21–22 Nov reported; the rest was not done:"
    assert {line.partition(":")[0] for line in rest if "spend-chat-gone" in line} == {"chat"}
    assert records(priced)[str(SATURDAY)]["total"]["calls"] == 2
    assert kinds(priced) == ["spend_alert", "spend_alert", "weekly_digest"]

    priced.invoke(morning(SUNDAY), CHAT_TOPIC_ARN=priced.aws.chat_topic_arn)

    assert len(kinds(priced)) == 3
    assert [post["content"]["title"] for post in priced.aws.posted()] == [
        "LLM spend 22 Nov: rag $1.00 of $0.50, CRITICAL",
        "LLM spend 21 Nov: rag $2.00 of $0.50, CRITICAL",
    ]


def test_what_is_forgotten_is_told_again(priced: Deployment) -> None:
    """Whoever deletes what was remembered of an alert gets it again by the next run of its day."""
    priced.put_budgets({"features": {"rag": 0.5}})
    priced.add_runs(call(SATURDAY))
    for _ in range(2):
        priced.invoke({"date": str(SATURDAY)})
    assert kinds(priced) == ["spend_alert"]

    priced.aws.s3.delete_object(Bucket=BUCKET, Key=f"alerts/daily/{SATURDAY}.json")
    priced.invoke({"date": str(SATURDAY)})

    assert kinds(priced) == ["spend_alert", "spend_alert"]


def test_digest_fails(priced: Deployment) -> None:
    """A week that can't be sent fails the run last; the retry sends it, once."""
    priced.add_runs(call(SATURDAY), call(SUNDAY))
    priced.invoke({"date": str(SATURDAY), "notify": False})

    with AwsProxy(priced.aws.url) as aws:
        aws.fault = lambda action: (
            sns_error(403, "AuthorizationError") if action == "sns:Publish" else None
        )
        with pytest.raises(PartlyReportedError) as caught:
            priced.invoke(morning(SUNDAY), AWS_ENDPOINT_URL=aws.url)

    first, second, *_ = str(caught.value).splitlines()
    assert first == "21–22 Nov reported; the rest was not done:"
    assert second.startswith("digest: sns:Publish on ")
    assert records(priced).keys() == {str(SATURDAY), str(SUNDAY)}
    for _ in range(2):
        priced.invoke(morning(SUNDAY))
    assert kinds(priced) == ["weekly_digest"]


def test_an_end_in_2099(priced: Deployment) -> None:
    """A call that claims to last for decades does not make the next day be read."""
    century = (date(2099, 12, 31) - SATURDAY).total_seconds()
    priced.add_runs(call(SATURDAY, at="23:50", seconds=century), call(SUNDAY, at="12:00"))

    reports = priced.report(str(SATURDAY))

    assert reports.summary(str(SATURDAY))["total"]["calls"] == 1
    asked = [request.json() for request in priced.langsmith.requests if "query" in request.path]
    assert max(own["max_start_time"] for own in asked if "max_start_time" in own) < (
        f"{SUNDAY}T02:00:00"
    )


def test_far_future(priced: Deployment) -> None:
    """2099 is refused as not begun, and 2100 as no year, both by name, with nothing read."""
    for day, words in (("2099-01-01", "2099-01-01 is in the future"), ("2100-01-01", "date: ")):
        with pytest.raises(EventError, match=words):
            priced.invoke({"date": day}, now=f"{SUNDAY}T06:00:00Z")

    assert not [request for request in priced.langsmith.requests if _reads(request)]
    assert records(priced) == {}


def _reads(request: Request) -> bool:
    return "query" in request.path


def test_two_japanese_features(priced: Deployment) -> None:
    """CloudWatch takes ASCII names only: two features in Japanese are two series all the same."""
    priced.add_runs(call(SUNDAY, "one", "検索"), call(SUNDAY, "two", "要約"))

    priced.invoke({"date": str(SUNDAY)}, now=f"{SUNDAY + ONE_DAY}T06:00:00Z")

    series = priced.series("feature")
    assert len(series) == 2
    assert all(name.isascii() for name in series)


def test_slow_chat(priced: Deployment) -> None:
    """Ten posts of fifteen seconds are seven leases: each is made under a lease of its own."""
    names = [f"job-{number}" for number in range(10)]
    priced.put_budgets({"default": 0.5})
    priced.add_runs(*(call(SUNDAY, name, name) for name in names))
    ages: list[float] = []

    with slow_posts(priced, seconds=15, ages=ages) as aws:
        priced.invoke(
            {"date": str(SUNDAY)},
            AWS_ENDPOINT_URL=aws.url,
            CHAT_TOPIC_ARN=priced.aws.chat_topic_arn,
            WEEKLY_DIGEST="off",
        )

    assert len(priced.aws.posted()) == 10
    assert len(ages) == 11  # the mail before them
    assert max(ages) < 20


@contextmanager
def slow_posts(deployment: Deployment, *, seconds: float, ages: list[float]) -> Iterator[AwsProxy]:
    """An AWS where publishing seems to take so long; `ages` has the claim's age after each."""

    def pass_time(action: str) -> None:
        if action == "sns:Publish":
            lock = s3_backends[DEFAULT_ACCOUNT_ID]["aws"].buckets[BUCKET].keys["alerts/lock.json"]
            lock.last_modified -= timedelta(seconds=seconds)
            now = datetime.now(UTC).replace(tzinfo=lock.last_modified.tzinfo)
            ages.append((now - lock.last_modified).total_seconds())

    with AwsProxy(deployment.aws.url) as proxy:
        proxy.fault = pass_time
        yield proxy
