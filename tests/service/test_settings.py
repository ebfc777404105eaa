from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from spend_report.errors import SettingsError
from spend_report.settings import VARIABLES, Settings

REQUIRED = {
    "REPORT_BUCKET": "reports",
    "ALERT_TOPIC_ARN": "arn:aws:sns:eu-central-1:123456789012:spend-alerts",
    "CONFIG_PATH": "/llm-spend/prod",
    "LANGSMITH_PROJECTS": "app",
}


def read(**variables: str) -> Settings:
    return Settings.from_environment(REQUIRED | variables)


def test_defaults() -> None:
    """What is not set has its documented default."""
    settings = read()

    assert settings.report_prefix == ""
    assert settings.langsmith_endpoint == "https://api.smith.langchain.com"
    assert settings.langsmith_workspace_id is None
    assert settings.langsmith_api_key is None
    assert settings.chat_topic_arn is None
    assert settings.report_timezone == ZoneInfo("UTC")
    assert settings.feature_key == "feature"
    assert settings.dimensions == ("env", "user_tier")
    assert settings.price_catalogue is True
    assert settings.restate_days == 1
    assert settings.untagged_alert_share == Decimal("0.10")
    assert settings.weekly_digest is True
    assert (settings.max_requests_per_10s, settings.max_concurrent_requests) == (300, 16)


def test_all_set() -> None:
    """Every variable is read as what it is."""
    settings = read(
        REPORT_PREFIX="team-a/",
        LANGSMITH_PROJECTS=" app , agents,app",
        LANGSMITH_ENDPOINT="https://eu.api.smith.langchain.com/",
        REPORT_TIMEZONE="Europe/Berlin",
        DIMENSIONS="env",
        PRICE_CATALOGUE="off",
        RESTATE_DAYS="0",
        UNTAGGED_ALERT_SHARE="0.25",
        WEEKLY_DIGEST="off",
        CONFIG_PATH="/llm-spend/prod/",
    )

    assert settings.report_prefix == "team-a/"
    assert settings.langsmith_projects == ("app", "agents")
    assert settings.langsmith_endpoint == "https://eu.api.smith.langchain.com"
    assert settings.report_timezone == ZoneInfo("Europe/Berlin")
    assert settings.dimensions == ("env",)
    assert (settings.price_catalogue, settings.weekly_digest) == (False, False)
    assert settings.restate_days == 0
    assert settings.untagged_alert_share == Decimal("0.25")
    assert settings.config_path == "/llm-spend/prod"


def test_no_dimensions() -> None:
    """An empty list of dimensions is none, not the default."""
    assert read(DIMENSIONS="").dimensions == ()


def test_empty_is_unset() -> None:
    """A template passes empty text for a parameter that nobody set: the default applies."""
    settings = read(LANGSMITH_WORKSPACE_ID=" ", REPORT_TIMEZONE="", CHAT_TOPIC_ARN="")

    assert settings.langsmith_workspace_id is None
    assert settings.chat_topic_arn is None
    assert settings.report_timezone == ZoneInfo("UTC")


@pytest.mark.parametrize("name", sorted(REQUIRED))
def test_required(name: str) -> None:
    """A required variable that is missing or empty is named."""
    for variables in ({name: ""}, {name: "  "}):
        with pytest.raises(SettingsError, match=f"{name}: not set, but required"):
            read(**variables)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("REPORT_TIMEZONE", "Berlin"),
        ("REPORT_TIMEZONE", "../etc"),
        ("RESTATE_DAYS", "-1"),
        ("RESTATE_DAYS", "one"),
        ("UNTAGGED_ALERT_SHARE", "10"),
        ("UNTAGGED_ALERT_SHARE", "NaN"),
        ("PRICE_CATALOGUE", "true"),
        ("WEEKLY_DIGEST", "yes"),
        ("CONFIG_PATH", "llm-spend"),
        ("ALERT_TOPIC_ARN", "spend-alerts"),
        ("CHAT_TOPIC_ARN", "spend-chat"),
        ("LANGSMITH_ENDPOINT", "api.smith.langchain.com"),
        ("LANGSMITH_PROJECTS", " , "),
        ("MAX_REQUESTS_PER_10S", "0"),
        ("MAX_CONCURRENT_REQUESTS", "0"),
    ],
)
def test_malformed(name: str, value: str) -> None:
    """A malformed variable is named."""
    with pytest.raises(SettingsError, match=name):
        read(**{name: value})


def test_all_at_once() -> None:
    """All that is wrong is said at once."""
    with pytest.raises(SettingsError) as refused:
        Settings.from_environment({"RESTATE_DAYS": "x"})

    assert all(name in str(refused.value) for name in (*REQUIRED, "RESTATE_DAYS"))


def test_key_is_secret() -> None:
    """The API key is in no error and no text of the settings."""
    settings = read(LANGSMITH_API_KEY="lsv2_secret")

    assert "lsv2_secret" not in repr(settings)
    assert settings.langsmith_api_key is not None
    assert settings.langsmith_api_key.get_secret_value() == "lsv2_secret"


def test_variables() -> None:
    """The list of variables is what the README documents, and the chat's topic."""
    assert set(VARIABLES) == {
        *REQUIRED,
        *("REPORT_PREFIX", "LANGSMITH_ENDPOINT", "LANGSMITH_WORKSPACE_ID", "LANGSMITH_API_KEY"),
        *("REPORT_TIMEZONE", "FEATURE_KEY", "DIMENSIONS", "PRICE_CATALOGUE", "RESTATE_DAYS"),
        *("UNTAGGED_ALERT_SHARE", "WEEKLY_DIGEST", "MAX_REQUESTS_PER_10S"),
        *("MAX_CONCURRENT_REQUESTS", "CHAT_TOPIC_ARN", "CATCH_UP_DAYS"),
        *("BILLS", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"),
    }
