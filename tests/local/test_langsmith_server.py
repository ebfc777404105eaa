"""The embedded LangSmith, through LangSmith's own client and over plain HTTP."""

import asyncio
import gzip
import json
import socket
import subprocess
import sys
import threading
import time
import uuid
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import langsmith
import pytest
import zstandard
from langsmith import AsyncLangsmith
from langsmith.utils import LangSmithNotFoundError

from local.langsmith_server import (
    EXPIRED_CURSOR,
    HTML_PAGE,
    Answer,
    EmptyCursor,
    EmptyPage,
    EndlessCursor,
    Fault,
    Hang,
    LangSmithServer,
    Overlap,
    Request,
    Reset,
    Truncate,
    page_latency,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
WINDOW = {
    "min_start_time": "2026-11-21T00:00:00Z",
    "max_start_time": "2026-11-21T23:59:59.999999Z",
}


@pytest.fixture
def server() -> Iterator[LangSmithServer]:
    with LangSmithServer() as running:
        yield running


@pytest.fixture
def http(server: LangSmithServer) -> Iterator[httpx.Client]:
    headers = {"x-api-key": server.api_key}
    with httpx.Client(base_url=server.url, headers=headers, timeout=5) as client:
        yield client


@pytest.fixture
def client(server: LangSmithServer) -> Iterator[langsmith.Client]:
    made = langsmith.Client(api_url=server.url, api_key=server.api_key, auto_batch_tracing=False)
    yield made
    made.close()


def run(second: int, **fields: Any) -> dict[str, Any]:
    """An LLM run that starts `second` seconds after noon, with an id that tells it."""
    return {"id": run_id(second), "start_time": NOON + timedelta(seconds=second), **fields}


def run_id(number: int) -> str:
    return str(uuid.UUID(int=number))


def query(http: httpx.Client, server: LangSmithServer, **body: Any) -> httpx.Response:
    projects = [server.add_project("shop")]
    return http.post("/api/v2/runs/query", json={"project_ids": projects, **WINDOW, **body})


def numbers(response: httpx.Response) -> list[int]:
    """The runs on a page, by the numbers that their ids tell."""
    assert response.status_code == 200, response.text
    return [uuid.UUID(item["id"]).int for item in response.json()["items"]]


def test_the_sdk_reads_every_run_of_a_window_newest_first(server: LangSmithServer) -> None:
    """The SDK's `runs.query` pages through the window, from the newest run to the oldest."""
    server.add_runs("shop", [run(second) for second in range(1, 251)])

    async def read() -> list[int]:
        async with AsyncLangsmith(api_key=server.api_key, base_url=server.url) as client:
            pages = client.runs.query(
                project_ids=[server.add_project("shop")],
                min_start_time=NOON,
                max_start_time=NOON + timedelta(hours=1),
                run_type="LLM",
                selects=["ID"],
                page_size=100,
            )
            return [uuid.UUID(str(item.id)).int async for item in pages]

    found = asyncio.run(read())

    assert found == list(range(250, 0, -1))
    assert [request.path for request in server.requests].count("/api/v2/runs/query") == 3


def test_a_project_is_found_by_name_and_by_id(
    server: LangSmithServer, client: langsmith.Client
) -> None:
    """`read_project` parses the answer, and the project's page has a URL."""
    project_id = server.add_project("shop")
    server.add_project("shop-eu")

    by_name = client.read_project(project_name="shop")
    by_id = client.read_project(project_id=project_id)

    assert str(by_name.id) == project_id
    assert by_id.name == "shop"
    assert by_name.url is not None
    assert by_name.url.endswith(f"/projects/p/{project_id}")


def test_an_unknown_project_is_not_found(client: langsmith.Client) -> None:
    """The SDK's own error for a project that is not there is raised."""
    with pytest.raises(LangSmithNotFoundError):
        client.read_project(project_name="nowhere")


@pytest.mark.parametrize("path", ["/info", "/api/v1/info"])
def test_info_tells_a_version_that_has_the_v2_api(http: httpx.Client, path: str) -> None:
    """The SDK asks for a version of at least 0.16 before it queries runs."""
    assert http.get(path).json()["version"] == "0.18.4"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "lsv2_wrong"}])
def test_a_wrong_key_is_refused(server: LangSmithServer, headers: dict[str, str]) -> None:
    """Without the key every endpoint but the version answers 401."""
    with httpx.Client(base_url=server.url, headers=headers) as client:
        assert client.get("/api/v1/sessions").status_code == 401
        assert client.post("/api/v2/runs/query", json={}).status_code == 401


def test_only_what_is_selected_goes_out(server: LangSmithServer, http: httpx.Client) -> None:
    """A page holds the selected properties, by default the id alone."""
    server.add_runs("shop", [run(1, prompt_tokens=7, metadata={"feature": "rag-search"})])

    bare = query(http, server)
    full = query(http, server, selects=["PROMPT_TOKENS", "METADATA", "PARENT_RUN_IDS"])

    assert bare.json()["items"] == [{"id": run_id(1)}]
    assert full.json()["items"] == [
        {"prompt_tokens": 7, "metadata": {"feature": "rag-search"}, "parent_run_ids": []}
    ] or full.json()["items"] == [{"prompt_tokens": 7, "metadata": {"feature": "rag-search"}}]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"limit": 10}, "limit"),
        ({"selects": ["ID", "COST"]}, "COST"),
        ({"selects": ["id"]}, "id"),
        ({"run_type": "llm"}, "llm"),
        ({"page_size": 1001}, "1000"),
        ({"page_size": 0}, "1"),
        ({"min_start_time": "2026-11-21T00:00:00"}, "timezone"),
        ({"min_start_time": "yesterday"}, "RFC3339"),
        ({"project_ids": []}, "project_ids"),
        ({"project_ids": ["shop"]}, "project_ids"),
        ({"cursor": "!"}, "cursor"),
        ({"filter": "eq(colour, 'red')"}, "filter"),
        ({"filter": 'eq(metadata_key, "feature"'}, "filter"),
        ({"filter": 'eq(metadata_key, "a") and'}, "filter"),
    ],
)
def test_what_the_api_does_not_know_is_a_bad_request(
    server: LangSmithServer, http: httpx.Client, body: dict[str, Any], told: str
) -> None:
    """Unknown fields, selects and values are answered with 400 and a JSON error."""
    response = query(http, server, **body)

    assert response.status_code == 400
    assert told in response.json()["error"]


def test_the_project_ids_are_required(http: httpx.Client) -> None:
    """A query without projects is refused."""
    response = http.post("/api/v2/runs/query", json=WINDOW)

    assert response.status_code == 400
    assert "project_ids" in response.json()["error"]


def test_an_unknown_project_id_is_404(http: httpx.Client) -> None:
    """A query for a project that is not there is answered with 404."""
    response = http.post("/api/v2/runs/query", json={"project_ids": [run_id(9)], **WINDOW})

    assert response.status_code == 404


def test_without_a_window_the_last_day_is_meant(
    server: LangSmithServer, http: httpx.Client
) -> None:
    """Bounds that are left out mean the last 24 hours."""
    now = datetime.now(UTC)
    server.add_runs(
        "shop",
        [
            {"id": run_id(1), "start_time": now - timedelta(hours=25)},
            {"id": run_id(2), "start_time": now - timedelta(hours=23)},
        ],
    )
    project_id = server.add_project("shop")

    response = http.post("/api/v2/runs/query", json={"project_ids": [project_id]})

    assert numbers(response) == [2]


def test_a_page_is_100_runs_unless_told_otherwise(
    server: LangSmithServer, http: httpx.Client
) -> None:
    """The default page has 100 runs, the largest 1000, and the last no next cursor."""
    server.add_runs("shop", [run(second) for second in range(1, 1001)])

    default, largest = query(http, server), query(http, server, page_size=1000)

    assert len(numbers(default)) == 100
    assert default.json()["next_cursor"] is not None
    assert len(numbers(largest)) == 1000
    assert largest.json()["next_cursor"] is None


def test_runs_of_the_same_instant_are_on_one_page_each(
    server: LangSmithServer, http: httpx.Client
) -> None:
    """The cursor tells runs apart that started at the same microsecond."""
    server.add_runs("shop", [{"id": run_id(number), "start_time": NOON} for number in range(1, 8)])

    first = query(http, server, page_size=4)
    second = query(http, server, page_size=4, cursor=first.json()["next_cursor"])

    assert sorted(numbers(first) + numbers(second)) == [1, 2, 3, 4, 5, 6, 7]


FEATURE = {"feature": "rag-search", "tier": "pro"}


@pytest.mark.parametrize(
    ("narrowed", "found"),
    [
        ({"filter": 'eq(metadata_key, "feature")'}, [4, 3, 1]),
        ({"filter": "eq(metadata_key, 'feature')"}, [4, 3, 1]),
        ({"filter": 'neq(metadata_key, "feature")'}, [2]),
        ({"filter": 'and(eq(metadata_key, "feature"), eq(metadata_value, "rag-search"))'}, [3, 1]),
        ({"filter": 'and(eq(metadata_key, "feature"), eq(metadata_value, "pro"))'}, []),
        ({"filter": 'or(eq(metadata_value, "pro"), eq(metadata_value, "mail"))'}, [4, 3, 1]),
        ({"filter": 'not(eq(metadata_key, "feature"))'}, [2]),
        ({"filter": 'has(metadata, \'{"feature": ""}\')'}, []),
        ({"filter": 'has(metadata, \'{"feature": "mail"}\')'}, [4]),
        ({"filter": 'eq(run_type, "llm")'}, [4, 3, 2]),
        ({"filter": 'and(eq(run_type, "chain"), eq(is_root, true))'}, [1]),
        ({"filter": "gte(total_tokens, 100)"}, [3]),
        ({"filter": 'lt(start_time, "2026-11-21T12:00:03Z")'}, [2, 1]),
        ({"filter": 'in(name, ["answer", "plan"])'}, [3]),
        ({"trace_filter": 'eq(name, "root")'}, [3, 2, 1]),
        ({"tree_filter": 'eq(status, "error")'}, [4]),
        ({"run_type": "CHAIN"}, [1]),
        ({"is_root": True}, [4, 1]),
        ({"is_root": False}, [3, 2]),
        ({"has_error": True}, [4]),
        ({"trace_id": run_id(1)}, [3, 2, 1]),
        ({"ids": [run_id(2), run_id(4), run_id(77)]}, [4, 2]),
        ({"min_start_time": "2026-11-21T12:00:02Z"}, [4, 3, 2]),
        ({"max_start_time": "2026-11-21T12:00:02Z"}, [2, 1]),
    ],
)
def test_runs_are_narrowed_as_langsmith_does(
    server: LangSmithServer, http: httpx.Client, narrowed: dict[str, Any], found: list[int]
) -> None:
    """Each way to narrow a query leaves the runs that LangSmith's documentation says."""
    child = {"trace_id": run_id(1), "parent_run_ids": [run_id(1)]}
    server.add_runs(
        "shop",
        [
            run(1, run_type="CHAIN", name="root", metadata=FEATURE),
            run(2, **child, metadata={"env": "prod"}),
            run(3, **child, metadata=FEATURE, name="answer", total_tokens=100),
            run(4, status="ERROR", metadata={"feature": "mail"}),
        ],
    )

    assert numbers(query(http, server, **narrowed)) == found


def test_projects_are_apart_unless_asked_together(
    server: LangSmithServer, http: httpx.Client
) -> None:
    """A query sees the runs of its projects only."""
    server.add_runs("shop", [run(1)])
    server.add_runs("mail", [run(2)])
    both = [server.add_project("shop"), server.add_project("mail")]

    assert numbers(query(http, server)) == [1]
    assert numbers(query(http, server, project_ids=both)) == [2, 1]


def test_runs_added_later_are_seen(server: LangSmithServer, http: httpx.Client) -> None:
    """A query after another one sees what came in between; a repeated id replaces its run."""
    server.add_runs("shop", [run(1, prompt_tokens=1)])
    query(http, server, selects=["ID", "PROMPT_TOKENS"])

    server.add_runs("shop", [run(1, prompt_tokens=5), run(2)])
    items = query(http, server, selects=["ID", "PROMPT_TOKENS"]).json()["items"]

    assert items == [{"id": run_id(2)}, {"id": run_id(1), "prompt_tokens": 5}]


def test_a_verbatim_item_goes_out_as_it_is(server: LangSmithServer, http: httpx.Client) -> None:
    """What no client should have to expect can be put on a page byte for byte."""
    server.add_verbatim("shop", NOON, b'{"id":12,"metadata":[]}')

    assert query(http, server, run_type="LLM").json()["items"] == [{"id": 12, "metadata": []}]


def test_the_old_loop_still_works(server: LangSmithServer, client: langsmith.Client) -> None:
    """`list_runs` pages through `/runs/query`, 100 runs each, in the old shapes."""
    server.add_runs(
        "shop",
        [
            run(second, metadata=FEATURE, prompt_token_details={"raw": {"cache_read": 3}})
            for second in range(1, 121)
        ],
    )

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        found = list(client.list_runs(project_name="shop", run_type="llm", start_time=NOON))

    assert len(found) == 120
    assert (found[0].run_type, found[0].status, found[0].metadata) == ("llm", "success", FEATURE)
    assert [request.path for request in server.requests].count("/runs/query") == 2


TRACED = {
    "id": run_id(1),
    "trace_id": run_id(1),
    "dotted_order": f"20261121T120000000000Z{run_id(1)}",
    "session_name": "traced",
    "name": "ChatOpenAI",
    "run_type": "llm",
    "start_time": "2026-11-21T12:00:00",
    "extra": {"metadata": {"feature": "rag-search"}},
}
ENDED = {
    "id": run_id(1),
    "end_time": "2026-11-21T12:00:02",
    "outputs": {
        "usage_metadata": {
            "input_tokens": 100,
            "output_tokens": 20,
            "total_tokens": 120,
            "input_token_details": {"cache_read": 40},
        }
    },
}
STORED = {
    "id": run_id(1),
    "status": "SUCCESS",
    "prompt_tokens": 100,
    "completion_tokens": 20,
    "prompt_token_details": {"raw": {"cache_read": 40}},
    "metadata": {"feature": "rag-search"},
}


def multipart(parts: dict[str, Any]) -> bytes:
    """A multipart body as the SDK writes it."""
    return (
        b"".join(
            f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n'
            f"Content-Type: application/json\r\n\r\n{json.dumps(value)}\r\n".encode()
            for name, value in parts.items()
        )
        + b"--B--\r\n"
    )


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
@pytest.mark.parametrize("encoding", ["identity", "gzip", "zstd"])
def test_traced_runs_arrive_as_multipart(
    server: LangSmithServer, http: httpx.Client, prefix: str, encoding: str
) -> None:
    """The tracer's multipart bodies make a run, compressed or not, in a new project."""
    extra = {"extra": TRACED["extra"], **{k: v for k, v in TRACED.items() if k != "extra"}}
    body = multipart(
        {
            f"post.{run_id(1)}": {k: v for k, v in extra.items() if k != "extra"},
            f"post.{run_id(1)}.extra": TRACED["extra"],
            f"patch.{run_id(1)}": {k: v for k, v in ENDED.items() if k != "outputs"},
            f"patch.{run_id(1)}.outputs": ENDED["outputs"],
        }
    )
    packed = {"gzip": gzip.compress(body), "zstd": zstandard.compress(body)}.get(encoding, body)
    headers = {"content-type": "multipart/form-data; boundary=B", "content-encoding": encoding}

    response = http.post(f"{prefix}/runs/multipart", content=packed, headers=headers)

    assert response.status_code == 202
    assert traced(server, http) == [STORED]


def test_traced_runs_arrive_one_by_one_and_in_any_order(
    server: LangSmithServer, http: httpx.Client
) -> None:
    """A patch that comes before its post is kept until the post comes."""
    http.patch(f"/runs/{run_id(1)}", json=ENDED)
    http.post("/runs", json=TRACED)

    assert traced(server, http) == [STORED]


def test_traced_runs_arrive_in_batches(server: LangSmithServer, http: httpx.Client) -> None:
    """A batch holds posts and patches; a run without an end is pending, an error is one."""
    failed = {**TRACED, "id": run_id(2), "dotted_order": f"{TRACED['dotted_order']}.x{run_id(2)}"}
    http.post("/runs/batch", json={"post": [TRACED, failed], "patch": []})
    http.post("/api/v1/runs/batch", json={"post": [], "patch": [{"id": run_id(2), "error": "no"}]})

    response = query(
        http,
        server,
        project_ids=[server.add_project("traced")],
        selects=["STATUS", "PARENT_RUN_IDS"],
    )

    assert response.json()["items"] == [
        {"status": "ERROR", "parent_run_ids": [run_id(1)]},
        {"status": "PENDING", "parent_run_ids": []},
    ]


def traced(server: LangSmithServer, http: httpx.Client) -> Any:
    selects = [name.upper() for name in STORED]
    body = {"project_ids": [server.add_project("traced")], "selects": selects}
    return query(http, server, **body).json()["items"]


def test_every_request_is_recorded(server: LangSmithServer, http: httpx.Client) -> None:
    """A test can see what was asked: path, body and time."""
    before = time.monotonic()
    query(http, server, page_size=3)

    (request,) = server.requests

    assert (request.method, request.path) == ("POST", "/api/v2/runs/query")
    assert request.json()["page_size"] == 3
    assert before <= request.at <= time.monotonic()


def test_whoever_comes_while_it_stops_is_not_left_waiting() -> None:
    """A connection that is being accepted is closed as well, thirty times in a row."""
    for _ in range(30):
        with socket.socket() as client:
            client.settimeout(5)
            with LangSmithServer() as server:
                address = urlsplit(server.url)
                client.connect((address.hostname, address.port))

            with suppress(ConnectionResetError):
                assert client.recv(1) == b""


def test_latency_grows_with_the_page(server: LangSmithServer, http: httpx.Client) -> None:
    """A page takes a fixed time and a time per run in it."""
    server.add_runs("shop", [run(second) for second in range(1, 11)])
    seconds = []

    def latency(request: Request, runs: int) -> float:
        seconds.append(page_latency(0.1, 0.02)(request, runs))
        return 0

    server.latency = latency
    query(http, server, project_ids=[server.add_project("shop")], page_size=5)
    query(http, server, project_ids=[server.add_project("shop")])

    assert seconds == pytest.approx([0.2, 0.3])


def test_pages_wait_side_by_side() -> None:
    """A page is answered while another one still takes its time."""
    is_waiting = threading.Event()

    def latency(request: Request, runs: int) -> float:
        if is_waiting.is_set():
            return 0
        is_waiting.set()
        return 3600

    def ask(server: LangSmithServer) -> int:
        headers = {"x-api-key": server.api_key}
        with httpx.Client(base_url=server.url, headers=headers, timeout=60) as http:
            return query(http, server).status_code

    with ThreadPoolExecutor(1) as pool, LangSmithServer(latency=latency) as server:
        slow = pool.submit(ask, server)
        assert is_waiting.wait(timeout=60)

        assert ask(server) == 200
        assert not slow.done()

    assert isinstance(slow.exception(), httpx.TransportError)


def once(server: LangSmithServer, fault: Fault) -> None:
    """Let the next request, and only that, go wrong."""
    faults = iter([fault])
    server.fault = lambda _request: next(faults, None)


def test_an_answer_can_be_replaced(server: LangSmithServer, http: httpx.Client) -> None:
    """A fault answers with any status, header and body, once; the next request is served."""
    server.add_runs("shop", [run(1)])

    once(server, Answer(429, headers={"retry-after": "3"}))
    limited = query(http, server)
    once(server, HTML_PAGE)
    page = query(http, server)
    once(server, EXPIRED_CURSOR)
    expired = query(http, server)

    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html")
    assert expired.status_code == 410
    assert numbers(query(http, server)) == [1]


@pytest.mark.parametrize("fault", [Reset(), Truncate(0.5), Truncate(0.0)])
def test_a_connection_can_break(server: LangSmithServer, http: httpx.Client, fault: Fault) -> None:
    """A reset or cut connection is a transport error, and the next request is served."""
    server.add_runs("shop", [run(1)])
    once(server, fault)

    with pytest.raises(httpx.TransportError):
        query(http, server)

    assert numbers(query(http, server)) == [1]


def test_an_answer_can_hang(server: LangSmithServer, http: httpx.Client) -> None:
    """A hanging answer comes after the client's patience, which does not stop the server."""
    server.add_runs("shop", [run(1)])
    once(server, Hang(0.5))

    with pytest.raises(httpx.ReadTimeout):
        http.post("/api/v2/runs/query", json={}, timeout=0.1)

    assert numbers(query(http, server)) == [1]


def test_pages_can_overlap(server: LangSmithServer, http: httpx.Client) -> None:
    """An overlapping page repeats the runs before its cursor."""
    server.add_runs("shop", [run(second) for second in range(1, 7)])
    first = query(http, server, page_size=3)

    once(server, Overlap(2))
    second = query(http, server, page_size=3, cursor=first.json()["next_cursor"])

    assert numbers(first) == [6, 5, 4]
    assert numbers(second) == [5, 4, 3]


def test_a_page_can_be_empty_and_go_on(server: LangSmithServer, http: httpx.Client) -> None:
    """An empty page's cursor continues where the page stood."""
    server.add_runs("shop", [run(second) for second in range(1, 5)])
    once(server, EmptyPage())

    empty = query(http, server, page_size=3)
    after = query(http, server, page_size=3, cursor=empty.json()["next_cursor"])

    assert numbers(empty) == []
    assert numbers(after) == [4, 3, 2]


def test_the_last_cursor_can_be_empty(server: LangSmithServer, http: httpx.Client) -> None:
    """An empty text stands for no next page, and only on the last one."""
    server.add_runs("shop", [run(second) for second in range(1, 4)])
    server.fault = lambda _request: EmptyCursor()

    first = query(http, server, page_size=2)
    last = query(http, server, page_size=2, cursor=first.json()["next_cursor"])

    assert (numbers(first), numbers(last)) == ([3, 2], [1])
    assert first.json()["next_cursor"]
    assert last.json()["next_cursor"] == ""


def test_a_cursor_can_be_endless(server: LangSmithServer, http: httpx.Client) -> None:
    """An endless cursor leads to the same page for ever."""
    server.add_runs("shop", [run(1), run(2)])
    server.fault = lambda _request: EndlessCursor()

    first = query(http, server)
    second = query(http, server, cursor=first.json()["next_cursor"])

    assert numbers(first) == numbers(second) == [2, 1]
    assert second.json()["next_cursor"] is not None


def test_the_server_is_a_program_too(tmp_path: Path) -> None:
    """As a process it loads runs from JSON lines, makes up others, and tells its URL."""
    line = {"project": "shop", "id": run_id(1), "start_time": "2026-11-21T12:00:00Z"}
    (tmp_path / "runs.jsonl").write_text(json.dumps(line) + "\n")
    options = ["--data", str(tmp_path / "runs.jsonl"), "--bulk", "30", "--date", "2026-11-21"]
    command = [sys.executable, "-m", "local.langsmith_server", "--api-key", "mine", *options]

    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        with httpx.Client(base_url=url, headers={"x-api-key": "mine"}) as http:
            ids = {project["name"]: project["id"] for project in http.get("/sessions").json()}
            found = {
                name: len(
                    http.post(
                        "/api/v2/runs/query", json={"project_ids": [project_id], **WINDOW}
                    ).json()["items"]
                )
                for name, project_id in ids.items()
            }
        process.terminate()

    assert found == {"shop": 1, "bulk": 30}
