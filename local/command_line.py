"""What the commands for one's own LangSmith share: its settings, and errors in one line."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from spend_report.errors import SettingsError, SpendReportError

KEY = "LANGSMITH_API_KEY"
# The function's own variables that may come from outside, see the README.
PASSED_ON = (
    KEY,
    "LANGSMITH_ENDPOINT",
    "LANGSMITH_WORKSPACE_ID",
    "FEATURE_KEY",
    "DIMENSIONS",
    "PRICE_CATALOGUE",
    "ALLOW_PLAIN_HTTP",
)


@contextmanager
def failing_clearly() -> Iterator[None]:
    """End the program with the error's own message; what is no error of ours has a traceback."""
    try:
        yield
    except SpendReportError as error:
        sys.exit(f"error: {error}")


def langsmith_settings(projects: str) -> dict[str, str]:
    """The function's variables that say what to read, as they stand in the environment.

    Raises:
        SettingsError: no key, or no project.
    """
    if not os.environ.get(KEY):
        raise SettingsError(
            f"{KEY} is not set. Make a key at https://smith.langchain.com/settings and run "
            f"`export {KEY}=...`"
        )
    if not projects.strip():
        raise SettingsError("no project given. Name it, e.g. PROJECTS=my-app")
    given = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**given, "LANGSMITH_PROJECTS": projects}
