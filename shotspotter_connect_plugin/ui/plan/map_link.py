"""The plan on the map: its boxes as a layer, the box looked at as an outline, and a tool to click a box.

In the project of a plan its own layer shows the boxes, and is brought up to date; elsewhere the dock adds a layer.
"""
from __future__ import annotations

import json
from typing import TYPE_CHECKING, Sequence

from qgis.core import (QgsCoordinateTransform, QgsCsException, QgsLayerTreeModel, QgsMapThemeCollection, QgsProject,
                       QgsVectorLayer, QgsWkbTypes)
from qgis.gui import QgsMapTool, QgsRubberBand
from qgis.PyQt.QtCore import QObject, Qt, pyqtSignal
from qgis.PyQt.QtGui import QColor

from ...plan_place import PLAN_OF
from ...processing.outputs import crs_of, write_features
from ...progress import SILENT
from ...reports.paper import map_layers, style
from ...reports.plan import plan_file, rollcall_data
from ..overlay import Overlay, bring_into_view, quietly, take_off, to_map
from .patrol_table import tr

if TYPE_CHECKING:
    import pandas as pd
    from qgis.gui import QgsMapCanvas, QgsMapMouseEvent

    from ...workspace.steps.plan_review import PlanView
    from ..background import BackgroundWork

_MARK = "shotspotter_connect/plan_on_map"
_THEME = "Directed patrols"
_FIELDS = ["patrol_id", "box_id", "beat", "number", "where", "crime_type", "crime_type_name", "letter", "chance",
           "inclusion_probability", "target_minutes", "origin"]


class PickTool(QgsMapTool):
    """Gives the point that was clicked."""

    picked = pyqtSignal(float, float)

    def __init__(self, canvas: QgsMapCanvas) -> None:
        super().__init__(canvas)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def canvasReleaseEvent(self, event: QgsMapMouseEvent) -> None:  # noqa: N802
        if event.button() == Qt.MouseButton.LeftButton:
            point = event.mapPoint()
            self.picked.emit(point.x(), point.y())


class MapLink(QObject):
    """Shows a ``PlanView`` on a canvas.

    ``box_picked`` gives the id of a clicked box, empty outside the fishnet; ``told`` a sentence about what went wrong.
    """

    _view: PlanView | None
    _last: tuple[str, PlanView, bool] | None
    _layer: QgsVectorLayer | None
    _shown: pd.DataFrame | None
    _hidden: list[str]
    box_picked = pyqtSignal(str)
    told = pyqtSignal(str)

    def __init__(self, canvas: QgsMapCanvas, work: BackgroundWork, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self.work = canvas, work
        self._last = None
        self._view, self._layer, self._shown, self._revealed, self._hidden = None, None, None, "", []
        self.tool = PickTool(canvas)
        self.tool.picked.connect(self._clicked)
        self.band = QgsRubberBand(canvas, QgsWkbTypes.GeometryType.PolygonGeometry)
        self.band.setStrokeColor(QColor(style.INK))
        self.band.setWidth(3)
        self.band.setFillColor(style.colour("#ffd400", 70))
        self._overlay = Overlay(_MARK, self, self._remove, self._show_again)
        QgsProject.instance().layersWillBeRemoved.connect(self._layers_go)
        QgsProject.instance().readProject.connect(self._forget_stored)

    def show(self, address: str, view: PlanView, on_map: bool) -> None:
        """Put the planned boxes of a view on the map, or take them off; ``address`` is that of its workspace."""
        self._view, self._last = view, (address, view, on_map)
        planned = view.patrols[view.patrols["status"] == "planned"].astype({"number": "int64"})
        of_plan = self._plan_layers()
        own = next((layer for layer, mark in of_plan if mark == [view.shift_date, view.shift, view.seed_hash]), None)
        if own is not None:
            self._remove()
            if on_map:
                self._hidden = []
                self._reveal(own)
            self._follow(address, own, [(layer, mark) for layer, mark in of_plan if layer.source().split("|")[0]
                                        == own.source().split("|")[0]], planned)
            return
        self._revealed = ""
        if on_map:
            self._hide([layer for layer, _ in of_plan])
        else:
            self._show_hidden()
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
        shapes = view.shapes(planned["box_id"].tolist())
        write_features(provider, self._layer.fields(), planned[_FIELDS], shapes, SILENT)
        name = dict(zip(view.shifts["shift"], view.shifts["name"])).get(view.shift, view.shift)
        quietly(lambda _: self._layer.setName(map_layers.unevaluated(tr("Plan of {}, {}").format(view.shift_date,
                                                                                                 name))))
        self._layer.updateExtents()
        self._layer.triggerRepaint()

    def _show_again(self) -> None:
        if self._view is not None:
            self.show(*self._last)

    def forget(self) -> None:
        """Show nothing until the next view."""
        self._view, self._revealed = None, ""
        self._show_hidden()
        self._remove()
        self.highlight("")

    def highlight(self, box_id: str, zoom: bool = False) -> None:
        """Outline a box, or none; ``zoom`` also brings it into view."""
        self.band.reset(QgsWkbTypes.GeometryType.PolygonGeometry)
        if not box_id or self._view is None:
            return
        (outline,) = map_layers.box_geometries(self._view.shapes([box_id]))
        rectangle = outline.boundingBox()
        self.band.setToGeometry(outline, crs_of(self._view.crs))
        if zoom:
            bring_into_view(self._canvas, self._view.crs, rectangle.buffered(4 * rectangle.width()))

    def pick(self, active: bool) -> None:
        """Let clicks on the map choose boxes, or let the tool before do its work again."""
        if active:
            self._canvas.setMapTool(self.tool)
        else:
            self._canvas.unsetMapTool(self.tool)

    def remove(self) -> None:
        """Take everything off the map for good."""
        QgsProject.instance().layersWillBeRemoved.disconnect(self._layers_go)
        QgsProject.instance().readProject.disconnect(self._forget_stored)
        self._overlay.remove()
        self.pick(False)
        self._show_hidden()
        self._remove()
        self._canvas.scene().removeItem(self.band)

    @property
    def layer(self) -> QgsVectorLayer | None:
        """The layer on the map, None while it is off."""
        return self._layer

    def _new_layer(self, planned: pd.DataFrame) -> QgsVectorLayer:
        layer = QgsVectorLayer("Polygon", "plan", "memory")
        layer.setCrs(crs_of(self._view.crs))
        layer.dataProvider().addAttributes(map_layers.fields_of(planned[_FIELDS]))
        layer.updateFields()
        map_layers.style_patrols(layer, self._view.crime_types)
        layer.setDisplayExpression('"box_id"')
        layer.setReadOnly(True)
        layer.setCustomProperty(_MARK, True)
        layer.setCustomProperty("skipMemoryLayersCheck", 1)  # it is made from the workspace, so nothing can be lost
        quietly(lambda project: self._put(project, layer))
        return layer

    def _put(self, project: QgsProject, layer: QgsVectorLayer) -> None:
        project.addMapLayer(layer, False)
        project.layerTreeRoot().insertLayer(0, layer)
        self._put_theme(True)

    @staticmethod
    def _put_theme(there: bool) -> None:
        """Add the dock's map theme as the layers are shown now, or take it away."""
        root, themes = QgsProject.instance().layerTreeRoot(), QgsProject.instance().mapThemeCollection()
        if there:
            themes.insert(_THEME, QgsMapThemeCollection.createThemeFromCurrentState(root, QgsLayerTreeModel(root)))
        else:
            themes.removeMapTheme(_THEME)

    def _remove(self) -> None:
        layer, self._layer, self._shown = self._layer, None, None
        if layer is not None:
            take_off(layer, self._canvas)
            quietly(lambda _: self._put_theme(False))

    # The layers of a plan's own project

    @staticmethod
    def _plan_layers() -> list[tuple[QgsVectorLayer, list[str]]]:
        """(layer, [date, code, seed hash]) of each shift's boxes in the open project."""
        found = [(layer, layer.customProperty(PLAN_OF)) for layer in QgsProject.instance().mapLayers().values()]
        return [(layer, json.loads(mark)) for layer, mark in found if mark and layer.isValid()]

    def _reveal(self, layer: QgsVectorLayer) -> None:
        """Check a layer and the groups above it, once, so that who hides it then is not overruled."""
        if layer.id() == self._revealed:
            return
        self._revealed = layer.id()
        node = QgsProject.instance().layerTreeRoot().findLayer(layer.id())
        if node is not None:
            quietly(lambda _: node.setItemVisibilityCheckedParentRecursive(True))

    def _hide(self, layers: Sequence[QgsVectorLayer]) -> None:
        """Uncheck the plans of other shifts while this dock shows a shift that the project does not hold."""
        if not self._hidden:
            self._hidden = [layer.id() for layer in layers if self._check_group(layer.id(), False)]

    def _show_hidden(self) -> None:
        for layer_id in self._hidden:
            self._check_group(layer_id, True)
        self._hidden = []

    @staticmethod
    def _check_group(layer_id: str, checked: bool) -> bool:
        """Check or uncheck the group of a layer -> whether that changed anything."""
        root = QgsProject.instance().layerTreeRoot()
        node = root.findLayer(layer_id)
        group = node.parent() if node is not None else root
        if group is root or group.itemVisibilityChecked() == checked:
            return False
        quietly(lambda _: group.setItemVisibilityChecked(checked))
        return True

    def _follow(self, address: str, layer: QgsVectorLayer, of_file: Sequence[tuple[QgsVectorLayer, list[str]]],
                planned: pd.DataFrame) -> None:
        """Bring the file of a plan up to date where its boxes are not those of the workspace."""
        names = ["patrol_id", "number", "target_minutes"]
        stored = {tuple(feature[name] for name in names) for feature in layer.getFeatures()}
        if stored == set(planned[names].itertuples(index=False, name=None)):
            return
        path = layer.source().split("|")[0]
        shifts = [mark[:2] for _, mark in of_file]

        def write(workspace, _):
            plan_file.bring_up_to_date(path, [rollcall_data.rollcall(workspace, *shift) for shift in shifts])

        def draw_again(_):
            for each in QgsProject.instance().mapLayers().values():
                if each.source().split("|")[0] == path:
                    each.dataProvider().reloadData()
                    each.triggerRepaint()
        self.work.start("follow", address, write, draw_again, self.told.emit)

    def _layers_go(self, ids: Sequence[str]) -> None:
        if self._layer is not None and self._layer.id() in ids:
            self._layer = self._shown = None

    def _forget_stored(self) -> None:
        """A saved project keeps the layer, but not its boxes."""
        own = self._layer.id() if self._layer is not None else ""
        stored = [layer.id() for layer in QgsProject.instance().mapLayers().values()
                  if layer.customProperty(_MARK) and layer.id() != own]
        self._revealed, self._hidden = "", []  # of the project before
        quietly(lambda project: project.removeMapLayers(stored))

    def _clicked(self, x: float, y: float) -> None:
        if self._view is None:
            return
        try:
            point = to_map(self._canvas, self._view.crs).transform(
                x, y, QgsCoordinateTransform.TransformDirection.ReverseTransform)
        except QgsCsException:
            self.box_picked.emit("")
            return
        self.box_picked.emit(self._view.box_at(point.x(), point.y()))
