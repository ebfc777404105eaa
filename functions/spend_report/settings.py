"""The function's environment as one validated model."""

import re
from collections.abc import Mapping
from decimal import Decimal
from ipaddress import ip_address
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)

from spend_report.domain.basics.wording import visible_ascii
from spend_report.domain.reports.csv_tables import DETAIL_COLUMNS
from spend_report.errors import SettingsError

PROVIDERS = ("openai", "anthropic", "bedrock")
"""Whose bills can be compared."""

_ADDRESSES = ("langsmith_endpoint", "openai_base_url", "anthropic_base_url")
# What is wrong with these is said without what they hold.
_UNSHOWN = frozenset({*_ADDRESSES, "langsmith_api_key"})


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


def _address(value: str) -> str:
    """An address that a key may be sent to. No error shows it: a user name may stand in it."""
    if not re.fullmatch(r"https?://[^\s/?#]+(/[^\s?#]*)?", value):
        raise ValueError("expected a URL without a query, e.g. https://api.smith.langchain.com")
    try:
        url = urlsplit(value)
        credential, host = "@" in url.netloc, url.hostname
        _ = url.port
    except ValueError as error:
        raise ValueError("expected a URL with a host and, if any, a port's number") from error
    if credential:
        raise ValueError("expected a URL without a user name; the API key is a parameter")
    if not host:
        raise ValueError("expected a URL with a host")
    return value.rstrip("/")


def _key(value: SecretStr) -> SecretStr:
    if not visible_ascii(value.get_secret_value()):
        raise ValueError("expected an API key: ASCII letters, digits and signs, no spaces")
    return value


def _providers(names: tuple[str, ...]) -> tuple[str, ...]:
    if unknown := sorted(set(names) - set(PROVIDERS)):
        raise ValueError(f"{', '.join(unknown)}: expected any of {', '.join(PROVIDERS)}")
    return names


def _on_this_machine(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _topic(value: str) -> str:
    if not re.fullmatch(r"arn:[^:\s]+:sns:[^:\s]*:[^:\s]*:[^:\s]+", value):
        raise ValueError("expected the ARN of an SNS topic")
    return value


def _state_machine(value: str) -> str:
    if not re.fullmatch(r"arn:[^:\s]+:states:[^:\s]+:[^:\s]+:stateMachine:[A-Za-z0-9_-]+", value):
        raise ValueError("expected the ARN of a state machine")
    return value


def _dimensions(names: tuple[str, ...]) -> tuple[str, ...]:
    taken = sorted(set(names) & set(DETAIL_COLUMNS))
    if taken:
        raise ValueError(f"{', '.join(taken)}: spend_detail has a column of that name already")
    return names


type Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
type Address = Annotated[str, AfterValidator(_address)]
type OnOff = Annotated[bool, BeforeValidator(_on)]
type TopicArn = Annotated[str, AfterValidator(_topic)]


class Settings(BaseModel):
    """One field per environment variable, named like it. An empty variable is an unset one."""

    model_config = ConfigDict(frozen=True, arbitrary_types_allowed=True)

    report_bucket: str
    report_prefix: str = ""
    alert_topic_arn: TopicArn
    chat_topic_arn: TopicArn | None = None
    backfill_state_machine_arn: Annotated[str, AfterValidator(_state_machine)] | None = None
    config_path: Annotated[str, AfterValidator(_path)]
    langsmith_projects: Annotated[Names, Field(min_length=1)]
    langsmith_endpoint: Address = "https://api.smith.langchain.com"
    langsmith_workspace_id: str | None = None
    langsmith_api_key: Annotated[SecretStr, AfterValidator(_key)] | None = None
    report_timezone: Annotated[ZoneInfo, BeforeValidator(_timezone)] = ZoneInfo("UTC")
    feature_key: str = "feature"
    dimensions: Annotated[Names, AfterValidator(_dimensions)] = ("env", "user_tier")
    price_catalogue: OnOff = True
    restate_days: Annotated[int, Field(ge=0, le=31)] = 1
    catch_up_days: Annotated[int, Field(ge=0, le=31)] = 7
    spikes: OnOff = True
    spike_floor_usd: Annotated[Decimal, Field(ge=0, le=1_000_000)] = Decimal(1)
    bills: Annotated[Names, AfterValidator(_providers)] = ()
    openai_base_url: Address = "https://api.openai.com/v1"
    anthropic_base_url: Address = "https://api.anthropic.com"
    untagged_alert_share: Annotated[Decimal, Field(ge=0, le=1)] = Decimal("0.10")
    weekly_digest: OnOff = True
    max_requests_per_10s: Annotated[int, Field(ge=1)] = 300
    max_concurrent_requests: Annotated[int, Field(ge=1)] = 16
    workers: Annotated[int, Field(ge=1, le=64)] = 1
    allow_plain_http: OnOff = False

    @model_validator(mode="after")
    def _keys_travel_encrypted(self) -> Self:
        """A key goes over plain HTTP only on this machine, or where somebody said so."""
        for name in _ADDRESSES:
            address = getattr(self, name)
            plain = address.startswith("http://") and not _on_this_machine(address)
            if plain and not self.allow_plain_http:
                raise ValueError(
                    f"{name.upper()}: http:// would carry the API key in clear text; expected "
                    "https://, or ALLOW_PLAIN_HTTP=on for a network that you trust"
                )
        return self

    @property
    def of_one_worker(self) -> Self:
        """The same for one of the workers, which share what LangSmith allows."""
        share = max(1, self.max_requests_per_10s // self.workers)
        return self.model_copy(update={"max_requests_per_10s": share})

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
            problems = "; ".join(map(_told, error.errors()))
            raise SettingsError(f"environment of the function: {problems}") from None


def _told(problem: Any) -> str:
    message = str(problem["msg"]).removeprefix("Value error, ")
    if not problem["loc"]:  # of the model as a whole, which names its variables itself
        return message
    name = str(problem["loc"][0])
    if problem["type"] == "missing":
        return f"{name.upper()}: not set, but required"
    shown = "" if name in _UNSHOWN else f", got {problem['input']!r}"
    return f"{name.upper()}: {message}{shown}"


# The variables that the function reads, for the template's check.
VARIABLES = tuple(name.upper() for name in Settings.model_fields)
