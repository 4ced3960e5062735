"""Files of GPS fixes as rows: delimited text with or without a header, GPX, NMEA, and what the other importers read."""
from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Sequence, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import NAT
from . import time_texts
from .nmea_source import NMEA, NmeaSource
from .numbered_lines import PROBLEM, numbered_lines
from .readers import open_source
from .row_source import RowSource
from .taip_source import TAIP, TaipSource
from .text_file import UTF8, WINDOWS_1252, NotUtf8, decoded, encoding_of, start_of, told, unpacked
from .text_source import TextSource
from .track_xml_source import TIMED_PLACES, TRACK, open_track

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_FIRST_ROWS = 1000


def open_gps(path: Union[str, Path]) -> RowSource:
    """Open a file of GPS fixes.

    Returns
    -------
    row_source.Source
        ``columns`` of a file without a header are ``column 1``, ``column 2`` and so on.

    Raises
    ------
    ConnectError
        As :func:`readers.open_source`.
    """
    if "|layername=" in str(path):
        return open_source(path)
    path = Path(path)
    start = _start_of(path)
    if NMEA.search(start):
        return NmeaSource(path, path.name, list(NmeaSource.COLUMNS), encoding=_told_by_mark(path))
    if TAIP.search(start):
        named = [name for name in TaipSource.COLUMNS if name != "unit" or ";ID=" in start]
        return TaipSource(path, path.name, named, encoding=_told_by_mark(path))
    if TRACK.search(start) or TIMED_PLACES.search(start):
        return open_track(path)
    source = open_source(path, "gps_fixes")
    if not isinstance(source, TextSource):
        return source
    source = _without_header(source, start)
    if source.kind == "text" and source.encoding == UTF8:
        source.encoding = _encoding(source)
    return source


def is_track(path: Union[str, Path]) -> bool:
    """Whether a file says by its first lines that it is a track of a GPS: GPX, KML with tracks, NMEA
    or TAIP."""
    start = "" if Path(path).is_dir() else _start_of(Path(path))
    return any(form.search(start) for form in (TRACK, NMEA, TAIP))


def _told_by_mark(path: Path) -> str:
    """The encoding of a log of a receiver: UTF-8, for ASCII with noise in it, unless its first bytes tell another."""
    encoding = encoding_of(start_of(path), path.name)
    return encoding if encoding.startswith("utf-") else UTF8


def _start_of(path: Path) -> str:
    """The first lines as text; empty where the file cannot be read, which is for the reader to say."""
    try:
        start = start_of(path)
        return decoded(start, encoding_of(start, Path(path).name))[0]
    except (ConnectError, UnicodeError):  # the latter of UTF-16 that ends within a letter
        return ""


def _without_header(source: TextSource, start: str) -> RowSource:
    """A text whose first row holds numbers has no header."""
    first = start.lstrip("\r\n").splitlines()[0]
    delimiter = source.delimiter if source.delimiter in first else ""
    fields = [field.strip() for field in first.split(delimiter or None)]
    if len(fields) < 3 or sum(bool(_NUMBER.fullmatch(field)) for field in fields) < 2:
        return source
    return BareSource(source.path, source.name, [f"column {number}" for number in range(1, len(fields) + 1)],
                      delimiter=delimiter, encoding=source.encoding)


def _encoding(source: RowSource) -> str:
    """UTF-8 if the whole file is, else Windows-1252; known before the first row is written."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with told(source.name, UTF8), unpacked(source.path) as (_, stream):
            for part in iter(lambda: stream.read(1 << 20), b""):
                decoder.decode(part)
            decoder.decode(b"", True)
    except NotUtf8:
        return WINDOWS_1252
    return UTF8


def guess_columns(chunk: FileRows) -> dict[str, str]:
    """Role -> column of a file without a header, by what is in its first rows.

    The column of instants holds Unix seconds or dates; latitude and longitude are the first two with decimals in their
    range, latitude first unless its values say otherwise; a unit is made of letters.
    """
    found: dict[str, str] = {}
    degrees: list[tuple[str, float]] = []
    head = chunk.head(_FIRST_ROWS)
    for column in [name for name in head if name.startswith("column ")]:
        texts = head[column].str.strip()
        values = pd.to_numeric(texts, errors="coerce")
        if values.notna().mean() > 0.9:
            if values.between(1e8, 1e10).mean() > 0.9 or values.between(1e11, 1e13).mean() > 0.9:
                found.setdefault("at", column)
            elif texts.str.contains(".", regex=False).mean() > 0.5 and values.abs().le(180).mean() > 0.9:
                degrees.append((column, values.abs().max()))
        elif (time_texts.parse(texts).clock != NAT).mean() > 0.9:
            found.setdefault("at", column)
        elif texts.str.contains("[A-Za-z]").mean() > 0.9:
            found.setdefault("unit", column)
    if len(degrees) > 1:
        (one, largest), (other, _) = degrees[:2]
        found.update({"longitude": one, "latitude": other} if largest > 90 else {"latitude": one, "longitude": other})
    return found


@dataclass
class BareSource(TextSource):
    """Text without a header; an empty ``delimiter`` stands for blanks."""

    kind = "bare"

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        for lines, rows in numbered_lines(self, progress):
            fields = pd.Series(rows, dtype=object).str.strip()
            fields = fields.str.split(self.delimiter or None, n=len(self.columns), expand=True)
            fields = fields.reindex(columns=range(len(self.columns) + 1)).astype(object).fillna("")
            problem = np.where(fields[len(self.columns)] != "", "more fields than the first row", "")
            chunk = fields.iloc[:, :-1].set_axis(self.columns, axis=1)[columns].set_axis(lines, axis=0)
            yield chunk.assign(**{PROBLEM: problem})
