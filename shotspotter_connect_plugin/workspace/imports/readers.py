"""Sources of rows: delimited text, Excel and map layers, as chunks of texts; only the columns asked for are read."""
from __future__ import annotations

import os
import shutil
import tempfile
import zipfile
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Callable, Iterable, Sequence, TypeVar, Union

import pandas as pd

from ...errors import ConnectError, some
from ...forecast.crs import quiet
from ...progress import SILENT
from ..store.layer_file import open_layers
from .alert_xml_source import is_xml, open_alerts
from .excel_source import open_excel, open_named_xls
from .json_source import is_json, open_json
from .layer_source import is_mapinfo, open_layer_of_rows
from .packed_file import lines_in, member_of, only_explains, unread_in
from .row_source import FAULT, NoRows, RowSource, faults, unmarked, without_lines
from .text_file import WINDOWS_1252, NotUtf8, told, unpacked
from .text_source import open_text

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_TEXT = {".csv", ".txt", ".tsv", ".tab", ".psv", ".log", ".rpt"}
_OF_WATCHES = {".tcx", ".fit"}
_OTHER_SHEETS = {".xls": "the old Excel format", ".xlsb": "Excel's binary format", ".accdb": "the format of Access",
                 ".numbers": "the format of Apple Numbers", ".mdb": "the format of Access"}
_EXCEL, _JSON = {".xlsx", ".xlsm"}, {".json", ".geojson", ".jsonl", ".ndjson", ".rec"}

_NAMED, _SOON_READ = 3, 1 << 20
"""Files left out of a ZIP that are named, and bytes of one whose rows are counted in some hundredths of a second."""

_Read = TypeVar("_Read")


def open_source(path: Union[str, Path], table: str = "", areas: bool = False) -> RowSource:
    """Open a file of rows: CSV and its like (also ``.gz``), Excel, JSON, alerts in XML, anything OGR opens as points or
    as a table, or a ZIP with one of these.

    A layer of a file with several is named as QGIS does: ``path|layername=name``. Without a name it is the one called
    like ``table``, as in the GeoPackage that comes back from a phone. With ``areas``
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
        raise NoRows(f"{path.name} is empty; export it again.")
    source = _open(path, layer, table, areas)
    unread = unread_in(path)
    if unread:
        source.told.append(f"Of what {path.name} holds, nothing was read of {_with_rows(path, unread)}.")
    return source


def _with_rows(path: Path, names: Sequence[str]) -> str:
    """Files in a ZIP with how many rows each holds, as it would be read for itself; lines where that would take long,
    nothing more of what only explains others."""
    told = []
    for name in names[:_NAMED]:
        rows = "" if only_explains(name) else _rows_in(path, name) or lines_in(path, name)
        told.append(f"{some([name])} ({rows})" if rows else some([name]))
    more = len(names) - len(told)
    return ", ".join(told) + (f" and {more:,} more" if more else "")


def _rows_in(path: Path, name: str) -> str:
    with zipfile.ZipFile(path) as packed:
        if packed.getinfo(name).file_size > _SOON_READ:
            return ""
    with suppress(ConnectError, RuntimeError, NotImplementedError), \
            tempfile.NamedTemporaryFile(suffix=PurePosixPath(name).suffix.lower()) as alone:
        with told(path.name), zipfile.ZipFile(path) as packed, packed.open(name) as member:
            shutil.copyfileobj(member, alone)
        alone.flush()
        source = open_source(Path(alone.name))
        rows = sum(read_rows(source, source.columns[:1], SILENT, len))
        return f"{rows:,} rows" if rows != 1 else "1 row"
    return ""


def _open(path: Path, layer: str, table: str, areas: bool) -> RowSource:
    kind = _ending(path)
    if is_mapinfo(path):
        return open_layer_of_rows(path, layer, table, areas)
    if kind in _JSON | _TEXT and not layer and is_json(path):
        return open_json(path)
    if kind == ".xml" or kind in _TEXT and is_xml(path):
        return open_alerts(path)
    if kind in _TEXT:
        return open_text(path, table)
    if kind in _EXCEL:
        return _open_packed_excel(path, table) if member_of(path) else open_excel(path, table)
    if kind == ".xls" and not member_of(path):
        return open_named_xls(path, table)
    if kind in _OTHER_SHEETS:
        raise ConnectError(f"{path.name} is in {_OTHER_SHEETS[kind]}, which is not read; save it as .xlsx or CSV.")
    if kind in _OF_WATCHES:
        raise ConnectError(f"{path.name} is a file of a sports watch, which is not read; export the track as GPX or "
                           "CSV.")
    return open_layer_of_rows(path, layer, table, areas)


def read_rows(source: RowSource, columns: Sequence[str], progress: Progress,
              use: Callable[[FileRows], Any]) -> list[Any]:
    """Call ``use(chunk)`` for every chunk of a source and give the list of what it returns.

    A text that is not UTF-8 is read again from the start as Windows-1252.
    """
    return _from_the_start(source, lambda: [use(chunk) for chunk in source.chunks(columns, progress)])


def read_whole(source: RowSource, columns: Iterable[str], progress: Progress) -> FileRows:
    """All rows of a source as one chunk, with the number of each row's fault in the column :data:`FAULT`."""
    parts = read_rows(source, list(dict.fromkeys(columns)), progress,
                      lambda chunk: chunk.assign(**{FAULT: faults(chunk)}))
    if not parts:
        raise NoRows(f"{source.name} has no rows.")
    return pd.concat(parts)


FIRST_ROWS = 2000
"""Rows by which a file is recognised."""


def first_rows(source: RowSource, columns: Sequence[str], progress: Progress, most_rows: int = 0) -> FileRows:
    """The texts of the first chunk of a source, or ``most_rows`` rows of it, beyond which nothing is read; without rows
    where there are none, and without lines of a report."""
    source.most_rows = most_rows
    try:
        rows = _from_the_start(source, lambda: next(source.chunks(columns, progress),
                                                    pd.DataFrame(columns=list(columns), dtype=object)))
    finally:
        source.most_rows = 0
    return unmarked(without_lines(rows.head(most_rows) if most_rows else rows))


def _from_the_start(source: RowSource, read: Callable[[], _Read]) -> _Read:
    """What ``read`` gives, called once more where the text turns out not to be UTF-8."""
    try:
        return read()
    except NotUtf8:
        source.encoding = WINDOWS_1252
    return read()


def layers_of(path: Union[str, Path]) -> list[str]:
    """Names of the layers of a file that OGR opens; none of text and Excel, nor of what cannot be opened."""
    path = Path(path)
    if not path.exists():
        return []
    try:
        ending = _ending(path)
        in_rows = ending in _TEXT | _EXCEL | {".xml", *_OTHER_SHEETS} and not is_mapinfo(path)
        if in_rows or ending in _JSON and is_json(path):
            return []
        source = open_layers(path)
    except ConnectError:
        return []  # what is wrong with it, its reader says
    with quiet():
        return [source.GetLayer(number).GetName() for number in range(source.GetLayerCount())] if source else []


def _open_packed_excel(path: Path, table: str) -> RowSource:
    """An Excel file in a ZIP; its cells are in memory once it is open."""
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file, told(path.name), unpacked(path) as (_, stream):
        shutil.copyfileobj(stream, file)
        file.flush()
        source = open_excel(Path(file.name), table)
    source.told = [sentence.replace(source.name, path.name) for sentence in source.told]
    source.path, source.name = path, path.name
    return source


def _ending(path: Path) -> str:
    """What the name of a file, or of the one file in a ZIP, ends in, before a ``.gz``."""
    path = Path(member_of(path) or path)
    suffixes = [suffix.lower() for suffix in path.suffixes]
    return suffixes[-2] if len(suffixes) > 1 and suffixes[-1] == ".gz" else (suffixes or [""])[-1]
