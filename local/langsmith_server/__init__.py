"""A LangSmith-compatible server: what a client of the query and ingest APIs can see of LangSmith.

`LangSmithServer` runs it in process; `python -m local.langsmith_server` as a process.
"""

from local.langsmith_server.faults import (
    EXPIRED_CURSOR,
    HTML_PAGE,
    Answer,
    EmptyCursor,
    EmptyPage,
    EndlessCursor,
    Fault,
    FaultHook,
    Hang,
    Overlap,
    Reset,
    Truncate,
)
from local.langsmith_server.http import Request
from local.langsmith_server.server import API_KEY, LangSmithServer, Latency, page_latency
from local.langsmith_server.store import Store
from local.langsmith_server.usage import Doubts

__all__ = [
    "API_KEY",
    "EXPIRED_CURSOR",
    "HTML_PAGE",
    "Answer",
    "Doubts",
    "EmptyCursor",
    "EmptyPage",
    "EndlessCursor",
    "Fault",
    "FaultHook",
    "Hang",
    "LangSmithServer",
    "Latency",
    "Overlap",
    "Request",
    "Reset",
    "Store",
    "Truncate",
    "page_latency",
]
