"""A day's report: its figures and what they mean."""

from collections.abc import Mapping, Sequence
from copy import replace

from msgspec import Struct, field

from spend_report.domain.basics.day import ReportDay, days_before
from spend_report.domain.basics.money import exactly, six_places
from spend_report.domain.basics.places import Places
from spend_report.domain.bills.bill_words import BillLine
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.figures.day_figures import DayFigures
from spend_report.domain.judgement.breaches import Breach
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.judgement.spikes import NO_SPIKES, Spikes
from spend_report.domain.notices.notices import Notice
from spend_report.domain.record.history import History, PastDay, PastSpike, UsualCost, today_of


class Origin(Struct, frozen=True):
    """What the figures rest on: the versions of the parameters by name, and the catalogue.

    `configuration` is what prices and budgets say, by path.
    """

    timezone: str
    parameters: Mapping[str, int]
    catalogue: str
    configuration: Mapping[str, str] = field(default_factory=dict)


class DayReport(Struct, frozen=True):
    """Everything that is known of a day.

    `links` maps a report's name to where it can be read; `feature_key` is the metadata key that
    names a feature. `where` says where in the account something is set or started. `owners` are
    those of features that have one. A day that was not over when it was read is not `complete`.
    `bills` has a line for each provider whose bill is compared, about its newest compared day.
    """

    day: ReportDay
    figures: DayFigures
    history: History
    budgets: Budgets
    drivers: Sequence[Driver]
    breaches: Sequence[Breach]
    notices: Sequence[Notice]
    origin: Origin
    links: Mapping[str, str]
    feature_key: str
    where: Places
    owners: Mapping[str, str] = field(default_factory=dict)
    complete: bool = True
    bills: Sequence[BillLine] = ()
    spikes: Spikes = NO_SPIKES

    @property
    def today(self) -> PastDay:
        """The report's day in the shape of the days before it."""
        spikes = [
            PastSpike(one.feature, one.what, one.cost, one.usual_cost, one.times)
            for one in self.spikes.found
        ]
        return replace(today_of(self.figures), spikes=spikes, usual=self.usual)

    @property
    def usual(self) -> UsualCost | None:
        """What all features together were expected to cost, where that is known."""
        found = self.spikes.usual_cost.get(None)
        if found is None or found.value is None or found.limit is None:
            return None
        return UsualCost(six_places(exactly(found.value)), six_places(exactly(found.limit)))

    def last_days(self, count: int) -> list[PastDay]:
        """The reported ones of the last `count` calendar days, oldest first, this one last."""
        return [*self.history.reported(days_before(self.figures.date, count - 1)), self.today]
