"""Traces as LangGraph applications leave them: a root, a chain per node, calls and tools below."""

import random
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from local.langsmith_server.store import dotted_step

# What LangSmith itself would bill, dollars per million tokens: its table, not ours. It knows no
# cache discount for gpt-4o-mini and nothing of the company's own models.
_LANGSMITH_PRICES = {
    "gpt-4o-2024-08-06": (2.5, 1.25, 10.0),
    "gpt-4o-mini": (0.15, 0.15, 0.6),
    "copilot-eu": (2.5, 1.25, 10.0),
    "claude-3-5-sonnet-20241022": (3.0, 0.3, 15.0),
    "gpt-6-luna": (0.1, 0.01, 0.5),
}
_CLASSES = {"anthropic": "ChatAnthropic", "azure": "AzureChatOpenAI", "vllm": "VLLMOpenAI"}
_TOOLS = {"rewrite_query": "search_index", "tools": "run_tool"}
_CALL_EVERY = timedelta(seconds=4)
_USER_TIERS = ("free", "free", "pro", "pro", "pro", "enterprise")


@dataclass(frozen=True, slots=True)
class Call:
    """One model call. `cache_read` tokens are part of the input."""

    provider: str
    model: str
    input_tokens: int
    output_tokens: int
    cache_read: int = 0
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Shape:
    """What an application's traces look like.

    `steps` are the graph's nodes in order; the last one repeats. `wrapped` puts each call into an
    LLM run of the application's own that repeats its usage, as `@traceable(run_type="llm")`
    around a LangChain model does.
    """

    root: str
    steps: Sequence[str]
    feature: str | None
    wrapped: bool = False


class Trace:
    """The runs of one request, from its root down, parents first."""

    def __init__(self, shape: Shape, start: datetime, chance: random.Random) -> None:
        self.runs: list[dict[str, Any]] = []
        self._shape = shape
        self._start = start
        self._chance = chance

    def make(self, calls: Sequence[Call], *, tag_on_calls: bool) -> list[dict[str, Any]]:
        """The runs of a request that makes `calls`, in turn.

        Chains repeat their calls' usage, as LangSmith shows it. Without `tag_on_calls` only the
        root carries the feature.
        """
        tag = {"feature": self._shape.feature} if self._shape.feature else {}
        dimensions = {"env": "prod", "user_tier": self._chance.choice(_USER_TIERS)}
        end = self._start + len(calls) * _CALL_EVERY
        root = self._run((self._shape.root, "CHAIN"), None, (self._start, end))
        root.update(_usage(calls), metadata={**dimensions, **tag})
        inherited = dimensions if not tag_on_calls else {**dimensions, **tag}
        for index, call in enumerate(calls):
            step = self._shape.steps[min(index, len(self._shape.steps) - 1)]
            self._step(call, {**inherited, "langgraph_node": step}, root, index)
        return self.runs

    def _step(
        self, call: Call, metadata: Mapping[str, str], root: Mapping[str, Any], index: int
    ) -> None:
        """A node of the graph with its call, and the tool that it runs on some."""
        node = metadata["langgraph_node"]
        begun = self._start + index * _CALL_EVERY + self._milliseconds(20, 200)
        span = begun, begun + self._milliseconds(600, 3600)
        parent = self._run((node, "CHAIN"), root, span)
        parent.update(_usage([call]), metadata=metadata)
        model = {
            "ls_provider": call.provider,
            "ls_model_name": call.model,
            "ls_model_type": "chat",
            "ls_temperature": 0.2,
        }
        if self._shape.wrapped:
            parent = self._run((f"{node}_llm", "LLM"), parent, span)
            parent.update(_usage([call]), metadata=metadata)
        run = self._run((_CLASSES.get(call.provider, "ChatOpenAI"), "LLM"), parent, span)
        run.update(_usage([call]), metadata={**metadata, **model})
        if call.failed:
            run.update(status="ERROR", error="APITimeoutError('Request timed out.')")
        if tool := _TOOLS.get(node):
            self._run((tool, "TOOL"), parent, (span[1], span[1]))["metadata"] = metadata

    def _run(
        self,
        kind: tuple[str, str],
        parent: Mapping[str, Any] | None,
        span: tuple[datetime, datetime],
    ) -> dict[str, Any]:
        """A run of the name and type `kind` below `parent`."""
        id_ = str(uuid.UUID(int=self._chance.getrandbits(128), version=4))
        path = [*parent["parent_run_ids"], parent["id"]] if parent else []
        step = dotted_step(span[0], id_)
        run = {
            "id": id_,
            "name": kind[0],
            "run_type": kind[1],
            "status": "SUCCESS",
            "start_time": span[0],
            "end_time": span[1],
            "trace_id": path[0] if path else id_,
            "parent_run_ids": path,
            "dotted_order": f"{parent['dotted_order']}.{step}" if parent else step,
        }
        self.runs.append(run)
        return run

    def _milliseconds(self, least: int, most: int) -> timedelta:
        return timedelta(milliseconds=self._chance.randrange(least, most))


def _usage(calls: Sequence[Call]) -> dict[str, Any]:
    """The token and cost fields of `calls` together; no cost where LangSmith knows no price."""
    prompt = sum(call.input_tokens for call in calls)
    completion = sum(call.output_tokens for call in calls)
    cached = sum(call.cache_read for call in calls)
    priced = all(call.model in _LANGSMITH_PRICES for call in calls)
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_token_details": {"raw": {"cache_read": cached}} if cached else None,
        "total_cost": round(sum(map(_langsmith_cost, calls)), 9) if priced else None,
    }


def _langsmith_cost(call: Call) -> float:
    full, cached, output = _LANGSMITH_PRICES[call.model]
    uncached = call.input_tokens - call.cache_read
    return (uncached * full + call.cache_read * cached + call.output_tokens * output) / 1e6
