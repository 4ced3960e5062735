"""The journal of a live patrol: every fix and every tactic is on disk before the screen shows it.

Three CSV files in a folder of the car. Fixes and tactics are what ``connect:importgps`` and ``connect:importtactics``
take in later, and what the live patrol reads when QGIS starts again. The third tells what became of each visit, a line
at once when it opens, closes, becomes final or turns out as none.

A car's computer loses power and its disk ages: a line that cannot be what was written is put aside, into a file beside
the journal, and the patrol goes on with the others.
"""
from __future__ import annotations

import csv
import math
import os
import re
from bisect import bisect_right
from pathlib import Path
from typing import Any, Iterable

import pandas as pd

from ...errors import ConnectError
from ...files import replace_bytes
from ...patrol.live_tracker import Visit

__all__ = ["Journal", "check_unit", "fix_as_kept"]

_FIXES = ("unit", "at_utc", "longitude", "latitude", "accuracy")
_TACTICS = ("unit", "officer", "at_utc", "tactic", "minutes", "box_id")
_VISITS = ("unit", "at_utc", "status", "box_id", "entered_utc", "left_utc", "minutes")
_MOMENT, _BOX, _ANY = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", r"[A-Za-z0-9_-]{0,40}", "[^\x00-\x1f\x7f\ufffd]*"
_FORMS = {
    "at_utc": _MOMENT, "entered_utc": _MOMENT, "left_utc": _MOMENT, "longitude": r"-?\d{1,3}\.\d+",
    "latitude": r"-?\d{1,2}\.\d+", "accuracy": r"(\d+(\.\d+)?|inf|)", "minutes": r"(\d+(\.\d+)?|)", "box_id": _BOX,
    "status": "[a-z]+",
}
"""Column -> how its values were written; others are any text."""
_DAYS = pd.Timedelta(days=3)
"""Farther than this from the date of the shift no time of its journal is."""


def check_unit(unit: str) -> str:
    """A unit's code, cleaned; ConnectError if it is none that can name a file."""
    unit = str(unit).strip()
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}", unit):
        raise ConnectError("Give the unit as letters, digits, - and _, as in 12-A.")
    return unit


class Journal:
    """Journal of one unit in one shift; started again it goes on where it was.

    Parameters
    ----------
    folder : path
    shift_date, shift, unit : str

    Raises
    ------
    ConnectError
        When the folder cannot be written to.
    """

    def __init__(self, folder: str | Path, shift_date: str, shift: str, unit: str) -> None:
        self.unit = check_unit(unit)
        name = f"journal_{shift_date}_{re.sub('[^A-Za-z0-9_-]', '_', shift)}_{self.unit}"
        self.fixes_path = Path(folder) / f"{name}_gps.csv"
        self.tactics_path = Path(folder) / f"{name}_tactics.csv"
        self.visits_path = Path(folder) / f"{name}_visits.csv"
        day = pd.Timestamp(shift_date, tz="UTC")
        self._fixes = _Rows(self.fixes_path, _FIXES, self.unit, day)
        self._tactics = _Rows(self.tactics_path, _TACTICS, self.unit, day)
        self._visits = _Rows(self.visits_path, _VISITS, self.unit, day)

    @property
    def notes(self) -> list[str]:
        """A sentence on each file of which lines had to be put aside."""
        return [rows.note for rows in (self._fixes, self._tactics, self._visits) if rows.note]

    def close(self) -> None:
        """Close the files."""
        for rows in (self._fixes, self._tactics, self._visits):
            rows.close()

    def fix(self, at: pd.Timestamp, longitude: float, latitude: float, accuracy: float) -> None:
        """Keep a fix: instant (UTC), degrees, metres (NaN = not told)."""
        self._fixes.add((self.unit, _iso(at), f"{longitude:.7f}", f"{latitude:.7f}",
                         "" if math.isnan(accuracy) else f"{accuracy:.1f}"))

    def visit(self, at: pd.Timestamp, status: str, visit: Visit) -> None:
        """Keep that a visit (:class:`~shotspotter_connect_plugin.patrol.live_tracker.Visit`) has another status now."""
        self._visits.add((self.unit, _iso(at), status, visit.box_id, _iso(visit.entered_utc), _iso(visit.left_utc),
                          f"{visit.minutes:.2f}"))

    def tactic(self, at: pd.Timestamp, tactic: str, box_id: str, officer: str = "",
               minutes: float | None = None) -> None:
        """Keep that a tactic was used."""
        self._tactics.add((self.unit, officer, _iso(at), tactic, "" if minutes is None else minutes, box_id))

    def fixes(self) -> list[tuple[pd.Timestamp, float, float, float]]:
        """(instant, longitude, latitude, accuracy) of every fix kept."""
        return [(at, float(longitude), float(latitude), float(accuracy or "nan"))
                for _, at, longitude, latitude, accuracy in self._fixes.read()]

    def tactics(self) -> list[tuple[pd.Timestamp, str, str]]:
        """(instant, tactic, box) of every tactic kept."""
        return [(at, tactic, box_id) for _, _, at, tactic, _, box_id in self._tactics.read()]

    def visits(self) -> list[tuple[pd.Timestamp, str, str, pd.Timestamp]]:
        """(instant, status, box, entered) of every line on a visit."""
        return [(at, status, box_id, pd.Timestamp(entered))
                for _, at, status, box_id, entered, *_ in self._visits.read()]


def fix_as_kept(at: Any, longitude: float, latitude: float,
                accuracy: float) -> tuple[pd.Timestamp, float, float, float]:
    """A fix as it is read back from a journal, so that the screen tells the same visits after a restart."""
    return pd.Timestamp(at).floor("ms"), round(longitude, 7), round(latitude, 7), round(accuracy, 1)


class _Rows:
    """A CSV file to which whole lines are added; one that was cut off in the middle of a line loses that line only.

    Lines that are damaged when it is opened are moved into a file beside it, as they are; ``note`` tells of them.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], unit: str, day: pd.Timestamp) -> None:
        self._path, self._columns, self._unit, self._day = path, columns, unit, day
        self.note = ""
        try:
            kept = path.read_bytes() if path.exists() else b""
            whole = kept[:kept.rfind(b"\n") + 1]
            if whole:
                whole = self._put_aside(whole)
            # Added to for hours, so not made aside; a new one is this account's alone from its first byte on.
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600), "r+b")
            self._file.truncate(len(whole))
            self._file.seek(0, os.SEEK_END)
            if not whole:
                self.add(columns)
        except OSError as error:
            raise ConnectError(f"The journal {path} cannot be written; put the shift package into a folder in which "
                               "you may "
                               "write.", str(error)) from error

    def _put_aside(self, whole):
        """Move damaged lines into the file beside -> what the journal holds then."""
        lines = whole.splitlines(keepends=True)
        good = self._good(lines)
        header = lines[0].rstrip(b"\r\n") == ",".join(self._columns).encode()
        damaged = [number for number in range(int(header), len(lines)) if number not in good]
        if not damaged and header:
            return whole
        aside = self._path.with_name(f"{self._path.stem}_damaged{self._path.suffix}")
        before = aside.read_bytes() if aside.exists() else b""
        replace_bytes(aside, before + b"".join(lines[number] for number in damaged), "What is damaged of the journal",
                      private=True)
        whole = b"".join([",".join(self._columns).encode() + b"\n", *(lines[number] for number in sorted(good))])
        replace_bytes(self._path, whole, "The journal", private=True)
        if damaged:
            lost, were, them = (f"Line {damaged[0] + 1}", "was", "it") if len(damaged) == 1 else (
                f"{len(damaged)} lines", "were", "them")
            self.note = (f"{lost} of {self._path.name} {were} damaged and kept aside in {aside.name}; the patrol goes "
                         f"on without {them}.")
        return whole

    def _good(self, lines):
        """Number of each line that is as it was written -> its values; times of fixes rise."""
        found = {number: row for number, row in enumerate(map(self._row, lines)) if row}
        if self._columns is not _FIXES:
            return found
        moments: list[Any] = []  # the longest chain of rising times: what stands out of it was changed
        chains: list[Any] = []
        at = self._columns.index("at_utc")
        for number, row in found.items():
            place = bisect_right(moments, row[at])
            chain = (number, chains[place - 1] if place else None)
            moments[place:place + 1], chains[place:place + 1] = [row[at]], [chain]
        rising, link = set(), chains[-1] if chains else None
        while link:
            rising.add(link[0])
            link = link[1]
        return {number: row for number, row in found.items() if number in rising}

    def _row(self, line):
        """The values of a line, None where it is not one that was written here."""
        try:
            row, = csv.reader([line.decode("utf-8").rstrip("\r\n")], strict=True)
        except (ValueError, csv.Error):  # UnicodeDecodeError is a ValueError
            return None
        values = dict(zip(self._columns, row))
        if len(row) != len(self._columns) or values["unit"] != self._unit or not all(
                re.fullmatch(_FORMS.get(name, _ANY), value, re.ASCII if name in _FORMS else 0)
                for name, value in values.items()):
            return None
        try:
            moments = [pd.Timestamp(value) for name, value in values.items() if name.endswith("_utc")]
        except ValueError:
            return None
        degrees = abs(float(values.get("longitude", 0))) <= 180 and abs(float(values.get("latitude", 0))) <= 90
        return row if degrees and all(abs(moment - self._day) <= _DAYS for moment in moments) else None

    def add(self, row: Iterable[Any]) -> None:
        row = [" ".join(str(value).splitlines()).replace('"', '""') for value in row]
        line = ",".join(f'"{value}"' if re.search(r'[",\n\r]', value) else value for value in row)
        try:
            self._file.write(f"{line}\n".encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise ConnectError(f"The journal {self._path} cannot be written any more; free some space on the "
                               "disk.", str(error)) from error

    def read(self) -> list[list[Any]]:
        """The values of every line that is as it was written, the instant as such."""
        at = self._columns.index("at_utc")
        rows = self._good(self._path.read_bytes().splitlines(keepends=True)).values()
        return [[*row[:at], pd.Timestamp(row[at]), *row[at + 1:]] for row in rows]

    def close(self) -> None:
        self._file.close()


def _iso(at):
    return f"{pd.Timestamp(at).tz_convert('UTC').strftime('%Y-%m-%dT%H:%M:%S.%f')[:-3]}Z"
