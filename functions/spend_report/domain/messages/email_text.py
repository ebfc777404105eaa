"""The alert as a person reads it: at most 50 lines of at most 78 characters.

The first line says what to do first. Then comes what happened, with most at stake first whatever
its kind, and what can wait comes last. A link, or the ARN in a command, stands alone on its
line and is never broken, however long it is: a broken one is none.
"""

from collections import Counter
from collections.abc import Mapping, Sequence

from spend_report.domain.basics.fair_shares import fair_shares
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
from spend_report.domain.judgement.comparison import comparison, has_baseline, totals
from spend_report.domain.messages.actions import (
    action,
    action_on,
    costliest,
    feature_to_look_at,
    is_reachable,
    is_without_owner,
    owner_line,
    owner_to_add,
    owners_of,
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
from spend_report.domain.messages.reasons import explanation, spike_reasons
from spend_report.domain.messages.sentences import holes, sentence, to_know, who

MOST_LINES = 50
_MOST_IN_FULL = 4
_LEAST_PER_KIND = 2
_KINDS: dict[type, str] = {Alert: "alert", Remark: "notice", SpikeAlert: "spike"}


def email_text(news: Sequence[DayAlerts]) -> str:
    """The text of one message about the breaches and notices of `news`, at least one of them."""
    items = items_of(news)
    head = [*_first_of_all(items[0]), "", *_heading(news)]
    requests, report = _requests(items[0]), _report(items[0])
    body = _body(items, MOST_LINES - len(head) - len(requests) - len(report))
    lines, owner = [*head, *body, *requests], _owner(items)
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
    change = _change_of_day(newest)
    when = f"{long_day(newest.day)}{newest.arrival and f', {newest.arrival}'}"
    lines = wrapped(f"LLM spend on {when}: {spent}{change and f', {change}'}.")
    others = [day for day in news if day is not newest and not day.is_empty]
    for other in sorted(others, key=lambda day: day.day):
        what = f"Also about {short_day(other.day)}{other.arrival and f', {other.arrival}'}"
        lines += wrapped(f"{what}: {dollars(other.figures.cost)}.")
    for told in (told for day in news for told in day.told_before):
        lines += wrapped(f"Not repeated here: {told}.")
    return [*lines, ""]


def _change_of_day(on: DayAlerts) -> str:
    """The day's cost against the usual; empty where there is none."""
    if not has_baseline(on.drivers):
        return ""
    now, before = totals(on.drivers)
    return comparison(now, before, on.drivers[0].baseline, lasts=False)


def _body(items: Sequence[Item], room: int) -> list[str]:
    """The most urgent in full, a line for each further one, and how many there was no room for.

    The first of each kind has a place before any other, in full if it fits.
    """
    blocks = _blocks(items, room)
    lines = [line for place in sorted(blocks) for line in blocks[place]]
    others = [item for place, item in enumerate(items) if place not in blocks]
    return lines + _in_a_line_each(others, room - len(lines))


def _blocks(items: Sequence[Item], room: int) -> dict[int, list[str]]:
    """The blocks of those items that are told in full, by their place."""
    first_of_kind = {type(item): place for place, item in reversed(list(enumerate(items)))}
    first = [item for item in items[:1] if isinstance(item, Alert)]
    said = {action(item.breach, item.on): '"Do first"' for item in first}
    blocks: dict[int, list[str]] = {}
    for place in dict.fromkeys([0, *first_of_kind.values(), *range(_MOST_IN_FULL)]):
        if place >= len(items):
            continue
        block = _block(items[place], said)
        rest = {type(item) for at, item in enumerate(items) if at not in {*blocks, place}}
        kept_free = _LEAST_PER_KIND * len(rest) + bool(rest)
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


def _said_by(item: Item) -> dict[str, str]:
    """What need not be said again below an item, and where it was said."""
    if not isinstance(item, Alert):
        return {}
    breach, on = item.breach, item.on
    whose = "" if breach.feature is None else f" of {plain(breach.feature)}"
    budget = f"the {'total ' * (not whose)}{breach.period} budget{whose}, above"
    missing = to_know(breach, on)
    said = [explanation(breach, on).lead, action(breach, on), missing.line if missing else ""]
    return dict.fromkeys(said, budget)


def _block(item: Item, said: Mapping[str, str]) -> list[str]:
    """An item in a block of lines, without what was `said` above."""
    match item:
        case Alert(breach, on):
            lines = wrapped(f"[{breach.severity.upper()}] {sentence(breach)}")
            lines += wrapped(holes(breach), "  ")
            if (missing := to_know(breach, on)) and missing.line not in said:
                lines += wrapped(missing.lead, "  ") + [f"    {line}" for line in missing.lines]
            lines += wrapped(owner_line(item), "  ")
            if words := on.spike(breach.feature):
                lines += wrapped(words.sentence, "  ")
            found = explanation(breach, on)
            for reason in [] if found.lead in said else found.lines:
                lines += [f"  {line}" for line in wrapped(reason, width=LINE_WIDTH - 2)]
            do = to_do(breach, on, said.get(action(breach, on), ""))
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


def line_to_add(add: str) -> list[str]:
    """The line of a parameter, in two where it is too long for one."""
    if len(add) + 2 <= LINE_WIDTH:
        return [f"  {add}"] if add else []
    model, _, prices = add.rpartition(": {")
    return [f"  {plain(model, LINE_WIDTH - 3)}:", f"    {{{prices}"]


def _line(item: Item) -> str:
    """An item on one line, shortened at its end where names are long."""
    theirs = owner_line(item)
    urgency = "NOTICE" if isinstance(item, Remark) else item.severity.upper()
    return plain(f"[{urgency}] {item.in_short}{theirs and f', {theirs}'}", LINE_WIDTH)


def _owner(items: Sequence[Item]) -> list[str]:
    """How owners are named, where there is none."""
    nobody = owner_to_add(items)
    return [*wrapped(nobody.lead), *line_to_add(nobody.line), ""] if nobody else []


def _report(item: Item) -> list[str]:
    """Where the day's report is."""
    url = item.on.links.page_console or item.on.links.report_console
    return [f"The report of {short_day(item.on.day)}:", f"  {url}"] if url else []


def _requests(item: Item) -> list[str]:
    """The costliest requests of the feature in trouble."""
    lines = []
    feature = None
    if isinstance(item, Alert):
        feature = feature_to_look_at(item.breach, item.on)
    elif isinstance(item, SpikeAlert):
        feature = item.words.spike.feature
    requests = [] if isinstance(item, Remark) else costliest(item.on.figures, feature)
    if requests:
        whose = "" if feature is None else f" of {plain(feature)}"
        costs = item.on.figures.request_costs.get(feature or "")
        median = f" (the median is {dollars(costs.median)})" if costs else ""
        lines += wrapped(f"Costliest requests{whose} on {short_day(item.on.day)}{median}:")
        for request in requests:
            name = plain(request.root_name) if request.root_name else "request"
            lines.append(f"  {dollars(request.cost)} {name}, {things(request.calls, 'call')}")
            is_link = is_reachable(request.url)
            lines.append(f"  {request.url if is_link else f'trace {plain(request.trace_id)}'}")
        lines.append("")
    return lines
