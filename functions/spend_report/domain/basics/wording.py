"""Figures, days and strangers' names as words for people."""

import textwrap
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

NAME_WIDTH = 40
LINE_WIDTH = 78
_FEW = 10
_ID_WIDTH, _BEGINNING, _END = 100, 4, 6
MICRO_PLACES = 6
MINUS, EN_DASH = "\N{MINUS SIGN}", "\N{EN DASH}"
_UNBROKEN = "\N{NO-BREAK SPACE}%"
_LEFT_TO_RIGHT_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"
_RIGHT_TO_LEFT = {"R", "AL", "AN"}


def plain(text: str, width: int = NAME_WIDTH) -> str:
    """`text` of a stranger on one line of at most `width` characters, harmless in plain text.

    Control and format characters (line breaks, terminal codes, direction overrides) are gone,
    what is too long ends in `…`, and right-to-left letters are isolated, as Unicode's UAX 9
    recommends, so that they do not turn the rest of the line around.
    """
    # Not more than may be shown is looked at: a name can be as long as a prompt.
    head = text[: width * 20]
    kept = "".join(" " if unicodedata.category(char)[0] in "CZ" else char for char in head)
    line = " ".join(kept.split()) or "(no name)"
    if any(unicodedata.bidirectional(char) in _RIGHT_TO_LEFT for char in line):
        return f"{_LEFT_TO_RIGHT_ISOLATE}{_cut(line, width - 2)}{_POP_ISOLATE}"
    return _cut(line, width)


def _cut(line: str, width: int) -> str:
    return line if len(line) <= width else f"{line[: width - 1].rstrip()}…"


def short_id(text: str) -> str:
    """A stranger's id by both its ends: those that begin with the time have the same first digits.

    >>> short_id("019ab2c4-7d1e-7c3a-9f40-5b6e8a1d2f37")
    '019a…1d2f37'
    """
    whole = plain(text, _ID_WIDTH)
    begin, end = whole[:_BEGINNING], whole[-_END:]
    return whole if len(whole) <= _BEGINNING + _END + 1 else f"{begin}…{end}"


def visible_ascii(text: str) -> bool:
    """Whether `text` is visible ASCII alone, as an HTTP header's value without spaces has to be."""
    return text.isascii() and text.isprintable() and " " not in text


def ascii_only(text: str, width: int = NAME_WIDTH) -> str:
    """`text` as printable ASCII on one line: accents dropped, anything else a `?`."""
    line = unicodedata.normalize("NFKD", plain(text, width * 2))
    bare = "".join(char for char in line if not unicodedata.combining(char))
    bare = bare.replace("…", "...").replace(_LEFT_TO_RIGHT_ISOLATE, "").replace(_POP_ISOLATE, "")
    shown = bare.encode("ascii", "replace").decode("ascii")
    return shown if len(shown) <= width else f"{shown[: width - 3].rstrip()}..."


def dollars(amount: Decimal | Fraction) -> str:
    """`amount` for people: cents, and below ten cents its first two digits.

    >>> dollars(Decimal("1234.5")), dollars(Decimal("0.00414"))
    ('$1,234.50', '$0.0041')
    """
    exact = _decimal(amount)
    return _dollars(exact, _places(exact))


def dollars_of(amount: Decimal, limit: Decimal) -> tuple[str, str]:
    """`amount` and `limit` with as many digits as it takes to tell them apart."""
    places = max(_places(amount), _places(limit) if limit else 2)
    while (
        places < MICRO_PLACES
        and amount != limit
        and _dollars(amount, places) == _dollars(limit, places)
    ):
        places += 1
    return _dollars(amount, places), _dollars(limit, places)


def signed_dollars(amount: Decimal | Fraction, places: int | None = None) -> str:
    """`amount` with its sign, `+` or a true minus; with `places` decimals, or as many as fit."""
    exact = _decimal(amount)
    text = _dollars(exact, _places(exact) if places is None else places)
    return text if exact < 0 else f"+{text}"


def about(amount: Decimal | Fraction) -> str:
    """An estimate: whole dollars from ten dollars on.

    >>> about(Decimal("161.39")), about(Decimal("4.2"))
    ('about $161', 'about $4.20')
    """
    exact = _decimal(amount)
    return f"about ${exact:,.0f}" if exact >= _FEW else f"about {dollars(exact)}"


def at_places(amount: Decimal | Fraction, places: int) -> Decimal:
    """`amount` as it is shown with `places` decimals, to reckon with what readers see."""
    return _decimal(amount).quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)


def places_of(amount: Decimal | Fraction) -> int:
    """How many decimals `amount` is shown with."""
    return _places(_decimal(amount))


def _decimal(amount: Decimal | Fraction) -> Decimal:
    if isinstance(amount, Decimal):
        return amount
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def _places(amount: Decimal) -> int:
    size = abs(amount)
    if size >= Decimal("0.0995") or not size:
        return 2
    return min(MICRO_PLACES, max(2, 1 - size.adjusted()))


def _dollars(amount: Decimal, places: int) -> str:
    shown = amount.quantize(Decimal(1).scaleb(-places), ROUND_HALF_EVEN)
    whole, _, digits = f"{abs(shown):,}".partition(".")
    return f"{MINUS if shown < 0 else ''}${whole}.{digits.rstrip('0').ljust(2, '0')}"


def count(number: Fraction | int) -> str:
    """A number of things: whole, with commas; one decimal where it is below ten and broken."""
    is_small_and_broken = number < _FEW and Fraction(number).denominator != 1
    return f"{float(number):.1f}" if is_small_and_broken else f"{round(number):,}"


def share(part: Fraction | Decimal) -> str:
    """A fraction as a percentage, whole or with one decimal below ten."""
    percentage = Fraction(part) * 100
    shown = f"{float(percentage):,.{int(abs(percentage) < _FEW)}f}"
    return f"{shown.removesuffix('.0')} %".replace("-", MINUS)


def upper_first(text: str) -> str:
    """`text` as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def things(number: int, singular: str, plural: str | None = None) -> str:
    """`number` of something, in the right number."""
    return f"{number:,} {singular if number == 1 else plural or f'{singular}s'}"


def ordinal(number: int) -> str:
    """`3rd`.

    >>> [ordinal(number) for number in (1, 2, 3, 4, 11, 22, 113)]
    ['1st', '2nd', '3rd', '4th', '11th', '22nd', '113th']
    """
    teens = range(11, 14)
    last = "th" if number % 100 in teens else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{last}"


def short_day(day: date) -> str:
    """`21 Nov`, in English whatever the locale is."""
    return f"{day.day} {_MONTHS[day.month - 1]}"


def long_day(day: date) -> str:
    """`Sat 21 Nov 2026`."""
    return f"{_WEEKDAYS[day.weekday()]} {short_day(day)} {day.year}"


def weekday(day: date) -> str:
    """`Saturday`, in English whatever the locale is."""
    return _LONG_WEEKDAYS[day.weekday()]


def short_month(day: date) -> str:
    """`Nov`."""
    return _MONTHS[day.month - 1]


def month(day: date) -> str:
    """`Nov 2026`."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def days(dates: Sequence[date]) -> str:
    """Ascending `dates` with runs of them drawn together: the first to the sixth, the ninth."""
    spans: list[tuple[date, date]] = []
    for day in dates:
        if spans and day - spans[-1][1] == timedelta(days=1):
            spans[-1] = (spans[-1][0], day)
        else:
            spans.append((day, day))
    return ", ".join(_span(first, last) for first, last in spans)


def _span(first: date, last: date) -> str:
    if first == last:
        return short_day(first)
    if first.month == last.month:
        return f"{first.day}{EN_DASH}{short_day(last)}"
    return f"{short_day(first)} {EN_DASH} {short_day(last)}"


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_WEEKDAYS = tuple(name[:3] for name in _LONG_WEEKDAYS)


def wrapped(text: str, indent: str = "", width: int = LINE_WIDTH) -> list[str]:
    """`text` in lines of at most `width`, the further ones two characters in."""
    own_indent = text[: len(text) - len(text.lstrip())]
    lines = textwrap.wrap(
        text.replace(" %", _UNBROKEN),
        width,
        initial_indent=indent,
        subsequent_indent=f"{indent}{own_indent}  ",
        break_on_hyphens=False,
    )
    return [line.replace(_UNBROKEN, " %") for line in lines]
