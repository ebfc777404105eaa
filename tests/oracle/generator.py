"""A day's runs with every trap in them, as many as you like, the same for the same seed."""

import random
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from local.langsmith_server.store import dotted_step
from tests.oracle.oracle import Case, Model

type RawRun = dict[str, Any]

PROJECTS = ("app", "agents")
DIMENSIONS = ("env", "user_tier")
BUDGETS: Mapping[str, Any] = {
    "features": {"rag-search": 0.5, "agent-copilot": {"monthly": 5}, "42": {"daily": 0.001}},
    "default": {"daily": 0.25},
}
_BEDROCK = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
_TUNED = "ft:gpt-4o-mini-2024-07-18"
_ARN = "arn:aws:bedrock:us-east-1:123456789012"


def _listed(name: str, provider: str | None, parameter: str) -> Model:
    """A model whose price stands in the documents under the name `parameter`."""
    return Model(name, provider, name.strip(), parameter)


def _public(name: str, provider: str, catalogue: tuple[str, str], shown: str = "") -> Model:
    """A model that the catalogue has, under that name and provider."""
    return Model(name, provider, shown or name, None, catalogue)


MODELS: Sequence[Model] = (
    _listed("gpt-4o", "openai", "gpt-4o"),
    _listed("gpt-4o", "azure", "gpt-4o"),
    _listed("  gpt-4o\n", "openai", "gpt-4o"),
    _listed("gpt-4o-2024-08-06", "openai", "gpt-4o"),
    _listed("openai/gpt-4o", "openai", "gpt-4o"),
    _listed("copilot-eu", "azure", "copilot-eu"),
    _listed("house-llm", "vllm", "house-llm"),
    _listed("house-llm", None, "house-llm"),
    _listed("claude-3-5-sonnet-20241022", "anthropic", "claude-3-5-sonnet-20241022"),
    _listed("not-yet", "vllm", "not-yet"),
    _public("gpt-4o-mini", "openai", ("gpt-4o-mini", "openai")),
    _public("gpt-5-mini", "openai", ("gpt-5-mini", "openai")),
    _public("gpt-4o-audio-preview", "openai", ("gpt-4o-audio-preview", "openai")),
    _public("gpt-audio", "openai", ("gpt-audio", "openai")),
    _public("gpt-6.1-sol", "openai", ("gpt-6.1-sol", "openai")),
    _public("gpt-6-luna", "openai", ("gpt-6-luna", "openai")),
    _public("claude-sonnet-5-5", "anthropic", ("claude-sonnet-5-5", "anthropic")),
    _public("claude-haiku-5-5", "anthropic", ("claude-haiku-5-5", "anthropic")),
    _public("gemini-3.8-flash", "google_genai", ("gemini-3.8-flash", "google")),
    _public("models/gemini-2.5-flash", "google_vertexai", ("gemini-2.5-flash", "google")),
    _public("deepseek-reasoner", "deepseek", ("deepseek-reasoner", "deepseek")),
    _public(_BEDROCK, "amazon_bedrock", (_BEDROCK, "aws")),
    _public(f"{_ARN}:inference-profile/{_BEDROCK}", "bedrock", (_BEDROCK, "aws"), _BEDROCK),
    _public(f"{_TUNED}:acme::a", "openai", (f"{_TUNED}:acme::a", "openai"), _TUNED),
    Model("ft:gpt-6-luna:acme::b", "openai", "ft:gpt-6-luna"),
    Model(f"{_ARN}:application-inference-profile/k3j2", "bedrock", "k3j2"),
    Model("whisper-1", "openai", "whisper-1"),
    Model("acme-7b", "vllm", "acme-7b"),
    Model("=cmd|' /C'!A0", "vllm", "=cmd|' /C'!A0"),
    Model(7, None, "7"),
    Model(None, "openai", ""),
    Model(None, None, ""),
)
# What applications write where a feature or a dimension is expected.
ODD_VALUES: Sequence[Any] = (
    *("rag-search", "rag-search", "agent-copilot", "summarizer", "email-drafts", "  rag-search "),
    *("", "   ", None, 42, "42", 4.5, 1, 1.0, True, False, 0, ["a", "b"], {"a": [1]}, "untagged"),
    *(
        "x" * 400,
        "=1+1",
        "+x",
        "-x",
        "@x",
        "\ttab",
        "a\nb",
        "a b",
        "c\r\nd",
        'q "u", o',
        "ünï 🚀",
        "a\u00a0b",
    ),
)
NAMES = ("ChatOpenAI", "ChatAnthropic", "call model", "=SUM(A1)", "two\nlines", "")
_HOUR = timedelta(hours=1)
_FIVE_MINUTES, _ONE_HOUR = "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens"
_LONGEST_ORDINARY = 8000
_SILENT: Sequence[Mapping[str, Any]] = (
    {},
    {"prompt_tokens": None, "completion_tokens": None, "total_tokens": None},
    {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
    {"prompt_tokens": -7, "completion_tokens": -3, "total_tokens": -10},
)


def prices(day: date) -> dict[str, Any]:
    """Documents with a history: prices change at midnights UTC in and around `day`."""

    def on(offset: int) -> str:
        return str(day + timedelta(days=offset))

    return {
        "gpt-4o": {"input": 2.50, "output": 10.00, "cache_read": 1.25},
        "copilot-eu": {"alias_of": "gpt-4o"},
        "house-llm": {"input": 0.07, "output": 0.333, "cache_write": 0.0913},
        "claude-3-5-sonnet-20241022": [
            {"effective_from": on(1), "input": 2.70, "output": 13.50, "cache_write": 3.40},
            {"input": 3.00, "output": 15.00, "cache_read": 0.30, "cache_write": 3.75},
            {"effective_from": on(0), "input": 2.85, "output": 14.25, "cache_read": 0.28},
            {"effective_from": on(2), "input": 99, "output": 99},
        ],
        "not-yet": [{"effective_from": on(1), "input": 1, "output": 2}],
    }  # fmt: skip


def case(day: date, timezone: str, llm_runs: int, seed: int) -> Case:
    """At least `llm_runs` LLM runs on `day`, and others around it."""
    generator = _Generator(day, timezone, seed)
    runs: dict[str, list[RawRun]] = {project: [] for project in PROJECTS}
    on_the_day = 0
    while on_the_day < llm_runs:
        project = generator.chance.choice(PROJECTS)
        for run in generator.trace():
            runs[project].append(run)
            on_the_day += run["run_type"] == "LLM" and generator.is_today(run["start_time"])
    return Case(day, timezone, runs, MODELS, prices(day), BUDGETS, DIMENSIONS)


@dataclass(frozen=True, slots=True)
class _Node:
    """A run under construction: its place in the tree, and the time that its children have."""

    parent_ids: list[str]
    dotted_order: str
    start: datetime
    end: datetime
    depth: int


class _Generator:
    def __init__(self, day: date, timezone: str, seed: int) -> None:
        self.chance = random.Random(seed)
        zone = ZoneInfo(timezone)
        self._start, self._end = (
            datetime.combine(date_, time(), zone).astimezone(UTC)
            for date_ in (day, day + timedelta(days=1))
        )

    def is_today(self, instant: datetime) -> bool:
        return self._start <= instant < self._end

    def trace(self) -> Iterator[RawRun]:
        """A tree of runs, one to five deep."""
        start = self._trace_start()
        longest = self.chance.choice((0.01, 1, 60, 600, 3600, 4 * 3600))
        end = start + timedelta(microseconds=int(longest * 1e6 * (1 + self.chance.random())))
        runs = list(self._run(_Node([], "", start, end, 0)))
        if self._one_in(30) and end - start < _HOUR:
            for run in runs:
                run["dotted_order"] = None
        if self._one_in(40) and len(runs) > 1:
            del runs[0]  # a root that LangSmith does not have
        yield from runs

    def _trace_start(self) -> datetime:
        edge = self.chance.choice((self._start, self._end))
        kind = self.chance.random()
        if kind < 0.03:
            return edge
        if kind < 0.05:
            return edge - timedelta(microseconds=1)
        if kind < 0.30:
            return edge + timedelta(seconds=self.chance.uniform(-2 * 3600, 2 * 3600))
        length = (self._end - self._start).total_seconds()
        return self._start + timedelta(seconds=self.chance.uniform(0, length))

    def _run(self, node: _Node) -> Iterator[RawRun]:
        id_ = str(uuid.UUID(int=self.chance.getrandbits(128), version=4))
        step = dotted_step(node.start, id_)
        dotted_order = f"{node.dotted_order}.{step}" if node.dotted_order else step
        run_type = self.chance.choice(("LLM", "LLM", "LLM", "CHAIN", "TOOL"))
        run: RawRun = {
            "id": id_,
            "name": self.chance.choice(NAMES),
            "run_type": run_type,
            "status": self.chance.choice((*("SUCCESS",) * 12, "ERROR", None)),
            "start_time": node.start,
            "end_time": node.end,
            "trace_id": node.parent_ids[0] if node.parent_ids else id_,
            "parent_run_ids": node.parent_ids,
            "dotted_order": dotted_order,
            "metadata": self._metadata(),
        }
        if run_type == "LLM" or self._one_in(3):
            run.update(self._usage(), total_cost=self._recorded())
        if run_type == "LLM":
            model = self.chance.choice(MODELS)
            named = {"ls_model_name": model.name, "ls_provider": model.provider}
            run["metadata"] |= {key: value for key, value in named.items() if value is not None}
        if self._one_in(25) and node.end - node.start < _HOUR:
            run |= {"status": "PENDING", "end_time": None}
        yield run
        for _ in range(self._children(node.depth)):
            yield from self._run(self._below(node, id_, dotted_order))

    def _children(self, depth: int) -> int:
        most = (4, 3, 2, 1, 0)[depth]
        return self.chance.randint(0, most)

    def _below(self, node: _Node, id_: str, dotted_order: str) -> _Node:
        length = node.end - node.start
        start = node.start + length * self.chance.random()
        end = start + (node.end - start) * self.chance.random()
        return _Node([*node.parent_ids, id_], dotted_order, start, end, node.depth + 1)

    def _metadata(self) -> dict[str, Any]:
        metadata = {}
        if self._one_in(3):
            metadata["feature"] = self.chance.choice(ODD_VALUES)
        if not self._one_in(4):
            metadata["env"] = self.chance.choice(("prod", "prod", "dev", *ODD_VALUES))
        if self._one_in(2):
            metadata["user_tier"] = self.chance.choice(("free", "pro", 1, 1.0, True, -0.0, 0))
        if self._one_in(5):
            metadata["langgraph_node"] = self.chance.choice(("agent", "answer", 3))
        if self._one_in(10):
            rate = self.chance.choice((0.5, "0.25", 0.2, 1, 1.0, 0, "often"))
            metadata["ls_tracing_sample_rate"] = rate
        if self._one_in(10):
            metadata["usage_metadata"] = {"input_tokens": 10**6}
        return metadata

    def _recorded(self) -> float | None:
        cost = self.chance.random() * 0.1
        return self.chance.choice((None, None, 0.0, cost, round(cost, 6), round(cost, 9)))

    def _usage(self) -> RawRun:
        """Token fields; one kind of trouble at a time."""
        chance = self.chance
        if self._one_in(9):
            return dict(chance.choice(_SILENT))
        prompt, completion = chance.randint(1, _LONGEST_ORDINARY), chance.randint(1, 2000)
        if self._one_in(18):
            prompt = chance.choice((100_000, 100_001, 272_000, 272_001, 900_000))
        total = prompt + completion
        details, classes = self._details(prompt), self._output_classes(completion)
        if self._one_in(18):
            details, total = {"cache_read": prompt * 2}, prompt * 3 + completion
        elif self._one_in(6):
            # Thinking beside the output; a tool's prompt as well; or a total that is too small.
            beside = (sum(classes.values()), completion * 3, chance.randint(1, 900), -9)
            total += chance.choice(beside)
        elif self._one_in(18):
            prompt, details = -prompt, None
        elif self._one_in(18):
            completion = -completion
        return {
            "prompt_tokens": prompt,
            "completion_tokens": completion,
            "total_tokens": total,
            "prompt_token_details": None if details is None else {"raw": details},
            "completion_token_details": {"raw": classes},
        }

    def _output_classes(self, completion: int) -> dict[str, int]:
        part = completion // self.chance.randint(1, 5)
        return self.chance.choice(
            (
                *({"reasoning": part},) * 4,
                {},
                {"reasoning": completion * 2},
                {"audio": part, "text": completion - part},
                {"reasoning": 0, "audio": 0},
                {"citations": part},
                {"flex": part, "flex_reasoning": completion - part},
            )
        )

    def _details(self, prompt: int) -> Mapping[str, int | None] | None:
        """Classes of a prompt; some are more than the whole, or negative."""
        part = prompt // self.chance.randint(2, 9)
        if prompt > _LONGEST_ORDINARY:
            # More than a long prompt's whole: the package refuses to say which tier that is.
            return {"cache_read": part}
        tier = self.chance.choice(("flex", "priority"))
        kinds: Sequence[Mapping[str, int | None] | None] = (
            *(None,) * 6,
            *({"cache_read": part},) * 3,
            {"cache_creation": part, "cache_read": part // 2},
            {_FIVE_MINUTES: part, _ONE_HOUR: part // 3},
            {"cache_creation": part, _FIVE_MINUTES: part - 1, _ONE_HOUR: 1},
            {"cache_creation": 0, _FIVE_MINUTES: 0, _ONE_HOUR: part, "cache_read": 1},
            {tier: prompt - part, f"{tier}_cache_read": part},
            {"cache_read": prompt + part},
            {"cache_creation": prompt, "cache_read": prompt},
            {"cache_read": part, "cache_read_over_200k": part},
            {"cache_read": prompt, "cache_read_over_200k": part},
            {_FIVE_MINUTES: part, "ephemeral_1hr_input_tokens": part // 2},
            {"cache_write": part, "cache_read": None},
            {"warp_tokens": part},
            {"batch": prompt - part, "batch_cache_read": part},
            {"audio": part, "cache_read": prompt - part // 2},
            {"cache_read": -part},
            {"audio": part, "text": prompt - part},
        )
        return self.chance.choice(kinds)

    def _one_in(self, count: int) -> bool:
        return self.chance.randrange(count) == 0
