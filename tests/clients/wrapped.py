"""The providers' own clients, as LangSmith's wrappers leave them."""

from functools import cache
from typing import Any

from tests.clients.client import KEY, MESSAGES, PROMPT, Ask, Client, Metadata, both, load


@cache
def openai_client(url: str) -> Any:
    return load("langsmith.wrappers:wrap_openai")(load("openai:OpenAI")(base_url=url, api_key=KEY))


@cache
def anthropic_client(url: str) -> Any:
    client = load("anthropic:Anthropic")(base_url=url, api_key=KEY)
    return load("langsmith.wrappers:wrap_anthropic")(client)


@cache
def gemini_client(url: str) -> Any:
    client = load("google.genai:Client")(api_key=KEY, http_options={"base_url": url})
    return load("langsmith.wrappers:wrap_gemini")(client)


def openai(create: str, *, streamed: bool = False, **more: Any) -> Ask:
    def ask(url: str, model: str, metadata: Metadata) -> None:
        call = openai_client(url)
        for name in create.split("."):
            call = getattr(call, name)
        extra = {"metadata": metadata}
        answer = call(model=model, stream=streamed, langsmith_extra=extra, **more)
        if streamed:
            list(answer)

    return ask


def anthropic(url: str, model: str, metadata: Metadata) -> None:
    anthropic_client(url).messages.create(
        model=model,
        max_tokens=500,
        messages=MESSAGES,
        langsmith_extra={"metadata": metadata},
    )


def anthropic_text_stream(url: str, model: str, metadata: Metadata) -> None:
    """`messages.stream(…).text_stream`, as Anthropic's documentation streams."""
    with load("langsmith:tracing_context")(metadata=metadata):
        stream = anthropic_client(url).messages.stream
        with stream(model=model, max_tokens=500, messages=MESSAGES) as opened:
            list(opened.text_stream)


def gemini(*, streamed: bool = False) -> Ask:
    def ask(url: str, model: str, metadata: Metadata) -> None:
        models = gemini_client(url).models
        with load("langsmith:tracing_context")(metadata=metadata):
            if streamed:
                list(models.generate_content_stream(model=model, contents=PROMPT))
            else:
                models.generate_content(model=model, contents=PROMPT)

    return ask


WRAPPED = [
    *both(
        *("wrap_openai", "langsmith", "openai_chat"),
        lambda **how: openai("chat.completions.create", messages=MESSAGES, **how),
    ),
    *both(
        *("wrap_openai, responses", "langsmith", "openai_responses"),
        lambda **how: openai("responses.create", input=PROMPT, **how),
    ),
    Client("wrap_anthropic", "langsmith", "anthropic_messages", anthropic),
    Client(
        *("wrap_anthropic, text_stream", "langsmith", "anthropic_messages"),
        anthropic_text_stream,
        "stream",
    ),
    *both("wrap_gemini", "langsmith", "gemini", gemini),
]
