"""A drawing with the fonts, colours and patterns of reports, on which charts are made; reportlab's graphics below it.

Lengths are points from the lower left corner, unless a name says mm.
"""
from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Callable, Sequence

from . import style
from .wording import clean

if TYPE_CHECKING:
    from reportlab.graphics.shapes import Shape
    from reportlab.lib.colors import Color, HexColor

POINT = 25.4 / 72.0
SIZE, SMALL = 8.0, 7.0
PATTERNS = ("", "/", "\\", "x", "-", "|", "+")
"""Hatching of the series in their order; the first one is plain."""
COLOURS = ("#0b5394", "#e69138", "#3d7d5c", "#7b4fa3", "#b45f06", "#6fa8dc", "#8a8f94")
DASHES = (None, (5, 2), (1.5, 1.5), (6, 2, 1.5, 2), (3, 1), (8, 3), (2, 3))


@dataclass(frozen=True)
class PictureText:
    """A text of a picture: the left end, middle or right end of its baseline in mm from the upper left corner."""

    x: float
    y: float
    text: str
    points: float
    ink: str
    anchor: str


@dataclass(frozen=True)
class Picture:
    """The marks of a chart as SVG, its size in mm, and its words, which stay text on the page and in the PDF."""

    svg: str
    width: float
    height: float
    words: tuple[PictureText, ...] = ()


@dataclass(frozen=True)
class Series:
    """Numbers of one name along the labels of a chart; an empty ``colour`` takes the next of :data:`COLOURS`."""

    name: str
    values: Sequence[float]
    colour: str = ""


def short(value: float) -> str:
    """A number as an axis shows it."""
    if value == 0:
        return "0"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or float(value).is_integer() else f"{value:.3g}"


class Drawing:
    """A drawing with our font, colours and patterns."""

    def __init__(self, width_mm: float) -> None:
        self.width_mm, self.width = width_mm, width_mm / POINT
        self._words: list[PictureText] = []

    def begin(self, height: float) -> None:
        from reportlab.graphics import shapes

        self.height = height
        self._shapes = shapes.Drawing(self.width, height)

    def picture(self) -> Picture:
        from reportlab.graphics import renderSVG

        svg = renderSVG.drawToString(self._shapes)
        svg = svg if isinstance(svg, str) else svg.decode("utf-8")
        # Qt knows no clip paths and would paint their outline; nothing is drawn outside anyway.
        svg = re.sub(r"<clipPath.*?</clipPath>", "", svg, flags=re.DOTALL).replace("clip-path: url(#clip)", "")
        svg = svg.replace("<title>...</title>", "").replace("<desc>...</desc>", "")
        return Picture(svg, self.width_mm, self.height * POINT, tuple(self._words))

    # marks

    def add(self, shape: Shape) -> None:
        """A shape of reportlab's own."""
        self._shapes.add(shape)

    def text(self, x: float, y: float, text: str, anchor: str = "start", ink: str = style.INK, size: float = SIZE,
             room: float | None = None, patch: bool = False) -> None:
        """Words; those that have no ``room`` are cut. Qt would turn text within an SVG into outlines.

        With ``patch`` they stand on paper instead of the marks drawn so far; for words that start at ``x``.
        """
        text = clean(text)
        if room is not None:
            text = "".join(style.fit(text, room * POINT, size))
        if text and patch:
            self.bars([(x - 1.0, y - 1.0, style.text_width(text, size) / POINT + 2.0, size - 1.5)], style.PAPER, None)
        if text:
            self._words.append(PictureText(x * POINT, (self.height - y) * POINT, text, size, ink, anchor))

    def line(self, x: float, y: float, x_2: float, y_2: float, colour: str, width: float) -> None:
        from reportlab.graphics.shapes import Line

        self._shapes.add(Line(x, y, x_2, y_2, strokeColor=_colour(colour), strokeWidth=width))

    def path(self, points: Sequence[tuple[float, float]], colour: str, width: float,
             dashes: Sequence[float] | None = None) -> None:
        from reportlab.graphics.shapes import Path

        if len(points) > 1:
            line = Path(strokeColor=_colour(colour), strokeWidth=width, strokeDashArray=dashes, fillColor=None)
            line.moveTo(*points[0])
            for point in points[1:]:
                line.lineTo(*point)
            self._shapes.add(line)

    def area(self, points: Sequence[tuple[float, float]], colour: str) -> None:
        from reportlab.graphics.shapes import Polygon

        if points:
            self._shapes.add(Polygon([value for point in points for value in point], strokeColor=None,
                                     fillColor=_tint(colour)))

    def bar(self, x: float, y: float, width: float, height: float, colour: str, pattern: str = "") -> None:
        from reportlab.graphics.shapes import Hatching, Rect

        if width <= 0 or height <= 0:
            return
        self._shapes.add(Rect(x, y, width, height, fillColor=_colour(colour), strokeColor=_colour(style.INK),
                              strokeWidth=0.3))
        if pattern and width > 1.5 and height > 1.5:
            corners = (x, y, x + width, y, x + width, y + height, x, y + height)
            for angle in _ANGLES[pattern]:
                self._shapes.add(Hatching(spacings=(3.2,), angles=(angle,), xyLists=[corners], strokeWidth=0.7,
                                          strokeColor=_colour(style.PAPER)))

    def bars(self, rectangles: Sequence[tuple[float, float, float, float]], colour: str,
             edge: str | None = style.MUTED) -> None:
        """Many bars of one colour as one shape, since each shape costs time."""
        from reportlab.graphics.shapes import Path

        path = Path(fillColor=_colour(colour), strokeColor=edge and _colour(edge), strokeWidth=0.2,
                    fillMode=1)  # where bars overlap there is no hole
        for x, y, width, height in rectangles:
            path.moveTo(x, y)
            for corner in ((x + width, y), (x + width, y + height), (x, y + height)):
                path.lineTo(*corner)
            path.closePath()
        if rectangles:
            self._shapes.add(path)

    def marker(self, kind: int, x: float, y: float, colour: str, size: float) -> None:
        from reportlab.graphics.shapes import Circle, Polygon, Rect

        fill, edge = _colour(colour), {"strokeColor": None}
        shapes = (lambda: Circle(x, y, size, fillColor=fill, **edge),
                  lambda: Rect(x - size, y - size, 2 * size, 2 * size, fillColor=fill, **edge),
                  lambda: Polygon([x - size, y - size, x + size, y - size, x, y + size], fillColor=fill, **edge),
                  lambda: Polygon([x - size, y, x, y - size, x + size, y, x, y + size], fillColor=fill, **edge))
        self._shapes.add(shapes[kind % len(shapes)]())

    # axes and keys

    def axes(self, ticks: Sequence[float], series: Sequence[Series], unit: str, lines: bool = False,
             words: Callable[[float], str] | None = None) -> tuple[float, float, float, float, float]:
        """Upright axis with its grid; gives left, bottom, width, height of the plot and points per unit."""
        words = words or short
        left = 8.0 + max(style.text_width(words(tick), SMALL) / POINT for tick in ticks)
        bottom, legend = 26.0, self.legend_height(series) + 12.0
        plot, tall = self.width - left - 6.0, self.height - bottom - legend
        scale = tall / (ticks[-1] - ticks[0])
        for tick in ticks:
            y = bottom + (tick - ticks[0]) * scale
            self.line(left, y, left + plot, y, style.INK if tick == 0 else style.RULE, 0.8 if tick == 0 else 0.4)
            self.text(left - 4.0, y - 2.5, words(tick), "end", style.MUTED, SMALL)
        self.text(0.0, self.height - legend + 5.5, unit, "start", style.MUTED, SMALL)
        self.legend(series, self.height, lines)
        return left, bottom, plot, tall, scale

    def labels_below(self, labels: Sequence[str], left: float, bottom: float, slot: float, centred: bool) -> None:
        """As many labels as there is room for, evenly."""
        widest = max([style.text_width(clean(label), SMALL) / POINT for label in labels] or [1.0])
        every = max(1, math.ceil((min(widest, 80.0) + 5.0) / slot)) if slot else 1
        for i in range(0, len(labels), every):
            self.text(left + (i + 0.5 * centred) * slot, bottom - 10.0, labels[i], "middle", style.MUTED, SMALL,
                      room=max(every * slot - 2.0, 12.0))

    def legend_height(self, series: Sequence[Series]) -> float:
        return 13.0 * len(self._lines_of([one.name for one in series])) if len(series) > 1 else 0.0

    def legend(self, series: Sequence[Series], top: float, lines: bool = False) -> None:
        """Names of several series above the plot, with colour and pattern, or colour, dashes and marker."""
        if len(series) < 2:
            return
        for row, members in enumerate(self._lines_of([one.name for one in series])):
            x, y = 0.0, top - 13.0 * row - 10.0
            for k, wide in members:
                colour = series[k].colour or COLOURS[k % len(COLOURS)]
                if lines:
                    self.path([(x, y + 3.0), (x + 18.0, y + 3.0)], colour, 1.4, DASHES[k % len(DASHES)])
                    self.marker(k, x + 9.0, y + 3.0, colour, 1.8)
                else:
                    self.bar(x, y, 14.0, 7.0, colour, PATTERNS[k % 7])
                self.text(x + 22.0, y + 0.5, series[k].name, room=wide - 26.0)
                x += wide

    def key_height(self, key: Sequence[Sequence[str]]) -> float:
        return 13.0 * len(self._lines_of([one[1] for one in key])) + 4.0 if key else 0.0

    def key(self, key: Sequence[Sequence[str]], top: float) -> None:
        for row, members in enumerate(self._lines_of([one[1] for one in key])):
            x, y = 0.0, top - 13.0 * row - 14.0
            for k, wide in members:
                self.bar(x, y, 14.0, 8.0, key[k][0], *key[k][2:])
                self.text(x + 18.0, y + 0.5, key[k][1], room=wide - 22.0)
                x += wide

    def _lines_of(self, names: Sequence[str]) -> list[list[tuple[int, float]]]:
        """Which of the names stand in which line: lists of (place, width)."""
        rows: list[list[tuple[int, float]]] = [[]]
        used = 0.0
        for k, name in enumerate(names):
            wide = min(style.text_width(clean(name), SIZE) / POINT + 32.0, self.width)
            if rows[-1] and used + wide > self.width:
                rows.append([])
                used = 0.0
            rows[-1].append((k, wide))
            used += wide
        return [row for row in rows if row]


_ANGLES = {"/": (45,), "\\": (135,), "x": (45, 135), "-": (0,), "|": (90,), "+": (0, 90)}


def _colour(text: str) -> HexColor:
    from reportlab.lib.colors import HexColor

    return HexColor(style.colour(text).name())


def _tint(text: str, share: float = 0.25) -> Color:
    from reportlab.lib.colors import Color

    red, green, blue, _ = style.colour(text).getRgbF()
    return Color(*(1 - share * (1 - part) for part in (red, green, blue)))
