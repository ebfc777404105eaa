"""Decoding pages: exact for what is regular, tolerant for what is not, nothing lost uncounted."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.adapters.langsmith.decoder import PageDecoder, UnreadablePageError, cursor_at_end
from spend_report.domain.runs.run import MetadataKeys, Run

KEYS = MetadataKeys("feature", ("env", "user_tier"))
ID = "0190d0c8-0000-7000-8000-000000000001"
START = "2026-11-21T08:00:00.25Z"


def decode(*items: Any, cursor: str | None = None) -> list[Run]:
    body = json.dumps({"items": items, "next_cursor": cursor}).encode()
    return list(PageDecoder(KEYS).decode(body).runs)


def decode_one(**fields: Any) -> Run:
    (run,) = decode({"id": ID, "start_time": START, **fields})
    return run


def test_a_regular_run_arrives_whole() -> None:
    """Every field that a cost needs is there, and only the metadata that was asked for."""
    run = decode_one(
        end_time="2026-11-21T08:00:02Z",
        status="SUCCESS",
        name="ChatOpenAI",
        trace_id="t",
        dotted_order="20261121T080000000000Zt",
        parent_run_ids=["t", "u"],
        prompt_tokens=1200,
        completion_tokens=80,
        total_tokens=1280,
        prompt_token_details={"raw": {"cache_read": 1000}},
        total_cost=0.0038,
        metadata={"feature": "rag", "env": "prod", "ls_model_name": "gpt-4o", "x": [1]},
        unknown={"new": "field"},
    )

    assert run.start_time == datetime(2026, 11, 21, 8, 0, 0, 250_000, tzinfo=UTC)
    assert run.end_time == datetime(2026, 11, 21, 8, 0, 2, tzinfo=UTC)
    assert (run.status, run.name, run.trace_id) == ("SUCCESS", "ChatOpenAI", "t")
    assert run.parent_run_ids == ["t", "u"]
    assert (run.prompt_tokens, run.completion_tokens, run.total_tokens) == (1200, 80, 1280)
    assert run.prompt_token_details is not None
    assert run.prompt_token_details.raw == {"cache_read": 1000}
    assert run.total_cost == 0.0038
    assert (run.metadata.feature, run.metadata.d0, run.metadata.d1) == ("rag", "prod", None)
    assert run.metadata.model == "gpt-4o"
    assert run.oddities is None


@pytest.mark.parametrize("keys", [("feature", "env"), ("env", "env"), ("ls_provider", "feature")])
def test_metadata_keys_may_repeat(keys: tuple[str, str]) -> None:
    """A dimension that repeats the feature's key, another or a fixed key has that key's value."""
    body = {"feature": "rag", "env": "prod", "ls_provider": "openai"}
    item = {"id": ID, "start_time": START, "metadata": body}

    for tokens in (1, "odd"):
        page = json.dumps({"items": [{**item, "prompt_tokens": tokens}]}).encode()
        (run,) = PageDecoder(MetadataKeys("feature", keys)).decode(page).runs

        metadata = run.metadata
        assert metadata.feature == "rag"
        assert metadata.provider == "openai"
        assert (metadata.d0, metadata.d1) == (body[keys[0]], body[keys[1]])


@pytest.mark.parametrize(
    ("value", "count", "odd"),
    [
        (7, 7, False),
        (-7, -7, False),
        (10**30, 10**30, False),
        (None, None, False),
        (12.0, 12, False),
        (12.9, 12, True),
        ("12", None, True),
        (True, None, True),
        ([12], None, True),
    ],
)
def test_token_counts_of_any_type(value: Any, count: int | None, odd: bool) -> None:
    """What is not a whole number is cut off or left out, and named in `oddities`."""
    run = decode_one(prompt_tokens=value)

    assert run.prompt_tokens == count
    assert run.oddities == (["prompt_tokens"] if odd else None)


def test_one_odd_item_does_not_disturb_its_neighbours() -> None:
    """Items around a broken one keep their values; the broken one keeps what is readable."""
    runs = decode(
        {"id": "a", "start_time": START, "prompt_tokens": 1},
        {"id": "b", "start_time": START, "prompt_tokens": "?", "completion_tokens": 2},
        {"id": "c", "start_time": START, "prompt_tokens": 3},
    )

    assert [run.id for run in runs] == ["a", "b", "c"]
    assert [run.prompt_tokens for run in runs] == [1, None, 3]
    assert runs[1].completion_tokens == 2


@pytest.mark.parametrize(
    "item",
    [
        {},
        None,
        7,
        "run",
        [],
        {"id": ID},
        {"id": None, "start_time": START},
        {"id": "", "start_time": START},
        {"id": 7, "start_time": START},
        {"id": ID, "start_time": None},
        {"id": ID, "start_time": "yesterday"},
        {"id": ID, "start_time": 1763712000},
    ],
)
def test_items_without_id_or_start_are_counted(item: Any) -> None:
    """An item that cannot be placed is no run, but the page says that it was there."""
    good = {"id": ID, "start_time": START}
    body = json.dumps({"items": [good, item, good]}).encode()

    page = PageDecoder(KEYS).decode(body)

    assert len(page.runs) == 2
    assert page.unreadable == 1


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-21T08:00:00Z", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21T08:00:00", datetime(2026, 11, 21, 8, tzinfo=UTC)),
        ("2026-11-21 08:00:00.5", datetime(2026, 11, 21, 8, 0, 0, 500_000, tzinfo=UTC)),
        ("2026-11-21T08:00:00.123456", datetime(2026, 11, 21, 8, 0, 0, 123_456, tzinfo=UTC)),
        ("2026-11-21T09:00:00+01:00", datetime(2026, 11, 21, 8, tzinfo=UTC)),
    ],
)
def test_start_times_in_every_form(text: str, instant: datetime) -> None:
    """With and without fraction, offset and `T`; without an offset it is UTC."""
    (run,) = decode({"id": ID, "start_time": text})

    assert run.start_time == instant


@pytest.mark.parametrize("metadata", [None, [], "text", 7, {}, {"feature": None}])
def test_metadata_of_any_shape_has_no_feature(metadata: Any) -> None:
    """Metadata that is missing, null or no object has no feature, and the run stays."""
    run = decode_one(metadata=metadata)

    assert getattr(run.metadata, "feature", None) is None


@pytest.mark.parametrize("value", [5, 1.5, True, ["a"], {"a": 1}, "x" * 10_240, "日本\u0000\n", ""])
def test_metadata_values_of_any_type_are_kept(value: Any) -> None:
    """A feature may be any JSON value; what it means is decided later."""
    assert decode_one(metadata={"feature": value}).metadata.feature == value
    assert decode_one(metadata={"feature": value}, prompt_tokens="odd").metadata.feature == value


def test_half_a_surrogate_pair_is_survived() -> None:
    """JSON that escapes half a pair, which no encoding can carry, costs a character, not a run."""
    body = b'{"items": [{"id": "%s", "start_time": "%s", "name": "a\\ud83d"}]}' % (
        ID.encode(),
        START.encode(),
    )

    (run,) = PageDecoder(KEYS).decode(body).runs

    assert run.name == "a?"


def test_wrong_utf8_nan_and_endless_numbers_are_survived() -> None:
    """What JSON forbids but servers send: the run stays, the value is odd or left out."""
    template = b'{"items": [{"id": "i", "start_time": "2026-11-21T08:00:00Z", %s}]}'

    (wrong,) = PageDecoder(KEYS).decode(template % b'"name": "a\xff"').runs
    (nan,) = PageDecoder(KEYS).decode(template % b'"prompt_tokens": NaN').runs
    (endless,) = PageDecoder(KEYS).decode(template % (b'"prompt_tokens": ' + b"9" * 5000)).runs

    assert wrong.name == "a�"
    assert (nan.prompt_tokens, nan.oddities) == (None, ["prompt_tokens"])
    assert (endless.prompt_tokens, endless.oddities) == (None, ["prompt_tokens"])


def test_bottomless_nesting_is_survived() -> None:
    """A value nested five thousand deep is read or counted, and its neighbours are untouched."""
    nested = b"[" * 5_000 + b"]" * 5_000
    item = (
        b'{"id": "i", "start_time": "2026-11-21T08:00:00Z", "metadata": {"feature": %s}}' % nested
    )
    good = b'{"id": "j", "start_time": "2026-11-21T08:00:00Z"}'

    page = PageDecoder(KEYS).decode(b'{"items": [%s, %s]}' % (item, good))

    assert page.runs[-1].id == "j"
    assert len(page.runs) + page.unreadable == 2


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Bad gateway</body></html>",
        b'{"items": [{"id": "i", "sta',
        b'{"items": []',
        b"[]",
        b"null",
        b'{"detail": "try later"}',
        b'{"items": {}, "next_cursor": null}',
        b'{"items": [], "next_cursor": 7}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_page_is_refused(body: bytes) -> None:
    """Half a body, an error page or another document is an error, never an empty page."""
    with pytest.raises(UnreadablePageError):
        PageDecoder(KEYS).decode(body)


ANY_JSON: Any = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec="utf-8"))
    | st.sampled_from([START, ID, "SUCCESS", "2026-11-21"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
FIELDS = sorted({*Run.__struct_fields__} - {"oddities"})
ITEMS = st.dictionaries(st.sampled_from(FIELDS), ANY_JSON) | st.builds(
    lambda fields: {"id": ID, "start_time": START, **fields},
    st.dictionaries(st.sampled_from(FIELDS), ANY_JSON),
)


@given(items=st.lists(ITEMS | ANY_JSON, max_size=4), cursor=st.none() | st.text(max_size=5))
def test_no_item_is_lost_uncounted(items: list[Any], cursor: str | None) -> None:
    """Whatever stands in a page, its items are runs of the right types, or counted."""
    page = PageDecoder(KEYS).decode(json.dumps({"items": items, "next_cursor": cursor}).encode())

    assert len(page.runs) + page.unreadable == len(items)
    assert page.next_cursor == (cursor or None)
    for run in page.runs:
        assert run.id
        assert run.start_time.tzinfo is not None
        assert msgspec.convert(msgspec.structs.asdict(run), KEYS.run_type) is not None


@given(body=st.binary(max_size=200))
def test_no_bytes_crash_the_decoder(body: bytes) -> None:
    """Any bytes are a page or are refused."""
    try:
        page = PageDecoder(KEYS).decode(body)
    except UnreadablePageError:
        return

    assert page.unreadable >= 0


texts = st.text(st.sampled_from('ab"\\,:{}[] next_cursor\n\u00e9'), max_size=20)
documents = st.recursive(
    texts | st.none() | st.integers(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
)


members = st.tuples(st.sampled_from(["next_cursor", "x", 'next_cursor"', "\\"]), documents)


@given(
    items=st.lists(st.fixed_dictionaries({"id": texts, "metadata": documents}), max_size=2),
    cursor=texts | st.none(),
    before=st.lists(members, max_size=2),
    after=st.lists(members, max_size=1),
    comma=st.sampled_from([",", " , ", ",\n"]),
    end=st.sampled_from(["}", "\n}", "} \n"]),
    ascii_=st.booleans(),
)
def test_a_cursor_at_the_end_is_the_page_s(
    items: list[Any],
    cursor: str | None,
    before: list[tuple[str, Any]],
    after: list[tuple[str, Any]],
    *,
    comma: str,
    end: str,
    ascii_: bool,
) -> None:
    """Whatever else is in the document, and if keys repeat: it is what the decoder finds."""
    pairs = [("items", items), *before, ("next_cursor", cursor), *after]
    written = (
        f"{json.dumps(key)}:{json.dumps(value, ensure_ascii=ascii_)}" for key, value in pairs
    )
    body = f"{{{comma.join(written)}{end}".encode()

    found = cursor_at_end(body)

    if found is not None:
        assert found == PageDecoder(KEYS).decode(body).next_cursor


@pytest.mark.parametrize(
    ("body", "cursor"),
    [
        (b'{"items":[],"next_cursor":"MTc2Mzc2:abc=="}', "MTc2Mzc2:abc=="),
        (b'{"items": [{"id": "a"}], "next_cursor": "b"}\n', "b"),
        (b'{"next_cursor":"b"}', "b"),
        (b'{"items":[],"next_cursor":null}', None),
        (b'{"items":[],"next_cursor":""}', None),
        (b'{"next_cursor":"b","items":[]}', None),
        (b'{"items":[{"next_cursor":"b"}]}', None),
        (b'{"items":[],"next_cursor":"\\u0062"}', None),
        (b'{"items":[],"next_cursor":"b', None),
        (b'{"items":[],"\\"next_cursor":"b"}', None),
        (b"", None),
    ],
)
def test_a_cursor_is_read_from_the_end_alone(body: bytes, cursor: str | None) -> None:
    """Where LangSmith puts it, and as it writes it; anything else is left to the decoder."""
    assert cursor_at_end(body) == cursor
