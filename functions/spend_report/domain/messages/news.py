"""What one run has to tell: its days with their breaches and notices, and where to look."""

from collections.abc import Iterable, Mapping, Sequence
from copy import replace
from datetime import date
from decimal import Decimal

from msgspec import Struct, field

from spend_report.domain.basics.links import Links
from spend_report.domain.basics.places import Places
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.breaches import Breach, Severity, urgency
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.judgement.spikes import Spike
from spend_report.domain.messages.sentences import in_short as breach_in_short
from spend_report.domain.messages.spike_words import SpikeWords, without_alert
from spend_report.domain.messages.spike_words import in_short as spike_in_short
from spend_report.domain.notices.notices import Notice
from spend_report.domain.record.history import History


class DayAlerts(Struct, frozen=True):
    """One reported day: its figures, their causes, what is exceeded or wrong, the days before.

    `where` says where in the account something is set or started. `owners` maps a feature to who
    owns it, where that is known. `spikes` are its spikes, and `told_before` says what of it was
    told on the day itself. `arrival` says in a few words what is special about when it was
    reported: `reported again`, `not over yet`.
    """

    figures: DayFigures
    drivers: Sequence[Driver]
    breaches: Sequence[Breach]
    notices: Sequence[Notice]
    links: Links
    history: History
    where: Places
    owners: Mapping[str, str] = field(default_factory=dict)
    spikes: Sequence[SpikeWords] = ()
    told_before: Sequence[str] = ()
    arrival: str = ""

    @property
    def day(self) -> date:
        """The reported day."""
        return self.figures.date

    @property
    def spending(self) -> list[Breach | Spike]:
        """What there is to say about money, budgets first."""
        return [*self.breaches, *(words.spike for words in self.spikes)]

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to say about it."""
        return not (self.breaches or self.notices or self.spikes)

    def spike(self, feature: str | None) -> SpikeWords | None:
        """The spike of `feature`, or of all together."""
        return next((one for one in self.spikes if one.spike.feature == feature), None)


class Alert(Struct, frozen=True):
    """A breach on its day."""

    breach: Breach
    on: DayAlerts

    @property
    def severity(self) -> Severity:
        """How urgent it is."""
        return self.breach.severity

    @property
    def at_stake(self) -> Decimal:
        """US dollars over the budget, spent or to come."""
        return self.breach.at_stake

    @property
    def in_short(self) -> str:
        """What it is about in a few words: `rag-search $2.14 of $2.00`."""
        return breach_in_short(self.breach)

    @property
    def features(self) -> Sequence[str]:
        """The feature whose budget it is; none for the total's."""
        return [] if self.breach.feature is None else [self.breach.feature]


class Remark(Struct, frozen=True):
    """A notice on its day."""

    notice: Notice
    on: DayAlerts

    @property
    def severity(self) -> Severity:
        """A notice is never more than a warning."""
        return Severity.WARNING

    @property
    def at_stake(self) -> Decimal:
        """US dollars that are missing or doubtful, estimated."""
        return self.notice.at_stake

    @property
    def in_short(self) -> str:
        """What it is about in a few words: `35 % untagged`."""
        return self.notice.subject

    @property
    def features(self) -> Sequence[str]:
        """Those concerned."""
        return self.notice.features


class SpikeAlert(Struct, frozen=True):
    """A spike on its day, of which no alert tells."""

    words: SpikeWords
    on: DayAlerts

    @property
    def severity(self) -> Severity:
        """How urgent it is."""
        return self.words.spike.severity

    @property
    def at_stake(self) -> Decimal:
        """US dollars above the usual."""
        return self.words.spike.excess

    @property
    def in_short(self) -> str:
        """What it is about in a few words: `rag-search $41.20, 6.3 times the usual $6.50`."""
        return spike_in_short(self.words.spike)

    @property
    def features(self) -> Sequence[str]:
        """The feature whose spike it is; none for the total's."""
        return [] if self.words.spike.feature is None else [self.words.spike.feature]


type Item = Alert | Remark | SpikeAlert
"""One thing to say.

Whatever its kind, items have a severity, an amount, a day, features and a few words.
"""


def items_of(days: Sequence[DayAlerts]) -> list[Item]:
    """All that there is to say: critical first, then what has most dollars at stake."""
    items: list[Item] = [Alert(breach, day) for day in days for breach in day.breaches]
    items += [Remark(notice, day) for day in days for notice in day.notices]
    items += spike_alerts_of(days)
    return sorted(items, key=_rank)


def larger_budget(items: Sequence[Item]) -> Alert | None:
    """The budget that more dollars are above, or will be, than the first item is about, of its day.

    None if there is none: what is most urgent is then the largest too.
    """
    lead, *rest = items
    alerts = [item for item in rest if isinstance(item, Alert) and item.on is lead.on]
    most = max(alerts, key=lambda alert: alert.breach.excess, default=None)
    return most if most and most.breach.excess > lead.at_stake else None


def spike_alerts_of(days: Sequence[DayAlerts]) -> list[SpikeAlert]:
    """The spikes of all days, but for those that stand in the alert about their feature."""
    return [
        SpikeAlert(words, day)
        for day in days
        for words in without_alert(day.spikes, (breach.feature for breach in day.breaches))
    ]


def _rank(item: Item) -> tuple[bool, Decimal, int, bool]:
    is_remark = isinstance(item, Remark)
    return item.severity is Severity.WARNING, -item.at_stake, -item.on.day.toordinal(), is_remark


def alerts_of(days: Sequence[DayAlerts]) -> list[Alert]:
    """The breaches of all days, most urgent first."""
    alerts = [Alert(breach, day) for day in days for breach in day.breaches]
    return sorted(alerts, key=lambda alert: urgency(alert.breach))


def notices_of(days: Sequence[DayAlerts]) -> list[Notice]:
    """The notices of all days, those with most dollars at stake first."""
    return [item.notice for item in items_of(days) if isinstance(item, Remark)]


def features_of(items: Iterable[Item]) -> list[str]:
    """The features that `items` are about, each once.

    The first of each item come first, then the second of each: where only the beginning of the
    list is used, it has some of every item.
    """
    by_item = [item.features for item in items]
    deepest = max(map(len, by_item), default=0)
    in_turn = (
        features[place] for place in range(deepest) for features in by_item if place < len(features)
    )
    return list(dict.fromkeys(in_turn))


def newest_told(news: Sequence[DayAlerts]) -> DayAlerts:
    """The newest day about which there is something to say: the one that a message is about."""
    return max(news, key=lambda day: (not day.is_empty, day.day))


def severity_of(days: Sequence[DayAlerts]) -> Severity:
    """Critical if one item is."""
    critical = any(one.severity is Severity.CRITICAL for day in days for one in day.spending)
    return Severity.CRITICAL if critical else Severity.WARNING


def only(days: Sequence[DayAlerts], keys: frozenset[str]) -> list[DayAlerts]:
    """The days with only what is in `keys` and needs saying, each thing once.

    What several days say is left to the newest of them, and a lower threshold to the higher
    one that covers it.
    """
    covered = {key for day in days for one in day.spending if one.key in keys for key in one.covers}
    left = set(keys - covered)
    kept = []
    for day in sorted(days, key=lambda day: day.day, reverse=True):
        breaches = [breach for breach in day.breaches if breach.key in left]
        notices = [notice for notice in day.notices if notice.key in left]
        spikes = [words for words in day.spikes if words.key in left]
        kept.append(replace(day, breaches=breaches, notices=notices, spikes=spikes))
        left -= {notice.key for notice in notices} | {one.key for one in kept[-1].spending}
    return kept[::-1]
