"""The file of a workspace, open: what its errors mean for a user, and whether it is what it should be."""
from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

from ...errors import ConnectError
from ...frames import Column
from .file_access import OpenedFile
from .file_check import FileCheck
from .gpkg_schema import lacking_columns, lacking_tables, multi_polygons, present_rules
from .sql_text import quoted
from .tables import TABLES, Table

WAIT_SECONDS = 10.0
_SENTENCES = {
    "locked": "Another program is writing {file}; wait until it has finished, then run this again.",
    "readonly": "{file} cannot be written; allow writing to the file and its folder, then run this again.",
    "unable to open": "{file} cannot be written; allow writing to the file and its folder, then run this again.",
    "disk is full": "The disk that holds {file} is full; make room, then run this again.",
    "disk I/O error": "The disk of {file} takes or gives no data; make room on it or have it checked, then run this "
                      "again.",
    "can never be": "{message}",
}


class OpenGeoPackage:
    """An existing GeoPackage, open.

    Parameters
    ----------
    path : str or pathlib.Path
    """

    table_names: set[str]

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        with self._plainly():
            self._opened = OpenedFile(self.path, WAIT_SECONDS)
            self._connection = self._opened.connection
            self._connection.execute("PRAGMA cache_size = -262144")
            self._connection.execute("PRAGMA trusted_schema = OFF")  # a file from somebody else runs nothing of theirs
            self._check_tables()
            self._read_places()
            self.table_names = {name for name, in self._connection.execute("SELECT table_name FROM gpkg_contents")}
            self._lacking: dict[str, list[Column]] = lacking_columns(self._connection)
            self._absent: list[Table] = lacking_tables(self._connection)

    def close(self) -> None:
        """Let go of the file."""
        self._opened.close()

    @property
    def name(self) -> str:
        """The file's name."""
        return self.path.name

    @property
    def address(self) -> str:
        """The path by which it was opened."""
        return str(self.path)

    @property
    def folder(self) -> Path:
        """The folder of the file."""
        return self.path.absolute().parent

    @property
    def path_of_seeds(self) -> Path:
        """The side file that keeps the seeds of coming draws secret."""
        return Path(f"{self.path}.seeds.json")

    @property
    def read_only(self) -> bool:
        """Whether this account can only read the file."""
        return self._opened.read_only

    def faults(self) -> list[str]:
        """Sentences about a damaged file, what is missing, what is foreign, what was removed; empty if none."""
        with self._plainly():
            present = {name: table for name, table in TABLES.items() if table not in self._absent}
            made = {name: present_rules(self._connection, table) for name, table in present.items()}
            return FileCheck(self._connection, present, made, self._lacking, quoted).faults()

    def _read_places(self) -> None:
        """Read what the file says of its spatial tables: the coordinate system, and which hold multi-polygons."""
        self._srs = dict(self._connection.execute("SELECT table_name, srs_id FROM gpkg_geometry_columns"))
        self._multi = multi_polygons(self._connection)

    def _check_tables(self) -> None:
        """Raise one sentence where a view or a virtual table stands in the place of one of our tables."""
        kinds = self._connection.execute("SELECT name, type, coalesce(sql, '') FROM sqlite_master").fetchall()
        for name, kind, made in kinds:
            if name.lower() in TABLES and kind != "trigger" and not made.lower().startswith("create table"):
                what = "view" if kind == "view" else "virtual table"
                raise ConnectError(f"{self.path.name} is not a workspace as it was made: its table {name} is a {what}. "
                                   "Restore it from a copy.")

    @contextmanager
    def _plainly(self) -> Iterator[None]:
        """Turn SQLite's errors into sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise ConnectError(sentence_of(str(error), self.path.name), repr(error)) from error


def sentence_of(message: str, file_name: str) -> str:
    """What an error of SQLite means for the user."""
    broken = re.match(r"(UNIQUE|NOT NULL) constraint failed: (.*)", message)
    if broken:
        columns = " and ".join(part.split(".")[-1] for part in broken[2].split(", "))
        table = broken[2].split(".")[0]
        if broken[1] == "UNIQUE":
            return f"A row with the same {columns} is in {table} already; nothing was written."
        return f"A row for {table} has no {columns}; nothing was written."
    for sign, sentence in _SENTENCES.items():
        if sign in message:
            return sentence.format(file=file_name, message=message)
    return f"{file_name} cannot be read or is damaged ({message}); restore it from a copy."
