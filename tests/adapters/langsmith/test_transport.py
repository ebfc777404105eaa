"""What carries the requests to LangSmith, against a plain HTTP server and as a proxy's client."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx2
import pytest

from spend_report.adapters.langsmith.runs import LangSmithRuns
from spend_report.adapters.langsmith.transport import http_client
from spend_report.domain.runs.run import MetadataKeys, Project
from spend_report.errors import OutOfTimeError

SESSIONS = b'[{"id": "id-of-app", "name": "app"}]'
APP = Project("id-of-app", "app", "")


class Server(ThreadingHTTPServer):
    """Answers every request with the one project, after `wait`; remembers what came."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.paths: list[str] = []
        self.clients: set[object] = set()
        self.wait: Callable[[], object] = lambda: None
        self.seconds_per_byte = 0.0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.server.clients.add(self.client_address)
        self.server.wait()
        body = gzip.compress(SESSIONS)
        self.send_response(200)
        self.send_header("Content-Encoding", "gzip")
        self.send_header("X-Served-From", "Zürich")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if not self.server.seconds_per_byte:
            self.wfile.write(body)
            return
        with suppress(OSError):  # the client has had enough
            for byte in body:
                self.wfile.write(bytes([byte]))
                time.sleep(self.server.seconds_per_byte)

    def log_message(self, *_: object) -> None:
        """Nothing is printed."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def runs(endpoint: str, left: Callable[[], float] | None = None) -> LangSmithRuns:
    return LangSmithRuns(
        endpoint=endpoint,
        api_key="k",
        workspace_id=None,
        projects=["app"],
        metadata_keys=MetadataKeys("feature", ()),
        remaining_seconds=left,
    )


def test_compressed_answers(server: Server) -> None:
    """A compressed answer is read, whatever its headers say besides."""
    with runs(server.url) as source:
        assert source.projects() == [APP]


def test_one_connection(server: Server) -> None:
    """One connection serves what comes one after the other."""
    with LangSmithRuns(
        endpoint=server.url,
        api_key="k",
        workspace_id=None,
        projects=["app"] * 5,
        metadata_keys=MetadataKeys("feature", ()),
        max_concurrent=1,
    ) as source:
        source.projects()

    assert len(server.paths) == 5
    assert len(server.clients) == 1


def test_through_a_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names a proxy, requests go through it."""
    monkeypatch.setenv("HTTP_PROXY", server.url)

    with runs("http://langsmith.test") as source:
        assert source.projects() == [APP]

    assert server.paths[0].startswith("http://langsmith.test/api/v1/sessions?")


def test_past_a_proxy(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """A host that the environment excepts is asked directly."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    with runs(server.url) as source:
        assert source.projects() == [APP]

    assert server.paths[0].startswith("/api/v1/sessions?")


def test_an_answer_that_trickles_ends_with_its_time(server: Server) -> None:
    """A body that comes byte by byte is never silent for long, and still has to end."""
    server.seconds_per_byte = 0.2

    with (
        http_client(server.url, 1) as client,
        pytest.raises(httpx2.TimeoutException, match="did not end"),
    ):
        client.get(server.url, timeout=0.5)


def test_closing_does_not_wait_for_a_silent_server(server: Server) -> None:
    """A request that was given up is waited for neither by `close` nor by the interpreter."""
    released = threading.Event()
    server.wait = released.wait
    end = time.monotonic() + 31  # a second more than what is kept back

    try:
        with pytest.raises(OutOfTimeError), runs(server.url, lambda: end - time.monotonic()) as it:
            it.projects()
        assert not released.is_set()
        threads = [each for each in threading.enumerate() if each.name == "langsmith"]
        assert threads
        assert all(each.daemon for each in threads)
    finally:
        released.set()
