"""Making a workspace: the place, its boxes and beats, and the defaults, moved into place when all of it is there."""
import os
import uuid

import pandas as pd
from shapely.geometry import MultiPolygon, box
from shapely.ops import unary_union
from shapely.validation import make_valid

from ..errors import ConnectError
from ..forecast.fishnet import Fishnet, check_crs, utm_crs
from ..progress import SILENT
from . import geopackage
from .configure import checked_configuration
from .defaults import default_rows
from .layers import parse_crs
from .store import check_address, open_workspace
from .tables import SCHEMA_VERSION

ONE_BEAT = "All"


def create_workspace(address, jurisdiction, beats=None, beat_field="", timezone="", crs="", size=250.0,
                     configuration=None, progress=SILENT):
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
        Such as ``America/New_York``; that of the configuration, else UTC, if not given.
    crs : str
        Metric CRS of the workspace; the UTM zone of the jurisdiction's centroid if not given.
    size : float
        Side of a box in metres.
    configuration : dict, optional
        As for :func:`~shotspotter_connect_plugin.workspace.configure.configure`.

    Returns
    -------
    Workspace

    Raises
    ------
    ConnectError
        If anything given does not fit; then no file is left.
    """
    path = _free_path(address)
    progress.report(0.0, "Reading the jurisdiction")
    crs, outline = outline_of(jurisdiction, crs, size, progress)
    configuration = dict(configuration or {})
    configuration["settings"] = {**configuration.get("settings", {}), "crs": crs, "size": float(size)}
    if timezone:
        configuration["settings"]["timezone"] = timezone
    defaults = {name: pd.DataFrame(default_rows(name)) for name in ("crime_types", "shifts", "tactics")}
    settings, tables = checked_configuration(configuration, defaults)
    beat_rows = beats_in(outline, beats, beat_field, crs, progress)

    progress.report(0.3, "Laying the fishnet")
    fishnet = Fishnet(settings.size)
    boxes = lay_fishnet(fishnet, outline, beat_rows)
    boxes["geometry"] = [box(*corners) for corners in fishnet.rectangles(boxes["col"], boxes["row"]).tolist()]
    progress.info(str(len(boxes)) + " boxes of " + format(settings.size, "g") + " m in " + crs)
    left = int(boxes["beat"].isna().sum())
    if left:
        progress.warn(str(left) + " boxes lie in no beat, so no patrol is drawn there.")

    progress.report(0.7, "Writing the workspace")
    unfinished = path.with_name("." + path.stem + "-" + uuid.uuid4().hex + ".gpkg")
    try:
        geopackage.create(unfinished, crs)
        store = geopackage.GeoPackage(unfinished)
        try:
            geopackage.fill(store, {
                "settings": pd.DataFrame({"name": ["schema_version", *vars(settings)],
                                          "value": [SCHEMA_VERSION, *vars(settings).values()]}),
                **tables,
                "beats": pd.DataFrame({"beat": [name for name, _ in beat_rows],
                                       "geometry": [shape for _, shape in beat_rows]}),
                "boxes": boxes,
            })
        finally:
            store.close()
        progress.report(0.95)
        if path.exists():
            raise _taken(path)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return open_workspace(path)


def outline_of(jurisdiction, crs, size, progress=SILENT):
    """(crs, outline): the jurisdiction as one polygon in a CRS fit for boxes; an empty ``crs`` is chosen."""
    parts = polygons(jurisdiction, "jurisdiction", progress)
    crs = _fitting_crs(jurisdiction, parts, crs, size)
    return crs, unary_union([shape for _, shape in polygons(jurisdiction.to_crs(crs), "jurisdiction", SILENT)])


def lay_fishnet(fishnet, outline, beat_rows):
    """The boxes that touch the outline, each with the beat that holds most of it."""
    boxes = fishnet.cover(outline)
    if len(beat_rows) == 1 and beat_rows[0][1] is outline:
        return boxes.assign(beat=beat_rows[0][0])
    boxes["beat"] = fishnet.assign_areas(boxes, [name for name, _ in beat_rows], [shape for _, shape in beat_rows])
    return boxes


def _free_path(address):
    path = check_address(address)
    if path.exists():
        raise _taken(path)
    if path.suffix.lower() != ".gpkg":
        raise ConnectError("The name of a workspace must end in .gpkg; write " + path.name + ".gpkg, for one.")
    if not path.absolute().parent.is_dir():
        raise ConnectError("There is no folder " + str(path.absolute().parent) + "; make it first, or choose another.")
    return path


def _taken(path):
    return ConnectError(str(path) + " exists already; choose another name, or use Configure workspace to change it.")


def polygons(layer, what, progress):
    """(row, polygon) of each feature with area; invalid ones are mended, and that is said.

    Raises one sentence if the layer is empty, has no CRS or holds anything but polygons.
    """
    if not len(layer.geometry):
        raise ConnectError("The " + what + " layer " + layer.name + " is empty; choose a layer with polygons.")
    if not layer.crs:
        raise ConnectError("The " + what + " layer " + layer.name
                           + " does not say which CRS it is in; set the layer's CRS first.")
    found, mended, empty = [], 0, 0
    for row, shape in enumerate(layer.geometry):
        if shape is None or shape.is_empty:
            empty += 1
            continue
        if shape.geom_type not in ("Polygon", "MultiPolygon"):
            raise ConnectError("The " + what + " layer " + layer.name + " holds " + shape.geom_type
                               + " features; choose a layer with polygons.")
        if not shape.is_valid:
            shape, mended = _with_area(make_valid(shape)), mended + 1
        if shape.area > 0:
            found.append((row, shape))
        else:
            empty += 1
    if not found:
        raise ConnectError("The " + what + " layer " + layer.name + " has no area; choose a layer with polygons.")
    if mended:
        progress.warn(str(mended) + " invalid polygons of " + layer.name + " were mended.")
    if empty:
        progress.warn(str(empty) + " features of " + layer.name + " without area were left out.")
    return found


def _with_area(shape):
    parts = [part for part in getattr(shape, "geoms", [shape]) if part.geom_type in ("Polygon", "MultiPolygon")]
    return unary_union(parts) if parts else MultiPolygon()


def _fitting_crs(layer, parts, crs, size):
    """The CRS of the workspace as text, checked over the layer's extent."""
    if not crs:
        centre = unary_union([shape for _, shape in parts]).centroid
        degrees = type(layer)(layer.frame.iloc[:1], [centre], layer.crs, layer.name).to_crs("EPSG:4326")
        crs = utm_crs(degrees.geometry[0].x, degrees.geometry[0].y)
    parse_crs(crs)
    moved = layer.to_crs(crs)
    bounds = unary_union([shape.envelope for shape in moved.geometry if shape is not None]).bounds
    return check_crs(crs, bounds, size)


def beats_in(outline, beats, beat_field, crs, progress=SILENT):
    """(name, polygon) of each beat that meets the outline, one row per name; without beats, all is one beat."""
    if beats is None:
        return [(ONE_BEAT, outline)]
    fields = list(beats.frame.columns)
    if not beat_field and len(fields) == 1:
        beat_field = fields[0]
    if beat_field not in fields:
        asked = "The beats layer " + beats.name + " has no field " + beat_field if beat_field else (
            "Name the field of " + beats.name + " that holds the beats' names")
        raise ConnectError(asked + "; its fields are " + ", ".join(fields) + ".")
    names = beats.frame[beat_field].tolist()
    shapes, nameless = {}, 0
    for row, shape in polygons(beats.to_crs(crs) if beats.crs else beats, "beats", progress):
        name = _beat_name(names[row])
        if not name:
            nameless += 1
        elif shape.intersects(outline):
            shapes.setdefault(name, []).append(shape)
    if nameless:
        progress.warn(str(nameless) + " beats without a name in " + beat_field + " were left out.")
    if not shapes:
        raise ConnectError("No beat of " + beats.name + " lies in the jurisdiction; check the layers and their CRSs.")
    return [(name, unary_union(parts)) for name, parts in sorted(shapes.items())]


def _beat_name(value):
    if value is None or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value).strip()
