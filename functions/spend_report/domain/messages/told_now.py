"""What a day has to tell, with the figures by which to decide whether it was told already."""

from collections.abc import Container, Iterable, Mapping
from copy import replace
from datetime import date, timedelta

from spend_report.domain.judgement.breaches import Breach
from spend_report.domain.judgement.spikes import Spike
from spend_report.domain.judgement.tell_again import Told
from spend_report.domain.messages.news import DayAlerts
from spend_report.domain.messages.sentences import who
from spend_report.domain.messages.spike_words import in_short
from spend_report.domain.notices.notices import Notice, NoticeKind
from spend_report.domain.record.history import History


def told_now(days: Iterable[DayAlerts]) -> dict[str, Told]:
    """By its key, everything that `days` have to tell, and what that makes needless to say.

    What several days have to tell is as the newest has it.
    """
    found: dict[str, Told] = {}
    for day in sorted(days, key=lambda day: day.day):
        for breach in day.breaches:
            told = _breach(breach, day.history)
            found |= dict.fromkeys((*breach.covers, breach.key), told)
        found |= {notice.key: _notice(notice) for notice in day.notices}
        for spike in (words.spike for words in day.spikes):
            found |= dict.fromkeys((*spike.covers, spike.key), _spike(spike))
    return found


def covered_by(days: Iterable[DayAlerts], keys: Iterable[str]) -> frozenset[str]:
    """`keys`, and what telling them makes needless to say."""
    covers = {one.key: one.covers for day in days for one in day.spending}
    return frozenset(keys) | {covered for key in keys for covered in covers.get(key, ())}


def with_told_before(
    left: Iterable[DayAlerts],
    days: Iterable[DayAlerts],
    known: Mapping[str, Told],
    fresh: Container[str],
) -> list[DayAlerts]:
    """What is `left` of `days`, with what the guard told of those of them that are told of.

    `known` is what was told, and `fresh` are the keys of what is told now.
    """
    before = {day.day: _before(day, known, fresh) for day in days}
    return [replace(day, told_before=() if day.is_empty else before[day.day]) for day in left]


def without_moving(news: DayAlerts, others: Container[date]) -> DayAlerts:
    """`news` without a gap in the calendar that moves when this run reports the day before."""
    if news.day - timedelta(days=1) not in others:
        return news
    notices = [one for one in news.notices if one.kind != NoticeKind.CALENDAR_SHIFT]
    return replace(news, notices=notices)


def _before(day: DayAlerts, known: Mapping[str, Told], fresh: Container[str]) -> list[str]:
    found = []
    for one in day.spending:
        told = known.get(one.key)
        if told and told.at and told.day == day.day and one.key not in fresh:
            short = in_short(one) if isinstance(one, Spike) else f"{who(one)}, {one.period} budget"
            found.append(f"{short}, told at {told.at:%H:%M}")
    return found


def _breach(breach: Breach, history: History) -> Told:
    is_forecast = breach.threshold is None and breach.forecast is not None
    return Told(
        day=breach.day,
        severity=breach.severity,
        since=_forecast_since(breach, history) if is_forecast else breach.period_start,
        amount=breach.forecast.projected if is_forecast and breach.forecast else breach.spent,
        limit=breach.budget,
    )


def _forecast_since(breach: Breach, history: History) -> date:
    """The first of the reported days in a row on which the budget was heading for its end.

    A record tells of its day's alerts by the same keys, but for the threshold at their end.
    """
    whose = breach.key.rpartition("/")[0]
    since = breach.day
    for day in sorted(history.days, reverse=True):
        if whose not in {key.rpartition("/")[0] for key in history.days[day].alerts}:
            break
        since = day
    return since


def _spike(spike: Spike) -> Told:
    return Told(day=spike.day, severity=spike.severity, since=spike.began, amount=spike.excess)


def _notice(notice: Notice) -> Told:
    return Told(
        day=notice.day,
        severity="warning",
        since=date.fromisoformat(notice.key.split("/")[1]),
        amount=notice.cost,
        calls=notice.calls,
    )
