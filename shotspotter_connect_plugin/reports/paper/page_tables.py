"""Tables on pages: how wide their columns and how high their rows are, and the layout items that show them.

Rows are measured before they are drawn, so that a page gets as many as it has room for and none is lost; QGIS leaves
out what does not fit into a table's frame. Lengths are millimetres.
"""
from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Sequence

from qgis.core import (Qgis, QgsLayoutItemManualTable, QgsLayoutMultiFrame, QgsRenderContext, QgsTableCell,
                       QgsTextRenderer)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from . import style
from .wording import clean

if TYPE_CHECKING:
    from qgis.core import QgsPrintLayout, QgsTextFormat

    from .report_content import PrintedColumn, PrintedTable

TEXT = 8.0
PADDING, LINE = 1.0, 0.2
SLACK = 2.0  # less than a row; a frame that is a hair too low would swallow its last row
LEAST_WIDTH = 12.0
_DOTS = 40.0  # per millimetre, at which rows are measured
_RIGHT, _LEFT = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft


def column_widths(columns: Sequence[PrintedColumn], room: float) -> list[float]:
    """Widths of the columns: fixed ones as they are, the others equal shares of the rest; all smaller if need be."""
    fixed = sum(column.width or 0.0 for column in columns)
    open_columns = sum(column.width is None for column in columns)
    left = max(room - fixed, LEAST_WIDTH * open_columns)
    widths = [column.width or left / open_columns for column in columns]
    shrink = min(1.0, room / sum(widths))
    return [width * shrink for width in widths]


def header_cells(columns: Sequence[PrintedColumn], widths: Sequence[float]) -> tuple[list[QgsTableCell], float]:
    """The header's cells and its height."""
    lines = [style.fit(clean(column.title), width - 2 * PADDING - 0.6, TEXT, 3, True)
             for column, width in zip(columns, widths)]
    cells = [cell("\n".join(text), _RIGHT if column.number else _LEFT, head=True)
             for column, text in zip(columns, lines)]
    return cells, row_height(max(len(text) for text in lines), True)


def row_cells(table: PrintedTable, widths: Sequence[float]) -> tuple[list[list[QgsTableCell]], list[float]]:
    """The cells of each row and the height of each row; texts are broken and cut to their columns."""
    made, tall = [], [1] * len(table.rows)
    for column, width in zip(table.columns, widths):
        align = _RIGHT if column.number else _LEFT
        colours = table.rows[column.colour] if column.colour else [""] * len(table.rows)
        cells = []
        for row, (value, colour) in enumerate(zip(table.rows[column.name], colours)):
            lines = style.fit(column.text(value), width - 2 * PADDING - 0.6, TEXT, column.lines)
            tall[row] = max(tall[row], len(lines))
            cells.append(cell("\n".join(lines), align, colour))
        made.append(cells)
    return [list(row) for row in zip(*made)], [row_height(lines) for lines in tall]


def runs(heights: Sequence[float], room: float, across: int) -> list[tuple[int, int]]:
    """Which rows stand in the ``across`` columns side by side of some height: (first, last + 1) of each.

    As many rows as fit, or all of them, then evenly; none where not even the first one fits.
    """
    room = min(room, sum(heights) / across + 0.99 * max(heights))
    made, first = [], 0
    for _ in range(across):
        last, used = first, 0.0
        while last < len(heights) and used + heights[last] <= room:
            used += heights[last]
            last += 1
        if last > first:
            made.append((first, last))
        first = last
    return made


@lru_cache(maxsize=64)
def row_height(lines: int, head: bool = False) -> float:
    """What QGIS takes for a row of so many lines, with the line above it."""
    context = QgsRenderContext()
    context.setScaleFactor(_DOTS)
    context.setFlag(Qgis.RenderContextFlag.ApplyScalingWorkaroundForTextRendering)
    height = QgsTextRenderer.textHeight(context, _format(style.INK, head), ["Xg"] * lines,
                                        Qgis.TextLayoutMode.RectangleAscentBased) / _DOTS
    return height + 2 * PADDING + LINE


def cell(text: str, align: Qt.AlignmentFlag = _LEFT, colour: str = "", head: bool = False) -> QgsTableCell:
    """A cell of text, in black or white on ``colour`` where there is one."""
    made = QgsTableCell(text)
    made.setHorizontalAlignment(align)
    made.setVerticalAlignment(Qt.AlignmentFlag.AlignVCenter)
    if colour:
        background = style.colour(colour)
        made.setBackgroundColor(background)
        made.setTextFormat(_format(style.ink_on(background).name(), False))
    else:
        made.setTextFormat(_format(style.MUTED if head else style.INK, head))
    return made


@lru_cache(maxsize=16)
def _format(ink: str, bold: bool) -> QgsTextFormat:
    return style.text_format(TEXT, ink, bold)


def table_item(layout: QgsPrintLayout, cells: Sequence[Sequence[QgsTableCell]], widths: Sequence[float],
               heights: Sequence[float], lines: bool = True) -> QgsLayoutItemManualTable:
    """The layout's table of these cells; it still needs a frame."""
    table = QgsLayoutItemManualTable.create(layout)
    layout.addMultiFrame(table)
    table.setContentTextFormat(_format(style.INK, False))
    table.setCellMargin(PADDING)
    table.setShowGrid(lines)
    table.setGridColor(QColor(style.RULE))
    table.setGridStrokeWidth(LINE)
    table.setVerticalGrid(False)
    table.setTableContents(cells)
    table.setRowHeights([height - 2 * PADDING - LINE for height in heights])
    table.setColumnWidths([width - 2 * PADDING for width in widths])
    table.setResizeMode(QgsLayoutMultiFrame.ResizeMode.UseExistingFrames)
    return table
