"""The page about clients for the report's readers."""

from tests.clients.app import CLIENTS
from tests.clients.losses import FAULTS, OF
from tests.clients.page import PAGE, page


def test_it_is_up_to_date() -> None:
    """docs/usage.md is what the tests' own data say: run `make usage-page` where it is not."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_fault_is_known() -> None:
    """Every fault is explained, and is one of a client that is tried."""
    assert {fault for faults in OF.values() for fault in faults} == set(FAULTS)
    assert set(OF) <= {client.name for client in CLIENTS}
