"""Two invocations of a day at once, and invocations that are killed."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

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


def test_two_invocations_at_once(faulty: World, undisturbed: Mapping[str, bytes]) -> None:
    """Both succeed, the reports are those of one, and the alert is sent once."""
    with invocation(faulty) as one, invocation(faulty) as other:
        errors = [process.communicate(timeout=120)[1] for process in (one, other)]

        assert [one.returncode, other.returncode] == [0, 0], errors

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 1


@pytest.mark.parametrize(
    "moment",
    ["s3:PUT /spend-reports/untagged", "s3:PUT /spend-reports/summary", "sns:Publish"],
)
def test_an_invocation_killed_half_way_and_run_again(
    faulty: World, undisturbed: Mapping[str, bytes], moment: str
) -> None:
    """Killed before an object, before the mark of the day, or while it sends: the retry ends it."""
    killed = threading.Event()

    def never_answers(action: str) -> AwsFault | None:
        if not action.startswith(moment):
            return None
        killed.wait(60)
        return AwsFault(RESET)

    faulty.aws.fault = never_answers

    with invocation(faulty) as process:
        deadline = time.monotonic() + 60
        while not any(action.startswith(moment) for action in faulty.aws.actions):
            assert process.poll() is None, process.communicate()[1]
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.wait()
        killed.set()

    faulty.aws.fault = lambda _action: None
    faulty.run()

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 1
