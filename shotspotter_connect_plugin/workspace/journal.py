"""The journal of a live patrol: every fix and every tactic is on disk before the screen shows it.

Three CSV files in a folder of the car. Fixes and tactics are what ``connect:importgps`` and ``connect:importtactics``
take in later, and what the live patrol reads when QGIS starts again. The third tells what became of each visit, a line
at once when it opens, closes, becomes final or turns out as none.
"""
import csv
import math
import os
import re
from pathlib import Path

import pandas as pd

from ..errors import ConnectError

__all__ = ["Journal", "check_unit", "fix_as_kept"]

_FIXES = ("unit", "at_utc", "longitude", "latitude", "accuracy")
_TACTICS = ("unit", "officer", "at_utc", "tactic", "minutes", "box_id")
_VISITS = ("unit", "at_utc", "status", "box_id", "entered_utc", "left_utc", "minutes")


def check_unit(unit):
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

    def __init__(self, folder, shift_date, shift, unit):
        self.unit = check_unit(unit)
        name = "journal_{}_{}_{}".format(shift_date, re.sub(r"[^A-Za-z0-9_-]", "_", shift), self.unit)
        self.fixes_path = Path(folder) / (name + "_gps.csv")
        self.tactics_path = Path(folder) / (name + "_tactics.csv")
        self.visits_path = Path(folder) / (name + "_visits.csv")
        self._fixes = _Rows(self.fixes_path, _FIXES)
        self._tactics = _Rows(self.tactics_path, _TACTICS)
        self._visits = _Rows(self.visits_path, _VISITS)

    def close(self):
        """Close the files."""
        for rows in (self._fixes, self._tactics, self._visits):
            rows.close()

    def fix(self, at, longitude, latitude, accuracy):
        """Keep a fix: instant (UTC), degrees, metres (NaN = not told)."""
        self._fixes.add((self.unit, _iso(at), "{:.7f}".format(longitude), "{:.7f}".format(latitude),
                         "" if math.isnan(accuracy) else "{:.1f}".format(accuracy)))

    def visit(self, at, status, visit):
        """Keep that a visit (:class:`~shotspotter_connect_plugin.patrol.tracker.Visit`) has another status now."""
        self._visits.add((self.unit, _iso(at), status, visit.box_id, _iso(visit.entered_utc), _iso(visit.left_utc),
                          "{:.2f}".format(visit.minutes)))

    def tactic(self, at, tactic, box_id, officer="", minutes=None):
        """Keep that a tactic was used."""
        self._tactics.add((self.unit, officer, _iso(at), tactic, "" if minutes is None else minutes, box_id))

    def fixes(self):
        """(instant, longitude, latitude, accuracy) of every fix kept."""
        return [(at, float(longitude), float(latitude), float(accuracy or "nan"))
                for _, at, longitude, latitude, accuracy in self._fixes.read()]

    def tactics(self):
        """(instant, tactic, box) of every tactic kept."""
        return [(at, tactic, box_id) for _, _, at, tactic, _, box_id in self._tactics.read()]

    def visits(self):
        """(instant, status, box, entered) of every line on a visit."""
        return [(at, status, box_id, pd.Timestamp(entered))
                for _, at, status, box_id, entered, *_ in self._visits.read()]


def fix_as_kept(at, longitude, latitude, accuracy):
    """A fix as it is read back from a journal, so that the screen tells the same visits after a restart."""
    return pd.Timestamp(at).floor("ms"), round(longitude, 7), round(latitude, 7), round(accuracy, 1)


class _Rows:
    """A CSV file to which whole lines are added; one that was cut off in the middle of a line loses that line only."""

    def __init__(self, path, columns):
        self._path, self._columns = path, columns
        try:
            kept = path.read_bytes() if path.exists() else b""
            whole = kept[:kept.rfind(b"\n") + 1]
            # Added to for hours, so not made aside; a new one is this account's alone from its first byte on.
            self._file = os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600), "r+b")
            self._file.truncate(len(whole))
            self._file.seek(0, os.SEEK_END)
            if not whole:
                self.add(columns)
        except OSError as error:
            raise ConnectError("The journal {} cannot be written; put the shift package into a folder in which you may "
                               "write.".format(path), str(error)) from error

    def add(self, row):
        line = ",".join('"{}"'.format(str(value).replace('"', '""')) if re.search(r'[",\n\r]', str(value))
                        else str(value) for value in row)
        try:
            self._file.write((line + "\n").encode())
            self._file.flush()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise ConnectError("The journal {} cannot be written any more; free some space on the disk.".format(
                self._path), str(error)) from error

    def read(self):
        rows = []
        with open(self._path, encoding="utf-8", newline="") as file:
            for row in list(csv.reader(file))[1:]:
                at = self._columns.index("at_utc")
                if len(row) == len(self._columns):
                    try:
                        row[at] = pd.Timestamp(row[at])
                    except ValueError:
                        continue  # a line that somebody changed by hand
                    rows.append(row)
        return rows

    def close(self):
        self._file.close()


def _iso(at):
    return pd.Timestamp(at).tz_convert("UTC").strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
