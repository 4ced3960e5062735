"""Logs of GPS receivers (NMEA 0183) as rows."""
from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Iterator, Optional, Sequence, Union

import numpy as np
import pandas as pd

from ...forecast.instants import DAY, NAT, SECOND, iso_texts
from .date_texts import NEWEST_YEAR, OLDEST_YEAR
from .numbered_lines import PROBLEM, numbered_lines
from .row_source import RowSource

if TYPE_CHECKING:
    from ...progress import Progress
    from .import_frames import FileRows

NMEA = re.compile(r"\$[A-Z]{2}(GGA|RMC|ZDA|GLL|GNS|GSA|GSV|VTG|TXT)\b")
_FIELDS = {"GGA": 9, "RMC": 10, "ZDA": 5, "GLL": 7, "GNS": 9}
"""Sentences that are read, and how many fields each has at least."""


@dataclass
class NmeaSource(RowSource):
    """NMEA 0183 sentences of any talker: positions of GGA, RMC, GNS and GLL, dates of RMC and ZDA.

    What a logger writes before a sentence is passed over, and so are other sentences, such as those of ships (AIS).
    Sentences of one moment are one row. Most tell no date: it is that of the last sentence with one, a day more after
    each midnight passed; fixes before the first date are dated backwards from it. Without any date they have none.
    """

    kind = "nmea"
    COLUMNS = ("time", "latitude", "longitude", "hdop")

    def chunks(self, columns: Sequence[str], progress: Progress) -> Iterator[FileRows]:
        epochs = _Epochs()
        for lines, rows in numbered_lines(self, progress):
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
        if kind not in _FIELDS:
            return
        if checksum and not _fits(text, checksum) or len(fields) < _FIELDS[kind]:
            self.done.append((number, NAT, "", "", "", "a damaged sentence"))
            return
        clock = _clock(fields[5 if kind == "GLL" else 1])
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
        elif kind == "GNS":  # one letter for each system of satellites, N where it has no position
            valid, place, hdop = bool(fields[6].strip("N")), fields[2:6], fields[8]
        elif kind == "GLL":
            valid, place, hdop = fields[6] == "A", fields[1:5], ""
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
