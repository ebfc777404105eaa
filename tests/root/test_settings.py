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
    assert settings.catch_up_days == 7
    assert (settings.spikes, settings.spike_floor_usd) == (True, Decimal(1))
    assert settings.bills == ()
    assert settings.openai_base_url == "https://api.openai.com/v1"
    assert settings.anthropic_base_url == "https://api.anthropic.com"
    assert settings.allow_plain_http is False


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
        CATCH_UP_DAYS="0",
        SPIKES="off",
        SPIKE_FLOOR_USD="2.50",
        BILLS="openai, bedrock",
        OPENAI_BASE_URL="https://eu.api.openai.com/v1/",
        ANTHROPIC_BASE_URL="https://anthropic.example.com",
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
    assert settings.catch_up_days == 0
    assert (settings.spikes, settings.spike_floor_usd) == (False, Decimal("2.50"))
    assert settings.bills == ("openai", "bedrock")
    assert settings.openai_base_url == "https://eu.api.openai.com/v1"
    assert settings.anthropic_base_url == "https://anthropic.example.com"


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
        ("BACKFILL_STATE_MACHINE_ARN", "spend-report-backfill"),
        ("LANGSMITH_ENDPOINT", "api.smith.langchain.com"),
        ("LANGSMITH_PROJECTS", " , "),
        ("LANGSMITH_ENDPOINT", "https://"),
        ("LANGSMITH_ENDPOINT", "https://:443"),
        ("LANGSMITH_ENDPOINT", "https://langsmith.example.com:none"),
        ("LANGSMITH_ENDPOINT", "https://[::1"),
        ("LANGSMITH_ENDPOINT", "https://langsmith.example.com?workspace=1"),
        ("OPENAI_BASE_URL", "api.openai.com"),
        ("ANTHROPIC_BASE_URL", "http://anthropic.example.com"),
        ("CATCH_UP_DAYS", "32"),
        ("SPIKES", "1"),
        ("SPIKE_FLOOR_USD", "-1"),
        ("SPIKE_FLOOR_USD", "Infinity"),
        ("BILLS", "openai,azure"),
        ("ALLOW_PLAIN_HTTP", "yes"),
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


@pytest.mark.parametrize("key", ["lsv2_sécret", "lsv2 secret", "\u201clsv2_secret\u201d"])
def test_a_key_that_no_header_can_carry(key: str) -> None:
    """A key with a sign that is not visible ASCII is refused without being shown."""
    with pytest.raises(SettingsError, match="LANGSMITH_API_KEY: expected an API key") as refused:
        read(LANGSMITH_API_KEY=key)

    assert key not in str(refused.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://admin:hunter2@langsmith.example.com",
        "https://hunter2@langsmith.example.com",
        "https://admin:hunter2@langsmith.example.com:none",
        "admin:hunter2@langsmith.example.com",
        "https://admin:hunter2@",
        "https://langsmith.example.com?key=hunter2",
    ],
)
def test_a_credential_in_the_endpoint_is_refused_and_never_shown(endpoint: str) -> None:
    """However the address is malformed, the error names the variable and shows nothing of it."""
    with pytest.raises(SettingsError, match="LANGSMITH_ENDPOINT") as refused:
        read(LANGSMITH_ENDPOINT=endpoint)

    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1984", "http://localhost:1984/api", "http://[::1]:1984"]
)
def test_plain_http_is_for_this_machine(address: str) -> None:
    """What never leaves the machine needs no encryption."""
    assert read(LANGSMITH_ENDPOINT=address).langsmith_endpoint == address


@pytest.mark.parametrize("name", ["LANGSMITH_ENDPOINT", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"])
@pytest.mark.parametrize(
    "address", ["http://langsmith.internal", "http://localhost.example.com", "http://10.0.0.7:1984"]
)
def test_plain_http_needs_an_explicit_word(name: str, address: str) -> None:
    """An address that would carry a key in clear text is refused unless somebody allowed it."""
    with pytest.raises(SettingsError, match=f"{name}: http:// would carry .* ALLOW_PLAIN_HTTP=on"):
        read(**{name: address})

    assert getattr(read(**{name: address}, ALLOW_PLAIN_HTTP="on"), name.lower()) == address


def test_variables() -> None:
    """The variables are those that docs/settings.md has, by name."""
    assert set(VARIABLES) == {
        *REQUIRED,
        *("REPORT_PREFIX", "LANGSMITH_ENDPOINT", "LANGSMITH_WORKSPACE_ID", "LANGSMITH_API_KEY"),
        *("REPORT_TIMEZONE", "FEATURE_KEY", "DIMENSIONS", "PRICE_CATALOGUE", "RESTATE_DAYS"),
        *("UNTAGGED_ALERT_SHARE", "WEEKLY_DIGEST", "MAX_REQUESTS_PER_10S"),
        *("MAX_CONCURRENT_REQUESTS", "CHAT_TOPIC_ARN", "CATCH_UP_DAYS", "ALLOW_PLAIN_HTTP"),
        *("SPIKES", "SPIKE_FLOOR_USD", "BILLS", "OPENAI_BASE_URL", "ANTHROPIC_BASE_URL"),
        *("WORKERS", "BACKFILL_STATE_MACHINE_ARN"),
    }
