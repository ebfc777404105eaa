"""Parameters in SSM Parameter Store: documents and keys."""

from typing import Any

from spend_report.adapters.aws.clients import translated
from spend_report.domain.basics.wording import visible_ascii
from spend_report.domain.config.documents import Document, Problems
from spend_report.errors import ConfigError


class SsmConfig:
    """Reads the parameters below `path`, such as `/llm-spend/prod`, with the SSM client `ssm`."""

    def __init__(self, ssm: Any, path: str) -> None:
        self._ssm = ssm
        self._path = "/" + path.strip("/")

    def pricing(self) -> list[Document]:
        """The documents of prices, by name. Raises ConfigError."""
        return self._documents("pricing")

    def budgets(self) -> list[Document]:
        """The documents of budgets, by name. Raises ConfigError."""
        return self._documents("budgets")

    def features(self) -> list[Document]:
        """The documents of owners and aliases, by name. Raises ConfigError."""
        return self._documents("features")

    @property
    def api_key_name(self) -> str:
        """The parameter that holds LangSmith's API key."""
        return f"{self._path}/langsmith-api-key"

    def api_key(self) -> str:
        """LangSmith's API key, which the caller must not show to anybody.

        Raises:
            ConfigError: it was never put there, or not as a key should be.
        """
        return self._key("langsmith-api-key", "LangSmith's API key")

    def bill_key_name(self, provider: str) -> str:
        """The parameter that holds the key to a provider's bills."""
        return f"{self._path}/bills/{provider}-admin-key"

    def bill_key(self, provider: str) -> str:
        """The key to a provider's bills, which the caller must not show to anybody.

        Raises:
            ConfigError: it was never put there, or not as a key should be.
        """
        return self._key(f"bills/{provider}-admin-key", "the admin key")

    def _key(self, name: str, what: str) -> str:
        """The `SecureString` at `name` below the path. `what` names it in the errors."""
        parameter = f"{self._path}/{name}"
        with translated("ssm:GetParameter", parameter):
            try:
                answer = self._ssm.get_parameter(Name=parameter, WithDecryption=True)
            except self._ssm.exceptions.ParameterNotFound as error:
                raise ConfigError(_no_key(self._path, name, what)) from error
        if (kind := answer["Parameter"]["Type"]) != "SecureString":
            raise ConfigError(_not_secret(self._path, name, what, kind))
        key = str(answer["Parameter"]["Value"]).strip()
        if not key:
            raise ConfigError(_no_key(self._path, name, what))
        if not visible_ascii(key):
            raise ConfigError(
                f"{parameter}: {what} holds a space or a sign that is not ASCII, such as a "
                "typographic quote or dash that came along when it was pasted; put it there again"
            )
        return key

    def _documents(self, folder: str) -> list[Document]:
        """The parameters below `folder`, each of which is to be a `String`."""
        path = f"{self._path}/{folder}"
        with translated("ssm:GetParametersByPath", path):
            pages = self._ssm.get_paginator("get_parameters_by_path").paginate(
                Path=path, Recursive=True
            )
            parameters = [parameter for page in pages for parameter in page["Parameters"]]
        parameters.sort(key=lambda parameter: str(parameter["Name"]))
        problems = Problems()
        for parameter in parameters:
            if parameter["Type"] != "String":
                problems.add(parameter["Name"], "", _no_document(parameter["Type"]))
        problems.raise_any()
        return [
            Document(parameter["Name"], parameter["Version"], parameter["Value"])
            for parameter in parameters
        ]


def _no_document(kind: str) -> str:
    return (
        f"is a parameter of type {kind}, expected a String with a JSON document; delete it and put "
        "it there again, because a parameter's type cannot be changed"
    )


def _no_key(path: str, name: str, what: str) -> str:
    return f"{path}/{name}: {what} is missing. Put it there once: {_put(path, name)}"


def _not_secret(path: str, name: str, what: str, kind: str) -> str:
    return (
        f"{path}/{name}: {what} lies there in clear text, in a parameter of type {kind}. Revoke "
        f"this key, delete the parameter, and put a new key there encrypted: {_put(path, name)}"
    )


def _put(path: str, name: str) -> str:
    return f"make put-config CONFIG_PATH={path} KEY={name}"
