"""The agents' kits that LangSmith traces: each runs an agent of one turn."""

import asyncio
import json
import os
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import cache
from typing import Any

from tests.clients.client import KEY, PROMPT, Ask, Client, Metadata, both, load
from tests.clients.provider import PROVIDER

LOOP = asyncio.Runner()  # one for all, since their clients keep connections


@cache
def openai_agents(url: str) -> Any:
    """OpenAI's client, once LangSmith traces the agents."""
    load("agents:set_trace_processors")([load("langsmith.wrappers:OpenAIAgentsTracingProcessor")()])
    return load("openai:AsyncOpenAI")(base_url=url, api_key=KEY)


def openai(kind: str, *, streamed: bool = False) -> Ask:
    def ask(url: str, model: str, metadata: Metadata) -> None:
        client = openai_agents(url)
        agent = load("agents:Agent")(
            name="weather", model=load(f"agents:{kind}")(model=model, openai_client=client)
        )
        config = load("agents:RunConfig")(trace_metadata=metadata)
        LOOP.run(_run(agent, config, streamed=streamed))

    return ask


async def _run(agent: Any, config: Any, *, streamed: bool) -> None:
    runner = load("agents:Runner")
    with suppress(load("agents.exceptions:ModelRefusalError")):
        if not streamed:
            await runner.run(agent, PROMPT, run_config=config)
            return
        async for _ in runner.run_streamed(agent, PROMPT, run_config=config).stream_events():
            pass


def google_adk(*, streamed: bool = False) -> Ask:
    def ask(url: str, model: str, metadata: Metadata) -> None:
        os.environ["GOOGLE_API_KEY"] = KEY
        load("langsmith.integrations.google_adk:configure_google_adk")(metadata=metadata)
        gemini = load("google.adk.models.google_llm:Gemini")(model=model, base_url=url)
        agent = load("google.adk.agents:LlmAgent")(name="weather", model=gemini)
        runner = load("google.adk.runners:InMemoryRunner")(agent=agent, app_name="weather")
        LOOP.run(_turn(runner, streamed=streamed))

    return ask


async def _turn(runner: Any, *, streamed: bool) -> None:
    modes = load("google.adk.agents.run_config:StreamingMode")
    session = await runner.session_service.create_session(app_name="weather", user_id="u")
    types = load("google.genai:types")
    message = types.Content(role="user", parts=[types.Part(text=PROMPT)])
    config = load("google.adk.agents.run_config:RunConfig")(
        streaming_mode=modes.SSE if streamed else modes.NONE
    )
    async for _ in runner.run_async(
        user_id="u", session_id=session.id, new_message=message, run_config=config
    ):
        pass


class ClaudeCode:
    """In place of the program that the Claude Agent SDK starts: says the provider's answer."""

    def __init__(self) -> None:
        self._said: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()

    async def connect(self) -> None:
        """Nothing is started."""

    async def write(self, data: str) -> None:
        told = json.loads(data)
        if told["type"] == "control_request":
            reply = {"subtype": "success", "request_id": told["request_id"], "response": {}}
            await self._said.put({"type": "control_response", "response": reply})
        if told["type"] == "user":
            await self._said.put({"type": "assistant", "message": PROVIDER.answer})
            await self._said.put(
                {
                    "type": "result",
                    "subtype": "success",
                    "duration_ms": 1,
                    "duration_api_ms": 1,
                    "is_error": False,
                    "num_turns": 1,
                    "session_id": "s",
                }
            )

    async def read_messages(self) -> AsyncIterator[dict[str, Any]]:
        while (message := await self._said.get()) is not None:
            yield message

    async def close(self) -> None:
        await self._said.put(None)

    def is_ready(self) -> bool:
        return True

    async def end_input(self) -> None:
        """There is no more to say."""


def claude_agent(_url: str, _model: str, metadata: Metadata) -> None:
    load("langsmith.integrations.claude_agent_sdk:configure_claude_agent_sdk")(metadata=metadata)
    LOOP.run(_conversation())


async def _conversation() -> None:
    options = load("claude_agent_sdk:ClaudeAgentOptions")()
    client = load("claude_agent_sdk:ClaudeSDKClient")(options=options, transport=ClaudeCode())
    async with client:
        await client.query(PROMPT)
        async for _ in client.receive_response():
            pass


def google_adk_live(_url: str, model: str, metadata: Metadata) -> None:
    """The function of LangSmith's alone that reads the usage: the live mode is a web socket."""
    held = load("google.genai.types:GenerateContentResponseUsageMetadata")
    known = {field.alias for field in held.model_fields.values()}
    all_ = PROVIDER.answer["usageMetadata"] or {}
    said = {name: part for name, part in all_.items() if name in known}
    normalized = load("langsmith.integrations._gemini_usage:normalize_gemini_usage_metadata")(
        held.model_validate(said)
    )
    named = {**metadata, "ls_model_name": model, "ls_provider": "google"}
    traced = load("langsmith:traceable")(run_type="llm", metadata=named)
    traced(lambda: {"usage_metadata": normalized})()


AGENTS = [
    *both(
        *("OpenAI Agents, responses", "openai-agents", "openai_responses"),
        lambda **how: openai("OpenAIResponsesModel", **how),
    ),
    *both(
        *("OpenAI Agents, chat completions", "openai-agents", "openai_chat"),
        lambda **how: openai("OpenAIChatCompletionsModel", **how),
    ),
    Client("Claude Agent SDK", "claude-agent-sdk", "anthropic_messages", claude_agent),
    *both("Google ADK", "google-adk", "gemini", google_adk),
    Client("Google ADK, live", "langsmith", "gemini", google_adk_live),
]
