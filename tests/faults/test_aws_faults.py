"""What AWS may do: throttle, fail, refuse, and die between two objects of a set."""

from collections.abc import Mapping

import pytest

from spend_report.errors import AwsError, PartlyReportedError, SpendReportError
from tests.faults.aws_proxy import RESET, AwsFault, AwsFaultHook, s3_error, sns_error, ssm_error
from tests.faults.world import World

SUMMARY = "summary/dt=2026-11-21/summary_2026-11-21.json"


def first(count: int, fault: AwsFault, action: str) -> AwsFaultHook:
    """`fault` for the first `count` requests whose action begins with `action`."""
    left = [fault] * count
    return lambda seen: left.pop() if left and seen.startswith(action) else None


def always(fault: AwsFault, action: str, *, containing: str = "") -> AwsFaultHook:
    """`fault` for every request whose action begins with `action`."""
    return lambda seen: fault if seen.startswith(action) and containing in seen else None


PASSING: list[tuple[str, int, AwsFault, str]] = [
    ("SSM throttles", 2, ssm_error(400, "ThrottlingException"), "ssm:"),
    ("SSM fails inside", 2, ssm_error(500, "InternalServerError"), "ssm:"),
    ("SSM resets", 1, AwsFault(RESET), "ssm:"),
    ("S3 asks to slow down", 2, s3_error(503, "SlowDown"), "s3:PUT"),
    ("S3 fails inside", 2, s3_error(500, "InternalError"), "s3:PUT"),
    ("S3 resets a write", 1, AwsFault(RESET), "s3:PUT"),
    ("S3 fails reading", 2, s3_error(503, "ServiceUnavailable"), "s3:GET"),
    ("SNS throttles", 1, sns_error(400, "Throttling"), "sns:"),
    ("SNS fails inside", 1, sns_error(500, "InternalFailure"), "sns:"),
    ("SNS resets", 1, AwsFault(RESET), "sns:"),
]


@pytest.mark.parametrize(
    ("count", "fault", "action"), [case[1:] for case in PASSING], ids=[case[0] for case in PASSING]
)
def test_a_passing_fault_changes_nothing(
    faulty: World, undisturbed: Mapping[str, bytes], count: int, fault: AwsFault, action: str
) -> None:
    """botocore's retries ride out what passes: same bytes, one alert."""
    faulty.aws.fault = first(count, fault, action)

    faulty.run()

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 1


DENIED: list[tuple[str, AwsFault, str, str, str]] = [
    (
        "parameters",
        ssm_error(400, "AccessDeniedException"),
        "ssm:GetParametersByPath",
        "ssm:GetParametersByPath",
        "/llm-spend/local/pricing",
    ),
    (
        "the key",
        ssm_error(400, "AccessDeniedException"),
        "ssm:GetParameter",
        "ssm:GetParameter",
        "/llm-spend/local/langsmith-api-key",
    ),
    (
        "writing",
        s3_error(403, "AccessDenied"),
        "s3:PUT",
        "s3:PutObject",
        "s3://spend-reports/spend_by_feature/dt=2026-11-21",
    ),
]


@pytest.mark.parametrize(
    ("fault", "asked", "action", "resource"),
    [case[1:] for case in DENIED],
    ids=[case[0] for case in DENIED],
)
def test_denied_access_names_the_action_and_the_resource(
    faulty: World, fault: AwsFault, asked: str, action: str, resource: str
) -> None:
    """The message is what the role's policy lacks; nothing is reported."""
    exactly = asked.startswith("ssm:")
    faulty.aws.fault = lambda seen: (
        fault if seen == asked or (seen.startswith(asked) and not exactly) else None
    )

    with pytest.raises(AwsError) as caught:
        faulty.run()

    assert f"{action} on {resource}" in str(caught.value)
    assert f"Allow the function's role {action}" in str(caught.value)
    assert faulty.reports() == {}
    assert faulty.alerts() == 0


def test_denied_reading_names_the_record(faulty: World, undisturbed: Mapping[str, bytes]) -> None:
    """A record that may not be read is no missing one: the day's report stays as it was."""
    faulty.run()
    faulty.aws.fault = always(s3_error(403, "AccessDenied"), "s3:GET /spend-reports/summary")

    with pytest.raises(AwsError) as caught:
        faulty.run()

    record = "s3://spend-reports/summary/dt=2026-11-21/summary_2026-11-21.json"
    assert f"s3:GetObject on {record}" in str(caught.value)
    assert "Allow the function's role s3:GetObject" in str(caught.value)
    assert faulty.reports() == undisturbed


def test_records_are_looked_up_beside_the_parameters(faulty: World) -> None:
    """When LangSmith is asked first, it is known what was reported."""
    asked: list[bool] = []
    faulty.langsmith.fault = lambda _: asked.append("s3:GET /spend-reports" in faulty.aws.actions)

    faulty.aws.actions.clear()
    faulty.run()

    assert asked[0]


def test_parameters_come_before_records(faulty: World) -> None:
    """Where neither can be read the parameters are named, and LangSmith is asked nothing."""
    denied = {
        "ssm:": ssm_error(400, "AccessDeniedException"),
        "s3:": s3_error(403, "AccessDenied"),
    }
    faulty.aws.fault = lambda seen: denied.get(seen.partition(":")[0] + ":")

    with pytest.raises(AwsError, match=r"^ssm:"):
        faulty.run()

    assert faulty.langsmith.requests == []


def test_denied_key_is_told_as_such(faulty: World) -> None:
    """Where it is the key of the encryption that the role may not use, no S3 permission helps."""
    key = "arn:aws:kms:us-east-1:123456789012:key/1"
    refused = (
        "User: arn:aws:sts::123456789012:assumed-role/r/f is not authorized to perform: "
        f"kms:GenerateDataKey on resource: {key} because no policy allows it"
    )
    faulty.aws.fault = always(s3_error(403, "AccessDenied", refused), "s3:PUT")

    with pytest.raises(AwsError) as caught:
        faulty.run()

    assert f"Allow the function's role kms:GenerateDataKey on {key}" in str(caught.value)
    assert "role s3:PutObject" not in str(caught.value)


def test_denied_listing_hinders_only_the_days_before(faulty: World) -> None:
    """To find what was missed the bucket is listed; the day is reported and told without it."""
    faulty.aws.fault = lambda seen: (
        s3_error(403, "AccessDenied") if seen == "s3:GET /spend-reports" else None
    )

    with pytest.raises(PartlyReportedError) as caught:
        faulty.run({"scheduled_time": "2026-11-22T06:00:00Z"})

    assert "21 Nov reported" in str(caught.value)
    assert "s3:ListBucket on spend-reports" in str(caught.value)
    assert "Allow the function's role s3:ListBucket" in str(caught.value)
    assert faulty.reports().keys() >= {"summary/dt=2026-11-21/summary_2026-11-21.json"}
    assert faulty.alerts() == 1


def test_a_bucket_that_is_not_there_is_named(faulty: World) -> None:
    """A wrong REPORT_BUCKET says NoSuchBucket, which bucket, and where to look."""
    with pytest.raises(AwsError) as caught:
        faulty.run(REPORT_BUCKET="no-such-bucket")

    assert "no-such-bucket" in str(caught.value)
    assert "NoSuchBucket" in str(caught.value)
    assert faulty.reports() == {}


def test_throttling_that_stays_is_an_error(faulty: World) -> None:
    """SSM that throttles for good is named, before anything was fetched."""
    faulty.aws.fault = always(ssm_error(400, "ThrottlingException"), "ssm:")

    with pytest.raises(AwsError, match="ssm:GetParametersByPath on /llm-spend/local/"):
        faulty.run()

    assert faulty.langsmith.requests == []
    assert faulty.reports() == {}


def test_a_write_that_fails_between_two_objects_leaves_no_whole_day(
    faulty: World, undisturbed: Mapping[str, bytes]
) -> None:
    """Without its summary a day counts as unreported; the next run makes it whole."""
    faulty.aws.fault = always(s3_error(403, "AccessDenied"), "s3:PUT", containing="top_requests")

    with pytest.raises(AwsError, match="top_requests"):
        faulty.run()

    left = faulty.reports()
    assert set(left) < set(undisturbed)
    assert SUMMARY not in left
    assert not any(key.startswith("latest/") for key in left)
    assert faulty.alerts() == 0

    faulty.aws.fault = lambda _action: None
    faulty.run()

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 1


def test_an_alert_that_fails_is_sent_by_the_retry(
    faulty: World, undisturbed: Mapping[str, bytes]
) -> None:
    """SNS is down: the run fails though its reports are whole; the next one sends, once."""
    faulty.aws.fault = always(sns_error(500, "InternalFailure"), "sns:Publish")

    with pytest.raises(AwsError, match=r"sns:Publish on arn:aws:sns:us-east-1:\d+:spend-alerts"):
        faulty.run()

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 0

    faulty.aws.fault = lambda _action: None
    faulty.run()
    faulty.run()

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 1


def test_what_was_sent_but_not_noted_is_an_error(faulty: World) -> None:
    """If S3 refuses to remember the alert, the run fails rather than forget."""
    faulty.aws.fault = always(s3_error(403, "AccessDenied"), "s3:PUT /spend-reports/alerts/daily")

    with pytest.raises(SpendReportError, match="s3:PutObject on s3://spend-reports/alerts/daily"):
        faulty.run()
