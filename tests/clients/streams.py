"""An answer as its API streams it."""

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any

type Body = dict[str, Any]

EVENTS, BINARY = "text/event-stream", "application/vnd.amazon.eventstream"


def stream(wire: str, api: str, answer: Body) -> tuple[str, bytes]:
    """The content type and the bytes; `wire` is `stream`, or a way of its own of one client."""
    kind = api if wire == "stream" else wire
    if kind == "vertex":
        return "application/json", json.dumps([answer]).encode()
    if kind == "ollama_chat":
        return "application/x-ndjson", _lines("{}\n", _ollama(answer))
    if kind in _FRAMES:
        return BINARY, b"".join(_frame(*event) for event in _FRAMES[kind](answer))
    if kind in _NAMED:
        named = (
            f"event: {each['type']}\ndata: {json.dumps(each)}\n\n" for each in _NAMED[kind](answer)
        )
        return EVENTS, "".join(named).encode()
    if kind == "gemini":
        return EVENTS, _lines("data: {}\r\n\r\n", [answer])
    chunks = _CHUNKS.get(kind, _chat)(answer)
    return EVENTS, _lines("data: {}\n\n", chunks) + b"data: [DONE]\n\n"


def _lines(form: str, chunks: Any) -> bytes:
    return "".join(form.format(json.dumps(chunk)) for chunk in chunks).encode()


def _frame(event: str, payload: Body) -> bytes:
    """https://docs.aws.amazon.com/AmazonS3/latest/API/RESTSelectObjectAppendix.html"""
    texts = {":event-type": event, ":content-type": "application/json", ":message-type": "event"}
    headers = b"".join(
        struct.pack("!B", len(name))
        + name.encode()
        + struct.pack("!BH", 7, len(text))
        + text.encode()
        for name, text in texts.items()
    )
    body = json.dumps(payload).encode()
    head = struct.pack("!II", len(headers) + len(body) + 16, len(headers))
    frame = head + struct.pack("!I", zlib.crc32(head)) + headers + body
    return frame + struct.pack("!I", zlib.crc32(frame))


def _chat(answer: Body) -> Iterator[Body]:
    """Chat completions: the usage comes last, in a chunk without choices."""
    frame = {**answer, "object": "chat.completion.chunk", "choices": [], "usage": None}
    (choice,) = answer["choices"]
    deltas: list[tuple[Mapping[str, Any], str | None]] = [
        (choice["message"], None),
        ({}, choice["finish_reason"]),
    ]
    for delta, reason in deltas:
        yield {**frame, "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]}
    yield {**frame, "usage": answer["usage"]}


def _mistral(answer: Body) -> Iterator[Body]:
    """Mistral's: the usage comes with the last choice."""
    *chunks, last, usage = _chat(answer)
    yield from chunks
    yield {**last, "usage": usage["usage"]}


def _groq(answer: Body) -> Iterator[Body]:
    """Groq's: the usage comes with the last choice, in a place of its own, and once more."""
    *chunks, last, usage = _chat(answer)
    yield from chunks
    yield {**last, "x_groq": {"id": "req_1", "usage": usage["usage"]}}
    yield usage


def _perplexity(answer: Body) -> Iterator[Body]:
    """Perplexity's: every chunk has the usage so far."""
    *chunks, _ = _chat(answer)
    yield from ({**chunk, "usage": answer["usage"]} for chunk in chunks)


def _responses(answer: Body) -> Iterator[Body]:
    started = {**answer, "status": "in_progress", "usage": None, "output": []}
    yield {"type": "response.created", "sequence_number": 0, "response": started}
    yield {"type": "response.completed", "sequence_number": 1, "response": answer}


def _anthropic(answer: Body) -> Iterator[Body]:
    """The start has the input, and a token of output; the last delta has all that there was."""
    usage = answer["usage"]
    start = {**answer, "content": [], "stop_reason": None, "usage": {**usage, "output_tokens": 1}}
    yield {"type": "message_start", "message": start}
    for index, block in enumerate(answer["content"]):
        yield {
            "type": "content_block_start",
            "index": index,
            "content_block": {**block, "text": ""},
        }
        delta = {"type": "text_delta", "text": block["text"]}
        yield {"type": "content_block_delta", "index": index, "delta": delta}
        yield {"type": "content_block_stop", "index": index}
    whole = {name: count for name, count in usage.items() if name.endswith("_tokens")}
    stop = {"stop_reason": answer["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": stop, "usage": whole}
    yield {"type": "message_stop"}


def _invoke(answer: Body) -> Iterator[tuple[str, Body]]:
    """Bedrock's of Anthropic's: the last event says what was counted."""
    *events, last = _anthropic(answer)
    counted = {**last, "amazon-bedrock-invocationMetrics": invoked(answer["usage"])}
    for each in (*events, counted):
        yield "chunk", {"bytes": base64.b64encode(json.dumps(each).encode()).decode()}


def invoked(usage: Mapping[str, Any]) -> dict[str, int]:
    """What Bedrock counts for an answer of Anthropic's models."""
    return {
        "inputTokenCount": usage["input_tokens"],
        "outputTokenCount": usage["output_tokens"],
        "cacheReadInputTokenCount": usage.get("cache_read_input_tokens") or 0,
        "cacheWriteInputTokenCount": usage.get("cache_creation_input_tokens") or 0,
    }


def invoked_headers(usage: Mapping[str, Any]) -> dict[str, str]:
    """The same in the headers of an answer that is not streamed."""
    dashed = {
        re.sub("[A-Z]", lambda m: f"-{m[0].lower()}", k): v for k, v in invoked(usage).items()
    }
    return {f"x-amzn-bedrock-{name}": str(count) for name, count in dashed.items()}


def _cohere(answer: Body) -> Iterator[Body]:
    empty = {"role": "assistant", "content": [], "tool_calls": [], "citations": []}
    yield {"type": "message-start", "id": answer["id"], "delta": {"message": empty}}
    yield {
        "type": "content-start",
        "index": 0,
        "delta": {"message": {"content": {"type": "text", "text": ""}}},
    }
    (part,) = answer["message"]["content"]
    yield {
        "type": "content-delta",
        "index": 0,
        "delta": {"message": {"content": {"text": part["text"]}}},
    }
    yield {"type": "content-end", "index": 0}
    end = {"finish_reason": answer["finish_reason"], "usage": answer["usage"]}
    yield {"type": "message-end", "delta": end}


def _converse(answer: Body) -> Iterator[tuple[str, Body]]:
    yield "messageStart", {"role": "assistant"}
    for index, part in enumerate(answer["output"]["message"]["content"]):
        yield "contentBlockDelta", {"delta": {"text": part["text"]}, "contentBlockIndex": index}
        yield "contentBlockStop", {"contentBlockIndex": index}
    yield "messageStop", {"stopReason": answer["stopReason"]}
    yield "metadata", {"usage": answer["usage"], "metrics": answer["metrics"]}


def _ollama(answer: Body) -> Iterator[Body]:
    """The counts come with the last line."""
    start = {name: answer[name] for name in ("model", "created_at", "message")}
    yield {**start, "done": False}
    yield {**answer, "message": {"role": "assistant", "content": ""}}


type Writer[Event] = Mapping[str, Callable[[Body], Iterator[Event]]]

_FRAMES: Writer[tuple[str, Body]] = {"bedrock_invoke": _invoke, "bedrock_converse": _converse}
_NAMED: Writer[Body] = {
    "anthropic_messages": _anthropic,
    "openai_responses": _responses,
    "cohere_chat": _cohere,
}
_CHUNKS: Writer[Body] = {
    "mistral_chat": _mistral,
    "groq_chat": _groq,
    "perplexity_chat": _perplexity,
}
