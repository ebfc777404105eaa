"""The decision about one run, as the chain of LLM runs through it reads."""

from collections.abc import Sequence
from itertools import permutations

import pytest

from spend_report.domain.runs.columns import NO_CALL, Columns
from spend_report.domain.runs.run import MetadataKeys
from spend_report.domain.runs.usage import usage
from spend_report.domain.runs.wrappers import wrappers
from tests.traces import RawRun, decoded, llm, run

KEYS = MetadataKeys("feature", ())
USED, SILENT = (10, 1), None
GROUP = NO_CALL + 1


def columns(*runs: RawRun) -> Columns:
    found = Columns()
    for raw in runs:
        each = decoded(raw, KEYS)
        found.append(GROUP, 0, each, usage(each))
    return found


def calls(runs: Sequence[RawRun]) -> list[str]:
    rows = wrappers(columns(*runs))
    return [raw["name"] for row, raw in enumerate(runs) if row not in rows]


def chain(*usages: tuple[int, int] | None) -> list[RawRun]:
    """LLM runs `0`, `1`, …, each inside the one before."""
    runs: list[RawRun] = []
    for depth, tokens in enumerate(usages):
        runs.append(llm(str(depth), tokens=tokens, below=runs[-1] if runs else None))
    return runs


@pytest.mark.parametrize(
    ("usages", "expected"),
    [
        ((USED,), ["0"]),
        ((SILENT,), ["0"]),
        ((USED, USED), ["1"]),
        ((USED, SILENT), ["0"]),
        ((SILENT, USED), ["1"]),
        ((SILENT, SILENT), ["1"]),
        ((USED, USED, USED), ["2"]),
        ((USED, USED, SILENT), ["1"]),
        ((USED, SILENT, SILENT), ["0"]),
        ((USED, SILENT, USED), ["2"]),
        ((SILENT, USED, SILENT), ["1"]),
        ((SILENT, SILENT, SILENT), ["2"]),
    ],
)
def test_chain(usages: tuple[tuple[int, int] | None, ...], expected: list[str]) -> None:
    """Of runs inside each other the innermost with usage is the call, or else the innermost."""
    assert calls(chain(*usages)) == expected


def inside(outer: tuple[int, int] | None, *inner: tuple[int, int] | None) -> list[RawRun]:
    around = llm("outer", tokens=outer)
    return [
        around,
        *(llm(str(index), tokens=each, below=around) for index, each in enumerate(inner)),
    ]


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        (inside(USED, USED, USED), ["0", "1"]),
        (inside(USED, USED, SILENT), ["0"]),
        (inside(USED, SILENT, SILENT), ["outer"]),
        (inside(SILENT, USED, SILENT), ["0", "1"]),
        (inside(SILENT, SILENT, SILENT), ["0", "1"]),
    ],
)
def test_siblings(runs: list[RawRun], expected: list[str]) -> None:
    """Beside a call, a run without usage is one too, unless a run around it has its usage."""
    assert calls(runs) == expected


def test_through_other_runs() -> None:
    """A tool or chain between two LLM runs does not part them."""
    outer = llm("outer")
    inner = llm("inner", below=run("tool", below=outer, run_type="TOOL"))

    assert calls([outer, inner]) == ["inner"]


def test_neighbours_are_no_nest() -> None:
    """LLM runs side by side below one chain are all calls."""
    root = run("root")

    assert calls([llm("a", below=root), llm("b", below=root), llm("c", tokens=None)]) == [
        *("a", "b", "c")
    ]


def test_any_order() -> None:
    """The order of the runs does not matter."""
    runs = [*chain(USED, SILENT, USED), llm("beside", below=run("root"))]

    assert {tuple(sorted(calls(order))) for order in permutations(runs)} == {("2", "beside")}


def test_nothing() -> None:
    """A day without runs has no wrappers."""
    assert wrappers(Columns()) == set()
