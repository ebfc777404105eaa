"""The function's environment as one validated model."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
)

from spend_report.domain.reports.csv_tables import DETAIL_COLUMNS
from spend_report.errors import SettingsError

# Whose bills can be compared.
PROVIDERS = ("openai", "anthropic", "bedrock")


def _names(value: object) -> tuple[str, ...]:
    """Comma-separated text as its distinct parts, in order."""
    return tuple(dict.fromkeys(part.strip() for part in str(value).split(",") if part.strip()))


def _timezone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (KeyError, ValueError, OSError) as error:
        raise ValueError("expected an IANA timezone, e.g. Europe/Berlin") from error


def _on(value: object) -> bool:
    if value in ("on", "off"):
        return value == "on"
    raise ValueError("expected on or off")


def _path(value: str) -> str:
    path = value.rstrip("/")
    if not re.fullmatch(r"(/[A-Za-z0-9_.-]+)+", path):
        raise ValueError("expected a path of SSM parameters, e.g. /llm-spend/prod")
    return path


def _endpoint(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+\S*", value):
        raise ValueError("expected a URL, e.g. https://api.smith.langchain.com")
    return value.rstrip("/")


def _topic(value: str) -> str:
    if not re.fullmatch(r"arn:[^:\s]+:sns:[^:\s]*:[^:\s]*:[^:\s]+", value):
        raise ValueError("expected the ARN of an SNS topic")
    return value


def _dimensions(names: tuple[str, ...]) -> tuple[str, ...]:
    taken = sorted(set(names) & set(DETAIL_COLUMNS))
    if taken:
        raise ValueError(f"{', '.join(taken)}: spend_detail has a column of that name already")
    return names


type Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
type OnOff = Annotated[bool, BeforeValidator(_on)]
type TopicArn = Annotated[str, AfterValidator(_topic)]


def _providers(names: tuple[str, ...]) -> tuple[str, ...]:
    unknown = [name for name in names if name not in PROVIDERS]
    if unknown:
        raise ValueError(f"{', '.join(unknown)}: expected any of {', '.join(PROVIDERS)}")
    return names


class Settings(BaseModel):
    """One field per environment variable, named like it. An empty variable is an unset one."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    report_bucket: str
    report_prefix: str = ""
    alert_topic_arn: TopicArn
    chat_topic_arn: TopicArn | None = None
    config_path: Annotated[str, AfterValidator(_path)]
    langsmith_projects: Annotated[Names, Field(min_length=1)]
    langsmith_endpoint: Annotated[str, AfterValidator(_endpoint)] = (
        "https://api.smith.langchain.com"
    )
    langsmith_workspace_id: str | None = None
    langsmith_api_key: SecretStr | None = None
    report_timezone: Annotated[ZoneInfo, BeforeValidator(_timezone)] = ZoneInfo("UTC")
    feature_key: str = "feature"
    dimensions: Annotated[Names, AfterValidator(_dimensions)] = ("env", "user_tier")
    price_catalogue: OnOff = True
    restate_days: Annotated[int, Field(ge=0, le=31)] = 1
    catch_up_days: Annotated[int, Field(ge=0, le=31)] = 7
    bills: Annotated[Names, AfterValidator(_providers)] = ()
    openai_base_url: Annotated[str, AfterValidator(_endpoint)] = "https://api.openai.com/v1"
    anthropic_base_url: Annotated[str, AfterValidator(_endpoint)] = "https://api.anthropic.com"
    untagged_alert_share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.10")
    weekly_digest: OnOff = True
    max_requests_per_10s: Annotated[int, Field(ge=1)] = 300
    max_concurrent_requests: Annotated[int, Field(ge=1)] = 16

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> "Settings":
        """The settings in `environment`.

        Raises:
            SettingsError: names every variable that is missing or malformed.
        """
        given: dict[str, Any] = {
            name: environment[name.upper()].strip()
            for name in cls.model_fields
            if environment.get(name.upper(), "").strip()
        }
        if "DIMENSIONS" in environment and "dimensions" not in given:
            given["dimensions"] = ""
        try:
            return cls.model_validate(given)
        except ValidationError as error:
            problems = "; ".join(
                f"{str(problem['loc'][0]).upper()}: {_told(problem)}" for problem in error.errors()
            )
            raise SettingsError(f"environment of the function: {problems}") from None


def _told(problem: Any) -> str:
    if problem["type"] == "missing":
        return "not set, but required"
    message = str(problem["msg"]).removeprefix("Value error, ")
    return f"{message}, got {problem['input']!r}"


# The variables that the function reads, for the template's check.
VARIABLES = tuple(name.upper() for name in Settings.model_fields)
