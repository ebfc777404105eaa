"""An HTML page as its parts, read by the standard library's parser."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

_VOID = {"meta", "br", "link", "img"}


@dataclass(slots=True)
class Cell:
    """A table cell: its text, and the exact figure of its `<data>` if it has one."""

    text: str = ""
    value: str | None = None


@dataclass(slots=True)
class Document(HTMLParser):
    """A page's tags, attributes and text, its exact figures in order, and the body rows of each
    section's tables."""

    html: str
    tags: list[str] = field(default_factory=list)
    attributes: list[tuple[str, str]] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    sections: dict[str, list[list[Cell]]] = field(default_factory=dict)
    text: str = ""
    style: str = ""
    values: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self)
        self._open: list[str] = []
        self._rows: list[list[Cell]] = []
        self.feed(self.html)
        self.close()
        assert not self._open, f"left open: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.tags.append(tag)
        self.attributes += values.items()
        if tag not in _VOID:
            self._open.append(tag)
        if tag == "section":
            self._rows = self.sections.setdefault(values["aria-labelledby"], [])
        if tag == "tr" and "tbody" in self._open:
            self._rows.append([])
        if tag in {"td", "th"} and "tbody" in self._open:
            self._rows[-1].append(Cell())
        if tag == "data":
            self.values.append(values["value"])
        if tag == "data" and "tbody" in self._open:
            self._rows[-1][-1].value = values["value"]
        if tag in {"h1", "h2"}:
            self.headings.append("")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in _VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"{tag} ends here, at {self.getpos()}"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] == "style":
            self.style += data
            return
        self.text += data
        if {"tbody"} & set(self._open) and {"td", "th"} & set(self._open):
            self._rows[-1][-1].text += data
        if {"h1", "h2"} & set(self._open):
            self.headings[-1] += data
