"""Stacked bars as SVG that carries neither style nor script nor address.

Colours are classes, which the page's style sheet fills in for light and dark. Floats are for
drawing only: texts come from the exact amounts.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import chain

from markupsafe import escape
from msgspec import Struct

from spend_report.domain.basics.money import ZERO

_ABOVE, _EDGE, _SPACE = 8, 2, 4
_MARGIN = 0.02  # at each side of the plot, as a part of its scale
_ROOM = 0.06  # at each side of a bar, as a part of its column
_LETTER, _LABEL = 0.6, 1.1  # a letter's width and a label's height, as parts of the font's size


class Bar(Struct, frozen=True):
    """A piece of a stack: its class, its height in US dollars, and its text on hover.

    `label` stands above it. Without a `slot` it takes its room in the stack and is not drawn. One
    that `points` is an arrow's head that points down.
    """

    slot: str
    height: Decimal
    title: str = ""
    label: str = ""
    points: bool = False


type Layer = Sequence[Bar | None]
"""One bar of every stack, from left to right."""


class _Plot(Struct, frozen=True):
    """The area of the bars: its size, and the scales along which columns and dollars lie in it."""

    width: float
    height: float
    columns: int
    top: float

    def x(self, column: float) -> float:
        return self.width * (column / self.columns + _MARGIN) / (1 + 2 * _MARGIN)

    def y(self, amount: Decimal) -> float:
        part = (float(amount) / self.top + _MARGIN) / (1 + 2 * _MARGIN)
        return self.height - self.height * part

    def line(self, amount: Decimal, attributes: str = "") -> str:
        return f'<path d="M0 {_short(self.y(amount))} h{_short(self.width)}"{attributes}/>'


type _Placed = tuple[Bar, float, float, float, float]
"""A bar with its left edge, its upper edge, its width and its height."""


def draw(
    layers: Sequence[Layer],
    *,
    columns: Sequence[str],
    top: Decimal,
    width: int,
    height: int,
    font_size: int,
    behind: Sequence[Layer] = (),
    guides: Sequence[tuple[Decimal, str]] = (),
    budget: Decimal | None = None,
) -> str:
    """A chart of `layers`, the lowest first, on a scale from zero to `top`.

    Other layers stand `behind` them on the same scale, without room between their bars. `columns`
    are the texts below the stacks, and `guides` horizontal lines with the texts beside them. The
    line of the `budget` is in front of the bars.
    """
    letters = max((len(text) for _, text in guides), default=0)
    left = _EDGE + (_SPACE + round(letters * _LETTER * font_size) if guides else 0)
    inner = height - _ABOVE - _EDGE - _SPACE - font_size
    scale = float(top)
    if any(bar and bar.label for bar in chain(*layers)):
        scale += scale * _LABEL * font_size / inner
    plot = _Plot(width - left - font_size, inner, len(columns), scale)
    stacks = list(_stacked(layers, plot, _ROOM))
    parts = [
        _guides(guides, plot) if guides else "",
        _below(columns, plot, font_size),
        *map(_shapes, _stacked(behind, plot, 0)),
        *map(_shapes, stacks),
        *(
            _text(bar.label, x + width / 2, y - font_size / 6, ' class="value"')
            for bar, x, y, width, _ in chain(*stacks)
        ),
        plot.line(budget, ' class="budget"') if budget is not None else "",
    ]
    drawn = f'<g transform="translate({left}, {_ABOVE})">{"".join(parts)}</g>'
    return f'<svg viewBox="0 0 {width} {height}">{drawn}</svg>'


def _stacked(layers: Sequence[Layer], plot: _Plot, room: float) -> Iterator[list[_Placed]]:
    """Each of `layers` on top of those before it."""
    column_width = plot.x(1) - plot.x(0)
    width = column_width * (1 - 2 * room)
    tops = [ZERO] * plot.columns
    for layer in layers:
        placed = []
        for column, bar in enumerate(layer):
            if bar and bar.height:
                foot, tops[column] = plot.y(tops[column]), tops[column] + bar.height
                x, y = plot.x(column) + column_width * room, plot.y(tops[column])
                placed.append((bar, x, y, width, foot - y))
        yield [each for each in placed if each[0].slot]


def _guides(guides: Sequence[tuple[Decimal, str]], plot: _Plot) -> str:
    lines = (plot.line(amount) + _text(text, -5, plot.y(amount)) for amount, text in guides)
    return f'<g class="axis y">{"".join(lines)}</g>'


def _below(columns: Sequence[str], plot: _Plot, font_size: int) -> str:
    y = plot.height + 10 + font_size / 2
    texts = (_text(text, plot.x(place + 0.5), y) for place, text in enumerate(columns))
    return f'<g class="axis x">{"".join(texts)}</g>'


def _shapes(layer: Sequence[_Placed]) -> str:
    """One group for each class."""
    groups: dict[str, str] = {}
    for bar, *box in layer:
        groups[bar.slot] = groups.get(bar.slot, "") + _shape(bar, *box)
    return "".join(f'<g class="{slot}">{shapes}</g>' for slot, shapes in groups.items())


def _shape(bar: Bar, x: float, y: float, width: float, height: float) -> str:
    title = f"<title>{escape(bar.title)}</title>"
    if bar.points:
        tip = f"{_short(x + width / 2)} {_short(y + height)}"
        head = f"M{_short(x)} {_short(y)} H{_short(x + width)} L{tip} Z"
        return f'<path d="{head}">{title}</path>'
    place = f'x="{_short(x)}" y="{_short(y)}"'
    return f'<rect {place} width="{_short(width)}" height="{_short(height)}">{title}</rect>'


def _text(text: str, x: float, y: float, attributes: str = "") -> str:
    place = f'x="{_short(x)}" y="{_short(y)}"'
    return f"<text {place}{attributes}>{escape(text)}</text>" if text else ""


def _short(number: float) -> str:
    """A coordinate at a tenth of a unit, which no eye resolves."""
    return f"{number:.1f}".removesuffix(".0")
