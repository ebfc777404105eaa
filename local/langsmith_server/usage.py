"""Tokens and costs of a traced run, as LangSmith stores what a tracer sent.

https://docs.langchain.com/langsmith/log-llm-trace#provide-token-and-cost-information says which
keys there are. It does not say what becomes of other keys, or of numbers that disagree.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from langsmith.schemas import InputTokenDetails, OutputTokenDetails


@dataclass(frozen=True, slots=True)
class Doubts:
    """What nobody outside of LangSmith knows of it. Each may be either way.

    Attributes:
        keeps_total: the total is what the tracer sent, not made anew of input and output.
        keeps_all_classes: classes of tokens that LangSmith's reference does not name
            (`ephemeral_1hr_input_tokens`, `flex_cache_read`) are kept.
        outputs_first: where both the outputs and the metadata hold usage, the outputs' counts.
    """

    keeps_total: bool = True
    keeps_all_classes: bool = True
    outputs_first: bool = True


_REFERENCE = {
    "input": frozenset(InputTokenDetails.__annotations__),
    "output": frozenset(OutputTokenDetails.__annotations__),
}
_SIDES = (("input", "prompt"), ("output", "completion"))


def usage_fields(outputs: Any, metadata: Mapping[str, Any], doubts: Doubts) -> dict[str, Any]:
    """The fields of v2's shape; a count that is null or missing is zero.

    A cost that the tracer sent counts as it is. LangSmith works out any other from its own
    table of prices, which nobody has here.
    """
    places = [_in_outputs(outputs), metadata.get("usage_metadata")]
    found = [usage for usage in places if isinstance(usage, dict)]
    if not found:
        return {}
    usage = found[0] if doubts.outputs_first else found[-1]
    counts = {side: usage.get(f"{side}_tokens") or 0 for side, _ in _SIDES}
    total = usage.get("total_tokens") if doubts.keeps_total else None
    fields = {"total_tokens": sum(counts.values()) if total is None else total, **_costs(usage)}
    for side, name in _SIDES:
        fields[f"{name}_tokens"] = counts[side]
        details = usage.get(f"{side}_token_details") or {}
        if not doubts.keeps_all_classes:
            details = {key: count for key, count in details.items() if key in _REFERENCE[side]}
        if details:
            fields[f"{name}_token_details"] = {"raw": details}
    return fields


def _costs(usage: Mapping[str, Any]) -> dict[str, float]:
    """The costs that were sent, in US dollars; of two parts without their sum, the sum too."""
    parts = {
        f"{name}_cost": usage[f"{side}_cost"]
        for side, name in _SIDES
        if usage.get(f"{side}_cost") is not None
    }
    total = usage.get("total_cost")
    if total is None and not parts:
        return {}
    return {**parts, "total_cost": sum(parts.values()) if total is None else total}


def _in_outputs(outputs: Any) -> Any:
    """The usage in a run's outputs: at the top, or on the messages of LangChain's generations."""
    if not isinstance(outputs, dict):
        return None
    if "usage_metadata" in outputs:
        return outputs["usage_metadata"]
    found = [
        generation.get("message", {}).get("kwargs", {}).get("usage_metadata")
        for generations in outputs.get("generations") or ()
        for generation in generations
        if isinstance(generation, dict)
    ]
    return next((usage for usage in found if usage), None)
