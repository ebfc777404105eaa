"""What LangSmith may do that ends the run: a clear error in time, and nothing written."""

import pytest

from local.langsmith_server import (
    HTML_PAGE,
    Answer,
    EmptyPage,
    EndlessCursor,
    Fault,
    Hang,
    Request,
    Reset,
    Truncate,
)
from spend_report.errors import (
    LangSmithError,
    LangSmithKeyError,
    OutOfTimeError,
    PartlyReportedError,
    UnknownProjectError,
)
from tests.faults.world import Where, World, always, look_ups, queries, sessions, with_cursor

# Thirty seconds are kept back, so this leaves two for reading.
SHORT = 32.0

NEVER_ENDING: list[tuple[str, Fault, Where, str]] = [
    ("429", Answer(429), queries, "HTTP 429"),
    ("500", Answer(500), queries, "HTTP 500"),
    ("503", Answer(503), with_cursor, "HTTP 503"),
    ("resets", Reset(), queries, "connection failed"),
    ("half bodies", Truncate(), queries, "connection failed"),
    ("HTML", HTML_PAGE, queries, "not a page of JSON"),
    ("hanging pages", Hang(5), queries, "Stopped with 30 s"),
    ("failing look-ups", Answer(502), look_ups, "HTTP 502"),
    ("failing projects", Answer(504), sessions, "HTTP 504"),
    ("hanging projects", Hang(5), sessions, "looking up the projects"),
]


@pytest.mark.parametrize(
    ("fault", "where", "words"),
    [case[1:] for case in NEVER_ENDING],
    ids=[case[0] for case in NEVER_ENDING],
)
def test_a_fault_that_stays_ends_the_run_in_time(
    faulty: World, fault: Fault, where: Where, words: str
) -> None:
    """With 30 s to go the run stops, says why and how far it came, and has written nothing."""
    faulty.langsmith.fault = always(fault, where)

    with pytest.raises(OutOfTimeError) as caught:
        faulty.run(seconds=SHORT)

    assert "That day's report was not written" in str(caught.value)
    assert "longer" not in str(caught.value)  # than 15 minutes there is no time-out
    assert words in str(caught.value)
    assert faulty.reports() == {}
    assert faulty.alerts() == 0


def test_the_error_says_how_far_the_run_came(faulty: World) -> None:
    """The first of three pages was read before the rest failed: the message has its runs."""
    faulty.langsmith.fault = always(Answer(503), with_cursor)

    with pytest.raises(OutOfTimeError) as caught:
        faulty.run(seconds=SHORT)

    assert "read 1,000 runs, " in str(caught.value)
    assert "% of 2026-11-21T00:00Z to 2026-11-22T00:00Z of app" in str(caught.value)


def test_a_retry_after_beyond_the_time_left_ends_the_run_at_once(faulty: World) -> None:
    """A server that asks for ten minutes is not waited for where five are left."""
    faulty.langsmith.fault = always(Answer(429, headers={"Retry-After": "600"}))

    with pytest.raises(OutOfTimeError, match="HTTP 429"):
        faulty.run(seconds=300)

    assert faulty.reports() == {}


def test_no_time_at_all(faulty: World) -> None:
    """A function that begins with less than the reserve asks LangSmith nothing."""
    with pytest.raises(OutOfTimeError):
        faulty.run(seconds=20)

    assert faulty.langsmith.requests == []
    assert faulty.reports() == {}


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize("where", [queries, sessions])
def test_a_refused_key_names_its_parameter(faulty: World, status: int, where: Where) -> None:
    """401 and 403 fail at the first answer and say which parameter holds the key."""
    faulty.langsmith.fault = always(Answer(status, b'{"detail": "Invalid token"}'), where)

    with pytest.raises(LangSmithKeyError) as caught:
        faulty.run()

    assert "/llm-spend/local/langsmith-api-key" in str(caught.value)
    assert f"HTTP {status}: Invalid token" in str(caught.value)
    assert len([request for request in faulty.langsmith.requests if where(request)]) <= 2
    assert faulty.reports() == {}


def test_a_refused_key_of_the_environment_is_named_as_such(faulty: World) -> None:
    """A key from LANGSMITH_API_KEY is blamed on LANGSMITH_API_KEY, and never shown."""
    with pytest.raises(LangSmithKeyError) as caught:
        faulty.run(LANGSMITH_API_KEY="lsv2_pt_wrong")

    assert "API key in LANGSMITH_API_KEY" in str(caught.value)
    assert "lsv2_pt_wrong" not in str(caught.value)
    assert faulty.reports() == {}


def test_an_unknown_project_is_named(faulty: World) -> None:
    """A project that does not exist fails before anything is read."""
    with pytest.raises(UnknownProjectError, match="no project 'ap' that the API key can see"):
        faulty.run(LANGSMITH_PROJECTS="app,ap")

    assert not any(map(queries, faulty.langsmith.requests))
    assert faulty.reports() == {}


def test_a_project_that_disappears_is_named(faulty: World) -> None:
    """404 on a page names the project at once."""
    faulty.langsmith.fault = always(Answer(404, b'{"detail": "not found"}'))

    with pytest.raises(UnknownProjectError, match="'app'"):
        faulty.run()

    assert faulty.reports() == {}


def test_a_bad_request_has_the_servers_words_but_no_secret(faulty: World) -> None:
    """400 passes on what LangSmith said, without the key that it repeated."""
    body = b'{"error": "filter not allowed for lsv2_pt_local_key"}'
    faulty.langsmith.fault = always(Answer(400, body))

    with pytest.raises(LangSmithError) as caught:
        faulty.run()

    assert "HTTP 400: filter not allowed for ***" in str(caught.value)
    assert faulty.reports() == {}


@pytest.mark.parametrize(
    ("fault", "where", "words"),
    [
        (EndlessCursor(), queries, "cursor does not end"),
        (EmptyPage(), queries, "cursor does not end"),
    ],
    ids=["endless cursor", "endless empty pages"],
)
def test_a_cursor_that_leads_nowhere_ends_the_run(
    faulty: World, fault: Fault, where: Where, words: str
) -> None:
    """Pages that never end are an error after few requests."""
    faulty.langsmith.fault = always(fault, where)

    with pytest.raises(LangSmithError, match=words):
        faulty.run()

    assert len(faulty.langsmith.requests) < 60
    assert faulty.reports() == {}


def test_a_server_that_is_not_there(faulty: World) -> None:
    """A refused connection is tried until time is up, and then named."""
    with pytest.raises(OutOfTimeError, match="connection failed"):
        faulty.run(seconds=SHORT, LANGSMITH_ENDPOINT="http://127.0.0.1:9")

    assert faulty.reports() == {}


def test_a_failure_in_the_middle_of_a_range_keeps_whole_days_only(faulty: World) -> None:
    """The first day of a range is whole; the second failed and has no object at all."""

    def fails_on_the_second_day(request: Request) -> Fault | None:
        return Answer(500) if b"2026-11-22T" in request.body and queries(request) else None

    faulty.langsmith.fault = fails_on_the_second_day

    with pytest.raises(PartlyReportedError, match=r"20 Nov reported[^\n]*\n21.23 Nov: Stopped"):
        faulty.run({"start_date": "2026-11-20", "end_date": "2026-11-23"}, seconds=34)

    days = {key.split("dt=")[1][:10] for key in faulty.reports() if "dt=" in key}
    assert days == {"2026-11-20"}
