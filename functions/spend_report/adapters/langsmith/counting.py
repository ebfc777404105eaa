"""About how many runs there are, by one page of each of many spans of time."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import partial

from spend_report.adapters.langsmith.concurrency import Call
from spend_report.adapters.langsmith.pages import Pages
from spend_report.adapters.langsmith.windows import Window, windows
from spend_report.domain.runs.run import Project

_SELECTS = ["ID", "START_TIME"]


class Counting:
    """Counts LLM runs: what a page does not hold is taken to be as dense as the page.

    Attributes:
        runs: the number in each of `spans` equal spans, once all `calls` are answered.
    """

    def __init__(
        self, pages: Pages, projects: Sequence[Project], start: datetime, end: datetime, spans: int
    ) -> None:
        self.runs = [0.0] * spans
        self._pages = pages
        self._windows = [
            (span, window)
            for project in projects
            for span, window in enumerate(windows(project, start, end, spans))
        ]

    def calls(self) -> Iterable[Call]:
        """One call for each span of each project."""
        for span, window in self._windows:
            yield self._pages.next(
                window,
                partial(self._add, span, window),
                project_ids=[window.project.id],
                run_type="LLM",
                selects=_SELECTS,
            )

    def _add(self, span: int, window: Window, body: bytes | None) -> Iterable[Call]:
        if body is not None:
            found = len(window.accept(self._pages.decode(body)))
            self.runs[span] += found + (0.0 if window.done else window.expected() or 0.0)
        return ()
