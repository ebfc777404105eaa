"""JSON documents out of parameters, and what is wrong with them, all of it at once."""

import json
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct, field
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from spend_report.domain.basics.money import loads_exact
from spend_report.errors import ConfigError

_MOST_DECIMALS = 12
_SHOWN = 60
_BYTE_ORDER_MARK = "\ufeff"  # some editors put it in front of a file, and it is pasted along
_NOT_JSON = "is not JSON; look for a missing quote or comma, or one too many, just before"


class Document(Struct, frozen=True):
    """A parameter's text. `parameter` is its full name, `version` counts from 1."""

    parameter: str
    version: int
    text: str


class Problems(Struct):
    """What is wrong with the configuration: lines for a person, in the order of the documents."""

    lines: list[str] = field(default_factory=list)

    def add(self, parameter: str, path: str, text: str) -> None:
        """Note that the field at `path` (empty: the whole) of `parameter` is wrong."""
        self.lines.append(f"{parameter}: {path}: {text}" if path else f"{parameter}: {text}")

    def add_second(
        self, parameter: str, path: str, first: str, *, shown: str = "", at: str = ""
    ) -> None:
        """Note that a name at `path` of `parameter` stands in the parameter `first` too.

        `shown` says which name, and `at` where it stands in `first`, where that is not plain.
        """
        self.add(parameter, path, f"{shown}is in {first} too{at}; keep one of them")

    def raise_any(self) -> None:
        """Raise ConfigError with all lines, if there are any."""
        if self.lines:
            raise ConfigError("Mend these parameters:\n" + "\n".join(self.lines))


def content_of(document: Document, problems: Problems) -> dict[str, Any] | None:
    """The JSON object that `document` is; None, with the problem noted, if it is not one."""
    try:
        content = loads_exact(document.text.removeprefix(_BYTE_ORDER_MARK))
    except json.JSONDecodeError as error:
        problems.add(document.parameter, f"line {error.lineno} column {error.colno}", _NOT_JSON)
    except RecursionError:
        problems.add(document.parameter, "", "expected a JSON object, got one nested too deeply")
    except ValueError as error:
        problems.add(document.parameter, "", str(error))
    else:
        if isinstance(content, dict):
            return content
        problems.add(document.parameter, "", f"expected a JSON object, got {described(content)}")
    return None


def validated[M: BaseModel](
    model: type[M], raw: Any, parameter: str, path: str, problems: Problems
) -> M | None:
    """`raw` as a `model`; None, with every problem noted below `path`, if it is not one."""
    try:
        return model.model_validate(raw)
    except ValidationError as error:
        for detail in error.errors():
            problems.add(parameter, _path(path, detail["loc"]), _words(detail, model))
        return None


def amount(value: Any, what: str, most: Decimal) -> Decimal:
    """`value` of a document as an exact number from 0 to `most`. `what` names it in the error.

    Raises:
        ValueError: text, a boolean, a negative or huge number, more than twelve decimals.
    """
    expected = f"expected {what}, a number from 0 to {most:,}, got {described(value)}"
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError(expected)  # noqa: TRY004  # pydantic collects ValueErrors only
    number = Decimal(value)
    if not 0 <= number <= most:
        raise ValueError(expected)
    if _decimals(number) > _MOST_DECIMALS:
        raise ValueError(f"{expected}: at most {_MOST_DECIMALS} decimals")
    return number or Decimal(0)  # a zero may carry an absurd exponent


def described(value: Any) -> str:
    """`value` as it stood in the document, shortened; text says that it is text."""
    if isinstance(value, str):
        return f"the text {_shortened(json.dumps(value, ensure_ascii=False))}"
    if isinstance(value, Decimal):
        return _shortened(str(value))
    return _shortened(json.dumps(value, ensure_ascii=False, default=str))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _decimals(number: Decimal) -> int:
    """Decimal places without trailing zeros; read off the digits, since arithmetic rounds."""
    mantissa, _, exponent = f"{number:E}".partition("E")
    fraction = mantissa.partition(".")[2].rstrip("0")
    return len(fraction) - int(exponent) if number else 0


def _path(base: str, location: Sequence[str | int]) -> str:
    path = base
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part != "[key]":  # pydantic's mark of a faulty key, which the path already ends with
            path += f".{part}" if path else part
    return path


def _words(detail: ErrorDetails, model: type[BaseModel]) -> str:
    match detail["type"]:
        case "value_error":
            return str(detail["ctx"]["error"])
        case "extra_forbidden":
            known = ", ".join(model.model_fields)
            return f"is not a known field; those are {known}"
        case "missing":
            return "is missing"
        case _:
            return f"{detail['msg']}, got {described(detail['input'])}"
