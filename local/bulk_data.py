"""Any number of plausible LLM runs of one day, cheap to make: what the benchmark reads."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

_DAY_MICROS = 86_400_000_000
_SHAPES = 64
_BUSY_SHARE = 0.5
_UNTAGGED_EVERY = 32
_MODELS = (
    ("gpt-4o", "openai"),
    ("gpt-4o-mini", "openai"),
    ("claude-3-5-sonnet-20241022", "anthropic"),
)
_FEATURES = ("rag-search", "agent-copilot", "summarizer", "email-drafts")


def bulk_runs(count: int, day: date, *, seed: int = 7) -> Iterator[dict[str, Any]]:
    """`count` LLM runs that start on `day` (UTC), in v2's shape.

    Every fourth is a trace of its own; the others lie two deep in traces of eight. Half of the
    day's runs fall in three hours, as they do: windows of equal length hold unequal numbers.
    """
    chance = random.Random(seed)
    metadata = [_metadata(chance, index) for index in range(_SHAPES)]
    one = chance.random
    ancestors: list[str] = []
    for index in range(count):
        if index % 8 == 0:
            ancestors = [_id(chance), _id(chance)]
        parents = [] if index % 4 == 0 else ancestors
        id_ = _id(chance)
        share = (9 + 3 * one()) / 24 if one() < _BUSY_SHARE else one()
        start = int(share * _DAY_MICROS)
        end = min(start + 300_000 + int(one() * 9_000_000), _DAY_MICROS - 1)
        begun = f"{day}T{_clock(start)}Z"
        # The same instant for each step of the path: near enough, and made a million times.
        stamp = begun.translate(_WITHOUT_MARKS)
        prompt, completion = 200 + int(one() * 3800), 20 + int(one() * 880)
        yield {
            "id": id_,
            "name": "ChatOpenAI",
            "run_type": "LLM",
            "status": "ERROR" if index % 97 == 0 else "SUCCESS",
            "start_time": begun,
            "end_time": f"{day}T{_clock(end)}Z",
            "trace_id": parents[0] if parents else id_,
            "parent_run_ids": parents,
            "dotted_order": ".".join([stamp + step for step in (*parents, id_)]),
            "metadata": metadata[index % _SHAPES],
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_token_details": {"raw": {"cache_read": prompt // 4}}
            if index % 3 == 0
            else None,
            "total_cost": prompt * 2.5e-6 + completion * 1e-5,
        }


def _clock(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"


_WITHOUT_MARKS = str.maketrans("", "", "-:.")


def _id(chance: random.Random) -> str:
    """Looks like a UUID, at a third of the price of one."""
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _metadata(chance: random.Random, index: int) -> dict[str, Any]:
    model, provider = chance.choice(_MODELS)
    feature = chance.choice(_FEATURES)
    return {
        **({} if index % _UNTAGGED_EVERY == 0 else {"feature": feature}),
        "env": "prod",
        "user_tier": chance.choice(("free", "pro", "enterprise")),
        "ls_provider": provider,
        "ls_model_name": model,
        "ls_model_type": "chat",
        "ls_temperature": 0.2,
        "langgraph_node": chance.choice(("agent", "retrieve", "answer")),
        "langgraph_step": chance.randrange(1, 9),
        "revision_id": "3f2c9d1",
    }
