"""The contract once more, run by run: what every cell of a day's reports must be.

Written from the contract alone and sharing no code with the function; slow, and meant to be read.
Catalogue prices come from genai-prices' own `calc_price`, asked for each run by itself, under
the name and the provider that a person looked up.
"""

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from genai_prices import Usage, calc_price

type RawRun = Mapping[str, Any]
type Row = dict[str, str]

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Model:
    """A model as runs name it, and what a person knows about it.

    `parameter` is the name under which the documents have its price; `catalogue` is the name
    and the provider under which genai-prices has it; None where they have none.
    """

    name: Any
    provider: Any
    shown: str
    parameter: str | None = None
    catalogue: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """A day's runs, of any type, by project, and what the function is told besides."""

    day: date
    timezone: str
    runs: Mapping[str, Sequence[RawRun]]
    models: Sequence[Model]
    prices: Mapping[str, Any]
    budgets: Mapping[str, Any]
    dimensions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Tokens:
    input: int
    output: int
    read: int
    write_5m: int
    write_1h: int
    tier: str | None
    audio_in: int = 0
    audio_out: int = 0
    unexplained: int = 0

    @property
    def cached(self) -> int:
        return self.read + self.write_5m + self.write_1h

    @property
    def audio_read(self) -> int:
        """As much of the audio as finds no place among what no cache has."""
        return min(self.read, max(0, self.audio_in - (self.input - self.cached)))

    @property
    def audio_fresh(self) -> int:
        return min(self.audio_in, self.input - self.cached)

    @property
    def any(self) -> bool:
        return bool(self.input or self.output)


@dataclass(frozen=True, slots=True)
class Call:
    """A counted run."""

    run: RawRun
    project: str
    feature: str
    tokens: Tokens
    model: Model
    cost: Decimal
    source: str

    @property
    def recorded(self) -> Decimal:
        """LangSmith's cost."""
        cost = self.run.get("total_cost")
        return Decimal(repr(cost)) if cost and cost > 0 else ZERO

    @property
    def unpriced(self) -> bool:
        return self.source == "unpriced" and self.tokens.any


@dataclass
class Sums:
    calls: int = 0
    input: int = 0
    output: int = 0
    read: int = 0
    cost: Decimal = ZERO
    recorded: Decimal = ZERO
    unpriced: int = 0
    errors: int = 0
    error_cost: Decimal = ZERO
    of: list[Call] = field(default_factory=list)

    def add(self, call: Call) -> None:
        self.calls += 1
        self.input += call.tokens.input
        self.output += call.tokens.output
        self.read += call.tokens.read
        self.cost += call.cost
        self.recorded += call.recorded
        self.unpriced += call.unpriced
        if call.run["status"] == "ERROR":
            self.errors += 1
            self.error_cost += call.cost
        self.of.append(call)


def text(value: Any) -> str:
    """A metadata value: trimmed text on one line, other JSON as written, nothing for null.

    In NFC, without invisible and control characters; what is longer than 200 characters keeps
    191 of them, an ellipsis, and eight digits of the hash of the whole.
    """
    if value is None:
        return ""
    written = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    seen = [c for c in one_line(written) if unicodedata.category(c) not in ("Cc", "Cf")]
    whole = unicodedata.normalize("NFC", "".join(seen)).strip()
    if len(whole) <= 200:
        return whole
    return f"{whole[:191]}…{hashlib.sha256(whole.encode()).hexdigest()[:8]}"


def one_line(value: str) -> str:
    return re.sub("\r\n|\r|\n|\t", " ", value)


def cell(value: str) -> str:
    """Text as a CSV may hold it."""
    guarded = f"'{value}" if value[:1] in ("=", "+", "-", "@", "\t", "\r") and value else value
    return one_line(guarded)


def usd(amount: Decimal | Fraction) -> str:
    if isinstance(amount, Fraction):
        amount = Decimal(round(amount * 10**6)) / 10**6
    return f"{amount.quantize(Decimal('0.000001'), ROUND_HALF_EVEN):f}"


def percent(part: Decimal, whole: Decimal) -> str:
    if not whole:
        return ""
    return f"{(100 * part / whole).quantize(Decimal('0.1'), ROUND_HALF_EVEN):f}"


TIERS = ("flex", "priority", "batch")


def tokens_of(run: RawRun) -> Tokens:
    """Where the tokens of a run belong. Negative counts are none."""

    def count(value: Any) -> int:
        return max(0, int(value or 0))

    def classes(side: str) -> dict[tuple[str, str], int]:
        """By tier and name without it, what is more than nothing."""
        raw = (run.get(f"{side}_token_details") or {}).get("raw") or {}
        found = {}
        for name, value in raw.items():
            tier = next((t for t in TIERS if name == t or name.startswith(f"{t}_")), "")
            bare = name.removeprefix(tier).removeprefix("_") if tier else name
            if count(value):
                found[tier, bare] = count(value)
        return found

    ins, outs = classes("prompt"), classes("completion")

    def of(group: Mapping[tuple[str, str], int], *names: str) -> int:
        return sum(tokens for (_, name), tokens in group.items() if name in names)

    prompt, completion, total = (
        count(run.get(f"{name}_tokens")) for name in ("prompt", "completion", "total")
    )
    hour = of(ins, "ephemeral_1h_input_tokens", "ephemeral_1hr_input_tokens")
    five = of(ins, "ephemeral_5m_input_tokens")
    written = max(of(ins, "cache_creation", "cache_write"), five + hour)
    low, high = of(ins, "cache_read"), of(ins, "cache_read_over_200k")
    read = low + high
    if read > prompt >= max(low, high):
        read = max(low, high)
    input_, output, unexplained = explained(
        prompt, completion, total, read + written, of(outs, "reasoning")
    )
    tier = next((tier for tier, _ in (*ins, *outs) if tier), None)
    audio = min(of(ins, "audio"), input_), min(of(outs, "audio"), output)
    return Tokens(input_, output, read, written - hour, hour, tier, *audio, unexplained)


def explained(
    prompt: int, completion: int, total: int, cached: int, thought: int
) -> tuple[int, int, int]:
    """Input, output, and what of the input nothing explains.

    There are four stories: the cached tokens are inside the input or beside it, the thinking
    inside the output or beside it. What is larger than its place is beside it for certain. Of the
    stories that remain, the one is true that comes to the total, that of the cache first. If
    none does, the thinking is beside the output as far as the total has room for it.
    """
    cache_stories = (1,) if cached > prompt else (0, 1)
    thought_stories = (1,) if thought > completion else (0, 1)

    def told(cache_beside: int, thought_beside: int) -> tuple[int, int]:
        return prompt + cached * cache_beside, completion + thought * thought_beside

    least = told(cache_stories[0], thought_stories[0])
    room = total - sum(least)
    if room <= 0:
        return *least, 0
    for story in ((1, thought_stories[0]), (cache_stories[0], 1), (1, 1)):
        if sum(told(*story)) == total:
            return *told(*story), 0
    beside = min(room, thought) if len(thought_stories) > 1 else 0
    return least[0] + room - beside, least[1] + beside, room - beside


class Oracle:
    """What the reports of `case` must say."""

    def __init__(self, case: Case) -> None:
        self.case = case
        zone = ZoneInfo(case.timezone)
        self.start, self.end = (
            datetime.combine(day, time(), zone).astimezone(UTC)
            for day in (case.day, case.day + timedelta(days=1))
        )
        self._all = {run["id"]: run for runs in case.runs.values() for run in runs}
        self._models = {(text(m.name), text(m.provider)): m for m in case.models}

    @cached_property
    def population(self) -> list[tuple[str, RawRun]]:
        """The day's LLM runs, with their projects, each once."""
        found = {}
        for project, runs in self.case.runs.items():
            for run in runs:
                if run["run_type"] == "LLM" and self.start <= run["start_time"] < self.end:
                    found[run["id"]] = (project, run)
        return list(found.values())

    @cached_property
    def calls(self) -> list[Call]:
        """The population without the wrappers."""
        inside = defaultdict(list)
        for run in self._all.values():
            if run["run_type"] == "LLM":
                for above in run["parent_run_ids"]:
                    inside[above].append(run)

        def is_call(run: RawRun) -> bool:
            within = inside[run["id"]]
            if tokens_of(run).any:
                return not any(tokens_of(inner).any for inner in within)
            around = (self._all.get(above) for above in run["parent_run_ids"])
            return not within and not any(
                outer and outer["run_type"] == "LLM" and tokens_of(outer).any for outer in around
            )

        return [self._call(project, run) for project, run in self.population if is_call(run)]

    def _call(self, project: str, run: RawRun) -> Call:
        metadata = run["metadata"]
        tokens = tokens_of(run)
        model = self._models[text(metadata.get("ls_model_name")), text(metadata.get("ls_provider"))]
        cost, source = self._price(run, model, tokens)
        return Call(run, project, self._feature(run), tokens, model, cost, source)

    def _feature(self, run: RawRun) -> str:
        above = [self._all.get(id_) for id_ in reversed(run["parent_run_ids"])]
        for each in (run, *above):
            if each and (tag := text(each["metadata"].get("feature"))):
                return tag
        return "untagged"

    def _price(self, run: RawRun, model: Model, tokens: Tokens) -> tuple[Decimal, str]:
        if model.parameter:
            price = self._in_force(model.parameter, run["start_time"])
            if price is not None:
                return _by_parameter(price, tokens), "parameter"
        if model.catalogue:
            return _by_catalogue(*model.catalogue, run["start_time"], tokens), "catalogue"
        recorded = run.get("total_cost")
        if recorded and recorded > 0:
            return Decimal(repr(recorded)), "langsmith"
        return ZERO, "unpriced"

    def _in_force(self, name: str, start: datetime) -> Mapping[str, Any] | None:
        entry = self.case.prices[name]
        if "alias_of" in entry:
            return self._in_force(entry["alias_of"], start)
        history = entry if isinstance(entry, list) else [entry]
        since = [
            (
                datetime.combine(
                    date.fromisoformat(p.get("effective_from", "0001-01-01")), time(), UTC
                ),
                p,
            )
            for p in history
        ]
        valid = [pair for pair in since if pair[0] <= start]
        return max(valid, key=lambda pair: pair[0])[1] if valid else None

    def _by(self, *keys: Any, calls: Iterable[Call] | None = None) -> dict[tuple[str, ...], Sums]:
        sums: dict[tuple[str, ...], Sums] = defaultdict(Sums)
        for call in self.calls if calls is None else calls:
            sums[tuple(key(call) for key in keys)].add(call)
        return sums

    @cached_property
    def total(self) -> Sums:
        sums = Sums()
        for call in self.calls:
            sums.add(call)
        return sums

    def spend_by_feature(self) -> list[Row]:
        sums = self._by(lambda call: call.feature)
        rows = []
        for (feature,), of in sorted(sums.items(), key=lambda item: (-item[1].cost, item[0])):
            budget = self._daily(feature)
            rows.append(
                {
                    "date": str(self.case.day),
                    "feature": cell(feature),
                    "calls": str(of.calls),
                    "input_tokens": str(of.input),
                    "output_tokens": str(of.output),
                    "estimated_cost_usd": usd(of.cost),
                    "cached_input_tokens": str(of.read),
                    "unpriced_calls": str(of.unpriced),
                    "error_calls": str(of.errors),
                    "daily_budget_usd": "" if budget is None else usd(budget),
                    "budget_used_pct": "" if budget is None else percent(of.cost, budget),
                    "owner": "",
                    "usual_usd": "",
                    "error_cost_usd": usd(of.error_cost),
                }
            )
        return rows

    def _daily(self, feature: str) -> Decimal | None:
        entry = self.case.budgets["features"].get(feature, self.case.budgets.get("default"))
        daily = entry.get("daily") if isinstance(entry, dict) else entry
        return None if daily is None else Decimal(str(daily))

    def spend_detail(self) -> list[Row]:
        """In no particular order: the contract names none."""

        def value(key: str) -> Any:
            return lambda call: text(call.run["metadata"].get(key))

        dimensions = self.case.dimensions
        names = ("project", "feature", *dimensions, "provider", "model", "price_source")
        sums = self._by(
            lambda call: call.project,
            lambda call: call.feature,
            *map(value, dimensions),
            value("ls_provider"),
            lambda call: call.model.shown,
            lambda call: call.source,
        )
        return [
            {
                "date": str(self.case.day),
                **dict(zip(names, map(cell, key), strict=True)),
                "calls": str(of.calls),
                "input_tokens": str(of.input),
                "output_tokens": str(of.output),
                "estimated_cost_usd": usd(of.cost),
                "cached_input_tokens": str(of.read),
                "langsmith_cost_usd": usd(of.recorded),
            }
            for key, of in sums.items()
        ]

    def untagged(self) -> list[Row]:
        """In no particular order among equal costs."""

        def root_name(call: Call) -> str:
            above = call.run["parent_run_ids"]
            root = self._all.get(above[0]) if above else call.run
            return root["name"] if root else ""

        names = ("project", "root_name", "run_name", "model", "langgraph_node")
        sums = self._by(
            lambda call: call.project,
            root_name,
            lambda call: call.run["name"],
            lambda call: call.model.shown,
            lambda call: text(call.run["metadata"].get("langgraph_node")),
            calls=(call for call in self.calls if call.feature == "untagged"),
        )
        return [
            {
                "date": str(self.case.day),
                **dict(zip(names, map(cell, key), strict=True)),
                "calls": str(of.calls),
                "estimated_cost_usd": usd(of.cost),
                "share_pct": percent(of.cost, self.total.cost),
            }
            for key, of in sums.items()
        ]

    @cached_property
    def _requests(self) -> dict[str, tuple[str, Sums]]:
        """By trace, the feature that costs most in it, and its sums."""
        found = {}
        for (trace,), of in self._by(lambda call: call.run["trace_id"]).items():
            by_feature = self._by(lambda call: call.feature, calls=of.of)
            (owner,), _ = min(by_feature.items(), key=lambda item: (-item[1].cost, item[0]))
            found[trace] = (owner, of)
        return found

    def top_requests(self) -> list[Row]:
        """Without the `url`, which depends on LangSmith's address."""
        costliest = sorted(self._requests.items(), key=lambda item: (-item[1][1].cost, item[0]))
        return [
            {
                "date": str(self.case.day),
                "project": of.of[0].project,
                "feature": cell(feature),
                "trace_id": trace,
                "root_name": cell(self._all[trace]["name"]) if trace in self._all else "",
                "calls": str(of.calls),
                "input_tokens": str(of.input),
                "output_tokens": str(of.output),
                "estimated_cost_usd": usd(of.cost),
            }
            for trace, (feature, of) in costliest[:100]
        ]

    def cost_per_request(self) -> dict[str, Any]:
        by_feature: dict[str, list[Decimal]] = defaultdict(list)
        for feature, of in self._requests.values():
            by_feature[feature].append(of.cost)
        found = {}
        for feature, costs in by_feature.items():
            costs.sort()
            count = len(costs)
            middle = (costs[(count - 1) // 2] + costs[count // 2]) / 2
            nearest_rank = max(1, (95 * count + 99) // 100)
            found[feature] = {
                "requests": count,
                "median_usd": usd(middle),
                "p95_usd": usd(costs[nearest_rank - 1]),
                "maximum_usd": usd(costs[-1]),
            }
        return found

    def by_source(self) -> dict[str, str]:
        return {key[0]: usd(of.cost) for key, of in self._by(lambda call: call.source).items()}

    def second_opinion(self) -> dict[str, tuple[str, str]]:
        """By model, our cost and LangSmith's over the runs that both have a cost of."""
        compared = [c for c in self.calls if c.source in ("parameter", "catalogue") and c.recorded]
        sums = self._by(lambda call: call.model.shown, calls=compared)
        return {key[0]: (usd(of.cost), usd(of.recorded)) for key, of in sums.items()}

    def sampled(self) -> tuple[int, str, str]:
        """Calls that stand for more than themselves, their cost, and what they stand for."""
        count, cost, scaled = 0, ZERO, Fraction(0)
        for call in self.calls:
            written = text(call.run["metadata"].get("ls_tracing_sample_rate"))
            if re.fullmatch(r"0?\.\d+", written) and Decimal(written):
                count += 1
                cost += call.cost
                scaled += Fraction(call.cost) / Fraction(written)
        return count, usd(cost), usd(scaled)


def _by_parameter(price: Mapping[str, Any], tokens: Tokens) -> Decimal:
    def per_token(key: str) -> Decimal:
        return Decimal(str(price.get(key, price["input"]))) / 1_000_000

    return (
        (tokens.input - tokens.cached) * per_token("input")
        + tokens.read * per_token("cache_read")
        + (tokens.write_5m + tokens.write_1h) * per_token("cache_write")
        + tokens.output * per_token("output")
    )


def _by_catalogue(name: str, provider: str, start: datetime, tokens: Tokens) -> Decimal:
    usage = Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.read,
        cache_write_tokens=tokens.write_5m + tokens.write_1h,
        cache_write_1h_tokens=tokens.write_1h,
        input_audio_tokens=tokens.audio_fresh + tokens.audio_read,
        cache_audio_read_tokens=tokens.audio_read,
        output_audio_tokens=tokens.audio_out,
    )
    priced = calc_price(
        usage,
        name,
        provider_id=provider,
        genai_request_timestamp=start,
        price_context={"service_tier": tokens.tier, "processing": tokens.tier}
        if tokens.tier
        else None,
    )
    return priced.total_price
