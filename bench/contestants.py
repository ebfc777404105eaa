"""What is measured besides whole programs: each reads the same day and returns its runs.

The server, the key and the project come from the environment, as they do for the function.
"""

import asyncio
import json
import os
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import httpx2
import msgspec

from bench.day import DAY, PRICES, PROJECT
from spend_report.adapters.langsmith.pages import PAGE_SIZE, RUN_SELECTS
from spend_report.adapters.langsmith.runs import LangSmithRuns
from spend_report.domain.basics.day import ReportDay
from spend_report.domain.config.configuration import configuration
from spend_report.domain.config.documents import Document
from spend_report.domain.prices.price_sources import PriceBook
from spend_report.domain.runs.run import MetadataKeys
from spend_report.fetching import Reading, fetch

_START = datetime.combine(DAY, datetime.min.time(), UTC)
_END = _START + timedelta(days=1)
_MAX_CONCURRENT = 16


def pipeline() -> int:
    """Fetching, attributing, pricing and adding up, without AWS."""
    keys = MetadataKeys("feature", ("env", "user_tier"))
    documents = [Document("/bench/pricing/models", 1, json.dumps(PRICES))]
    prices = PriceBook([configuration(documents, [], [], None).prices])
    with LangSmithRuns(
        endpoint=os.environ["LANGSMITH_ENDPOINT"],
        api_key=os.environ["LANGSMITH_API_KEY"],
        workspace_id=None,
        projects=[PROJECT],
        metadata_keys=keys,
        max_requests_per_10s=100_000,
        max_concurrent=_MAX_CONCURRENT,
    ) as source:
        figures = fetch(source, ReportDay.of(DAY, ZoneInfo("UTC")), Reading(keys, prices, {}))
    return figures.calls


def floor() -> int:
    """The same pages by a bare HTTP client, decoded into typed structs, and nothing else.

    Its windows are cut beforehand so that each holds the same number of runs: the floor does
    not pay for finding out.
    """
    run_type = MetadataKeys("feature", ("env", "user_tier")).run_type
    page_type = msgspec.defstruct(
        "FloorPage",
        [("items", list[run_type]), ("next_cursor", str | None, None)],  # type: ignore[valid-type]  # a type made at run time
    )
    decoder = msgspec.json.Decoder(page_type)
    url = os.environ["LANGSMITH_ENDPOINT"]

    async def read(client: httpx2.AsyncClient, project: str, low: datetime, high: datetime) -> int:
        query: dict[str, Any] = {
            "project_ids": [project],
            "run_type": "LLM",
            "min_start_time": low.isoformat(),
            "max_start_time": (high - timedelta(microseconds=1)).isoformat(),
            "selects": RUN_SELECTS,
            "page_size": PAGE_SIZE,
        }
        runs = 0
        while True:
            response = await client.post(f"{url}/api/v2/runs/query", content=json.dumps(query))
            page: Any = decoder.decode(response.content)
            runs += len(page.items)
            if page.next_cursor is None:
                return runs
            query["cursor"] = page.next_cursor

    async def read_all() -> int:
        headers = {"x-api-key": os.environ["LANGSMITH_API_KEY"]}
        async with httpx2.AsyncClient(headers=headers, timeout=60) as client:
            sessions = await client.get(f"{url}/api/v1/sessions", params={"name": PROJECT})
            project = sessions.json()[0]["id"]
            edges = _even_edges()
            counts = await asyncio.gather(
                *(read(client, project, low, high) for low, high in pairwise(edges))
            )
        return sum(counts)

    return asyncio.run(read_all())


def _even_edges() -> list[datetime]:
    """Instants that cut the day of `local.bulk_data` into parts of about the same size.

    Half of its runs fall evenly in the whole day, the other half in the hours from 9 to 12.
    """
    edges = [_START]
    for part in range(1, _MAX_CONCURRENT):
        share = part / _MAX_CONCURRENT
        low, high = 0.0, 24.0
        while high - low > 1e-6:  # noqa: PLR2004 - hours
            middle = (low + high) / 2
            if 0.5 * middle / 24 + 0.5 * min(1.0, max(0.0, (middle - 9) / 3)) < share:
                low = middle
            else:
                high = middle
        edges.append(_START + timedelta(hours=low))
    return [*edges, _END]
