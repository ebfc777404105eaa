"""Under which names the features of a day were seen."""

from collections.abc import Mapping

from spend_report.domain.basics.money import ZERO
from spend_report.domain.figures.day_figures import SpendUnderName
from spend_report.domain.figures.ledger import Ledger, cost_of


def seen_as(ledger: Ledger) -> dict[str, Mapping[str, SpendUnderName]]:
    """The spend of each feature by the name that calls were tagged with.

    Only features of which at least one call was tagged with an alias.
    """
    found: dict[str, dict[str, SpendUnderName]] = {}
    for key, totals in ledger.lines.items():
        names = found.setdefault(key.feature, {})
        so_far = names.get(key.written) or SpendUnderName(0, ZERO)
        cost = so_far.cost + cost_of(key, totals)
        names[key.written] = SpendUnderName(so_far.calls + totals.calls, cost)
    return {
        feature: dict(sorted(names.items()))
        for feature, names in sorted(found.items())
        if names.keys() != {feature}
    }
