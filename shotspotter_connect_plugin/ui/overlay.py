"""Layers that the docks lay over the user's project: they make it no unsaved work, and are not saved with it."""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, Callable

from qgis.core import QgsCoordinateTransform, QgsCsException, QgsProject
from qgis.PyQt.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from qgis.core import QgsMapLayer, QgsRectangle
    from qgis.gui import QgsMapCanvas
    from qgis.PyQt.QtXml import QDomDocument


def quietly(change: Callable[[QgsProject], Any]) -> Any:
    """Call ``change(project)`` on the open project without making it unsaved work.

    QGIS follows a new layer a moment later, and sets the CRS of an empty project by it; that counts as little.
    """
    project = QgsProject.instance()
    dirty = project.isDirty()
    try:
        return change(project)
    finally:
        project.setDirty(dirty)
        if not dirty:
            QTimer.singleShot(0, lambda: project.setDirty(False))


def take_off(layer: QgsMapLayer, canvas: QgsMapCanvas) -> None:
    """Remove a layer from the open project, and from what stands on the map: QGIS draws anew only when more changes."""
    quietly(lambda project: project.removeMapLayer(layer.id()))
    canvas.refresh()


def to_map(canvas: QgsMapCanvas, crs: str) -> QgsCoordinateTransform:
    """From a CRS to that of a canvas."""
    from ..processing.outputs import crs_of  # here, since QGIS loads this module when it starts

    return QgsCoordinateTransform(crs_of(crs), canvas.mapSettings().destinationCrs(), QgsProject.instance())


def bring_into_view(canvas: QgsMapCanvas, crs: str, rectangle: QgsRectangle) -> None:
    """Show a rectangle of a CRS, if it has a place in that of the canvas."""
    try:
        canvas.setExtent(to_map(canvas, crs).transformBoundingBox(rectangle))
    except QgsCsException:
        return
    canvas.refresh()


class Overlay(QObject):
    """Keeps layers with a property out of saved projects: they are away while a project is written.

    Parameters
    ----------
    mark : str
        The custom property.
    away, back : callable
        Take the layers off the project, and bring them back.
    """

    def __init__(self, mark: str, parent: QObject, away: Callable[[], object], back: Callable[[], object]) -> None:
        super().__init__(parent)
        self._mark, self._away, self._back, self._is_away = mark, away, back, False
        QgsProject.instance().writeProject.connect(self._before)
        QgsProject.instance().projectSaved.connect(self._after)

    def remove(self) -> None:
        """Stop."""
        QgsProject.instance().writeProject.disconnect(self._before)
        QgsProject.instance().projectSaved.disconnect(self._after)

    def _before(self, document: QDomDocument) -> None:
        """The layer tree is in the document by now, the layers are not."""
        ids = {layer.id() for layer in QgsProject.instance().mapLayers().values() if layer.customProperty(self._mark)}
        nodes = document.elementsByTagName("layer-tree-layer")
        for node in [nodes.at(place).toElement() for place in range(nodes.count())]:
            if node.attribute("id") in ids:
                node.parentNode().removeChild(node)
        if ids:
            self._is_away = True
            self._away()

    def _after(self) -> None:
        if self._is_away:
            self._is_away = False
            self._back()
