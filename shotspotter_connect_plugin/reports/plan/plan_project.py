"""The plan as a folder to hand on: a GeoPackage, and a QGIS project that opens it styled and without any plugin."""
from __future__ import annotations

import json
import os
import re
import zipfile
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Sequence

from qgis.core import (Qgis, QgsLayerNotesUtils, QgsLayerTreeModel, QgsMapThemeCollection, QgsProject,
                       QgsProjectMetadata, QgsRectangle, QgsReferencedRectangle)

from ...errors import ConnectError
from ...file_checks import layers
from ...files import NotWhole, folder_for, replacing_together
from ...plan_place import PLAN_OF, write_plan_place
from ...progress import SILENT
from ..paper import map_layers, style, wording
from . import rollcall_data
from .plan_file import write_geopackage
from .rollcall_pages import build_layout

if TYPE_CHECKING:
    from qgis.core import QgsLayerTreeGroup, QgsLayerTreeLayer, QgsVectorLayer

    from ...progress import Progress
    from ...workspace.store.workspace import Workspace
    from .rollcall_data import RollCall

_OF_A_PERSON = re.compile(r' (saveUser|saveUserFull|saveDateTime)="[^"]*"')
_AUTHOR = re.compile(r"<author>[^<]*</author>")


class PlanFiles(NamedTuple):
    """Paths of a written plan."""

    geopackage: str
    project: str


def write_plan(workspace: Workspace, shift_date: str, shifts: Sequence[str], folder: str | Path,
               progress: Progress = SILENT) -> PlanFiles:
    """Write ``plan_<date>.gpkg`` and ``plan_<date>.qgz`` into ``folder``; main thread only, as layouts are.

    The project holds the boxes and the forecast of each shift, the beats, the map context and the roll-call layout, and
    says which workspace, date and shifts it is of. Its paths are relative, so the folder can be moved. Neither file
    names a person. Both are written aside and then moved into place.

    Parameters
    ----------
    workspace : Workspace
    shift_date : str
    shifts : sequence of str
        Codes of the shifts, in the order in which they are listed.
    folder : str

    Returns
    -------
    PlanFiles
    """
    if not shifts:
        raise ConnectError("There is no shift to write a plan for: name a shift of this date.")
    rollcalls = [rollcall_data.rollcall(workspace, shift_date, shift) for shift in shifts]
    return write_plan_files(rollcalls, folder, progress, workspace.address)


def write_plan_files(rollcalls: Sequence[RollCall], folder: str | Path, progress: Progress = SILENT,
                     address: str = "") -> PlanFiles:
    """As :func:`write_plan`, from :class:`~.rollcall_data.RollCall` of one date, of the workspace at ``address``."""
    folder = Path(folder)
    name = f"plan_{rollcalls[0].shift_date}"
    geopackage, project_file = folder / (name + ".gpkg"), folder / (name + ".qgz")
    folder_for(geopackage, "The plan")
    counts: dict[str, int] = {}
    with replacing_together(folder, "The plan") as new:
        aside = new(geopackage.name, lambda made: layers(counts)(made))
        counts.update(write_geopackage(aside, rollcalls, progress))
        project = build_project(rollcalls, aside)
        write_plan_place(project, address, folder, rollcalls[0].shift_date, [sheet.shift for sheet in rollcalls])
        try:
            save_project(project, new(project_file.name, opens))
        finally:
            map_layers.let_go(project)
    return PlanFiles(str(geopackage), str(project_file))


def build_project(rollcalls: Sequence[RollCall], geopackage: str | Path) -> QgsProject:
    """A project of its own over the layers of a plan GeoPackage."""
    first = rollcalls[0]
    title = f"Plan of {wording.date_in_words(first.shift_date)}, {first.agency}".rstrip(", ")
    project = project_to_hand_on(title, first)
    xmin, ymin, xmax, ymax = first.area
    area = QgsReferencedRectangle(QgsRectangle(xmin, ymin, xmax, ymax).buffered(0.02 * (xmax - xmin)), project.crs())
    project.viewSettings().setDefaultViewExtent(area)
    layers = map_layers.plan_layers(project, geopackage)
    _shift_groups(project, rollcalls, geopackage)
    beats = map_layers.open_layer(geopackage, "beats", "Beats")
    map_layers.style_beats(beats)
    _add(project, project.layerTreeRoot(), beats)
    background = project.layerTreeRoot().addGroup("Background")
    for layer in layers.lines + layers.ground:
        background.addLayer(layer)
    background.setExpanded(False)
    _themes(project)
    build_layout(project, layers, first.page_size)
    return project


def _shift_groups(project: QgsProject, rollcalls: Sequence[RollCall], geopackage: str | Path) -> None:
    """One group per shift, of which one at a time is shown."""
    shifts = project.layerTreeRoot().addGroup("Shifts")
    for rollcall in rollcalls:
        group = shifts.addGroup(map_layers.unevaluated(f"{rollcall.shift_name}, {rollcall.hours}"))
        boxes = map_layers.open_layer(geopackage, "patrols", f"Boxes to patrol, {rollcall.shift_name}")
        forecast = map_layers.open_layer(geopackage, "forecast", f"Forecast, {rollcall.shift_name}")
        for layer in (boxes, forecast):
            layer.setSubsetString("\"shift\" = '" + rollcall.shift.replace("'", "''") + "'")
            layer.setDisplayExpression('"box_id"')
            QgsLayerNotesUtils.setLayerNotes(layer, _notes(rollcall))
        boxes.setCustomProperty(PLAN_OF, json.dumps([rollcall.shift_date, rollcall.shift, rollcall.seed_hash]))
        map_layers.style_patrols(boxes, rollcall.crime_types)
        map_layers.style_forecast(forecast, rollcall.crime_types)
        _add(project, group, boxes).setExpanded(rollcall is rollcalls[0])  # one legend; the colours are the same
        _add(project, group, forecast).setItemVisibilityChecked(False)
    shifts.setIsMutuallyExclusive(True, 0)


def _themes(project: QgsProject) -> None:
    """Map themes, two per shift: its boxes alone, and over its whole forecast."""
    root, themes = project.layerTreeRoot(), project.mapThemeCollection()
    model = QgsLayerTreeModel(root)
    shifts = root.findGroup("Shifts")
    for group in reversed(shifts.children()):  # the first shift comes last and stays shown
        group.setItemVisibilityChecked(True)
        forecast = group.children()[-1]
        for name, visible in (("forecast", True), ("boxes", False)):
            forecast.setItemVisibilityChecked(visible)
            themes.insert(f"{group.name()}: {name}", QgsMapThemeCollection.createThemeFromCurrentState(root, model))


def _add(project: QgsProject, group: QgsLayerTreeGroup, layer: QgsVectorLayer) -> QgsLayerTreeLayer:
    layer.setReadOnly(True)
    project.addMapLayer(layer, False)
    node = group.addLayer(layer)
    node.setExpanded(False)
    return node


def project_to_hand_on(title: str, rollcall: RollCall) -> QgsProject:
    """An empty project that can be moved, and whose metadata say what it is."""
    project = map_layers.new_project(rollcall.crs)
    project.setFilePathStorage(Qgis.FilePathType.Relative)
    project.setTitle(map_layers.unevaluated(title))
    project.setBackgroundColor(style.colour(style.LAND))
    metadata = QgsProjectMetadata()
    metadata.setTitle(project.title())
    metadata.setAbstract("Boxes to patrol, drawn by a lottery with published odds from a forecast. A forecast is a "
                         f"chance, not a finding about anybody. ShotSpotter Connect {rollcall.version}")
    project.setMetadata(metadata)
    return project


def _notes(rollcall: RollCall) -> str:
    lines = [rollcall.message, f"Forecast uses data reported until {rollcall.as_of}." if rollcall.as_of else "",
             f"{rollcall.seed_label}: {rollcall.seed_hash}" if rollcall.seed_hash else ""]
    return "<br>".join(escape(line) for line in lines if line)


def save_project(project: QgsProject, path: Path) -> None:
    """Write the project without what QGIS would put into it: the name of whoever ran this, and where it was made."""
    as_written = path.with_name(path.name + ".unpacked")
    if not project.write(str(path)):
        raise NotWhole(project.error())
    os.replace(path, as_written)
    with zipfile.ZipFile(as_written) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith(".qgs"):
                content = _without_traces(content.decode("utf-8"), path.parent.as_posix()).encode("utf-8")
            target.writestr(name, content)


def opens(path: Path) -> None:
    """Check of a written project: QGIS reads it, and so it does not end before its end."""
    project = QgsProject(capabilities=Qgis.ProjectCapabilities())
    if not project.read(str(path), Qgis.ProjectReadFlag.DontResolveLayers | Qgis.ProjectReadFlag.DontLoadLayouts):
        raise NotWhole(project.error())
    map_layers.let_go(project)


def _without_traces(text: str, folder: str) -> str:
    end_of_head = text.index(">", text.index("<qgis"))
    text = _OF_A_PERSON.sub("", text[:end_of_head]) + _AUTHOR.sub("<author></author>", text[end_of_head:])
    # Layouts keep whole paths of their layers as a hint; layers are found by their ids and relative paths.
    return text.replace(folder.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;") + "/", "./")
