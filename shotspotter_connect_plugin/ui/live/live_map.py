"""The live patrol on the map: the shift's boxes in the colours of their crime types, the current one, and the car."""
from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

import pandas as pd
from qgis.core import QgsCsException, QgsPointXY, QgsProject, QgsRectangle, QgsVectorLayer, QgsWkbTypes
from qgis.gui import QgsMapCanvasItem, QgsRubberBand, QgsVertexMarker
from qgis.PyQt.QtCore import QObject
from qgis.PyQt.QtGui import QColor

from ...processing.outputs import crs_of, write_features
from ...progress import SILENT
from ...reports.paper import map_layers, style
from ...reports.paper.wording import letter_codes
from ..overlay import Overlay, bring_into_view, quietly, take_off, to_map
from .live_pages import tr

if TYPE_CHECKING:
    from qgis.gui import QgsMapCanvas
    from qgis.PyQt.QtGui import QPainter

    from ...workspace.exports.shift_package import Patrol, ShiftPackage

_MARK = "shotspotter_connect/live_on_map"
_AROUND = 3
"""How many boxes are shown on each side of one that is brought into view."""


class Shade(QgsMapCanvasItem):
    """A veil over the map, below the outline and the car, so that it does not blind the driver at night."""

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setZValue(-5)
        self.hide()

    def paint(self, painter: QPainter, *_: object) -> None:
        painter.fillRect(self.boundingRect(), QColor(0, 0, 0, 165))


class LiveMap(QObject):
    """Draws on a canvas; everything it adds it takes away again."""

    _layer: QgsVectorLayer | None
    _package: ShiftPackage | None
    _patrols: Sequence[Patrol]

    def __init__(self, canvas: QgsMapCanvas, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._package, self._patrols, self._layer = canvas, None, [], None
        self._shade = Shade(canvas)
        self.band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self.band.setStrokeColor(QColor("#ffd400"))
        self.band.setSecondaryStrokeColor(QColor(style.INK))
        self.band.setWidth(4)
        self.band.setFillColor(style.colour("#ffd400", 40))
        self.car = QgsVertexMarker(canvas)
        self.car.setIconType(QgsVertexMarker.IconType.ICON_CIRCLE)
        self.car.setIconSize(18)
        self.car.setPenWidth(4)
        self.car.setColor(QColor("#ffffff"))
        self.car.setFillColor(QColor("#0057d8"))
        self.car.hide()
        canvas.extentsChanged.connect(self._shade_all)
        self._overlay = Overlay(_MARK, self, self._take_off, self._show_again)
        QgsProject.instance().layersWillBeRemoved.connect(self._layers_go)
        QgsProject.instance().cleared.connect(self._come_back)
        QgsProject.instance().readProject.connect(self._come_back)

    @property
    def layer(self) -> QgsVectorLayer | None:
        """The layer with the boxes, None while there is none."""
        return self._layer

    def show(self, package: ShiftPackage, patrols: Sequence[Patrol]) -> None:
        """Put the boxes of some patrols of a package on the map."""
        if self._package is None and patrols:
            bring_into_view(self._canvas, package.crs, _around(package, patrols))
        self._package, self._patrols = package, patrols
        quietly(lambda project: self._fill(package, patrols))

    def _fill(self, package: ShiftPackage, patrols: Sequence[Patrol]) -> None:
        frame = pd.DataFrame([{name: getattr(patrol, name) for name in (
            "box_id", "beat", "where", "crime_type", "crime_type_name", "target_minutes")} for patrol in patrols])
        kinds = {patrol.crime_type: (patrol.crime_type_name, patrol.colour) for patrol in package.patrols}
        kinds = pd.DataFrame({"crime_type": list(kinds), "name": [name for name, _ in kinds.values()],
                              "colour": [colour for _, colour in kinds.values()]})
        kinds["letter"] = letter_codes(list(kinds["name"]))
        if self._layer is None:
            self._layer = self._new_layer(package)
        provider = self._layer.dataProvider()
        provider.truncate()
        if patrols:
            frame["number"] = frame.groupby("beat").cumcount() + 1
            frame = frame.merge(kinds[["crime_type", "letter"]], on="crime_type", how="left")
            provider.addAttributes([field for field in map_layers.fields_of(frame)
                                    if provider.fieldNameIndex(field.name()) < 0])
            self._layer.updateFields()
            write_features(provider, self._layer.fields(), frame[self._layer.fields().names()],
                           package.shapes(list(frame["box_id"])), SILENT)
        map_layers.style_patrols(self._layer, kinds)
        self._layer.updateExtents()
        self._layer.triggerRepaint()

    def dim(self, on: bool) -> None:
        """Darken the map, or let it be bright again."""
        self._shade_all()
        self._shade.setVisible(on)

    def outline(self, box_id: str) -> None:
        """Outline a box, or none."""
        self.band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        if box_id and self._package is not None:
            (outline,) = map_layers.box_geometries(self._package.shapes([box_id]))
            self.band.setToGeometry(outline, crs_of(self._package.crs))

    def move(self, x: float, y: float) -> None:
        """Show the car at a place in the package's CRS; the map follows when it leaves the view."""
        try:
            place = to_map(self._canvas, self._package.crs).transform(QgsPointXY(x, y))
        except QgsCsException:
            return
        self.car.setCenter(place)
        self.car.show()
        if not self._canvas.extent().contains(place):
            self._canvas.setCenter(place)
            self._canvas.refresh()

    def bring_into_view(self, box_id: str) -> None:
        """Show a box and what is around it."""
        if self._package is not None:
            rectangle = self._rectangle(box_id)
            bring_into_view(self._canvas, self._package.crs, rectangle.buffered(_AROUND * rectangle.width()))

    def _take_off(self) -> None:
        layer, self._layer = self._layer, None
        if layer is not None:
            take_off(layer, self._canvas)

    def _show_again(self) -> None:
        if self._package is not None:
            self.show(self._package, self._patrols)

    def clear(self) -> None:
        """Take the boxes, the outline and the car off the map."""
        self._package = None
        self._take_off()
        self.outline("")
        self.car.hide()
        self._shade.hide()

    def remove(self) -> None:
        """Take everything off the map for good."""
        QgsProject.instance().layersWillBeRemoved.disconnect(self._layers_go)
        QgsProject.instance().cleared.disconnect(self._come_back)
        QgsProject.instance().readProject.disconnect(self._come_back)
        self._overlay.remove()
        self._canvas.extentsChanged.disconnect(self._shade_all)
        self.clear()
        for item in (self.band, self.car, self._shade):
            self._canvas.scene().removeItem(item)

    def _shade_all(self) -> None:
        self._shade.setRect(self._canvas.extent())

    def _new_layer(self, package: ShiftPackage) -> QgsVectorLayer:
        layer = QgsVectorLayer("Polygon", "live", "memory")
        layer.setCrs(crs_of(package.crs))
        layer.setDisplayExpression('"where"')
        layer.setReadOnly(True)
        layer.setName(map_layers.unevaluated(tr("My boxes, {}").format(package.shift_name)))
        layer.setCustomProperty(_MARK, True)
        layer.setCustomProperty("skipMemoryLayersCheck", 1)  # it is made from the package, so nothing can be lost
        QgsProject.instance().addMapLayer(layer, False)
        QgsProject.instance().layerTreeRoot().insertLayer(0, layer)
        return layer

    def _rectangle(self, box_id: str) -> QgsRectangle:
        return QgsRectangle(*self._package.shapes([box_id]).rectangles[0].tolist())

    def _layers_go(self, ids: Sequence[str]) -> None:
        if self._layer is not None and self._layer.id() in ids:
            self._layer = None

    def _come_back(self) -> None:
        """Another project was opened, or a new one, as QGIS does when it has started: the boxes belong on it, too."""
        # A saved project keeps the layer, but not its boxes.
        own = self._layer.id() if self._layer is not None else ""
        stored = [layer.id() for layer in QgsProject.instance().mapLayers().values()
                  if layer.customProperty(_MARK) and layer.id() != own]
        quietly(lambda project: project.removeMapLayers(stored))
        if self._package is not None and self._layer is None:
            self.show(self._package, self._patrols)
            bring_into_view(self._canvas, self._package.crs,
                            _around(self._package, self._patrols or self._package.patrols))


def _around(package: ShiftPackage, patrols: Sequence[Patrol]) -> QgsRectangle:
    boxes = package.shapes([patrol.box_id for patrol in patrols]).rectangles
    return QgsRectangle(*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0)).buffered(package.size)
