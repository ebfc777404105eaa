"""LangSmith, the providers and AWS in a company's network, over real TLS and a real proxy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from spend_report.adapters.aws.clients import client
from spend_report.adapters.aws.ssm_config import SsmConfig
from spend_report.adapters.bills.anthropic import AnthropicBills
from spend_report.adapters.bills.openai import OpenAIBills
from spend_report.adapters.langsmith.runs import LangSmithRuns
from spend_report.domain.runs.run import MetadataKeys
from spend_report.errors import SettingsError, SpendReportError
from tests.adapters.company_network import DAY, HOST, PROJECT, Authority, Proxy, hosts, serving

VARIABLES = (
    *("http_proxy", "https_proxy", "all_proxy", "no_proxy"),
    *("ssl_cert_file", "ssl_cert_dir", "requests_ca_bundle", "aws_ca_bundle"),
)


@pytest.fixture(autouse=True)
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def port(authority: Authority) -> Iterator[int]:
    with hosts(authority) as port:
        yield port


@pytest.fixture
def proxy(port: int) -> Iterator[Proxy]:
    proxy = Proxy(port)
    with serving(proxy):
        yield proxy


def langsmith(url: str) -> None:
    with LangSmithRuns(
        endpoint=url,
        api_key="k",
        workspace_id=None,
        projects=["app"],
        metadata_keys=MetadataKeys("feature", ()),
    ) as source:
        assert [each.name for each in source.projects()] == [PROJECT["name"]]


def openai(url: str) -> None:
    assert OpenAIBills(key=lambda: "k", key_name="key", base_url=f"{url}/v1").bill(DAY).lines == []


def anthropic(url: str) -> None:
    assert AnthropicBills(key=lambda: "k", key_name="key", base_url=url).bill(DAY).lines == []


def aws(url: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        ssm = client("ssm")
    assert SsmConfig(ssm, "/llm-spend/prod").pricing() == []
    ssm.close()


OUTSIDE_AWS = [langsmith, openai, anthropic]
ALL = [*OUTSIDE_AWS, aws]
type Asks = Callable[[str], None]


@pytest.mark.parametrize("asks", OUTSIDE_AWS)
def test_a_companys_authority(
    asks: Asks, authority: Authority, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SSL_CERT_FILE names whom to trust outside AWS."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.bundle))

    asks(f"https://localhost:{port}")


def test_a_companys_authority_before_aws(
    authority: Authority, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS_CA_BUNDLE names whom to trust for AWS."""
    monkeypatch.setenv("AWS_CA_BUNDLE", str(authority.bundle))

    aws(f"https://localhost:{port}")


@pytest.mark.parametrize("asks", ALL)
def test_one_variable_for_all(
    asks: Asks, authority: Authority, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """REQUESTS_CA_BUNDLE, which companies set on developers' machines, serves everyone."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))

    asks(f"https://localhost:{port}")


@pytest.mark.parametrize("asks", ALL)
def test_nobody_else_is_trusted(asks: Asks, port: int) -> None:
    """A certificate of an unknown authority ends the request, in words of its own."""
    with pytest.raises(SpendReportError, match=r"(?i)certificate.+not trusted|verify failed"):
        asks(f"https://localhost:{port}")


@pytest.mark.parametrize("asks", OUTSIDE_AWS)
def test_an_unknown_authority_is_told_with_what_to_do(asks: Asks, port: int) -> None:
    """The message names the variable and the stack's parameter that add an authority."""
    with pytest.raises(SpendReportError, match=r"CaBundleLayerArn.+SSL_CERT_FILE"):
        asks(f"https://localhost:{port}")


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_bundle_that_is_none(
    name: str, content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that is missing or holds no certificates is told with the variable that names it."""
    bundle = tmp_path / "bundle.pem"
    if content:
        bundle.write_text(content)
    monkeypatch.setenv(name, str(bundle))

    with pytest.raises(SettingsError, match=rf"^{name}: .+bundle\.pem is no file of certificates"):
        langsmith("https://localhost:9")


@pytest.mark.parametrize("asks", ALL)
def test_through_the_companys_proxy(
    asks: Asks, authority: Authority, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTPS_PROXY is the way out, with the name and password in it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)

    asks(f"https://{HOST}")

    assert set(proxy.asked) == {f"{HOST}:443"}


@pytest.mark.parametrize("asks", ALL)
def test_past_the_companys_proxy(
    asks: Asks, authority: Authority, proxy: Proxy, port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that NO_PROXY excepts is asked directly."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(authority.bundle))
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", ".amazonaws.com,localhost")

    asks(f"https://localhost:{port}")

    assert proxy.asked == []
