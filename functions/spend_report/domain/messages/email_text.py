"""The alert as a person reads it: at most 50 lines of at most 78 characters.

The first line says what to do first. Then comes what happened, with most at stake first whatever
its kind, and what can wait comes last. A link, or the ARN in a command, stands alone on its
line and is never broken, however long it is: a broken one is none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from spend_report.domain.basics.fair_shares import fair_shares
from spend_report.domain.basics.places import line_to_add
from spend_report.domain.basics.wording import (
    LINE_WIDTH,
    dollars,
    long_day,
    plain,
    short_day,
    things,
    upper_first,
    wrapped,
)
from spend_report.domain.judgement.breaches import Breach
from spend_report.domain.messages.actions import (
    REQUESTS_SHOWN,
    action,
    action_on,
    costliest,
    feature_to_look_at,
    is_without_owner,
    owner_line,
    owner_to_add,
    owners_of,
    requests_in_lines,
    spike_to_do,
    to_do,
    whose,
)
from spend_report.domain.messages.news import (
    Alert,
    DayAlerts,
    Item,
    Remark,
    SpikeAlert,
    items_of,
    newest_told,
)
from spend_report.domain.messages.reasons import change_of_day, explanation, spike_reasons
from spend_report.domain.messages.sentences import holes, sentence, to_know, who

MOST_LINES = 50
_MOST_IN_FULL = 4
_LINES_PER_KIND = 4
_KINDS: dict[type, str] = {Alert: "alert", Remark: "notice", SpikeAlert: "spike"}


def email_text(news: Sequence[DayAlerts]) -> str:
    """The text of one message about the breaches and notices of `news`, at least one of them."""
    items = items_of(news)
    head, report = [*_first_of_all(items[0]), "", *_heading(news)], _report(items[0])
    requests, body = [], []
    for most in range(REQUESTS_SHOWN, 0, -1):  # fewer where that lets all be told in full
        requests = _requests(items[0], most)
        room = MOST_LINES - len(head) - len(requests) - len(report)
        blocks = _blocks(items, room)
        body = _body(items, blocks, room)
        if len(blocks) == len(items):
            break
    lines, nobody = [*head, *body, *requests], owner_to_add(items)
    owner = [*wrapped(nobody.lead), *line_to_add(nobody.line), ""] if nobody else []
    if len(lines) + len(owner) + len(report) <= MOST_LINES:
        lines += owner
    return "\n".join([*lines, *report]).rstrip("\n") + "\n"


def _first_of_all(item: Item) -> list[str]:
    """What to do first, and whose it is."""
    match item:
        case Alert(breach, on):
            what, feature = action(breach, on), feature_to_look_at(breach, on)
            subject = _whose(feature, on) if feature else who(breach)
        case Remark(notice, on):
            what, owners = notice.do, owners_of([item])
            return wrapped(f"Do first{f' (owner: {plain(owners[0])})' if owners else ''}: {what}.")
        case SpikeAlert(words, on):
            feature = words.spike.feature
            what, subject = action_on(feature, on), _whose(feature, on) if feature else ""
    return wrapped(f"Do first: {subject}{': ' if subject else ''}{what}.")


def _whose(feature: str, on: DayAlerts) -> str:
    """A feature and who owns it, or that nobody is known to."""
    nobody = " (no owner)" if is_without_owner(feature, on.owners) else ""
    return f"{whose(feature, on)}{nobody}"


def _heading(news: Sequence[DayAlerts]) -> list[str]:
    newest = newest_told(news)
    spent = f"{dollars(newest.figures.cost)} in {things(newest.figures.calls, 'call')}"
    change = change_of_day(newest)
    when = f"{long_day(newest.day)}{newest.arrival and f', {newest.arrival}'}"
    lines = wrapped(f"LLM spend on {when}: {spent}{change and f', {change}'}.")
    others = [day for day in news if day is not newest and not day.is_empty]
    for other in sorted(others, key=lambda day: day.day):
        what = f"Also about {short_day(other.day)}{other.arrival and f', {other.arrival}'}"
        lines += wrapped(f"{what}: {dollars(other.figures.cost)}.")
    for told in (told for day in news for told in day.told_before):
        lines += wrapped(f"Not repeated here: {told}.")
    return [*lines, ""]


def _body(items: Sequence[Item], blocks: Mapping[int, list[str]], room: int) -> list[str]:
    """The most urgent in full, a line for each further one, and how many there was no room for."""
    lines = [line for place in sorted(blocks) for line in blocks[place]]
    others = [item for place, item in enumerate(items) if place not in blocks]
    return lines + _in_a_line_each(others, room - len(lines))


def _blocks(items: Sequence[Item], room: int) -> dict[int, list[str]]:
    """The blocks of those items that are told in full, by their place.

    The first of each kind has a place before any other, in full if it fits.
    """
    first_of_kind = {type(item): place for place, item in reversed(list(enumerate(items)))}
    said = {_do(one): '"Do first"' for one in items[:1] if isinstance(one, Alert)}
    blocks: dict[int, list[str]] = {}
    for place in dict.fromkeys([0, *first_of_kind.values(), *range(_MOST_IN_FULL)]):
        if place >= len(items):
            continue
        block = _block(items[place], said)
        rest = Counter(type(item) for at, item in enumerate(items) if at not in {*blocks, place})
        kept_free = sum(min(left, _LINES_PER_KIND) for left in rest.values()) + bool(rest)
        if sum(map(len, blocks.values())) + len(block) + kept_free <= room:
            blocks[place] = block
        elif not blocks:
            blocks[place] = [*block[: room - kept_free - 1], ""]
        if place in blocks:
            said = _said_by(items[place]) | said
    return blocks


def _in_a_line_each(items: Sequence[Item], room: int) -> list[str]:
    if not items:
        return []
    shares = fair_shares(Counter(map(type, items)), room - 1)
    lines = []
    for kind, share_ in shares.items():
        own = [item for item in items if type(item) is kind]
        shown = own if len(own) <= share_ else own[: max(0, share_ - 1)]
        lines += [_line(item) for item in shown]
        if more := len(own) - len(shown):
            lines.append(f"... and {things(more, f'more {_KINDS[kind]}')}, not shown here")
    return [*lines, ""]


type _Said = tuple[str | None, str]
"""Of which feature, or of all, and what."""


def _do(alert: Alert) -> _Said:
    return feature_to_look_at(alert.breach, alert.on), action(alert.breach, alert.on)


def _why(alert: Alert) -> _Said:
    return alert.breach.feature, explanation(alert.breach, alert.on).lead


def _said_by(item: Item) -> dict[_Said, str]:
    """What need not be said again below an item, and where it was said."""
    if not isinstance(item, Alert):
        return {}
    breach, on = item.breach, item.on
    budget = f"total {breach.period} budget"
    if breach.feature is not None:
        budget = f"{breach.period} budget of {plain(breach.feature)}"
    said = [_why(item), _do(item)]
    if missing := to_know(breach, on):
        said.append((None, missing.line))
    return dict.fromkeys(said, f"the {budget}, above")


def _block(item: Item, said: Mapping[_Said, str]) -> list[str]:
    """An item in a block of lines, without what was `said` above."""
    match item:
        case Alert(breach, on):
            lines = wrapped(f"[{breach.severity.upper()}] {sentence(breach)}")
            lines += _days_without_report(breach, on, said)
            lines += wrapped(owner_line(item), "  ")
            if words := on.spike(breach.feature):
                lines += wrapped(words.sentence, "  ")
            for reason in [] if _why(item) in said else explanation(breach, on).lines:
                lines += [f"  {line}" for line in wrapped(reason, width=LINE_WIDTH - 2)]
            do = to_do(breach, on, said.get(_do(item), ""))
            lines += wrapped(f"To do: {upper_first(do)}", "  ")
        case Remark(notice):
            lines = wrapped(f"[NOTICE] {notice.text}")
            lines += wrapped(owner_line(item), "  ")
            lines += line_to_add(notice.add)
        case SpikeAlert(words, on):
            lines = wrapped(f"[{item.severity.upper()}] {words.sentence}")
            lines += wrapped(owner_line(item), "  ")
            why = spike_reasons(words, on)
            lines += [
                f"  {line}" for reason in why for line in wrapped(reason, width=LINE_WIDTH - 2)
            ]
            lines += wrapped(f"To do: {spike_to_do(words, on)}", "  ")
            lines += line_to_add(words.add)
    return [*lines, ""]


def _days_without_report(breach: Breach, on: DayAlerts, said: Mapping[_Said, str]) -> list[str]:
    """What they mean for the sum, and the command that reports them, unless that was `said`."""
    missing = to_know(breach, on)
    if missing is None:
        return []
    if where := said.get((None, missing.line)):
        return wrapped(f"{holes(breach)} To report them, see {where}.", "  ")
    lines = wrapped(f"{holes(breach)} {missing.lead}", "  ")
    return [*lines, *(f"    {line}" for line in missing.lines)]


def _line(item: Item) -> str:
    """An item on one line, shortened at its end where names are long."""
    theirs = owner_line(item)
    urgency = "NOTICE" if isinstance(item, Remark) else item.severity.upper()
    return plain(f"[{urgency}] {item.in_short}{theirs and f', {theirs}'}", LINE_WIDTH)


def _report(item: Item) -> list[str]:
    """Where the day's report is."""
    url = item.on.links.page_console or item.on.links.report_console
    return [f"The report of {short_day(item.on.day)}:", f"  {url}"] if url else []


def _requests(item: Item, most: int) -> list[str]:
    """The costliest requests of the feature in trouble, at most so many."""
    lines = []
    feature = None
    if isinstance(item, Alert):
        feature = feature_to_look_at(item.breach, item.on)
    elif isinstance(item, SpikeAlert):
        feature = item.words.spike.feature
    requests = [] if isinstance(item, Remark) else costliest(item.on.figures, feature)[:most]
    if requests:
        whose = "" if feature is None else f" of {plain(feature)}"
        costs = item.on.figures.request_costs.get(feature or "")
        median = f" (the median is {dollars(costs.median)})" if costs else ""
        lines += wrapped(f"Costliest requests{whose} on {short_day(item.on.day)}{median}:")
        lines += [*requests_in_lines(requests, "  "), ""]
    return lines
