"""Spikes that no budget names: of features, of `untagged` and of all together."""

from datetime import date
from decimal import Decimal

from spend_report.domain.basics.day import days_before
from spend_report.domain.figures.day_figures import SpendLine
from spend_report.domain.judgement.breaches import Severity
from spend_report.domain.judgement.spend_series import Measure
from spend_report.domain.judgement.spikes import Spike, find_spikes
from spend_report.domain.record.history import History
from tests.days import day, history, line, past, same_days

FLOOR = Decimal(1)
SUNDAY = 6
RAG = line("rag", "6.50", calls=100)
OTHER = line("other", "70.00", calls=1000)
TODAY = "2026-11-20"
LEVEL = [f"2026-11-{number}" for number in (17, 18, 19, 20)]


def found(*lines: SpendLine, before: History, on: str = TODAY) -> list[Spike]:
    return list(find_spikes(day(on, *lines), before, FLOOR).found)


def usually(*lines: SpendLine, days: int = 30) -> History:
    return same_days(TODAY, days, *lines)


def test_a_usual_day() -> None:
    """A day like all others has no spike, and its usual cost is known."""
    spikes = find_spikes(day(TODAY, RAG, OTHER), usually(RAG, OTHER), FLOOR)

    assert spikes.found == []
    usual = {
        name: round(found.value, 2)
        for name, found in spikes.usual_cost.items()
        if found.value is not None
    }
    assert usual == {None: 76.5, "rag": 6.5, "other": 70.0}


def test_cost() -> None:
    """$41.20 instead of $6.50 is 6.3 times as much and $34.70 too many, less than a usual day
    of all together."""
    (spike,) = found(line("rag", "41.20", calls=600), OTHER, before=usually(RAG, OTHER))

    assert (spike.feature, spike.what, spike.severity) == ("rag", Measure.COST, Severity.WARNING)
    assert (spike.cost, spike.times) == (Decimal("41.20"), Decimal("6.3"))
    assert round(spike.usual_cost, 2) == Decimal("6.50")
    assert round(spike.excess, 2) == Decimal("34.70")
    assert (spike.began, spike.level_since) == (date(2026, 11, 20), None)


def test_critical_above_a_usual_day_in_total() -> None:
    """A spike that is worth more than a usual day of all features together is critical; so is
    that of the total, which it doubled."""
    spikes = found(line("rag", "372.00", calls=100), OTHER, before=usually(RAG, OTHER))

    assert [(spike.feature, spike.severity) for spike in spikes] == [
        (None, Severity.CRITICAL),
        ("rag", Severity.CRITICAL),
    ]


def test_total_of_many_small_rises() -> None:
    """Where each feature stays below the floor, their sum does not."""
    features = [f"feature-{number}" for number in range(40)]
    before = usually(*(line(name, "0.50") for name in features))

    spikes = found(*(line(name, "1.40") for name in features), before=before)

    assert [spike.feature for spike in spikes] == [None]


def test_untagged() -> None:
    """What has no feature is judged like a feature."""
    before = usually(line("untagged", "5.00"), OTHER)

    (spike,) = found(line("untagged", "30.00"), OTHER, before=before)

    assert spike.feature == "untagged"


def test_calls() -> None:
    """Five times the calls at a fifth of the price each are a spike of calls."""
    (spike,) = found(line("rag", "6.50", calls=500), OTHER, before=usually(RAG, OTHER))

    assert (spike.what, spike.value) == (Measure.CALLS, Decimal(500))
    assert (round(spike.usual), spike.times) == (100, Decimal("5.0"))
    assert round(spike.excess, 1) == Decimal("26.0")


def test_cost_per_call() -> None:
    """A third of the calls at three times the price each are a spike of the cost per call."""
    (spike,) = found(line("rag", "6.60", calls=33), OTHER, before=usually(RAG, OTHER))

    assert (spike.what, spike.value) == (Measure.COST_PER_CALL, Decimal("0.2"))
    assert spike.times == Decimal("3.1")


def test_floor() -> None:
    """An excess of less than a dollar, or of a hundredth of the usual day in total, is none."""
    cents = line("rag", "0.10")

    assert found(line("rag", "1.05"), before=usually(cents)) == []
    assert found(line("rag", "5.00"), before=usually(cents, line("other", "600"))) == []
    assert found(line("rag", "5.00"), before=usually(cents, line("other", "300"))) != []


def test_young_feature() -> None:
    """A feature of six days is not judged, and it is said how many days there are."""
    days = [past(f"2026-11-{number}", RAG, OTHER) for number in range(14, 20)]

    spikes = find_spikes(day(TODAY, line("rag", "500"), OTHER), history(*days), FLOOR)

    assert spikes.found == []
    assert {usual.days for usual in spikes.usual_cost.values()} == {6}


def test_new_level_is_told_once() -> None:
    """A spike that lasts keeps its key; on the third day it becomes a new level with its first
    day, which covers the spike; from the fourth on it is usual."""
    high = line("rag", "30.00", calls=100)
    days = dict(same_days(LEVEL[0], 29, RAG, OTHER).days)
    spikes = []
    for today in LEVEL:
        spikes.append(found(high, OTHER, before=History(dict(days)), on=today))
        days[date.fromisoformat(today)] = past(today, high, OTHER)

    (first,), (second,), (third,), fourth = spikes
    assert first.key == second.key
    assert (first.level_since, second.level_since) == (None, None)
    assert third.level_since == date(2026, 11, 17)
    assert third.covers == [first.key]
    assert third.key != first.key
    assert fourth == []


def test_nothing_usual_to_compare_with() -> None:
    """Against next to nothing there is no number of times."""
    idle, batch = line("rag", "0", calls=0), line("rag", "40", calls=9)
    days = [
        past(date_.isoformat(), batch if date_.weekday() == SUNDAY else idle, OTHER)
        for date_ in days_before(date.fromisoformat(TODAY), 31)
    ]

    (spike,) = found(line("rag", "30", calls=9), OTHER, before=history(*days))

    assert spike.times is None


def test_most_urgent_first() -> None:
    """Critical before warning, then by the dollars above the usual."""
    features = ("a", "b", "c")
    before = usually(*(line(name, "5") for name in features))

    spikes = found(line("a", "11"), line("b", "90"), line("c", "13"), before=before)

    assert [spike.feature for spike in spikes] == [None, "b", "c", "a"]
