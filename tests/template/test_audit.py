"""`make audit`, against a database of vulnerabilities on this machine."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.template.conftest import ROOT

LOCK = "layers/dependencies/requirements.txt"


class Database(ThreadingHTTPServer):
    """Speaks OSV's `POST /v1/query`: https://google.github.io/osv.dev/post-v1-query/.

    Every version of the packages in `vulnerable` is; `asked` are the packages that it was asked of.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Query)
        self.vulnerable: set[str] = set()
        self.asked: set[str] = set()


class _Query(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Database

    def do_HEAD(self) -> None:
        self.send_response(405)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_POST(self) -> None:
        query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        name = query["package"]["name"]
        self.server.asked.add(f"{name}=={query['version']}")
        found = {"vulns": [_vulnerability(name)]} if name in self.server.vulnerable else {}
        body = json.dumps(found).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


def _vulnerability(name: str) -> dict[str, Any]:
    return {
        "id": "GHSA-0000-0000-0000",
        "summary": "made up",
        "details": "made up",
        "published": "2026-01-01T00:00:00Z",
        "affected": [
            {
                "package": {"name": name, "ecosystem": "PyPI"},
                "ranges": [
                    {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "99.0"}]}
                ],
            }
        ],
    }


@pytest.fixture
def database() -> Iterator[Database]:
    with Database() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def audit(port: int) -> subprocess.CompletedProcess[str]:
    url = f"OSV_URL=http://127.0.0.1:{port}/v1/query"
    return subprocess.run(
        ["make", "audit", f"LOCKS={LOCK}", url],
        cwd=ROOT,
        env=os.environ | {"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_locked_version_is_asked_about(database: Database) -> None:
    """Where nothing is known, it ends well, having asked of each package of the lock."""
    done = audit(database.server_port)

    text = (ROOT / LOCK).read_text("utf-8")
    locked = {line.split()[0] for line in text.splitlines() if "==" in line}
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No known vulnerabilities found" in done.stderr
    assert len(database.asked) > 20
    assert database.asked <= locked


def test_a_known_vulnerability_ends_with_an_error(database: Database) -> None:
    """The package, its version, and the version that mends it are named."""
    database.vulnerable = {"jinja2"}

    done = audit(database.server_port)

    assert done.returncode != 0
    assert "jinja2" in done.stdout
    assert "GHSA-0000-0000-0000 99.0" in done.stdout


def test_without_a_network_it_says_so() -> None:
    """A database out of reach is no clean bill of health."""
    done = audit(9)

    assert done.returncode != 0
    assert "is out of reach: it needs a network" in done.stdout
