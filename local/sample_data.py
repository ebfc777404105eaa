"""A product's LLM runs: the sample day, and the seven days before it.

The day has exactly the calls and tokens of `SAMPLE_DAY`. The week before is what rag-search's
rise is measured against: shorter prompts, and fewer of them on the large model. On the day before,
a feature's tag is mistyped for some hours.
"""

import random
from collections.abc import Iterator, Mapping, Sequence
from copy import replace
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from local.traces import Call, Shape, Trace

PROJECT = "storefront"
SAMPLE_DATE = date(2026, 11, 21)
DAYS_BEFORE = 7


@dataclass(frozen=True, slots=True)
class Volume:
    """A feature's day: calls, input and output tokens."""

    calls: int
    input_tokens: int
    output_tokens: int


@dataclass(frozen=True, slots=True)
class Profile:
    """How a feature calls models: each model's weight in calls, and the shape of its traces.

    `sizes` are the models' tokens per call relative to each other. `cached` is the share of
    calls that read half of their prompt from the cache; `inherited` the share of traces where
    only the root carries the tag.
    """

    shape: Shape
    models: Mapping[tuple[str, str], float]
    sizes: Mapping[str, float]
    cached: float = 0.0
    inherited: float = 0.0


GPT_4O = ("openai", "gpt-4o-2024-08-06")
GPT_4O_MINI = ("openai", "gpt-4o-mini")
SONNET = ("anthropic", "claude-3-5-sonnet-20241022")
AZURE = ("azure", "copilot-eu")
LUNA = ("openai", "gpt-6-luna")
OWN = ("vllm", "acme-drafts-7b")

SAMPLE_DAY: Mapping[str, Volume] = {
    "rag-search": Volume(412, 824_310, 192_440),
    "agent-copilot": Volume(118, 603_200, 411_820),
    "summarizer": Volume(87, 198_400, 44_100),
    "email-drafts": Volume(34, 42_100, 38_200),
    "untagged": Volume(19, 31_200, 12_800),
}
PROFILES: Mapping[str, Profile] = {
    "rag-search": Profile(
        Shape("rag_search", ("rewrite_query", "answer"), "rag-search"),
        {GPT_4O: 0.45, GPT_4O_MINI: 0.55},
        {"gpt-4o-2024-08-06": 1.2, "gpt-4o-mini": 0.9},
        cached=0.2,
    ),
    "agent-copilot": Profile(
        Shape("copilot", ("plan", "tools", "answer"), "agent-copilot"),
        {AZURE: 0.35, SONNET: 0.1, GPT_4O_MINI: 0.55},
        {"copilot-eu": 1.2, "claude-3-5-sonnet-20241022": 1.0, "gpt-4o-mini": 0.9},
        cached=0.3,
        inherited=0.25,
    ),
    "summarizer": Profile(
        Shape("summarize_document", ("map", "reduce"), "summarizer"),
        {GPT_4O: 0.3, LUNA: 0.7},
        {"gpt-4o-2024-08-06": 1.0, "gpt-6-luna": 1.0},
    ),
    "email-drafts": Profile(
        Shape("draft_email", ("draft",), "email-drafts", wrapped=True),
        {GPT_4O: 0.9, OWN: 0.1},
        {"gpt-4o-2024-08-06": 1.0, "acme-drafts-7b": 0.6},
    ),
    "untagged": Profile(
        Shape("nightly_eval", ("judge",), None),
        {GPT_4O: 0.7, GPT_4O_MINI: 0.3},
        {"gpt-4o-2024-08-06": 1.0, "gpt-4o-mini": 1.0},
    ),
}
# On Friday afternoon somebody deploys the summarizer with its tag spelt in another way; on Saturday
# it is mended.
_MISTYPED = {"summarizer": "summariser"}
_MISTYPED_FROM = datetime.combine(SAMPLE_DATE - timedelta(days=1), time(16), UTC)
_MISTYPED_UNTIL = datetime.combine(SAMPLE_DATE, time.min, UTC)

_CALLS_PER_REQUEST = (1, 1, 2, 3)
_FAILING = 0.012
# The week before: rag-search sent shorter prompts, and fewer of them to the large model.
_BEFORE = {"rag-search": {GPT_4O: 0.30, GPT_4O_MINI: 0.70}}
_BEFORE_INPUT = {"rag-search": 0.72}


def sample_runs() -> list[dict[str, Any]]:
    """All runs of the sample day and the week before, in v2's shape."""
    runs: list[dict[str, Any]] = []
    for back in range(DAYS_BEFORE, -1, -1):
        runs.extend(day_runs(SAMPLE_DATE - timedelta(days=back), is_sample=back == 0))
    return runs


def day_runs(day: date, *, is_sample: bool) -> Iterator[dict[str, Any]]:
    """The runs of one day; the same ones each time."""
    chance = random.Random(day.toordinal())
    for name, volume in SAMPLE_DAY.items():
        profile = PROFILES[name]
        if not is_sample:
            profile = replace(profile, models=_BEFORE.get(name, profile.models))
            volume = _before(name, volume, chance)  # noqa: PLW2901  # the day's own volume
        yield from _feature_runs(day, profile, volume, chance)


def _before(name: str, volume: Volume, chance: random.Random) -> Volume:
    """An ordinary day: a little more or less than the sample day, in every respect."""
    calls = round(volume.calls * chance.uniform(0.93, 1.02))
    share = calls / volume.calls
    return Volume(
        calls,
        round(
            volume.input_tokens * share * _BEFORE_INPUT.get(name, 1) * chance.uniform(0.97, 1.03)
        ),
        round(volume.output_tokens * share * chance.uniform(0.95, 1.02)),
    )


def _feature_runs(
    day: date, profile: Profile, volume: Volume, chance: random.Random
) -> Iterator[dict[str, Any]]:
    calls = _calls(profile, volume, chance)
    while calls:
        size = min(len(calls), chance.choice(_CALLS_PER_REQUEST[: 2 * len(profile.shape.steps)]))
        start = _office_hours(day, chance)
        trace = Trace(_as_typed(profile.shape, start), start, chance)
        yield from trace.make(calls[:size], tag_on_calls=chance.random() >= profile.inherited)
        calls = calls[size:]


def _as_typed(shape: Shape, start: datetime) -> Shape:
    if shape.feature in _MISTYPED and _MISTYPED_FROM <= start < _MISTYPED_UNTIL:
        return replace(shape, feature=_MISTYPED[shape.feature])
    return shape


def _calls(profile: Profile, volume: Volume, chance: random.Random) -> list[Call]:
    """The feature's calls, whose tokens add up to the volume exactly."""
    models = _apportion(volume.calls, list(profile.models.values()))
    chosen = [
        model for model, count in zip(profile.models, models, strict=True) for _ in range(count)
    ]
    chance.shuffle(chosen)
    failed = {index for index in range(volume.calls) if chance.random() < _FAILING}
    weights = [profile.sizes[model] * chance.lognormvariate(0, 0.35) for _, model in chosen]
    inputs = _apportion(volume.input_tokens, weights)
    weights = [
        0.0 if index in failed else profile.sizes[model] * chance.lognormvariate(0, 0.5)
        for index, (_, model) in enumerate(chosen)
    ]
    outputs = _apportion(volume.output_tokens, weights)
    return [
        Call(
            provider=provider,
            model=model,
            input_tokens=inputs[index],
            output_tokens=outputs[index],
            cache_read=inputs[index] // 2 if chance.random() < profile.cached else 0,
            failed=index in failed,
        )
        for index, (provider, model) in enumerate(chosen)
    ]


def _apportion(total: int, weights: Sequence[float]) -> list[int]:
    """`total` in whole numbers in proportion to `weights`, by largest remainders."""
    whole = sum(weights)
    exact = [total * weight / whole for weight in weights]
    parts = [int(share) for share in exact]
    by_remainder = sorted(range(len(exact)), key=lambda index: parts[index] - exact[index])
    for index in by_remainder[: total - sum(parts)]:
        parts[index] += 1
    return parts


def _office_hours(day: date, chance: random.Random) -> datetime:
    """Mostly between eight and eighteen."""
    hour = min(max(chance.gauss(13, 3.2), 0.1), 23.8)
    return datetime.combine(day, time.min, UTC) + timedelta(
        seconds=int(hour * 3600), milliseconds=chance.randrange(1000)
    )
