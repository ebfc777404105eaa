"""The built function under AWS's own runtime client and Runtime Interface Emulator.

The emulator ships inside SAM CLI's wheel; `make build` installs the runtime client (awslambdaric)
into build/runtime/. Nothing of the development environment is on the function's path.
"""

import json
import platform
import shutil
import socket
import subprocess
import time
import urllib.request
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.artefact import FUNCTION, ROOT, Environment, python

HANDLER = "spend_report.handler.lambda_handler"
_STARTS_WITHIN = 20.0
_TRIES = 3


@cache
def emulator_path() -> Path:
    """AWS's Runtime Interface Emulator for this machine's processor."""
    find = "import samcli; print(samcli.__path__[0])"
    done = subprocess.run(
        [ROOT / "tools" / "run", "sam:python", "-c", find],
        capture_output=True,
        text=True,
        check=True,
    )
    processor = {"aarch64": "arm64"}.get(platform.machine(), platform.machine())
    return Path(done.stdout.strip(), "local", "rapid", f"aws-lambda-rie-{processor}")


class Emulator:
    """The function, ready to be invoked, from entry to exit. `log` collects what it prints."""

    def __init__(
        self, environment: Environment, log: Path, *, timeout: int = 60, handler: str = HANDLER
    ) -> None:
        self._environment = environment.as_dict() | {"AWS_LAMBDA_FUNCTION_TIMEOUT": str(timeout)}
        self._log = log
        self._handler = handler
        self._address = ""

    def __enter__(self) -> Self:
        # A wheel's data file has no executable bit, so a copy is what starts.
        binary = self._log.with_name("aws-lambda-rie")
        shutil.copyfile(emulator_path(), binary)
        binary.chmod(0o755)
        for _ in range(_TRIES):
            self._start(binary)
            if self._is_up():
                return self
        raise RuntimeError(f"the emulator does not start:\n{self.log}")

    def _start(self, binary: Path) -> None:
        """Start on two ports that are free now. Another process may take one: see the log."""
        public, internal = _free_ports()
        self._address = f"127.0.0.1:{public}"
        with self._log.open("ab") as out:
            self._process = subprocess.Popen(
                [
                    binary,
                    "--runtime-interface-emulator-address",
                    self._address,
                    "--runtime-api-address",
                    f"127.0.0.1:{internal}",
                    *python(),
                    "-m",
                    "awslambdaric",
                    self._handler,
                ],
                cwd=FUNCTION,
                env=self._environment,
                stdout=out,
                stderr=subprocess.STDOUT,
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.terminate()
        self._process.wait(timeout=10)

    def invoke(self, event: Any, wait: float = 120) -> Any:
        """What the function returns for `event`; an error comes as a dict with `errorType`."""
        request = urllib.request.Request(
            f"http://{self._address}/2015-03-31/functions/function/invocations",
            data=json.dumps(event).encode(),
        )
        with urllib.request.urlopen(request, timeout=wait) as response:
            body = response.read().decode()
        try:
            return json.loads(body)
        except ValueError:
            return {"errorType": "Emulator", "errorMessage": body}

    @property
    def log(self) -> str:
        """What the function and the emulator printed so far."""
        return self._log.read_text()

    def _is_up(self) -> bool:
        host, port = self._address.split(":")
        deadline = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return True
        self._process.kill()
        self._process.wait()
        return False


def _free_ports() -> tuple[int, int]:
    with socket.socket() as one, socket.socket() as two:
        one.bind(("127.0.0.1", 0))
        two.bind(("127.0.0.1", 0))
        return one.getsockname()[1], two.getsockname()[1]
