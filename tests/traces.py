"""Runs as LangSmith's v2 query returns them, in one line each."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from local.langsmith_server.store import dotted_step
from spend_report.domain.runs.run import MetadataKeys, Run

type RawRun = dict[str, Any]

_NAMESPACE = uuid.UUID("9e0d3f53-6f5c-4b0e-9a43-0f6b6a5c2d11")
_SECOND = timedelta(seconds=1)


def id_of(name: str) -> str:
    """The UUID of the run that a test calls `name`."""
    return str(uuid.uuid5(_NAMESPACE, name))


def run(
    name: str,
    /,
    at: str = "2026-11-21T10:00:00Z",
    *,
    below: RawRun | None = None,
    run_type: str = "CHAIN",
    seconds: float = 1,
    metadata: Mapping[str, Any] | None = None,
    **fields: Any,
) -> RawRun:
    """A run called `name`, whose id follows from that, `below` another or at a trace's root.

    It starts `at` and lasts `seconds`.
    """
    start = datetime.fromisoformat(at).astimezone(UTC)
    id_, step = id_of(name), dotted_step(start, id_of(name))
    return {
        "id": id_,
        "name": name,
        "run_type": run_type,
        "status": "SUCCESS",
        "start_time": start,
        "end_time": start + seconds * _SECOND,
        "trace_id": below["trace_id"] if below else id_,
        "parent_run_ids": [*below["parent_run_ids"], below["id"]] if below else [],
        "dotted_order": f"{below['dotted_order']}.{step}" if below else step,
        "metadata": dict(metadata or {}),
        **fields,
    }


def llm(
    name: str,
    /,
    at: str = "2026-11-21T10:00:00Z",
    *,
    tokens: tuple[int, int] | None = (1000, 100),
    model: str | None = "gpt-4o",
    provider: str | None = "openai",
    feature: Any = None,
    details: Mapping[str, Any] | None = None,
    metadata: Mapping[str, Any] | None = None,
    **fields: Any,
) -> RawRun:
    """An LLM run. `tokens` are (input, output), None where the run reports none; `details` are
    the classes of the input."""
    named = {"ls_model_name": model, "ls_provider": provider, "feature": feature}
    usage = {} if tokens is None else _usage(*tokens, details)
    return run(
        name,
        at,
        **{
            "run_type": "LLM",
            "metadata": {
                **{key: value for key, value in named.items() if value is not None},
                **(metadata or {}),
            },
            **usage,
            **fields,
        },
    )


def _usage(prompt: int, completion: int, details: Mapping[str, Any] | None) -> dict[str, Any]:
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"raw": dict(details)} if details is not None else None,
    }


def decoded(raw: RawRun, keys: MetadataKeys) -> Run:
    """The run as the function holds it."""
    return msgspec.convert(raw, keys.run_type)
