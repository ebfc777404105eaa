from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from spend_report.adapters.aws.ssm_config import SsmConfig
from spend_report.domain.config.documents import Document
from spend_report.errors import AwsError, ConfigError

PATH = "/llm-spend/prod"


@pytest.fixture
def ssm(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        client = boto3.client("ssm", region_name="eu-central-1")
        yield client
        client.close()


def put(ssm: Any, name: str, text: str, kind: str = "String") -> None:
    ssm.put_parameter(Name=f"{PATH}/{name}", Value=text, Type=kind, Overwrite=True)


def test_documents(ssm: Any) -> None:
    """Every String parameter of a folder, at any depth, is a document with its version."""
    put(ssm, "pricing/openai", "{}")
    put(ssm, "pricing/openai", '{"m": 1}')
    put(ssm, "pricing/team-a/azure", "{}")
    put(ssm, "pricing-of-old/x", "{}")
    put(ssm, "budgets/all", "{}")
    put(ssm, "features/search", "{}")

    assert SsmConfig(ssm, PATH).pricing() == [
        Document("/llm-spend/prod/pricing/openai", 2, '{"m": 1}'),
        Document("/llm-spend/prod/pricing/team-a/azure", 1, "{}"),
    ]
    assert SsmConfig(ssm, PATH + "/").budgets() == [
        Document("/llm-spend/prod/budgets/all", 1, "{}"),
    ]
    assert SsmConfig(ssm, PATH).features() == [
        Document("/llm-spend/prod/features/search", 1, "{}"),
    ]


def test_more_than_a_page(ssm: Any) -> None:
    """All pages are read: SSM answers with ten parameters at most."""
    for number in range(23):
        put(ssm, f"budgets/team-{number:02}", "{}")

    documents = SsmConfig(ssm, PATH).budgets()

    assert [document.parameter[-2:] for document in documents] == [f"{n:02}" for n in range(23)]


def test_other_types(ssm: Any) -> None:
    """Secrets and lists are no documents."""
    put(ssm, "pricing/secret", "{}", "SecureString")
    put(ssm, "pricing/list", "a,b", "StringList")

    assert SsmConfig(ssm, PATH).pricing() == []


def test_no_documents(ssm: Any) -> None:
    """Without parameters there are no documents."""
    assert SsmConfig(ssm, PATH).pricing() == []


def test_api_key(ssm: Any) -> None:
    """The API key comes decrypted, without the line break that a paste leaves at its end."""
    put(ssm, "langsmith-api-key", "lsv2_secret\n", "SecureString")

    assert SsmConfig(ssm, PATH).api_key() == "lsv2_secret"


@pytest.mark.parametrize("value", [None, "  "])
def test_no_api_key(ssm: Any, value: str | None) -> None:
    """Without an API key the error names the parameter and the command that puts it there."""
    if value is not None:
        put(ssm, "langsmith-api-key", value, "SecureString")

    with pytest.raises(ConfigError) as caught:
        SsmConfig(ssm, PATH).api_key()

    assert str(caught.value) == (
        "/llm-spend/prod/langsmith-api-key: LangSmith's API key is missing. Put it there once: "
        "aws ssm put-parameter --type SecureString --name /llm-spend/prod/langsmith-api-key "
        '--value "$LANGSMITH_API_KEY"'
    )


def test_denied(ssm: Any) -> None:
    """A refusal names the action and the path, so that the role's policy can be mended."""
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameters_by_path", "AccessDeniedException", "no", 400)

        with pytest.raises(AwsError, match="ssm:GetParametersByPath on /llm-spend/prod/pricing"):
            SsmConfig(ssm, PATH).pricing()


def test_key_denied(ssm: Any) -> None:
    """A refused decryption is an error of AWS, not a missing key."""
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameter", "AccessDeniedException", "kms:Decrypt", 400)

        with pytest.raises(AwsError, match="ssm:GetParameter on /llm-spend/prod/langsmith-api-key"):
            SsmConfig(ssm, PATH).api_key()
