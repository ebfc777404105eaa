"""The template as written, and as plain CloudFormation."""

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / "template.yaml"

type Json = dict[str, Any]
type Tool = Callable[..., subprocess.CompletedProcess[str]]


class CloudFormationLoader(yaml.SafeLoader):
    """Reads short forms as CloudFormation does: `!Ref X` is {"Ref": "X"}."""


def _long_form(loader: CloudFormationLoader, suffix: str, node: yaml.Node) -> Json:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".")
    return {suffix if suffix in {"Ref", "Condition"} else f"Fn::{suffix}": value}


CloudFormationLoader.add_multi_constructor("!", _long_form)


@pytest.fixture(scope="session")
def template() -> Json:
    loaded: Json = yaml.load(TEMPLATE.read_text(), CloudFormationLoader)
    return loaded


@pytest.fixture(scope="session")
def resources(template: Json) -> Json:
    found: Json = template["Resources"]
    return found


@pytest.fixture(scope="session")
def tool() -> Tool:
    """Runs one of the pinned tools in the repository's root."""

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [ROOT / "tools" / "run", *arguments],
            cwd=ROOT,
            env={**os.environ, "AWS_DEFAULT_REGION": "eu-central-1"},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture(scope="session")
def plain(tool: Tool) -> Json:
    """The template after the SAM transform."""
    done = tool("sam:python", ROOT / "tests" / "template" / "transform.py", TEMPLATE)
    assert done.returncode == 0, done.stderr
    transformed: Json = json.loads(done.stdout)
    return transformed
