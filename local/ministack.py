"""AWS on this machine, good enough for a real `sam deploy`: MiniStack, in a process of its own.

It is the package `ministack`, whose environment is pinned in tools/ministack.txt.
"""

import os
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import boto3

from local.environment import emulated_account, environment

ROOT = Path(__file__).parents[1]
REGION = "us-east-1"
_STARTS_WITHIN = 90.0
_COMMAND = (ROOT / "tools" / "run", "ministack:python")
# The key that MiniStack takes for the account's root.
_ROOT_KEY = "test"


class MiniStack:
    """The account, from entry to exit. State and log are in `folder`.

    Meanwhile every AWS client of this process and of those that it starts talks to it, as its root.

    With `enforce`, the functions' roles and the resources' policies are enforced, and everything
    goes over TLS.
    """

    def __init__(self, folder: Path, *, enforce: bool = False) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder.resolve()
        self._enforce = enforce
        self._port = _free_port()
        self.log = self._folder / "ministack.log"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"{'https' if self._enforce else 'http'}://127.0.0.1:{self._port}"

    @property
    def certificate(self) -> Path:
        """The self-signed certificate that MiniStack makes when it enforces TLS."""
        return self._folder / "ministack-tls" / "server.crt"

    def client(self, service: Any, *, access_key: str = _ROOT_KEY, secret: str = _ROOT_KEY) -> Any:
        """A boto3 client of `service`, as the account's root unless told otherwise."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=secret,
            verify=str(self.certificate) if self._enforce else None,
        )

    def __enter__(self) -> Self:
        certificate = self.certificate if self._enforce else None
        account = emulated_account(self.url, REGION, _ROOT_KEY, certificate=certificate)
        with ExitStack() as entered:
            entered.enter_context(environment(account))
            self._start()
            entered.callback(self._stop)
            self._await_health()
            self._exit = entered.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def _start(self) -> None:
        # Variables of AWS clients would reach the functions; MiniStack gives them their own.
        inherited = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        }
        variables = {
            **inherited,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self._port),
            "MINISTACK_REGION": REGION,
            "MINISTACK_HOST": "127.0.0.1",
            "IOT_MTLS_ENABLED": "0",
            "TMPDIR": str(self._folder),
            "AUTH": str(self._enforce).lower(),
            "USE_SSL": str(int(self._enforce)),
        }
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                # -P: this module beside it is not the package of its name.
                [*_COMMAND, "-P", ROOT / "local" / "ministack_main.py"],
                cwd=self._folder,
                env=variables,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _stop(self) -> None:
        """End the process and those it started: functions run in processes of their own."""
        os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def _await_health(self) -> None:
        deadline = time.monotonic() + _STARTS_WITHIN
        while self._process.poll() is None and time.monotonic() < deadline:
            try:
                trust = (
                    ssl.create_default_context(cafile=str(self.certificate))
                    if self._enforce
                    else None
                )
                address = f"{self.url}/_ministack/health"
                with urllib.request.urlopen(address, timeout=5, context=trust):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.2)
        raise RuntimeError(f"MiniStack does not start; its log is {self.log}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
