"""The process's environment, changed for a while; for one, to that of an emulated account."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def environment(changes: Mapping[str, str | None]) -> Iterator[None]:
    """Set the variables in `changes` (None: unset) and put the old values back at the end."""
    before = {name: os.environ.get(name) for name in changes}
    _apply(changes)
    try:
        yield
    finally:
        _apply(before)


def emulated_account(
    url: str, region: str, key: str, *, certificate: Path | None = None
) -> dict[str, str | None]:
    """The variables by which every AWS client talks to the emulator at `url`, and to nobody else.

    Made-up credentials, so that no real ones are ever looked for; no profile, no proxy between.
    """
    no_proxy = ",".join(filter(None, (os.environ.get("NO_PROXY"), "127.0.0.1")))
    return {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": key,
        "AWS_SECRET_ACCESS_KEY": key,
        "AWS_SESSION_TOKEN": None,
        "AWS_PROFILE": None,
        "AWS_DEFAULT_PROFILE": None,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CA_BUNDLE": str(certificate) if certificate else None,
        "NO_PROXY": no_proxy,
        "no_proxy": no_proxy,
    }


def _apply(changes: Mapping[str, str | None]) -> None:
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
