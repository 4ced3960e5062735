"""Lays a report's blocks out on the pages of a print layout: text, figures, tables, charts, maps, in reading order.

What comes out is an ordinary layout that can be changed in the designer; every page has the same head and foot. Lengths
are millimetres. Main thread only, as layouts are.
"""
import base64
import os
from dataclasses import replace

from qgis.core import (Qgis, QgsCoordinateReferenceSystem, QgsLayoutFrame, QgsLayoutItem, QgsLayoutItemMap,
                       QgsLayoutItemPage, QgsLayoutItemPicture, QgsLayoutItemPolyline, QgsLayoutItemShape,
                       QgsLayoutMeasurement, QgsLayoutPoint, QgsLayoutSize, QgsRectangle)
from qgis.PyQt.QtCore import QPointF, Qt
from qgis.PyQt.QtGui import QColor, QPolygonF

from . import charts
from . import page_items as pieces
from . import page_tables, style
from .report_content import Beside, Chart, Figures, Heading, Map, PageBreak, Paragraph, Table
from .wording import clean

TITLE, HEADING, BIG, TEXT, SMALL, TINY = 18.0, 12.0, 16.0, 9.0, 8.0, 6.5
FOOT = 12.0
NO_CHAIN = "Chain of adjustments is empty: no plan was ever changed by hand"
GAP = 4.0
LOGO = (32.0, 13.0)
KEY_WIDTH, KEY_ROW = 50.0, 5.0
SWATCH = 3.4
LEAST_AFTER_HEADING = 28.0
KEPT_ROWS, LEAST_ROWS = 12, 6
"""A table of up to so many rows is not parted; of a longer one so many stay with its title."""
_DRAWN = 0.985  # letters are drawn a little apart, which makes a long line up to 1 % wider than it was measured
_MM = Qgis.LayoutUnit.Millimeters
_RIGHT, _LEFT = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft


def lay_out(project, report):
    """The layout of a report, in the project's layout manager, which owns it.

    Parameters
    ----------
    project : QgsProject
        Gets the layers of maps, outside its layer tree; keep it for as long as the layout is used.
    report : blocks.Report

    Returns
    -------
    QgsPrintLayout
    """
    layout = pieces.new_layout(project, report.name, report.head.page_size)
    flow = _Flow(project, layout, report.head)
    if report.message:
        flow.add(Paragraph(report.message))
    needs_charts = any(isinstance(block, Chart) for block in _all(report.blocks))
    if needs_charts and not charts.available():
        flow.add(Paragraph(charts.MISSING, small=True))
    for block, following in zip(report.blocks, [*report.blocks[1:], None]):
        flow.add(block, following)
    flow.finish()
    return layout


def _all(blocks):
    for block in blocks:
        yield block
        if isinstance(block, Beside):
            for column in block.columns:
                yield from _all(column)


class _Flow:
    """Where the next block goes: a column of some width on the current page, filled from the top."""

    def __init__(self, project, layout, head):
        self._project, self._layout, self._head = project, layout, head
        self._page_width, page_height = style.page_size(head.page_size)
        self._x, self._width = style.MARGIN, self._page_width - 2 * style.MARGIN
        self._page, self._bottom = 0, page_height - style.MARGIN - FOOT
        self._subtitle = style.fit(clean(head.subtitle), self._width - self._logo_width(), TEXT + 0.5, 2)
        self._notice = style.fit(clean(head.notice), self._width - self._logo_width(), TEXT + 0.5, 1, True)
        self._rule_top = 18.5 + len(self._subtitle + self._notice) * style.line_height(TEXT + 0.5)
        self._top = self._y = self._rule_top + 4.5
        self._names, self._drawn, self._layers = {}, {}, {}

    # the flow

    def add(self, block, following=None):
        """Put a block below the last one, or on the next page; a heading goes where what follows it begins."""
        if isinstance(block, PageBreak):
            self._next_page()
        elif isinstance(block, Beside):
            self._beside(block)
        elif isinstance(block, Paragraph):
            self._paragraph(block)
        elif isinstance(block, Table):
            if block.on_page:
                self._table(block)
        else:
            block = self._fitted(block)
            height = self._height(block)
            if height:
                self._make_room(height + (self._start_of(following) if isinstance(block, Heading) else 0.0))
                self._draw(block)
                self._y += height + (1.0 if isinstance(block, Heading) else GAP)

    def _fitted(self, block):
        """A map no higher than the room that is left, where that is enough for it."""
        if isinstance(block, Map) and block.least:
            room = self._bottom - self._y - (self._height(block) - block.height) - 0.1
            if block.least <= room < block.height:
                return replace(block, height=room)
        return block

    def _next_page(self):
        if self._y > self._top:
            page = QgsLayoutItemPage(self._layout)
            page.setPageSize(QgsLayoutSize(*style.page_size(self._head.page_size), _MM))
            self._layout.pageCollection().addPage(page)
            self._page += 1
            self._y = self._top

    def _make_room(self, height):
        if self._y + height > self._bottom:
            self._next_page()

    def _beside(self, block):
        """Columns next to each other where the tallest fits on a page, else one after the other."""
        shares = [share / sum(block.shares) for share in block.shares]
        widths = [share * (self._width - GAP * (len(shares) - 1)) for share in shares]
        heights = [sum(self._measured(part, width) for part in column)
                   for column, width in zip(block.columns, widths)]
        if max(heights) > self._bottom - self._top:
            for part in (part for column in block.columns for part in column):
                self.add(part)
            return
        self._make_room(max(heights))
        x, y, width = self._x, self._y, self._width
        for column, column_width in zip(block.columns, widths):
            self._y, self._width = y, column_width
            for part in column:
                self.add(part)
            self._x += column_width + GAP
        self._x, self._y, self._width = x, y + max(heights), width

    def _measured(self, block, width):
        """The height a block takes with the gap below it, in a column of some width on one page."""
        before, self._width = self._width, width
        try:
            if isinstance(block, Paragraph):
                return len(self._lines(block)) * style.line_height(_points(block)) + GAP
            if isinstance(block, Table):
                return self._table_height(block) + GAP
            height = self._height(block)
            return height + (1.0 if isinstance(block, Heading) else GAP) if height else 0.0
        finally:
            self._width = before

    def _start_of(self, block):
        """Height of the part of a block that must not be parted from its heading."""
        if isinstance(block, Map) and block.least:
            return self._height(block) - block.height + block.least + 1.5
        if isinstance(block, (Chart, Map, Figures)):
            return min(self._height(block), self._bottom - self._top - 20.0)
        if isinstance(block, Beside):
            shares = [share / sum(block.shares) for share in block.shares]
            return min(max(sum(self._measured(part, share * self._width) for part in column)
                           for column, share in zip(block.columns, shares)), self._bottom - self._top - 20.0)
        return LEAST_AFTER_HEADING

    # heights

    def _height(self, block):
        if isinstance(block, Heading):
            return len(style.fit(clean(block.text), self._width, HEADING, 2, True)) * style.line_height(HEADING) + 1.0
        if isinstance(block, Figures):
            width = self._width / max(len(block.figures), 1)
            lines = max([len(_caption_of(words, width)) for _, words in block.figures] or [0])
            return style.line_height(BIG) + max(lines, 2) * style.line_height(SMALL) + 1.0
        if isinstance(block, Chart):
            if not charts.available():
                return 0.0
            return self._picture_of(block).height + self._caption_height(block.caption)
        return block.height + (0.0 if self._key_beside(block) else self._key_height(block)) \
            + self._caption_height(block.caption)

    def _caption_height(self, caption):
        return len(self._caption(caption)) * style.line_height(SMALL) + 1.0 if caption else 0.0

    def _caption(self, caption):
        return style.fit(clean(caption), _DRAWN * self._width, SMALL, 6)

    # blocks

    def _draw(self, block):
        draw = {Heading: self._heading, Figures: self._figures, Chart: self._chart, Map: self._map}[type(block)]
        draw(block)

    def _heading(self, block):
        lines = style.fit(clean(block.text), self._width, HEADING, 2, True)
        self._text("Heading", lines, (self._x, self._y, self._width), HEADING, bold=True)

    def _paragraph(self, block):
        lines, points = self._lines(block), _points(block)
        height = style.line_height(points)
        while lines:
            room = int((self._bottom - self._y) / height)
            if room < min(2, len(lines)):
                self._next_page()
                room = int((self._bottom - self._y) / height)
            self._text("Text", lines[:room], (self._x, self._y, self._width), points,
                       style.MUTED if block.small else style.INK)
            self._y += len(lines[:room]) * height
            lines = lines[room:]
        self._y += GAP

    def _lines(self, block):
        return style.fit(clean(block.text), _DRAWN * self._width, _points(block), 400)

    def _figures(self, block):
        width = self._width / max(len(block.figures), 1)
        longest = max(style.text_width(clean(figure), BIG, True) for figure, _ in block.figures)
        size = max(min(BIG, BIG * (width - 7.0) / longest), HEADING) if longest else BIG
        for place, (figure, caption) in enumerate(block.figures):
            x = self._x + place * width
            self._text("Figure", style.fit(clean(figure), width - 2, size, 1, True), (x, self._y, width), size,
                       bold=True)
            self._text("Caption of figure", _caption_of(caption, width),
                       (x, self._y + style.line_height(BIG), width), SMALL, style.MUTED)

    def _chart(self, block):
        drawn = self._picture_of(block)
        items = [self._picture(block.name, drawn.svg, (self._x, self._y, drawn.width, drawn.height))]
        items += [self._words(words) for words in drawn.words]
        if len(items) > 1:
            self._layout.groupItems(items).setId(self._free("Chart"))
        self._caption_below(block.caption, self._y + drawn.height)

    def _picture_of(self, block):
        """A chart at the width of the column, drawn once."""
        key = id(block), round(self._width, 3)
        if key not in self._drawn:
            self._drawn[key] = block.draw(self._width)
        return self._drawn[key]

    def _caption_below(self, caption, y):
        if caption:
            self._text("How to read it", self._caption(caption), (self._x, y + 0.5, self._width), SMALL, style.MUTED)

    def _map(self, block):
        layers = [self._once(layer) for layer in block.layers()]
        width = self._width - (KEY_WIDTH + GAP if self._key_beside(block) else 0.0)
        item = QgsLayoutItemMap(self._layout)
        item.setId(self._free(block.name))
        self._place(item, (self._x, self._y, width, block.height))
        item.setLayers(layers)
        item.setKeepLayerSet(True)
        item.setKeepLayerStyles(True)
        item.setCrs(QgsCoordinateReferenceSystem(block.crs))
        item.zoomToExtent(QgsRectangle(*block.extent).scaled(1.06))
        item.setBackgroundColor(QColor(style.LAND))
        item.setFrameEnabled(True)
        item.setFrameStrokeColor(QColor(style.MUTED))
        item.setFrameStrokeWidth(QgsLayoutMeasurement(0.25, _MM))
        top = self._y + self._page * self._page_step()
        bar = pieces.scale_bar(self._layout, self._free("Scale bar"), item,
                               (self._x + 1, top + block.height - 9, 38, 8))
        bar.setBackgroundEnabled(True)
        bar.setBackgroundColor(style.colour(style.LAND, 200))
        pieces.north_arrow(self._layout, self._free("North arrow"), (self._x + width - 8, top + 1, 7, 9))
        below = block.height
        if self._key_beside(block):
            self._key(block.key, self._x + width + GAP, self._y, KEY_WIDTH, 1)
        else:
            self._key(block.key, self._x, self._y + block.height + 1.5, self._width, _key_columns(self._width))
            below += self._key_height(block)
        self._caption_below(block.caption, self._y + below)

    def _once(self, layer):
        """The layer in the project; one of the agency's files, as of streets, is the same on all maps."""
        key = layer.id() if layer.providerType() == "memory" else (layer.source(), layer.name())
        if key not in self._layers:
            self._layers[key] = self._project.addMapLayer(layer, False)
        return self._layers[key]

    def _key_beside(self, block):
        return bool(block.key) and self._width > 150 and len(block.key) * KEY_ROW <= block.height

    def _key_height(self, block):
        columns = _key_columns(self._width)
        return -(-len(block.key) // columns) * KEY_ROW + 2.0 if block.key else 0.0

    def _key(self, key, x, y, width, columns):
        if not key:
            return
        count = -(-len(key) // columns)
        rows, symbols = [[page_tables.cell("") for _ in range(2 * columns)] for _ in range(count)], []
        for place, (colour, letter, words) in enumerate(key):
            row, column = place % count, 2 * (place // count)
            if callable(colour):
                symbols.append((colour, x + column // 2 * width / columns + 1.3,
                               y + row * (KEY_ROW - page_tables.LINE) + 0.8))
                colour = ""
            rows[row][column] = page_tables.cell(letter, Qt.AlignmentFlag.AlignHCenter, colour)
            rows[row][column + 1] = page_tables.cell("".join(style.fit(clean(words), width / columns - 9.0, SMALL)))
        table = page_tables.table_item(
            self._layout, rows, [6.0, width / columns - 6.0] * columns, [KEY_ROW] * count, False)
        self._frame(table, "Key", (x, y, width, KEY_ROW * count + page_tables.SLACK))
        for symbol, left, top in symbols:  # after the frame, which has a ground of its own
            self._swatch(symbol(), left, top)

    def _swatch(self, symbol, x, y):
        """A map's own symbol in the key: a box of SWATCH mm, or a line as long."""
        if symbol.type() == Qgis.SymbolType.Line:
            middle = y + SWATCH / 2 + self._page * self._page_step()
            item = QgsLayoutItemPolyline(QPolygonF([QPointF(x, middle), QPointF(x + SWATCH, middle)]), self._layout)
            item.setSymbol(symbol)
            self._layout.addLayoutItem(item)
        else:
            item = QgsLayoutItemShape(self._layout)
            item.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
            item.setSymbol(symbol)
            self._place(item, (x, y, SWATCH, SWATCH))
        item.setId(self._free("Symbol of the key"))

    # tables

    def _table(self, block):
        title = self._title(block)
        if block.rows.empty:
            self._table_title(title, style.line_height(TEXT))
            self.add(Paragraph(block.empty))
            return
        width = self._width_across(block)
        widths = page_tables.column_widths(block.columns, width)
        header, header_height = page_tables.header_cells(block.columns, widths)
        cells, heights = page_tables.row_cells(block, widths)
        self._table_title(title, header_height + _together(heights, block.across))
        while cells:
            runs = page_tables.runs(heights, self._bottom - self._y - header_height, block.across)
            if not runs and self._y > self._top:
                self._next_page()
                continue
            runs = runs or [(0, 1)]  # a row that is higher than a page
            for column, (first, last) in enumerate(runs):
                tall = [header_height, *heights[first:last]]
                table = page_tables.table_item(self._layout, [header, *cells[first:last]], widths, tall)
                x = self._x + column * (width + GAP)
                self._frame(table, block.name, (x, self._y, sum(widths), sum(tall) + page_tables.SLACK))
            self._y += header_height + max(sum(heights[first:last]) for first, last in runs) + page_tables.LINE
            cells, heights = cells[runs[-1][1]:], heights[runs[-1][1]:]
            if cells:
                self._next_page()
        self._y += GAP

    def _width_across(self, block):
        """The width of one of a table's columns of rows."""
        return (self._width - GAP * (block.across - 1)) / block.across

    def _title(self, block):
        return style.fit(clean(block.title), self._width, TEXT, 2, True) if block.title else []

    def _table_title(self, title, following):
        if title:
            height = len(title) * style.line_height(TEXT) + 0.5
            self._make_room(height + following)
            self._text("Title of table", title, (self._x, self._y, self._width), TEXT, bold=True)
            self._y += height

    def _frame(self, table, name, place):
        """Show a table in one frame."""
        frame = QgsLayoutFrame(self._layout, table)
        frame.setId(self._free(name))
        self._put(frame, place)
        table.addFrame(frame)

    def _table_height(self, block):
        title = self._title(block)
        above = len(title) * style.line_height(TEXT) + 0.5 * bool(title)
        if not block.on_page:
            return -GAP
        if block.rows.empty:
            return above + self._measured(Paragraph(block.empty), self._width) - GAP
        widths = page_tables.column_widths(block.columns, self._width_across(block))
        heights = page_tables.row_cells(block, widths)[1]
        tallest = max(sum(heights[first:last]) for first, last in page_tables.runs(heights, sum(heights), block.across))
        return above + page_tables.header_cells(block.columns, widths)[1] + tallest

    # head and foot

    def finish(self):
        """Head and foot on every page, now that their number is known."""
        for page in range(self._page + 1):
            self._page_head(page)
            self._page_foot(page)

    def _logo_width(self):
        return LOGO[0] + 3 if self._head.logo and os.path.exists(self._head.logo) else 0.0

    def _page_head(self, page):
        head, x = self._head, style.MARGIN
        width = self._page_width - 2 * style.MARGIN
        logo = self._logo_width()
        split = 0.68 * width
        title = style.fit(clean(head.title), split - 2, TITLE, 1, True)
        self._text("Title", title, (x, 8.0, split), TITLE, bold=True, page=page)
        self._text("Agency", style.fit(clean(head.agency), width - split - logo, TEXT, 2),
                   (x + split, 9.0, width - split - logo), TEXT, style.MUTED, align=_RIGHT, page=page)
        self._text("Period and filters", self._subtitle, (x, 17.5, width - logo), TEXT + 0.5, page=page)
        below = 17.5 + len(self._subtitle) * style.line_height(TEXT + 0.5)
        self._text("Notice", self._notice, (x, below, width - logo), TEXT + 0.5, bold=True, page=page)
        if logo:
            item = QgsLayoutItemPicture(self._layout)
            item.setId("Logo")
            item.setPicturePath(head.logo)
            item.setPictureAnchor(QgsLayoutItem.ReferencePoint.UpperRight)
            self._put_item(item, (x + width - LOGO[0], 8.0, *LOGO), page)
        self._rule("Line under the head", (x, self._rule_top, width, 0.6), style.INK, page)

    def _page_foot(self, page):
        head, x = self._head, style.MARGIN
        width = self._page_width - 2 * style.MARGIN
        top = self._bottom + 2.0
        self._rule("Line over the foot", (x, top, width, 0.2), style.RULE, page)
        source = " · ".join(filter(None, [head.data, f"ShotSpotter Connect {head.version}"]))
        self._text("Source", style.fit(clean(source), 0.8 * width, TINY), (x, top + 1.5, 0.8 * width), TINY,
                   style.MUTED, page=page)
        chain = f"Chain head of adjustments {head.chain_head}" if head.chain_head else NO_CHAIN
        self._text("Chain head", [chain], (x, top + 5.0, 0.9 * width), TINY - 0.5, style.MUTED, page=page,
                   monospaced=True)
        # Ours, not text from data: QGIS counts the pages, also after somebody has added one in the designer.
        self._label("Page", "Page [% @layout_page %] of [% @layout_numpages %]",
                    (x + 0.8 * width, top + 1.5, 0.2 * width, 4.0), style.text_format(TINY, style.MUTED), _RIGHT, page)

    # items

    def _text(self, name, lines, place, points, ink=style.INK, bold=False, align=_LEFT, page=None, monospaced=False):
        if lines:
            x, y, width = place
            height = len(lines) * style.line_height(points) + 0.6
            self._label(name, pieces.as_text("\n".join(lines)), (x, y, width, height),
                        style.text_format(points, ink, bold, monospaced=monospaced), align, page)

    def _label(self, name, text, place, text_format, align, page):
        x, y, width, height = place
        y += (self._page if page is None else page) * self._page_step()
        return pieces.label(self._layout, self._free(name), text, (x, y, width, height), text_format, align)

    def _rule(self, name, place, colour, page):
        x, y, width, height = place
        pieces.rule(self._layout, self._free(name), (x, y + page * self._page_step(), width, height), colour)

    def _picture(self, name, svg, place):
        item = QgsLayoutItemPicture(self._layout)
        item.setId(self._free(name))
        item.setPicturePath("base64:" + base64.b64encode(svg.encode("utf-8")).decode("ascii"),
                            Qgis.PictureFormat.SVG)
        self._place(item, place)
        return item

    def _words(self, words):
        width = style.text_width(words.text, words.points) + 1.0
        x = self._x + words.x - {"start": 0.0, "middle": width / 2, "end": width}[words.anchor]
        align = {"start": _LEFT, "middle": Qt.AlignmentFlag.AlignHCenter, "end": _RIGHT}[words.anchor]
        place = (x, self._y + words.y - style.ascent(words.points), width, style.line_height(words.points))
        form = style.text_format(words.points, words.ink)
        return self._label("Words", pieces.as_text(words.text), place, form, align, None)

    def _page_step(self):
        """From the top of a page to the top of the next one."""
        return style.page_size(self._head.page_size)[1] + self._layout.pageCollection().spaceBetweenPages()

    def _place(self, item, place):
        self._put_item(item, place, self._page)

    def _put_item(self, item, place, page):
        x, y, width, height = place
        self._put(item, (x, y + (page - self._page) * self._page_step(), width, height))
        self._layout.addLayoutItem(item)

    def _put(self, item, place):
        x, y, width, height = place
        item.attemptMove(QgsLayoutPoint(x, y + self._page * self._page_step(), _MM))
        item.attemptResize(QgsLayoutSize(width, height, _MM))

    def _free(self, name):
        """An id that says what it is, numbered where there are several."""
        self._names[name] = self._names.get(name, 0) + 1
        return name if self._names[name] == 1 else f"{name} {self._names[name]}"


def _together(heights, across):
    """The height of the rows of a table that stay with its title."""
    first = heights if len(heights) <= KEPT_ROWS * across else heights[:LEAST_ROWS * across]
    return max(sum(first[low:high]) for low, high in page_tables.runs(first, sum(first), across))


def _caption_of(words, width):
    """The lines below a big number."""
    return style.fit(clean(words), width - 3, SMALL, 3)


def _points(paragraph):
    return SMALL if paragraph.small else TEXT


def _key_columns(width):
    return max(1, int(width / 48.0))
