"""Map layers and tables that OGR opens as rows."""
from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence, Union

import numpy as np
import pandas as pd
from osgeo import gdal, ogr

from ...errors import ConnectError
from ...forecast.crs import quiet
from ..store.layer_file import MISSING_PART, ends_like_layers, has_part, open_layers
from .row_source import POSITION_COLUMNS, NoRows, RowSource, distinct_names, limited
from .text_file import WINDOWS_1252

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_SURROGATE = re.compile("[\ud800-\udfff]")
_NO_SYSTEM = re.compile(r"undefined|unknown .", re.I)
"""What GeoPackages and GDAL call the system of a layer that has none; a system that somebody made by himself is called
“unknown”, but tells all that it takes."""
_POINTS, _AREAS = {ogr.wkbPoint, ogr.wkbMultiPoint}, {ogr.wkbPolygon, ogr.wkbMultiPolygon}


@dataclass
class LayerSource(RowSource):
    """A layer of points or of attributes alone."""

    kind = "layer"

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        source, layer = _open_layer(self.path, self.layer)
        with quiet():  # a GeoPackage reads its system only when it is asked for its fields
            names = _field_names(layer)
            places = dict(zip(distinct_names(map(self._letters, names)), range(len(names))))
            if len(set(names)) == len(names):
                # GDAL takes no name back that is not UTF-8.
                layer.SetIgnoredFields([name for name, column in zip(names, places) if column not in columns
                                        and self._letters(name) == name] + ["OGR_STYLE"])
            total, line = max(layer.GetFeatureCount(), 1), 0
        numbers = [places[column] for column in columns if column in places]
        rows, x, y = [], [], []
        for feature in _features(layer, self.name):
            rows.append([self._letters(feature.GetFieldAsString(number)) for number in numbers])
            if self.has_geometry:
                position = _position(feature.GetGeometryRef(), self.name)
                x.append(position[0])
                y.append(position[1])
            if len(rows) == self.chunk_rows:
                yield self._frame(columns, rows, x, y, line)
                line += len(rows)
                rows, x, y = [], [], []
            if len(rows) % 2000 == 0:
                progress.report(min((line + len(rows)) / total, 1.0))
        if rows:
            yield self._frame(columns, rows, x, y, line)

    def _frame(self, columns: Sequence[str], rows: list[list[str]], x: list[float], y: list[float],
               line: int) -> FileRows:
        plain = [column for column in columns if column not in POSITION_COLUMNS]
        frame = pd.DataFrame(rows, columns=plain, index=range(line + 1, line + 1 + len(rows)), dtype=object)
        if self.has_geometry:
            frame[POSITION_COLUMNS[0]], frame[POSITION_COLUMNS[1]] = np.array(x, dtype=float), np.array(y, dtype=float)
        return limited(frame)

    def _letters(self, text: Union[str, bytes]) -> str:
        """Text of GDAL; bytes of it that are no UTF-8 are taken for Windows-1252, which is told."""
        if isinstance(text, str) and (text.isascii() or not _SURROGATE.search(text)):
            return text
        self.encoding = WINDOWS_1252
        stored = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        return stored.decode(WINDOWS_1252, "replace")


def is_mapinfo(path: Path) -> bool:
    """Whether a ``.tab`` is a layer of MapInfo and not a text with tabs."""
    if path.suffix.lower() != ".tab" or not path.is_file():
        return False
    with open(path, "rb") as file:
        return file.read(64).lstrip().lower().startswith(b"!table")


@quiet()
def open_layer_of_rows(path: Path, layer_name: str, table: str, areas: bool) -> LayerSource:
    source, layer = _open_layer(path, layer_name, table)
    kind = ogr.GT_Flatten(layer.GetGeomType())
    has_areas = areas and kind in _AREAS
    if kind not in _POINTS and kind not in (ogr.wkbNone, ogr.wkbUnknown) and not has_areas:
        raise ConnectError(f"{path.name} holds {ogr.GeometryTypeToName(kind).lower()} where points are needed; "
                           "choose a point layer.")
    if not _has_columns(source):
        raise ConnectError(MISSING_PART.format(path.name, ".dbf", "which holds its columns"))
    if layer.GetFeatureCount() == 0 and layer.GetNextFeature() is None:  # a count can be a file's own word only
        raise NoRows(f"{path.name} has no rows.")
    opened = LayerSource(path, path.name, [], crs=_crs(layer.GetSpatialRef()), has_areas=has_areas,
                         has_geometry=kind != ogr.wkbNone and not has_areas, layer=layer.GetName())
    opened.columns = distinct_names(map(opened._letters, _field_names(layer)))
    return opened


def _has_columns(source: gdal.Dataset) -> bool:
    """Whether a data source, if it is a shapefile, has the file of its attributes."""
    place = source.GetDescription()
    return not place.lower().endswith(".shp") or has_part(place, ".dbf")


@quiet()
def _open_layer(path: Path, name: str, table: str = "") -> tuple[ogr.DataSource, ogr.Layer]:
    """(data source, layer); the first must live as long as the second is used."""
    source = open_layers(path)
    if source is None or source.GetLayerCount() == 0:
        # What ends like a file of layers is damaged; a text or a picture is none.
        wrong = ConnectError if ends_like_layers(path) else NoRows
        raise wrong(f"{path.name} cannot be opened; give CSV, Excel (.xlsx) or a map layer.", gdal.GetLastErrorMsg())
    if not name and table and source.GetLayerByName(table) is not None:
        name = table
    if not name and source.GetLayerCount() > 1:
        names = [source.GetLayer(number).GetName() for number in range(source.GetLayerCount())]
        raise ConnectError(f"{path.name} holds the layers {', '.join(names)}; name one as "
                           f"{path.name}|layername={names[0]}.")
    layer = source.GetLayerByName(name) if name else source.GetLayer(0)
    if layer is None:
        raise ConnectError(f"{path.name} has no layer {name}.")
    return source, layer


def _field_names(layer: ogr.Layer) -> list[str]:
    definition = layer.GetLayerDefn()
    return [definition.GetFieldDefn(number).GetName() for number in range(definition.GetFieldCount())]


def _features(layer: ogr.Layer, name: str) -> Iterator[ogr.Feature]:
    """The features of a layer; GDAL ends them in silence where a file is cut off."""
    while True:
        gdal.ErrorReset()
        try:
            with quiet():
                feature = layer.GetNextFeature()
            broken = feature is None and gdal.GetLastErrorType() >= gdal.CE_Failure
        except RuntimeError:
            broken = True
        if broken:
            raise ConnectError(f"{name} is damaged or cut off; export it again.", gdal.GetLastErrorMsg())
        if feature is None:
            return
        yield feature


def _crs(system: Any) -> str:
    """Authority id or WKT of a layer's system; empty where it has none."""
    if system is None or system.IsLocal() or _NO_SYSTEM.match(system.GetName() or ""):
        return ""
    with suppress(RuntimeError):  # GDAL raises where somebody asked it to; it then knows no code
        system.AutoIdentifyEPSG()
    if system.GetAuthorityCode(None):
        return system.GetAuthorityName(None) + ":" + system.GetAuthorityCode(None)
    return system.ExportToWkt()


def _position(geometry: Optional[ogr.Geometry], name: str) -> tuple[float, float]:
    if geometry is None or geometry.IsEmpty():
        return np.nan, np.nan
    kind = ogr.GT_Flatten(geometry.GetGeometryType())
    if kind not in _POINTS:
        raise ConnectError(f"{name} holds {ogr.GeometryTypeToName(kind).lower()} where points are needed; choose a "
                           "point layer.")
    point = geometry if kind == ogr.wkbPoint else geometry.GetGeometryRef(0)
    return point.GetX(), point.GetY()
