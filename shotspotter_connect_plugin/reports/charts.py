"""Charts as vector pictures: drawn with reportlab's graphics, written as SVG, put on pages by :mod:`.frame`.

Every series has a pattern beside its colour, so that a chart reads in black and white and for people who see red and
green alike. Names are cut to their room and escaped. Lengths are points unless a name says mm.
"""
import math
import re
from dataclasses import dataclass
from typing import Sequence, Tuple

from . import style
from .queries import clean

POINT = 25.4 / 72.0
SIZE, SMALL = 8.0, 7.0
PATTERNS = ("", "/", "\\", "x", "-", "|", "+")
"""Hatching of the series in their order; the first one is plain."""
COLOURS = ("#0b5394", "#e69138", "#3d7d5c", "#7b4fa3", "#b45f06", "#6fa8dc", "#8a8f94")
LOW = "#dfe2e5"
DASHES = (None, (5, 2), (1.5, 1.5), (6, 2, 1.5, 2), (3, 1), (8, 3), (2, 3))
MISSING = "Charts are left out because the Python library reportlab is missing; tables hold the same numbers."


@dataclass(frozen=True)
class Words:
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
    words: Tuple[Words, ...] = ()


@dataclass(frozen=True)
class Series:
    """Numbers of one name along the labels of a chart; an empty ``colour`` takes the next of :data:`COLOURS`."""

    name: str
    values: Sequence[float]
    colour: str = ""


@dataclass(frozen=True)
class Span:
    """A stretch of one row of a timeline, from and to in the axis' unit; ``text`` is written in it where it fits.

    What is of ``low`` interest is drawn low and grey, so that it recedes also without colour.
    """

    start: float
    end: float
    colour: str
    text: str = ""
    low: bool = False


def available():
    """Whether charts can be drawn here."""
    try:
        from reportlab.graphics import renderSVG  # noqa: F401
    except ImportError:
        return False
    return True


def bars(labels, series, width_mm, unit="", stacked=False, label_mm=45.0, values=True):
    """Horizontal bars, one group per label from the top, with their values written beside them.

    Parameters
    ----------
    labels : sequence of str
    series : sequence of Series
    width_mm : float
    unit : str
        Of the numbers, under the axis.
    stacked : bool
        One bar per label, the series one after the other.

    Returns
    -------
    Picture
    """
    canvas = Canvas(width_mm)
    thick = 9.0 if stacked or len(series) == 1 else 7.0
    group = (thick if stacked else thick * len(series)) + 5.0
    legend = canvas.legend_height(series)
    height = legend + group * max(len(labels), 1) + 26.0
    canvas.begin(height)
    left = min(label_mm / POINT, 0.45 * canvas.width)
    plot = canvas.width - left - 34.0
    top = max([sum(_number(one.values[i]) for one in series) if stacked else
               max(_number(one.values[i]) for one in series) for i in range(len(labels))] or [0.0])
    ticks = nice_ticks(top)
    scale = plot / ticks[-1]
    canvas.legend(series, height)
    bottom = 24.0
    for tick in ticks:
        x = left + tick * scale
        canvas.line(x, bottom, x, height - legend, style.RULE, 0.4)
        canvas.text(x, bottom - 9.0, _short(tick), "middle", style.MUTED, SMALL)
    canvas.text(left + plot / 2, 3.0, unit, "middle", style.MUTED, SMALL)
    for i, label in enumerate(labels):
        y_top = height - legend - i * group - 2.5
        canvas.text(left - 5.0, y_top - (group - 5.0) / 2 - 2.8, label, "end", room=left - 8.0)
        x = left
        for k, one in enumerate(series):
            value = _number(one.values[i])
            if not stacked:
                x = left
            y = y_top - thick * (1 if stacked else k + 1)
            canvas.bar(x, y, value * scale, thick - 1.0, one.colour or COLOURS[k % len(COLOURS)], PATTERNS[k % 7])
            x += value * scale
            if values and not stacked:
                canvas.text(x + 3.0, y + 1.2, _short(value), "start", style.INK, SMALL)
        if values and stacked:
            canvas.text(x + 3.0, y_top - thick + 1.5, _short((x - left) / scale), "start", style.INK, SMALL)
    canvas.line(left, bottom, left, height - legend, style.INK, 0.8)
    return canvas.picture()


def columns(labels, series, width_mm, height_mm=55.0, unit="", stacked=False):
    """Upright bars, for hours of the day or dates. Parameters as of :func:`bars`."""
    canvas = Canvas(width_mm)
    canvas.begin(height_mm / POINT)
    top = max([sum(_number(one.values[i]) for one in series) if stacked else
               max(_number(one.values[i]) for one in series) for i in range(len(labels))] or [0.0])
    left, bottom, plot, tall, scale = canvas.axes(nice_ticks(top), series, unit)
    slot = plot / max(len(labels), 1)
    for i in range(len(labels)):
        x, y = left + i * slot + 0.12 * slot, bottom
        wide = 0.76 * slot / (1 if stacked else len(series))
        for k, one in enumerate(series):
            value = _number(one.values[i])
            canvas.bar(x, y, wide, value * scale, one.colour or COLOURS[k % len(COLOURS)], PATTERNS[k % 7])
            x, y = (x, y + value * scale) if stacked else (x + wide, y)
    canvas.labels_below(labels, left, bottom, slot, centred=True)
    return canvas.picture()


def lines(labels, series, width_mm, height_mm=60.0, unit="", bands=(), others=()):
    """Lines along labels in order; a NaN interrupts its line. ``bands`` are (low values, high values, colour); the
    values of ``others`` are thin lines without a name."""
    canvas = Canvas(width_mm)
    canvas.begin(height_mm / POINT)
    numbers = [value for values in (*(one.values for one in series), *others) for value in values
               if not math.isnan(_number(value, True))]
    numbers += [value for band in bands for value in band[1] if not math.isnan(_number(value, True))]
    low = min([0.0, *numbers])
    left, bottom, plot, tall, scale = canvas.axes(nice_ticks(max([0.0, *numbers]), low), series, unit, lines=True)
    zero = bottom - nice_ticks(max([0.0, *numbers]), low)[0] * scale
    slot = plot / max(len(labels), 1)
    across = [left + (i + 0.5) * slot for i in range(len(labels))]
    for lows, highs, colour in bands:
        points = [(x, zero + value * scale) for x, value in zip(across, highs)]
        points += [(x, zero + value * scale) for x, value in reversed(list(zip(across, lows)))]
        canvas.area(points, colour)
    for values in others:
        canvas.path([(x, zero + value * scale) for x, value in zip(across, values)], style.MUTED, 0.5)
    for k, one in enumerate(series):
        colour = one.colour or COLOURS[k % len(COLOURS)]
        run = []
        for x, value in [*zip(across, one.values), (0.0, math.nan)]:
            if math.isnan(_number(value, True)):
                canvas.path(run, colour, 1.4, DASHES[k % len(DASHES)])
                run = []
            else:
                run.append((x, zero + value * scale))
                canvas.marker(k, x, zero + value * scale, colour, 1.8 if slot > 6 else 1.0)
    canvas.labels_below(labels, left, bottom, slot, centred=True)
    return canvas.picture()


def timeline(rows, start, end, ticks, width_mm, key=()):
    """One strip per row, such as a unit, with what it did when.

    Parameters
    ----------
    rows : sequence of (str, sequence of Span)
    start, end : float
        Of the axis.
    ticks : sequence of (float, str)
        Where the axis has which words.
    key : sequence of (str, str)
        Colour and words, under the strips.
    """
    canvas = Canvas(width_mm)
    row_height, legend = 15.0, canvas.key_height(key)
    height = row_height * max(len(rows), 1) + 18.0 + legend
    canvas.begin(height)
    left = min(max([style.text_width(clean(label), SIZE) / POINT for label, _ in rows] or [0.0]) + 10.0,
               0.25 * canvas.width)
    scale = (canvas.width - left - 16.0) / max(end - start, 1e-9)
    bottom = legend + 14.0
    for at, words in ticks:
        x = left + (at - start) * scale
        canvas.line(x, bottom, x, height - 2.0, style.RULE, 0.4)
        canvas.text(x, bottom - 10.0, words, "middle", style.MUTED, SMALL)

    def place(i, span):
        x = left + (max(span.start, start) - start) * scale
        return x, height - 3.0 - (i + 1) * row_height, max((min(span.end, end) - max(span.start, start)) * scale, 1.0)

    low = [place(i, span) for i, (_, spans) in enumerate(rows) for span in spans if span.low]
    canvas.bars([(x, y + 5.0, wide, 5.0) for x, y, wide in low], LOW)
    for i, (label, spans) in enumerate(rows):
        y = height - 3.0 - (i + 1) * row_height
        canvas.text(left - 5.0, y + 4.5, label, "end", room=left - 8.0)
        canvas.line(left, y, canvas.width - 16.0, y, style.RULE, 0.3)
        for span in spans:
            x, y, wide = place(i, span)
            if not span.low:
                canvas.bar(x, y + 2.0, wide, row_height - 4.0, span.colour)
            if span.text and style.text_width(span.text, SMALL) <= (wide - 1.0) * POINT:
                canvas.text(x + wide / 2, y + 5.0, span.text, "middle",
                            style.ink_on(style.colour(LOW if span.low else span.colour)).name(), SMALL)
    canvas.key(key, legend)
    return canvas.picture()


def lorenz(curves, width_mm, height_mm=70.0, x_words="", y_words=""):
    """Cumulative shares against cumulative shares, with the line of equality.

    ``curves`` are Series-like (name, x values, y values) of shares from 0 to 1.
    """
    canvas = Canvas(width_mm)
    canvas.begin(height_mm / POINT)
    series = [Series(name, ()) for name, _, _ in curves]
    left, bottom, plot, tall, scale = canvas.axes([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], series, y_words, lines=True,
                                                  words=lambda tick: f"{100 * tick:.0f} %")
    canvas.path([(left, bottom), (left + plot, bottom + tall)], style.MUTED, 0.8, (2, 2))
    for k, (_, x_values, y_values) in enumerate(curves):
        canvas.path([(left + x * plot, bottom + y * tall) for x, y in zip(x_values, y_values)],
                    COLOURS[k % len(COLOURS)], 1.6, DASHES[k % len(DASHES)])
    for share in (0.0, 0.5, 1.0):
        canvas.text(left + share * plot, bottom - 9.0, f"{100 * share:.0f} %", "middle", style.MUTED, SMALL)
    canvas.text(left + plot / 2, 3.0, x_words, "middle", style.MUTED, SMALL)
    return canvas.picture()


def intervals(labels, estimates, lows, highs, width_mm, unit="", label_mm=45.0, words=None, zero=0.0):
    """Estimates with their intervals, one row each, about a line at ``zero``; NaN gives an empty row.

    ``words`` are the texts at the right, by default estimate and interval.
    """
    canvas = Canvas(width_mm)
    row = 16.0
    height = row * max(len(labels), 1) + 26.0
    canvas.begin(height)
    left, right = min(label_mm / POINT, 0.4 * canvas.width), 90.0
    ends = [float(value) for value in (*lows, *highs, *estimates) if not math.isnan(_number(value, True))]
    ticks = nice_ticks(max([zero, *ends]), min([zero, *ends]))
    scale = (canvas.width - left - right) / (ticks[-1] - ticks[0])

    def across(value):
        return left + (value - ticks[0]) * scale

    for tick in ticks:
        canvas.line(across(tick), 24.0, across(tick), height, style.RULE, 0.4)
        canvas.text(across(tick), 15.0, _short(tick), "middle", style.MUTED, SMALL)
    canvas.line(across(zero), 24.0, across(zero), height, style.INK, 0.9)
    canvas.text(left + (canvas.width - left - right) / 2, 3.0, unit, "middle", style.MUTED, SMALL)
    for i, label in enumerate(labels):
        y = height - (i + 0.5) * row
        canvas.text(left - 5.0, y - 3.0, label, "end", room=left - 8.0)
        low, estimate, high = (_number(values[i], True) for values in (lows, estimates, highs))
        text = words[i] if words else ""
        if not any(map(math.isnan, (low, estimate, high))):
            canvas.line(across(low), y, across(high), y, COLOURS[0], 1.6)
            for end in (low, high):
                canvas.line(across(end), y - 3.0, across(end), y + 3.0, COLOURS[0], 1.0)
            canvas.marker(0, across(estimate), y, COLOURS[0], 3.0)
            text = text or f"{_short(estimate)} ({_short(low)} to {_short(high)})"
        canvas.text(canvas.width - right + 6.0, y - 3.0, text, "start", style.INK, SMALL, room=right - 6.0)
    return canvas.picture()


def qr_code(text, size_mm):
    """A QR code that any phone reads, with the quiet zone that it needs around it.

    Parameters
    ----------
    text : str
    size_mm : float
        Side, quiet zone included.

    Returns
    -------
    Picture
    """
    from reportlab.graphics.barcode.qr import QrCodeWidget

    code = QrCodeWidget(text, barLevel="M")
    code.qr.make()
    dark = code.qr.modules
    quiet = 4
    canvas = Canvas(size_mm)
    canvas.begin(canvas.width)
    module = canvas.width / (len(dark) + 2 * quiet)
    runs = []
    for row, cells in enumerate(dark):
        column = 0
        while column < len(cells):
            start = column
            while column < len(cells) and cells[column]:
                column += 1
            if column > start:  # neighbours in one piece, so that no printer leaves hairlines between them
                runs.append(((quiet + start) * module, canvas.height - (quiet + row + 1) * module,
                             (column - start) * module, module))
            column += 1
    canvas.bars(runs, "#000000", edge=None)
    return canvas.picture()


def nice_ticks(high, low=0.0, about=5):
    """Round numbers from at most ``low`` to at least ``high``, a few of them; 0 and 1 where both are 0."""
    if high <= low:
        high = low + 1.0
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * i, 10) for i in range(first, last + 1)]


def _number(value, keep_nan=False):
    value = math.nan if value is None else float(value)
    return value if keep_nan or not math.isnan(value) else 0.0


def _short(value):
    """A number as an axis shows it."""
    if value == 0:
        return "0"
    size = abs(value)
    return f"{value:,.0f}" if size >= 100 or float(value).is_integer() else f"{value:.3g}"


class Canvas:
    """A drawing with our font, colours and patterns."""

    def __init__(self, width_mm):
        self.width_mm, self.width = width_mm, width_mm / POINT
        self._words = []

    def begin(self, height):
        from reportlab.graphics.shapes import Drawing

        self.height = height
        self._drawing = Drawing(self.width, height)

    def picture(self):
        from reportlab.graphics import renderSVG

        svg = renderSVG.drawToString(self._drawing)
        svg = svg if isinstance(svg, str) else svg.decode("utf-8")
        # Qt knows no clip paths and would paint their outline; nothing is drawn outside anyway.
        svg = re.sub(r"<clipPath.*?</clipPath>", "", svg, flags=re.DOTALL).replace("clip-path: url(#clip)", "")
        svg = svg.replace("<title>...</title>", "").replace("<desc>...</desc>", "")
        return Picture(svg, self.width_mm, self.height * POINT, tuple(self._words))

    # marks

    def add(self, shape):
        """A shape of reportlab's own."""
        self._drawing.add(shape)

    def text(self, x, y, text, anchor="start", ink=style.INK, size=SIZE, room=None):
        """Words; those that have no ``room`` are cut. Qt would turn text within an SVG into outlines."""
        text = clean(text)
        if room is not None:
            text = "".join(style.fit(text, room * POINT, size))
        if text:
            self._words.append(Words(x * POINT, (self.height - y) * POINT, text, size, ink, anchor))

    def line(self, x, y, x_2, y_2, colour, width):
        from reportlab.graphics.shapes import Line

        self._drawing.add(Line(x, y, x_2, y_2, strokeColor=_colour(colour), strokeWidth=width))

    def path(self, points, colour, width, dashes=None):
        from reportlab.graphics.shapes import Path

        if len(points) > 1:
            line = Path(strokeColor=_colour(colour), strokeWidth=width, strokeDashArray=dashes, fillColor=None)
            line.moveTo(*points[0])
            for point in points[1:]:
                line.lineTo(*point)
            self._drawing.add(line)

    def area(self, points, colour):
        from reportlab.graphics.shapes import Polygon

        if points:
            self._drawing.add(Polygon([value for point in points for value in point], strokeColor=None,
                                      fillColor=_tint(colour)))

    def bar(self, x, y, width, height, colour, pattern=""):
        from reportlab.graphics.shapes import Hatching, Rect

        if width <= 0 or height <= 0:
            return
        self._drawing.add(Rect(x, y, width, height, fillColor=_colour(colour), strokeColor=_colour(style.INK),
                               strokeWidth=0.3))
        if pattern and width > 1.5 and height > 1.5:
            corners = (x, y, x + width, y, x + width, y + height, x, y + height)
            for angle in _ANGLES[pattern]:
                self._drawing.add(Hatching(spacings=(3.2,), angles=(angle,), xyLists=[corners], strokeWidth=0.7,
                                           strokeColor=_colour(style.PAPER)))

    def bars(self, rectangles, colour, edge=style.MUTED):
        """Many bars of one colour as one shape, since each shape costs time."""
        from reportlab.graphics.shapes import Path

        path = Path(fillColor=_colour(colour), strokeColor=edge and _colour(edge), strokeWidth=0.2)
        for x, y, width, height in rectangles:
            path.moveTo(x, y)
            for corner in ((x + width, y), (x + width, y + height), (x, y + height)):
                path.lineTo(*corner)
            path.closePath()
        if rectangles:
            self._drawing.add(path)

    def marker(self, kind, x, y, colour, size):
        from reportlab.graphics.shapes import Circle, Polygon, Rect

        fill, edge = _colour(colour), {"strokeColor": None}
        shapes = (lambda: Circle(x, y, size, fillColor=fill, **edge),
                  lambda: Rect(x - size, y - size, 2 * size, 2 * size, fillColor=fill, **edge),
                  lambda: Polygon([x - size, y - size, x + size, y - size, x, y + size], fillColor=fill, **edge),
                  lambda: Polygon([x - size, y, x, y - size, x + size, y, x, y + size], fillColor=fill, **edge))
        self._drawing.add(shapes[kind % len(shapes)]())

    # axes and keys

    def axes(self, ticks, series, unit, lines=False, words=None):
        """Upright axis with its grid; gives left, bottom, width, height of the plot and points per unit."""
        words = words or _short
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

    def labels_below(self, labels, left, bottom, slot, centred):
        """As many labels as there is room for, evenly."""
        widest = max([style.text_width(clean(label), SMALL) / POINT for label in labels] or [1.0])
        every = max(1, math.ceil((min(widest, 80.0) + 5.0) / slot)) if slot else 1
        for i in range(0, len(labels), every):
            self.text(left + (i + 0.5 * centred) * slot, bottom - 10.0, labels[i], "middle", style.MUTED, SMALL,
                      room=max(every * slot - 2.0, 12.0))

    def legend_height(self, series):
        return 13.0 * len(self._lines_of([one.name for one in series])) if len(series) > 1 else 0.0

    def legend(self, series, top, lines=False):
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

    def key_height(self, key):
        return 13.0 * len(self._lines_of([words for _, words in key])) + 4.0 if key else 0.0

    def key(self, key, top):
        for row, members in enumerate(self._lines_of([words for _, words in key])):
            x, y = 0.0, top - 13.0 * row - 14.0
            for k, wide in members:
                self.bar(x, y, 14.0, 8.0, key[k][0])
                self.text(x + 18.0, y + 0.5, key[k][1], room=wide - 22.0)
                x += wide

    def _lines_of(self, names):
        """Which of the names stand in which line: lists of (place, width)."""
        rows, used = [[]], 0.0
        for k, name in enumerate(names):
            wide = min(style.text_width(clean(name), SIZE) / POINT + 32.0, self.width)
            if rows[-1] and used + wide > self.width:
                rows.append([])
                used = 0.0
            rows[-1].append((k, wide))
            used += wide
        return [row for row in rows if row]


_ANGLES = {"/": (45,), "\\": (135,), "x": (45, 135), "-": (0,), "|": (90,), "+": (0, 90)}


def _colour(text):
    from reportlab.lib.colors import HexColor

    return HexColor(style.colour(text).name())


def _tint(text, share=0.25):
    from reportlab.lib.colors import Color

    red, green, blue, _ = style.colour(text).getRgbF()
    return Color(*(1 - share * (1 - part) for part in (red, green, blue)))
