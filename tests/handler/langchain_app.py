"""An application as people write them: LangChain, LangGraph and `@traceable`, tagged by feature.

Run with LangSmith's own environment variables set; the model is fake and reports usage.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, TypedDict

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.messages.ai import InputTokenDetails, UsageMetadata
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.tools import tool
from langchain_core.tracers.langchain import wait_for_all_tracers
from langgraph.graph import END, START, StateGraph
from langsmith import get_current_run_tree, traceable


class ChatAcme(BaseChatModel):
    """A chat model that answers at once and says what it used."""

    model: str
    tokens: tuple[int, int]
    cache_read: int = 0
    broken: bool = False

    @property
    def _llm_type(self) -> str:
        return "acme"

    def _generate(
        self, messages: list[BaseMessage], stop: list[str] | None = None, *_: Any, **__: Any
    ) -> ChatResult:
        if self.broken:
            raise TimeoutError("the model does not answer")
        usage = UsageMetadata(
            input_tokens=self.tokens[0],
            output_tokens=self.tokens[1],
            total_tokens=sum(self.tokens),
            input_token_details=InputTokenDetails(cache_read=self.cache_read),
        )
        message = AIMessage(content="Fine.", usage_metadata=usage)
        return ChatResult(generations=[ChatGeneration(message=message)])


class State(TypedDict):
    text: str


@tool
def search(query: str) -> str:
    """Search the shop."""
    return f"nothing for {query}"


def rag_search() -> None:
    """Two good calls and a failed one, tagged by the invocation's config."""
    prompt = ChatPromptTemplate.from_messages([("human", "{question}")])
    tagged: Any = {"metadata": {"feature": "rag-search", "env": "prod"}}
    chain = prompt | ChatAcme(model="gpt-4o", tokens=(1000, 200))
    chain.invoke({"question": "where?"}, config=tagged)
    chain.invoke({"question": "when?"}, config=tagged)
    broken = prompt | ChatAcme(model="gpt-4o", tokens=(0, 0), broken=True)
    with suppress(TimeoutError):
        broken.invoke({"question": "why?"}, config=tagged)


def summarizer() -> None:
    """Three calls of one batch, partly from the cache."""
    model = ChatAcme(model="gpt-4o-mini-2024-07-18", tokens=(500, 50), cache_read=200)
    model.batch(["one", "two", "three"], config={"metadata": {"feature": "summarizer"}})


def agent_copilot() -> None:
    """A graph whose nodes call the model, a tool, and a graph that calls the model."""
    model = ChatAcme(model="gpt-4o", tokens=(1200, 300))

    def think(state: State) -> State:
        return {"text": str(model.invoke(state["text"]).content)}

    def look_up(state: State) -> State:
        return {"text": str(search.invoke({"query": state["text"]}))}

    inner = StateGraph(State)
    inner.add_node("draft", think)
    inner.add_edge(START, "draft")
    inner.add_edge("draft", END)
    graph = StateGraph(State)
    graph.add_node("plan", think)
    graph.add_node("look_up", look_up)
    graph.add_node("write", inner.compile())
    graph.add_node("check", think)
    graph.add_edge(START, "plan")
    graph.add_edge("plan", "look_up")
    graph.add_edge("look_up", "write")
    graph.add_edge("write", "check")
    graph.add_edge("check", END)
    graph.compile().invoke(
        {"text": "help"}, config={"metadata": {"feature": "agent-copilot", "user_tier": "pro"}}
    )


@traceable(run_type="llm", name="call_model")
def call_model(text: str) -> Any:
    """A second LLM run around the model's own, with the same usage."""
    message = ChatAcme(model="gpt-4o", tokens=(800, 400)).invoke(text)
    return {"content": message.content, "usage_metadata": message.usage_metadata}


@traceable(metadata={"feature": "email-drafts"})
def email_drafts() -> None:
    """One call, wrapped."""
    call_model("dear customer")


@traceable
def support() -> None:
    """One call, whose feature is known only after it: the root alone has the tag."""
    ChatAcme(model="gpt-4o", tokens=(100, 10)).invoke("hello")
    run = get_current_run_tree()
    assert run is not None
    run.add_metadata({"feature": "support"})


@traceable(metadata={"feature": "imports"})
def imports() -> None:
    """One call in a plain thread, which leaves the trace and its tag behind."""
    with ThreadPoolExecutor() as pool:
        pool.submit(ChatAcme(model="gpt-4o", tokens=(60, 6)).invoke, "hello").result()


if __name__ == "__main__":
    rag_search()
    summarizer()
    agent_copilot()
    email_drafts()
    support()
    imports()
    wait_for_all_tracers()
