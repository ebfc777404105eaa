"""Writes docs/usage.md out of what the tests of the clients hold: `make usage-page`."""

import re
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from tests.clients.answers import LIKE_OPENAI, recorded
from tests.clients.app import CLIENTS
from tests.clients.client import Client
from tests.clients.losses import BESIDE, FAULTS, LOST, faults

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/usage.md"
HEAD = """\
# Which clients were tried, and what they get wrong

What a provider bills is one thing; what a client writes into a LangSmith run is another. The
tests run each client's own code on answers of its provider, trace it with LangSmith's own tracer,
and compare the report with the provider's formula over the provider's fields. This page is made
from the same data: `make usage-page`.

Where tokens lie beside the number that should hold them, a run's total tells, and the report
counts them where they belong. What a client never writes, nobody can know from a trace: there the
report differs from the bill as the table says.

| client | package | answers | what it gets wrong → what the report makes of it |
|---|---|---|---|
"""
TAIL = """
Clients of OpenAI's API are tried with answers of the services that speak it too: DeepSeek, Groq,
Mistral, OpenRouter, Perplexity and xAI, whose thinking lies beside the output.

## Not tried

- `wrap_anthropic` with `create(stream=True)`, and iterating over the events of `messages.stream`:
  langsmith 0.15.1 does not run with anthropic 2.14.0 there (`accumulate_event() missing 1 required
  keyword-only argument: 'json_bufs'`). `messages.stream(...).text_stream` is tried.
- The live mode of Google's ADK as a whole, since it is a web socket to Google: only the function
  of LangSmith's integration that reads the usage is run. In place of the program that the Claude
  Agent SDK starts, a stand-in says the provider's answer; SDK and integration are their own.
- OpenTelemetry: what becomes of a span's attributes is decided inside LangSmith, and no public
  code does it.
- A batch: no client writes that an answer is of one.
- Fees that are not of tokens, such as web searches and Perplexity's requests: no client writes
  them. Nor does any say which tokens of the output are of an image. Where the model's name tells
  of them, the day's summary and a notice do.
"""


def page() -> str:
    """The page's text."""
    rows = [row for _, ways in groupby(CLIENTS, _name) for row in _rows(list(ways))]
    return HEAD + "\n".join(rows) + "\n" + TAIL


def _name(client: Client) -> str:
    return client.name.removesuffix(", streamed")


def _rows(ways: Sequence[Client]) -> list[str]:
    """A row for each way of asking a client, or one for all that get the same wrong."""
    if len(ways) > 1 and len({faults(client.name) for client in ways}) == 1:
        return [_row(ways[0], f"{ways[0].name}; also streamed")]
    return [_row(client, client.name) for client in ways]


def _row(client: Client, name: str) -> str:
    known = faults(client.name)
    found = [FAULTS[fault] for fault in (*BESIDE, *LOST) if fault in known]
    wrong = "<br>".join(f"{fault.does} → {fault.made}" for fault in found) or "nothing"
    apis = (client.api, *LIKE_OPENAI) if client.api == "openai_chat" else (client.api,)
    tried = sum(len(recorded(api)) for api in apis)
    return f"| {name} | {client.package} {_version(client.package)} | {tried} | {wrong} |"


def _version(package: str) -> str:
    """The version of `package` that is pinned."""
    pins = (ROOT / "tools/clients.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==([^ ]+)", pins, re.MULTILINE)
    assert found, f"{package} is not pinned"
    return found[1]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
