"""Many boxes into one new GeoPackage layer, fast: arrays become blobs, rows and the spatial index in bulk."""
from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pandas as pd
from osgeo import gdal, ogr, osr

from ...file_checks import layers
from ...files import replacing
from ...progress import SILENT, Progress
from ..steps.plan_frames import Rectangles
from ..store.rtree import RTree
from ..store.sql_text import quoted

_POLYGON = np.dtype([
    ("magic", "S2"), ("version", "u1"), ("flags", "u1"), ("srs_id", "<i4"), ("envelope", "<f8", 4),
    ("order", "u1"), ("type", "<u4"), ("rings", "<u4"), ("points", "<u4"), ("corners", "<f8", (5, 2))])
_LITTLE_ENDIAN_WITH_ENVELOPE = 0x03
_FIELD_TYPES = {"b": ogr.OFTInteger, "i": ogr.OFTInteger64, "f": ogr.OFTReal}
_ROWS_AT_ONCE = 20_000


def write_boxes(path: str | Path, frame: pd.DataFrame, rectangles: Rectangles, crs: str,
                progress: Progress = SILENT) -> None:
    """Write boxes to a new GeoPackage with one layer, named as the file; it replaces a file of that name once whole.

    Parameters
    ----------
    path : str
        Where the file goes.
    frame : pandas.DataFrame
        Attributes: numbers, or text with None for null.
    rectangles : numpy.ndarray of shape (n, 4)
        x_min, y_min, x_max, y_max in metres of ``crs``.
    crs : str
        Authority id or WKT.

    Raises
    ------
    ConnectError
        When the file cannot be written.
    """
    path = Path(path)
    with replacing(path, check=layers({path.stem: len(frame)})) as unfinished:
        try:
            srs_id = _create(unfinished, path.stem, frame, crs)
            connection = sqlite3.connect(unfinished, isolation_level=None)
            try:
                _fill(connection, path.stem, frame, np.asarray(rectangles, dtype=float), srs_id, progress)
            finally:
                connection.close()
        except (RuntimeError, sqlite3.Error) as error:
            raise OSError(repr(error)) from error


def _create(path, layer_name, frame, crs):
    """An empty layer with its spatial index and triggers, as GDAL makes them -> the id of its CRS in the file."""
    system = osr.SpatialReference()
    system.SetFromUserInput(crs)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path))
    if source is None:
        raise OSError(gdal.GetLastErrorMsg())
    layer = source.CreateLayer(layer_name, system, ogr.wkbPolygon, ["GEOMETRY_NAME=geom", "FID=fid"])
    for name in frame.columns:
        field = ogr.FieldDefn(name, _FIELD_TYPES.get(frame[name].dtype.kind, ogr.OFTString))
        if frame[name].dtype.kind == "b":
            field.SetSubType(ogr.OFSTBoolean)
        layer.CreateField(field)
    source.Release()
    with sqlite3.connect(path) as connection:
        srs_id, = connection.execute("SELECT srs_id FROM gpkg_geometry_columns").fetchone()
    connection.close()
    return srs_id


def _fill(connection, table, frame, rectangles, srs_id, progress):
    # Nobody else knows the file yet and it is thrown away after any error, so it needs no journal.
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA cache_size = -262144")
    connection.execute("BEGIN")
    triggers = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?",
                                  (table,)).fetchall()
    for name, _ in triggers:
        connection.execute(" ".join(["DROP TRIGGER", quoted(name)]))
    names = ["fid", "geom", *frame.columns]
    statement = " ".join(["INSERT INTO", quoted(table), "(", ", ".join(map(quoted, names)), ") VALUES (",
                          ", ".join("?" * len(names)), ")"])
    columns = [frame[name].tolist() for name in frame.columns]
    for start in range(0, len(frame), _ROWS_AT_ONCE):
        part = slice(start, start + _ROWS_AT_ONCE)
        blobs = rectangle_blobs(rectangles[part], srs_id)
        connection.executemany(statement, zip(range(start + 1, start + 1 + len(blobs)), blobs,
                                              *(column[part] for column in columns)))
        progress.report(start / len(frame))
    RTree(connection, f"rtree_{table}_geom", quoted).change(
        np.empty(0, dtype=np.int64), np.arange(1, len(frame) + 1), rectangles, len(frame))
    for _, sql in triggers:
        connection.execute(sql)
    low, high = (rectangles[:, :2].min(axis=0), rectangles[:, 2:].max(axis=0)) if len(frame) else ((None,) * 2,) * 2
    connection.execute("UPDATE gpkg_contents SET min_x = ?, min_y = ?, max_x = ?, max_y = ?", (*low, *high))
    connection.execute("UPDATE gpkg_ogr_contents SET feature_count = ?", (len(frame),))
    connection.execute("COMMIT")


def rectangle_blobs(rectangles: Rectangles, srs_id: int) -> list[bytes]:
    """GeoPackage blobs of rectangles (n, 4), a list of bytes (OGC 12-128r18, clause 2.1.3)."""
    x_min, y_min, x_max, y_max = rectangles.T
    polygons = np.zeros(len(rectangles), dtype=_POLYGON)
    polygons["magic"], polygons["flags"], polygons["srs_id"] = b"GP", _LITTLE_ENDIAN_WITH_ENVELOPE, srs_id
    polygons["envelope"] = np.stack([x_min, x_max, y_min, y_max], axis=1)
    polygons["order"], polygons["type"], polygons["rings"], polygons["points"] = 1, 3, 1, 5
    polygons["corners"][:, :, 0] = np.stack([x_min, x_max, x_max, x_min, x_min], axis=1)
    polygons["corners"][:, :, 1] = np.stack([y_min, y_min, y_max, y_max, y_min], axis=1)
    return _cut(polygons)


def _cut(records):
    """One bytes object per record of an array."""
    everything, size = records.tobytes(), records.dtype.itemsize
    return [everything[start:start + size] for start in range(0, len(everything), size)]
