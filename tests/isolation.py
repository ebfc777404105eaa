"""For tests that reach no network, and that nothing of the developer's environment reaches."""

import os
from collections.abc import Iterator
from decimal import localcontext

import pytest
import pytest_socket

from spend_report.domain.basics.money import EXACT

_FOREIGN = ("AWS_", "LANGSMITH_", "LANGCHAIN_", "POWERTOOLS_")


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    pytest_socket.disable_socket(allow_unix_socket=True)
    for name in list(os.environ):
        if name.startswith(_FOREIGN):
            monkeypatch.delenv(name)
    with localcontext(EXACT):  # as the service does
        yield
    pytest_socket.enable_socket()
