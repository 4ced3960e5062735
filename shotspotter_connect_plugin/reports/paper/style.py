"""The one place for the colours, fonts and page sizes of reports and maps."""
from __future__ import annotations

from functools import lru_cache

from qgis.core import Qgis, QgsFontUtils, QgsTextFormat
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor, QFont, QFontMetricsF

PAGES = {"A4": (210.0, 297.0), "Letter": (215.9, 279.4)}
MARGIN = 10.0

INK = "#1d2329"
MUTED = "#5c666f"
RULE = "#c3c9ce"
PAPER = "#ffffff"
LAND = "#fbfaf7"
PARK = "#dcebd0"
WATER = "#c5dcec"
SHORE = "#8fb4cd"
ROAD = "#a39c92"
ROAD_TEXT = "#4d4740"
RAIL = "#9a9a9a"
BEAT = "#2f3b46"
UNKNOWN = "#8a8f94"
NOBODY = "#dcd6cc"
DOSAGE = {"short": ("#e0a030", "Short"), "on_target": ("#2a7f62", "On target"), "over": ("#7b4fa3", "Over")}
"""Colour and words of each dosage; the colours stay apart for people who see red and green alike."""
RAMP = ("#eef3ef", "#c5d8d0", "#8fb5ae", "#558a8c", "#1f5563")
"""Colours of a map's classes, the darker the more; apart in black and white, too."""

_FAMILIES = ("Open Sans", "DejaVu Sans", "Noto Sans", "Segoe UI", "Helvetica Neue", "Arial")
_MONOSPACED = ("DejaVu Sans Mono", "Noto Sans Mono", "Consolas", "Menlo", "Courier New")
_MM_PER_POINT = 25.4 / 72.0
_PIXELS = 200  # size at which text is measured, large so that rounding does not matter


def page_size(name: str) -> tuple[float, float]:
    """Width and height in millimetres of the agency's paper, upright; Letter unless it says A4."""
    return PAGES.get(name, PAGES["Letter"])


def colour(text: str | None, alpha: int = 255) -> QColor:
    """A ``QColor`` of ``#rrggbb``; grey where data holds no colour."""
    result = QColor(text) if text and QColor.isValidColor(text) else QColor(UNKNOWN)
    result.setAlpha(alpha)
    return result


def ramp(count: int) -> list[str]:
    """``count`` colours of :data:`RAMP`, as far apart as they can be."""
    steps = len(RAMP) - 1
    return [RAMP[round(steps * number / max(count - 1, 1))] for number in range(count)]


def ink_on(background: QColor) -> QColor:
    """Black or white, whichever reads better on a colour (relative luminance of WCAG 2)."""
    channels = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4
                for value in (background.redF(), background.greenF(), background.blueF())]
    luminance = 0.2126 * channels[0] + 0.7152 * channels[1] + 0.0722 * channels[2]
    return QColor("#000000" if luminance > 0.179 else "#ffffff")


@lru_cache(maxsize=2)
def family(monospaced: bool = False) -> str:
    """The first font family of ours that this machine has; its default family if it has none."""
    families = _MONOSPACED if monospaced else _FAMILIES
    return next((name for name in families if QgsFontUtils.fontFamilyOnSystem(name)), QFont().defaultFamily())


def text_format(points: float, ink: str = INK, bold: bool = False, italic: bool = False,
                monospaced: bool = False) -> QgsTextFormat:
    """A text format in which nothing is read as HTML."""
    font = QFont(family(monospaced))
    font.setBold(bold)
    font.setItalic(italic)
    # Any letter spacing keeps Qt from joining letters, so that "Gunfire" can be searched for in a PDF.
    font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 0.02)
    result = QgsTextFormat()
    result.setFont(font)
    result.setFamilies(list(_MONOSPACED if monospaced else _FAMILIES))
    result.setSize(points)
    result.setSizeUnit(Qgis.RenderUnit.Points)
    result.setColor(QColor(ink))
    result.setAllowHtmlFormatting(False)
    return result


def line_height(points: float) -> float:
    """Height in millimetres of one line of text."""
    return points * _MM_PER_POINT * 1.36


def ascent(points: float) -> float:
    """From the top of a line of text down to its baseline, in millimetres."""
    return _metrics(False).ascent() / _PIXELS * points * _MM_PER_POINT


def text_width(text: str, points: float, bold: bool = False) -> float:
    """Width in millimetres of one line of text."""
    return _advance(text, bold) / _PIXELS * points * _MM_PER_POINT


def fit(text: str, width: float, points: float, lines: int = 1, bold: bool = False) -> list[str]:
    """``text`` broken into at most ``lines`` lines of ``width`` millimetres; what does not fit ends in an ellipsis."""
    room = width * _PIXELS / (points * _MM_PER_POINT)
    words = text.split()
    result: list[str] = []
    while words and len(result) < lines - 1:
        used, count = _advance(words[0], bold), 1
        while count < len(words) and used + _advance(" ", bold) + _advance(words[count], bold) <= room:
            used += _advance(" ", bold) + _advance(words[count], bold)
            count += 1
        head = " ".join(words[:count])
        if used > room:  # a word that is longer than a line
            head = head[:_longest(head, room, bold)]
            words[0] = words[0][len(head):]
        else:
            words = words[count:]
        result.append(head)
    return result + [_metrics(bold).elidedText(" ".join(words), Qt.TextElideMode.ElideRight, room)] if words else result


@lru_cache(maxsize=4096)
def _advance(word: str, bold: bool) -> float:
    return _metrics(bold).horizontalAdvance(word)


@lru_cache(maxsize=2)
def _metrics(bold: bool) -> QFontMetricsF:
    font = QFont(family())
    font.setBold(bold)
    font.setPixelSize(_PIXELS)
    return QFontMetricsF(font)


def _longest(word: str, room: float, bold: bool) -> int:
    """How many characters of a word fit, at least one."""
    return next((n for n in range(len(word), 1, -1) if _metrics(bold).horizontalAdvance(word[:n]) <= room), 1)
