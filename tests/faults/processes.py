"""The handler in processes of their own, and how they are killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.aws_proxy import RESET, AwsFault
from tests.faults.world import World

INVOKE = """
from local.invoke import LambdaContext, in_time
from spend_report.handler import handle
event = {"date": "2026-11-21"}
handle(event, LambdaContext(), lambda: in_time(event))
"""


@contextmanager
def invocation(world: World) -> Iterator["subprocess.Popen[bytes]"]:
    """The handler in a process of its own, as Lambda runs each."""
    with (
        world.function(),
        subprocess.Popen(
            [sys.executable, "-c", INVOKE],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def kill_at(world: World, moment: str) -> None:
    """Run the day in a process of its own, which dies before its request `moment` is answered."""
    killed = threading.Event()

    def never_answers(action: str) -> AwsFault | None:
        if not action.startswith(moment):
            return None
        killed.wait(60)
        return AwsFault(RESET)

    world.aws.actions.clear()
    world.aws.fault = never_answers
    with invocation(world) as process:
        deadline = time.monotonic() + 60
        while not any(action.startswith(moment) for action in world.aws.actions):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed.set()
    world.aws.fault = lambda _action: None
