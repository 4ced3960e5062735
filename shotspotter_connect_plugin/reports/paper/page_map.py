"""Maps on the pages of a report: the map with scale bar and north arrow, and its key beside or below it."""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

from qgis.core import (Qgis, QgsCoordinateReferenceSystem, QgsLayoutItemMap, QgsLayoutItemPolyline, QgsLayoutItemShape,
                       QgsRectangle)
from qgis.PyQt.QtCore import QPointF, Qt
from qgis.PyQt.QtGui import QPolygonF

from . import page_items, page_tables, style
from .wording import clean

if TYPE_CHECKING:
    from qgis.core import QgsSymbol

    from .report_content import KeyEntry, Map
    from .report_pages import ReportPages

GAP = 4.0
KEY_WIDTH, KEY_ROW = 50.0, 5.0
SMALL = 8.0
SWATCH = 3.4


def map_height(part: Map, width: float) -> float:
    """The height in mm of a map and its key in a column of some width, without the caption."""
    return part.height + (0.0 if _key_beside(part, width) else _key_height(part, width))


def draw_map(pages: ReportPages, part: Map, x: float, y: float, width: float) -> None:
    """Put a map and its key on the newest page."""
    beside = _key_beside(part, width)
    map_width = width - (KEY_WIDTH + GAP if beside else 0.0)
    layers = [pages.layer(layer) for layer in part.layers()]
    item = QgsLayoutItemMap(pages.layout)
    item.setId(pages.free(part.name))
    pages.add(item, (x, y, map_width, part.height))
    item.setLayers(layers)
    item.setKeepLayerSet(True)
    item.setKeepLayerStyles(True)
    item.setCrs(QgsCoordinateReferenceSystem(part.crs))
    item.zoomToExtent(QgsRectangle(*part.extent).scaled(1.06))
    page_items.frame_map(item)
    top = pages.on_layout(y)
    bar = page_items.scale_bar(pages.layout, pages.free("Scale bar"), item, (x + 1, top + part.height - 9, 38, 8))
    bar.setBackgroundEnabled(True)
    bar.setBackgroundColor(style.colour(style.LAND, 200))
    page_items.north_arrow(pages.layout, pages.free("North arrow"), (x + map_width - 8, top + 1, 7, 9))
    if beside:
        _draw_key(pages, part.key, x + map_width + GAP, y, KEY_WIDTH, 1)
    else:
        _draw_key(pages, part.key, x, y + part.height + 1.5, width, _key_columns(width))


def _key_beside(part: Map, width: float) -> bool:
    return bool(part.key) and width > 150 and len(part.key) * KEY_ROW <= part.height


def _key_height(part: Map, width: float) -> float:
    return -(-len(part.key) // _key_columns(width)) * KEY_ROW + 2.0 if part.key else 0.0


def _key_columns(width: float) -> int:
    return max(1, int(width / 48.0))


def _draw_key(pages: ReportPages, key: Sequence[KeyEntry], x: float, y: float, width: float, columns: int) -> None:
    if not key:
        return
    count = -(-len(key) // columns)
    rows = [[page_tables.cell("") for _ in range(2 * columns)] for _ in range(count)]
    symbols: list[tuple[QgsSymbol, float, float]] = []
    for place, (colour, letter, words) in enumerate(key):
        row, column = place % count, 2 * (place // count)
        if not isinstance(colour, str):
            symbols.append((colour(), x + column // 2 * width / columns + 1.3,
                            y + row * (KEY_ROW - page_tables.LINE) + 0.8))
            colour = ""
        rows[row][column] = page_tables.cell(letter, Qt.AlignmentFlag.AlignHCenter, colour)
        rows[row][column + 1] = page_tables.cell("".join(style.fit(clean(words), width / columns - 9.0, SMALL)))
    table = page_tables.table_item(
        pages.layout, rows, [6.0, width / columns - 6.0] * columns, [KEY_ROW] * count, False)
    pages.table(table, "Key", (x, y, width, KEY_ROW * count + page_tables.SLACK))
    for symbol, left, top in symbols:  # after the table's frame, which has a ground of its own
        _draw_swatch(pages, symbol, left, top)


def _draw_swatch(pages: ReportPages, symbol: QgsSymbol, x: float, y: float) -> None:
    """A map's own symbol in the key: a box of SWATCH mm, or a line as long."""
    if symbol.type() == Qgis.SymbolType.Line:
        middle = pages.on_layout(y + SWATCH / 2)
        line = QgsLayoutItemPolyline(QPolygonF([QPointF(x, middle), QPointF(x + SWATCH, middle)]), pages.layout)
        line.setSymbol(symbol)
        line.setId(pages.free("Symbol of the key"))
        pages.layout.addLayoutItem(line)
        return
    box = QgsLayoutItemShape(pages.layout)
    box.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    box.setSymbol(symbol)
    box.setId(pages.free("Symbol of the key"))
    pages.add(box, (x, y, SWATCH, SWATCH))
