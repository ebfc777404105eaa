"""Who does what: the first thing to do about a cost, where to look, and whose it is."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fractions import Fraction

from spend_report.domain.basics.names import OTHER, UNTAGGED
from spend_report.domain.basics.places import Places, ToCopy
from spend_report.domain.basics.wording import (
    dollars,
    dollars_of,
    plain,
    short_day,
    short_id,
    things,
)
from spend_report.domain.figures.day_figures import DayFigures, Request
from spend_report.domain.judgement.breaches import Breach
from spend_report.domain.judgement.comparison import (
    drivers_of,
    has_baseline,
    is_of_the_day,
    parts_of,
)
from spend_report.domain.judgement.driver_sentences import causes
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.messages.news import Alert, Item, Remark, features_of
from spend_report.domain.messages.sentences import Day, is_likely_over
from spend_report.domain.messages.spike_words import SpikeWords
from spend_report.domain.notices.name_notices import entry
from spend_report.domain.notices.notices import NoticeKind

REQUESTS_SHOWN = 3
_PARAMETER_WIDTH = 120
_OWNERS_NAMED = 3
_FEATURES_NAMED = 3
_OWN_MACHINE = ("http://127.0.0.1", "http://localhost")
_NO_CAUSE = "cut its usual cost"


def to_do(breach: Breach, on: Day, said: str = "") -> str:
    """What to do, where to look, and what to change if it is intended.

    `said` names where the action was said already.
    """
    feature = feature_to_look_at(breach, on)
    where = f"at {whose(feature, on)}, " if feature and breach.feature is None else ""
    do = f"see {said}" if said else f"{where}{action(breach, on)}"
    return f"{_within(breach)}{do}. {_if_meant(breach)}"


def _if_meant(breach: Breach) -> str:
    """Which setting to change where nothing is wrong with the cost."""
    parameter = f"the SSM parameter {plain(breach.parameter, _PARAMETER_WIDTH)}"
    now = dollars(breach.budget)
    if breach.path == "default" and breach.feature is not None:
        own = f"give {plain(breach.feature)} a budget of its own in {parameter}"
        return f"If it is intended, {own} ({setting(breach)} is {now})."
    return f"If it is intended, raise {setting(breach)} (now {now}) in {parameter}."


def setting(breach: Breach) -> str:
    """Where the budget stands in its parameter: `features.rag-search.daily`."""
    return plain(f"{breach.path}.{breach.period}", _PARAMETER_WIDTH)


def _within(breach: Breach) -> str:
    """What the rest of the period may cost, where that is known."""
    end = breach.period_end
    left = (end - breach.day).days
    if left < 1 or breach.over >= 0 or is_likely_over(breach):
        return ""
    most = "at most " if breach.missing else ""
    a_day = dollars(-breach.over / left)
    if left == 1:
        return f"keep {short_day(end)} to {most}{a_day}: "
    return f"keep the {left} days left to {most}{a_day} a day: "


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


def spike_to_do(words: SpikeWords, on: Day) -> str:
    """What to find out, and where a budget can be set that watches it."""
    told = f"{action_on(words.spike.feature, on)}."
    if not words.add:
        return told
    return f"{told} To set a budget, add to {words.where}:"


def _look(feature: str | None, on: Day) -> str:
    request = next(iter(costliest(on.figures, feature)), None)
    if request is None:
        return ""
    costs = on.figures.request_costs.get(request.feature)
    median = f"; the median is {dollars(costs.median)}" if costs else ""
    named = f"{request_name(request)} ({dollars(request.cost)}{median})"
    return f"begin with the costliest request, {named}"


def request_name(request: Request) -> str:
    """A request by its name and both ends of its trace's id, as the page has it."""
    trace = short_id(request.trace_id)
    return f"{plain(request.root_name)} {trace}" if request.root_name else trace


def requests_in_lines(requests: Iterable[Request], indent: str) -> list[str]:
    """Requests for plain text, each with its link, or else its trace, on a line of its own."""
    lines = []
    for request in requests:
        name = plain(request.root_name) if request.root_name else "request"
        is_link = is_reachable(request.url)
        lines += [
            f"{indent}{dollars(request.cost)} {name}, {things(request.calls, 'call')}",
            f"{indent}{request.url if is_link else f'trace {plain(request.trace_id)}'}",
        ]
    return lines


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


def by_owner(
    drivers: Sequence[Driver], among: Sequence[Driver], owners: Mapping[str, str]
) -> Iterator[tuple[str, list[Driver]]]:
    """The owners of `drivers` and what is theirs, without an owner last.

    Who spent most on features `among` all, whether in `drivers` or not, comes first.
    """
    costs: dict[str, Fraction] = {}
    for driver in among:
        owner = owners.get(driver.feature, "")
        costs[owner] = costs.get(owner, Fraction(0)) + driver.now.cost
    for owner in sorted(costs, key=lambda owner: (not owner, -costs[owner], owner)):
        own = [one for one in drivers if owners.get(one.feature, "") == owner]
        if own:
            yield owner, own


def owner_line(item: Item) -> str:
    """`owner: search`; empty where nobody is named."""
    found = owners_of([item])
    if len(found) == 1:
        return f"owner: {plain(found[0])}"
    named = ", ".join(plain(owner) for owner in found[:_OWNERS_NAMED])
    more = len(found) - _OWNERS_NAMED
    return f"owners: {named}{f' and {more:,} more' if more > 0 else ''}" if found else ""


def owner_to_add(items: Sequence[Item]) -> ToCopy | None:
    """How owners are named, where `items` are about features that have none; else None.

    What a notice says is in no document is left to that notice.
    """
    left = [item for item in items if not _is_unregistered(item)]
    said = {one for item in items if _is_unregistered(item) for one in item.features[:1]}
    news = [one for item in left for one in _features_to_look_at(item) if one not in said]
    return no_owner(dict.fromkeys(news), items[0].on.owners, items[0].on.where)


def _is_unregistered(item: Item) -> bool:
    return isinstance(item, Remark) and item.notice.kind is NoticeKind.UNREGISTERED_FEATURE


def is_without_owner(feature: str, owners: Mapping[str, str]) -> bool:
    """Whether `feature` lacks an owner; what is no name of a feature needs none."""
    return feature not in owners and feature not in {UNTAGGED, OTHER}


def no_owner(features: Iterable[str], owners: Mapping[str, str], where: Places) -> ToCopy | None:
    """How those of `features` that have no owner get one; None where all have."""
    without = [one for one in features if is_without_owner(one, owners)]
    if not without:
        return None
    named = ", ".join(map(plain, without[:_FEATURES_NAMED]))
    more = len(without) - _FEATURES_NAMED
    named += f" and {more:,} more" if more > 0 else ""
    parameter, aliases = where.registered.get(without[0], ("", ()))
    place = f"the SSM parameter {parameter}" if parameter else where.to_add("features")
    lead = f"No owner is registered for {named}. To name one, set in {place}:"
    return ToCopy(lead, [entry(without[0], owner="<OWNER>", aliases=aliases)])


def _features_to_look_at(item: Item) -> Sequence[str]:
    """The features of `item`; of an alert on the total the one to look at."""
    if not isinstance(item, Alert) or item.features:
        return item.features
    feature = feature_to_look_at(item.breach, item.on)
    return [] if feature is None else [feature]
