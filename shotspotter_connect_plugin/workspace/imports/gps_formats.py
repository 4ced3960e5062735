"""Files of GPS fixes as rows: delimited text with or without a header, GPX, NMEA, and what the other importers read."""
from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence, Union

import numpy as np
import pandas as pd

from ...errors import ConnectError
from ...forecast.instants import DAY, NAT, SECOND, iso_texts
from .date_texts import NEWEST_YEAR, OLDEST_YEAR
from .readers import open_source
from .row_source import RowSource
from .text_file import UTF8, WINDOWS_1252, CheckedText, NotUtf8, decoded, encoding_of, start_of, told, unpacked
from .text_source import TextSource

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

PROBLEM = "(problem)"
"""Column of a chunk that says why a row cannot be used although it was read; empty where it can."""

_ROWS = 200_000
_NUMBER = re.compile(r"[-+]?\d+(\.\d+)?")
_NMEA = re.compile(r"\$[A-Z]{2}(GGA|RMC|ZDA|GLL|GSA|GSV|VTG|TXT)\b")
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
    if _NMEA.search(start):
        return NmeaSource(path, path.name, list(NmeaSource.COLUMNS), encoding=_told_by_mark(path))
    if "<gpx" in start:
        return open_source(str(path) + "|layername=track_points")
    source = open_source(path, "gps_fixes")
    if not isinstance(source, TextSource):
        return source
    source = _without_header(source, start)
    if source.kind == "text" and source.encoding == UTF8:
        source.encoding = _encoding(source)
    return source


def is_track(path: Union[str, Path]) -> bool:
    """Whether a file says by its first lines that it is a track of a GPS: GPX or NMEA."""
    start = "" if Path(path).is_dir() else _start_of(Path(path))
    return "<gpx" in start or bool(_NMEA.search(start))


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
        elif texts.str.contains(r"\d{4}-\d\d|\d/\d").mean() > 0.9:
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
        for lines, rows in _lines(self, progress):
            fields = pd.Series(rows, dtype=object).str.strip()
            fields = fields.str.split(self.delimiter or None, n=len(self.columns), expand=True)
            fields = fields.reindex(columns=range(len(self.columns) + 1)).fillna("")
            problem = np.where(fields[len(self.columns)] != "", "more fields than the first row", "")
            chunk = fields.iloc[:, :-1].set_axis(self.columns, axis=1)[columns].set_axis(lines, axis=0)
            yield chunk.assign(**{PROBLEM: problem})


def _lines(source: RowSource, progress: Progress) -> Iterator[tuple[list[int], list[str]]]:
    """(line numbers, texts) of the lines of a file that are not blank, in chunks."""
    size = max(source.path.stat().st_size, 1)
    numbers, rows = [], []
    with told(source.name), unpacked(source.path) as (raw, stream):
        text = CheckedText(stream, source.encoding, source.name, "replace")
        for number, line in enumerate(iter(text.readline, ""), 1):
            if line.strip():
                numbers.append(number)
                rows.append(line)
            if len(rows) == _ROWS:
                progress.report(min(raw.tell() / size, 1.0))
                yield numbers, rows
                numbers, rows = [], []
    if rows:
        yield numbers, rows


@dataclass
class NmeaSource(RowSource):
    """NMEA 0183 sentences of any talker: positions of GGA and RMC, dates of RMC and ZDA.

    Sentences of one moment are one row. GGA tells no date: it is that of the last sentence with one, a day more after
    each midnight passed; fixes before the first date are dated backwards from it. Without any date they have none.
    """

    kind = "nmea"
    COLUMNS = ("time", "latitude", "longitude", "hdop")

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        epochs = _Epochs()
        for lines, rows in _lines(self, progress):
            for number, row in zip(lines, rows):
                epochs.read(number, row)
            if epochs.done:
                yield epochs.frame()
        epochs.close()
        if epochs.done:
            yield epochs.frame()


class _Epochs:
    """Gathers the sentences of each moment and finds its date."""

    def __init__(self) -> None:
        self.done: list[tuple[Any, ...]] = []
        self._undated: list[list[Any]] = []
        self._clock: Optional[int] = None
        self._midnights = 0
        self._first_day: Optional[int] = None
        self._row: Optional[list[Any]] = None

    def read(self, number: int, line: str) -> None:
        """Take in one line."""
        begin = line.find("$")
        if begin < 0:
            return
        text, _, checksum = line[begin + 1:].strip().partition("*")
        if not text.isascii():
            self.done.append((number, NAT, "", "", "", "a damaged sentence"))
            return
        fields = text.split(",")
        kind = fields[0][2:]
        if kind not in ("GGA", "RMC", "ZDA"):
            return
        if checksum and not _fits(text, checksum) or len(fields) < {"GGA": 9, "RMC": 10, "ZDA": 5}[kind]:
            self.done.append((number, NAT, "", "", "", "a damaged sentence"))
            return
        clock = _clock(fields[1])
        if clock is None:
            if kind != "ZDA":
                self.done.append((number, NAT, "", "", "", "no time"))
            return
        self._pass(clock)
        if kind == "ZDA":
            self._date(fields[4], fields[3], fields[2])
            return
        if kind == "RMC" and len(fields[9]) == 6:
            year = int(fields[9][4:]) if fields[9].isdecimal() else -1
            self._date(year + (1900 if year >= 80 else 2000), fields[9][2:4], fields[9][:2])
        if kind == "GGA":
            valid, place, hdop = fields[6] not in ("", "0"), fields[2:6], fields[8]
        else:
            valid, place, hdop = fields[2] == "A", fields[3:7], ""
        if self._row is None:
            self._row = [number, self._midnights * DAY + clock, "", "", ""]
        if valid and not self._row[2]:
            self._row[2:4] = _degrees(place[0], place[1], "S"), _degrees(place[2], place[3], "W")
        if hdop:
            self._row[4] = hdop

    def _pass(self, clock: int) -> None:
        """A new time of day begins a new moment; far back, a midnight was passed."""
        if clock == self._clock:
            return
        self._finish()
        if self._clock is not None and clock < self._clock - DAY // 2:
            self._midnights += 1
        self._clock = clock

    def _date(self, year: Union[int, str], month: str, day: str) -> None:
        if not re.fullmatch(r"\d{4} \d\d \d\d", f"{year} {month} {day}"):
            return
        try:
            date = np.datetime64(f"{year}-{month}-{day}", "D")
        except ValueError:
            return
        if not OLDEST_YEAR <= int(year) <= NEWEST_YEAR:
            return
        self._first_day = int(date.astype(np.int64)) * DAY - self._midnights * DAY
        for row in self._undated:
            row[1] += self._first_day
        self.done += [(*row, "") for row in self._undated]
        self._undated = []

    def _finish(self) -> None:
        row, self._row = self._row, None
        if row is None:
            return
        if self._first_day is None:
            self._undated.append(row)
        else:
            row[1] += self._first_day
            self.done.append((*row, ""))

    def close(self) -> None:
        """The file has ended: what has no date by now stays without."""
        self._finish()
        self.done += [(row[0], NAT, *row[2:], "no date: no sentence of the file tells one") for row in self._undated]
        self._undated = []

    def frame(self) -> FileRows:
        """The moments gathered so far, as a chunk of texts indexed by line."""
        line, moments, latitude, longitude, hdop, problem = zip(*self.done)
        self.done = []
        at = np.array(moments, dtype=np.int64)
        times = iso_texts(at, "ms")
        return pd.DataFrame({"time": np.where(at == NAT, "", times).astype(object), "latitude": latitude,
                             "longitude": longitude, "hdop": hdop, PROBLEM: problem}, index=line)


def _fits(text: str, checksum: str) -> bool:
    total = 0
    for byte in text.encode("ascii", errors="replace"):
        total ^= byte
    return checksum[:2].upper() == f"{total:02X}"


def _clock(text: str) -> Optional[int]:
    """Nanoseconds after midnight of hhmmss.sss, or None."""
    found = re.fullmatch(r"([01]\d|2[0-3])([0-5]\d)([0-5]\d|60)(?:\.(\d{1,9})\d*)?", text)
    if not found:
        return None
    seconds = int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3])
    return seconds * SECOND + int((found[4] or "").ljust(9, "0"))


def _degrees(text: str, side: str, negative: str) -> str:
    """Decimal degrees of (d)ddmm.mmm, as text; empty if it is none."""
    head, point, minutes = text.partition(".")
    if not head.isdecimal() or not 3 <= len(head) <= 5 or len(minutes) > 20 or not (minutes.isdecimal() or not point):
        return ""
    degrees = int(head[:-2]) + float(head[-2:] + "." + (minutes or "0")) / 60
    return repr(-degrees if side == negative else degrees)
