"""Asyncio without waiting: a clock that jumps to the next timer."""

import asyncio
from collections.abc import Coroutine
from typing import Any


class _VirtualTimeLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0

    def time(self) -> float:
        return self._virtual

    def _run_once(self) -> None:
        if not self._ready and self._scheduled:  # type: ignore[attr-defined]  # asyncio's own
            self._virtual = max(self._virtual, self._scheduled[0].when())  # type: ignore[attr-defined]  # asyncio's own
        super()._run_once()  # type: ignore[misc]  # asyncio's own


def run_virtually[T](work: Coroutine[Any, Any, T]) -> T:
    """The result of `work`, whose sleeps take no time."""
    with asyncio.Runner(loop_factory=_VirtualTimeLoop) as runner:
        return runner.run(work)


def now() -> float:
    """The running loop's time in seconds."""
    return asyncio.get_running_loop().time()
