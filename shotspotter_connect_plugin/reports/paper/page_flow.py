"""Lays a report's parts out on the pages of a print layout: text, figures, tables, charts, maps, in reading order.

What comes out is an ordinary layout that can be changed in the designer; every page has the same head and foot. Lengths
are millimetres. Main thread only, as layouts are.
"""
from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Callable, Iterator, Optional, Sequence, Union

from . import charts, page_tables, style
from .page_map import GAP, SMALL, draw_map, map_height
from .report_content import Beside, Chart, Figures, Heading, Map, PageBreak, Paragraph, PrintedTable
from .report_pages import TEXT, ReportPages
from .wording import clean

if TYPE_CHECKING:
    from qgis.core import QgsPrintLayout, QgsProject

    from .drawing import Picture
    from .report_content import Inner, Part, Report

HEADING, BIG = 12.0, 16.0
LEAST_AFTER_HEADING = 28.0
KEPT_ROWS, LEAST_ROWS = 12, 6
"""A table of up to so many rows is not parted; of a longer one so many stay with its title."""
_Whole = Union[Heading, Figures, Chart, Map]
"""What is never parted over two pages."""
_DRAWN = 0.985  # letters are drawn a little apart, which makes a long line up to 1 % wider than it was measured


def lay_out(project: QgsProject, report: Report) -> QgsPrintLayout:
    """The layout of a report, in the project's layout manager, which owns it.

    Parameters
    ----------
    project : QgsProject
        Gets the layers of maps, outside its layer tree; keep it for as long as the layout is used.
    """
    pages = ReportPages(project, report.name, report.head)
    flow = _Flow(pages)
    if report.message:
        flow.add(Paragraph(report.message))
    needs_charts = any(isinstance(part, Chart) for part in _all(report.parts))
    if needs_charts and not charts.available():
        flow.add(Paragraph(charts.MISSING, small=True))
    for part, following in zip(report.parts, [*report.parts[1:], None]):
        flow.add(part, following)
    return pages.finish()


def _all(parts: Sequence[Part]) -> Iterator[Part]:
    for part in parts:
        yield part
        if isinstance(part, Beside):
            for column in part.columns:
                yield from _all(column)


class _Flow:
    """Where the next part goes: a column of some width on the newest page, filled from the top."""

    def __init__(self, pages: ReportPages) -> None:
        self._pages = pages
        self._x, self._y, self._width = style.MARGIN, pages.top, pages.width
        self._drawn: dict[tuple[int, float], Picture] = {}

    # the flow

    def add(self, part: Part, following: Optional[Part] = None) -> None:
        """Put a part below the last one, or on the next page; a heading goes where what follows it begins."""
        if isinstance(part, PageBreak):
            self._next_page()
        elif isinstance(part, Beside):
            self._beside(part)
        elif isinstance(part, Paragraph):
            self._paragraph(part)
        elif isinstance(part, PrintedTable):
            if part.on_page:
                self._table(part)
        else:
            part = self._fitted(part)
            height = self._height(part)
            if height:
                self._make_room(height + (self._start_of(following) if isinstance(part, Heading) else 0.0))
                self._draw(part)
                self._y += height + (1.0 if isinstance(part, Heading) else GAP)

    def _fitted(self, part: _Whole) -> _Whole:
        """A map no higher than the room that is left, where that is enough for it."""
        if isinstance(part, Map) and part.least:
            room = self._pages.bottom - self._y - (self._height(part) - part.height) - 0.1
            if part.least <= room < part.height:
                return replace(part, height=room)
        return part

    def _next_page(self) -> None:
        if self._y > self._pages.top:
            self._pages.add_page()
            self._y = self._pages.top

    def _make_room(self, height: float) -> None:
        if self._y + height > self._pages.bottom:
            self._next_page()

    def _beside(self, part: Beside) -> None:
        """Columns next to each other where the tallest fits on a page, else one after the other."""
        shares = [share / sum(part.shares) for share in part.shares]
        widths = [share * (self._width - GAP * (len(shares) - 1)) for share in shares]
        heights = [sum(self._measured(inner, width) for inner in column)
                   for column, width in zip(part.columns, widths)]
        if max(heights) > self._pages.bottom - self._pages.top:
            for inner in (inner for column in part.columns for inner in column):
                self.add(inner)
            return
        self._make_room(max(heights))
        x, y, width = self._x, self._y, self._width
        for column, column_width in zip(part.columns, widths):
            self._y, self._width = y, column_width
            for inner in column:
                self.add(inner)
            self._x += column_width + GAP
        self._x, self._y, self._width = x, y + max(heights), width

    def _measured(self, part: Inner, width: float) -> float:
        """The height a part takes with the gap below it, in a column of some width on one page."""
        before, self._width = self._width, width
        try:
            if isinstance(part, Paragraph):
                return len(self._lines(part)) * style.line_height(_points(part)) + GAP
            if isinstance(part, PrintedTable):
                return self._table_height(part) + GAP
            height = self._height(part)
            return height + (1.0 if isinstance(part, Heading) else GAP) if height else 0.0
        finally:
            self._width = before

    def _start_of(self, part: Optional[Part]) -> float:
        """Height of what begins a part and must stay with its heading."""
        if isinstance(part, Map) and part.least:
            return self._height(part) - part.height + part.least + 1.5
        if isinstance(part, (Chart, Map, Figures)):
            return min(self._height(part), self._pages.bottom - self._pages.top - 20.0)
        if isinstance(part, Beside):
            shares = [share / sum(part.shares) for share in part.shares]
            return min(max(sum(self._measured(inner, share * self._width) for inner in column)
                           for column, share in zip(part.columns, shares)), self._pages.bottom - self._pages.top - 20.0)
        return LEAST_AFTER_HEADING

    # heights

    def _height(self, part: _Whole) -> float:
        if isinstance(part, Heading):
            return len(style.fit(clean(part.text), self._width, HEADING, 2, True)) * style.line_height(HEADING) + 1.0
        if isinstance(part, Figures):
            width = self._width / max(len(part.figures), 1)
            lines = max([len(_caption_of(words, width)) for _, words in part.figures] or [0])
            return style.line_height(BIG) + max(lines, 2) * style.line_height(SMALL) + 1.0
        if isinstance(part, Chart):
            if not charts.available():
                return 0.0
            return self._picture_of(part).height + self._caption_height(part.caption)
        return map_height(part, self._width) + self._caption_height(part.caption)

    def _caption_height(self, caption: str) -> float:
        return len(self._caption(caption)) * style.line_height(SMALL) + 1.0 if caption else 0.0

    def _caption(self, caption: str) -> list[str]:
        return style.fit(clean(caption), _DRAWN * self._width, SMALL, 6)

    # parts

    def _draw(self, part: _Whole) -> None:
        draw: dict[type, Callable[[Any], None]] = {
            Heading: self._heading, Figures: self._figures, Chart: self._chart, Map: self._map}
        draw[type(part)](part)

    def _heading(self, part: Heading) -> None:
        lines = style.fit(clean(part.text), self._width, HEADING, 2, True)
        self._pages.text("Heading", lines, (self._x, self._y, self._width), HEADING, bold=True)

    def _paragraph(self, part: Paragraph) -> None:
        lines, points = self._lines(part), _points(part)
        height = style.line_height(points)
        while lines:
            room = int((self._pages.bottom - self._y) / height)
            if room < min(2, len(lines)):
                self._next_page()
                room = int((self._pages.bottom - self._y) / height)
            self._pages.text("Text", lines[:room], (self._x, self._y, self._width), points,
                             style.MUTED if part.small else style.INK)
            self._y += len(lines[:room]) * height
            lines = lines[room:]
        self._y += GAP

    def _lines(self, part: Paragraph) -> list[str]:
        return style.fit(clean(part.text), _DRAWN * self._width, _points(part), 400)

    def _figures(self, part: Figures) -> None:
        width = self._width / max(len(part.figures), 1)
        longest = max(style.text_width(clean(figure), BIG, True) for figure, _ in part.figures)
        size = max(min(BIG, BIG * (width - 7.0) / longest), HEADING) if longest else BIG
        for place, (figure, caption) in enumerate(part.figures):
            x = self._x + place * width
            self._pages.text("Figure", style.fit(clean(figure), width - 2, size, 1, True), (x, self._y, width), size,
                             bold=True)
            self._pages.text("Caption of figure", _caption_of(caption, width),
                             (x, self._y + style.line_height(BIG), width), SMALL, style.MUTED)

    def _chart(self, part: Chart) -> None:
        drawn = self._picture_of(part)
        items = [self._pages.picture(part.name, drawn.svg, (self._x, self._y, drawn.width, drawn.height))]
        items += [self._pages.words(words, self._x, self._y) for words in drawn.words]
        self._pages.group("Chart", items)
        self._caption_below(part.caption, self._y + drawn.height)

    def _picture_of(self, part: Chart) -> Picture:
        """A chart at the width of the column, drawn once."""
        key = id(part), round(self._width, 3)
        if key not in self._drawn:
            self._drawn[key] = part.draw(self._width)
        return self._drawn[key]

    def _caption_below(self, caption: str, y: float) -> None:
        if caption:
            self._pages.text("How to read it", self._caption(caption), (self._x, y + 0.5, self._width), SMALL,
                             style.MUTED)

    def _map(self, part: Map) -> None:
        draw_map(self._pages, part, self._x, self._y, self._width)
        self._caption_below(part.caption, self._y + map_height(part, self._width))

    # tables

    def _table(self, part: PrintedTable) -> None:
        title = self._title(part)
        if part.rows.empty:
            self._table_title(title, style.line_height(TEXT))
            self.add(Paragraph(part.empty))
            return
        width = self._width_across(part)
        widths = page_tables.column_widths(part.columns, width)
        header, header_height = page_tables.header_cells(part.columns, widths)
        cells, heights = page_tables.row_cells(part, widths)
        self._table_title(title, header_height + _together(heights, part.across))
        while cells:
            runs = page_tables.runs(heights, self._pages.bottom - self._y - header_height, part.across)
            if not runs and self._y > self._pages.top:
                self._next_page()
                continue
            runs = runs or [(0, 1)]  # a row that is higher than a page
            for column, (first, last) in enumerate(runs):
                tall = [header_height, *heights[first:last]]
                table = page_tables.table_item(self._pages.layout, [header, *cells[first:last]], widths, tall)
                x = self._x + column * (width + GAP)
                self._pages.table(table, part.name, (x, self._y, sum(widths), sum(tall) + page_tables.SLACK))
            self._y += header_height + max(sum(heights[first:last]) for first, last in runs) + page_tables.LINE
            cells, heights = cells[runs[-1][1]:], heights[runs[-1][1]:]
            if cells:
                self._next_page()
        self._y += GAP

    def _width_across(self, part: PrintedTable) -> float:
        """The width of one of a table's columns of rows."""
        return (self._width - GAP * (part.across - 1)) / part.across

    def _title(self, part: PrintedTable) -> list[str]:
        return style.fit(clean(part.title), self._width, TEXT, 2, True) if part.title else []

    def _table_title(self, title: list[str], following: float) -> None:
        if title:
            height = len(title) * style.line_height(TEXT) + 0.5
            self._make_room(height + following)
            self._pages.text("Title of table", title, (self._x, self._y, self._width), TEXT, bold=True)
            self._y += height

    def _table_height(self, part: PrintedTable) -> float:
        title = self._title(part)
        above = len(title) * style.line_height(TEXT) + 0.5 * bool(title)
        if not part.on_page:
            return -GAP
        if part.rows.empty:
            return above + self._measured(Paragraph(part.empty), self._width) - GAP
        widths = page_tables.column_widths(part.columns, self._width_across(part))
        heights = page_tables.row_cells(part, widths)[1]
        tallest = max(sum(heights[first:last]) for first, last in page_tables.runs(heights, sum(heights), part.across))
        return above + page_tables.header_cells(part.columns, widths)[1] + tallest


def _together(heights: list[float], across: int) -> float:
    """The height of the rows of a table that stay with its title."""
    first = heights if len(heights) <= KEPT_ROWS * across else heights[:LEAST_ROWS * across]
    return max(sum(first[low:high]) for low, high in page_tables.runs(first, sum(first), across))


def _caption_of(words: str, width: float) -> list[str]:
    """The lines below a big number."""
    return style.fit(clean(words), width - 3, SMALL, 3)


def _points(paragraph: Paragraph) -> float:
    return SMALL if paragraph.small else TEXT
