"""The function and its surroundings, fresh for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from local.bill_server import ANTHROPIC_KEY, OPENAI_KEY, BillServer
from tests.billed_days import PRICES
from tests.deployment import Deployment


@pytest.fixture
def deployment(tmp_path: Path) -> Iterator[Deployment]:
    with Deployment(tmp_path / "function.log") as fresh:
        yield fresh


@pytest.fixture
def bills() -> Iterator[BillServer]:
    with BillServer() as server:
        yield server


@pytest.fixture
def billed(deployment: Deployment, bills: BillServer) -> Deployment:
    """A deployment with prices and the keys to both bills."""
    deployment.put_prices(PRICES)
    deployment.aws.put_parameter("bills/openai-admin-key", OPENAI_KEY, secure=True)
    deployment.aws.put_parameter("bills/anthropic-admin-key", ANTHROPIC_KEY, secure=True)
    del bills
    return deployment
