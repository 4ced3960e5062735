"""Pieces of pages shared by all reports: labels, maps, tables, scale bar, north arrow, export to PDF."""
from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Sequence

from qgis.core import (Qgis, QgsExpression, QgsFillSymbol, QgsLayoutExporter, QgsLayoutFrame, QgsLayoutItem,
                       QgsLayoutItemAttributeTable, QgsLayoutItemLabel, QgsLayoutItemMap, QgsLayoutItemPicture,
                       QgsLayoutItemScaleBar, QgsLayoutItemShape, QgsLayoutMeasurement, QgsLayoutMultiFrame,
                       QgsLayoutObject, QgsLayoutPoint, QgsLayoutSize, QgsLayoutTable, QgsLayoutTableColumn,
                       QgsPrintLayout, QgsProperty)
from qgis.PyQt.QtCore import Qt
from qgis.PyQt.QtGui import QColor

from ...errors import Cancelled
from ...file_checks import pdf
from ...files import NotWhole, folder_for, replacing
from . import style

if TYPE_CHECKING:
    from qgis.core import QgsFeedback, QgsMapLayer, QgsProject, QgsTextFormat, QgsVectorLayer

_NORTH = (b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 30">'
          b'<path d="M10 1 L17 27 L10 21 L3 27 Z" fill="#1d2329"/></svg>')
_MM = Qgis.LayoutUnit.Millimeters
DPI = 200

PagePlace = tuple[float, float, float, float]
"""Left, top, width and height on a page or on the layout, in mm."""


def new_layout(project: QgsProject, name: str, page: str) -> QgsPrintLayout:
    """An empty print layout of one upright page, ``A4`` or ``Letter``, owned by the project."""
    layout = QgsPrintLayout(project)
    layout.initializeDefaults()
    layout.setName(_free_name(project, name))
    project.layoutManager().addLayout(layout)
    width, height = style.page_size(page)
    layout.pageCollection().page(0).setPageSize(QgsLayoutSize(width, height, _MM))
    layout.renderContext().setDpi(DPI)
    return layout


def _free_name(project: QgsProject, name: str) -> str:
    """A name that no layout of the project has yet; QGIS would not take a second one."""
    taken = {layout.name() for layout in project.layoutManager().layouts()}
    return next(free for free in (name if n == 1 else f"{name} ({n})" for n in range(1, len(taken) + 3))
                if free not in taken)


def as_text(text: str) -> str:
    """A label's text that shows ``text`` as it is, even where it looks like an expression."""
    if "[%" not in text:
        return text
    return "[% " + QgsExpression.quotedString(text).replace("%]", "%' || ']") + " %]"


def field(name: str) -> str:
    """A label's text that shows a column of the page's row; what stands in it is never evaluated again."""
    return f'[% "{name}" %]'


def label(layout: QgsPrintLayout, name: str, text: str, place: PagePlace, text_format: QgsTextFormat,
          align: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft, top: str | None = None) -> QgsLayoutItemLabel:
    """A label. ``place`` is x, y, width, height in mm; ``top`` names the column that holds y, where pages differ."""
    item = QgsLayoutItemLabel(layout)
    item.setId(name)
    item.setMode(QgsLayoutItemLabel.Mode.ModeFont)
    item.setText(text)
    item.setTextFormat(text_format)
    item.setHAlign(align)
    item.setVAlign(Qt.AlignmentFlag.AlignTop)
    item.setMargin(0)
    return _place(layout, item, place, top=top)


def rule(layout: QgsPrintLayout, name: str, place: PagePlace, colour: str = style.INK) -> QgsLayoutItemShape:
    """A thin filled bar as a dividing line."""
    item = QgsLayoutItemShape(layout)
    item.setId(name)
    item.setShapeType(QgsLayoutItemShape.Shape.Rectangle)
    item.setSymbol(QgsFillSymbol.createSimple({"color": colour, "outline_style": "no"}))
    return _place(layout, item, place)


def map_item(layout: QgsPrintLayout, name: str, layers: Sequence[QgsMapLayer], place: PagePlace,
             height: str | None = None) -> QgsLayoutItemMap:
    """A framed map that shows ``layers``, top one first, whatever the project shows."""
    item = QgsLayoutItemMap(layout)
    item.setId(name)
    _place(layout, item, place, height=height)
    item.setLayers(layers)
    item.setKeepLayerSet(True)
    item.setCrs(layers[0].crs())
    item.zoomToExtent(layers[-1].extent())
    frame_map(item)
    return item


def frame_map(item: QgsLayoutItemMap) -> None:
    """Land behind a map and a thin line around it."""
    item.setBackgroundColor(QColor(style.LAND))
    item.setFrameEnabled(True)
    item.setFrameStrokeColor(QColor(style.MUTED))
    item.setFrameStrokeWidth(QgsLayoutMeasurement(0.25, _MM))


def page_value(name: str) -> QgsProperty:
    """Property that takes a column of the page's row, also in tables, which have rows of their own."""
    return QgsProperty.fromExpression(f"attribute(@atlas_feature, '{name}')")


def follow_columns(item: QgsLayoutItemMap, columns: Sequence[str] = ("xmin", "ymin", "xmax", "ymax")) -> None:
    """Let a map show the extent that stands in four columns of the page's row."""
    properties = QgsLayoutObject.DataDefinedProperty
    wanted = (properties.MapXMin, properties.MapYMin, properties.MapXMax, properties.MapYMax)
    for prop, column in zip(wanted, columns):
        item.dataDefinedProperties().setProperty(prop, page_value(column))


def table(layout: QgsPrintLayout, name: str, layer: QgsVectorLayer, columns: Sequence[tuple[str, str, float]],
          place: PagePlace, body: QgsTextFormat, heading: QgsTextFormat, padding: float, feature_filter: str = "",
          top: str | None = None, centred: Sequence[str] = ()) -> QgsLayoutItemAttributeTable:
    """A table of a layer's rows in its conditional colours. ``columns`` are (field, heading, width in mm)."""
    item = QgsLayoutItemAttributeTable.create(layout)
    layout.addMultiFrame(item)
    item.setVectorLayer(layer)
    item.setColumns([_column(name, title, width - 2 * padding, name in centred) for name, title, width in columns])
    item.setUseConditionalStyling(True)
    item.setMaximumNumberOfFeatures(100000)
    if feature_filter:
        item.setFilterFeatures(True)
        item.setFeatureFilter(feature_filter)
    item.setContentTextFormat(body)
    item.setHeaderTextFormat(heading)
    item.setHeaderMode(QgsLayoutTable.HeaderMode.FirstFrame if any(column[1] for column in columns)
                       else QgsLayoutTable.HeaderMode.NoHeaders)
    item.setHeaderHAlignment(QgsLayoutTable.HeaderHAlignment.HeaderLeft)
    item.setCellMargin(padding)
    item.setGridColor(QColor(style.RULE))
    item.setGridStrokeWidth(0.2)
    item.setVerticalGrid(False)
    item.setEmptyTableBehavior(QgsLayoutTable.EmptyTableMode.HideTable)
    item.setResizeMode(QgsLayoutMultiFrame.ResizeMode.UseExistingFrames)
    frame = QgsLayoutFrame(layout, item)
    frame.setId(name)
    frame.setHideBackgroundIfEmpty(True)
    _place(layout, frame, place, top=top, add=False)
    item.addFrame(frame)
    return item


def _column(name: str, heading: str, width: float, centred: bool) -> QgsLayoutTableColumn:
    column = QgsLayoutTableColumn(heading)
    column.setAttribute(name)
    column.setWidth(width)
    column.setHAlignment(Qt.AlignmentFlag.AlignHCenter if centred else Qt.AlignmentFlag.AlignLeft)
    column.setVAlignment(Qt.AlignmentFlag.AlignVCenter)
    return column


def scale_bar(layout: QgsPrintLayout, name: str, map_item: QgsLayoutItemMap, place: PagePlace) -> QgsLayoutItemScaleBar:
    """A scale bar that picks a round length."""
    item = QgsLayoutItemScaleBar(layout)
    item.setId(name)
    item.setStyle("Line Ticks Up")
    item.setLinkedMap(map_item)
    item.setUnits(Qgis.DistanceUnit.Meters)
    item.setUnitLabel("m")
    item.setNumberOfSegments(2)
    item.setNumberOfSegmentsLeft(0)
    item.setSegmentSizeMode(Qgis.ScaleBarSegmentSizeMode.FitWidth)
    item.setMinimumBarWidth(0.4 * place[2])
    item.setMaximumBarWidth(0.8 * place[2])
    item.setHeight(1.5)
    item.setLabelBarSpace(0.8)
    item.setBoxContentSpace(1.0)
    item.setTextFormat(style.text_format(7))
    return _place(layout, item, place)


def picture(layout: QgsPrintLayout, name: str, source: str | QgsProperty, place: PagePlace) -> QgsLayoutItemPicture:
    """A picture at the upper right of its place: ``source`` is a path, ``base64:`` text or a property of one."""
    item = QgsLayoutItemPicture(layout)
    item.setId(name)
    item.setPictureAnchor(QgsLayoutItem.ReferencePoint.UpperRight)
    if isinstance(source, QgsProperty):
        item.dataDefinedProperties().setProperty(QgsLayoutObject.DataDefinedProperty.PictureSource, source)
    else:
        item.setPicturePath(source, picture_format(source))
    return _place(layout, item, place)


def picture_format(source: str) -> Qgis.PictureFormat:
    """What QGIS cannot tell of ``base64:`` text by itself: whether it is SVG."""
    if not source.startswith("base64:"):
        return Qgis.PictureFormat.Unknown
    start = base64.b64decode(source[7:7 + 400])
    return Qgis.PictureFormat.SVG if b"<svg" in start or b"<?xml" in start else Qgis.PictureFormat.Raster


def north_arrow(layout: QgsPrintLayout, name: str, place: PagePlace) -> QgsLayoutItemPicture:
    """An arrow that points up, and an N, for maps that are not turned."""
    x, y, width, height = place
    label(layout, name + " N", "N", (x, y, width, 4), style.text_format(8, bold=True), Qt.AlignmentFlag.AlignHCenter)
    item = QgsLayoutItemPicture(layout)
    item.setId(name)
    item.setPicturePath("base64:" + base64.b64encode(_NORTH).decode("ascii"), Qgis.PictureFormat.SVG)
    return _place(layout, item, (x, y + 3.6, width, height - 3.6))


def _place(layout: QgsPrintLayout, item: QgsLayoutItem, place: PagePlace, height: str | None = None,
           top: str | None = None, add: bool = True) -> Any:
    """Put an item on the page; ``height`` and ``top`` name columns of the page's row that overrule the fixed ones."""
    x, y, width, tall = place
    item.attemptMove(QgsLayoutPoint(x, y, _MM))
    item.attemptResize(QgsLayoutSize(width, tall, _MM))
    properties = QgsLayoutObject.DataDefinedProperty
    if height:
        item.dataDefinedProperties().setProperty(properties.ItemHeight, page_value(height))
    if top:
        item.dataDefinedProperties().setProperty(properties.PositionY, page_value(top))
    if add:
        layout.addLayoutItem(item)
    return item


def export_pdf(layout: QgsPrintLayout, path: str | Path, feedback: QgsFeedback | None = None, title: str = "") -> str:
    """Print a layout, all pages of its atlas if it has one, to a PDF that appears only when it is complete.

    Text stays text, and no attribute of any layer is embedded. ``title`` is what the document calls itself.
    """
    path = Path(path)
    settings = QgsLayoutExporter.PdfExportSettings()
    settings.dpi = DPI
    settings.textRenderFormat = Qgis.TextRenderFormat.AlwaysText
    settings.forceVectorOutput = True
    settings.rasterizeWholeImage = False
    settings.simplifyGeometries = True
    settings.appendGeoreference = False
    settings.writeGeoPdf = False
    settings.includeGeoPdfFeatures = False
    settings.exportMetadata = False
    folder_for(path, "The report")
    atlas = layout.atlas()
    with replacing(path, "The report", pdf(_pages(layout))) as unfinished:
        # QGIS calls the document by its file's name up to the first point, and has no other way for text alone.
        titled = unfinished.with_name((_file_name(title) or path.stem) + ".pdf")
        if atlas.enabled():
            result, message = QgsLayoutExporter.exportToPdf(atlas, str(titled), settings, feedback)
        else:
            result, message = QgsLayoutExporter(layout).exportToPdf(str(titled), settings), ""
        if result == QgsLayoutExporter.ExportResult.Canceled:
            raise Cancelled()
        if result != QgsLayoutExporter.ExportResult.Success:
            raise NotWhole(f"{result} {message}")
        os.replace(titled, unfinished)
    return str(path)


def _pages(layout: QgsPrintLayout) -> int:
    """How many pages the document of a layout has."""
    pages = layout.pageCollection()
    shown = sum(pages.shouldExportPage(number) for number in range(pages.pageCount()))
    return shown * (layout.atlas().updateFeatures() if layout.atlas().enabled() else 1)


def _file_name(title: str) -> str:
    """A title without what names of files cannot hold on some system, short enough for all of them."""
    text = "".join(" " if c in '<>:"/\\|?*.' or not c.isprintable() else c for c in title)
    return " ".join(text.split()).encode("utf-8")[:150].decode("utf-8", "ignore").strip()
