"""Sources of rows: delimited text, Excel and map layers, as chunks of texts; only the columns asked for are read."""
from __future__ import annotations

import csv
import io
import os
import re
import zipfile
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Callable, Iterable, Iterator, Mapping, Optional, Sequence, Union

import numpy as np
import pandas as pd
from osgeo import gdal, ogr

from ...errors import ConnectError
from ..store.layer_file import check_unpacked, open_layers
from ..store.runs import file_hash
from .cell_texts import cell_text
from .text_file import (ASSUMED, UTF8, WINDOWS, Letters, NotUtf8, decoded, encoding_of, header_of, lines_of, start_of,
                        told, unpacked)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...progress import Progress
    from .import_frames import FileRows

GEOMETRY = ("(geometry x)", "(geometry y)")
"""Columns of a chunk that hold a layer's positions as numbers, in the layer's CRS."""

_ROWS = 100_000
_SAMPLE = 1 << 16
_DELIMITERS = ",;\t|"
FAULT = "(fault)"
_EXTRA, _LONG = "(beyond the header)", "(too long)"
LONGEST_FIELD = 2000
FAULTS = ("", "more fields than the header", f"a field of more than {LONGEST_FIELD:,} letters")
"""What can be wrong with a row whatever its columns mean."""
_NO_EXCEL = "{} cannot be read as an Excel file; save it again or as CSV."
_LONGEST_NAME = 300
_SURROGATE = re.compile("[\ud800-\udfff]")
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
    columns: list[str]
    crs: str = ""
    has_geometry: bool = False
    has_areas: bool = False
    kind: str = ""
    layer: str = ""
    encoding: str = UTF8
    delimiter: str = ","
    sheet: pd.DataFrame = field(default=None, repr=False)

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        """Give data frames of texts (empty where there is none), indexed by line.

        The line counts the header as 1 and each row as one more; for a layer it is the number of the feature. Rows of a
        text file that are longer than the header have a value in the column :data:`_EXTRA`, see :func:`faults`.
        """
        yield from {"text": self._text, "excel": self._excel, "layer": self._layer}[self.kind](list(columns), progress)

    def unused(self, mapping: Mapping[str, str]) -> list[str]:
        """Columns that a mapping (role -> column) does not use."""
        used = set(mapping.values())
        return [column for column in self.columns if column not in used]

    def digest(self) -> str:
        """SHA-256 of its file; empty for a folder."""
        return file_hash(self.path) if self.path.is_file() else ""

    def notes(self) -> list[str]:
        """Sentences on what had to be assumed when it was read."""
        return [ASSUMED.format(self.name)] if self.encoding == WINDOWS else []

    def _text(self, columns: list[str], progress: Progress) -> Iterator[FileRows]:
        wanted = [self.columns.index(column) for column in columns] + [len(self.columns)]
        size = max(self.path.stat().st_size, 1)
        with told(self.name, self.encoding), unpacked(self.path) as (raw, stream):
            headed = _Headed(stream, self)
            with pd.read_csv(headed, sep=self.delimiter, usecols=wanted, index_col=False, dtype=str, na_filter=False,
                             skip_blank_lines=False, chunksize=_ROWS) as reader:
                for chunk in reader:
                    progress.report(min(raw.tell() / size, 1.0))
                    chunk.index += 1 + headed.rows
                    if len(chunk):
                        yield _limited(chunk)

    def _excel(self, columns: list[str], progress: Progress) -> Iterator[FileRows]:
        for start in range(0, len(self.sheet), _ROWS):
            progress.report(start / max(len(self.sheet), 1))
            chunk = self.sheet[columns].iloc[start:start + _ROWS].apply(lambda values: values.map(cell_text))
            chunk.index += 2
            yield _limited(chunk)

    def _layer(self, columns: list[str], progress: Progress) -> Iterator[FileRows]:
        source, layer = _open_layer(self.path, self.layer)
        names = _field_names(layer)
        places = dict(zip(_distinct(map(self._letters, names)), range(len(names))))
        if len(set(names)) == len(names):
            # GDAL takes no name back that is not UTF-8.
            layer.SetIgnoredFields([name for name, column in zip(names, places) if column not in columns
                                    and self._letters(name) == name] + ["OGR_STYLE"])
        numbers = [places[column] for column in columns if column in places]
        total, line = max(layer.GetFeatureCount(), 1), 0
        rows, x, y = [], [], []
        for feature in _features(layer, self.name):
            rows.append([self._letters(feature.GetFieldAsString(number)) for number in numbers])
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

    def _frame(self, columns: list[str], rows: list[list[str]], x: list[float], y: list[float], line: int) -> FileRows:
        plain = [column for column in columns if column not in GEOMETRY]
        frame = pd.DataFrame(rows, columns=plain, index=range(line + 1, line + 1 + len(rows)), dtype=object)
        if self.has_geometry:
            frame[GEOMETRY[0]], frame[GEOMETRY[1]] = np.array(x, dtype=float), np.array(y, dtype=float)
        return _limited(frame)

    def _letters(self, text: Union[str, bytes]) -> str:
        """Text of GDAL; bytes of it that are no UTF-8 are taken for Windows-1252, which is told."""
        if isinstance(text, str) and (text.isascii() or not _SURROGATE.search(text)):
            return text
        self.encoding = WINDOWS
        stored = text if isinstance(text, bytes) else text.encode("utf-8", "surrogateescape")
        return stored.decode(WINDOWS, "replace")


class _Headed:
    """The text of a file with a header of distinct names and one column more, to which longer rows show; ``rows`` were
    read for the header."""

    def __init__(self, stream: IO[bytes], source: Source) -> None:
        self._text = Letters(stream, source.encoding, source.name)
        _, self.rows = header_of(iter(self._text.readline, ""), source.delimiter)
        header = io.StringIO()
        csv.writer(header, delimiter=source.delimiter, lineterminator="\n").writerow([*source.columns, _EXTRA])
        self._header = header.getvalue()

    def read(self, size: int = -1) -> str:
        """The next characters."""
        start, self._header = self._header, ""
        return start or self._text.read(size)

    def __iter__(self) -> Iterator[str]:
        return iter(lambda: self.read(_SAMPLE), "")


def open_source(path: Union[str, Path], table: str = "", areas: bool = False) -> Source:
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
        raise ConnectError(f"There is no file {path}; check the path.")
    if path.is_dir() and path.suffix.lower() != ".gdb":
        raise ConnectError(f"{path} is a folder; name a file in it.")
    if not os.access(path, os.R_OK):
        raise ConnectError(f"{path} cannot be read; ask its owner for permission.")
    if path.stat().st_size == 0:
        raise ConnectError(f"{path.name} is empty; export it again.")
    kind = _ending(path)
    if kind in _TEXT:
        return _open_text(path)
    if kind in _EXCEL:
        return _open_excel(path)
    if kind == ".xls":
        raise ConnectError(f"{path.name} is in the old Excel format; save it as .xlsx or CSV.")
    return _open_layer_of_rows(path, layer, table, areas)


def read_rows(source: Source, columns: Sequence[str], progress: Progress, use: Callable[[FileRows], Any]) -> list[Any]:
    """Call ``use(chunk)`` for every chunk of a source and give the list of what it returns.

    A text that is not UTF-8 is read again from the start as Windows-1252.
    """
    try:
        return [use(chunk) for chunk in source.chunks(columns, progress)]
    except NotUtf8:
        source.encoding = WINDOWS
    return [use(chunk) for chunk in source.chunks(columns, progress)]


def read_whole(source: Source, columns: Iterable[str], progress: Progress) -> FileRows:
    """All rows of a source as one chunk, with the number of each row's fault in the column :data:`FAULT`."""
    parts = read_rows(source, list(dict.fromkeys(columns)), progress,
                      lambda chunk: chunk.assign(**{FAULT: faults(chunk)}))
    if not parts:
        raise ConnectError(f"{source.name} has no rows.")
    return pd.concat(parts)


def first_rows(source: Source, columns: Sequence[str], progress: Progress) -> FileRows:
    """The first chunk of a source, as :meth:`Source.chunks` gives it; without rows where there are none."""
    try:
        return next(source.chunks(columns, progress), pd.DataFrame(columns=list(columns), dtype=object))
    except NotUtf8:
        source.encoding = WINDOWS
    return next(source.chunks(columns, progress), pd.DataFrame(columns=list(columns), dtype=object))


def layers_of(path: Union[str, Path]) -> list[str]:
    """Names of the layers of a file that OGR opens; none of text and Excel, nor of what cannot be opened."""
    path = Path(path)
    if _ending(path) in _TEXT | _EXCEL or not path.exists():
        return []
    try:
        source = open_layers(path)
    except ConnectError:
        return []  # what is wrong with it, its reader says
    return [source.GetLayer(number).GetName() for number in range(source.GetLayerCount())] if source else []


def faults(chunk: FileRows) -> NDArray[np.uint8]:
    """Number of the :data:`FAULTS` of each row of a chunk; 0 where it has none."""
    found = np.zeros(len(chunk), dtype=np.uint8)
    if _EXTRA in chunk:
        found[(chunk[_EXTRA] != "").to_numpy()] = 1
    if _LONG in chunk:
        found[chunk[_LONG].to_numpy(bool)] = 2
    return found


def _limited(chunk: FileRows) -> FileRows:
    """A chunk without texts of absurd length, on which patterns would be tried for minutes."""
    long = np.zeros(len(chunk), dtype=bool)
    for place, column in enumerate(chunk.columns):
        if column in GEOMETRY:
            continue
        here = np.fromiter(map(len, chunk.iloc[:, place]), dtype=np.int64, count=len(chunk)) > LONGEST_FIELD
        if here.any():
            chunk[column] = chunk[column].where(~here, "")
            long |= here
    return chunk.assign(**{_LONG: long}) if long.any() else chunk


def _ending(path: Path) -> str:
    """What a file's name ends in, before a ``.gz``."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else (suffixes or [""])[-1]


def _open_text(path: Path) -> Source:
    start = start_of(path)
    text, encoding = decoded(start, encoding_of(start, path.name))
    first = next((line for line in lines_of(text) if line.strip()), "")
    if not first:
        raise ConnectError(f"{path.name} is empty; export it again.")
    delimiter = max(_DELIMITERS, key=first.count)
    with told(path.name):
        header, _ = header_of(lines_of(text), delimiter)
    return Source(path, path.name, _distinct(header), kind="text", encoding=encoding, delimiter=delimiter)


def _open_excel(path: Path) -> Source:
    if not zipfile.is_zipfile(path):
        raise ConnectError(_NO_EXCEL.format(path.name))
    check_unpacked(path)
    _check_without_entities(path)
    try:
        sheets = pd.read_excel(path, sheet_name=None, dtype=object)
    except ImportError as error:
        raise ConnectError(f"Reading Excel needs the Python package openpyxl; install it, or save {path.name} as CSV.",
                           str(error)) from error
    except Exception as error:  # openpyxl raises whatever a broken file happens to trip over
        raise ConnectError(_NO_EXCEL.format(path.name), repr(error)) from error
    sheet = next((sheet for sheet in sheets.values() if len(sheet)), None)
    if sheet is None:
        raise ConnectError(f"{path.name} has no rows.")
    sheet.columns = _distinct(sheet.columns)
    return Source(path, path.name, list(sheet.columns), kind="excel", sheet=sheet.reset_index(drop=True))


def _check_without_entities(path: Path) -> None:
    """A part that declares entities was made by hand: the format forbids it, and they can grow without end."""
    try:
        with zipfile.ZipFile(path) as packed:
            declares = next((part.filename for part in packed.infolist() if _declares_entities(packed, part)), "")
    except Exception as error:  # zipfile raises whatever a broken file happens to trip over
        raise ConnectError(_NO_EXCEL.format(path.name), repr(error)) from error
    if declares:
        raise ConnectError(_NO_EXCEL.format(path.name), "a document type in " + declares)


def _declares_entities(packed: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    with packed.open(part) as file:
        return b"<!DOCTYPE" in file.read(_SAMPLE).replace(b"\0", b"").upper()  # also of UTF-16


def _distinct(names: Iterable[object]) -> list[str]:
    """Names as text in one line, without blanks around them, each only once."""
    seen: Counter[str] = Counter()
    distinct: list[str] = []
    for number, name in enumerate(names, 1):
        name = re.sub(r"\s*[\x00-\x1f\x85\u2028\u2029]+\s*", " ", str(name)[:_LONGEST_NAME])
        name = name.encode("utf-8", "replace").decode("utf-8").strip() or f"column {number}"
        first = name
        while seen[name]:
            again, seen[first] = seen[first], seen[first] + 1
            name = first + ("_" * again if again < 4 else f"_{again}")
        seen[name] += 1
        distinct.append(name)
    return distinct


def _field_names(layer: ogr.Layer) -> list[str]:
    definition = layer.GetLayerDefn()
    return [definition.GetFieldDefn(number).GetName() for number in range(definition.GetFieldCount())]


def _features(layer: ogr.Layer, name: str) -> Iterator[ogr.Feature]:
    """The features of a layer; GDAL ends them in silence where a file is cut off."""
    while True:
        gdal.ErrorReset()
        try:
            feature = layer.GetNextFeature()
            broken = feature is None and gdal.GetLastErrorType() >= gdal.CE_Failure
        except RuntimeError:
            broken = True
        if broken:
            raise ConnectError(f"{name} is damaged or cut off; export it again.", gdal.GetLastErrorMsg())
        if feature is None:
            return
        yield feature


def _open_layer_of_rows(path: Path, layer_name: str, table: str, areas: bool) -> Source:
    source, layer = _open_layer(path, layer_name, table)
    kind = ogr.GT_Flatten(layer.GetGeomType())
    has_areas = areas and kind in _AREAS
    if kind not in _POINTS and kind not in (ogr.wkbNone, ogr.wkbUnknown) and not has_areas:
        raise ConnectError(f"{path.name} holds {ogr.GeometryTypeToName(kind).lower()} where points are needed; "
                           "choose a point layer.")
    if layer.GetFeatureCount() == 0:
        raise ConnectError(f"{path.name} has no rows.")
    opened = Source(path, path.name, [], crs=_crs(layer.GetSpatialRef()), has_areas=has_areas,
                    has_geometry=kind != ogr.wkbNone and not has_areas, kind="layer", layer=layer.GetName())
    opened.columns = _distinct(map(opened._letters, _field_names(layer)))
    return opened


def _open_layer(path: Path, name: str, table: str = "") -> tuple[ogr.DataSource, ogr.Layer]:
    """(data source, layer); the first must live as long as the second is used."""
    source = open_layers(path)
    if source is None or source.GetLayerCount() == 0:
        raise ConnectError(f"{path.name} cannot be opened; give CSV, Excel (.xlsx) or a map layer.",
                           gdal.GetLastErrorMsg())
    if not name and table and source.GetLayerByName(table) is not None:
        name = table
    if not name and source.GetLayerCount() > 1:
        names = [source.GetLayer(number).GetName() for number in range(source.GetLayerCount())]
        raise ConnectError("{} holds the layers {}; name one as {}|layername={}.".format(
            path.name, ", ".join(names), path.name, names[0]))
    layer = source.GetLayerByName(name) if name else source.GetLayer(0)
    if layer is None:
        raise ConnectError(f"{path.name} has no layer {name}.")
    return source, layer


def _crs(system: Any) -> str:
    if system is None or system.IsLocal() or (system.GetName() or "").lower().startswith(("undefined", "unknown")):
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
