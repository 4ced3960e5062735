"""The plan on the map: its boxes as a layer, the box looked at as an outline, and a tool to click a box."""
from qgis.core import (QgsCoordinateTransform, QgsCsException, QgsGeometry, QgsProject, QgsRectangle, QgsVectorLayer,
                       QgsWkbTypes)
from qgis.gui import QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

from ...processing.outputs import crs_of, fields_of, write_boxes
from ...progress import SILENT
from ...reports import maps, style
from .model import tr

_MARK = "shotspotter_connect/plan_on_map"
_FIELDS = ["patrol_id", "box_id", "beat", "number", "where", "crime_type", "crime_type_name", "letter", "chance",
           "inclusion_probability", "target_minutes", "origin"]
_CORNERS = ["x_min", "y_min", "x_max", "y_max"]


class PickTool(QgsMapTool):
    """Gives the point that was clicked."""

    picked = pyqtSignal(float, float)

    def __init__(self, canvas):
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event):  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            point = event.mapPoint()
            self.picked.emit(point.x(), point.y())


class MapLink(QObject):
    """Shows a ``PlanView`` on a canvas; ``box_picked`` gives the id of a clicked box, empty outside the fishnet."""

    box_picked = pyqtSignal(str)

    def __init__(self, canvas, parent):
        super().__init__(parent)
        self._canvas, self._view, self._layer, self._shown = canvas, None, None, None
        self.tool = PickTool(canvas)
        self.tool.picked.connect(self._clicked)
        self._band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self._band.setStrokeColor(QColor(style.INK))
        self._band.setWidth(3)
        self._band.setFillColor(style.colour("#ffd400", 70))
        QgsProject.instance().layersWillBeRemoved.connect(self._layers_go)
        QgsProject.instance().readProject.connect(self._forget_stored)

    def show(self, view, on_map):
        """Put the planned boxes of a view on the map, or take them off."""
        self._view = view
        planned = view.patrols[view.patrols["status"] == "planned"].astype({"number": "int64"})
        if not on_map or planned.empty:
            self._remove()
            return
        if self._shown is not None and self._shown.equals(planned):
            return
        self._shown = planned
        if self._layer is None:
            self._layer = self._new_layer(planned)
        provider = self._layer.dataProvider()
        provider.truncate()
        write_boxes(provider, self._layer.fields(), planned[_FIELDS], planned[_CORNERS].to_numpy(), SILENT)
        name = dict(zip(view.shifts["shift"], view.shifts["name"])).get(view.shift, view.shift)
        self._layer.setName(maps.plain(tr("Plan of {}, {}").format(view.shift_date, name)))
        self._layer.updateExtents()
        self._layer.triggerRepaint()

    def highlight(self, box_id, zoom=False):
        """Outline a box, or none; ``zoom`` also brings it into view."""
        self._band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        if not box_id or self._view is None:
            return
        rectangle = QgsRectangle(*self._view.rectangle(box_id))
        self._band.setToGeometry(QgsGeometry.fromRect(rectangle), crs_of(self._view.crs))
        if zoom:
            try:
                self._canvas.setExtent(self._to_map().transformBoundingBox(rectangle.buffered(4 * rectangle.width())))
            except QgsCsException:
                return
            self._canvas.refresh()

    def pick(self, active):
        """Let clicks on the map choose boxes, or let the tool before do its work again."""
        if active:
            self._canvas.setMapTool(self.tool)
        else:
            self._canvas.unsetMapTool(self.tool)

    def remove(self):
        """Take everything off the map for good."""
        QgsProject.instance().layersWillBeRemoved.disconnect(self._layers_go)
        QgsProject.instance().readProject.disconnect(self._forget_stored)
        self.pick(False)
        self._remove()
        self._canvas.scene().removeItem(self._band)

    @property
    def layer(self):
        """The layer on the map, None while it is off."""
        return self._layer

    def _new_layer(self, planned):
        layer = QgsVectorLayer("Polygon", "plan", "memory")
        layer.setCrs(crs_of(self._view.crs))
        layer.dataProvider().addAttributes(fields_of(planned[_FIELDS]))
        layer.updateFields()
        maps.style_patrols(layer, self._view.crime_types)
        layer.setDisplayExpression('"box_id"')
        layer.setReadOnly(True)
        layer.setCustomProperty(_MARK, True)
        layer.setCustomProperty("skipMemoryLayersCheck", 1)  # it is made from the workspace, so nothing can be lost
        project, dirty = QgsProject.instance(), QgsProject.instance().isDirty()
        project.addMapLayer(layer, False)
        project.layerTreeRoot().insertLayer(0, layer)
        project.setDirty(dirty)
        return layer

    def _remove(self):
        layer, self._layer, self._shown = self._layer, None, None
        if layer is not None:
            dirty = QgsProject.instance().isDirty()
            QgsProject.instance().removeMapLayer(layer.id())
            QgsProject.instance().setDirty(dirty)

    def _layers_go(self, ids):
        if self._layer is not None and self._layer.id() in ids:
            self._layer = self._shown = None

    def _forget_stored(self):
        """A saved project keeps the layer, but not its boxes."""
        own = self._layer.id() if self._layer is not None else ""
        stored = [layer.id() for layer in QgsProject.instance().mapLayers().values()
                  if layer.customProperty(_MARK) and layer.id() != own]
        dirty = QgsProject.instance().isDirty()
        QgsProject.instance().removeMapLayers(stored)
        QgsProject.instance().setDirty(dirty)

    def _clicked(self, x, y):
        if self._view is None:
            return
        try:
            point = self._to_map().transform(x, y, QgsCoordinateTransform.TransformDirection.ReverseTransform)
        except QgsCsException:
            self.box_picked.emit("")
            return
        self.box_picked.emit(self._view.box_at(point.x(), point.y()))

    def _to_map(self):
        return QgsCoordinateTransform(crs_of(self._view.crs), self._canvas.mapSettings().destinationCrs(),
                                      QgsProject.instance())
