"""Names of features that nobody stands for: likely misspelt, or forgotten in a parameter."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice
from typing import Any, NamedTuple

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.names import OTHER, UNTAGGED
from spend_report.domain.basics.places import Places
from spend_report.domain.basics.wording import ascii_only, dollars, plain, short_day, things
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.figures.day_figures import DayFigures, FeatureSpend
from spend_report.domain.notices.similar_names import SimilarNames
from spend_report.domain.record.history import History

UNUSED_AFTER_DAYS = 14
# Where an id stands in the tag, every name is new; so many are enough to see that.
_MOST_TOLD = 20

_NO_NAMES = {UNTAGGED, OTHER}


class Doubt(NamedTuple):
    """What is to be told about a name; the fields are those of a `Notice`.

    `about` tells it apart from others of its kind.
    """

    about: str
    subject: str
    text: str
    do: str
    features: Sequence[str]
    add: str = ""


def unregistered(
    figures: DayFigures, history: History, register: FeatureRegister, where: Places
) -> Iterator[Doubt]:
    """The day's features that are in no document, costliest first; none where there is no document.

    The costliest are told one by one, the others together.
    """
    if not register.in_use:
        return
    rows = [row for row in _tagged(figures) if row.feature not in register.features]
    names = SimilarNames([*register.features, *register.aliases])
    for row in rows[:_MOST_TOLD]:
        name = row.feature
        text = (
            f"{plain(name)} cost {dollars(row.cost)} {_since(name, figures.date, history)} and is "
            f"in no SSM parameter below {where.root}/features/."
        )
        do, features = f"register {plain(name)} with its owner", [name]
        alike = names.alike(name)
        if alike is not None:
            feature = register.feature(alike)
            known = register.features[feature]
            do = f"if {plain(name)} is {plain(feature)}, make it an alias of it"
            # Whose calls these likely are: its owner is told.
            features = [name, feature]
            text += (
                f" Is it {plain(alike)}? Then add it to the aliases in {known.parameter}, else "
                "register it as a feature of its own."
            )
        elif (nearest := names.nearest(name)) is not None:
            text += f" The nearest known name is {plain(nearest)}."
        if alike is None:
            text += f" Register it with its owner in {where.to_add('features')}."
        yield Doubt(
            name,
            f"{ascii_only(name)} is not registered",
            text,
            do,
            features,
            entry_for(name, alike, register),
        )
    if rest := rows[_MOST_TOLD:]:
        cost = sum((row.cost for row in rest), ZERO)
        subject = f"{things(len(rest), 'more feature')} not registered"
        text = (
            f"{things(len(rest), 'more feature')} ({dollars(cost)} together) are in no SSM "
            f"parameter below {where.root}/features/ either."
        )
        yield Doubt("", subject, text, "register the other features", [])


def likely_pairs(figures: DayFigures, register: FeatureRegister, where: Places) -> Iterator[Doubt]:
    """Features of the day that are likely one, where no document says which names there are."""
    if register.in_use:
        return
    rows = {row.feature: row for row in _tagged(figures)}
    for right, slip in islice(SimilarNames(rows).pairs(), _MOST_TOLD):
        costs = [f"{plain(name)} ({dollars(rows[name].cost)})" for name in (right, slip)]
        text = (
            f"{' and '.join(costs)} are likely one feature, typed in two ways. Tag them alike, or "
            f"make one an alias of the other in {where.to_add('features')}."
        )
        # The same pair tomorrow, when the other one may cost more.
        about = " = ".join(sorted([right, slip]))
        subject = f"{ascii_only(slip)} is likely {ascii_only(right)}"
        do = f"tag {plain(right)} and {plain(slip)} alike"
        yield Doubt(about, subject, text, do, [right, slip], entry(right, aliases=[slip]))


def unused_budgets(figures: DayFigures, history: History, budgets: Budgets) -> Iterator[Doubt]:
    """Budgets of features without a call on the day and the reported ones before it.

    That many have to be reported, unless the name is alike to one that does occur.
    """
    before = sorted((day for day in history.days if day < figures.date), reverse=True)
    days = before[: UNUSED_AFTER_DAYS - 1]
    seen = dict.fromkeys(row.feature for row in _tagged(figures))
    for day in days:
        seen |= dict.fromkeys(history.days[day].features)
    occurring = SimilarNames(name for name in seen if name not in _NO_NAMES)
    unused = (name for name in budgets.features if name not in {*seen, *_NO_NAMES})
    for name in islice(unused, _MOST_TOLD):
        alike = occurring.alike(name)
        if alike is None and len(days) < UNUSED_AFTER_DAYS - 1:
            continue
        when = f"the last {len(days) + 1} reported days" if days else "the one reported day"
        text = (
            f"The budget of {plain(name)} in {budgets.features[name].parameter} sees nothing: no "
            f"call of that feature on {when}."
        )
        if alike is not None:
            text += f" Is it {plain(alike)}? Then rename it there."
        elif (nearest := occurring.nearest(name)) is not None:
            text += f" The nearest name that has calls is {plain(nearest)}."
        subject = f"the budget of {ascii_only(name)} sees nothing"
        yield Doubt(name, subject, text, f"rename or drop the budget of {plain(name)}", [name])


def entry_for(name: str, alike: str | None, register: FeatureRegister) -> str:
    """The entry by which `name` is known: an alias of what it is `alike` to, else on its own."""
    if alike is None:
        return entry(name, owner="<OWNER>")
    feature = register.feature(alike)
    known = register.features[feature]
    return entry(feature, owner=known.owner, aliases=[*known.aliases, name])


def entry(feature: str, *, owner: str = "", aliases: Sequence[str] = ()) -> str:
    """The entry of `feature` in a document."""
    fields: dict[str, Any] = {"owner": owner} if owner else {}
    if aliases:
        fields["aliases"] = list(aliases)
    line = f"{json.dumps(feature, ensure_ascii=False)}: {json.dumps(fields, ensure_ascii=False)}"
    return line if line.isprintable() else f"{json.dumps(feature)}: {json.dumps(fields)}"


def _tagged(figures: DayFigures) -> list[FeatureSpend]:
    return [row for row in figures.features if row.feature not in _NO_NAMES]


def _since(feature: str, day: date, history: History) -> str:
    """Since when `feature` is seen, as far back as the reports go."""
    seen = [past for past in history.days if feature in history.days[past].features]
    first = min(seen, default=day)
    if first == day:
        return "on its first day"
    or_longer = " or longer" if first == min(history.days) else ""
    return f"(seen since {short_day(first)}{or_longer})"
