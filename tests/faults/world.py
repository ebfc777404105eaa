"""The real handler over HTTP, between a LangSmith and an AWS that can be made to fail."""

import json
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from local.aws import BUCKET
from local.bulk_data import bulk_runs
from local.invoke import LambdaContext, LocalFunction, in_time
from local.langsmith_server import Fault, Request
from spend_report.handler import handle
from tests.deployment import PROJECT, Deployment
from tests.faults.aws_proxy import AwsProxy

DAY = date(2026, 11, 21)
EVENT = {"date": "2026-11-21"}
RUNS = 3_000

# One request at a time: the day is one window of three pages, two of which a cursor leads to.
_ONE_WINDOW = {"MAX_CONCURRENT_REQUESTS": "1"}
_PRICES = {
    "gpt-4o": {"input": 2.50, "output": 10.00, "cache_read": 1.25},
    "gpt-4o-mini": {"input": 0.15, "output": 0.60},
    "claude-3-5-sonnet-20241022": {"input": 3.00, "output": 15.00},
}
_BUDGETS = {"features": {"rag-search": 0.01}, "total": {"daily": 10_000}}


class World:
    """`deployment` with a proxy before its AWS; `langsmith` and `aws` can be given faults."""

    def __init__(self, deployment: Deployment, aws: AwsProxy, log: Path) -> None:
        self._log = log
        self._alerts_before = 0
        self.deployment = deployment
        self.langsmith = deployment.langsmith
        self.aws = aws

    def run(
        self, event: Mapping[str, Any] = EVENT, *, seconds: float = 900, **settings: str
    ) -> dict[str, Any]:
        """The handler's result, with `seconds` of the function's time left."""
        with self.function(**settings):
            context = LambdaContext(seconds=seconds)
            result: dict[str, Any] = handle(dict(event), context, lambda: in_time(event))
        return result

    @contextmanager
    def function(self, **settings: str) -> Iterator[None]:
        """The function's environment."""
        variables = {
            **self.deployment.aws.settings(),
            "AWS_ENDPOINT_URL": self.aws.url,
            "LANGSMITH_ENDPOINT": self.langsmith.url,
            "LANGSMITH_PROJECTS": PROJECT,
            **_ONE_WINDOW,
            **settings,
        }
        with LocalFunction(variables, self._log):
            yield

    def reports(self) -> dict[str, bytes]:
        """The report objects in the bucket; what remembers the alerts is none."""
        objects = self.deployment.aws.objects()
        return {key: body for key, body in objects.items() if not key.startswith("alerts/")}

    def alerts(self) -> int:
        """How many messages were published since `begin_again`."""
        return len(self.deployment.aws.published()) - self._alerts_before

    def begin_again(self) -> None:
        """An empty bucket, and no faults."""
        s3 = self.deployment.aws.s3
        for key in self.deployment.aws.objects():
            s3.delete_object(Bucket=BUCKET, Key=key)
        self._alerts_before = len(self.deployment.aws.published())
        self.langsmith.fault = None
        self.langsmith.requests.clear()
        self.aws.fault = lambda _action: None
        self.aws.actions.clear()


def sample_runs() -> list[dict[str, Any]]:
    """3,000 LLM runs of the day, and chains above some of the untagged ones that carry the tag."""
    runs = list(bulk_runs(RUNS, DAY))
    for run in runs[1::10]:
        run["metadata"] = {**run["metadata"], "feature": " "}
    chance = random.Random(5)
    chains = {
        step[-36:]: {
            "id": step[-36:],
            "trace_id": run["trace_id"],
            "run_type": "CHAIN",
            "name": "answer",
            "start_time": datetime.strptime(step[:-36], "%Y%m%dT%H%M%S%fZ").replace(tzinfo=UTC),
            "metadata": {"feature": "inherited"} if chance.random() < 0.5 else {},
        }
        for run in runs[1::10]
        for step in run["dotted_order"].split(".")[:-1]
    }
    return [*runs, *chains.values()]


def fill(deployment: Deployment) -> None:
    """Runs, prices, and a budget that the day exceeds."""
    deployment.add_runs(*sample_runs())
    deployment.put_prices(_PRICES)
    deployment.put_budgets(_BUDGETS)


type Where = Callable[[Request], bool]


def queries(request: Request) -> bool:
    """Requests for pages of runs."""
    return request.path == "/api/v2/runs/query"


def with_cursor(request: Request) -> bool:
    """Requests for any page but a window's first."""
    return queries(request) and b'"cursor"' in request.body


def look_ups(request: Request) -> bool:
    """Requests for runs by their ids."""
    return queries(request) and b'"ids"' in request.body


def sessions(request: Request) -> bool:
    """Requests for projects."""
    return "/sessions" in request.path


def first(count: int, fault: Fault, where: Where = queries) -> Callable[[Request], Fault | None]:
    """`fault` for the first `count` requests that `where` accepts."""
    left = [fault] * count

    def choose(request: Request) -> Fault | None:
        return left.pop() if left and where(request) else None

    return choose


def always(fault: Fault, where: Where = queries) -> Callable[[Request], Fault | None]:
    """`fault` for every request that `where` accepts."""
    return lambda request: fault if where(request) else None


def every(nth: int, fault: Fault, where: Where = queries) -> Callable[[Request], Fault | None]:
    """`fault` for every nth request that `where` accepts."""
    seen = 0

    def choose(request: Request) -> Fault | None:
        nonlocal seen
        if not where(request):
            return None
        seen += 1
        return fault if seen % nth == 0 else None

    return choose


def summary(reports: Mapping[str, bytes]) -> dict[str, Any]:
    """The day's summary among `reports`."""
    content: dict[str, Any] = json.loads(reports[f"summary/dt={DAY}/summary_{DAY}.json"])
    return content


@contextmanager
def world(log_folder: Path) -> Iterator[World]:
    """A world with runs, prices and a budget in it."""
    with ExitStack() as exit_stack:
        deployment = exit_stack.enter_context(Deployment(log_folder / "function.log"))
        fill(deployment)
        proxy = exit_stack.enter_context(AwsProxy(deployment.aws.url))
        yield World(deployment, proxy, log_folder / "function.log")
