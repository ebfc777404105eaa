"""LangSmith's filter query language, as far as cost questions need it.

https://docs.langchain.com/langsmith/trace-query-syntax#filter-query-language
"""

import json
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

type Item = Mapping[str, Any]
type Predicate = Callable[[Item], bool]

_TOKEN = re.compile(
    r"""\s*(?:(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<number>-?\d+(?:\.\d+)?)|(?P<word>\w+)|(?P<mark>[(),\[\]]))\s*""",
    re.VERBOSE,
)
_FIELDS = frozenset(
    {
        *("id", "name", "run_type", "status", "error", "is_root", "trace_id", "tags"),
        *("start_time", "end_time", "metadata", "metadata_key", "metadata_value"),
        *("total_tokens", "prompt_tokens", "completion_tokens", "total_cost"),
    }
)


class FilterError(ValueError):
    """The expression is malformed, or uses what this server does not know."""


def compile_filter(text: str) -> Predicate:
    """The predicate on v2 items that the expression `text` describes. Raises FilterError."""
    tokens = _tokens(text)
    expression = _parse(tokens)
    if tokens:
        raise FilterError(f"unexpected {tokens[0][1]!r} after the filter")
    return _compile(expression)


def _tokens(text: str) -> list[tuple[str, str]]:
    found, position = [], 0
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None or match.lastgroup is None:
            raise FilterError(f"cannot read the filter at {text[position : position + 20]!r}")
        found.append((match.lastgroup, match[match.lastgroup]))
        position = match.end()
    return found


def _parse(tokens: list[tuple[str, str]]) -> Any:
    """A call as `(name, [arguments])`, a field as its name in a one-tuple, or a plain value."""
    if not tokens:
        raise FilterError("the filter ends too early")
    kind, token = tokens.pop(0)
    match kind:
        case "text":
            return json.loads(token) if token[0] == '"' else token[1:-1].replace("\\'", "'")
        case "number":
            return float(token) if "." in token else int(token)
        case "word" if token in ("true", "false"):
            return token == "true"
        case "word" if tokens and tokens[0] == ("mark", "("):
            return (token, _arguments(tokens, ")"))
        case "word" if token in _FIELDS:
            return (token,)
    if token == "[":
        tokens.insert(0, ("mark", token))
        return _arguments(tokens, "]")
    raise FilterError(f"unexpected {token!r} in the filter")


def _arguments(tokens: list[tuple[str, str]], closing: str) -> list[Any]:
    tokens.pop(0)
    arguments = [_parse(tokens)]
    while tokens and tokens[0] == ("mark", ","):
        tokens.pop(0)
        arguments.append(_parse(tokens))
    if not tokens or tokens.pop(0) != ("mark", closing):
        raise FilterError(f"the filter lacks a {closing!r}")
    return arguments


def _compile(expression: Any) -> Predicate:
    match expression:
        case ("and", [*parts]):
            return _conjunction(parts)
        case ("or", [*parts]):
            either = [_compile(part) for part in parts]
            return lambda item: any(predicate(item) for predicate in either)
        case ("not", [part]):
            inner = _compile(part)
            return lambda item: not inner(item)
        case (str(called), [(str(name),), value]):
            make = _SPECIAL.get((called, name))
            if make is not None:
                return make(value)
            if called in _OPERATORS and name not in _ONLY_SPECIAL:
                return _comparison(called, name, value)
    raise FilterError(f"this server does not know {json.dumps(expression)[:80]}")


def _conjunction(parts: Sequence[Any]) -> Predicate:
    """A key and a value side by side mean one pair, not any key and any value."""
    every = [_compile(part) for part in parts]
    keys = [part[1][1] for part in parts if part[0] == "eq" and part[1][0] == ("metadata_key",)]
    values = [part[1][1] for part in parts if part[0] == "eq" and part[1][0] == ("metadata_value",)]
    if len(keys) == len(values) == 1:
        key, value = keys[0], values[0]
        every.append(lambda item: _text(_metadata(item).get(key)) == value)
    return lambda item: all(predicate(item) for predicate in every)


def _comparison(called: str, name: str, bound: Any) -> Predicate:
    compare = _OPERATORS[called]
    if name in ("start_time", "end_time"):
        bound = datetime.fromisoformat(str(bound))
    elif name in ("run_type", "status"):
        bound = str(bound).upper()

    def predicate(item: Item) -> bool:
        value = item.get(name)
        if value is None:
            return called == "neq"
        if name.endswith("_time"):
            value = datetime.fromisoformat(value)
        return bool(compare(value, bound))

    return predicate


def _has_pairs(text: str) -> Predicate:
    pairs = json.loads(text)
    return lambda item: pairs.items() <= _metadata(item).items()


def _metadata(item: Item) -> Mapping[str, Any]:
    metadata = item.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _text(value: Any) -> Any:
    return value if isinstance(value, str) or value is None else json.dumps(value)


_OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "eq": operator.eq,
    "neq": operator.ne,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda value, among: value in among,
}
_SPECIAL: Mapping[tuple[str, str], Callable[[Any], Predicate]] = {
    ("eq", "metadata_key"): lambda key: lambda item: key in _metadata(item),
    ("neq", "metadata_key"): lambda key: lambda item: key not in _metadata(item),
    ("eq", "metadata_value"): lambda value: (
        lambda item: value in map(_text, _metadata(item).values())
    ),
    ("has", "metadata"): _has_pairs,
    ("has", "tags"): lambda tag: lambda item: tag in (item.get("tags") or ()),
}
_ONLY_SPECIAL = frozenset(name for _, name in _SPECIAL)
