"""The adapter against the embedded LangSmith: projects, days, what lies around them."""

import itertools
import threading
import uuid
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import langsmith
import pytest
from langsmith.utils import get_host_url

from local.langsmith_server import Answer, Fault, LangSmithServer, Request
from spend_report.adapters.langsmith.api import LangSmithApi
from spend_report.adapters.langsmith.runs import LangSmithRuns
from spend_report.domain.runs.run import MetadataKeys, Project, Run
from spend_report.errors import LangSmithError, UnknownProjectError
from spend_report.ports import ExpectedRuns

START = datetime(2026, 11, 21, tzinfo=UTC)
END = START + timedelta(days=1)
DAY = (START, END)
HOUR = timedelta(hours=1)


@pytest.fixture
def server() -> Iterator[LangSmithServer]:
    """One for each test: a request that was given up may arrive after its test."""
    with LangSmithServer() as fresh:
        yield fresh


@pytest.fixture
def project(server: LangSmithServer) -> str:
    """The name of a new project."""
    name = f"app-{uuid.uuid4()}"
    server.add_project(name)
    return name


def source(server: LangSmithServer, *projects: str, **settings: Any) -> LangSmithRuns:
    return LangSmithRuns(
        endpoint=server.url,
        api_key=server.api_key,
        workspace_id=None,
        projects=projects,
        metadata_keys=MetadataKeys("feature", ("env",)),
        **settings,
    )


def ids(count: int) -> list[str]:
    return [str(uuid.uuid4()) for _ in range(count)]


def bodies(server: LangSmithServer) -> list[Mapping[str, Any]]:
    return [request.json() for request in server.requests if request.method == "POST"]


def read(runs: LangSmithRuns, start: datetime = START, end: datetime = END) -> list[Run]:
    taken: list[Run] = []
    runs.read(start, end, lambda _, page: taken.extend(page))
    return taken


def test_projects_are_found_by_name_and_by_uuid(server: LangSmithServer, project: str) -> None:
    """Both lead to the id, the name, and the page that LangSmith shows people."""
    project_id = server.add_project(project)

    with source(server, project) as by_name, source(server, project_id) as by_id:
        (found,), (same,) = by_name.projects(), by_id.projects()

    assert found == same
    assert (found.id, found.name) == (project_id, project)
    assert found.url.startswith(f"{server.url}/o/")
    assert found.url.endswith(f"/projects/p/{project_id}")


def test_a_project_that_stands_twice_is_read_once(server: LangSmithServer, project: str) -> None:
    """Name and UUID of the same project: its runs would otherwise count twice."""
    project_id = server.add_project(project)
    server.add_runs(project, [{"start_time": START + HOUR}])

    with source(server, project, project_id) as runs:
        taken = read(runs)

    assert len(taken) == 1


def test_an_empty_answer_is_asked_for_again(server: LangSmithServer, project: str) -> None:
    """A project that is looked up by its UUID, and answered with nothing at first."""
    project_id = server.add_project(project)
    empty = [Answer(200, b"")]
    server.fault = lambda _: empty.pop() if empty else None

    with source(server, project_id) as runs:
        assert [found.name for found in runs.projects()] == [project]


def test_a_name_that_looks_like_a_uuid(server: LangSmithServer) -> None:
    """A project may be called like a UUID: if none has that id, the name counts."""
    name = str(uuid.uuid4())
    project_id = server.add_project(name)

    with source(server, name) as runs:
        (found,) = runs.projects()

    assert found.id == project_id


def test_every_unknown_project_is_named(server: LangSmithServer, project: str) -> None:
    """The error lists all that are unknown, and none that exists."""
    unknown = str(uuid.uuid4())

    with source(server, "nope", project, unknown) as runs, pytest.raises(UnknownProjectError) as no:
        runs.projects()

    assert f"'nope', '{unknown}'" in str(no.value)
    assert project not in str(no.value)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://api.smith.langchain.com",
        "https://eu.api.smith.langchain.com",
        "https://apac.api.smith.langchain.com",
        "https://aws.api.smith.langchain.com",
        "https://langsmith.example.com/api",
        "https://langsmith.example.com/api/v1",
    ],
)
def test_the_web_address_is_the_sdks(endpoint: str) -> None:
    """For hosted regions and self-hosted servers, links lead where the SDK's own would."""
    api = LangSmithApi(
        endpoint=endpoint,
        api_key="k",
        key_name="K",
        workspace_id=None,
        max_connections=1,
    )

    assert api.web_url == get_host_url(None, endpoint)


def test_a_day_has_the_llm_runs_of_all_projects(server: LangSmithServer, project: str) -> None:
    """LLM runs that start in the day, each handed over with its project; nothing else."""
    other = f"other-{project}"
    inside, at_start, elsewhere, chain, next_day = ids(5)
    server.add_runs(
        project,
        [
            {"id": at_start, "start_time": START},
            {"id": inside, "start_time": START + HOUR},
            {"id": chain, "start_time": START + HOUR, "run_type": "CHAIN"},
            {"id": next_day, "start_time": END},
        ],
    )
    server.add_runs(other, [{"id": elsewhere, "start_time": START + HOUR}])
    taken: set[tuple[str, str]] = set()

    def take(at: Project, runs: Sequence[Run]) -> None:
        taken.update((at.name, run.id) for run in runs)

    with source(server, project, other) as runs:
        unreadable = runs.read(START, END, take)

    assert taken == {(project, at_start), (project, inside), (other, elsewhere)}
    assert unreadable == 0


def test_only_what_a_cost_needs_is_asked_for(server: LangSmithServer, project: str) -> None:
    """Never a field that carries prompts; LLM runs; pages of 1,000; bounds with an offset."""
    with source(server, project) as runs:
        read(runs)

    for body in bodies(server):
        assert not {"INPUTS", "OUTPUTS", "EVENTS", "EXTRA", "MANIFEST"} & set(body["selects"])
        assert (body["run_type"], body["page_size"]) == ("LLM", 1000)
        for bound in (body["min_start_time"], body["max_start_time"]):
            assert datetime.fromisoformat(bound).tzinfo is not None


def test_items_that_cannot_be_placed_are_returned_as_a_number(
    server: LangSmithServer, project: str
) -> None:
    """Three broken items beside a good one are three."""
    server.add_runs(project, [{"start_time": START + HOUR}])
    for number in range(3):
        server.add_verbatim(project, START + HOUR * (number + 2.1), b'{"id": null}')

    with source(server, project) as runs:
        assert runs.read(START, END, lambda _project, _runs: None) == 3


def test_days_after_the_first_begin_with_as_many_windows_as_they_need(
    server: LangSmithServer, project: str
) -> None:
    """A small day costs 16 requests where nothing is known, and one where the day before told."""
    with source(server, project) as runs:
        runs.projects()
        counts = []
        for day in range(3):
            before = runs.requests
            read(runs, START + timedelta(days=day), END + timedelta(days=day))
            counts.append(runs.requests - before)

    assert counts == [16, 1, 1]


@pytest.mark.parametrize(
    ("expected", "requests"), [(0, 1), (10, 1), (700, 1), (2_000, 3), (1_000_000, 16)]
)
def test_a_day_that_is_known_begins_with_as_many_windows_as_it_needs(
    server: LangSmithServer, project: str, expected: int, requests: int
) -> None:
    """Where earlier days tell how many runs to expect, a small day is one request."""
    with source(server, project) as runs:
        runs.projects()
        before = runs.requests
        runs.read(START, END, lambda _project, _runs: None, ExpectedRuns(expected))

        assert runs.requests - before == requests


def test_a_day_that_is_larger_than_expected_is_read_all_the_same(
    server: LangSmithServer, project: str
) -> None:
    """Ten runs were expected and 5,000 came: the one window is cut as soon as that shows."""
    seconds = timedelta(seconds=17)
    server.add_runs(project, [{"start_time": START + seconds * number} for number in range(5_000)])
    taken: list[str] = []

    with source(server, project) as runs:
        runs.read(
            START, END, lambda _, page: taken.extend(run.id for run in page), ExpectedRuns(10)
        )

        assert len(set(taken)) == len(taken) == 5_000
        assert runs.requests <= 1 + 1 + 16


def test_ancestors_have_their_name_and_their_own_tag(server: LangSmithServer, project: str) -> None:
    """Of any type, whenever they started; those that do not exist are left out."""
    tagged, untagged, early, unknown = ids(4)
    server.add_runs(
        project,
        [
            {
                "id": tagged,
                "start_time": START + HOUR,
                "run_type": "CHAIN",
                "name": "agent",
                "metadata": {"feature": " rag "},
            },
            {"id": untagged, "start_time": START + HOUR, "run_type": "TOOL", "name": "tool"},
            {
                "id": early,
                "start_time": START - 3 * HOUR,
                "run_type": "CHAIN",
                "metadata": {"feature": 7},
            },
        ],
    )

    with source(server, project) as runs:
        read(runs)
        found = runs.ancestors(
            {tagged: START + HOUR, untagged: START + HOUR, early: None, unknown: None}, DAY
        )

    assert {id_: (ancestor.name, ancestor.feature) for id_, ancestor in found.items()} == {
        tagged: ("agent", "rag"),
        untagged: ("tool", ""),
        early: ("ChatOpenAI", "7"),
    }


def test_ids_that_are_none_are_not_asked_for(server: LangSmithServer, project: str) -> None:
    """LangSmith refuses a whole request for one id that is no UUID."""
    (good,) = ids(1)
    server.add_runs(project, [{"id": good, "start_time": START + HOUR, "run_type": "CHAIN"}])

    with source(server, project) as runs:
        found = runs.ancestors({good: START + HOUR, "root": START + HOUR, "": None}, DAY)

    assert set(found) == {good}


def test_thousands_of_ancestors_are_asked_for_in_thousands(
    server: LangSmithServer, project: str
) -> None:
    """2,500 ids are three requests, each no wider in time than its runs and two minutes."""
    wanted = {id_: START + timedelta(seconds=10 * n) for n, id_ in enumerate(ids(2_500))}
    server.add_runs(
        project,
        [{"id": id_, "start_time": at, "run_type": "CHAIN"} for id_, at in wanted.items()],
    )

    with source(server, project) as runs:
        found = runs.ancestors(wanted, DAY)

    assert found.keys() == wanted.keys()
    asked = bodies(server)
    assert sorted(len(body["ids"]) for body in asked) == [500, 1000, 1000]
    for body in asked:
        low, high = (
            datetime.fromisoformat(body[bound]) for bound in ("min_start_time", "max_start_time")
        )
        assert high - low < timedelta(seconds=10 * 1000 + 121)


def test_nothing_to_look_up_costs_no_request(server: LangSmithServer, project: str) -> None:
    """A day where everything is tagged asks for nothing around it."""
    with source(server, project) as runs:
        runs.projects()
        before = runs.requests
        outside = runs.outside(
            DAY, ancestors={}, before={}, after=None, take=lambda _project, _runs: None
        )
        outside.ask_names([])

        assert (outside.ancestors(), outside.names()) == ({}, {})
        assert runs.requests == before


def test_what_lies_around_a_day_is_found_together(server: LangSmithServer, project: str) -> None:
    """Ancestors of any type, LLM runs by id before the day, and LLM runs that start after it."""
    above, before, after, chain_before = ids(4)
    early, late = START - HOUR, END + timedelta(minutes=5)
    server.add_runs(
        project,
        [
            {"id": above, "start_time": early, "run_type": "CHAIN", "metadata": {"feature": "x"}},
            {"id": before, "start_time": early},
            {"id": chain_before, "start_time": early, "run_type": "CHAIN"},
            {"id": after, "start_time": late},
        ],
    )
    taken: list[str] = []

    with source(server, project) as runs:
        found = runs.outside(
            DAY,
            ancestors={above: early},
            before={before: early, chain_before: early},
            after=(END, END + HOUR),
            take=lambda _, page: taken.extend(run.id for run in page),
        ).ancestors()

    assert {id_: ancestor.feature for id_, ancestor in found.items()} == {above: "x"}
    assert sorted(taken) == sorted([before, after])


def test_ancestors_do_not_wait_for_names(server: LangSmithServer, project: str) -> None:
    """They are there while the names are asked for again and again, which LangSmith refuses."""
    above, root = ids(2)
    server.add_runs(
        project,
        [
            {"id": id_, "start_time": START, "run_type": "CHAIN", "name": id_}
            for id_ in (above, root)
        ],
    )

    def busy(request: Request) -> Fault | None:
        return Answer(429, b"{}") if root.encode() in request.body else None

    server.fault = busy
    with source(server, project, remaining_seconds=lambda: 33.0) as runs:
        outside = runs.outside(
            DAY, ancestors={above: START}, before={}, after=None, take=lambda _project, _runs: None
        )
        outside.ask_names([root])
        found = outside.ancestors()
        server.fault = None
        names = outside.names()

    assert found.keys() == {above}
    assert names == {root: root}


def test_names_are_found_where_ancestors_are(server: LangSmithServer, project: str) -> None:
    """A root that is an ancestor as well is asked for once; others may be as old as those are."""
    above, root, gone = ids(3)
    early = START - 30 * HOUR
    server.add_runs(
        project,
        [
            {"id": id_, "start_time": early, "run_type": "CHAIN", "name": id_}
            for id_ in (above, root)
        ],
    )

    with source(server, project) as runs:
        outside = runs.outside(
            DAY, ancestors={above: early}, before={}, after=None, take=lambda _project, _runs: None
        )
        outside.ask_names([above, root, gone])
        names = outside.names()

    assert names == {above: above, root: root}
    assert sorted(len(body["ids"]) for body in bodies(server)) == [1, 2]


def test_a_failure_around_the_day_is_a_failure(server: LangSmithServer, project: str) -> None:
    """One of several look-ups that is refused ends them all with its own error."""

    def refuse(request: Request) -> Fault | None:
        return Answer(400, b'{"error": "no ids today"}') if b'"ids"' in request.body else None

    server.fault = refuse

    with source(server, project) as runs, pytest.raises(LangSmithError, match="no ids today"):
        runs.outside(
            DAY,
            ancestors=dict(zip(ids(1), [START], strict=True)),
            before=dict(zip(ids(1), [START], strict=True)),
            after=(END, END + HOUR),
            take=lambda _project, _runs: None,
        ).ancestors()


def test_a_source_that_is_closed_asks_no_more(server: LangSmithServer, project: str) -> None:
    """A look-up that fails while its source is closed is not tried again into the next run."""
    server.fault = lambda _: Answer(503, b"{}")

    with source(server, project) as runs:
        pass

    with pytest.raises(LangSmithError, match="is not asked any more"):
        runs.projects()


def test_other_work_is_done_once_while_pages_are_waited_for(
    server: LangSmithServer, project: str
) -> None:
    """When it begins, the first pages are asked for; the second reading is without it."""
    arrived = threading.Event()
    asked: list[bool] = []

    def page(request: Request) -> None:
        if request.path.endswith("/runs/query"):
            arrived.set()

    server.fault = page
    with source(server, project, meanwhile=lambda: asked.append(arrived.wait(10))) as runs:
        read(runs)
        read(runs)

    assert asked == [True]


def test_the_workspace_goes_along(server: LangSmithServer, project: str) -> None:
    """A key that sees several workspaces says which one it means, in every request."""
    with LangSmithRuns(
        endpoint=server.url,
        api_key=server.api_key,
        workspace_id="8f6f7c1e-0000-4000-8000-00000000a001",
        projects=[project],
        metadata_keys=MetadataKeys("feature", ()),
    ) as runs:
        read(runs)

    assert {request.headers.get("x-tenant-id") for request in server.requests} == {
        "8f6f7c1e-0000-4000-8000-00000000a001"
    }


def test_requests_under_way_are_never_more_than_allowed(
    server: LangSmithServer, project: str
) -> None:
    """With four at once allowed, LangSmith sees four, and not five, of 16 slow requests."""
    arrivals: list[float] = []

    def slow(request: Request, _runs: int) -> float:
        arrivals.append(request.at)
        return 0.1

    server.latency = slow
    try:
        with source(server, project, max_concurrent=4) as runs:
            read(runs)
            read(runs, END, END + timedelta(days=1))
    finally:
        server.latency = None

    arrivals.sort()
    overlapping = [sum(1 for other in arrivals if at <= other < at + 0.099) for at in arrivals]
    assert max(overlapping) <= 4
    assert any(later - at < 0.05 for at, later in itertools.pairwise(arrivals))


def test_every_error_of_the_sdk_is_ours_to_translate() -> None:
    """Whatever the SDK may raise from a request is a kind of the error that the adapter handles."""
    apart = set(langsmith.LangsmithError.__subclasses__()) - {langsmith.APIError}
    assert {kind.__name__ for kind in apart} <= {"StreamAlreadyConsumed"}  # we stream nothing
    kinds = {kind.__name__ for kind in langsmith.APIError.__subclasses__()}
    assert kinds == {"APIStatusError", "APIConnectionError", "APIResponseValidationError"}
