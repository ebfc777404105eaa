"""What a client of an LLM is to the tests, and what all have in common."""

import importlib
from collections.abc import Callable
from typing import Any, NamedTuple

type Metadata = dict[str, str]
type Ask = Callable[[str, str, Metadata], None]
"""Asks the provider at a URL: `(url, model, metadata)`; the metadata are those of the run."""

KEY = "no-secret"
PROMPT = "How is the weather?"
MESSAGES = [{"role": "user", "content": PROMPT}]


class Client(NamedTuple):
    """A client by name: its package, the API that it speaks, and how it is asked.

    `wire` is how the answer goes over the wire: whole, or as one of the `streams`.
    """

    name: str
    package: str
    api: str
    ask: Ask
    wire: str = "whole"


def load(path: str) -> Any:
    """What `module:name` names."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def both(
    name: str, package: str, api: str, ask: Callable[..., Ask], wire: str = "stream"
) -> list[Client]:
    """A client that is asked for a whole answer, and for a stream."""
    return [
        Client(name, package, api, ask()),
        Client(f"{name}, streamed", package, api, ask(streamed=True), wire),
    ]
