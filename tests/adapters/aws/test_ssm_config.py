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


@pytest.mark.parametrize("kind", ["SecureString", "StringList"])
def test_a_document_of_another_type_is_an_error(ssm: Any, kind: str) -> None:
    """What is no String below `pricing/` is named instead of being left out of the prices."""
    put(ssm, "pricing/gpt", "{}", kind)
    put(ssm, "pricing/openai", "{}")

    with pytest.raises(ConfigError) as caught:
        SsmConfig(ssm, PATH).pricing()

    assert str(caught.value) == (
        "Mend these parameters:\n"
        f"/llm-spend/prod/pricing/gpt: is a parameter of type {kind}, expected a String with a "
        "JSON document; delete it and put it there again, because a parameter's type cannot be "
        "changed"
    )


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
        "make put-config CONFIG_PATH=/llm-spend/prod KEY=langsmith-api-key"
    )


def test_a_key_in_clear_text_is_refused(ssm: Any) -> None:
    """A key in a String is for all to read: the error says to revoke it, and shows nothing."""
    put(ssm, "langsmith-api-key", "lsv2_secret", "String")

    with pytest.raises(ConfigError, match=r"lies there in clear text.*Revoke this key") as caught:
        SsmConfig(ssm, PATH).api_key()

    assert str(caught.value).startswith("/llm-spend/prod/langsmith-api-key: ")
    assert "lsv2_secret" not in str(caught.value)


@pytest.mark.parametrize("value", ["lsv2_sëcret", "\u201clsv2_secret\u201d", "lsv2 secret"])
def test_a_key_that_no_header_can_carry_is_named(ssm: Any, value: str) -> None:
    """What was pasted with typographic quotes or a space is an error naming its parameter."""
    put(ssm, "langsmith-api-key", value, "SecureString")

    with pytest.raises(ConfigError, match="not ASCII") as caught:
        SsmConfig(ssm, PATH).api_key()

    assert str(caught.value).startswith("/llm-spend/prod/langsmith-api-key: ")
    assert value not in str(caught.value)


def test_another_key(ssm: Any) -> None:
    """Other keys below the path are read the same way, under their own words."""
    put(ssm, "bills/openai-admin-key", "sk-admin", "SecureString")

    assert SsmConfig(ssm, PATH).bill_key("openai") == "sk-admin"
    with pytest.raises(ConfigError, match="bills/anthropic-admin-key: the admin key is missing"):
        SsmConfig(ssm, PATH).bill_key("anthropic")


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


def test_a_refused_key_of_kms_is_told_in_awss_own_words(ssm: Any) -> None:
    """Where the role may read the parameter and not its key, the hint is the key's permission."""
    key = "arn:aws:kms:eu-central-1:123456789012:key/5a9f"
    said = (
        "User: arn:aws:sts::123456789012:assumed-role/report/report is not authorized to perform: "
        f"kms:Decrypt on resource: {key} because no identity-based policy allows the kms:Decrypt "
        "action"
    )
    with Stubber(ssm) as stub:
        stub.add_client_error("get_parameter", "AccessDeniedException", said, 400)

        with pytest.raises(AwsError) as caught:
            SsmConfig(ssm, PATH).api_key()

    assert str(caught.value).endswith(f". Allow the function's role kms:Decrypt on {key}")
