"""Two invocations of a day at once, and invocations that are killed."""

from collections.abc import Mapping

import pytest

from tests.faults.processes import invocation, kill_at
from tests.faults.world import World


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
    kill_at(faulty, moment)

    faulty.run()

    assert faulty.reports() == undisturbed
    assert faulty.alerts() == 1
