"""What of a running day cannot wait for the morning."""

from collections.abc import Collection, Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from spend_report.domain.basics.money import ZERO
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.guard.running_day import RunningDay
from spend_report.domain.judgement.breaches import Breach, Period, Severity, breaches
from spend_report.domain.judgement.hours_before import Spent
from spend_report.domain.judgement.spend_series import Measure
from spend_report.domain.judgement.spikes import FLOOR_SHARE_OF_TOTAL, Spikes, find_spikes
from spend_report.domain.judgement.tell_again import Told
from spend_report.domain.judgement.usual_by_weekday import Rule
from spend_report.domain.judgement.usual_without_spikes import Usual

SILENT_HOURS = 3
_LEAST_TIMES = 2.0
CENT = Decimal("0.01")
_PLACES = Decimal("0.000001")
_ONE_PLACE = Decimal("0.1")


class Warned(Struct, frozen=True):
    """One thing to tell: a `breach`, or a feature (None: all) far above its usual by this hour.

    `usual` is what it comes to by this time of day and `usual_day` by the day's end, in US
    dollars; None where that is not known. `last_hour` and `pace` are US dollars too. `since` is
    the hour from which a feature ran above its usual, where that is known. Of silence,
    `silent_since` is the first hour without a call. `covers` is what needs no word of its own, by
    its key.
    """

    key: str
    covers: Mapping[str, Told]
    feature: str | None
    severity: Severity
    told: Told
    calls: int
    cost: Decimal
    last_hour: Decimal
    pace: Decimal
    usual: Spent | None = None
    usual_day: float | None = None
    watched: bool = True
    breach: Breach | None = None
    silent_since: datetime | None = None
    since: datetime | None = None

    @property
    def what(self) -> str:
        """What is far above its usual, where there is no budget to tell of."""
        return Measure.COST

    @property
    def usual_cost(self) -> Decimal:
        """US dollars that it usually comes to by this time of day, as far as that is known."""
        return decimal_of(self.usual.cost) if self.usual else ZERO

    @property
    def times(self) -> Decimal | None:
        """How many times its usual it is, with one decimal; None where that is below a cent."""
        usual = self.usual_cost
        return (self.cost / usual).quantize(_ONE_PLACE) if usual >= CENT else None


def warnings(
    running: RunningDay, budgets: Budgets, *, spikes: bool, floor: Decimal
) -> list[Warned]:
    """What to tell of the day so far: budgets exceeded, features running away, silence.

    Nothing can be unusual, and no hour silent, before a week is known.
    """
    usual = find_spikes(running.figures, running.history, floor) if spikes else None
    over = list(_over_budget(running, budgets, usual))
    found = [*over]
    if usual is not None:
        told = {one.feature for one in over if one.breach and one.breach.period is Period.DAILY}
        found += _running_away(running, budgets, usual, floor, told)
    found += _silence(running)
    return sorted(found, key=lambda one: (one.severity is Severity.WARNING, -one.pace))


def _over_budget(running: RunningDay, budgets: Budgets, usual: Spikes | None) -> Iterator[Warned]:
    exceeded = [one for one in breaches(running.figures, running.history, budgets) if one.over > 0]
    by_now = running.usually({one.feature for one in exceeded}) if exceeded else {}
    for breach in exceeded:
        calls, cost = running.spent(breach.feature)
        pace = running.pace(breach.feature)
        of_day = usual.usual_cost.get(breach.feature) if usual else None
        # What the message foretells is not news in the morning.
        told = _told(running, breach.severity, breach.period_start, breach.spent + pace - cost)
        covers = dict.fromkeys(breach.covers, replace(told, limit=breach.budget))
        if breach.period is Period.DAILY and of_day is not None:
            own = _run_away(running, budgets, breach.feature, usual=of_day, by_now=None)
            covers |= {own.key: own.told, **own.covers}
        yield Warned(
            key=breach.key,
            covers=covers,
            feature=breach.feature,
            severity=breach.severity,
            told=replace(told, limit=breach.budget),
            calls=calls,
            cost=cost,
            last_hour=running.last_hour(breach.feature),
            pace=pace,
            usual=by_now.get(breach.feature),
            usual_day=of_day.value if of_day else None,
            breach=breach,
        )


def _running_away(
    running: RunningDay,
    budgets: Budgets,
    usual: Spikes,
    floor: Decimal,
    told: Collection[str | None],
) -> list[Warned]:
    """Features at far more than their usual by this hour; the total where it is none of theirs.

    Those of which is `told` already are left out.
    """
    of_all = usual.usual_cost[None].value or 0.0
    least = max(float(floor), FLOOR_SHARE_OF_TOTAL * of_all)
    costly = {None, *(row.feature for row in running.figures.features if row.cost > least)}
    known = {feature for feature in costly if usual.usual_cost[feature].value is not None}
    by_now = running.usually(known) if known else {}
    found = [
        _run_away(
            running,
            budgets,
            feature,
            usual=usual.usual_cost[feature],
            by_now=spent,
            of_all=of_all,
        )
        for feature, spent in by_now.items()
        if spent is not None
        and _is_running_away(running, feature, usual.usual_cost[feature], spent, least)
    ]
    features = [one for one in found if one.feature is not None]
    is_explained = bool(features) or bool(told)
    left = [one for one in (features if is_explained else found) if one.feature not in told]
    since = running.since({one.feature for one in left})
    return [replace(one, since=since.get(one.feature)) for one in left]


def _is_running_away(
    running: RunningDay, feature: str | None, usual: Usual, by_now: Spent, least: float
) -> bool:
    cost = float(running.spent(feature)[1])
    times = _LEAST_TIMES
    if usual.value and usual.limit and usual.value > least:
        # What swings widely from day to day does so from hour to hour.
        times = max(times, usual.limit / usual.value)
    if usual.rule is Rule.WEEK:
        least *= 2
    return cost > times * by_now.cost and cost - by_now.cost > least


def _run_away(
    running: RunningDay,
    budgets: Budgets,
    feature: str | None,
    *,
    usual: Usual,
    by_now: Spent | None,
    of_all: float = 0.0,
) -> Warned:
    calls, cost = running.spent(feature)
    pace = running.pace(feature)
    ahead = max(float(pace) - (usual.value or 0.0), float(cost) - (by_now or Spent()).cost, 0.0)
    severity = Severity.CRITICAL if ahead > of_all else Severity.WARNING
    began = usual.unusual[0] if usual.unusual else running.day.date
    budget = budgets.total if feature is None else budgets.of(feature)
    whose = "total" if feature is None else f"feature/{feature}"
    told = _told(running, severity, began, decimal_of(ahead))
    return Warned(
        # Each day's own: what runs away on the next day too is told on that one again.
        key=f"guard/{running.day.date}/{whose}",
        # The key by which the day's report remembers a spike.
        covers={f"spike/{began}/{whose}": told},
        feature=feature,
        severity=severity,
        told=told,
        calls=calls,
        cost=cost,
        last_hour=running.last_hour(feature),
        pace=pace,
        usual=by_now,
        usual_day=usual.value,
        watched=budget is not None,
    )


def decimal_of(value: float) -> Decimal:
    """US dollars that were reckoned as a float, to a millionth."""
    return Decimal(repr(value)).quantize(_PLACES)


def _told(running: RunningDay, severity: Severity, since: date, amount: Decimal = ZERO) -> Told:
    at = running.at.astimezone(running.zone)
    return Told(day=running.day.date, severity=severity, since=since, amount=amount, at=at)


def _silence(running: RunningDay) -> Iterator[Warned]:
    hours = running.silent_hours(SILENT_HOURS)
    if not hours:
        return
    calls, cost = running.spent(None)
    yield Warned(
        key=f"guard/{running.day.date}/silent",
        covers={},
        feature=None,
        severity=Severity.WARNING,
        told=_told(running, Severity.WARNING, running.day.date),
        calls=calls,
        cost=cost,
        last_hour=Decimal(0),
        pace=cost,
        silent_since=hours[0],
    )
