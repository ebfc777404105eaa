"""The stack's parameters: what the deploying person types."""

import re
from zoneinfo import available_timezones

import pytest

from spend_report.settings import Settings
from tests.template.conftest import Json


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
    ["cron(0 6 * * ? *)", "cron(30 5 ? * MON-FRI *)", "cron(0/15 6 1,15 * ? 2026-2030)"],
)
def test_cron_expressions_pass(template: Json, expression: str) -> None:
    """Six fields with one question mark, for the day or the weekday, are a schedule."""
    assert pattern(template, "ScheduleExpression").fullmatch(expression)


@pytest.mark.parametrize(
    "expression",
    [
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
