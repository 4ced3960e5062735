"""The pages of a report's layout: their head and foot, and how text, pictures, tables and layers get onto them.

Every item gets an id that says what it is. Places are millimetres from the top left corner of a page.
"""
from __future__ import annotations

import base64
import os
from typing import TYPE_CHECKING, Optional, Sequence

from qgis.core import Qgis, QgsLayoutFrame, QgsLayoutItemPage, QgsLayoutItemPicture, QgsLayoutPoint, QgsLayoutSize
from qgis.PyQt.QtCore import Qt

from . import page_items, style
from .page_items import PagePlace
from .wording import clean

if TYPE_CHECKING:
    from qgis.core import (QgsLayoutItem, QgsLayoutItemGroup, QgsLayoutItemLabel, QgsLayoutItemManualTable, QgsMapLayer,
                           QgsPrintLayout, QgsProject, QgsTextFormat)

    from .drawing import PictureText
    from .report_content import PageHead

TITLE, TEXT, TINY = 18.0, 9.0, 6.5
FOOT = 12.0
NO_CHAIN = "Chain of adjustments is empty: no plan was ever changed by hand"
LOGO = (32.0, 13.0)
_MM = Qgis.LayoutUnit.Millimeters
_RIGHT, _LEFT = Qt.AlignmentFlag.AlignRight, Qt.AlignmentFlag.AlignLeft


class ReportPages:
    """The pages of one report, the first one made at once; items are put on the newest one unless a page is named.

    ``width``, ``top`` and ``bottom`` tell where between the margins, head and foot there is room.
    """

    def __init__(self, project: QgsProject, name: str, head: PageHead) -> None:
        self.layout: QgsPrintLayout = page_items.new_layout(project, name, head.page_size)
        self._project, self._head = project, head
        self._size = style.page_size(head.page_size)
        self.width, self.bottom = self._size[0] - 2 * style.MARGIN, self._size[1] - style.MARGIN - FOOT
        self._subtitle = style.fit(clean(head.subtitle), self.width - self._logo_width(), TEXT + 0.5, 2)
        self._notice = style.fit(clean(head.notice), self.width - self._logo_width(), TEXT + 0.5, 1, True)
        self._rule_top = 18.5 + len(self._subtitle + self._notice) * style.line_height(TEXT + 0.5)
        self.top = self._rule_top + 4.5
        self._page = 0
        self._names: dict[str, int] = {}
        self._layers: dict[object, QgsMapLayer] = {}

    def add_page(self) -> None:
        """Go on on a further page."""
        page = QgsLayoutItemPage(self.layout)
        page.setPageSize(QgsLayoutSize(*self._size, _MM))
        self.layout.pageCollection().addPage(page)
        self._page += 1

    def layer(self, layer: QgsMapLayer) -> QgsMapLayer:
        """The layer in the project; one of the agency's files, as of streets, is the same on all maps."""
        key = layer.id() if layer.providerType() == "memory" else (layer.source(), layer.name())
        if key not in self._layers:
            self._layers[key] = self._project.addMapLayer(layer, False)
        return self._layers[key]

    # head and foot

    def finish(self) -> QgsPrintLayout:
        """Head and foot on every page, now that their number is known -> the layout."""
        for page in range(self._page + 1):
            self._page_head(page)
            self._page_foot(page)
        return self.layout

    def _logo_width(self) -> float:
        return LOGO[0] + 3 if self._head.logo and os.path.exists(self._head.logo) else 0.0

    def _page_head(self, page: int) -> None:
        head, x, width, logo = self._head, style.MARGIN, self.width, self._logo_width()
        split = 0.68 * width
        title = style.fit(clean(head.title), split - 2, TITLE, 1, True)
        self.text("Title", title, (x, 8.0, split), TITLE, bold=True, page=page)
        self.text("Agency", style.fit(clean(head.agency), width - split - logo, TEXT, 2),
                  (x + split, 9.0, width - split - logo), TEXT, style.MUTED, align=_RIGHT, page=page)
        self.text("Period and filters", self._subtitle, (x, 17.5, width - logo), TEXT + 0.5, page=page)
        below = 17.5 + len(self._subtitle) * style.line_height(TEXT + 0.5)
        self.text("Notice", self._notice, (x, below, width - logo), TEXT + 0.5, bold=True, page=page)
        if logo:
            page_items.picture(self.layout, "Logo", head.logo,
                               (x + width - LOGO[0], self.on_layout(8.0, page), *LOGO))
        self._rule("Line under the head", (x, self._rule_top, width, 0.6), style.INK, page)

    def _page_foot(self, page: int) -> None:
        head, x, width = self._head, style.MARGIN, self.width
        top = self.bottom + 2.0
        self._rule("Line over the foot", (x, top, width, 0.2), style.RULE, page)
        source = " · ".join(filter(None, [head.data, f"ShotSpotter Connect {head.version}"]))
        self.text("Source", style.fit(clean(source), 0.8 * width, TINY), (x, top + 1.5, 0.8 * width), TINY,
                  style.MUTED, page=page)
        chain = f"Chain head of adjustments {head.chain_head}" if head.chain_head else NO_CHAIN
        self.text("Chain head", [chain], (x, top + 5.0, 0.9 * width), TINY - 0.5, style.MUTED, page=page,
                  monospaced=True)
        # Ours, not text from data: QGIS counts the pages, also after somebody has added one in the designer.
        self._label("Page", "Page [% @layout_page %] of [% @layout_numpages %]",
                    (x + 0.8 * width, top + 1.5, 0.2 * width, 4.0), style.text_format(TINY, style.MUTED), _RIGHT, page)

    # items

    def text(self, name: str, lines: Sequence[str], place: tuple[float, float, float], points: float,
             ink: str = style.INK, bold: bool = False, align: Qt.AlignmentFlag = _LEFT, page: Optional[int] = None,
             monospaced: bool = False) -> None:
        """Lines of text, as they are, at left, top, width; nothing where there is no line."""
        if lines:
            x, y, width = place
            height = len(lines) * style.line_height(points) + 0.6
            self._label(name, page_items.as_text("\n".join(lines)), (x, y, width, height),
                        style.text_format(points, ink, bold, monospaced=monospaced), align, page)

    def words(self, words: PictureText, x: float, y: float) -> QgsLayoutItemLabel:
        """The words of a picture whose top left corner is there."""
        width = style.text_width(words.text, words.points) + 1.0
        left = x + words.x - {"start": 0.0, "middle": width / 2, "end": width}[words.anchor]
        align = {"start": _LEFT, "middle": Qt.AlignmentFlag.AlignHCenter, "end": _RIGHT}[words.anchor]
        place = (left, y + words.y - style.ascent(words.points), width, style.line_height(words.points))
        return self._label("Words", page_items.as_text(words.text), place, style.text_format(words.points, words.ink),
                           align, None)

    def picture(self, name: str, svg: str, place: PagePlace) -> QgsLayoutItemPicture:
        """A vector picture."""
        item = QgsLayoutItemPicture(self.layout)
        item.setId(self.free(name))
        item.setPicturePath("base64:" + base64.b64encode(svg.encode("utf-8")).decode("ascii"),
                            Qgis.PictureFormat.SVG)
        self.add(item, place)
        return item

    def group(self, name: str, items: Sequence[QgsLayoutItem]) -> Optional[QgsLayoutItemGroup]:
        """Let several items be moved as one."""
        if len(items) < 2:
            return None
        group = self.layout.groupItems(list(items))
        group.setId(self.free(name))
        return group

    def table(self, table: QgsLayoutItemManualTable, name: str, place: PagePlace) -> None:
        """Show a table in one frame."""
        frame = QgsLayoutFrame(self.layout, table)
        frame.setId(self.free(name))
        self._put(frame, place)
        table.addFrame(frame)

    def add(self, item: QgsLayoutItem, place: PagePlace) -> None:
        """Any other item; it has got its id."""
        self._put(item, place)
        self.layout.addLayoutItem(item)

    def on_layout(self, y: float, page: Optional[int] = None) -> float:
        """Where on the layout, below all earlier pages, a height on a page lies."""
        step = self._size[1] + self.layout.pageCollection().spaceBetweenPages()
        return y + (self._page if page is None else page) * step

    def free(self, name: str) -> str:
        """An id that says what it is, numbered where there are several."""
        self._names[name] = self._names.get(name, 0) + 1
        return name if self._names[name] == 1 else f"{name} {self._names[name]}"

    def _label(self, name: str, text: str, place: PagePlace, text_format: QgsTextFormat, align: Qt.AlignmentFlag,
               page: Optional[int]) -> QgsLayoutItemLabel:
        x, y, width, height = place
        return page_items.label(self.layout, self.free(name), text, (x, self.on_layout(y, page), width, height),
                                text_format, align)

    def _rule(self, name: str, place: PagePlace, colour: str, page: int) -> None:
        x, y, width, height = place
        page_items.rule(self.layout, self.free(name), (x, self.on_layout(y, page), width, height), colour)

    def _put(self, item: QgsLayoutItem, place: PagePlace) -> None:
        x, y, width, height = place
        item.attemptMove(QgsLayoutPoint(x, self.on_layout(y), _MM))
        item.attemptResize(QgsLayoutSize(width, height, _MM))
