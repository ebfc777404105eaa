"""Prices, budgets and owners: in a folder, in an account, and as the function sees them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spend_report.adapters.aws.ssm_config import SsmConfig
from spend_report.domain.config.configuration import Configuration, configuration
from spend_report.domain.config.documents import Document
from spend_report.domain.config.price_list import Catalogue
from spend_report.errors import ConfigError

MOST_BYTES = 4096  # of a standard parameter; an advanced one holds twice that, for a fee
# https://docs.aws.amazon.com/systems-manager/latest/userguide/sysman-paramstore-su-create.html
_NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")

KINDS = ("pricing", "budgets", "features")
"""The folders of documents, and the parameters' paths below the configuration's."""

type Documents = Mapping[str, Document]
"""By the name below the configuration's path, such as `pricing/openai`."""


@dataclass(frozen=True, slots=True)
class Change:
    """What putting a folder does to a parameter: `before` or `after` is None where there is none.

    `version` is the parameter's before.
    """

    name: str
    before: str | None
    after: str | None
    version: int = 0


def in_folder(folder: Path) -> Documents:
    """The JSON files of `folder`. Errors about them name the file.

    Raises:
        ConfigError: a file is no text, or has a name that no parameter can have.
    """
    paths = [path for kind in KINDS for path in sorted((folder / kind).rglob("*.json"))]
    return {_name(folder, path): _document(folder, path) for path in paths}


def in_account(ssm: Any, path: str) -> Documents:
    """The parameters below `path`. Raises ConfigError, AwsError."""
    parameters = SsmConfig(ssm, path)
    found = [*parameters.pricing(), *parameters.budgets(), *parameters.features()]
    return {document.parameter.removeprefix(f"{path}/"): document for document in found}


def as_configured(documents: Documents, catalogue: Catalogue | None) -> Configuration:
    """What the function makes of `documents`. Raises ConfigError with all that is wrong."""

    def of(kind: str) -> list[Document]:
        return [each for name, each in documents.items() if name.startswith(f"{kind}/")]

    return configuration(of("pricing"), of("budgets"), of("features"), catalogue)


def changes(folder: Documents, account: Documents, *, delete: bool) -> list[Change]:
    """What has to change in `account` for it to hold what `folder` does, by name.

    White space at the ends is no difference. Without `delete`, what only the account has stays.
    """
    found = []
    for name in sorted({*folder, *account}):
        there, here = account.get(name), folder.get(name)
        if here is None and not delete:
            continue
        before = there.text.strip() if there else None
        after = here.text.strip() if here else None
        if before != after:
            found.append(Change(name, before, after, there.version if there else 0))
    return found


def oversized(documents: Iterable[Document]) -> list[str]:
    """A line for each document that does not fit into a standard parameter."""
    return [
        f"{document.parameter}: is {size:,} bytes, a standard parameter holds {MOST_BYTES:,}; "
        "split it into several"
        for document in documents
        if (size := len(document.text.encode())) > MOST_BYTES
    ]


def _name(folder: Path, path: Path) -> str:
    name = path.relative_to(folder).with_suffix("").as_posix()
    if not _NAME.fullmatch(name):
        raise ConfigError(
            f"{path}: a parameter's name has letters, digits and _.- only; rename the file"
        )
    return name


def _document(folder: Path, path: Path) -> Document:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: is not UTF-8 text; save it as UTF-8") from error
    return Document(path.relative_to(folder).as_posix(), 1, text)
