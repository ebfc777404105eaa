"""Reading records back: what is none is refused, and what is one never stops a later day."""

import json
from collections.abc import Callable
from copy import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spend_report.domain.basics.links import Links
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.judgement.spikes import find_spikes
from spend_report.domain.messages.weekly_digest import compose_digest, digest
from spend_report.domain.record.decode_record import NotARecordError, past_day
from spend_report.domain.record.history import History
from tests.days import budget, day, line, news, same_days
from tests.records import content, record

DAY = date(2026, 11, 21)
FIGURES = day("2026-11-21", line("rag", "1.5"), line("chat", "0.25", model="o3"))
SPIKES = find_spikes(
    FIGURES,
    same_days("2026-11-21", 21, line("rag", "0.1"), line("chat", "0.25")),
    floor=Decimal("0.01"),
)
RECORD = content(record(FIGURES, spikes=SPIKES))
LINKS = Links("s3://b/spend_by_feature.csv", "s3://b/report.html", "")

ODD: list[Any] = [
    *(None, True, -1, 1.5, 10**16, 10**30, "", "x", [], {}, [None], {"x": None}),
    *("NaN", "sNaN", "Infinity", "-1", "-0", "1e999999", "1e-999999", "1e99999999999999999999"),
    *("0001-01-01", "9999-12-31", "2026-11-21", "2026-11-21T00:00:00", "9999-12-31T23:59:59Z"),
    *("0001-01-01T00:00:00+23:59", "x" * 2_000, "\x00", "é", "\ud800", "notice/", "//"),
]


def paths(value: Any, above: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where every value lies in some JSON."""
    inside = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [above, *(path for key, own in inside for path in paths(own, (*above, key)))]


def with_value(whole: Any, path: tuple[Any, ...], value: Any) -> Any:
    """`whole` with another value at `path`."""
    if not path:
        return value
    copy = json.loads(json.dumps(whole))
    inner = copy
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return copy


def followed(body: bytes) -> None:
    """The next day, as it is judged, told and written after the record `body`."""
    known = past_day(body, DAY)
    history = History({DAY: known})
    figures = day("2026-11-22", line("rag", "3"), line("new", "1"))
    found = news(figures, history, Budgets({"rag": budget("1", weekly="2", monthly="3")}))
    record(figures, breaches=found.breaches, notices=found.notices, history=history)
    past_day(record(day("2026-11-21", line("rag", "2")), body), DAY)
    week = digest(date(2026, 11, 22), history, LINKS)
    if week is not None:
        compose_digest(week)
    if known.usual is not None:
        assert 0 <= known.usual.expected <= known.usual.limit


def test_a_record_reads_back() -> None:
    """What a later day needs of a record is what was written."""
    known = past_day(json.dumps(RECORD).encode(), DAY)

    assert (known.date, known.complete, known.exact_cost) == (DAY, True, Decimal("1.75"))
    assert {name: (row.calls, row.cost) for name, row in known.features.items()} == {
        "rag": (10, Decimal("1.500000")),
        "chat": (10, Decimal("0.250000")),
    }
    assert {(row.feature, row.model, row.cost) for row in known.models} == {
        ("rag", "gpt-4o", Decimal("1.500000")),
        ("chat", "o3", Decimal("0.250000")),
    }


def test_what_stood_out() -> None:
    """The spikes and what was usual read back, and what was expected beyond reason is left out."""
    known = past_day(json.dumps(RECORD).encode(), DAY)
    assert [(one.feature, one.what, one.cost) for one in known.spikes] == [
        (None, "cost", Decimal("1.750000")),
        ("rag", "cost", Decimal("1.500000")),
    ]
    assert known.usual is not None
    assert known.usual.expected == Decimal("0.350000")

    for usual in ({"usual_usd": "2", "limit_usd": "1"}, {"usual_usd": "1", "limit_usd": "1e30"}):
        odd = past_day(json.dumps({**RECORD, "usual": usual}).encode(), DAY)
        assert (odd.usual, odd.spikes) == (None, known.spikes)


def test_without_models() -> None:
    """Where nobody asks for models there are none, and all else is the same."""
    body = json.dumps(RECORD).encode()

    assert past_day(body, DAY, with_models=False) == replace(past_day(body, DAY), models=[])


@settings(max_examples=400, deadline=None)
@given(
    path=st.sampled_from(
        [path for path in paths(RECORD) if "hours" not in path and "sampling" not in path]
    ),
    value=st.sampled_from(ODD)
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
)
def test_an_odd_value_is_refused_or_harmless(path: tuple[Any, ...], value: Any) -> None:
    """Whatever one value of a record is, the next day's report is judged, told and written."""
    body = json.dumps(with_value(RECORD, path, value)).encode()

    try:
        past_day(body, DAY)
    except NotARecordError:
        return
    followed(body)


@settings(max_examples=200, deadline=None)
@given(cut=st.integers(0, len(json.dumps(RECORD)) - 1))
def test_half_a_record(cut: int) -> None:
    """A record that breaks off is none."""
    with pytest.raises(NotARecordError, match="damaged"):
        past_day(json.dumps(RECORD).encode()[:cut], DAY)


REFUSED: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "negative calls": (lambda own: own["features"]["rag"].update(calls=-1), "damaged"),
    "negative model": (
        lambda own: own["features"]["rag"]["models"]["gpt-4o"].update(cost_usd="-1"),
        "no amount",
    ),
    "no amount": (lambda own: own["features"]["rag"].update(error_cost_usd="NaN"), "no amount"),
    "a local time": (lambda own: own.update(start="2026-11-21T00:00:00"), "damaged"),
    "another time": (lambda own: own.update(end="2027-11-21T00:00:00Z"), "not the day's"),
    "end before start": (lambda own: own.update(end=own["start"]), "not the day's"),
    "a long name": (lambda own: own["features"].update({"x" * 201: None}), "damaged"),
    "another day": (lambda own: own.update(date="2026-11-20"), "the record of 2026-11-20"),
    "a later schema": (lambda own: own.update(schema=3), "schema is 3, later than 2"),
    "a later schema's shape": (lambda own: own.update(schema=3, total=[]), "later than 2"),
    "an earlier schema": (lambda own: own.update(schema=1), "no record of spend-report"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str) -> None:
    """What could mislead or stop a later day is no record, and the reason is named."""
    spoil, reason = REFUSED[case]
    own = json.loads(json.dumps(RECORD))
    spoil(own)

    with pytest.raises(NotARecordError, match=reason):
        past_day(json.dumps(own).encode(), DAY)
