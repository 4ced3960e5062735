"""Making a workspace: the place, its boxes and beats, and the defaults, moved into place when all of it is there."""
from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Collection, Mapping, Sequence

import pandas as pd
from shapely.geometry import MultiPolygon, box
from shapely.ops import unary_union
from shapely.validation import make_valid

from ...errors import ConnectError
from ...file_checks import layers
from ...files import replacing
from ...forecast import crs as systems
from ...forecast.arrays import objects
from ...forecast.fishnet import Fishnet, check_crs, utm_crs
from ...patrol import pacing
from ...patrol.districts import boxes_in_all
from ...progress import SILENT, Progress
from ..imports.cell_texts import cell_text
from ..imports.vector_areas import polygons_of
from ..store import geopackage
from ..store.defaults import default_rows
from ..store.settings import Settings, check_beats
from ..store.tables import SCHEMA_VERSION
from ..store.workspace import Workspace, check_address, open_workspace
from .configure import LISTS, checked_configuration
from .plan_frames import LaidBoxes

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from ..store.layers import VectorTable

ONE_BEAT = "All"


def create_workspace(address: str | Path, jurisdiction: VectorTable, beats: VectorTable | None = None,
                     beat_field: str = "", timezone: str = "", crs: str = "", size: float = 250.0,
                     configuration: Mapping[str, Any] | None = None, progress: Progress = SILENT, *,
                     first_choices: bool = False) -> Workspace:
    """Make a workspace.

    Parameters
    ----------
    address : str or pathlib.Path
        Path of the new .gpkg file; nothing may be there yet.
    jurisdiction : VectorTable
        Polygons that the agency polices.
    beats : VectorTable, optional
        Polygons of beats; without them there is one beat, "All".
    beat_field : str
        Field with the beats' names; may be left out where the layer has one field only.
    timezone : str
        Such as ``America/New_York``; needed here or in the configuration.
    crs : str
        Metric CRS of the workspace; that of the configuration, else the UTM zone of the jurisdiction's centroid, if
        not given.
    size : float
        Side of a box in metres.
    configuration : dict, optional
        As for :func:`~shotspotter_connect_plugin.workspace.steps.configure.configure`.
    first_choices : bool
        Give what the configuration leaves open as :func:`with_first_choices` does, instead of the defaults that older
        workspaces have.

    Returns
    -------
    Workspace

    Raises
    ------
    ConnectError
        If anything given does not fit; then no file is left.
    """
    path = _free_path(address)
    settings, tables = _first_configuration(configuration, timezone, crs, size)
    progress.report(0.0, "Reading the jurisdiction")
    settings.crs, outline = outline_of(jurisdiction, settings.crs, settings.size, progress)
    beat_rows = beats_in(outline, beats, beat_field, settings.crs, progress)
    if first_choices:
        settings = with_first_choices(settings, (configuration or {}).get("settings", {}), len(beat_rows))
        progress.info(_choices_in_words(settings))
    check_beats(settings, [name for name, _ in beat_rows], tables["shifts"]["shift"])
    progress.report(0.3, "Laying the fishnet")
    fishnet = Fishnet(settings.size)
    boxes = lay_fishnet(fishnet, outline, beat_rows)
    boxes["geometry"] = [box(*corners) for corners in fishnet.rectangles(boxes["col"], boxes["row"]).tolist()]
    left = int(boxes["beat"].isna().sum())
    if left:
        progress.warn(f"{left} boxes lie in no beat, so no patrol is drawn there.")

    progress.report(0.7, "Writing the workspace")
    rows = {"settings": pd.DataFrame({"name": ["schema_version", *vars(settings)],
                                      "value": [SCHEMA_VERSION, *vars(settings).values()]}),
            **tables, "beats": pd.DataFrame(beat_rows, columns=["beat", "geometry"]), "boxes": boxes,
            "jurisdiction": pd.DataFrame({"name": ["jurisdiction"], "geometry": objects([outline])})}
    whole = layers({name: len(frame) for name, frame in rows.items()})
    with replacing(path, "The workspace", whole, private=True) as unfinished:
        try:
            geopackage.create(unfinished, settings.crs, rows)
        except (RuntimeError, AttributeError, sqlite3.Error) as error:  # what GDAL and SQLite say of a full disk
            raise OSError(repr(error)) from error
        progress.report(0.95)
        if path.exists():
            raise _taken(path)
    return open_workspace(path)


def with_first_choices(settings: Settings, named: Collection[str], beats: int) -> Settings:
    """Settings of a new workspace: boxes shared by harm, and budgets that last, unless something else is ``named``.

    Of those measured on the sample (docs/metering.md, benchmarks/patrol_choices.py) this one covers most harm while the
    busiest boxes have a chance in at least 85 % of shifts. Who names a number of boxes keeps it as it is.
    """
    chosen: dict[str, Any] = {} if "pace" in named else {"pace": pacing.USUAL}
    if beats > 1 and not {"boxes_per_beat", "boxes_per_shift", "beat_boxes"} & set(named):
        chosen["boxes_per_shift"] = settings.boxes_per_beat * beats
    return replace(settings, **chosen)


def _choices_in_words(settings: Settings) -> str:
    within = " of each district" * bool(settings.districts)
    shared = (f"{boxes_in_all(settings.boxes_per_shift)} boxes of a shift are shared among the beats{within} by harm"
              if settings.boxes_per_shift else f"{settings.boxes_per_beat} boxes are drawn in each beat and shift")
    paced = f"{settings.pace:.0%} of a box's patrols of a week are spread over its shifts" if settings.pace else (
        "a box's patrols of a week are not spread over its shifts")
    return f"{shared}; {paced}. Configure workspace changes both; What caps cost shows what they cost."


def outline_of(layer: VectorTable, crs: str, size: float, progress: Progress = SILENT) -> tuple[str, BaseGeometry]:
    """The jurisdiction as one polygon in a CRS that can hold the fishnet.

    Parameters
    ----------
    layer : VectorTable
        Polygons.
    crs : str
        A metric CRS; the UTM zone of the centroid if empty.
    size : float
        Side of a box in metres, for the check that it is that long on the ground.

    Returns
    -------
    (str, shapely geometry)
        CRS as text; outline in it.
    """
    shapes = [shape for _, shape in _polygons(layer, "jurisdiction", progress)]
    if not crs:
        centre: Any = replace(layer, geometry=[unary_union(shapes).centroid]).to_crs("EPSG:4326").geometry[0]
        crs = utm_crs(centre.x, centre.y)
    systems.parse(crs)
    outline = unary_union([_mended(shape) for shape in replace(layer, geometry=shapes).to_crs(crs).geometry])
    return check_crs(crs, outline.bounds, size), outline


def beats_in(outline: BaseGeometry, layer: VectorTable | None, field: str, crs: str,
             progress: Progress = SILENT) -> list[tuple[str, BaseGeometry]]:
    """Name and polygon of each beat that touches the jurisdiction, one entry per name, by name.

    Parameters
    ----------
    outline : shapely geometry
        The jurisdiction in ``crs``.
    layer : VectorTable or None
        Polygons of beats; without them the whole jurisdiction is one beat, "All".
    field : str
        Field with the beats' names; may be empty where the layer has one field only.
    crs : str
        CRS of the outline.

    Returns
    -------
    list of (str, shapely geometry)
    """
    if layer is None:
        return [(ONE_BEAT, outline)]
    names = _beat_names(layer, field)
    shapes: dict[str, list[BaseGeometry]] = {}
    nameless = 0
    for row, shape in _polygons(layer, "beats", progress):
        name = names[row]
        shape, = replace(layer, geometry=[shape]).to_crs(crs).geometry
        if not name:
            nameless += 1
        elif _mended(shape).intersection(outline).area > 0:
            shapes.setdefault(name, []).append(_mended(shape))
    if nameless:
        progress.warn(f"{nameless} beats of {layer.name} without a name were left out.")
    if not shapes:
        raise ConnectError(f"No beat of {layer.name} lies in the jurisdiction; check the layers and their CRSs.")
    return [(name, unary_union(parts)) for name, parts in sorted(shapes.items())]


def lay_fishnet(fishnet: Fishnet, outline: BaseGeometry, beats: Sequence[tuple[str, BaseGeometry]]) -> LaidBoxes:
    """The boxes that share area with a jurisdiction, each with the beat that holds most of it; None without one."""
    boxes = fishnet.cover(outline)
    boxes["beat"] = fishnet.assign_areas(boxes, [name for name, _ in beats], [shape for _, shape in beats])
    return boxes


def _free_path(address):
    path = check_address(address)
    if path.exists():
        raise _taken(path)
    if path.suffix.lower() != ".gpkg":
        raise ConnectError(f"The name of a workspace must end in .gpkg; write {path.name}.gpkg, for one.")
    if not path.absolute().parent.is_dir():
        raise ConnectError(f"There is no folder {path.absolute().parent}; make it first, or choose another.")
    return path


def _taken(path):
    return ConnectError(f"{path} exists already; choose another name, or use Configure workspace to change it.")


def _first_configuration(configuration, timezone, crs, size):
    """(Settings, tables) from what was given and the defaults, checked."""
    configuration = {} if configuration is None else configuration
    present = {name: pd.DataFrame(default_rows(name)) for name in LISTS}
    settings, tables = checked_configuration(configuration, present)
    if not timezone and "timezone" not in configuration.get("settings", {}):
        raise ConnectError("Name the agency's time zone, such as America/New_York; shifts begin and end by it.")
    given = {"size": size, **({"timezone": timezone} if timezone else {}), **({"crs": crs} if crs else {})}
    return checked_configuration({"settings": given}, tables, settings)


def _polygons(layer, what, progress):
    """(row, polygon) of each feature with area; invalid ones are mended, and that is said.

    Raises one sentence if the layer is empty, has no CRS or holds anything but polygons.
    """
    label = f"The {what} layer {layer.name}"
    if not len(layer.geometry):
        raise ConnectError(f"{label} is empty; choose a layer with polygons.")
    shapes = [MultiPolygon() if shape is None or shape.is_empty else shape for shape in layer.geometry]
    kinds = {shape.geom_type for shape in shapes if not shape.is_empty} - {"Polygon", "MultiPolygon"}
    if kinds:
        raise ConnectError(f"{label} holds {' and '.join(sorted(kinds))} features; choose a layer with polygons.")
    if not layer.crs:
        raise ConnectError(f"{label} does not say which CRS it is in; set the layer's CRS first.")
    found = [(row, _mended(shape)) for row, shape in enumerate(shapes)]
    found = [(row, shape) for row, shape in found if shape.area > 0]
    if not found:
        raise ConnectError(f"{label} has no area; choose a layer with polygons.")
    broken = sum(not shape.is_valid for shape in shapes)
    if broken:
        progress.warn(f"{broken} invalid polygons of {layer.name} were mended.")
    if len(found) < len(shapes):
        progress.warn(f"{len(shapes) - len(found)} features of {layer.name} without area were left out.")
    return found


def _mended(shape):
    """The same polygon, valid; lines and points that mending leaves over are dropped."""
    return shape if shape.is_valid else polygons_of(make_valid(shape))


def _beat_names(layer, field):
    """The beat's name of each row, empty where there is none."""
    fields = list(layer.frame.columns)
    if not field and len(fields) == 1:
        field = fields[0]
    if field not in fields:
        wrong = f"has no field {field}" if field else "has more than one field; name the one with the beats' names"
        raise ConnectError(f"The beats layer {layer.name} {wrong}; its fields are {', '.join(fields)}.")
    return [cell_text(value).strip() for value in layer.frame[field]]
