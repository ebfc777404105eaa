"""What changed between two configurations, in words: a budget is a control, lifting it is news."""

from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation

from msgspec import Struct

from spend_report.domain.basics.wording import dollars, dollars_of, plain

_PERIODS = frozenset({"daily", "weekly", "monthly"})
_TEXT_WIDTH = 60
_NONE = "none"
_RATE_WORDS = 2
_MOST_DOLLARS = Decimal(1_000_000_000)


class Change(Struct, frozen=True):
    """One setting, e.g. `rag-search daily $2.00 → $5.00`.

    `feature` is the one whose setting it is, empty where it is none's.
    """

    text: str
    feature: str = ""


def setting_changes(before: Mapping[str, str], now: Mapping[str, str]) -> Sequence[Change]:
    """What differs, budgets first, then prices, then owners and aliases, each by its path.

    Both map a setting's path to its text, as `Configuration.described` does.
    """
    differing = sorted(
        path for path in before.keys() | now.keys() if before.get(path) != now.get(path)
    )
    by_section: dict[str, list[Change]] = {"budgets": [], "pricing": [], "features": []}
    for path in differing:
        section, _, rest = path.partition("/")
        change = _change(section, rest, before.get(path, ""), now.get(path, ""))
        by_section.setdefault(section, []).append(change)
    return [change for changes in by_section.values() for change in changes]


def _change(section: str, path: str, before: str, now: str) -> Change:
    match section:
        case "budgets":
            whose, _, field = path.rpartition("/")
            _, _, feature = whose.partition("features/")
            shift = _shift(before, now, is_money=field in _PERIODS)
            return Change(f"{plain(feature or whose)} {field} {shift}", feature)
        case "pricing":
            return Change(f"price of {plain(path)} {_price(before, now)}")
        case "features":
            feature, _, field = path.rpartition("/")
            return Change(f"{field} of {plain(feature)} {_shift(before, now)}", feature)
        case _:
            return Change(f"{plain(path)} {_shift(before, now)}")


def _price(before: str, now: str) -> str:
    """The rates that differ; of prices with dates, those that came and went."""
    was, is_ = _rates(before), _rates(now)
    if was and was.keys() == is_.keys():
        shifts = (
            f"{name} {_shift(was[name], is_[name], is_money=True)}"
            for name in was
            if was[name] != is_[name]
        )
        return ", ".join(shifts)
    dated, dated_now = before.split("; "), now.split("; ")
    gone = "; ".join(entry for entry in dated if entry not in dated_now)
    return _shift(gone, "; ".join(entry for entry in dated_now if entry not in dated))


def _rates(text: str) -> dict[str, str]:
    """The amounts of a price without dates by their names; empty for any other."""
    pairs = [part.split(" ") for part in text.split(", ")]
    return {pair[0]: pair[1] for pair in pairs} if all(map(_is_rate, pairs)) else {}


def _is_rate(pair: Sequence[str]) -> bool:
    return len(pair) == _RATE_WORDS and _amount(pair[1]) is not None


def _shift(before: str, now: str, *, is_money: bool = False) -> str:
    """Old and new text, of money with as many digits as it takes to tell them apart."""
    amounts = [_amount(text) if is_money else None for text in (before, now)]
    if amounts[0] is not None and amounts[1] is not None:
        return " → ".join(dollars_of(amounts[0], amounts[1]))
    shown = (
        plain(text, _TEXT_WIDTH) if amount is None else dollars(amount)
        for text, amount in zip((before or _NONE, now or _NONE), amounts, strict=True)
    )
    return " → ".join(shown)


def _amount(text: str) -> Decimal | None:
    """The amount that `text` is, None where it is none; a record may say anything."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    return amount if amount.is_finite() and abs(amount) <= _MOST_DOLLARS else None
