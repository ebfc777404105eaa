"""What needs a person: the one sentence at the top, and the list of what to do."""

from collections.abc import Sequence
from decimal import Decimal

from spend_report.domain.basics.wording import (
    dollars,
    dollars_of,
    plain,
    short_day,
    signed_dollars,
    things,
)
from spend_report.domain.judgement.breaches import Breach, Severity
from spend_report.domain.judgement.driver_sentences import (
    MIN_BASELINE_DAYS,
    causes,
    causes_of_total,
)
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.judgement.notices import NoticeKind
from spend_report.domain.reports.day_report import DayReport
from spend_report.page.labels import portion
from spend_report.page.view import Advice, Total

_LINE_WIDTH = 200
_STEADY = Decimal("0.10")
_MISLEADING = {NoticeKind.ALL_SILENT, NoticeKind.UNPRICED_MODEL, NoticeKind.UNREADABLE_RUNS}


def headline(report: DayReport, total: Total) -> Advice:
    """The most important thing of the day.

    In this order: a budget that is exceeded, a total that misleads, a budget that soon will be
    exceeded, anything else about the data; and where there is none of these, how the day
    compares with the days before.
    """
    breaches, notices = report.breaches, report.notices
    if breaches and breaches[0].severity is Severity.CRITICAL:
        return Advice("critical", _exceeded(breaches, report.drivers))
    misleading = [notice for notice in notices if notice.kind in _MISLEADING]
    if misleading:
        return Advice("warning", misleading[0].text)
    if breaches:
        return Advice("warning", f"{_what(breaches[0])}.{_others(breaches[1:])}")
    if notices:
        return Advice("warning", notices[0].text)
    return Advice("ok", _calm(total, report.drivers))


def tasks(report: DayReport) -> list[Advice]:
    """One line for each budget and each notice, with what to do about it."""
    budgets = [Advice(breach.severity, _to_do(breach)) for breach in report.breaches]
    data = [
        Advice("warning", notice.text, plain(notice.add, _LINE_WIDTH) if notice.add else "")
        for notice in report.notices
    ]
    return budgets + data


def _to_do(breach: Breach) -> str:
    """What to do about a budget, e.g. `rag-search is $0.28 over its daily budget: …`."""
    who, whose = _names(breach)
    what = f"{who} {'are' if breach.feature is None else 'is'}"
    where = f"or raise the budget in {breach.parameter}"
    if breach.severity is Severity.CRITICAL:
        amount = dollars(breach.over)
        return f"{what} {amount} over {whose} {breach.period} budget: mend what grew, {where}."
    if breach.forecast and breach.forecast.runs_out:
        when = short_day(breach.forecast.runs_out)
        return (
            f"{what} on the way to exceed {whose} {breach.period} budget on {when}: "
            f"slow down, {where}."
        )
    left = dollars(-breach.over)
    return f"{what} {left} short of {whose} {breach.period} budget: slow down, {where}."


def _exceeded(breaches: Sequence[Breach], drivers: Sequence[Driver]) -> str:
    first = breaches[0]
    reason = next(iter(_causes(first, drivers)), "")
    return f"{_what(first)}{reason and f', mostly {reason}'}.{_others(breaches[1:])}"


def _causes(breach: Breach, drivers: Sequence[Driver]) -> list[str]:
    """What raised the day's cost, largest first."""
    own = [driver for driver in drivers if driver.feature == breach.feature]
    found = (
        causes_of_total(drivers) if breach.feature is None else [c for d in own for c in causes(d)]
    )
    return [str(cause) for cause in found if cause.amount > 0]


def _others(breaches: Sequence[Breach]) -> str:
    if not breaches:
        return ""
    exceeded = sum(breach.severity is Severity.CRITICAL for breach in breaches)
    near = len(breaches) - exceeded
    parts = [f"{things(exceeded, 'more budget')} exceeded"] if exceeded else []
    parts += [f"{things(near, 'budget')} at risk"] if near else []
    return f" Besides, {' and '.join(parts)}."


def _what(breach: Breach) -> str:
    """What happened, e.g. `rag-search spent $2.28 of its daily budget of $2.00 (114 %)`."""
    who, whose = _names(breach)
    if breach.threshold is None and breach.forecast:
        projected, budget = dollars_of(breach.forecast.projected, breach.budget)
        pace = "at the pace of the last seven days"
        return f"{who} will spend {projected} of {whose} {breach.period} budget of {budget} {pace}"
    spent, budget = dollars_of(breach.spent, breach.budget)
    part = f" ({portion(breach.spent, breach.budget)})" if breach.budget else ""
    return f"{who} spent {spent} of {whose} {breach.period} budget of {budget}{part}"


def _names(breach: Breach) -> tuple[str, str]:
    if breach.feature is None:
        return "All features together", "their"
    return plain(breach.feature), "its"


def _calm(total: Total, drivers: Sequence[Driver]) -> str:
    if not total.calls:
        return "There were no LLM calls."
    fine = "No budget is exceeded" if total.budget is not None else "Nothing needs a look"
    if not total.mean or total.change is None or total.mean_days < MIN_BASELINE_DAYS:
        return f"{fine}."
    if abs(total.change) <= _STEADY * total.mean:
        return f"{fine}, and the day cost about as much as the days before."
    direction = "more" if total.change > 0 else "less"
    text = f"{fine}. The day cost {portion(abs(total.change), total.mean)} {direction} than usual"
    along = [driver for driver in drivers if (driver.change > 0) == (total.change > 0)]
    if along and along[0].change:
        text += f", most of all {plain(along[0].feature)} ({signed_dollars(along[0].change)})"
    return f"{text}."
