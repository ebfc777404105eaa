"""Every client of an LLM, asked once for each answer of its API, traced by LangSmith's own tracer.

Runs in the environment of `make clients`, with LangSmith's environment variables set; prints
what went wrong with which. Each case is a feature. Arguments are the clients to ask, all without
any.
"""

import importlib
import json
import sys
import warnings
from typing import NamedTuple

from tests.clients.agents import AGENTS
from tests.clients.answers import Answer, answers
from tests.clients.chat_models import CHAT_MODELS
from tests.clients.client import Client
from tests.clients.provider import PROVIDER
from tests.clients.wrapped import WRAPPED

CLIENTS = [*CHAT_MODELS, *WRAPPED, *AGENTS]


# A report has 1,000 features at most, and these are under a key of their own.
FEATURES_A_KEY = 900


class Case(NamedTuple):
    """A client with an answer, the feature that the call counts as, and that one's key."""

    client: Client
    answer: Answer
    key: str

    @property
    def feature(self) -> str:
        """A name of the case."""
        return f"{self.client.name} | {self.answer.name}"


def cases() -> list[Case]:
    """Every client with every answer of its API."""
    pairs = [(client, answer) for client in CLIENTS for answer in answers(client.api)]
    return [
        Case(client, answer, f"case_{place // FEATURES_A_KEY}")
        for place, (client, answer) in enumerate(pairs)
    ]


def failure(case: Case) -> str:
    """What went wrong, if anything did."""
    PROVIDER.say(case.answer, case.client.wire)
    try:
        case.client.ask(PROVIDER.url, case.answer.model, {case.key: case.feature})
    except Exception as error:  # noqa: BLE001 - each client has errors of its own
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def main() -> None:
    PROVIDER.start()
    warnings.simplefilter("ignore")
    wanted = sys.argv[1:] or [client.name for client in CLIENTS]
    asked = {case.feature: failure(case) for case in cases() if case.client.name in wanted}
    importlib.import_module("langchain_core.tracers.langchain").wait_for_all_tracers()
    importlib.import_module("langsmith.run_trees").get_cached_client().flush()
    sys.stdout.write(json.dumps({name: why for name, why in asked.items() if why}, indent=1))


if __name__ == "__main__":
    main()
