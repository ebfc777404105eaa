"""Names that are likely one name."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spend_report.domain.notices.similar_names import SimilarNames
from tests.domain.notices.feature_names import FEATURE_NAMES


@pytest.mark.parametrize(
    "written",
    [
        "RAG-Search",
        "rag_search",
        "rag search",
        "ragsearch",
        "ragSearch",
        "RAG\u00a0Search",
        "rag\u2011search",
        "rag\u200b-search",
        "r\u00adag-search",
        "\uff52\uff41\uff47-search",
        "rag-serch",
        "rag-searrch",
        "rag-seorch",
        "rag-saerch",
        "RAG_Serch",
    ],
)
def test_alike(written: str) -> None:
    """Case, what separates, what nobody sees, and one letter may differ, also together."""
    assert SimilarNames(["chat", "rag-search"]).alike(written) == "rag-search"


def test_alike_in_other_compositions() -> None:
    """Letters and their loose accents are the same letters."""
    assert SimilarNames(["pr\u00fcfung"]).alike("pru\u0308fung") == "pr\u00fcfung"


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("search-v1", "search-v2"),
        ("search-v1", "search-v12"),
        ("search", "serach"),
        ("billing", "filing"),
        ("translate-en", "translate-es"),
        ("report-1-12", "report-11-2"),
        ("rag-search", "rag-searches"),
        ("rag-search", "search-rag"),
        ("rag-search", "rag.search"),
        ("rag-search", "rag-ssaerch"),
        ("rag-search", "rag-search"),
        ("顧客対応の要約支援", "顧客対応の予約支援"),
        ("---", "___"),
    ],
)
def test_not_alike(name: str, other: str) -> None:
    """Digits, short names, short words, more than a letter, and signs that mean something."""
    assert SimilarNames([name]).alike(other) is None


def test_two_words_of_the_house() -> None:
    """Words a letter apart that each stand in another name too are no slips."""
    names = ["contract-review", "contact-review"]

    assert SimilarNames(names).pairs() == [("contract-review", "contact-review")]
    assert SimilarNames([*names, "contact-import", "contract-risk"]).pairs() == []


def test_no_false_pair() -> None:
    """Among two hundred names of real products nobody is asked about any."""
    assert len(set(FEATURE_NAMES)) >= 200
    assert SimilarNames(FEATURE_NAMES).pairs() == []


SLIPS = {
    "case": ("Ticket-Triage", "ticket-triage"),
    "dash": ("ticket_triage", "ticket-triage"),
    "space": ("ticket triage", "ticket-triage"),
    "zero-width": ("ticket-\ufefftriage", "ticket-triage"),
    "missing": ("ticket-triag", "ticket-triage"),
    "doubled": ("summarizzer", "summarizer"),
    "swapped": ("agent-coiplot", "agent-copilot"),
    "replaced": ("clinical-triaks", "clinical-trials"),
}


@pytest.mark.parametrize("kind", SLIPS)
def test_slip_among_many(kind: str) -> None:
    """One misspelling among two hundred names is the only pair, and the right one."""
    written, meant = SLIPS[kind]

    assert SimilarNames([*FEATURE_NAMES, written]).pairs() == [(meant, written)]


def test_first_counts() -> None:
    """Of several names that one may mean, the first is named, each other one once."""
    names = SimilarNames(["rag-search", "rag_search", "RAG-Serch"])

    assert names.pairs() == [("rag-search", "rag_search"), ("rag-search", "RAG-Serch")]


def test_nearest() -> None:
    """Where no name is alike, the one that looks most like it is near, if any does."""
    names = SimilarNames(["rag-search", "agent-copilot", "summarizer"])

    assert names.nearest("rag_search") == "rag-search"
    assert names.nearest("rag-search-v2") == "rag-search"
    assert names.nearest("summary-writer") == "summarizer"
    assert names.nearest("billing") is None


@given(st.lists(st.text("aAbB1-_ \u200b\u0301", max_size=10)), st.text("aAbB1-_ ", max_size=10))
def test_any_names(names: list[str], name: str) -> None:
    """Whatever the names are, those found are among them, and never the name itself."""
    similar = SimilarNames(names)

    assert similar.alike(name) in {None, *names} - {name}
    assert similar.nearest(name) in {None, *names} - {name}
    for one, other in similar.pairs():
        assert names.index(one) < names.index(other)


@pytest.mark.parametrize("shape", ["session-{:06d}", "{:06d}-checkout-assistant", "x{:x}y"])
def test_a_thousand_names(shape: str) -> None:
    """A thousand names, even ids, take no more than a moment."""
    names = [shape.format(number * 7919) for number in range(1000)]
    started = time.process_time()

    SimilarNames(names).pairs()

    assert time.process_time() - started < 2
