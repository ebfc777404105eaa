"""Providers to read the bills of, fresh for each test."""

from collections.abc import Iterator

import pytest

from local.bill_server import BillServer


@pytest.fixture
def server() -> Iterator[BillServer]:
    with BillServer() as fresh:
        yield fresh
