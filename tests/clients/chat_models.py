"""LangChain's chat models, whole and streamed."""

import os
from collections.abc import Callable
from functools import cache
from typing import Any

from tests.clients.client import KEY, PROMPT, Ask, Client, Metadata, both, load

GOOGLE = "langchain_google_genai:ChatGoogleGenerativeAI"
OPENAI = "langchain_openai:ChatOpenAI"
URL: dict[str, Any] = {"base_url": "{url}", "api_key": KEY}
AWS: dict[str, Any] = {
    "aws_access_key_id": KEY,
    "aws_secret_access_key": KEY,
    "region_name": "us-east-1",
    "endpoint_url": "{url}",
}


def asks(make: Callable[[str, str], Any], *, streamed: bool = False) -> Ask:
    """Asks the chat model that `make` makes of a provider's URL and a model, once of each."""
    made = cache(make)

    def ask(url: str, model: str, metadata: Metadata) -> None:
        chat_model, config = made(url, model), {"metadata": metadata}
        if streamed:
            list(chat_model.stream(PROMPT, config=config))
        else:
            chat_model.invoke(PROMPT, config=config)

    return ask


def made(path: str, url: str, model: str, **options: Any) -> Any:
    """The chat model at `path`; a `{url}` in its options is the provider's."""
    filled = {
        name: value.replace("{url}", url) if isinstance(value, str) else value
        for name, value in options.items()
    }
    return load(path)(model=model, **filled)


def chat(name: str, api: str, path: str, *, wire: str = "stream", **options: Any) -> list[Client]:
    """A chat model, asked both ways."""
    package = path.partition(":")[0].replace("_", "-")

    def make(url: str, model: str) -> Any:
        return made(path, url, model, **options)

    return both(name, package, api, lambda **how: asks(make, **how), wire)


def vertex(url: str, model: str) -> Any:
    return made(
        *("langchain_google_vertexai:ChatVertexAI", url, model),
        project="acme",
        location="us-central1",
        credentials=load("google.auth.credentials:AnonymousCredentials")(),
        api_transport="rest",
        api_endpoint="{url}",
    )


def perplexity(url: str, model: str) -> Any:
    os.environ["PERPLEXITY_BASE_URL"] = url
    return made("langchain_perplexity:ChatPerplexity", url, model, api_key=KEY)


CHAT_MODELS = [
    *chat("ChatOpenAI", "openai_chat", OPENAI, stream_usage=True, use_responses_api=False, **URL),
    *chat("ChatOpenAI, responses", "openai_responses", OPENAI, use_responses_api=True, **URL),
    *chat("ChatAnthropic", "anthropic_messages", "langchain_anthropic:ChatAnthropic", **URL),
    *chat(*("ChatGoogleGenerativeAI", "gemini", GOOGLE), google_api_key=KEY, base_url="{url}"),
    *both(
        *("ChatVertexAI", "langchain-google-vertexai", "gemini"),
        lambda **how: asks(vertex, **how),
        "vertex",
    ),
    *chat("ChatBedrockConverse", "bedrock_converse", "langchain_aws:ChatBedrockConverse", **AWS),
    *chat(
        *("ChatBedrock, Invoke", "anthropic_messages", "langchain_aws:ChatBedrock"),
        wire="bedrock_invoke",
        provider="anthropic",
        **AWS,
    ),
    *chat("ChatXAI", "xai_chat", "langchain_xai:ChatXAI", **URL),
    *chat("ChatMistralAI", "mistral_chat", "langchain_mistralai:ChatMistralAI", **URL),
    *chat(
        *("ChatDeepSeek", "deepseek_chat", "langchain_deepseek:ChatDeepSeek"),
        stream_usage=True,
        **URL,
    ),
    *chat("ChatGroq", "groq_chat", "langchain_groq:ChatGroq", **URL),
    *chat(
        *("ChatCohere", "cohere_chat", "langchain_cohere:ChatCohere"),
        base_url="{url}",
        cohere_api_key=KEY,
    ),
    *chat("ChatOllama", "ollama_chat", "langchain_ollama:ChatOllama", base_url="{url}"),
    *both(
        *("ChatPerplexity", "langchain-perplexity", "perplexity_chat"),
        lambda **how: asks(perplexity, **how),
    ),
]
