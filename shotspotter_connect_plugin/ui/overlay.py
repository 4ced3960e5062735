"""Layers that the docks lay over the user's project: they make it no unsaved work, and are not saved with it."""
from qgis.core import QgsProject
from qgis.PyQt.QtCore import QObject, QTimer


def quietly(change):
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


class Overlay(QObject):
    """Keeps layers with a property, and a map theme of theirs, out of saved projects.

    Parameters
    ----------
    mark : str
        The custom property.
    theme : callable, optional
        Called with False before a project is written and with True after, to take the theme away and bring it back.
    """

    def __init__(self, mark, parent, theme=lambda there: None):
        super().__init__(parent)
        self._mark, self._theme = mark, theme
        project = QgsProject.instance()
        project.writeProject.connect(self._before)
        project.writeMapLayer.connect(self._leave_out)
        project.projectSaved.connect(self._after)

    def remove(self):
        """Stop."""
        project = QgsProject.instance()
        for signal, slot in ((project.writeProject, self._before), (project.writeMapLayer, self._leave_out),
                             (project.projectSaved, self._after)):
            signal.disconnect(slot)

    def _ours(self):
        return [layer for layer in QgsProject.instance().mapLayers().values() if layer.customProperty(self._mark)]

    def _before(self, document):
        ids, nodes = {layer.id() for layer in self._ours()}, document.elementsByTagName("layer-tree-layer")
        for node in [nodes.at(place).toElement() for place in range(nodes.count())]:
            if node.attribute("id") in ids:
                node.parentNode().removeChild(node)
        if ids:
            self._theme(False)

    def _leave_out(self, layer, element, _):
        """QGIS looks for its own name of the element when it reads the project."""
        if layer.customProperty(self._mark):
            element.setTagName("left-out")
            while element.hasChildNodes():
                element.removeChild(element.firstChild())

    def _after(self):
        if self._ours():
            quietly(lambda _: self._theme(True))
