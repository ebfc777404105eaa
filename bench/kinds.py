"""Kinds of days: what `local.bulk_data` makes up, and what strangers make of it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

type Run = dict[str, Any]
type Change = Callable[[int, Run], Run]

_VALUES_OF_ENV = 100_000


def of_kind(kind: str, runs: Iterable[Run]) -> Iterator[Run]:
    """The `runs` as they are on a day of `kind`, one of `KINDS`."""
    change = KINDS[kind]
    return (change(number, run) for number, run in enumerate(runs))


def _with(run: Run, **metadata: Any) -> Run:
    return {**run, "metadata": {**run["metadata"], **metadata}}


def _plain(_number: int, run: Run) -> Run:
    return run


def _mixed(number: int, run: Run) -> Run:
    """Traces mix features, and recorded costs have all 17 digits of a double."""
    cost = run["prompt_tokens"] * 2.5e-6 + run["completion_tokens"] * 1e-5
    return _with(run, feature=f"feature-{number % 7}") | {"total_cost": cost / 3}


def _ids(key: str, values: int | None, number: int, run: Run) -> Run:
    """An id where a name belongs: another one in each run, or one of so many `values`."""
    return _with(run, **{key: f"{key}-{number if values is None else number % values:07}"})


def _untagged(_number: int, run: Run) -> Run:
    tags = run["metadata"]
    return {**run, "metadata": {key: tags[key] for key in tags if key != "feature"}}


KINDS: Mapping[str, Change] = {
    "plain": _plain,
    "mixed": _mixed,
    "an id as feature": partial(_ids, "feature", None),
    "100,000 values of env": partial(_ids, "env", _VALUES_OF_ENV),
    "untagged": _untagged,
}
