"""The plan of shifts in formats that other programs read: GeoJSON, KML, GPX and XLSX."""
from __future__ import annotations

from contextlib import contextmanager
from pathlib import Path
from typing import Sequence

import pandas as pd
from osgeo import ogr, osr

from ...errors import ConnectError
from ...file_checks import layers
from ...files import replacing
from ...forecast import crs as systems
from ...spreadsheet_cells import harmless
from ..steps.plan_frames import CrimeTypeLegend
from ..steps.shift_plan import drive_in_words
from ..store.geometry import moved
from ..store.workspace import Workspace
from . import shift_package, views

__all__ = ["FORMATS", "export_plan"]

_DRIVERS = {"geojson": "GeoJSON", "kml": "LIBKML", "gpx": "GPX", "xlsx": "XLSX"}
FORMATS = (*_DRIVERS, "package")
"""Formats written here; those of phones are projects of QGIS and are written in ``reports``."""

_COLUMNS = ("patrol_id", "shift_date", "shift", "shift_start", "shift_end", "beat", "number", "box_id", "where",
            "crime_type", "crime_type_name", "colour", "chance", "inclusion_probability", "target_minutes", "returns",
            "travel_minutes", "by_street", "unit")
_DIGITS = {"chance": 6, "inclusion_probability": 6, "travel_minutes": 1}
_NO_COLOUR = "#8a8f94"
_STYLE = "BRUSH(fc:{0}60);PEN(c:{0},w:2px)"
"""Of a square in KML, in the colour of its crime type as on the map."""


def export_plan(workspace: Workspace, shift_date: str, shifts: Sequence[str], kind: str, path: str | Path,
                legend: CrimeTypeLegend) -> int:
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
    frame, boxes = views.plan_boxes(workspace, shift_date, shifts, legend)
    if frame.empty:
        raise ConnectError(f"There is no plan of {shift_date} {', '.join(shifts)} to export; meter it first.")
    if kind == "package" and len(shifts) != 1:
        raise ConnectError(f"A shift package holds one shift; name it in SHIFT: {', '.join(shifts)}.")
    if kind == "package":
        shift_package.write_package(shift_package.make_package(workspace, shift_date, shifts[0]), path)
        return len(frame)
    with replacing(path, "The plan", layers({_layer_name(kind): len(frame)})) as unfinished:
        _write(_prepared(workspace, frame, shift_date), boxes, workspace.settings.crs, kind, str(unfinished))
    return len(frame)


def _layer_name(kind):
    return "waypoints" if kind == "gpx" else "plan"


def _prepared(workspace, frame, shift_date):
    """The plan with the hours of its shifts, on the agency's clock with its offset; texts on one line, as XML takes."""
    hours = {shift: [moment.tz_convert(workspace.settings.timezone)
                     for moment in workspace.calendar.bounds(shift_date, shift)] for shift in frame["shift"].unique()}
    frame = frame.assign(
        shift_start=[hours[shift][0].isoformat() for shift in frame["shift"]],
        shift_end=[hours[shift][1].isoformat() for shift in frame["shift"]],
        hours=[f"{hours[shift][0]:%Y-%m-%d %H:%M %Z} to {hours[shift][1]:%H:%M %Z}" for shift in frame["shift"]])
    frame = frame.round(_DIGITS).fillna({"returns": 0, "crime_type_name": "", "colour": _NO_COLOUR})
    texts = [name for name in frame if frame[name].dtype.kind == "O"]
    return frame.assign(**{name: frame[name].map(_one_line, na_action="ignore") for name in texts})


def _one_line(text):
    return " ".join("".join(c if c.isprintable() else " " for c in str(text)).split())


def _without_markup(value):
    """A text in which Google Earth finds no HTML, and which cannot end a CDATA section."""
    return value.replace("<", "‹").replace(">", "›") if isinstance(value, str) else value


def _write(frame, boxes, crs, kind, path):
    table = frame[list(_COLUMNS)].astype(object).where(frame[list(_COLUMNS)].notna(), None)
    shapes = _in_degrees(boxes, crs)
    if kind == "xlsx":
        table, shapes = _each(table, harmless), [None] * len(table)
        type_of = ogr.wkbNone
    elif kind == "gpx":
        table, shapes = _waypoints(frame), [_middle(shape) for shape in shapes]
        type_of = ogr.wkbPoint
    else:
        if kind == "kml":
            told = table.assign(Name=_titles(frame), description=_waypoints(frame)["desc"])
            table = _each(told, _without_markup)
        type_of = ogr.wkbUnknown if boxes.in_parts else ogr.wkbPolygon
    styles = [_STYLE.format(colour) for colour in frame["colour"]] if kind == "kml" else None
    _layer(table, shapes, kind, type_of, path, styles)


def _each(table, change):
    """A table with every cell changed; its columns hold any objects, None where there is nothing."""
    return pd.DataFrame({name: pd.Series([change(value) for value in table[name]], table.index, dtype=object)
                         for name in table})


def _layer(table, shapes, kind, type_of, path, styles=None):
    with _errors():
        driver = ogr.GetDriverByName(_DRIVERS[kind])
        if driver is None:
            raise ConnectError(f"This GDAL cannot write {kind}; choose another format.")
        try:
            source = driver.CreateDataSource(path)
            degrees = osr.SpatialReference()
            degrees.ImportFromEPSG(4326)
            degrees.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
            options = ["RFC7946=YES", "WRITE_BBOX=YES"] if kind == "geojson" else []
            layer = source.CreateLayer(_layer_name(kind), None if kind == "xlsx" else degrees, type_of, options)
            if kind != "gpx":
                for name in table:
                    layer.CreateField(ogr.FieldDefn(name, _type(table[name])))
            for row, shape, style in zip(table.to_dict("records"), shapes, styles or [None] * len(table)):
                feature = ogr.Feature(layer.GetLayerDefn())
                for name, value in row.items():
                    if value is not None:
                        feature.SetField(name, value)
                    elif kind == "geojson":
                        feature.SetFieldNull(name)
                if style is not None:
                    feature.SetStyleString(style)
                if shape is not None:
                    feature.SetGeometry(ogr.CreateGeometryFromWkb(shape.wkb))
                layer.CreateFeature(feature)
            feature = None  # before the source that it belongs to
            source.Release()  # closing is what writes it
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


def _in_degrees(boxes, crs):
    """Boxes in longitude and latitude; their sides stay straight to centimetres."""
    change = systems.change(crs, systems.DEGREES)
    return [moved(shape, change) for shape in boxes.outlines()]


def _middle(shape):
    """A point inside: the middle of a remnant may lie in the square beside it."""
    return shape.centroid if shape.contains(shape.centroid) else shape.representative_point()


def _titles(frame):
    return [f"{row.beat} {row.number}: {row.where or row.box_id}".strip() for row in frame.itertuples()]


def _waypoints(frame):
    return pd.DataFrame({
        "name": _titles(frame), "type": frame["crime_type_name"].fillna("").astype(str),
        "desc": [f"{row.shift}, {row.hours}, {row.crime_type_name}, "
                 f"{f'{1 + row.returns:g} x ' if row.returns else ''}{row.target_minutes:g} minutes, box {row.box_id}"
                 f"{_way(row.travel_minutes, row.by_street)}" for row in frame.itertuples()]})


def _way(minutes, by_street):
    """How far it is from the box before, in words; nothing where there is none before, or no way."""
    drive = drive_in_words(minutes, True)
    return f", {drive} from the box before{'' if by_street else ' in a straight line'}" if drive else ""
