"""Stacked bars by pygal, as SVG that carries neither style nor script nor address.

pygal computes scales, axes, guides and shapes. Its own style sheet, scripts, comment with the
date of the day and random ids are taken out again by an XML filter, because the page allows no
script and one style sheet, and because the same day must give the same bytes. Colours are
classes, which the page's style sheet fills in for light and dark.
"""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any
from xml.etree.ElementTree import Element

import pygal  # type: ignore[import-untyped]  # ships no types
from msgspec import Struct
from pygal.etree import etree  # type: ignore[import-untyped]

# pygal takes lxml where it happens to be installed, which writes other bytes.
etree.to_etree()

_NUMBER = re.compile(r"-?\d+\.\d+")
_DROPPED_TAGS = {"defs", "title"}
_DROPPED_CLASSES = {"background", "titles", "plot overlay", "plot tooltip-overlay"}
_ROOM = 0.06  # at each side of a bar, as a part of its column
_BUDGET = "major guide line"


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


class _Chart(pygal.StackedBar):  # type: ignore[misc]  # pygal ships no types
    """Stacked bars, of which the first layers stand `behind` the others and touch each other."""

    def __init__(self, behind: int, **options: Any) -> None:
        super().__init__(**options)
        self._behind = behind

    def _plot(self) -> None:
        for number, series in enumerate(self.series):
            if number == self._behind:  # the others stand on the ground again
                self.positive_cumulation = [0] * self._len
            self._series_margin = 0 if number < self._behind else _ROOM
            self.bar(series)


def graph(
    layers: Sequence[Layer],
    *,
    width: int,
    height: int,
    font_size: int,
    behind: Sequence[Layer] = (),
) -> Any:
    """A pygal chart of `layers`, the lowest first, whose `render` returns plain SVG.

    Other layers stand `behind` them on the same scale, without room between their bars.
    """
    layers = [*behind, *layers]
    chart = _Chart(
        len(behind),
        width=width,
        height=height,
        margin_top=8,
        margin_right=font_size,
        margin_bottom=2,
        margin_left=2,
        spacing=4,
        truncate_label=-1,
        js=(),
        css=(),
        no_prefix=True,
        show_legend=False,
        disable_xml_declaration=True,
        style=pygal.style.Style(label_font_size=font_size, value_font_size=font_size),
    )
    for layer in layers:
        heights = [float(bar.height) if bar else None for bar in layer]
        chart.add("", heights, formatter=_labels(layer))
    chart.add_xml_filter(lambda root: _plain(root, layers))
    return chart


def _labels(layer: Layer) -> Callable[[float, int], str]:
    """The floats of pygal are for drawing only: texts come from the exact amount."""

    def label(_: float, index: int) -> str:
        bar = layer[index]
        return bar.label if bar else ""

    return label


def _plain(root: Element, layers: Sequence[Layer]) -> Element:
    """The tree of pygal without what the page has no use for or does not allow."""
    plain = Element("svg", {"viewBox": root.attrib["viewBox"]})
    for child in root:
        _copy(child, plain, layers)
    for plot in plain.iter("g"):
        for axis in plot.findall("g"):
            line = axis.find(f"path[@class='{_BUDGET}']")
            if line is not None:
                # pygal draws guides behind the bars, where the budget's line would be hidden.
                axis.remove(line)
                line.set("class", "budget")
                plot.append(line)
    return plain


def _copy(node: Element, into: Element, layers: Sequence[Layer]) -> None:
    classes = node.get("class", "")
    if callable(node.tag) or node.tag in _DROPPED_TAGS or classes in _DROPPED_CLASSES:
        return
    if classes.startswith("series"):
        layer = layers[int(classes.rpartition("-")[2])]
        _copy_bars(node, into, layer)
    elif classes == "guides":
        _copy_guide(node, into)
    else:
        copied = _rounded(node)
        for child in node:
            _copy(child, copied, layers)
        if len(copied) or copied.text or copied.tag in {"path", "rect"}:
            into.append(copied)


def _copy_guide(node: Element, into: Element) -> None:
    """A label, and the line of a horizontal guide, on whose height the label is centred."""
    line, text = (_rounded(child) for child in node if child.tag in {"path", "text"})
    if into.get("class") != "axis x":
        into.append(line)
        text.set("y", line.get("d", "").split()[1])
    if text.text:
        into.append(text)


def _copy_bars(node: Element, into: Element, layer: Layer) -> None:
    """The bars of a layer, or in the overlay their labels; one group for each class."""
    shapes = [*node.iter("rect")] or [*node.iter("text")]
    groups: dict[str, Element] = {}
    for bar, shape in zip(layer, shapes, strict=False):
        if bar is None or not bar.slot or not bar.height:
            continue
        copied = _rounded(_arrow(shape) if bar.points else shape)
        if shape.tag == "rect":
            title = Element("title")
            title.text = bar.title
            copied.append(title)
        groups.setdefault(bar.slot, Element("g", {"class": bar.slot})).append(copied)
    into.extend(groups.values())


def _arrow(rect: Element) -> Element:
    x, y, width, height = (float(rect.attrib[name]) for name in ("x", "y", "width", "height"))
    tip = f"{x + width / 2:.1f} {y + height:.1f}"
    return Element("path", {"d": f"M{x:.1f} {y:.1f} H{x + width:.1f} L{tip} Z"})


def _rounded(node: Element) -> Element:
    """`node` without children, its coordinates at a tenth of a unit, which no eye resolves."""
    kept = {
        key: _NUMBER.sub(lambda number: f"{float(number[0]):.1f}".removesuffix(".0"), value)
        for key, value in node.attrib.items()
        if value and key not in {"rx", "ry", "style"} and not value.startswith("rect ")
    }
    copied = Element(node.tag, kept)
    copied.text = node.text
    return copied
