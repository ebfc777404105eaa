"""Every client of an LLM, asked once for each answer of its API, traced by LangSmith's own tracer.

Runs in the environment of `make clients`, with LangSmith's environment variables set; prints the
clients' versions, and what went wrong with which. A run's `feature` is `client | answer`.
"""

import importlib
import json
import os
import sys
import warnings
from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any, NamedTuple

from tests.clients.provider import Provider, Recorded, recorded

type Ask = Callable[[str, str, str], None]
"""Asks the provider at a URL: `(url, model, feature)`."""

KEY = "no-secret"
PROMPT = "How is the weather?"
ACCOUNT: dict[str, Any] = {
    "aws_access_key_id": KEY,
    "aws_secret_access_key": KEY,
    "region_name": "us-east-1",
}


class Client(NamedTuple):
    """A client by name: its package, the API that it speaks, and how it is asked."""

    name: str
    package: str
    api: str
    ask: Ask
    streamed: bool = False


def chat(path: str, *, streamed: bool = False, suffix: str = "", **options: Any) -> Ask:
    """Asks a chat model of LangChain's; a `{url}` in its options is the provider's."""

    def ask(url: str, model: str, feature: str) -> None:
        module, _, name = path.partition(":")
        filled = {
            key: value.replace("{url}", url + suffix) if isinstance(value, str) else value
            for key, value in options.items()
        }
        llm = getattr(importlib.import_module(module), name)(model=model, **filled)
        config = {"metadata": {"feature": feature}}
        if streamed:
            list(llm.stream(PROMPT, config=config))
        else:
            llm.invoke(PROMPT, config=config)

    return ask


def vertex(url: str, model: str, feature: str) -> None:
    credentials = importlib.import_module("google.auth.credentials").AnonymousCredentials()
    ask = chat(
        "langchain_google_vertexai:ChatVertexAI",
        project="acme",
        location="us-central1",
        credentials=credentials,
        api_transport="rest",
        api_endpoint="{url}",
    )
    ask(url, model, feature)


def perplexity(url: str, model: str, feature: str) -> None:
    os.environ["PERPLEXITY_BASE_URL"] = url
    chat("langchain_perplexity:ChatPerplexity", api_key=KEY)(url, model, feature)


def openai(create: str, *, streamed: bool = False, **more: Any) -> Ask:
    """Asks OpenAI's own client as `wrap_openai` leaves it."""

    def ask(url: str, model: str, feature: str) -> None:
        wrap = importlib.import_module("langsmith.wrappers").wrap_openai
        call: Any = wrap(importlib.import_module("openai").OpenAI(base_url=url, api_key=KEY))
        for name in create.split("."):
            call = getattr(call, name)
        extra = {"metadata": {"feature": feature}}
        answer = call(model=model, stream=streamed, langsmith_extra=extra, **more)
        if streamed:
            list(answer)

    return ask


def anthropic(url: str, model: str, feature: str) -> None:
    """Asks Anthropic's own client as `wrap_anthropic` leaves it."""
    wrap = importlib.import_module("langsmith.wrappers").wrap_anthropic
    client = wrap(importlib.import_module("anthropic").Anthropic(base_url=url, api_key=KEY))
    client.messages.create(
        model=model,
        max_tokens=500,
        messages=MESSAGES,
        langsmith_extra={"metadata": {"feature": feature}},
    )


def gemini(*, streamed: bool = False) -> Ask:
    """Asks Google's own client as `wrap_gemini` leaves it."""

    def ask(url: str, model: str, feature: str) -> None:
        wrap = importlib.import_module("langsmith.wrappers").wrap_gemini
        tracing = importlib.import_module("langsmith").tracing_context
        google = importlib.import_module("google.genai")
        client = wrap(google.Client(api_key=KEY, http_options={"base_url": url}))
        with tracing(metadata={"feature": feature}):
            if streamed:
                list(client.models.generate_content_stream(model=model, contents=PROMPT))
            else:
                client.models.generate_content(model=model, contents=PROMPT)

    return ask


def given(path: str, usage: str, provider: str, *, held: Callable[[Any], Any] = dict) -> Ask:
    """Runs an integration's function alone on the usage, and traces what it makes of it."""

    def ask(url: str, model: str, feature: str) -> None:
        module, _, name = path.partition(":")
        function = getattr(importlib.import_module(module), name)
        made = function(held(PROVIDER.answer[usage]))
        traceable = importlib.import_module("langsmith").traceable
        metadata = {"feature": feature, "ls_model_name": model, "ls_provider": provider}
        traceable(run_type="llm", metadata=metadata)(lambda: {"usage_metadata": made})()

    return ask


def google_usage(usage: Mapping[str, Any]) -> Any:
    types = importlib.import_module("google.genai.types")
    return types.GenerateContentResponseUsageMetadata.model_validate(usage)


def google_answer(usage: Mapping[str, Any]) -> Any:
    simple = importlib.import_module("types").SimpleNamespace
    return simple(usage_metadata=google_usage(usage))


MESSAGES = [{"role": "user", "content": PROMPT}]
OPENAI = "langchain_openai:ChatOpenAI"
ANTHROPIC = "langchain_anthropic:ChatAnthropic"
GOOGLE = "langchain_google_genai:ChatGoogleGenerativeAI"
URL: dict[str, Any] = {"base_url": "{url}", "api_key": KEY}
PROVIDER = Provider()


def in_stream(name: str, package: str, api: str, ask: Callable[..., Ask]) -> list[Client]:
    """A client that is asked for a whole answer, and for a stream."""
    return [
        Client(name, package, api, ask()),
        Client(f"{name}, streamed", package, api, ask(streamed=True), streamed=True),
    ]


def langchain(name: str, package: str, api: str, path: str, **options: Any) -> list[Client]:
    return in_stream(name, package, api, lambda **how: chat(path, **how, **options))


CLIENTS = [
    *langchain(
        *("ChatOpenAI", "langchain-openai", "openai_chat", OPENAI),
        stream_usage=True,
        use_responses_api=False,
        **URL,
    ),
    *langchain(
        *("ChatOpenAI, responses", "langchain-openai", "openai_responses", OPENAI),
        use_responses_api=True,
        **URL,
    ),
    *in_stream(
        *("wrap_openai", "langsmith", "openai_chat"),
        lambda **how: openai("chat.completions.create", messages=MESSAGES, **how),
    ),
    *in_stream(
        *("wrap_openai, responses", "langsmith", "openai_responses"),
        lambda **how: openai("responses.create", input=PROMPT, **how),
    ),
    Client(
        *("wrap_openai on xAI", "langsmith", "xai_chat"),
        openai("chat.completions.create", messages=MESSAGES),
    ),
    *langchain("ChatAnthropic", "langchain-anthropic", "anthropic_messages", ANTHROPIC, **URL),
    Client("wrap_anthropic", "langsmith", "anthropic_messages", anthropic),
    Client(
        *("Claude Agent SDK", "langsmith", "anthropic_messages"),
        given(
            "langsmith.integrations.claude_agent_sdk._usage:extract_usage_metadata",
            "usage",
            "anthropic",
        ),
    ),
    *langchain(
        *("ChatGoogleGenerativeAI", "langchain-google-genai", "gemini", GOOGLE),
        google_api_key=KEY,
        base_url="{url}",
    ),
    Client("ChatVertexAI", "langchain-google-vertexai", "gemini", vertex),
    *in_stream("wrap_gemini", "langsmith", "gemini", gemini),
    Client(
        *("Google ADK", "langsmith", "gemini"),
        given(
            "langsmith.integrations.google_adk._usage:extract_usage_from_response",
            "usageMetadata",
            "google",
            held=google_answer,
        ),
    ),
    Client(
        *("Google ADK, live", "langsmith", "gemini"),
        given(
            "langsmith.integrations._gemini_usage:normalize_gemini_usage_metadata",
            "usageMetadata",
            "google",
            held=google_usage,
        ),
    ),
    Client(
        *("ChatBedrockConverse", "langchain-aws", "bedrock_converse"),
        chat("langchain_aws:ChatBedrockConverse", endpoint_url="{url}", **ACCOUNT),
    ),
    *langchain("ChatXAI", "langchain-xai", "xai_chat", "langchain_xai:ChatXAI", **URL),
    *langchain(
        *("ChatMistralAI", "langchain-mistralai", "mistral_chat"),
        "langchain_mistralai:ChatMistralAI",
        **URL,
    ),
    *langchain(
        *("ChatDeepSeek", "langchain-deepseek", "deepseek_chat"),
        "langchain_deepseek:ChatDeepSeek",
        stream_usage=True,
        **URL,
    ),
    Client("ChatGroq", "langchain-groq", "groq_chat", chat("langchain_groq:ChatGroq", **URL)),
    Client(
        *("ChatCohere", "langchain-cohere", "cohere_chat"),
        chat("langchain_cohere:ChatCohere", base_url="{url}", cohere_api_key=KEY),
    ),
    Client(
        *("ChatOllama", "langchain-ollama", "ollama_chat"),
        chat("langchain_ollama:ChatOllama", base_url="{url}"),
    ),
    Client(
        *("ChatPerplexity", "langchain-perplexity", "perplexity_chat"),
        perplexity,
    ),
]


def run(client: Client, answer: Recorded) -> str:
    """What went wrong, if anything did."""
    PROVIDER.api, PROVIDER.answer, PROVIDER.streamed = client.api, answer.body, client.streamed
    try:
        client.ask(PROVIDER.url, answer.model, f"{client.name} | {answer.name}")
    except Exception as error:  # noqa: BLE001 - each client has errors of its own
        return f"{type(error).__name__}: {error}"[:300]
    return ""


def main() -> None:
    PROVIDER.start()
    warnings.simplefilter("ignore")
    only = sys.argv[1:]
    report = {}
    for client in CLIENTS:
        if only and client.name not in only:
            continue
        failures = {answer.name: run(client, answer) for answer in recorded(client.api)}
        report[client.name] = {
            "package": client.package,
            "version": version(client.package),
            "api": client.api,
            "failures": {name: why for name, why in failures.items() if why},
        }
    importlib.import_module("langchain_core.tracers.langchain").wait_for_all_tracers()
    importlib.import_module("langsmith.run_trees").get_cached_client().flush()
    sys.stdout.write(json.dumps(report, indent=1))


if __name__ == "__main__":
    main()
