"""A report opened in the user's project: what its layout shows is embedded in the project, and goes with the layout.

QGIS saves attached files with a project and finds them when it is opened again, also in another folder. The layers are
hidden: they are private and outside the layer tree.
"""
from __future__ import annotations

import os
import uuid
from typing import TYPE_CHECKING, Callable, Iterator, Sequence

from qgis.core import (QgsCoordinateTransformContext, QgsDataProvider, QgsLayoutItemAttributeTable, QgsLayoutItemMap,
                       QgsMapLayer, QgsMapLayerStyle, QgsPrintLayout, QgsVectorFileWriter)

from ...errors import ConnectError

if TYPE_CHECKING:
    from qgis.core import QgsProject, QgsVectorLayer

_NAME = "shotspotter_connect/"
REPORT, ID, TITLE, CHANGED = _NAME + "report", _NAME + "id", _NAME + "title", _NAME + "changed"
"""Properties of a layout: which report it is, its own id, its name when it was made, whether somebody changed it."""
OF_LAYOUT = _NAME + "of_layout"
"""Property of a layer: the id of the layout it belongs to."""


def open_report(project: QgsProject, report: str, make: Callable[[QgsProject, str], QgsPrintLayout]) -> QgsPrintLayout:
    """Lay a report out in a project, in place of the same one opened before unless somebody changed that.

    Parameters
    ----------
    project : QgsProject
        Main thread only, as layouts are.
    report : str
        What tells this report, of its dates and filters, from others.
    make : callable
        Gives the layout for a project and the path of a GeoPackage, attached to the project, that may be written.

    Raises
    ------
    ConnectError
        When its maps cannot be kept; nothing of it is left in the project then.
    """
    for layout in reports_in(project):
        if layout.customProperty(REPORT) == report and is_unchanged(layout):
            project.layoutManager().removeLayout(layout)
    sweep(project)
    layers, layouts = set(project.mapLayers()), set(project.layoutManager().layouts())
    path = _attached(project)
    try:
        layout = make(project, path)
        made = [layer for layer in project.mapLayers().values() if layer.id() not in layers]
        _embed([layer for layer in made if layer.providerType() == "memory"], path)
    except BaseException:
        for unfinished in set(project.layoutManager().layouts()) - layouts:
            project.layoutManager().removeLayout(unfinished)
        project.removeMapLayers(sorted(set(project.mapLayers()) - layers))
        project.removeAttachedFile(path)
        raise
    own = uuid.uuid4().hex
    for name, value in ((REPORT, report), (ID, own), (TITLE, layout.name()), (CHANGED, False)):
        layout.setCustomProperty(name, value)
    for layer in made:
        layer.setCustomProperty(OF_LAYOUT, own)
        layer.setFlags(layer.flags() | QgsMapLayer.LayerFlag.Private)
    if not os.path.exists(path):
        project.removeAttachedFile(path)
    layout.undoStack().stack().clear()
    return layout


def reports_in(project: QgsProject) -> list[QgsPrintLayout]:
    """The layouts of a project that :func:`open_report` made."""
    return [layout for layout in project.layoutManager().layouts()
            if isinstance(layout, QgsPrintLayout) and layout.customProperty(REPORT)]


def is_unchanged(layout: QgsPrintLayout) -> bool:
    """Whether nobody has changed or renamed a report since it was opened."""
    return not layout.customProperty(CHANGED) and layout.name() == layout.customProperty(TITLE)


def sweep(project: QgsProject) -> None:
    """Take away the layers of layouts that are gone, unless another layout shows them, and the files they came from."""
    layouts = [layout for layout in project.layoutManager().layouts() if isinstance(layout, QgsPrintLayout)]
    there = {layout.customProperty(ID) for layout in layouts}
    left = [layer for layer in project.mapLayers().values()
            if layer.customProperty(OF_LAYOUT) and layer.customProperty(OF_LAYOUT) not in there]
    if not left:
        return
    shown = {layer.id() for layout in layouts for layer in _shown(layout)}
    left = [layer for layer in left if layer.id() not in shown]
    files = {_file(layer) for layer in left}
    project.removeMapLayers([layer.id() for layer in left])
    files -= {_file(layer) for layer in project.mapLayers().values()}
    for path in files.intersection(project.attachedFiles()):
        project.removeAttachedFile(path)


def name_files(project: QgsProject, aside: bool) -> None:
    """Name the attached files of reports ``aside``, as QGIS does not take them for temporary ones, or as it saves them.

    QGIS keeps attached files in the folder for temporary files, and whoever closes a project with layers from there is
    told that they will be lost, which these are not.
    """
    files = set(project.attachedFiles())
    for layer in project.mapLayers().values():
        path, line, rest = layer.source().partition("|")
        named = _aside(_file(layer)) if aside else _file(layer)
        if layer.customProperty(OF_LAYOUT) and _file(layer) in files and path != named:
            _set_source(layer, named + line + rest)


def _aside(path: str) -> str:
    """The same path, spelled so that it does not begin like the folder for temporary files."""
    return path.replace("/", "/./", 1)


def _shown(layout: QgsPrintLayout) -> Iterator[QgsMapLayer]:
    """The layers that a layout's maps, tables and atlas show."""
    for item in layout.items():
        if isinstance(item, QgsLayoutItemMap):
            yield from item.layers()
    tables = [table for table in layout.multiFrames() if isinstance(table, QgsLayoutItemAttributeTable)]
    yield from filter(None, [layout.atlas().coverageLayer(), *(table.vectorLayer() for table in tables)])


def _file(layer: QgsMapLayer) -> str:
    return layer.source().split("|")[0].replace("/./", "/", 1)


def _attached(project: QgsProject) -> str:
    path = project.createAttachedFile("report.gpkg")
    if os.path.exists(path):
        os.remove(path)  # it is empty, and no GeoPackage
    return path


def _embed(layers: Sequence[QgsVectorLayer], path: str) -> None:
    """Let layers in memory come from a GeoPackage; they stay the same layers, styled as they were."""
    from ..plan.plan_file import no_waiting_for_the_disk  # here, since QGIS loads this module when it starts

    with no_waiting_for_the_disk():
        for number, layer in enumerate(layers, 1):
            _write(layer, path, _table(number))
    for number, layer in enumerate(layers, 1):
        _set_source(layer, f"{path}|layername={_table(number)}")
        layer.removeCustomProperty("skipMemoryLayersCheck")


def _set_source(layer: QgsMapLayer, source: str) -> None:
    style = QgsMapLayerStyle()
    style.readFromLayer(layer)
    layer.setDataSource(source, layer.name(), "ogr", QgsDataProvider.ProviderOptions(),
                        QgsDataProvider.ReadFlag.ForceReadOnly)
    style.writeToLayer(layer)  # QGIS gives a layer that is in no legend a new one


def _table(number: int) -> str:
    return f"layer_{number}"


def _write(layer: QgsVectorLayer, path: str, table: str) -> None:
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName, options.layerName = "GPKG", table
    actions = QgsVectorFileWriter.ActionOnExistingFile
    options.actionOnExistingFile = (actions.CreateOrOverwriteLayer if os.path.exists(path)
                                    else actions.CreateOrOverwriteFile)
    error, message, _, _ = QgsVectorFileWriter.writeAsVectorFormatV3(layer, path, QgsCoordinateTransformContext(),
                                                                     options)
    if error != QgsVectorFileWriter.WriterError.NoError:
        raise ConnectError("The maps of the report cannot be kept: free some space on the disk and open it again.",
                           message)
