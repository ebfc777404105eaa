"""A provider of every API on 127.0.0.1, which answers whatever it is asked with one answer.

The standard library's alone, since clients of an environment of their own ask it.
"""

import json
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, NamedTuple

type Body = dict[str, Any]

ANSWERS = Path(__file__).with_name("answers")


class Recorded(NamedTuple):
    """An answer of an API: its name, the model that was asked, whose it is, and its JSON."""

    name: str
    model: str
    provider: str
    body: Body


def recorded(api: str) -> list[Recorded]:
    """The answers of `api`: what each holds beside the frame that all have."""
    file = json.loads((ANSWERS / f"{api}.json").read_text(encoding="utf-8"))
    found = []
    for name, parts in file["answers"].items():
        body = {**file["frame"], **parts}
        model = parts.get("model") or parts.get("modelVersion") or file["model"]
        found.append(Recorded(name, model, file["provider"], body))
    return found


class Provider:
    """The server; `answer` is what it says next, streamed where `api` is that of a stream."""

    def __init__(self) -> None:
        self.api, self.answer, self.streamed = "", dict[str, Any](), False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers.get("content-length") or 0))
                kind, body = "application/json", json.dumps(outer.answer)
                if outer.streamed:
                    kind, body = "text/event-stream", "".join(_events(outer.api, outer.answer))
                self.send_response(200)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body.encode())))
                self.end_headers()
                self.wfile.write(body.encode())

            def log_message(self, *args: Any) -> None:
                """Nothing: a test's output is its own."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Serve on a thread until the process ends."""
        Thread(target=self._server.serve_forever, daemon=True).start()


def _events(api: str, answer: Body) -> Iterator[str]:
    """The answer as the API streams it, in server-sent events."""
    chunks = {"anthropic_messages": _anthropic, "openai_responses": _responses}.get(api)
    if api == "gemini":
        yield f"data: {json.dumps(answer)}\r\n\r\n"
        return
    if chunks is None:
        for chunk in _mistral(answer) if api == "mistral_chat" else _chat(answer):
            yield f"data: {json.dumps(chunk)}\n\n"
        yield "data: [DONE]\n\n"
        return
    for event in chunks(answer):
        yield f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"


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
