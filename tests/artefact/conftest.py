"""A LangSmith with the sample week and an AWS account for the built function to work on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.artefact import FUNCTION, ROOT, Environment
from local.aws import LocalAws
from local.langsmith_server import API_KEY, LangSmithServer
from local.sample_data import PROJECT, sample_runs


@pytest.fixture(scope="session", autouse=True)
def built() -> None:
    if not FUNCTION.is_dir():
        pytest.fail("nothing is built: run `make build` first")


@pytest.fixture
def langsmith() -> Iterator[LangSmithServer]:
    with LangSmithServer() as server:
        server.add_runs(PROJECT, sample_runs())
        yield server


@pytest.fixture
def aws() -> Iterator[LocalAws]:
    with LocalAws() as account:
        account.put_documents(ROOT / "local" / "config")
        account.put_parameter("langsmith-api-key", API_KEY, secure=True)
        yield account


@pytest.fixture
def environment(langsmith: LangSmithServer, aws: LocalAws) -> Environment:
    return Environment(
        aws.settings()
        | {
            "AWS_ENDPOINT_URL": aws.url,
            "LANGSMITH_ENDPOINT": langsmith.url,
            "LANGSMITH_PROJECTS": PROJECT,
        }
    )


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "function.log"
