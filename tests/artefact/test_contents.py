"""What `sam build` made: complete, for the right processor, small, and nothing beside it."""

import importlib.util
import json
import re
import struct
from pathlib import Path

import pytest
import yaml

from bench.artefact import measure_artefact
from local.artefact import BUILT, FUNCTION, LAYERS, ROOT, size

# https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html, e_machine
MACHINES = {"aarch64": 183, "x86_64": 62}
# https://peps.python.org/pep-0552/: hash-based, and the source is not checked
UNCHECKED_HASH = 1
MOST_BYTES = 60_000_000

FUNCTIONS = [FUNCTION, BUILT / "BackfillFunction"]


@pytest.mark.parametrize("processor", LAYERS)
def test_compiled_packages_are_for_the_processor(processor: str) -> None:
    """Every shared object in a layer is of the layer's own machine, whichever built it."""
    machines = {
        path.name: struct.unpack_from("<H", path.read_bytes(), 18)[0]
        for path in LAYERS[processor].rglob("*.so")
    }

    assert len(machines) >= 3
    assert set(machines.values()) == {MACHINES[processor]}


@pytest.mark.parametrize("folder", [*FUNCTIONS, *LAYERS.values()], ids=lambda each: each.name)
def test_bytecode_survives_packaging(folder: Path) -> None:
    """Each module has bytecode that holds whatever time the packaging stamps on its source."""
    sources = [path for path in folder.rglob("*.py") if "templates" not in path.parts]
    flags = {path: struct.unpack_from("<I", _bytecode(path).read_bytes(), 4)[0] for path in sources}

    assert sources
    assert set(flags.values()) == {UNCHECKED_HASH}


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda each: each.name)
def test_the_page_is_compiled(folder: Path) -> None:
    """The page's template comes compiled, and whoever the function runs as may read it."""
    [compiled] = folder.glob("spend_report/page/templates/__pycache__/*.cache")

    assert compiled.stat().st_mode & 0o004


def test_the_template_is_plain_yaml() -> None:
    """CloudFormation knows no YAML aliases: the build wrote out those of the source."""
    text = (BUILT / "template.yaml").read_text()

    assert not any(isinstance(token, yaml.AliasToken) for token in yaml.scan(text))


@pytest.mark.parametrize("processor", LAYERS)
def test_it_is_small(processor: str) -> None:
    """The layer stays below the bound, far below the 250 MB that Lambda allows it and the code."""
    assert size(LAYERS[processor]) <= MOST_BYTES


@pytest.mark.parametrize("folder", FUNCTIONS, ids=lambda each: each.name)
def test_the_function_is_the_package_and_nothing_else(folder: Path) -> None:
    """Only the program is in the function: all of its files, no test and no tool."""
    built = {path.relative_to(folder) for path in folder.rglob("*") if path.is_file()}
    program = {
        path.relative_to(ROOT / "functions")
        for path in (ROOT / "functions" / "spend_report").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    assert {path for path in built if path.suffix != ".pyc"} == program


@pytest.mark.parametrize("processor", LAYERS)
def test_the_layer_is_not_nested(processor: str) -> None:
    """Packages lie directly below python/, where Lambda looks for them."""
    top = {path.name for path in (LAYERS[processor] / "python").iterdir()}

    assert {path.name for path in LAYERS[processor].iterdir()} == {"python"}
    assert {"boto3", "langsmith", "pydantic", "msgspec", "aws_lambda_powertools"} <= top
    assert not {"python", "bin", "pytest", "moto", "rich"} & top


# Langsmith's tracing client wants these; the function uses the generated one.
UNUSED = {
    *("charset_normalizer", "orjson", "packaging", "requests", "requests_toolbelt"),
    *("uuid_utils", "websockets", "xxhash", "zstandard"),
}


@pytest.mark.parametrize("processor", LAYERS)
def test_what_nobody_imports_is_not_there(processor: str) -> None:
    """Neither the packages that nothing imports, nor their metadata."""
    python = LAYERS[processor] / "python"
    top = {re.split(r"-\d", path.name)[0] for path in python.iterdir()}

    assert not UNUSED & top


@pytest.mark.parametrize("processor", LAYERS)
def test_only_called_services_are_described(processor: str) -> None:
    """Of botocore's services the layer has exactly those that the package makes a client for."""
    data = LAYERS[processor] / "python" / "botocore" / "data"
    sources = (ROOT / "functions" / "spend_report").rglob("*.py")
    called = {
        service
        for source in sources
        for service in re.findall(r'\bclient\(\s*"([a-z0-9]+)"', source.read_text("utf-8"))
    }

    assert {"s3", "sns", "ssm"} <= called
    assert {path.name for path in data.iterdir() if path.is_dir()} == called
    endpoints = json.loads((data / "endpoints.json").read_bytes())
    assert {name for each in endpoints["partitions"] for name in each["services"]} <= called
    assert not [*data.rglob("*.gz")]  # unpacked, and without documentation


def _bytecode(source: Path) -> Path:
    return Path(importlib.util.cache_from_source(str(source)))


def test_it_starts_fast() -> None:
    """A cold start takes at most 0.6 times that of boto3's clients and langsmith's alone."""
    assert measure_artefact().init_ratio <= 0.6
