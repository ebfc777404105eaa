"""The settings of SAM CLI: those that everybody shares, and an example of one's own."""

import subprocess
import tomllib

import pytest

from tests.template.conftest import ROOT, Json


def test_nothing_of_a_deploy_is_committed() -> None:
    """A guided deploy or an upgrade never meets a committed file that it would have to change."""
    shared = tomllib.loads((ROOT / "samconfig.toml").read_text("utf-8"))

    assert shared["default"].keys() == {"build", "validate"}


@pytest.mark.parametrize(
    ("name", "ignored"), [("samconfig.prod.toml", True), ("samconfig.example.toml", False)]
)
def test_ones_own_environments_are_ignored(name: str, ignored: bool) -> None:
    """Git leaves the file of an environment alone, and keeps the example."""
    command = ["git", "check-ignore", "--quiet", "--no-index", name]

    done = subprocess.run(command, cwd=ROOT, check=False)

    assert (done.returncode == 0) == ignored


def test_the_example_names_parameters_of_the_template(template: Json) -> None:
    """Each parameter of the example is the template's, so that a copy of it deploys."""
    example = tomllib.loads((ROOT / "samconfig.example.toml").read_text("utf-8"))
    given = example["default"]["deploy"]["parameters"]["parameter_overrides"]

    assert {each.split("=")[0] for each in given} <= template["Parameters"].keys()
