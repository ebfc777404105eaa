"""Writes docs/usage.md out of what the tests of the clients hold: `make usage-page`."""

import re
from pathlib import Path

from tests.clients.app import CLIENTS, Client
from tests.clients.losses import BESIDE, FAULTS, LOST, faults
from tests.clients.provider import recorded

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

| client | package | answers | what it gets wrong | what the report makes of it |
|---|---|---|---|---|
"""
TAIL = """
## Not tried

- `wrap_anthropic` with `create(stream=True)`: langsmith 0.15.1 does not run with anthropic 2.14.0
  (`accumulate_event() missing 1 required keyword-only argument: 'json_bufs'`).
- ChatBedrockConverse and ChatBedrock (Invoke) streamed: their stream is AWS's binary one.
- The OpenAI Agents SDK and OpenTelemetry's spans. Of the Claude Agent SDK and the Google ADK, only
  the function of LangSmith's integration that reads the usage is run, not the agent around it.
- Fees that are not of tokens, such as web searches and Perplexity's requests: no client writes
  them. Nor does any say which tokens of the output are of an image.
"""


def page() -> str:
    """The page's text."""
    rows = [row for client in CLIENTS for row in _rows(client)]
    return HEAD + "\n".join(rows) + "\n" + TAIL


def _rows(client: Client) -> list[str]:
    """A row for each fault, or one that says that there is none."""
    start = f"| {client.name} | {client.package} {_version(client.package)} |"
    start += f" {len(recorded(client.api))} |"
    known = faults(client.name)
    if not known:
        return [f"{start} nothing | |"]
    ordered = [name for name in (*BESIDE, *LOST) if name in known]
    return [f"{start} {FAULTS[name].does} | {FAULTS[name].made} |" for name in ordered]


def _version(package: str) -> str:
    """The version of `package` that is pinned."""
    pins = (ROOT / "tools/clients.txt").read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==([^ ]+)", pins, re.MULTILINE)
    assert found, f"{package} is not pinned"
    return found[1]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
