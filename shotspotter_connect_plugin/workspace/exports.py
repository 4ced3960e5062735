"""The plan of shifts in formats that other programs read: GeoJSON, KML, GPX and XLSX."""
import re
from contextlib import contextmanager

import pandas as pd
import pyproj
from osgeo import ogr, osr
from shapely.geometry import Polygon, box

from ..errors import ConnectError
from ..files import replacing
from . import package, views

__all__ = ["FORMATS", "export_plan"]

_DRIVERS = {"geojson": "GeoJSON", "kml": "LIBKML", "gpx": "GPX", "xlsx": "XLSX"}
FORMATS = (*_DRIVERS, "package")
"""Formats written here; those of phones are projects of QGIS and are written in ``reports``."""

_COLUMNS = ("patrol_id", "shift_date", "shift", "beat", "number", "box_id", "where", "crime_type_name", "chance",
            "inclusion_probability", "target_minutes", "returns", "unit")
_FORMULA = re.compile(r"^[\s]*[=+\-@|%]|^[\t\r\n]")


def export_plan(workspace, shift_date, shifts, kind, path, legend):
    """Write the planned patrols of some shifts of a date to a file.

    Parameters
    ----------
    workspace : Workspace
    shift_date : str
    shifts : sequence of str
    kind : str
        One of :data:`FORMATS`. A package holds one shift.
    path : str
        Replaced only when the new file is whole.
    legend : pandas.DataFrame
        crime_type, name, colour, letter of the crime types.

    Returns
    -------
    int
        How many patrols are in it.

    Raises
    ------
    ConnectError
        When there is nothing to export, a package is asked of several shifts, or the file cannot be written.
    """
    frame, rectangles = views.plan_boxes(workspace, shift_date, shifts, legend)
    if frame.empty:
        raise ConnectError("There is no plan of {} {} to export; meter it first.".format(
            shift_date, ", ".join(shifts)))
    if kind == "package" and len(shifts) != 1:
        raise ConnectError("A shift package holds one shift; name it in SHIFT: {}.".format(", ".join(shifts)))
    with replacing(path, "The plan") as unfinished:
        if kind == "package":
            package.write_package(package.make_package(workspace, shift_date, shifts[0]), str(unfinished))
        else:
            _write(frame, rectangles, workspace.settings.crs, kind, str(unfinished))
    return len(frame)


def harmless(value):
    """A cell that no spreadsheet takes for a formula: texts that begin like one get an apostrophe in front."""
    return "'" + value if isinstance(value, str) and _FORMULA.search(value) else value


def _write(frame, rectangles, crs, kind, path):
    table = frame[list(_COLUMNS)].astype(object).where(frame[list(_COLUMNS)].notna(), None)
    shapes = _in_degrees(rectangles, crs)
    if kind == "xlsx":
        table, shapes = table.applymap(harmless), [None] * len(table)
        type_of = ogr.wkbNone
    elif kind == "gpx":
        table, shapes = _waypoints(frame), [shape.centroid for shape in shapes]
        type_of = ogr.wkbPoint
    else:
        if kind == "kml":
            table = table.assign(Name=_titles(frame), description=_waypoints(frame)["desc"])
        type_of = ogr.wkbPolygon
    _layer(table, shapes, kind, type_of, path)


def _layer(table, shapes, kind, type_of, path):
    with _errors():
        driver = ogr.GetDriverByName(_DRIVERS[kind])
        if driver is None:
            raise ConnectError("This GDAL cannot write {}; choose another format.".format(kind))
        try:
            source = driver.CreateDataSource(path)
            degrees = osr.SpatialReference()
            degrees.ImportFromEPSG(4326)
            degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
            options = ["RFC7946=YES", "WRITE_BBOX=YES"] if kind == "geojson" else []
            layer = source.CreateLayer("waypoints" if kind == "gpx" else "plan", None if kind == "xlsx" else degrees,
                                       type_of, options)
            if kind != "gpx":
                for name in table:
                    layer.CreateField(ogr.FieldDefn(name, _type(table[name])))
            for row, shape in zip(table.to_dict("records"), shapes):
                feature = ogr.Feature(layer.GetLayerDefn())
                for name, value in row.items():
                    if value is not None:
                        feature.SetField(name, value)
                if shape is not None:
                    feature.SetGeometry(ogr.CreateGeometryFromWkb(shape.wkb))
                layer.CreateFeature(feature)
            feature = layer = None
            source = None  # noqa: F841 closing is what writes it
        except (RuntimeError, AttributeError) as error:
            raise OSError(str(error)) from error


@contextmanager
def _errors():
    """OGR raises its errors inside, and prints none."""
    before = ogr.GetUseExceptions()
    ogr.UseExceptions()
    try:
        yield
    finally:
        if not before:
            ogr.DontUseExceptions()


def _type(column):
    known = [value for value in column if value is not None]
    if known and all(isinstance(value, int) for value in known):
        return ogr.OFTInteger
    return ogr.OFTReal if known and all(isinstance(value, (int, float)) for value in known) else ogr.OFTString


def _in_degrees(rectangles, crs):
    """Boxes in longitude and latitude; their sides stay straight to centimetres."""
    change = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform
    return [Polygon(zip(*change(*zip(*box(*bounds).exterior.coords)))) for bounds in rectangles]


def _titles(frame):
    return ["{} {}: {}".format(row.beat, row.number, row.where or row.box_id).strip() for row in frame.itertuples()]


def _waypoints(frame):
    return pd.DataFrame({
        "name": _titles(frame), "type": frame["crime_type_name"].fillna("").astype(str),
        "desc": ["{} {}, {}, {:g} minutes, box {}".format(
            row.shift_date, row.shift, row.crime_type_name or "", row.target_minutes, row.box_id)
            for row in frame.itertuples()]})
