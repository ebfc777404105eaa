"""Which features moved, and why."""

from decimal import Decimal

from spend_report.domain.basics.money import ZERO
from spend_report.domain.judgement.driver_sentences import causes
from spend_report.domain.judgement.drivers import Driver
from spend_report.domain.reports.day_report import DayReport
from spend_report.page.labels import name
from spend_report.page.palette import OTHER
from spend_report.page.spend import Colours
from spend_report.page.view_types import Mover, Total

SHOWN_MOVERS = 4
_OF_THE_DAY, _OF_THE_LARGEST = Decimal("0.01"), Decimal("0.5")


def movers(report: DayReport, colours: Colours, total: Total) -> list[Mover]:
    """The largest changes, the largest first.

    A change counts if it is a hundredth of the day's cost, or, where the cost is spread over
    many features, half of the largest change.
    """
    moved = [driver for driver in report.drivers if driver.baseline_days and driver.change]
    largest = max((abs(driver.amounts.change) for driver in moved), default=ZERO)
    least = min(_OF_THE_DAY * max(total.cost, total.mean or ZERO), _OF_THE_LARGEST * largest)
    shown = [driver for driver in moved if abs(driver.amounts.change) >= least]
    return [_mover(driver, colours) for driver in shown[:SHOWN_MOVERS]]


def _mover(driver: Driver, colours: Colours) -> Mover:
    amounts = driver.amounts
    return Mover(
        name=name(driver.feature),
        slot=colours.get(driver.feature, OTHER),
        baseline=amounts.baseline,
        cost=amounts.cost,
        volume=amounts.from_calls,
        mix=amounts.from_models,
        tokens_per_call=amounts.from_tokens_per_call,
        price=amounts.from_price_per_token,
        causes=[str(cause) for cause in causes(driver)],
    )
