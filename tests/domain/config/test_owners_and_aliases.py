"""Who owns a feature, and under which names it goes."""

import json

import pytest

from spend_report.domain.config.documents import Document, Problems
from spend_report.domain.config.owners_and_aliases import (
    FeatureRegister,
    RegisteredFeature,
    read_features,
)


def read(*texts: str) -> tuple[FeatureRegister, list[str]]:
    problems = Problems()
    documents = [Document(f"/f/{index}", 1, text) for index, text in enumerate(texts, start=1)]
    return read_features(documents, problems), problems.lines


def valid(*texts: str) -> FeatureRegister:
    register, problems = read(*texts)
    assert problems == []
    return register


def test_owner_and_aliases() -> None:
    """A feature has an owner and goes under other names; it may have neither."""
    register = valid(
        '{"rag-search": {"owner": "search", "aliases": ["rag_search", "RAG"]}, "chat": {}}'
    )

    assert register.features == {
        "rag-search": RegisteredFeature("search", ("rag_search", "RAG"), "/f/1"),
        "chat": RegisteredFeature("", (), "/f/1"),
    }
    assert register.owners == {"rag-search": "search"}


def test_alias_counts_as_its_feature() -> None:
    """An alias leads to its feature, and any other name to itself."""
    register = valid('{"rag-search": {"aliases": ["RAG"]}}')

    assert [register.feature(name) for name in ("RAG", "rag-search", "rag")] == [
        "rag-search",
        "rag-search",
        "rag",
    ]


def test_documents_merge() -> None:
    """Teams keep their own documents; each feature remembers which one holds it."""
    register = valid('{"a": {"owner": "x"}}', "{}", '{"b": {"owner": "y"}}')

    assert {name: known.parameter for name, known in register.features.items()} == {
        "a": "/f/1",
        "b": "/f/3",
    }


@pytest.mark.parametrize(("texts", "in_use"), [((), False), (("{}",), True)])
def test_in_use(texts: tuple[str, ...], *, in_use: bool) -> None:
    """The register is in use from the first document on."""
    assert valid(*texts).in_use is in_use


def test_names_are_compared_as_those_of_runs() -> None:
    """A name in letters with loose accents is the same as the composed one."""
    register = valid(json.dumps({"caf\u00e9": {"aliases": ["cafe\u0301-bot"]}}))

    assert register.feature("caf\u00e9-bot") == "caf\u00e9"


NAME = "expected a name, without spaces around it, got"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('{"a": "search"}', 'a: expected an object like {"owner": "search", "aliases": ["rag_'),
        ('{"a": null}', "a: expected an object like "),
        ('{"a": {"owner": ["x"]}}', f'a.owner: {NAME} ["x"]'),
        ('{"a": {"owner": ""}}', f'a.owner: {NAME} the text ""'),
        ('{"a": {"owner": " x"}}', f'a.owner: {NAME} the text " x"'),
        ('{"a": {"owners": "x"}}', "a.owners: is not a known field; those are owner, aliases"),
        ('{"a": {"aliases": "b"}}', "a.aliases: Input should be a valid list, got the text "),
        ('{"a": {"aliases": ["b", 3]}}', f"a.aliases[1]: {NAME} 3"),
        ('{"a": {"aliases": ["b "]}}', f'a.aliases[0]: {NAME} the text "b "'),
        ('{"a": {"aliases": [""]}}', f'a.aliases[0]: {NAME} the text ""'),
        ('{"a": {"aliases": ["untagged"]}}', "a.aliases[0]: untagged can't be an alias"),
        ('{"a": {"aliases": ["(other)"]}}', "a.aliases[0]: (other) can't be an alias: it is what"),
        ('{" a": {}}', f'the text " a": {NAME} the text " a"'),
        ('{"": {}}', f'the text "": {NAME} the text ""'),
        ("[1]", "expected a JSON object, got [1]"),
        ('{"a": {},}', "line 1 column 9: is not JSON; "),
        ('{"a": {}, "a": {}}', ""),
    ],
)
def test_refused(text: str, problem: str) -> None:
    """A slip is refused, saying in which parameter, at which field, what was expected."""
    _, problems = read(text)

    assert len(problems) == 1
    assert problems[0].startswith(f"/f/1: {problem}")


@pytest.mark.parametrize(
    ("texts", "problem"),
    [
        (
            ['{"a": {}}', '{"a": {}}'],
            "/f/2: a: is in /f/1 too, at a; keep one of them",
        ),
        (
            ['{"a": {"aliases": ["x"]}}', '{"b": {"aliases": ["y", "x"]}}'],
            '/f/2: b.aliases[1]: the text "x" is in /f/1 too, at a.aliases[0]; keep one of them',
        ),
        (
            ['{"a": {"aliases": ["b"]}}', '{"b": {}}'],
            "/f/2: b: is in /f/1 too, at a.aliases[0]; keep one of them",
        ),
        (
            ['{"b": {}, "a": {"aliases": ["b"]}}'],
            '/f/1: a.aliases[0]: the text "b" is in /f/1 too, at b; keep one of them',
        ),
        (
            ['{"a": {"aliases": ["a"]}}'],
            '/f/1: a.aliases[0]: the text "a" is in /f/1 too, at a; keep one of them',
        ),
        (
            [json.dumps({"caf\u00e9": {}}), json.dumps({"cafe\u0301": {}})],
            "/f/2: cafe\u0301: is in /f/1 too, at caf\u00e9; keep one of them",
        ),
    ],
)
def test_a_name_in_two_places(texts: list[str], problem: str) -> None:
    """A name may be one feature, or an alias of one, once; the error names both places."""
    _, problems = read(*texts)

    assert problems == [problem]
