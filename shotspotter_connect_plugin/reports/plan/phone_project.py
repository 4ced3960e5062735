"""The plan on an officer's phone: a QField project and its GeoPackage, together in one ZIP that QField imports.

Everything QField does is set by QField's own properties of project and layers, as QFieldSync writes them; no plugin of
QField and no code is in it. What the officer adds, fixes and tactics, comes back in the same GeoPackage, in tables
whose columns ``connect:importgps`` and ``connect:importtactics`` recognise.
"""
from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, Any, Iterable

import pandas as pd
from qgis.core import (Qgis, QgsCoordinateReferenceSystem, QgsDefaultValue, QgsEditorWidgetSetup, QgsFieldConstraints,
                       QgsMapLayer, QgsMarkerSymbol, QgsReferencedRectangle, QgsSingleSymbolRenderer, QgsVectorLayer)

from ...errors import ConnectError
from ...file_checks import archive, layers
from ...files import folder_for, replacing
from ...progress import SILENT
from ...workspace.exports.shift_package import make_package
from ..paper import map_layers, style, wording
from . import rollcall_data
from .plan_file import kind_of_boxes, write_tables
from .plan_project import opens, project_to_hand_on, save_project

if TYPE_CHECKING:
    from pathlib import Path

    from qgis.core import QgsProject

    from ...progress import Progress
    from ...workspace.exports.shift_package import ShiftPackage
    from ...workspace.steps.plan_frames import CrimeTypeLegend
    from ...workspace.store.workspace import Workspace
    from .rollcall_data import RollCall

BOXES, CHOICES, FIXES, LOGS = "boxes", "tactic_choices", "gps_fixes", "tactic_log"
"""Tables of the GeoPackage; those that come back are called as the tables they fill."""

_BOX_LAYER, _CHOICE_LAYER, _FIX_LAYER, _LOG_LAYER = "Boxes to patrol", "Approved tactics", "My track", "Tactics used"
"""Names of the layers; expressions find them by these, since QFieldSync gives new ids when it packs a project again."""

_TRACK_SECONDS = 5
_INFORM_ENTER_LEAVE = 3
"""QField tells the name of an area on entry and when it is left."""

# gnss_timestamp is the receiver's; QField in the background hands positions over later than they were. Texts in UTC,
# because a GeoPackage's date and time comes back with the phone's wall clock called UTC.
_NOW = ("format_date(to_datetime('1970-01-01T00:00:00Z') + make_interval(seconds:=epoch(coalesce(@gnss_timestamp, "
        "now())) / 1000), 'yyyy-MM-ddTHH:mm:ss') || 'Z'")
_BOX_HERE = (f"aggregate(layer:='{_BOX_LAYER}', aggregate:='min', expression:=\"box_id\", "
             "filter:=intersects($geometry, "
             "geometry(@parent)))")
_OF_BOX = f"attribute(get_feature('{_BOX_LAYER}', 'box_id', \"box_id\"), '{{}}')"
_UNIT = f"coalesce(array_last(aggregate(layer:='{_FIX_LAYER}', aggregate:='array_agg', expression:=\"unit\", " \
        f"filter:=\"unit\" IS NOT NULL, order_by:=\"at_utc\")), {_OF_BOX.format('unit')})"
_OF_CRIME_TYPE = "\"crime_type\" = coalesce(current_value('crime_type'), '')"

_HIDDEN = QgsEditorWidgetSetup("Hidden", {})
_TEXT = QgsEditorWidgetSetup("TextEdit", {"IsMultiline": False, "UseHtml": False})

# Column, words, default value, widget (None: given in the function), whether the default follows later changes.
_LOG_FORM = (
    ("fid", "", "", _HIDDEN, False),
    ("log_id", "", "uuid('WithoutBraces')", _HIDDEN, False),
    ("box_id", "Box", _BOX_HERE, None, False),
    ("crime_type", "", _OF_BOX.format("crime_type"), _HIDDEN, True),
    ("tactic", "What was done", "", None, False),
    ("minutes", "Minutes it took (may stay empty)", "",
     QgsEditorWidgetSetup("Range", {"Min": 0, "Max": 240, "Step": 1, "AllowNull": True, "Style": "SpinBox"}), False),
    ("unit", "Unit", _UNIT, _TEXT, False),
    ("officer", "Badge number (may stay empty)", "", _TEXT, False),
    ("at_utc", "Time (UTC)", _NOW, _TEXT, False))
_FIX_FORM = (
    ("fid", "", "", _HIDDEN, False),
    # No default: QField asks once, when the track begins, and keeps what was typed for every point.
    ("unit", "Unit, as in 12-A", "", _TEXT, False),
    ("at_utc", "", _NOW, _HIDDEN, False),
    ("accuracy", "", "@gnss_horizontal_accuracy", _HIDDEN, False))


def write_phone(workspace: Workspace, shift_date: str, shift: str, path: str, progress: Progress = SILENT) -> int:
    """Write a shift's plan for QField; main thread only. The open project is not touched.

    Parameters
    ----------
    workspace : Workspace
    shift_date, shift : str
    path : str
        A ``.zip``, replaced only when the new one is whole.

    Returns
    -------
    int
        How many boxes are in it.

    Raises
    ------
    ConnectError
        When there is nothing to export or the file cannot be written.
    """
    rollcall = rollcall_data.rollcall(workspace, shift_date, shift)
    if rollcall.patrols.empty:
        raise ConnectError(f"There is no plan of {shift_date} {shift} to export; meter it first.")
    package = make_package(workspace, shift_date, shift)
    name = f"phone_{shift_date}_{''.join(c if c.isalnum() else '_' for c in shift)}"
    folder_for(path, "The plan")
    with replacing(path, "The plan", archive([name + ".gpkg", name + ".qgz"])) as unfinished:
        geopackage, project_file = (unfinished.with_name(name + ending) for ending in (".gpkg", ".qgz"))
        counts = _write_geopackage(geopackage, rollcall, package, progress)
        project = _project(rollcall, geopackage)
        try:
            save_project(project, project_file)
        finally:
            map_layers.let_go(project)
        layers(counts)(geopackage)
        opens(project_file)
        with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in (project_file, geopackage):
                packed.write(file, file.name)
    return len(rollcall.patrols)


def _shown(text: str | None) -> str:
    """Text as a phone shows it: QField's lists and messages would take ``<b>`` for markup."""
    return wording.clean(text).replace("<", "‹").replace(">", "›")


def _crime_types(rollcall: RollCall) -> CrimeTypeLegend:
    return rollcall.crime_types.assign(name=[_shown(name) for name in rollcall.crime_types["name"]])


def _write_geopackage(path: str | Path, rollcall: RollCall, package: ShiftPackage,
                      progress: Progress) -> dict[str, int]:
    area, point, none = Qgis.WkbType.MultiPolygon, Qgis.WkbType.Point, Qgis.WkbType.NoGeometry
    kinds = _crime_types(rollcall).rename(columns={"name": "crime_type_name"})
    boxes = rollcall.patrols.merge(kinds, on="crime_type", how="left")
    boxes = boxes.assign(
        title=[f"{_shown(row.beat)} {row.number} · {_shown(row.where) or row.box_id} · "
               f"{_shown(row.crime_type_name)}" for row in boxes.itertuples()],
        where=boxes["where"].map(_shown), reasons=[_shown("; ".join(reasons)) for reasons in boxes["reasons"]],
        minutes=[wording.minutes_in_words(*pair) for pair in zip(boxes["target_minutes"], boxes["returns"])])
    no_fixes: dict[str, list[Any]] = {"unit": [], "at_utc": [], "accuracy": [], "geometry": []}
    no_logs: dict[str, list[Any]] = {**{name: [] for name, *_ in _LOG_FORM if name != "fid"}, "geometry": []}
    tables = {
        BOXES: (boxes[["box_id", "title", "beat", "number", "letter", "where", "crime_type", "crime_type_name",
                       "colour", "minutes", "unit", "reasons", "geometry"]], kind_of_boxes([boxes])),
        "beats": (rollcall.beats, area),
        CHOICES: (_choices(boxes["crime_type"], package), none),
        FIXES: (pd.DataFrame(no_fixes, dtype=object).astype({"accuracy": float}), point),
        LOGS: (pd.DataFrame(no_logs, dtype=object).astype({"minutes": float}), point)}
    return write_tables(path, tables, QgsCoordinateReferenceSystem(rollcall.crs), rollcall.context, progress)


def _choices(crime_types: pd.Series, package: ShiftPackage) -> pd.DataFrame:
    """The approved tactics of each crime type of the plan, and those that serve all for a place that is in no box."""
    rows = [(code, tactic.tactic, _shown(tactic.name)) for code in dict.fromkeys(crime_types.dropna())
            for tactic in package.tactics_for(code)]
    rows += [("", tactic.tactic, _shown(tactic.name)) for tactic in package.tactics if not tactic.crime_types]
    return pd.DataFrame(rows, columns=["crime_type", "tactic", "name"], dtype=object)


def _project(rollcall: RollCall, geopackage: str | Path) -> QgsProject:
    project = project_to_hand_on(_shown(f"{rollcall.shift_name}, {rollcall.shift_date}"), rollcall)
    boxes, beats = map_layers.open_layer(
        geopackage, BOXES, _BOX_LAYER), map_layers.open_layer(geopackage, "beats", "Beats")
    map_layers.style_patrols(boxes, _crime_types(rollcall))
    boxes.setDisplayExpression('"title"')
    for name, words in (("title", "Box"), ("crime_type_name", "Crime type"), ("minutes", "Minutes to stay"),
                        ("where", "Where"), ("reasons", "Why here"), ("beat", "Beat"), ("unit", "Unit")):
        boxes.setFieldAlias(boxes.fields().indexOf(name), words)
    for name in ("fid", "number", "letter", "crime_type", "colour"):
        boxes.setEditorWidgetSetup(boxes.fields().indexOf(name), _HIDDEN)
    map_layers.style_beats(beats)
    choices = map_layers.open_layer(geopackage, CHOICES, _CHOICE_LAYER)
    choices.setDisplayExpression('"name"')
    choices.setFlags(choices.flags() | QgsMapLayer.LayerFlag.Private)
    lines, ground = map_layers.context_layers(geopackage)
    fixes, logs = _own_layer(geopackage, FIXES, _FIX_LAYER), _own_layer(geopackage, LOGS, _LOG_LAYER)
    for layer in (logs, fixes, boxes, beats, choices, *lines, *ground):  # from the top of the map down
        project.addMapLayer(layer, False)
        project.layerTreeRoot().addLayer(layer).setExpanded(layer is boxes)
    for layer in (boxes, beats, choices, *lines, *ground):
        _lock(layer)
    _track(fixes)
    _form(logs, choices, boxes)
    _qfield(project, boxes, logs)
    project.viewSettings().setDefaultViewExtent(QgsReferencedRectangle(boxes.extent().scaled(1.1), project.crs()))
    return project


def _own_layer(geopackage: str | Path, table: str, name: str) -> QgsVectorLayer:
    """A layer the officer adds to."""
    layer = QgsVectorLayer(f"{geopackage}|layername={table}", name, "ogr")
    if not layer.isValid():
        raise ConnectError(f"The plan's layer {table} cannot be opened: export the plan again.")
    return layer


def _lock(layer: QgsVectorLayer) -> None:
    """Nobody changes this layer in the field, by whichever version of QField."""
    layer.setReadOnly(True)
    for name in ("is_geometry_locked", "is_feature_addition_locked", "is_attribute_editing_locked",
                 "is_geometry_editing_locked", "is_feature_deletion_locked"):
        layer.setCustomProperty("QFieldSync/" + name, True)
    layer.setCustomProperty("QFieldSync/action", "copy")
    layer.setCustomProperty("QFieldSync/cloud_action", "no_action")


def _track(layer: QgsVectorLayer) -> None:
    """Points of where the phone was, one every few seconds from the opening of the project on."""
    _fill_in(layer, _FIX_FORM)
    layer.setRenderer(_dots(style.MUTED, 1.0))
    layer.setFieldConstraint(layer.fields().indexOf("unit"), QgsFieldConstraints.Constraint.ConstraintNotNull)
    layer.setDisplayExpression('"unit" || \' \' || "at_utc"')
    for name, value in (("tracking_session_active", True), ("tracking_time_requirement_active", True),
                        ("tracking_time_requirement_interval_seconds", _TRACK_SECONDS),
                        ("is_geometry_editing_locked", True), ("is_feature_deletion_locked", True),
                        ("action", "offline"), ("cloud_action", "offline")):
        layer.setCustomProperty("QFieldSync/" + name, value)


def _form(layer: QgsVectorLayer, choices: QgsVectorLayer, boxes: QgsVectorLayer) -> None:
    """The form in which an officer says what was done: one of the approved tactics of the box's crime type."""
    _fill_in(layer, _LOG_FORM)
    layer.setRenderer(_dots(style.BEAT, 3.0))
    layer.setDisplayExpression("represent_value(\"tactic\") || ' ' || \"at_utc\"")
    fields = layer.fields()
    for name, source, key, value, only in (("tactic", choices, "tactic", "name", _OF_CRIME_TYPE),
                                           ("box_id", boxes, "box_id", "title", "")):
        layer.setEditorWidgetSetup(fields.indexOf(name), QgsEditorWidgetSetup("ValueRelation", {
            "Layer": source.id(), "LayerName": source.name(), "LayerProviderName": "ogr",
            "LayerSource": source.source(), "Key": key, "Value": value, "FilterExpression": only,
            # Nothing is chosen beforehand: a tactic that nobody touched must not be logged.
            "AllowNull": True, "AllowMulti": False, "OrderByValue": True, "UseCompleter": False}))
    for name in ("tactic", "unit"):
        layer.setFieldConstraint(fields.indexOf(name), QgsFieldConstraints.Constraint.ConstraintNotNull)
    for name, kept in (("is_geometry_editing_locked", True), ("action", "offline"), ("cloud_action", "offline")):
        layer.setCustomProperty("QFieldSync/" + name, kept)


def _fill_in(layer: QgsVectorLayer, form: Iterable[tuple[Any, ...]]) -> None:
    for name, words, default, widget, follows in form:
        index = layer.fields().indexOf(name)
        if words:
            layer.setFieldAlias(index, words)
        if default:
            layer.setDefaultValueDefinition(index, QgsDefaultValue(default, follows))
        if widget is not None:
            layer.setEditorWidgetSetup(index, widget)


def _dots(colour: str, size: float) -> QgsSingleSymbolRenderer:
    return QgsSingleSymbolRenderer(QgsMarkerSymbol.createSimple({
        "name": "circle", "color": colour, "outline_color": style.PAPER, "outline_width": "0.2", "size": str(size)}))


def _qfield(project: QgsProject, boxes: QgsVectorLayer, logs: QgsVectorLayer) -> None:
    """QField's own settings of the project: tell of boxes entered and left, and offer the form at once."""
    for name, value in (("geofencingIsActive", True), ("geofencingLayer", boxes.id()),
                        ("geofencingBehavior", _INFORM_ENTER_LEAVE), ("geofencingShouldPreventDigitizing", False),
                        ("initialActiveLayer", logs.id()), ("initialMapMode", "digitize")):
        project.writeEntry("qfieldsync", "/" + name, value)
