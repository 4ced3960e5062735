"""Charts as vector pictures: drawn with reportlab's graphics, written as SVG, put on pages by :mod:`.page_flow`.

Every series has a pattern beside its colour, so that a chart reads in black and white and for people who see red and
green alike. Names are cut to their room and escaped. Lengths are points unless a name says mm.
"""
from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Iterable, Sequence

from . import style
from .drawing import COLOURS, DASHES, PATTERNS, POINT, SIZE, SMALL, Drawing, Picture, Series, short
from .wording import clean

__all__ = ["LOW", "MISSING", "PATTERNS", "POINT", "SIZE", "Drawing", "Picture", "Series", "Span", "available", "bars",
           "columns", "intervals", "lines", "lorenz", "nice_ticks", "qr_code", "timeline"]

LOW = "#dfe2e5"
ROOMY = 36
"""More rows than this of a timeline are lower, so that those of a city stand on one page."""
MISSING = "Charts are left out because the Python library reportlab is missing; tables hold the same numbers."


@dataclass(frozen=True)
class Span:
    """A stretch of one row of a timeline, from and to in the axis' unit.

    The first of ``texts``, and ``note`` after it, stand in it, or beside it where it is too short and nothing else is
    there; the other ``texts`` are shorter ones for where there is no room either. ``pattern`` hatches a stretch without
    a text. What is of ``low`` interest is drawn low and grey, so that it recedes also without colour.
    """

    start: float
    end: float
    colour: str
    texts: Sequence[str] = ()
    low: bool = False
    note: str = ""
    pattern: str = ""


def available() -> bool:
    """Whether charts can be drawn here."""
    try:
        from reportlab.graphics import renderSVG  # noqa: F401
    except ImportError:
        return False
    return True


def bars(labels: Sequence[str], series: Sequence[Series], width_mm: float, unit: str = "", stacked: bool = False,
         label_mm: float = 45.0, values: bool = True, missing: str = "") -> Picture:
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
    label_mm : float
        Room for the labels, at most.
    missing : str
        Written where a label has no number in any series; a NaN has no bar.

    Returns
    -------
    Picture
    """
    drawing = Drawing(width_mm)
    thick = 9.0 if stacked or len(series) == 1 else 7.0
    group = (thick if stacked else thick * len(series)) + 5.0
    legend = drawing.legend_height(series)
    height = legend + group * max(len(labels), 1) + 26.0
    drawing.begin(height)
    left = min(label_mm / POINT, 0.45 * drawing.width)
    plot = drawing.width - left - 34.0
    top = max([sum(_number(one.values[i]) for one in series) if stacked else
               max(_number(one.values[i]) for one in series) for i in range(len(labels))] or [0.0])
    ticks = nice_ticks(top)
    scale = plot / ticks[-1]
    drawing.legend(series, height)
    bottom = 24.0
    for tick in ticks:
        x = left + tick * scale
        drawing.line(x, bottom, x, height - legend, style.RULE, 0.4)
        drawing.text(x, bottom - 9.0, short(tick), "middle", style.MUTED, SMALL)
    drawing.text(left + plot / 2, 3.0, unit, "middle", style.MUTED, SMALL)
    for i, label in enumerate(labels):
        y_top = height - legend - i * group - 2.5
        drawing.text(left - 5.0, y_top - (group - 5.0) / 2 - 2.8, label, "end", room=left - 8.0)
        x = left
        for k, one in enumerate(series):
            value = _number(one.values[i])
            if not stacked:
                x = left
            y = y_top - thick * (1 if stacked else k + 1)
            drawing.bar(x, y, value * scale, thick - 1.0, one.colour or COLOURS[k % len(COLOURS)], PATTERNS[k % 7])
            x += value * scale
            if values and not stacked and not math.isnan(_number(one.values[i], True)):
                drawing.text(x + 3.0, y + 0.6, short(value), "start", style.INK, SMALL, patch=True)
        if all(math.isnan(_number(one.values[i], True)) for one in series):
            drawing.text(left + 3.0, y_top - (group - 5.0) / 2 - 2.4, missing, "start", style.MUTED, SMALL, patch=True)
        elif values and stacked:
            drawing.text(x + 3.0, y_top - thick + 1.5, short((x - left) / scale), "start", style.INK, SMALL, patch=True)
    drawing.line(left, bottom, left, height - legend, style.INK, 0.8)
    return drawing.picture()


def columns(labels: Sequence[str], series: Sequence[Series], width_mm: float, height_mm: float = 55.0, unit: str = "",
            stacked: bool = False) -> Picture:
    """Upright bars, for hours of the day or dates. Parameters as of :func:`bars`."""
    drawing = Drawing(width_mm)
    drawing.begin(height_mm / POINT)
    top = max([sum(_number(one.values[i]) for one in series) if stacked else
               max(_number(one.values[i]) for one in series) for i in range(len(labels))] or [0.0])
    left, bottom, plot, tall, scale = drawing.axes(nice_ticks(top), series, unit)
    slot = plot / max(len(labels), 1)
    for i in range(len(labels)):
        x, y = left + i * slot + 0.12 * slot, bottom
        wide = 0.76 * slot / (1 if stacked else len(series))
        for k, one in enumerate(series):
            value = _number(one.values[i])
            drawing.bar(x, y, wide, value * scale, one.colour or COLOURS[k % len(COLOURS)], PATTERNS[k % 7])
            x, y = (x, y + value * scale) if stacked else (x + wide, y)
    drawing.labels_below(labels, left, bottom, slot, centred=True)
    return drawing.picture()


def lines(labels: Sequence[str], series: Sequence[Series], width_mm: float, height_mm: float = 60.0, unit: str = "",
          bands: Sequence[tuple[Sequence[float], Sequence[float], str]] = (),
          others: Sequence[Sequence[float]] = ()) -> Picture:
    """Lines along labels in order; a NaN interrupts its line or band. ``bands`` are (low values, high values, colour);
    the values of ``others`` are thin lines without a name."""
    drawing = Drawing(width_mm)
    drawing.begin(height_mm / POINT)
    numbers = [value for values in (*(one.values for one in series), *others) for value in values
               if not math.isnan(_number(value, True))]
    numbers += [value for band in bands for value in band[1] if not math.isnan(_number(value, True))]
    low = min([0.0, *numbers])
    left, bottom, plot, tall, scale = drawing.axes(nice_ticks(max([0.0, *numbers]), low), series, unit, lines=True)
    zero = bottom - nice_ticks(max([0.0, *numbers]), low)[0] * scale
    slot = plot / max(len(labels), 1)
    across = [left + (i + 0.5) * slot for i in range(len(labels))]
    for lows, highs, colour in bands:
        for known in _unbroken(lows, highs):
            points = [(across[i], zero + highs[i] * scale) for i in known]
            drawing.area(points + [(across[i], zero + lows[i] * scale) for i in reversed(known)], colour)
    for values in others:
        drawing.path([(x, zero + value * scale) for x, value in zip(across, values)], style.MUTED, 0.5)
    for k, one in enumerate(series):
        colour = one.colour or COLOURS[k % len(COLOURS)]
        run: list[tuple[float, float]] = []
        for x, value in [*zip(across, one.values), (0.0, math.nan)]:
            if math.isnan(_number(value, True)):
                drawing.path(run, colour, 1.4, DASHES[k % len(DASHES)])
                run = []
            else:
                run.append((x, zero + value * scale))
                drawing.marker(k, x, zero + value * scale, colour, 1.8 if slot > 6 else 1.0)
    drawing.labels_below(labels, left, bottom, slot, centred=True)
    return drawing.picture()


def _unbroken(lows: Sequence[float], highs: Sequence[float]) -> list[list[int]]:
    """Lists of neighbouring positions at which a band has both ends, at least two each: what can be drawn of it."""
    runs: list[list[int]] = [[]]
    for i, ends in enumerate(zip(lows, highs)):
        if any(math.isnan(_number(end, True)) for end in ends):
            runs.append([])
        else:
            runs[-1].append(i)
    return [run for run in runs if len(run) > 1]


def timeline(rows: Sequence[tuple[str, Sequence[Span]]], start: float, end: float, ticks: Sequence[tuple[float, str]],
             width_mm: float, key: Sequence[tuple[str, ...]] = ()) -> Picture:
    """One strip per row, such as a unit, with what it did when.

    Parameters
    ----------
    rows : sequence of (str, sequence of Span)
    start, end : float
        Of the axis.
    ticks : sequence of (float, str)
        Where the axis has which words.
    key : sequence of (str, str, str)
        Colour, words and pattern, under the strips.
    """
    drawing = Drawing(width_mm)
    row_height, edge = (15.0, 2.0) if len(rows) <= ROOMY else (9.5, 0.7)
    legend = drawing.key_height(key)
    height = row_height * max(len(rows), 1) + 18.0 + legend
    drawing.begin(height)
    left = min(max([style.text_width(clean(label), SIZE) / POINT for label, _ in rows] or [0.0]) + 10.0,
               0.25 * drawing.width)
    scale = (drawing.width - left - 16.0) / max(end - start, 1e-9)
    bottom = legend + 14.0
    for at, words in ticks:
        x = left + (at - start) * scale
        drawing.line(x, bottom, x, height - 2.0, style.RULE, 0.4)
        drawing.text(x, bottom - 10.0, words, "middle", style.MUTED, SMALL)

    def place(i, span):
        x = left + (max(span.start, start) - start) * scale
        return x, height - 3.0 - (i + 1) * row_height, max((min(span.end, end) - max(span.start, start)) * scale, 1.0)

    low = [place(i, span) for i, (_, spans) in enumerate(rows) for span in spans if span.low]
    drawing.bars([(x, y + row_height / 3, wide, row_height / 3) for x, y, wide in low], LOW)
    for i, (label, spans) in enumerate(rows):
        y = height - 3.0 - (i + 1) * row_height
        drawing.text(left - 5.0, y + row_height / 2 - 0.36 * SIZE, label, "end", room=left - 8.0)
        drawing.line(left, y, drawing.width - 16.0, y, style.RULE, 0.3)
        main = sorted((span for span in spans if not span.low), key=lambda span: span.start)
        for span, following in zip(main, [*main[1:], None]):
            x, y, wide = place(i, span)
            free = (place(i, following)[0] if following else drawing.width - 16.0) - x - wide
            _strip(drawing, span, (x, y + edge, wide, row_height - 2 * edge), free)
    drawing.key(key, legend)
    return drawing.picture()


def _strip(drawing: Drawing, span: Span, place: tuple[float, float, float, float], free: float) -> None:
    """A stretch with what fits of its text and note; ``free`` points are empty at its right."""
    x, y, wide, tall = place

    def room(text):
        return style.text_width(text, SMALL) / POINT if text else 0.0

    fitting = [text for text in span.texts if room(text) + 1.0 <= wide]
    full, beside = span.texts[0] if span.texts else "", ""
    note = f" {span.note}" if span.note else ""
    if full in fitting:
        text = full + note if room(full + note) + 1.0 <= wide else full
        beside = span.note if text == full else ""
    elif full and room(full) + 2.0 <= free:
        text, beside = "", full + note if room(full + note) + 2.0 <= free else full
    else:
        text, beside = fitting[0] if fitting else "", span.note
    drawing.bar(x, y, wide, tall, span.colour, "" if text else span.pattern)
    baseline = y + tall / 2 - 0.36 * SMALL
    drawing.text(x + wide / 2, baseline, text, "middle", style.ink_on(style.colour(span.colour)).name(), SMALL)
    if beside and room(beside) + 2.0 <= free:
        drawing.bars([(x + wide + 0.4, y, room(beside) + 1.0, tall)], style.PAPER, edge=None)
        drawing.text(x + wide + 1.0, baseline, beside, "start", style.INK, SMALL)


def lorenz(curves: Sequence[tuple[str, Iterable[float], Iterable[float]]], width_mm: float, height_mm: float = 70.0,
           x_words: str = "", y_words: str = "") -> Picture:
    """Cumulative shares against cumulative shares, with the line of equality.

    ``curves`` are Series-like (name, x values, y values) of shares from 0 to 1.
    """
    drawing = Drawing(width_mm)
    drawing.begin(height_mm / POINT)
    series = [Series(name, ()) for name, _, _ in curves]
    left, bottom, plot, tall, scale = drawing.axes([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], series, y_words, lines=True,
                                                   words=lambda tick: f"{100 * tick:.0f} %")
    drawing.path([(left, bottom), (left + plot, bottom + tall)], style.MUTED, 0.8, (2, 2))
    for k, (_, x_values, y_values) in enumerate(curves):
        drawing.path([(left + x * plot, bottom + y * tall) for x, y in zip(x_values, y_values)],
                     COLOURS[k % len(COLOURS)], 1.6, DASHES[k % len(DASHES)])
    for share in (0.0, 0.5, 1.0):
        drawing.text(left + share * plot, bottom - 9.0, f"{100 * share:.0f} %", "middle", style.MUTED, SMALL)
    drawing.text(left + plot / 2, 3.0, x_words, "middle", style.MUTED, SMALL)
    return drawing.picture()


def intervals(labels: Sequence[str], estimates: Sequence[float], lows: Sequence[float], highs: Sequence[float],
              width_mm: float, unit: str = "", label_mm: float = 45.0, words: Sequence[str] | None = None,
              zero: float = 0.0) -> Picture:
    """Estimates with their intervals, one row each, about a line at ``zero``; an estimate without an interval is a mark
    alone, NaN gives an empty row.

    ``words`` are the texts at the right, by default estimate and interval.
    """
    drawing = Drawing(width_mm)
    row = 16.0
    height = row * max(len(labels), 1) + 26.0
    drawing.begin(height)
    left, right = min(label_mm / POINT, 0.4 * drawing.width), 90.0
    ends = [float(value) for value in (*lows, *highs, *estimates) if not math.isnan(_number(value, True))]
    ticks = nice_ticks(max([zero, *ends]), min([zero, *ends]))
    scale = (drawing.width - left - right) / (ticks[-1] - ticks[0])

    def across(value):
        return left + (value - ticks[0]) * scale

    for tick in ticks:
        drawing.line(across(tick), 24.0, across(tick), height, style.RULE, 0.4)
        drawing.text(across(tick), 15.0, short(tick), "middle", style.MUTED, SMALL)
    drawing.line(across(zero), 24.0, across(zero), height, style.INK, 0.9)
    drawing.text(left + (drawing.width - left - right) / 2, 3.0, unit, "middle", style.MUTED, SMALL)
    for i, label in enumerate(labels):
        y = height - (i + 0.5) * row
        drawing.text(left - 5.0, y - 3.0, label, "end", room=left - 8.0)
        low, estimate, high = (_number(values[i], True) for values in (lows, estimates, highs))
        text = words[i] if words else ""
        known = not any(map(math.isnan, (low, high)))
        if known:
            drawing.line(across(low), y, across(high), y, COLOURS[0], 1.6)
            for end in (low, high):
                drawing.line(across(end), y - 3.0, across(end), y + 3.0, COLOURS[0], 1.0)
        if not math.isnan(estimate):
            drawing.marker(0, across(estimate), y, COLOURS[0], 3.0)
            text = text or short(estimate) + (f" ({short(low)} to {short(high)})" if known else "")
        drawing.text(drawing.width - right + 6.0, y - 3.0, text, "start", style.INK, SMALL, room=right - 6.0)
    return drawing.picture()


def qr_code(text: str, size_mm: float) -> Picture:
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
    drawing = Drawing(size_mm)
    drawing.begin(drawing.width)
    module = drawing.width / (len(dark) + 2 * quiet)
    runs = []
    for row, cells in enumerate(dark):
        column = 0
        while column < len(cells):
            start = column
            while column < len(cells) and cells[column]:
                column += 1
            if column > start:  # neighbours in one piece, so that no printer leaves hairlines between them
                runs.append(((quiet + start) * module, drawing.height - (quiet + row + 1) * module,
                             (column - start) * module, module))
            column += 1
    drawing.bars(runs, "#000000", edge=None)
    return drawing.picture()


def nice_ticks(high: float, low: float = 0.0, about: int = 5) -> list[float]:
    """Round numbers from at most ``low`` to at least ``high``, a few of them; 0 and 1 where both are 0."""
    if high <= low:
        high = low + 1.0
    rough = (high - low) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * power for factor in (1, 2, 2.5, 5, 10) if factor * power >= rough * 0.999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(step * i, 10) for i in range(first, last + 1)]


def _number(value: float | None, keep_nan: bool = False) -> float:
    value = math.nan if value is None else float(value)
    return value if keep_nan or not math.isnan(value) else 0.0
