"""What is asked about the surroundings of a day that was read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager

from spend_report.adapters.langsmith.concurrency import Asking
from spend_report.adapters.langsmith.pages import DayReading, LookUp
from spend_report.domain.runs.run import Ancestor


class OutsideRuns:
    """An `Outside` over LangSmith: what was `asked` for, and what is `found` of it.

    `look_up` looks up names, and `in_time` says how many runs were being looked up with so many
    names where time is up.
    """

    def __init__(
        self,
        asking: Asking,
        asked: Sequence[LookUp | DayReading],
        found: Mapping[str, Ancestor],
        *,
        look_up: Callable[[Iterable[str], dict[str, Ancestor]], LookUp],
        in_time: Callable[[int], AbstractContextManager[None]],
    ) -> None:
        self._asking = asking
        self._asked = asked
        self._found = found
        self._look_up = look_up
        self._in_time = in_time
        self._names: Sequence[str] = ()
        self._named: dict[str, Ancestor] = {}

    def ask_names(self, ids: Iterable[str]) -> None:
        """See `Outside.ask_names`."""
        self._names = [*ids]
        with self._in_time(len(self._names)):
            self._asking.also(self._look_up(self._names, self._named).calls())

    def ancestors(self) -> Mapping[str, Ancestor]:
        """See `Outside.ancestors`."""
        with self._in_time(len(self._names)):
            self._asking.go_on(until=lambda: all(one.is_done for one in self._asked))
        self._asked = ()  # they hold the ids of up to a million runs
        return self._found

    def names(self) -> Mapping[str, str]:
        """See `Outside.names`."""
        with self._in_time(len(self._names)):
            self._asking.go_on()
        runs = ((id_, self._found.get(id_) or self._named.get(id_)) for id_ in self._names)
        return {id_: run.name for id_, run in runs if run is not None}
