"""Opening a project without losing what is in the present one."""
from __future__ import annotations

from typing import TYPE_CHECKING

from qgis.core import QgsProject, QgsVectorLayer
from qgis.PyQt.QtWidgets import QMessageBox

from ..plugin_name import NAME

if TYPE_CHECKING:
    from qgis.gui import QgisInterface


def open_project(iface: QgisInterface, path: str) -> bool:
    """Open a project, after asking about what of the present one would be lost -> whether it was opened."""
    if would_lose(QgsProject.instance()) and QMessageBox.question(
            iface.mainWindow(), NAME, "The open project has changes that were not saved. Open the plan and lose them?"
    ) != QMessageBox.StandardButton.Yes:
        return False
    return iface.addProject(path)


def would_lose(project: QgsProject) -> bool:
    """Whether a project has changes, edits of layers or scratch layers of the user's that are nowhere else."""
    layers = [layer for layer in project.mapLayers().values() if isinstance(layer, QgsVectorLayer)]
    return project.isDirty() or any(
        layer.isModified() or layer.isTemporary() and layer.featureCount() > 0
        and not layer.customProperty("skipMemoryLayersCheck") for layer in layers)
