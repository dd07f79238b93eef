"""A menu as a picture: SVG that can be read on light and dark paper, and by a screen reader.

Pages stand in columns by their distance from the start. A line leads to the next column; what leads anywhere else
names the page, as a link to its box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from menus.chart import WIDTH, Box, Row, boxes
from menus.layout import Line, columns, tops
from menus.pages import Menu

_CHAR, _LEADING, _PAD = 7.3, 17.0, 9.0
_BOX = WIDTH * _CHAR + 2 * _PAD
_BETWEEN, _GAP, _MARGIN, _FOOT = 84.0, 20.0, 24.0, 30.0
_LIGHT = {
    "paper": "#ffffff",
    "ink": "#1a1a1a",
    "soft": "#5c5c5c",
    "box": "#f4f6f8",
    "edge": "#9aa4ae",
    "move": "#1f5fbf",
}
_LIGHT |= {"outcome": "#1b7a3d", "detour": "#b3530b"}
_DARK = {
    "paper": "#14171a",
    "ink": "#ececec",
    "soft": "#a9b1b9",
    "box": "#1f252b",
    "edge": "#55606b",
    "move": "#7db2ff",
}
_DARK |= {"outcome": "#6fd694", "detour": "#f0a35e"}
_LEGEND = (
    ("move", "an answer"),
    ("outcome", "how a command ended"),
    ("detour", "a fact is empty or a condition fails"),
)


def svg(menu: Menu, language: str = "") -> str:
    """The picture as a file's text. language: of the texts; the menu's first if left out."""
    drawn = boxes(menu, language or menu.languages[0])
    return _Picture(menu, drawn).text()


@dataclass(frozen=True, slots=True)
class _Spot:
    x: float
    y: float


class _Picture:
    def __init__(self, menu: Menu, drawn: Sequence[Box]) -> None:
        self._menu, self._boxes = menu, drawn
        ways = [(box.page, row.target) for box in drawn for row in box.rows if row.target]
        self._columns = columns(menu.start, ways, [box.page for box in drawn])
        heights = {box.page: _height(box) for box in drawn}
        lines = [line for box in drawn for _, line in self._lines(box)]
        tops_of = tops(self._columns, heights, lines, _GAP)
        self._spots: Mapping[str, _Spot] = {
            page: _Spot(_MARGIN + column * (_BOX + _BETWEEN), _MARGIN + tops_of[page])
            for page, column in self._columns.items()
        }
        self._width = 2 * _MARGIN + (max(self._columns.values()) + 1) * (_BOX + _BETWEEN) - _BETWEEN
        self._height = max(self._spots[page].y + heights[page] for page in heights) + _MARGIN + _FOOT

    def text(self) -> str:
        root = Element(
            "svg",
            {
                "xmlns": "http://www.w3.org/2000/svg",
                "viewBox": f"0 0 {self._width:.0f} {self._height:.0f}",
                "width": f"{self._width:.0f}",
                "height": f"{self._height:.0f}",
                "role": "graphics-document document",
                "aria-labelledby": "title desc",
            },
        )
        SubElement(root, "title", id="title").text = f"Menu {self._menu.id}"
        SubElement(root, "desc", id="desc").text = self._described()
        SubElement(root, "style").text = _style()
        SubElement(root, "rect", {"class": "paper", "width": "100%", "height": "100%"})
        for box in self._boxes:
            for row, line in self._lines(box):
                self._draw_line(root, box, row, line)
        for box in self._boxes:
            self._draw_box(root, box)
        self._draw_legend(root)
        indent(root)
        return f"{tostring(root, encoding='unicode')}\n"

    def _described(self) -> str:
        return (
            f"{len(self._boxes)} pages in columns, by their distance from page {self._menu.start}. Each page lists what"
            f" can be answered and the page that it leads to. Every page also leads back and home, and to page"
            f" {self._menu.unavailable} when a fact cannot be had in time."
        )

    def _lines(self, box: Box) -> list[tuple[Row, Line]]:
        """The rows that lead to the next column, each with its line."""
        return [
            (row, Line(box.page, row.target, _row_middle(box, at), _PAD + _LEADING / 2))
            for at, row in enumerate(box.rows)
            if row.target and self._columns[row.target] == self._columns[box.page] + 1
        ]

    def _draw_line(self, root: Element, box: Box, row: Row, line: Line) -> None:
        spot, other = self._spots[line.source], self._spots[line.target]
        x, y, end, to = spot.x + _BOX, spot.y + line.leaves, other.x - 6, other.y + line.enters
        bend = (end - x) / 2
        way = f"M{x:.1f},{y:.1f} C{x + bend:.1f},{y:.1f} {end - bend:.1f},{to:.1f} {end:.1f},{to:.1f}"
        group = SubElement(root, "g", {"class": row.kind})
        SubElement(group, "title").text = f"{box.page}, {row.text.strip()}: to {row.target}"
        SubElement(group, "path", {"class": "way", "d": way})
        SubElement(group, "path", {"class": "tip", "d": f"M{end:.1f},{to - 4:.1f} l7,4 l-7,4 z"})

    def _draw_box(self, root: Element, box: Box) -> None:
        spot, height = self._spots[box.page], _height(box)
        group = SubElement(root, "g", {"id": f"page-{box.page}", "role": "group"})
        SubElement(group, "title").text = f"Page {box.page}{', ends the session' if box.ends else ''}"
        frame = {
            "x": f"{spot.x:.1f}",
            "y": f"{spot.y:.1f}",
            "width": f"{_BOX:.1f}",
            "height": f"{height:.1f}",
            "rx": "6",
        }
        SubElement(group, "rect", {"class": "box ends" if box.ends else "box", **frame})
        y = spot.y + _PAD + 12
        _text(group, spot.x, y, f"{box.page}{' ■' if box.ends else ''}", "name")
        for says in box.says:
            y += _LEADING
            _text(group, spot.x, y, says, "says")
        near = {id(row) for row, _ in self._lines(box)}
        for row in box.rows:
            y += _LEADING
            self._draw_row(group, _Spot(spot.x, y), row, near=id(row) in near)

    def _draw_row(self, group: Element, spot: _Spot, row: Row, *, near: bool) -> None:
        if near or not row.target:
            _text(group, spot.x, spot.y, _cut(row.text, WIDTH), row.kind if row.target else "row")
            return
        named = f" → {row.target}"
        link = SubElement(group, "a", {"href": f"#page-{row.target}"})
        _text(link, spot.x, spot.y, f"{_cut(row.text, max(WIDTH - len(named), 6))}{named}", row.kind)

    def _draw_legend(self, root: Element) -> None:
        x = 0.0
        for kind, meaning in (*_LEGEND, ("name", "■ ends the session")):
            _text(root, _MARGIN - _PAD + x, self._height - _MARGIN, meaning, kind)
            x += (len(meaning) + 4) * _CHAR


def _height(box: Box) -> float:
    return 2 * _PAD + _LEADING * (1 + len(box.says) + len(box.rows)) - 3


def _row_middle(box: Box, at: int) -> float:
    return _PAD + _LEADING * (1 + len(box.says) + at) + 8


def _text(group: Element, x: float, y: float, text: str, kind: str) -> None:
    written = SubElement(group, "text", {"class": kind, "x": f"{x + _PAD:.1f}", "y": f"{y:.1f}"})
    written.text = text


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _style() -> str:
    return f"{_colours(_LIGHT)}{_SHAPES}@media (prefers-color-scheme: dark) {{{_colours(_DARK)}}}"


def _colours(of: Mapping[str, str]) -> str:
    kinds = "".join(
        f".{kind} .way{{stroke:{of[kind]}}}.{kind} .tip,text.{kind}{{fill:{of[kind]}}}" for kind, _ in _LEGEND
    )
    return (
        f".paper{{fill:{of['paper']}}}.box{{fill:{of['box']};stroke:{of['edge']}}}text{{fill:{of['ink']}}}"
        f".says{{fill:{of['soft']}}}{kinds}"
    )


_SHAPES = (
    "text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;white-space:pre}.name{font-weight:bold}"
    ".way{fill:none;stroke-width:1.4}.outcome .way{stroke-dasharray:6 3}.detour .way{stroke-dasharray:2 3}"
    ".ends{stroke-width:2.5}a:hover text,a:focus text{text-decoration:underline}"
)
