"""Any number of plausible LLM runs of one day, cheap to make: what the benchmark reads."""

import random
from collections.abc import Iterator
from datetime import date
from typing import Any

_DAY_MICROS = 86_400_000_000
_TRACE_MICROS = 30_000_000
_KINDS, _VARIANTS = 32, 4
_BUSY_SHARE = 0.5
_MODELS = (
    ("gpt-4o", "openai"),
    ("gpt-4o-mini", "openai"),
    ("claude-3-5-sonnet-20241022", "anthropic"),
)
_FEATURES = ("rag-search", "agent-copilot", "summarizer", "email-drafts")


def bulk_runs(count: int, day: date, *, seed: int = 7) -> Iterator[dict[str, Any]]:
    """`count` LLM runs that start on `day` (UTC), in v2's shape.

    Every fourth is a trace of its own; of eight, the others lie two deep in one trace, which
    takes half a minute, belongs to one feature and asks several models. Half of the day's runs
    fall in three hours, as they do: windows of equal length hold unequal numbers.
    """
    chance = random.Random(seed)
    metadata = [_metadata(chance, kind) for kind in range(_KINDS)]
    one = chance.random
    ancestors: list[str] = []
    begin, above = 0, ""
    for index in range(count):
        if index % 8 == 0:
            ancestors = [_id(chance), _id(chance)]
            share = (9 + 3 * one()) / 24 if one() < _BUSY_SHARE else one()
            begin = int(share * (_DAY_MICROS - _TRACE_MICROS))
            above = "".join(f"{_stamp(day, begin)}{ancestor}." for ancestor in ancestors)
        alone = index % 4 == 0
        id_ = _id(chance)
        start = begin + int(one() * _TRACE_MICROS)
        end = min(start + 300_000 + int(one() * 9_000_000), _DAY_MICROS - 1)
        prompt, completion = 200 + int(one() * 3800), 20 + int(one() * 880)
        yield {
            "id": id_,
            "name": "ChatOpenAI",
            "run_type": "LLM",
            "status": "ERROR" if index % 97 == 0 else "SUCCESS",
            "start_time": f"{day}T{_clock(start)}Z",
            "end_time": f"{day}T{_clock(end)}Z",
            "trace_id": id_ if alone else ancestors[0],
            "parent_run_ids": [] if alone else ancestors,
            "dotted_order": f"{'' if alone else above}{_stamp(day, start)}{id_}",
            "metadata": metadata[index // 8 % _KINDS][index % _VARIANTS],
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": prompt + completion,
            "prompt_token_details": {"raw": {"cache_read": prompt // 4}}
            if index % 3 == 0
            else None,
            # A decimal number, as prices times tokens are.
            "total_cost": round(prompt * 2.5e-6 + completion * 1e-5, 7),
        }


def _stamp(day: date, micros: int) -> str:
    return f"{day:%Y%m%d}T{_clock(micros).translate(_WITHOUT_MARKS)}Z"


def _clock(micros: int) -> str:
    seconds, fraction = divmod(micros, 1_000_000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"


_WITHOUT_MARKS = str.maketrans("", "", ":.")


def _id(chance: random.Random) -> str:
    """Looks like a UUID, at a third of the price of one."""
    text = f"{chance.getrandbits(128):032x}"
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def _metadata(chance: random.Random, kind: int) -> list[dict[str, Any]]:
    """What the runs of a kind of trace carry, which differs by what they ask."""
    feature = {} if kind == 0 else {"feature": chance.choice(_FEATURES)}
    tier = chance.choice(("free", "pro", "enterprise"))
    variants = []
    for _ in range(_VARIANTS):
        model, provider = chance.choice(_MODELS)
        variants.append(
            {
                **feature,
                "env": "prod",
                "user_tier": tier,
                "ls_provider": provider,
                "ls_model_name": model,
                "ls_model_type": "chat",
                "ls_temperature": 0.2,
                "langgraph_node": chance.choice(("agent", "retrieve", "answer")),
                "langgraph_step": chance.randrange(1, 9),
                "revision_id": "3f2c9d1",
            }
        )
    return variants
