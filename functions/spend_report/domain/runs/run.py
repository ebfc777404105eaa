"""A run as LangSmith's v2 query returns it, cut down to what a cost needs.

Field names and meanings: https://docs.langchain.com/langsmith/ (`POST /api/v2/runs/query`).
Prompts and outputs are never selected, so they never enter this process.
"""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Annotated, Any, NamedTuple, cast

from msgspec import Meta, Struct, defstruct

SUCCESS, ERROR, PENDING = "SUCCESS", "ERROR", "PENDING"


type Instant = Annotated[datetime, Meta(tz=True)]
"""An instant with a timezone; decoding refuses one without."""


class TokenDetails(Struct, gc=False):
    """Tokens by class, e.g. `{"cache_read": 120}`; the classes depend on who wrote the run."""

    raw: dict[str, int | None] | None = None


class Run(Struct, gc=False):
    """One LLM run. Whatever LangSmith may leave out is None.

    `metadata` holds only the keys that the report asks for, as attributes of a struct that
    `MetadataKeys.struct` makes; `parent_run_ids` go from the root down to the direct parent.
    `oddities` names the token fields that were not whole numbers (they are None or rounded down).
    """

    id: Annotated[str, Meta(min_length=1)]
    start_time: Instant
    end_time: Instant | None = None
    status: str | None = None
    name: str | None = None
    trace_id: str | None = None
    dotted_order: str | None = None
    parent_run_ids: list[str] | None = None
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    total_tokens: int | None = None
    prompt_token_details: TokenDetails | None = None
    completion_token_details: TokenDetails | None = None
    total_cost: float | None = None
    metadata: Any = None
    oddities: list[str] | None = None


class Project(Struct, frozen=True):
    """A LangSmith tracing project. `url` is its page, below which a trace is `/r/{trace_id}`."""

    id: str
    name: str
    url: str

    def trace_url(self, trace_id: str) -> str:
        """The page of a trace of this project; empty if the project's own is not known."""
        return f"{self.url}/r/{trace_id}?poll=true" if self.url else ""


class Ancestor(NamedTuple):
    """What counts of an LLM run's ancestor. `feature` is its own tag, empty if it has none."""

    name: str
    feature: str


_FIXED_KEYS = {
    "model": "ls_model_name",
    "provider": "ls_provider",
    "sample_rate": "ls_tracing_sample_rate",
    "node": "langgraph_node",
}


class MetadataKeys:
    """The metadata keys that the report asks for, and the types that decode only these.

    Args:
        feature: the metadata key that names the feature.
        dimensions: further metadata keys; they may repeat each other or any other key here.

    Attributes:
        dimensions: the attributes of `struct` that hold the dimensions, in order: `d0`, `d1`, …
        key_of: the metadata key of each attribute of `struct`.
        place_of: where in a `struct` as a tuple the value of each attribute stands.
        struct: the type of `Run.metadata`: `feature`, `d0`, `d1`, …, `model`, `provider`,
            `sample_rate` and `node`. Values are anything that JSON has, None if missing.
        run_type: a `Run` whose `metadata` is a `struct` or None.
    """

    def __init__(self, feature: str, dimensions: Sequence[str]) -> None:
        self.dimensions = tuple(f"d{index}" for index in range(len(dimensions)))
        self.key_of = key_of = {
            "feature": feature,
            **dict(zip(self.dimensions, dimensions, strict=True)),
            **_FIXED_KEYS,
        }
        # A key can fill only one field: attributes that ask for the same key share it.
        field_of: dict[str, str] = {}
        for attribute, key in key_of.items():
            field_of.setdefault(key, attribute)
        shared = {
            attribute: property(attrgetter(field_of[key]))
            for attribute, key in key_of.items()
            if field_of[key] != attribute
        }
        fields = list(field_of.values())
        self.place_of = {name: fields.index(field_of[key]) for name, key in key_of.items()}
        self.struct: type[Struct] = defstruct(
            "Metadata",
            [(attribute, Any, None) for attribute in fields],
            rename={attribute: key for key, attribute in field_of.items()},
            namespace=shared,
            frozen=True,
            gc=False,
        )
        self.run_type = cast(
            "type[Run]",
            defstruct(
                "RunWithMetadata", [("metadata", self.struct | None, None)], bases=(Run,), gc=False
            ),
        )
