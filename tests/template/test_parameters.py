"""The stack's parameters: what the deploying person types."""

import re
from collections.abc import Mapping
from itertools import combinations
from zoneinfo import available_timezones

import pytest

from spend_report.settings import PROVIDERS, VARIABLES, Settings
from tests.template.combinations import COMBINATIONS, made
from tests.template.conftest import ROOT, Json

SETTINGS = ROOT / "docs" / "settings.md"
# Not ours: boto3's and Python's, which the stack sets.
NETWORK_VARIABLES = ("HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "AWS_CA_BUNDLE")


def pattern(template: Json, parameter: str) -> re.Pattern[str]:
    return re.compile(template["Parameters"][parameter]["AllowedPattern"])


def test_every_parameter_is_explained_and_checked(template: Json) -> None:
    """Each parameter has a description, a default, and a constraint that the default meets."""
    for name, parameter in template["Parameters"].items():
        default = parameter["Default"]

        assert len(parameter["Description"]) > 20, name
        if parameter["Type"] == "Number" and "MinValue" in parameter:
            assert parameter["MinValue"] <= default <= parameter["MaxValue"], name
        elif "AllowedValues" in parameter:
            assert default in parameter["AllowedValues"], name
        else:
            assert re.fullmatch(parameter["AllowedPattern"], default), name
            assert parameter["ConstraintDescription"], name


def test_every_parameter_has_its_place_in_the_form(template: Json) -> None:
    """The console's form lists each parameter once."""
    groups = template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]

    listed = [name for group in groups for name in group["Parameters"]]

    assert sorted(listed) == sorted(template["Parameters"])


def test_every_setting_is_documented(template: Json) -> None:
    """docs/settings.md has each parameter and each variable once, and none that is gone."""
    lines = SETTINGS.read_text("utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines if "|" in line]
    parameters = [name for first, *_ in rows for name in re.findall(r"`(\w+)`", first)]
    variables = [name for row in rows if len(row) == 4 for name in re.findall(r"`(\w+)`", row[1])]

    assert sorted(parameters) == sorted(template["Parameters"])
    assert sorted(variables) == sorted({*VARIABLES, *NETWORK_VARIABLES})


def test_every_parameter_is_used(template: Json) -> None:
    """No parameter is left over."""
    rest = repr({key: value for key, value in template.items() if key != "Parameters"})

    unused = [
        name
        for name in template["Parameters"]
        if f"{{'Ref': '{name}'}}" not in rest and f"${{{name}}}" not in rest
    ]

    assert unused == []


def test_every_timezone_is_allowed(template: Json) -> None:
    """The pattern refuses no name of a place that Python's timezone database has."""
    allowed = pattern(template, "Timezone")

    refused = [zone for zone in available_timezones() if not allowed.fullmatch(zone)]

    assert template["Parameters"]["Timezone"]["Default"] in available_timezones()
    assert sorted(refused) == ["localtime"] * ("localtime" in available_timezones())


@pytest.mark.parametrize(
    "expression",
    [
        "cron(0 6 * * ? *)",
        "cron(30 5 ? * MON-FRI *)",
        "cron(0/15 6 1,15 * ? 2026-2030)",
        "cron(05 06 L JAN-MAR ? *)",
        "cron(0 6 ? * 6L *)",
        "cron(0 6 ? * TUE#2 *)",
        "cron(0 6 15W * ? *)",
    ],
)
def test_cron_expressions_pass(template: Json, expression: str) -> None:
    """Six fields with one question mark, for the day or the weekday, are a schedule."""
    assert pattern(template, "ScheduleExpression").fullmatch(expression)


@pytest.mark.parametrize(
    "expression",
    [
        "cron(60 6 * * ? *)",
        "cron(0 24 * * ? *)",
        "cron(0 6 0 * ? *)",
        "cron(0 6 32 * ? *)",
        "cron(0 6 * 13 ? *)",
        "cron(0 6 ? * 0 *)",
        "cron(0 6 ? * MONDAY *)",
        "cron(0 6 ? * MON-FRI 26)",
        "cron(noon 6 * * ? *)",
        "0 6 * * ? *",
        "cron(0 6 * * *)",
        "cron(0 6 * * * *)",
        "cron(0 6 ? * ? *)",
        "cron(? 6 * * * *)",
        "cron(0 6 * * ? * *)",
        "cron(0 6  * * ? *)",
        "06:00",
        "",
    ],
)
def test_slips_in_cron_are_refused(template: Json, expression: str) -> None:
    """What EventBridge Scheduler would refuse, the parameter refuses before the deploy."""
    assert not pattern(template, "ScheduleExpression").fullmatch(expression)


@pytest.mark.parametrize(
    ("parameter", "good", "bad"),
    [
        ("LangSmithProjects", "my app,other", ""),
        ("LangSmithProjects", "a", "a,,b"),
        ("LangSmithProjects", "a, b", "a,"),
        ("LangSmithEndpoint", "https://eu.api.smith.langchain.com", "eu.api.smith.langchain.com"),
        ("LangSmithEndpoint", "http://langsmith.internal:1984/api", "https://x y"),
        ("LangSmithEndpoint", "https://langsmith.internal", "https://me:secret@langsmith.internal"),
        ("OpenAiBaseUrl", "https://eu.api.openai.com/v1", "eu.api.openai.com"),
        ("AnthropicBaseUrl", "https://api.anthropic.com", "https://api.anthropic.com?key=x"),
        ("SubnetIds", "subnet-0a1b2c3d,subnet-0a1b2c3e", "subnet-0a1b2c3d, subnet-0a1b2c3e"),
        ("SecurityGroupIds", "sg-0a1b2c3d", "subnet-0a1b2c3d"),
        ("HttpsProxy", "http://proxy.example.com:3128", "http://me:secret@proxy.example.com"),
        ("NoProxy", ".amazonaws.com,10.0.0.7", ".amazonaws.com langsmith.internal"),
        (
            "CaBundleLayerArn",
            "arn:aws:lambda:eu-central-1:123456789012:layer:company-ca:3",
            "arn:aws:lambda:eu-central-1:123456789012:layer:company-ca",
        ),
        ("ExistingBucketName", "company-reports", "s3://company-reports"),
        (
            "ExistingAlertTopicArn",
            "arn:aws:sns:eu-central-1:123456789012:company-alerts",
            "company-alerts",
        ),
        ("ExistingAlarmTopicArn", "arn:aws-us-gov:sns:us-gov-west-1:123456789012:a", "arn:aws:sns"),
        ("KmsKeyArn", "arn:aws:kms:eu-central-1:123456789012:key/mrk-0a1b", "alias/company"),
        ("PermissionsBoundaryArn", "arn:aws:iam::123456789012:policy/team/boundary", "boundary"),
        ("RolePath", "/apps/llm/", "/apps/llm"),
        ("RolePath", "/", "apps/"),
        ("BreakGlassRoleArn", "arn:aws:iam::123456789012:role/admin", "admin"),
        (
            "BreakGlassRoleArn",
            "arn:aws:iam::123456789012:role/a/b",
            "arn:aws:iam::123456789012:role/*",
        ),
        ("ReaderAccounts", "123456789012,210987654321", "12345678901"),
        ("ReaderOrganizationId", "o-a1b2c3d4e5", "ou-a1b2-c3d4e5f6"),
        ("AlarmEmail", "platform@example.com", "platform"),
        ("Dimensions", "env,user_tier,a,b,c,d,e,f", "env,user_tier,a,b,c,d,e,f,g"),
        ("Dimensions", "", "it's"),
        ("LangSmithWorkspaceId", "7a1d2c3e-0000-4abc-8def-0123456789ab", "my-workspace"),
        ("ConfigPath", "/llm-spend/prod", "llm-spend/prod"),
        ("ConfigPath", "/team/llm-spend/prod", "/llm-spend/"),
        ("ConfigPath", "/x", "/aws/x"),
        ("ReportPrefix", "team-a/", "team-a"),
        ("ReportPrefix", "", "/team-a/"),
        ("FeatureKey", "feature", "a,b"),
        ("Dimensions", "env", "env, tier"),
        ("AlertEmail", "on-call@example.com", "on-call"),
    ],
)
def test_slips_are_refused_before_the_deploy(
    template: Json, parameter: str, good: str, bad: str
) -> None:
    """A parameter takes what works and refuses the likely slip."""
    allowed = pattern(template, parameter)

    assert allowed.fullmatch(good)
    assert not allowed.fullmatch(bad)


def test_the_defaults_are_the_settings_own(template: Json) -> None:
    """A stack with default parameters behaves as a function without optional variables."""
    names = {
        "LangSmithEndpoint": "langsmith_endpoint",
        "Timezone": "report_timezone",
        "FeatureKey": "feature_key",
        "Dimensions": "dimensions",
        "PriceCatalogue": "price_catalogue",
        "RestateDays": "restate_days",
        "CatchUpDays": "catch_up_days",
        "Spikes": "spikes",
        "SpikeFloorUsd": "spike_floor_usd",
        "Bills": "bills",
        "OpenAiBaseUrl": "openai_base_url",
        "AnthropicBaseUrl": "anthropic_base_url",
        "AllowPlainHttp": "allow_plain_http",
        "UntaggedAlertShare": "untagged_alert_share",
        "WeeklyDigest": "weekly_digest",
        "MaxRequestsPer10s": "max_requests_per_10s",
        "MaxConcurrentRequests": "max_concurrent_requests",
    }
    required = {
        "REPORT_BUCKET": "bucket",
        "ALERT_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:topic",
        "CONFIG_PATH": "/llm-spend/prod",
        "LANGSMITH_PROJECTS": "default",
    }
    given = {
        field.upper(): str(template["Parameters"][parameter]["Default"])
        for parameter, field in names.items()
    }

    assert Settings.from_environment(required | given) == Settings.from_environment(required)


def test_every_choice_of_bills_is_one_that_the_function_takes(template: Json) -> None:
    """Each allowed list of providers is read without complaint, and none is missing."""
    choices = template["Parameters"]["Bills"]["AllowedValues"]

    assert len(set(choices)) == len(choices) == 2 ** len(PROVIDERS)
    assert {frozenset(filter(None, choice.split(","))) for choice in choices} == {
        frozenset(some)
        for number in range(len(PROVIDERS) + 1)
        for some in combinations(PROVIDERS, number)
    }


@pytest.mark.parametrize("combination", COMBINATIONS)
def test_what_people_give_together_fits_together(template: Json, combination: str) -> None:
    """Every parameter of a combination is allowed by itself, and every rule holds."""
    given = COMBINATIONS[combination]

    for name, value in given.items():
        parameter = template["Parameters"][name]
        if "AllowedPattern" in parameter:
            assert re.fullmatch(parameter["AllowedPattern"], value), name
        if "AllowedValues" in parameter:
            assert value in map(str, parameter["AllowedValues"]), name
    assert broken_rules(template, given) == []


@pytest.mark.parametrize(
    ("given", "broken"),
    [
        ({"SubnetIds": "subnet-0a1b2c3d"}, "SubnetsAndTheirGroups"),
        ({"SecurityGroupIds": "sg-0a1b2c3d"}, "SubnetsAndTheirGroups"),
        ({"ExistingBucketName": "mine", "WriteLock": "on"}, "PolicyOfTheBucket"),
        ({"ExistingBucketName": "mine", "ReaderAccounts": "123456789012"}, "PolicyOfTheBucket"),
        ({"ExistingBucketName": "mine", "ReportRetentionDays": "365"}, "LifecycleOfTheBucket"),
        ({"ExistingAlertTopicArn": "arn", "AlertEmail": "a@b.cd"}, "OneWayToTellOfAlerts"),
        ({"ExistingAlarmTopicArn": "arn", "AlarmEmail": "a@b.cd"}, "OneWayToTellOfAlarms"),
    ],
)
def test_what_would_do_nothing_together_is_refused(
    template: Json, given: dict[str, str], broken: str
) -> None:
    """A parameter that another one makes void is an error before anything is deployed."""
    assert broken_rules(template, given) == [broken]


def broken_rules(template: Json, given: Mapping[str, str]) -> list[str]:
    """The rules of the template that the parameters break."""
    return [
        name
        for name, rule in template["Rules"].items()
        for assertion in rule["Assertions"]
        if not holds_with(template, given, assertion["Assert"])
    ]


def holds_with(template: Json, given: Mapping[str, str], assertion: Json) -> bool:
    """Whether `assertion` holds, asked as a condition of the template."""
    asked = {**template, "Conditions": {**template["Conditions"], "Asked": assertion}}
    asked["Outputs"] = {"Answer": {"Value": {"Fn::If": ["Asked", "yes", "no"]}}}
    answer: str = made(asked, given)["Outputs"]["Answer"]["Value"]
    return answer == "yes"
