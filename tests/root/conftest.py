"""These tests reach no network, and nothing of the developer's environment reaches them."""

from tests.isolation import alone

__all__ = ["alone"]
