"""Who owns a feature, and under which other names it goes."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, NamedTuple

from msgspec import Struct, field
from pydantic import BaseModel, ConfigDict, PlainValidator

from spend_report.domain.basics.names import OTHER, UNTAGGED, name_of
from spend_report.domain.config.documents import (
    Document,
    Problems,
    content_of,
    described,
    validated,
)

_NO_NAMES = {
    UNTAGGED: "it is what calls without a tag count as",
    OTHER: "it is what the names beyond the costliest count as",
}
_EXAMPLE = '{"owner": "search", "aliases": ["rag_search"]}'


class RegisteredFeature(Struct, frozen=True):
    """What the documents say of a feature.

    `owner` is empty where they name none; `parameter` is the SSM parameter that holds the feature,
    by its full name.
    """

    owner: str
    aliases: tuple[str, ...]
    parameter: str


class FeatureRegister(Struct, frozen=True):
    """The features of all documents, by name, and the feature that each alias counts as.

    `in_use` says whether there is any document: only then does a name that is in none of them
    call for a person.
    """

    features: Mapping[str, RegisteredFeature] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    in_use: bool = False

    def feature(self, name: str) -> str:
        """The feature that `name` counts as: the one that it is an alias of, else itself."""
        return self.aliases.get(name, name)

    @property
    def owners(self) -> dict[str, str]:
        """Who owns a feature, of those that have an owner."""
        return {name: known.owner for name, known in self.features.items() if known.owner}

    @property
    def places(self) -> dict[str, tuple[str, Sequence[str]]]:
        """The parameter that a feature is in, and its aliases there."""
        return {name: (known.parameter, known.aliases) for name, known in self.features.items()}

    def described(self) -> Iterator[tuple[str, str]]:
        """Each owner and the aliases by their path: `features/rag-search/owner`."""
        for feature, known in self.features.items():
            for field_, text in (("owner", known.owner), ("aliases", ", ".join(known.aliases))):
                if text:
                    yield f"features/{feature}/{field_}", text


class _Place(NamedTuple):
    """Where a name stands."""

    parameter: str
    path: str


def read_features(documents: Sequence[Document], problems: Problems) -> FeatureRegister:
    """The features of all `documents`; what is wrong with them goes to `problems`.

    Names are compared as those of runs are. No name may stand in two places, be it as a feature
    or as an alias.
    """
    names = _Names(problems)
    features: dict[str, RegisteredFeature] = {}
    for document in documents:
        for written, raw in (content_of(document, problems) or {}).items():
            here = _Place(document.parameter, written)
            feature = names.feature(written, here)
            fields = _fields(raw, here, problems)
            if feature and fields:
                aliases = names.aliases(fields.aliases, feature, here)
                owner = fields.owner
                features[feature] = RegisteredFeature(owner, aliases, document.parameter)
    return FeatureRegister(features, names.ends, in_use=bool(documents))


class _Names:
    """All names so far, where they stand, and the features that aliases lead to."""

    def __init__(self, problems: Problems) -> None:
        self._problems = problems
        self._places: dict[str, _Place] = {}
        self.ends: dict[str, str] = {}

    def feature(self, written: str, here: _Place) -> str:
        """The feature called `written`; empty, with the problem noted, if it can't be one."""
        try:
            name = _name(written)
        except ValueError as error:
            self._problems.add(here.parameter, described(written), str(error))
            return ""
        return name if self._is_new(name, here, "") else ""

    def aliases(self, names: Sequence[str], feature: str, of: _Place) -> tuple[str, ...]:
        """Those of `names` that may be aliases of `feature`, which stands at `of`."""
        kept = []
        for index, name in enumerate(names):
            here = _Place(of.parameter, f"{of.path}.aliases[{index}]")
            if self._is_new(name, here, f"{described(name)} "):
                self.ends[name] = feature
                kept.append(name)
        return tuple(kept)

    def _is_new(self, name: str, here: _Place, shown: str) -> bool:
        first = self._places.setdefault(name, here)
        if first is not here:
            self._problems.add_second(
                here.parameter, here.path, first.parameter, shown=shown, at=f", at {first.path}"
            )
        return first is here


def _fields(raw: Any, here: _Place, problems: Problems) -> "_Fields | None":
    if isinstance(raw, dict):
        return validated(_Fields, raw, here.parameter, here.path, problems)
    text = f"expected an object like {_EXAMPLE}, got {described(raw)}"
    problems.add(here.parameter, here.path, text)
    return None


def _name(value: Any) -> str:
    expected = f"expected a name, without spaces around it, got {described(value)}"
    if not isinstance(value, str) or value != value.strip():
        raise ValueError(expected)
    name = name_of(value)
    if not name:
        raise ValueError(expected)
    return name


def _alias(value: Any) -> str:
    name = _name(value)
    if name in _NO_NAMES:
        raise ValueError(f"{name} can't be an alias: {_NO_NAMES[name]}")
    return name


type _Name = Annotated[str, PlainValidator(_name)]
type _AliasName = Annotated[str, PlainValidator(_alias)]


class _Fields(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)

    owner: _Name = ""
    aliases: list[_AliasName] = []
