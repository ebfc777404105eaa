"""The real handler, invoked in this process as Lambda would."""

import logging
import uuid
from collections.abc import Callable, Mapping
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Any, Self

from local.environment import environment
from spend_report.handler import handle
from spend_report.settings import VARIABLES
from spend_report.telemetry import logger

_SECONDS = 900


@dataclass(frozen=True, slots=True)
class LambdaContext:
    """What the handler sees of Lambda: a request id, and the time that it has left."""

    seconds: float = _SECONDS
    aws_request_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    _start: float = field(default_factory=monotonic)

    def get_remaining_time_in_millis(self) -> int:
        """As Lambda counts down."""
        return int(max(0.0, self.seconds - (monotonic() - self._start)) * 1000)


class LocalFunction:
    """The function with an environment of its own; its logs and metrics go to a file.

    Variables of the function that stand in the process's environment do not reach it, only
    `settings` do. `clock` says what time it is for an event; the machine's own time without one.
    """

    def __init__(
        self,
        settings: Mapping[str, str],
        log: Path,
        clock: Callable[[Mapping[str, Any]], datetime] = lambda _: datetime.now(UTC),
    ) -> None:
        self._environment = {**dict.fromkeys(VARIABLES), **settings}
        self._log = log
        self._clock = clock

    def __enter__(self) -> Self:
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as entered:
            self._lines = entered.enter_context(self._log.open("w", encoding="utf-8"))
            entered.enter_context(environment(self._environment))
            for handler in logger.handlers:
                if isinstance(handler, logging.StreamHandler):
                    entered.callback(setattr, handler, "stream", handler.stream)
                    handler.stream = self._lines
            self._exit = entered.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._exit.close()

    def __call__(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """The handler's result for `event`."""
        with redirect_stdout(self._lines):
            result: dict[str, Any] = handle(
                dict(event), LambdaContext(), lambda: self._clock(event)
            )
        return result


def in_time(event: Mapping[str, Any]) -> datetime:
    """When `event` would come in: a schedule's at its own time, any other two days after its last.

    So samples and tests hold whatever the machine's clock says.
    """
    for key in ("scheduled_time", "time", "guard_time"):
        if key in event:
            return datetime.fromisoformat(str(event[key]))
    last = date.fromisoformat(str(event.get("date") or event.get("end_date")))
    return datetime.combine(last + timedelta(days=2), time(6), UTC)
