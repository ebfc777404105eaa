"""What is wrong with the data: the figures may mislead, and somebody should mend it."""

import hashlib
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.places import Places
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.config.owners_and_aliases import FeatureRegister
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.notices import name_notices
from spend_report.domain.notices.data_notices import Finding, NoticeKind, findings
from spend_report.domain.notices.silence import silences
from spend_report.domain.notices.token_notices import token_findings
from spend_report.domain.record.history import History

__all__ = ["Notice", "NoticeKind", "notices"]

_KEY_WIDTH = 80
_ORDER = {kind: place for place, kind in enumerate(NoticeKind)}


class Notice(Struct, frozen=True):
    """One thing that is wrong on `day`: `subject` in a few ASCII words, `text` in sentences.

    `do` says in a few words what to do. `about` tells it from others of its kind. `calls` are
    concerned, and `cost`, in US dollars, is at stake. `add` is the line that mends it in a price
    parameter, with `<USD>` to fill in. `features` are those concerned. `key` stays the same from
    the first day of the trouble until a reported day without it, and carries that first day's
    date.
    """

    day: date
    kind: NoticeKind
    subject: str
    text: str
    key: str
    do: str = ""
    features: Sequence[str] = ()
    add: str = ""
    about: str = ""
    calls: int = 0
    cost: Decimal = ZERO

    @property
    def at_stake(self) -> Decimal:
        """US dollars, estimated where nobody knows."""
        return self.cost


def notices(
    figures: DayFigures,
    history: History,
    *,
    budgets: Budgets,
    register: FeatureRegister,
    untagged_limit: Decimal,
    where: Places,
) -> list[Notice]:
    """What is wrong with the data of the day, by kind in the order of `NoticeKind`.

    `untagged_limit` is the share of the cost above which `untagged` is too much, `where` has
    the parameters in which things are mended. `history` tells the first day of what was wrong
    before, and has its features under the names that `register` gives them.
    """
    found = [
        *findings(figures, untagged_limit, where),
        *token_findings(figures),
        *silences(figures, history),
        *_unregistered(figures, history, register, where),
        *_likely_pairs(figures, register, where),
        *_unused_budgets(figures, history, budgets),
    ]
    return [
        Notice(
            day=figures.date,
            kind=one.kind,
            subject=one.subject,
            text=one.text,
            key=notice_key(one.kind, one.about, figures.date, history),
            do=one.do,
            features=one.features,
            add=one.add,
            about=one.about,
            calls=one.calls,
            cost=one.cost,
        )
        for one in sorted(found, key=lambda one: _ORDER[one.kind])
    ]


def notice_key(kind: NoticeKind, about: str, day: date, history: History) -> str:
    """The key of a notice on `day`, in which stands the first day of the same trouble.

    That is the one which the newest reported day before has in its own notice of the kind
    `about` the same; `day` itself where it has none.
    """
    if len(about) > _KEY_WIDTH:
        about = hashlib.sha256(about.encode()).hexdigest()
    identity = f"{kind}/{about}"
    newest = max((past for past in history.days if past < day), default=None)
    known = history.days[newest].notices if newest else ()
    same = (key for key in known if key.split("/", 2)[2:] == [identity])
    return next(same, f"notice/{day}/{identity}")


def _unregistered(
    figures: DayFigures, history: History, register: FeatureRegister, where: Places
) -> Iterator[Finding]:
    for doubt in name_notices.unregistered(figures, history, register, where):
        rows = [row for row in figures.features if row.feature == doubt.about]
        yield Finding(
            NoticeKind.UNREGISTERED_FEATURE,
            doubt.about,
            doubt.subject,
            doubt.text,
            doubt.do,
            doubt.features,
            doubt.add,
            calls=sum(row.calls for row in rows),
            cost=sum((row.cost for row in rows), ZERO),
        )


def _likely_pairs(
    figures: DayFigures, register: FeatureRegister, where: Places
) -> Iterator[Finding]:
    for doubt in name_notices.likely_pairs(figures, register, where):
        about, subject, text, do, features, add = doubt
        yield Finding(NoticeKind.SIMILAR_FEATURES, about, subject, text, do, features, add)


def _unused_budgets(figures: DayFigures, history: History, budgets: Budgets) -> Iterator[Finding]:
    for doubt in name_notices.unused_budgets(figures, history, budgets):
        about, subject, text, do, features, add = doubt
        yield Finding(NoticeKind.BUDGET_UNUSED, about, subject, text, do, features, add)
