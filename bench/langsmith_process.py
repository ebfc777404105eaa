"""LangSmith's server as a process that also counts: `python -m bench.langsmith_process`.

Its first line is its URL. For each line on its input it prints, as JSON, what it saw since the
last one. It ends with its input.
"""

import argparse
import gc
import json
import sys
import time
from collections import deque

from bench.day import DAY, PROJECT
from bench.kinds import KINDS, of_kind
from local.bulk_data import bulk_runs
from local.langsmith_server import LangSmithServer, Request, page_latency

_WINDOW = 10.0


class _Watch:
    """Counts pages, the most in any ten seconds, and the most at once."""

    def __init__(self, seconds_per_page: float, seconds_per_run: float) -> None:
        self._latency = page_latency(seconds_per_page, seconds_per_run)
        self.begin_again()

    def begin_again(self) -> None:
        self.pages = self.most_in_ten_seconds = self.most_at_once = 0
        self._recent: deque[float] = deque()
        self._answers_due: list[float] = []

    def latency(self, request: Request, runs: int) -> float:
        """The answer's latency, until which the request counts as under way."""
        seconds = self._latency(request, runs)
        if request.path.endswith("/runs/query"):
            self.pages += 1
            self._recent.append(request.at)
            while self._recent[0] <= request.at - _WINDOW:
                self._recent.popleft()
            self.most_in_ten_seconds = max(self.most_in_ten_seconds, len(self._recent))
            now = time.monotonic()
            self._answers_due = [due for due in self._answers_due if due > now]
            self._answers_due.append(now + seconds)
            self.most_at_once = max(self.most_at_once, len(self._answers_due))
        return seconds

    def line(self) -> str:
        return json.dumps(
            {
                "pages": self.pages,
                "most_in_ten_seconds": self.most_in_ten_seconds,
                "most_at_once": self.most_at_once,
            }
        )


def main() -> None:
    """Make up the runs, serve them, and tell on request what was asked."""
    parser = argparse.ArgumentParser(prog="python -m bench.langsmith_process", description=__doc__)
    parser.add_argument("--runs", type=int, required=True)
    parser.add_argument("--kind", choices=KINDS, default="plain")
    parser.add_argument("--seconds-per-page", type=float, default=0.0)
    parser.add_argument("--seconds-per-run", type=float, default=0.0)
    options = parser.parse_args()
    watch = _Watch(options.seconds_per_page, options.seconds_per_run)
    with LangSmithServer(latency=watch.latency) as server:
        server.add_project(PROJECT)
        server.add_runs(PROJECT, of_kind(options.kind, bulk_runs(options.runs, DAY)))
        # Millions of dicts that live as long as the process: not worth a single collection.
        gc.freeze()
        gc.disable()
        print(server.url, flush=True)
        for _ in sys.stdin:
            print(watch.line(), flush=True)
            watch.begin_again()
            server.requests.clear()


if __name__ == "__main__":
    main()
