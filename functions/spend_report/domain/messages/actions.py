"""Who does what: the first thing to do about a cost, where to look, and whose it is."""

from collections.abc import Iterable, Mapping

from spend_report.domain.basics.wording import dollars, dollars_of, plain, things
from spend_report.domain.figures.day_figures import DayFigures, Request
from spend_report.domain.judgement.breaches import Breach
from spend_report.domain.judgement.comparison import (
    drivers_of,
    has_baseline,
    is_of_the_day,
    parts_of,
)
from spend_report.domain.judgement.driver_sentences import causes
from spend_report.domain.messages.news import Item, features_of
from spend_report.domain.messages.sentences import Day, is_likely_over

REQUESTS_SHOWN = 3
_PARAMETER_WIDTH = 120
_OWNERS_NAMED = 3
_TRACE_WIDTH = 8
_OWN_MACHINE = ("http://127.0.0.1", "http://localhost")
_NO_CAUSE = "cut its usual cost"


def to_do(breach: Breach, on: Day) -> str:
    """What to do, where to look, and what to change if it is meant to be so."""
    feature = feature_to_look_at(breach, on)
    where = f"at {whose(feature, on)}, " if feature and breach.feature is None else ""
    return f"{_within(breach)}{where}{action(breach, on)}. {if_meant(breach)}"


def if_meant(breach: Breach) -> str:
    """Which setting to change where nothing is wrong with the cost."""
    parameter, now = plain(breach.parameter, _PARAMETER_WIDTH), dollars(breach.budget)
    if breach.path == "default" and breach.feature is not None:
        own = f"give {plain(breach.feature)} a budget of its own in {parameter}"
        return f"If it is meant to be so, {own} ({setting(breach)} is {now})."
    return f"If it is meant to be so, raise {setting(breach)} (now {now}) in {parameter}."


def setting(breach: Breach) -> str:
    """Where the budget stands in its parameter: `features.rag-search.daily`."""
    return plain(f"{breach.path}.{breach.period}", _PARAMETER_WIDTH)


def _within(breach: Breach) -> str:
    """What the rest of the period may cost, where that is known."""
    left = (breach.period_end - breach.day).days
    if left < 1 or breach.over >= 0 or is_likely_over(breach):
        return ""
    most = "at most " if breach.missing else ""
    a_day = dollars(-breach.over / left)
    return f"keep the {things(left, 'day')} left to {most}{a_day} a day: "


def action(breach: Breach, on: Day) -> str:
    """The first thing to do at the feature to look at: `find out what makes the prompts longer`."""
    feature = feature_to_look_at(breach, on)
    if is_of_the_day(breach, on.drivers):
        return action_on(feature, on)
    what = "cut its usual cost" if has_baseline(drivers_of(breach, on.drivers)) else ""
    if breach.feature is None and feature is not None:
        part, whole = dollars_of(parts_of(breach, on.figures, on.history)[feature], breach.spent)
        what = f"{what or 'look at its cost'}, the largest part ({part} of {whole})"
    return "; ".join(filter(None, (what, _look(feature, on)))) or _NO_CAUSE


def action_on(feature: str | None, on: Day) -> str:
    """What to do about what changed at a feature, or at all together (None)."""
    own = [cause for driver in on.drivers if driver.feature == feature for cause in causes(driver)]
    question = next((cause.question for cause in own if cause.amount > 0 and cause.question), "")
    question = question and f"find out {question}"
    return "; ".join(filter(None, (question, _look(feature, on)))) or _NO_CAUSE


def _look(feature: str | None, on: Day) -> str:
    request = next(iter(costliest(on.figures, feature)), None)
    if request is None:
        return ""
    costs = on.figures.request_costs.get(request.feature)
    median = f"; the median is {dollars(costs.median)}" if costs else ""
    named = f"{request_name(request)} ({dollars(request.cost)}{median})"
    return f"begin with the costliest request, {named}"


def request_name(request: Request) -> str:
    """A request by its name and the first digits of its trace's id, as the page has it."""
    trace = plain(request.trace_id, _TRACE_WIDTH + 1).removesuffix("…")[:_TRACE_WIDTH]
    return f"{plain(request.root_name)} {trace}" if request.root_name else trace


def is_reachable(url: str) -> bool:
    """Whether a link leads anywhere when the message is read: not into one's own machine."""
    return bool(url) and not url.startswith(_OWN_MACHINE)


def costliest(figures: DayFigures, feature: str | None) -> list[Request]:
    """The costliest requests of `feature`, or of all."""
    fitting = [row for row in figures.top_requests if feature in {None, row.feature}]
    return fitting[:REQUESTS_SHOWN]


def feature_to_look_at(breach: Breach, on: Day) -> str | None:
    """The budget's own; of the total the one that grew, or else spent, most; None if none did."""
    if breach.feature is not None:
        return breach.feature
    if not is_of_the_day(breach, on.drivers):
        return next(iter(parts_of(breach, on.figures, on.history)), None)
    grew = max(on.drivers, key=lambda driver: driver.change, default=None)
    return grew.feature if grew and grew.change > 0 and grew.baseline_days else None


def whose(feature: str, on: Day) -> str:
    """A feature and who owns it: `rag-search (owner: search)`."""
    owner = on.owners.get(feature)
    return f"{plain(feature)} (owner: {plain(owner)})" if owner else plain(feature)


def owners_of(items: Iterable[Item]) -> list[str]:
    """The owners of the features that `items` are about, each once, in the features' order."""
    items = list(items)
    owners: dict[str, str] = {}
    for item in items:
        owners |= {one: item.on.owners[one] for one in item.features if one in item.on.owners}
    return owners_among(features_of(items), owners)


def owners_among(features: Iterable[str], owners: Mapping[str, str]) -> list[str]:
    """The owners of `features`, each once; `owners` has those of the features that have one."""
    return list(dict.fromkeys(owners[feature] for feature in features if feature in owners))


def owner_line(item: Item) -> str:
    """`owner: search`; empty where nobody is named."""
    found = owners_of([item])
    if len(found) == 1:
        return f"owner: {plain(found[0])}"
    named = ", ".join(plain(owner) for owner in found[:_OWNERS_NAMED])
    more = len(found) - _OWNERS_NAMED
    return f"owners: {named}{f' and {more:,} more' if more > 0 else ''}" if found else ""
