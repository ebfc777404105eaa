"""Parameters in SSM Parameter Store: documents, and LangSmith's API key."""

from typing import Any

from spend_report.adapters.aws.clients import translated
from spend_report.domain.config.documents import Document
from spend_report.errors import ConfigError


class SsmConfig:
    """Reads the parameters below `path`, such as `/llm-spend/prod`, with the SSM client `ssm`."""

    def __init__(self, ssm: Any, path: str) -> None:
        self._ssm = ssm
        self._path = "/" + path.strip("/")

    def pricing(self) -> list[Document]:
        """The documents of prices, by name."""
        return self._documents("pricing")

    def budgets(self) -> list[Document]:
        """The documents of budgets, by name."""
        return self._documents("budgets")

    def features(self) -> list[Document]:
        """The documents of owners and aliases, by name."""
        return self._documents("features")

    @property
    def api_key_name(self) -> str:
        """The parameter that holds LangSmith's API key."""
        return f"{self._path}/langsmith-api-key"

    def api_key(self) -> str:
        """LangSmith's API key, which the caller must not show to anybody.

        Raises:
            ConfigError: it was never put there.
        """
        return self._key(self.api_key_name, "LangSmith's API key", "$LANGSMITH_API_KEY")

    def bill_key_name(self, provider: str) -> str:
        """The parameter that holds the key to a provider's bills."""
        return f"{self._path}/bills/{provider}-admin-key"

    def bill_key(self, provider: str) -> str:
        """The key to a provider's bills, which the caller must not show to anybody.

        Raises:
            ConfigError: it was never put there.
        """
        return self._key(self.bill_key_name(provider), "the admin key", "$ADMIN_KEY")

    def _key(self, name: str, what: str, variable: str) -> str:
        with translated("ssm:GetParameter", name):
            try:
                answer = self._ssm.get_parameter(Name=name, WithDecryption=True)
            except self._ssm.exceptions.ParameterNotFound as error:
                raise ConfigError(_no_key(name, what, variable)) from error
        key = str(answer["Parameter"]["Value"]).strip()
        if not key:
            raise ConfigError(_no_key(name, what, variable))
        return key

    def _documents(self, folder: str) -> list[Document]:
        """The `String` parameters below `folder`; those of other types are no documents."""
        path = f"{self._path}/{folder}"
        with translated("ssm:GetParametersByPath", path):
            pages = self._ssm.get_paginator("get_parameters_by_path").paginate(
                Path=path, Recursive=True
            )
            parameters = [parameter for page in pages for parameter in page["Parameters"]]
        documents = [
            Document(parameter["Name"], parameter["Version"], parameter["Value"])
            for parameter in parameters
            if parameter["Type"] == "String"
        ]
        return sorted(documents, key=lambda document: document.parameter)


def _no_key(name: str, what: str, variable: str) -> str:
    return (
        f"{name}: {what} is missing. Put it there once: aws ssm put-parameter "
        f'--type SecureString --name {name} --value "{variable}"'
    )
