"""The plan GeoPackage: what the map, the sheets and other software read."""
from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

import numpy as np
import pandas as pd
from osgeo import gdal, ogr
from qgis.core import (Qgis, QgsCoordinateReferenceSystem, QgsCoordinateTransformContext, QgsFeature, QgsFeatureSink,
                       QgsFields, QgsGeometry, QgsVectorFileWriter)

from ...errors import ConnectError
from ...files import scratch
from ...progress import SILENT
from ...workspace.store.layer_file import open_layers
from ..paper.map_layers import fields_of
from .sheets import key, sheets

if TYPE_CHECKING:
    from pathlib import Path

    from shapely.geometry.base import BaseGeometry

    from ...progress import Progress
    from .rollcall_data import RollCall

_REPLACED = ("DELETE FROM patrols", "INSERT INTO patrols SELECT * FROM fresh.patrols",
             "DELETE FROM sheets", "INSERT INTO sheets SELECT * FROM fresh.sheets",
             "DELETE FROM sheet_rows", "INSERT INTO sheet_rows SELECT * FROM fresh.sheet_rows")
CONTEXT = ("parks", "water", "roads", "railroads")
_NO_ROOM = "The plan could not be written: free some space on the disk."


def write_geopackage(path: str | Path, rollcalls: Sequence[RollCall], progress: Progress = SILENT,
                     with_forecast: bool = True) -> dict[str, int]:
    """Write the plan of some shifts, and the streets, parks and water around, to a new GeoPackage.

    Layers: patrols, forecast (unless left out), beats, sheets, parks, water, roads, railroads; tables: sheet_rows,
    crime_types. ``rollcalls`` are :class:`~.rollcall_data.RollCall` of one workspace.

    Returns
    -------
    dict
        Layer or table -> how many features it has.
    """
    first = rollcalls[0]
    pages, rows, patrols = sheets(rollcalls)
    crs = QgsCoordinateReferenceSystem(first.crs)
    kinds = first.crime_types.rename(columns={"name": "crime_type_name"})
    names = {rollcall.shift: rollcall.shift_name for rollcall in rollcalls}
    # Ways stand in the rows of the sheets; as columns they would keep plans of before from being brought up to date.
    patrols = patrols.drop(columns=["travel_minutes", "by_street"]).merge(kinds, on="crime_type", how="left")
    patrols["shift_name"] = patrols["shift"].map(names)
    patrols["reasons"] = ["; ".join(reasons) for reasons in patrols["reasons"]]
    area, polygon, none = Qgis.WkbType.MultiPolygon, Qgis.WkbType.Polygon, Qgis.WkbType.NoGeometry
    box = kind_of_boxes([rollcall.forecast for rollcall in rollcalls] + [patrols])
    forecast = {"forecast": (_forecast(rollcalls).merge(kinds, on="crime_type", how="left"), box)} \
        if with_forecast else {}
    tables = {"patrols": (patrols, box), **forecast, "beats": (first.beats, area), "sheets": (pages, polygon),
              "sheet_rows": (rows, none), "crime_types": (key(first.crime_types), none)}
    return write_tables(path, tables, crs, first.context, progress)


def kind_of_boxes(frames: Sequence[pd.DataFrame]) -> Qgis.WkbType:
    """Of boxes with their ``geometry``: remnants beside placed squares may be in several parts."""
    in_parts = any(shape.geom_type != "Polygon" for frame in frames for shape in frame["geometry"])
    return Qgis.WkbType.MultiPolygon if in_parts else Qgis.WkbType.Polygon


def write_tables(path: str | Path, tables: Mapping[str, tuple[pd.DataFrame, Qgis.WkbType]],
                 crs: QgsCoordinateReferenceSystem, context: str, progress: Progress) -> dict[str, int]:
    """Write tables by name, and the map context, to a new GeoPackage -> layer or table -> how many features."""
    with no_waiting_for_the_disk():
        for name, (frame, geometry_type) in tables.items():
            _write_table(path, name, frame, geometry_type, crs)
        copied = copy_context(path, context, crs, progress)
    return {**{name: len(frame) for name, (frame, _) in tables.items()}, **copied}


def bring_up_to_date(path: str, rollcalls: Sequence[RollCall]) -> None:
    """Put patrols and sheets as they are now into a plan that was written before, in one transaction.

    The file stays the same one, so that a project that has it open needs only to draw its layers again. Its forecast,
    beats and map context are left as they are, since no change of a plan touches them.

    Parameters
    ----------
    path : str
    rollcalls : sequence of RollCall
        All shifts of the file.

    Raises
    ------
    ConnectError
        When the file cannot be written.
    """
    with scratch("The plan as it is now") as folder:
        fresh = folder / "fresh.gpkg"
        write_geopackage(fresh, [replace(rollcall, context="") for rollcall in rollcalls], with_forecast=False)
        if not _take_over(path, str(fresh)):
            raise ConnectError(f"{os.path.basename(path)} could not be brought up to date; allow writing to it and "
                               "free some space on the disk, or run the whole day again.", gdal.GetLastErrorMsg())


def _take_over(path: str, fresh: str) -> bool:
    """Replace rows of a plan by those of another file in one transaction -> whether that was done; both are closed."""
    target = gdal.OpenEx(path, gdal.OF_VECTOR | gdal.OF_UPDATE) if os.access(path, os.W_OK) else None
    if target is None:
        return False
    target.ExecuteSQL("ATTACH DATABASE '" + fresh.replace("'", "''") + "' AS fresh")
    target.StartTransaction()
    for statement in _REPLACED:
        gdal.ErrorReset()
        target.ExecuteSQL(statement)
        if gdal.GetLastErrorType() >= gdal.CE_Failure:
            target.RollbackTransaction()
            return False
    if target.CommitTransaction() != ogr.OGRERR_NONE:
        target.RollbackTransaction()
        return False
    target.ExecuteSQL("DETACH DATABASE fresh")
    return True


@contextmanager
def no_waiting_for_the_disk() -> Iterator[None]:
    """Write a new GeoPackage without a wait per table: nobody sees it before it is whole and moved into place."""
    name = "OGR_SQLITE_SYNCHRONOUS"
    before = gdal.GetThreadLocalConfigOption(name)
    gdal.SetThreadLocalConfigOption(name, "OFF")
    try:
        yield
    finally:
        gdal.SetThreadLocalConfigOption(name, before)


def _forecast(rollcalls: Sequence[RollCall]) -> pd.DataFrame:
    return pd.concat([rollcall.forecast.assign(shift_date=rollcall.shift_date, shift=rollcall.shift)
                      for rollcall in rollcalls], ignore_index=True)


def _write_table(path: str | Path, name: str, frame: pd.DataFrame, geometry_type: Qgis.WkbType,
                 crs: QgsCoordinateReferenceSystem) -> None:
    """One table of the GeoPackage from a frame; its ``geometry`` column, if any, holds shapely objects."""
    columns = [column for column in frame.columns if column != "geometry"]
    fields = fields_of(frame[columns])
    writer = QgsVectorFileWriter.create(str(path), fields, geometry_type, crs, QgsCoordinateTransformContext(),
                                        _options(path, name))
    try:
        _fill(writer, fields, frame, columns, geometry_type)
    finally:
        del writer  # closes the file, also where an error is kept with all that was known at its place


def _fill(writer: QgsVectorFileWriter, fields: QgsFields, frame: pd.DataFrame, columns: Sequence[str],
          geometry_type: Qgis.WkbType) -> None:
    if writer.hasError() != QgsVectorFileWriter.WriterError.NoError:
        raise ConnectError(_NO_ROOM, writer.errorMessage())
    features = []
    values = zip(*(_values(frame[column]) for column in columns))
    shapes = frame["geometry"] if "geometry" in frame else [None] * len(frame)
    for row, shape in zip(values, shapes):
        feature = QgsFeature(fields)
        feature.setAttributes(list(row))
        if shape is not None:
            feature.setGeometry(_geometry(shape, geometry_type))
        features.append(feature)
    if not writer.addFeatures(features, QgsFeatureSink.Flag.FastInsert) or not writer.flushBuffer():
        raise ConnectError(_NO_ROOM, writer.errorMessage())


def _values(column: pd.Series) -> list[Any]:
    """Values of a column as QGIS takes them: plain Python, ``None`` for null."""
    if column.dtype.kind in "biuf":
        return [None if value != value else value for value in column.to_numpy().tolist()]
    return [None if value is None or value is pd.NA or value != value else
            value.item() if isinstance(value, np.generic) else str(value) for value in column]


def _geometry(shape: BaseGeometry, geometry_type: Qgis.WkbType) -> QgsGeometry:
    geometry = QgsGeometry()
    geometry.fromWkb(shape.wkb)
    if geometry_type == Qgis.WkbType.MultiPolygon:
        geometry.convertToMultiType()
    return geometry


def _options(path: str | Path, name: str) -> QgsVectorFileWriter.SaveVectorOptions:
    options = QgsVectorFileWriter.SaveVectorOptions()
    options.driverName = "GPKG"
    options.layerName = name
    actions = QgsVectorFileWriter.ActionOnExistingFile
    options.actionOnExistingFile = (actions.CreateOrOverwriteLayer if os.path.exists(path)
                                    else actions.CreateOrOverwriteFile)
    return options


def copy_context(path: str | Path, context: str, crs: QgsCoordinateReferenceSystem,
                 progress: Progress) -> dict[str, int]:
    """Copy what the agency's map context has of our layers, in the plan's CRS -> layer -> how many features."""
    copied: dict[str, int] = {}
    if not context:
        return copied
    if not os.path.exists(context):
        progress.warn(f"The map context {context} is not there, so maps show boxes and beats only. "
                      "Name a GeoPackage with streets, parks and water in the settings of the workspace.")
        return copied
    try:
        source = open_layers(context)
        if source is None:
            raise ConnectError(f"The map context {context} is no file of map layers that can be read.")
    except ConnectError as error:
        progress.warn(f"Maps show boxes and beats only. {error.user}")
        return copied
    for name in CONTEXT:
        layer = source.GetLayerByName(name)
        if layer is None or layer.GetSpatialRef() is None:
            continue
        done = _copied(path, source, name, crs)
        if done is not None:
            copied[name] = done.GetLayerByName(name).GetFeatureCount()
        elif "disk" in gdal.GetLastErrorMsg():
            raise ConnectError(_NO_ROOM, gdal.GetLastErrorMsg())
        else:
            progress.warn(f"The layer {name} of the map context could not be read, so maps go without it.")
        done = None  # closed, so that the file can be moved
    return copied


def _copied(path: str | Path, source: gdal.Dataset, name: str,
            crs: QgsCoordinateReferenceSystem) -> gdal.Dataset | None:
    """The file with a copy of a layer in it, open; None where that failed."""
    try:
        return gdal.VectorTranslate(
            str(path), source, format="GPKG", accessMode="update", layers=[name], layerName=name, dim="XY",
            dstSRS=crs.toWkt(), geometryType=["PROMOTE_TO_MULTI", "CONVERT_TO_LINEAR"])
    except RuntimeError:  # GDAL raises where somebody asked it to
        return None
