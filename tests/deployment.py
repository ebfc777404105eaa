"""The function as deployed on this machine: the real handler between two embedded servers."""

import csv
import io
import json
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from local.aws import LocalAws
from local.invoke import LocalFunction, in_time
from local.langsmith_server import LangSmithServer

PROJECT = "app"

type Row = dict[str, str]


class Deployment:
    """One LangSmith, one AWS account, and the function between them, from entry to exit.

    There are no runs, prices or budgets at first, but the API key is in its parameter. The
    function's log goes to `log`. One at a time: moto has one AWS per process, which starts
    empty with each; keep `reports` of what shall outlive it.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        self._exit = ExitStack()

    def __enter__(self) -> Self:
        self.langsmith = self._exit.enter_context(LangSmithServer())
        self.aws = self._exit.enter_context(LocalAws())
        self.aws.put_parameter("langsmith-api-key", self.langsmith.api_key, secure=True)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def add_runs(self, *runs: Mapping[str, Any], project: str = PROJECT) -> None:
        """Put runs in v2's shape into a project."""
        self.langsmith.add_runs(project, runs)

    def put_prices(self, prices: Mapping[str, Any], name: str = "initial") -> None:
        """Put a document below `pricing/`; amounts may be text of a number, for exactness."""
        self.aws.put_parameter(f"pricing/{name}", json.dumps(prices))

    def put_budgets(self, budgets: Mapping[str, Any], name: str = "initial") -> None:
        """Put a document below `budgets/`."""
        self.aws.put_parameter(f"budgets/{name}", json.dumps(budgets))

    def put_features(self, features: Mapping[str, Any], name: str = "initial") -> None:
        """Put a document below `features/`."""
        self.aws.put_parameter(f"features/{name}", json.dumps(features))

    def invoke(
        self, event: Mapping[str, Any], *, now: str | None = None, **settings: str
    ) -> dict[str, Any]:
        """What the handler returns for `event`; `settings` are further environment variables.

        `now` is what the clock says; without it, the time at which such an event would come in.
        """
        clock = datetime.fromisoformat(now) if now else None
        variables = {
            **self.aws.settings(),
            "LANGSMITH_ENDPOINT": self.langsmith.url,
            "LANGSMITH_PROJECTS": PROJECT,
            **settings,
        }
        self.langsmith.add_project(PROJECT)
        with LocalFunction(variables, self._log, lambda event: clock or _due(event)) as function:
            return function(event)

    def logged(self, message: str) -> list[dict[str, Any]]:
        """The last invocation's log lines with this message."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        records = [json.loads(line) for line in lines if line.startswith("{")]
        return [record for record in records if record.get("message") == message]

    def metrics(self) -> dict[str, float]:
        """The last invocation's metrics by name, added up.

        Those of a feature, or of a provider, end in its name: `FeatureCostUSD[rag]`.
        """
        sums: dict[str, float] = {}
        for line in self._log.read_text(encoding="utf-8").splitlines():
            found = json.loads(line) if line.startswith("{") else {}
            for group in found.get("_aws", {}).get("CloudWatchMetrics", ()):
                (dimensions,) = group["Dimensions"]
                whose = "".join(f"[{found[name]}]" for name in dimensions if name != "service")
                for name in [metric["Name"] + whose for metric in group["Metrics"]]:
                    values = found[name.removesuffix(whose)]
                    sums[name] = sums.get(name, 0) + sum(values)
        return sums

    def series(self, dimension: str) -> set[str]:
        """The values of a dimension that the last invocation's metrics have."""
        lines = self._log.read_text(encoding="utf-8").splitlines()
        found = (json.loads(line) for line in lines if '"_aws"' in line)
        return {each[dimension] for each in found if dimension in each}

    def report(self, day: str, **settings: str) -> "Reports":
        """Report one day silently; what lies in the bucket then."""
        self.invoke({"date": day, "notify": False}, **settings)
        return self.reports()

    def reports(self) -> "Reports":
        """What lies in the bucket now."""
        return Reports(self.aws.objects())


def _due(event: Mapping[str, Any]) -> datetime:
    try:
        return in_time(event)
    except ValueError:  # an event that is none: the handler says so
        return datetime(2026, 12, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Reports:
    """A copy of the bucket: its objects by key."""

    objects: Mapping[str, bytes]

    def text(self, report: str, day: str, suffix: str = "csv") -> str:
        """An object of the day's set."""
        return self.objects[f"{report}/dt={day}/{report}_{day}.{suffix}"].decode("utf-8")

    def rows(self, report: str, day: str) -> list[Row]:
        """The rows of one of the day's tables, by their header."""
        return list(csv.DictReader(io.StringIO(self.text(report, day), newline="")))

    def summary(self, day: str) -> dict[str, Any]:
        """The day's summary."""
        content: dict[str, Any] = json.loads(self.text("summary", day, "json"))
        return content


def by(column: str, rows: Iterable[Row]) -> dict[str, Row]:
    """Rows by one of their cells, which differs in every row."""
    found: dict[str, Row] = {}
    for row in rows:
        assert row[column] not in found, f"two rows have {column} {row[column]!r}"
        found[row[column]] = row
    return found
