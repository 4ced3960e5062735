"""Sources of rows: delimited text, Excel and map layers, as chunks of texts; only the columns asked for are read."""
import csv
import gzip
import io
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import List

import numpy as np
import pandas as pd
from osgeo import gdal, ogr

from ..errors import ConnectError
from .layerfile import open_layers

GEOMETRY = ("(geometry x)", "(geometry y)")
"""Columns of a chunk that hold a layer's positions as numbers, in the layer's CRS."""

_ROWS = 100_000
_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"
_EXTRA = "(beyond the header)"
_NO_ENCODING = "The letters of {} are in no known encoding; save it as UTF-8."
_TEXT, _EXCEL = {".csv", ".txt", ".tsv", ".tab"}, {".xlsx", ".xlsm"}
_POINTS, _AREAS = {ogr.wkbPoint, ogr.wkbMultiPoint}, {ogr.wkbPolygon, ogr.wkbMultiPolygon}


@dataclass
class Source:
    """A file that rows can be read from.

    Attributes
    ----------
    path : pathlib.Path
    name : str
        File name, for messages and the record.
    columns : list of str
        Names as the file gives them.
    crs : str
        Of a layer with positions, if it tells; else empty.
    has_geometry : bool
        Whether its rows have positions.
    has_areas : bool
        Whether they have polygons; only their attributes are read here.
    """

    path: Path
    name: str
    columns: List[str]
    crs: str = ""
    has_geometry: bool = False
    has_areas: bool = False
    kind: str = ""
    layer: str = ""
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    sheet: pd.DataFrame = field(default=None, repr=False)

    def chunks(self, columns, progress):
        """Give data frames of texts (empty where there is none), indexed by line.

        The line counts the header as 1 and each row as one more; for a layer it is the number of the feature. Rows of a
        text file that are longer than the header have a value in the column :data:`_EXTRA`, see :func:`too_long`.
        """
        yield from {"text": self._text, "excel": self._excel, "layer": self._layer}[self.kind](list(columns), progress)

    def _text(self, columns, progress):
        wanted = [self.columns.index(column) for column in columns] + [len(self.columns)]
        size = max(self.path.stat().st_size, 1)
        with open(self.path, "rb") as raw, _unpacked(raw, self.path) as stream:
            try:
                with pd.read_csv(_Headed(stream, self), sep=self.delimiter, usecols=wanted, index_col=False, dtype=str,
                                 na_filter=False, skip_blank_lines=False, chunksize=_ROWS) as reader:
                    for chunk in reader:
                        progress.report(min(raw.tell() / size, 1.0))
                        chunk.index += 2
                        if len(chunk):
                            yield chunk
            except UnicodeDecodeError as error:
                raise _Encoding from error
            except (pd.errors.ParserError, OSError, EOFError) as error:
                raise ConnectError("{} is damaged or cut off; export it again.".format(self.name),
                                   str(error)) from error

    def _excel(self, columns, progress):
        for start in range(0, len(self.sheet), _ROWS):
            progress.report(start / max(len(self.sheet), 1))
            chunk = self.sheet[columns].iloc[start:start + _ROWS].apply(lambda values: values.map(_cell_text))
            chunk.index += 2
            yield chunk

    def _layer(self, columns, progress):
        source, layer = _open_layer(self.path, self.layer)
        definition = layer.GetLayerDefn()
        places = {definition.GetFieldDefn(number).GetName(): number for number in range(definition.GetFieldCount())}
        layer.SetIgnoredFields([name for name in places if name not in columns] + ["OGR_STYLE"])
        numbers = [places[column] for column in columns if column in places]
        total, line = max(layer.GetFeatureCount(), 1), 0
        rows, x, y = [], [], []
        for feature in layer:
            rows.append([feature.GetFieldAsString(number) for number in numbers])
            if self.has_geometry:
                position = _position(feature.GetGeometryRef(), self.name)
                x.append(position[0])
                y.append(position[1])
            if len(rows) == _ROWS:
                yield self._frame(columns, rows, x, y, line)
                line += len(rows)
                rows, x, y = [], [], []
            if len(rows) % 2000 == 0:
                progress.report(min((line + len(rows)) / total, 1.0))
        if rows:
            yield self._frame(columns, rows, x, y, line)

    def _frame(self, columns, rows, x, y, line):
        plain = [column for column in columns if column not in GEOMETRY]
        frame = pd.DataFrame(rows, columns=plain, index=range(line + 1, line + 1 + len(rows)), dtype=object)
        if self.has_geometry:
            frame[GEOMETRY[0]], frame[GEOMETRY[1]] = np.array(x, dtype=float), np.array(y, dtype=float)
        return frame


class _Headed:
    """The text of a file with a header of distinct names and one column more, to which longer rows show."""

    def __init__(self, stream, source):
        self._text = io.TextIOWrapper(stream, source.encoding, newline="")
        next(csv.reader(iter(self._text.readline, ""), delimiter=source.delimiter))
        header = io.StringIO()
        csv.writer(header, delimiter=source.delimiter, lineterminator="\n").writerow([*source.columns, _EXTRA])
        self._header = header.getvalue()

    def read(self, size=-1):
        """The next characters."""
        start, self._header = self._header, ""
        return start or self._text.read(size)

    def __iter__(self):
        return iter(lambda: self.read(_SAMPLE), "")


class _Encoding(Exception):
    """The text is not in the encoding tried."""


def open_source(path, table="", areas=False):
    """Open a file of rows: CSV and its like (also ``.gz``), Excel, or anything OGR opens as points or as a table.

    A layer of a file with several is named as QGIS does: ``path|layername=name``. Without a name it is the one called
    like ``table``, as in the GeoPackage that comes back from a phone. A ZIP may hold such a GeoPackage. With ``areas``
    a layer of polygons is opened, too.

    Raises
    ------
    ConnectError
        When there is no such file, or it cannot be read, is empty or holds other geometries than points.
    """
    text, _, option = str(path).partition("|layername=")
    path, layer = Path(text), option.split("|")[0]
    if not path.exists():
        raise ConnectError("There is no file {}; check the path.".format(path))
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise ConnectError("{} is a folder; name a file in it.".format(path))
    if not os.access(path, os.R_OK):
        raise ConnectError("{} cannot be read; ask its owner for permission.".format(path))
    if path.stat().st_size == 0:
        raise ConnectError("{} is empty; export it again.".format(path.name))
    kind = _ending(path)
    if kind in _TEXT:
        return _open_text(path)
    if kind in _EXCEL:
        return _open_excel(path)
    if kind == ".xls":
        raise ConnectError("{} is in the old Excel format; save it as .xlsx or CSV.".format(path.name))
    return _open_layer_of_rows(path, layer, table, areas)


def read_rows(source, columns, progress, use):
    """Call ``use(chunk)`` for every chunk of a source and give the list of what it returns.

    A text that is not UTF-8 is read again from the start as Windows-1252.
    """
    try:
        return [use(chunk) for chunk in source.chunks(columns, progress)]
    except _Encoding:
        source.encoding = "cp1252"
    try:
        return [use(chunk) for chunk in source.chunks(columns, progress)]
    except _Encoding as error:
        raise ConnectError(_NO_ENCODING.format(source.name)) from error


def first_rows(source, columns, progress):
    """The first chunk of a source, as :meth:`Source.chunks` gives it; without rows where there are none."""
    for _ in range(2):
        try:
            return next(source.chunks(columns, progress), pd.DataFrame(columns=list(columns), dtype=object))
        except _Encoding:
            source.encoding = "cp1252"
    raise ConnectError(_NO_ENCODING.format(source.name))


def layers_of(path):
    """Names of the layers of a file that OGR opens; none of text and Excel, nor of what cannot be opened."""
    path = Path(path)
    if _ending(path) in _TEXT | _EXCEL or not path.exists():
        return []
    try:
        source = open_layers(path)
    except ConnectError:
        return []  # what is wrong with it, its reader says
    return [source.GetLayer(number).GetName() for number in range(source.GetLayerCount())] if source else []


def too_long(chunk):
    """Which rows of a chunk have more fields than the header."""
    return (chunk[_EXTRA] != "").to_numpy() if _EXTRA in chunk else np.zeros(len(chunk), dtype=bool)


def _ending(path):
    """What a file's name ends in, before a ``.gz``."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else (suffixes or [""])[-1]


def _unpacked(raw, path):
    return gzip.GzipFile(fileobj=raw) if path.suffix.lower() == ".gz" else io.BufferedReader(raw)


def _open_text(path):
    try:
        with open(path, "rb") as raw, _unpacked(raw, path) as stream:
            start = stream.read(_SAMPLE)
    except (OSError, EOFError) as error:
        raise ConnectError("{} is damaged or cut off; export it again.".format(path.name), str(error)) from error
    encoding = "utf-8-sig"
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    elif b"\0" in start:
        raise ConnectError("{} is not a text file; give CSV, Excel or a map layer.".format(path.name))
    text = start.decode(encoding, errors="replace")
    if not text.strip():
        raise ConnectError("{} is empty; export it again.".format(path.name))
    first = text.lstrip("\r\n").splitlines()[0]
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader(io.StringIO(text), delimiter=delimiter))
    if encoding == "utf-8-sig" and "\ufffd" in "".join(header):
        header = next(csv.reader(io.StringIO(start.decode("cp1252", errors="replace")), delimiter=delimiter))
    return Source(path, path.name, _distinct(header), kind="text", encoding=encoding, delimiter=delimiter)


def _open_excel(path):
    try:
        sheets = pd.read_excel(path, sheet_name=None, dtype=object)
    except ImportError as error:
        raise ConnectError("Reading Excel needs the Python package openpyxl; install it, or save {} as CSV."
                           .format(path.name), str(error)) from error
    except Exception as error:  # openpyxl raises whatever a broken file happens to trip over
        raise ConnectError("{} cannot be read as an Excel file; save it again or as CSV.".format(path.name),
                           repr(error)) from error
    sheet = next((sheet for sheet in sheets.values() if len(sheet)), None)
    if sheet is None:
        raise ConnectError("{} has no rows.".format(path.name))
    sheet.columns = _distinct(sheet.columns)
    return Source(path, path.name, list(sheet.columns), kind="excel", sheet=sheet.reset_index(drop=True))


def _cell_text(value):
    if value is None or value is pd.NaT or value != value:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _distinct(names):
    """Names as text without blanks around them, each only once."""
    seen, distinct = set(), []
    for number, name in enumerate(names, 1):
        name = str(name).strip() or "column {}".format(number)
        while name in seen:
            name += "_"
        seen.add(name)
        distinct.append(name)
    return distinct


def _open_layer_of_rows(path, layer_name, table, areas):
    source, layer = _open_layer(path, layer_name, table)
    definition = layer.GetLayerDefn()
    columns = _distinct(definition.GetFieldDefn(number).GetName() for number in range(definition.GetFieldCount()))
    kind = ogr.GT_Flatten(layer.GetGeomType())
    has_areas = areas and kind in _AREAS
    if kind not in _POINTS and kind not in (ogr.wkbNone, ogr.wkbUnknown) and not has_areas:
        raise ConnectError("{} holds {} where points are needed; choose a point layer.".format(
            path.name, ogr.GeometryTypeToName(kind).lower()))
    if layer.GetFeatureCount() == 0:
        raise ConnectError("{} has no rows.".format(path.name))
    return Source(path, path.name, columns, crs=_crs(layer.GetSpatialRef()), has_areas=has_areas,
                  has_geometry=kind != ogr.wkbNone and not has_areas, kind="layer", layer=layer.GetName())


def _open_layer(path, name, table=""):
    """(data source, layer); the first must live as long as the second is used."""
    source = open_layers(path)
    if source is None or source.GetLayerCount() == 0:
        raise ConnectError("{} cannot be opened; give CSV, Excel (.xlsx) or a map layer.".format(path.name),
                           gdal.GetLastErrorMsg())
    if not name and table and source.GetLayerByName(table) is not None:
        name = table
    if not name and source.GetLayerCount() > 1:
        names = [source.GetLayer(number).GetName() for number in range(source.GetLayerCount())]
        raise ConnectError("{} holds the layers {}; name one as {}|layername={}.".format(
            path.name, ", ".join(names), path.name, names[0]))
    layer = source.GetLayerByName(name) if name else source.GetLayer(0)
    if layer is None:
        raise ConnectError("{} has no layer {}.".format(path.name, name))
    return source, layer


def _crs(system):
    if system is None or system.IsLocal() or (system.GetName() or "").lower().startswith(("undefined", "unknown")):
        return ""
    if system.AutoIdentifyEPSG() == ogr.OGRERR_NONE or system.GetAuthorityCode(None):
        return system.GetAuthorityName(None) + ":" + system.GetAuthorityCode(None)
    return system.ExportToWkt()


def _position(geometry, name):
    if geometry is None or geometry.IsEmpty():
        return np.nan, np.nan
    kind = ogr.GT_Flatten(geometry.GetGeometryType())
    if kind not in _POINTS:
        raise ConnectError("{} holds {} where points are needed; choose a point layer.".format(
            name, ogr.GeometryTypeToName(kind).lower()))
    point = geometry if kind == ogr.wkbPoint else geometry.GetGeometryRef(0)
    return point.GetX(), point.GetY()
