"""Spikes as there is something to say about them: in a sentence, and with what to do."""

import json
from collections.abc import Iterable, Sequence
from datetime import tzinfo
from decimal import ROUND_UP, Decimal

from msgspec import Struct

from spend_report.domain.basics.money import ZERO
from spend_report.domain.config.budgets import Budgets
from spend_report.domain.judgement.spikes import Spike
from spend_report.domain.messages.spike_text import spike_sentence

_TWICE = 2
_CENT = Decimal("0.01")


class Outlier(Struct, frozen=True):
    """A spike in a sentence. `add` is the line that sets a budget in a parameter below `where`.

    Both are empty where there is a budget.
    """

    spike: Spike
    sentence: str
    add: str = ""
    where: str = ""

    @property
    def key(self) -> str:
        """What it is remembered by."""
        return self.spike.key


def outliers(
    spikes: Sequence[Spike], *, budgets: Budgets, timezone: tzinfo, config_path: str
) -> list[Outlier]:
    """What is to be said of `spikes`; not of the total where it is its features' own spikes."""
    of_features = sum((spike.excess for spike in spikes if spike.feature is not None), ZERO)
    found = []
    for spike in spikes:
        if spike.feature is None and _TWICE * of_features >= spike.excess:
            continue
        budget = budgets.total if spike.feature is None else budgets.of(spike.feature)
        watched = budget is not None
        sentence = spike_sentence(spike, watched=watched, timezone=timezone)
        add, where = ("", "") if watched else (_budget_line(spike), f"{config_path}/budgets/")
        found.append(Outlier(spike, sentence, add, where))
    return found


def _budget_line(spike: Spike) -> str:
    """A daily budget of twice the usual, as the line of a budget document."""
    daily = max((_TWICE * spike.usual_cost).quantize(_CENT, ROUND_UP), _CENT)
    if spike.feature is None:
        return f'"total": {{"daily": {daily:f}}}'
    return f'"features": {{{json.dumps(spike.feature)}: {{"daily": {daily:f}}}}}'


def without_alert(found: Iterable[Outlier], features: Iterable[str | None]) -> list[Outlier]:
    """Those of `found` whose feature is not among `features`."""
    told = set(features)
    return [one for one in found if one.spike.feature not in told]
