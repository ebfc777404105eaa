"""The sentence that says what a spike is."""

from copy import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from spend_report.domain.judgement.breaches import Severity
from spend_report.domain.judgement.spend_series import Measure
from spend_report.domain.judgement.spikes import Spike
from spend_report.domain.judgement.usual_by_weekday import Rule
from spend_report.domain.messages.spike_words import Unusual, in_short, spike_sentence
from spend_report.domain.record.history import PastSpike

SPIKE = Spike(
    day=date(2026, 11, 20),
    feature="search-summaries",
    what=Measure.COST,
    value=Decimal("41.20"),
    usual=Decimal("6.50"),
    cost=Decimal("41.20"),
    usual_cost=Decimal("6.50"),
    excess=Decimal("34.70"),
    severity=Severity.WARNING,
    rule=Rule.SEASONAL,
    learnt_days=30,
    began=date(2026, 11, 20),
    level_since=None,
    since=datetime(2026, 11, 20, 2, tzinfo=UTC),
)
CALLS = replace(SPIKE, what=Measure.CALLS, value=Decimal(9000), usual=Decimal(1500), since=None)
PER_CALL = replace(
    SPIKE, what=Measure.COST_PER_CALL, value=Decimal("0.003"), usual=Decimal("0.001"), since=None
)


@pytest.mark.parametrize(
    ("spike", "watched", "text"),
    [
        (
            SPIKE,
            False,
            (
                "search-summaries cost $41.20, 6.3 times its usual $6.50 for a Friday, "
                "since 03:00; no budget watches it."
            ),
        ),
        (
            replace(SPIKE, since=None, rule=Rule.WEEK),
            True,
            "search-summaries cost $41.20, 6.3 times its usual $6.50.",
        ),
        (
            replace(SPIKE, feature=None, since=None),
            False,
            (
                "All features together cost $41.20, 6.3 times their usual $6.50 for a Friday; "
                "no budget watches them."
            ),
        ),
        (
            replace(SPIKE, level_since=date(2026, 11, 18)),
            True,
            (
                "search-summaries cost $41.20, 6.3 times its usual $6.50 for a Friday: "
                "a new level since 18 Nov."
            ),
        ),
        (
            CALLS,
            True,
            (
                "search-summaries made 9,000 calls, 6.0 times its usual 1,500 for a Friday "
                "($41.20 in all, usually $6.50)."
            ),
        ),
        (
            PER_CALL,
            True,
            (
                "search-summaries cost $0.003 a call, 3.0 times its usual $0.001 for a Friday "
                "($41.20 in all, usually $6.50)."
            ),
        ),
        (
            replace(SPIKE, usual=Decimal(0), since=None),
            True,
            "search-summaries cost $41.20, far above its usual $0.00 for a Friday.",
        ),
    ],
)
def test_sentence(spike: Spike, watched: bool, text: str) -> None:
    """Measure, factor, usual, weekday, hour in the report's timezone, and the missing budget."""
    assert spike_sentence(spike, watched=watched, timezone=ZoneInfo("Europe/Berlin")) == text


@pytest.mark.parametrize(
    ("spike", "text"),
    [
        (SPIKE, "search-summaries (search) $41.20, 6.3 times the usual $6.50"),
        (
            PastSpike("rag", "calls", Decimal("1.6"), Decimal("1.5"), Decimal("5.1")),
            "rag (search) $1.60, 5.1 times the usual calls (usually $1.50)",
        ),
        (
            PastSpike("rag", "cost_per_call", Decimal(2), Decimal(1), Decimal("3.0")),
            "rag (search) $2.00, 3.0 times the usual cost of a call (usually $1.00)",
        ),
        (
            PastSpike(None, "cost", Decimal(2), Decimal(0), None),
            "total (search) $2.00, far above the usual $0.00",
        ),
        (
            PastSpike("rag", "what a newer record has", Decimal(2), Decimal(1), Decimal("2.0")),
            "rag (search) $2.00, 2.0 times the usual $1.00",
        ),
    ],
)
def test_in_short(spike: Unusual, text: str) -> None:
    """One wording for the spike of a day, of a week's digest and of a day that still runs."""
    assert in_short(spike, "search") == text
