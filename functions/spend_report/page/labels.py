"""How the page words what the alerts' words (`domain.basics.wording`) do not have."""

import re
from collections.abc import Sequence
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal

from spend_report.domain.basics.money import ZERO
from spend_report.domain.basics.wording import MINUS, plain, weekday

_NAME_WIDTH = 60
_PLACES = (
    (Decimal(1000), 0),
    (Decimal(1), 2),
    (Decimal("0.01"), 3),
    (Decimal("0.001"), 4),
)
_LEAST, _TEN, _ALL = Decimal("0.1"), Decimal(10), Decimal(100)
_TOWER = re.compile(
    "([\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]{2})[\u0300-\u036f\u1ab0-\u1aff\u20d0-\u20ff]+"
)
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)


def name(text: str) -> str:
    """A stranger's name, short and on one line, without towers of combining marks.

    Markup in it is no concern here: the template escapes.
    """
    return plain(_TOWER.sub(r"\1", text[: _NAME_WIDTH * 20]), _NAME_WIDTH)


def portion(part: Decimal, whole: Decimal) -> str:
    """`part` as a percentage of `whole`, and never 0 % or 100 % of what is not.

    >>> portion(Decimal("2.005"), Decimal(2)), portion(Decimal(1), Decimal(3000))
    ('100.3 %', 'under 0.1 %')
    """
    percentage = part * 100 / whole
    if 0 < percentage < _LEAST:
        return f"under {_LEAST} %"
    if percentage != _ALL and abs(percentage - _ALL) < _LEAST:
        return f"just {'over' if percentage > _ALL else 'under'} {_ALL} %"
    near = percentage < _TEN or (percentage != _ALL and abs(percentage - _ALL) < 1)
    return f"{percentage:,.1f} %" if near else f"{percentage:,.0f} %"


def aligned(amount: Decimal, largest: Decimal) -> str:
    """US dollars as they stand in a column: with as many decimals as its `largest` needs.

    >>> aligned(Decimal("0.0123"), Decimal(4)), aligned(Decimal("0.0123"), Decimal("0.2"))
    ('$0.01', '$0.012')
    """
    unit = _unit(largest)
    shown = abs(amount).quantize(unit, ROUND_HALF_EVEN)
    if amount and not shown:
        return f"<${unit}"
    return f"{MINUS if amount < 0 else ''}${shown:,}"


def _unit(largest: Decimal) -> Decimal:
    """The smallest amount that a column shows."""
    places = next((places for least, places in _PLACES if largest >= least), 6)
    return Decimal(1).scaleb(-places)


def difference(now: Decimal, before: Decimal, largest: Decimal) -> Decimal:
    """`now` less `before`, both as they stand in a column."""
    unit = _unit(largest)
    return now.quantize(unit, ROUND_HALF_EVEN) - before.quantize(unit, ROUND_HALF_EVEN)


def aligned_change(amount: Decimal, largest: Decimal) -> str:
    """A change as it stands in a column, with its sign; `±` where that column shows none."""
    text = aligned(amount, largest)
    if not amount or text.startswith("<"):
        return f"±{aligned(ZERO, largest)}"
    return text if amount < 0 else f"+{text}"


def full_day(day: date) -> str:
    """`Saturday, 21 November 2026`."""
    return f"{weekday(day)}, {day.day} {full_month(day)}"


def full_month(day: date) -> str:
    """`November 2026`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def listed(items: Sequence[str], most: int = 4) -> str:
    """`items` as an enumeration of at most `most`, then how many more.

    >>> listed(["a", "b", "c"]), listed(["a", "b", "c"], most=2)
    ('a, b and c', 'a, b and 1 more')
    """
    if len(items) > most:
        return f"{', '.join(items[:most])} and {len(items) - most:,} more"
    return " and ".join(filter(None, [", ".join(items[:-1]), *items[-1:]]))
