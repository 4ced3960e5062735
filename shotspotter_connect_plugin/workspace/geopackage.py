"""The tables of a workspace in one GeoPackage file.

GDAL makes the file and its layers, so that every program that reads GeoPackages finds what it expects; SQLite does all
reading and writing afterwards, every write inside one transaction. All SQL of the project is built here: identifiers
come from ``tables.py`` and pass through :func:`quoted`, values are always bound.
"""
import os
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from osgeo import gdal, ogr, osr

from ..errors import ConnectError
from .columns import decode, encode, to_json
from .geometry import point_blobs, polygon_blobs, read_points, read_shape
from .tables import TABLES, Column

GEOMETRY = "geom"
_ROW = "fid"
_INCOMING = "temp.incoming"
_HEADER = b"SQLite format 3\0"
_APPLICATION = b"GPKG"
_WAIT_SECONDS = 10.0
_READ_ROWS = 100_000
_POSITION = Column("x", "real", "Metres in the workspace's CRS")

_FIELD_TYPES = {
    "text": (ogr.OFTString, ogr.OFSTNone), "local": (ogr.OFTString, ogr.OFSTNone), "json": (ogr.OFTString, ogr.OFSTJSON),
    "integer": (ogr.OFTInteger64, ogr.OFSTNone), "boolean": (ogr.OFTInteger, ogr.OFSTBoolean),
    "real": (ogr.OFTReal, ogr.OFSTNone), "date": (ogr.OFTDate, ogr.OFSTNone), "utc": (ogr.OFTDateTime, ogr.OFSTNone),
}
_GEOMETRY_TYPES = {"Point": ogr.wkbPoint, "Polygon": ogr.wkbPolygon, "MultiPolygon": ogr.wkbMultiPolygon}


@dataclass(frozen=True)
class Between:
    """A condition of ``where``: low <= value < high; either may be None."""

    low: Any = None
    high: Any = None


@dataclass(frozen=True)
class Counts:
    """What an upsert did; the three sum to the rows given."""

    added: int
    updated: int
    unchanged: int


def quoted(identifier):
    """An SQL identifier in quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def create(path, crs):
    """Make a GeoPackage at ``path`` with every table of ``tables.py``, empty, in the coordinate system ``crs``."""
    system = osr.SpatialReference()
    system.SetFromUserInput(crs)
    source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path), options=["ADD_GPKG_OGR_CONTENTS=NO"])
    if source is None:
        raise ConnectError("Cannot write " + str(path) + "; choose a folder in which you may write.",
                           gdal.GetLastErrorMsg())
    source.StartTransaction()
    for table in TABLES.values():
        layer = source.CreateLayer(table.name, system if table.geometry else None,
                                   _GEOMETRY_TYPES.get(table.geometry, ogr.wkbNone),
                                   ["GEOMETRY_NAME=" + GEOMETRY, "FID=" + _ROW, "DESCRIPTION=" + table.help])
        for column in table.columns:
            kind, detail = _FIELD_TYPES[column.type]
            field = ogr.FieldDefn(column.name, kind)
            field.SetSubType(detail)
            field.SetNullable(not column.required)
            layer.CreateField(field)
    source.CommitTransaction()
    source.Release()
    with sqlite3.connect(path) as connection:
        for table in TABLES.values():
            for statement in _rules(table):
                connection.execute(statement)
            for column in table.columns:
                connection.execute(
                    "INSERT INTO gpkg_data_columns (table_name, column_name, description) VALUES (?, ?, ?) "
                    "ON CONFLICT (table_name, column_name) DO UPDATE SET description = excluded.description",
                    (table.name, column.name, column.help))
    connection.close()


def fill(store, frames):
    """Write the first rows of a new file, all of them in one transaction."""
    store.begin()
    try:
        for name, frame in frames.items():
            store.append(TABLES[name], frame)
        store.commit()
    except BaseException:
        store.rollback()
        raise


def _rules(table):
    """Statements that make a table keep its key and, where declared, its rows."""
    yield _index("UNIQUE INDEX", table, table.key, "key")
    for number, columns in enumerate(table.indexes, 1):
        yield _index("INDEX", table, columns, "index" + str(number))
    if not table.append_only:
        return
    refusal = "BEGIN SELECT RAISE(ABORT, 'Rows of " + table.name + " can never be changed or removed.'); END"
    same_key = _all_of("IS", table.key, quoted(table.name) + ".", "NEW.")
    yield _sql("CREATE TRIGGER", quoted(table.name + "_keep"), "BEFORE DELETE ON", quoted(table.name), refusal)
    # INSERT OR REPLACE removes rows without asking the trigger above.
    yield _sql("CREATE TRIGGER", quoted(table.name + "_replace"), "BEFORE INSERT ON", quoted(table.name),
               "WHEN EXISTS (SELECT 1 FROM", quoted(table.name), "WHERE", same_key, "OR", quoted(_ROW), "= NEW.fid )",
               refusal)
    allowed = []
    if table.reveal:
        others = [_ROW] + [name for name in table.column_names if name != table.reveal]
        allowed = ["WHEN NOT ( OLD." + quoted(table.reveal) + " IS NULL AND", _all_of("IS", others, "OLD.", "NEW."), ")"]
    yield _sql("CREATE TRIGGER", quoted(table.name + "_change"), "BEFORE UPDATE ON", quoted(table.name), *allowed,
               refusal)


def _index(kind, table, columns, suffix):
    return _sql("CREATE", kind, quoted(table.name + "_" + suffix), "ON", quoted(table.name), _list(columns))


def _sql(*parts):
    return " ".join(parts)


def _list(names):
    return "( " + ", ".join(quoted(name) for name in names) + " )"


def _marks(names):
    return "( " + ", ".join("?" for _ in names) + " )"


def _all_of(operator, names, left, right, join=" AND "):
    return join.join(left + quoted(name) + " " + operator + " " + right + quoted(name) for name in names)


def _conditions(table, where):
    """(text, values) of a ``where`` mapping; values are bound."""
    texts, values = [], []
    for name, wanted in (where or {}).items():
        column = table.column(name)
        text, bound = _condition(column, wanted)
        texts.append(text)
        values.extend(bound)
    return (_sql("WHERE", " AND ".join(texts)) if texts else ""), values


def _condition(column, wanted):
    name = quoted(column.name)
    if isinstance(wanted, Between):
        ends = [(sign, value) for sign, value in ((">=", wanted.low), ("<", wanted.high)) if value is not None]
        texts = [name + " " + sign + " ?" for sign, _ in ends] or [name + " IS NOT NULL"]
        return " AND ".join(texts), encode(column, [value for _, value in ends])
    if isinstance(wanted, (list, tuple, set, frozenset, np.ndarray, pd.Series, pd.Index)):
        values = encode(column, list(wanted))
        null = " OR " + name + " IS NULL" if None in values else ""
        # One bound value for any number of them: SQLite limits how many a statement may have.
        return "( " + name + " IN (SELECT value FROM json_each(?))" + null + " )", [to_json(values)]
    value, = encode(column, [wanted])
    return name + " IS ?", [value]


class GeoPackage:
    """The tables in one file. One object serves one thread at a time.

    Parameters
    ----------
    path : str or pathlib.Path
        An existing GeoPackage.
    """

    def __init__(self, path):
        self.path = Path(path)
        _check_file(self.path)
        with self._plainly():
            self._connection = sqlite3.connect(self.path, timeout=_WAIT_SECONDS, isolation_level=None,
                                               check_same_thread=False)
            self._connection.execute("PRAGMA cache_size = -262144")
            self._srs = dict(self._connection.execute("SELECT table_name, srs_id FROM gpkg_geometry_columns"))
            self.table_names = {name for name, in self._connection.execute("SELECT table_name FROM gpkg_contents")}

    def close(self):
        self._connection.close()

    # Reading

    def read(self, table, columns=None, where=None, order_by=None):
        """A data frame of some columns; see ``Workspace.read``."""
        place = {"Point": ["x", "y"], None: []}.get(table.geometry, ["geometry"])
        wanted = list(columns) if columns is not None else table.column_names + place
        plain = [name for name in wanted if name not in place]
        with_place = len(plain) < len(wanted)
        stored = [quoted(table.column(name).name) for name in plain] + ([quoted(GEOMETRY)] if with_place else [])
        condition, values = _conditions(table, where)
        order = [quoted(table.column(name).name) for name in ([order_by] if isinstance(order_by, str) else order_by or [])]
        statement = _sql("SELECT", ", ".join(stored or ["1"]), "FROM", quoted(table.name), condition,
                         "ORDER BY", ", ".join([*order, quoted(_ROW)]))
        parts = {name: [] for name in [*plain, *place]}
        with self._plainly():
            cursor = self._connection.execute(statement, values)
            while True:
                rows = cursor.fetchmany(_READ_ROWS)
                if not rows and parts[next(iter(parts))]:
                    break
                kept = list(zip(*rows)) or [()] * max(len(stored), 1)
                for name, column in zip(plain, kept):
                    parts[name].append(decode(table.column(name), column))
                if with_place and table.geometry == "Point":
                    for name, values_of in zip(("x", "y"), read_points(kept[-1])):
                        parts[name].append(pd.Series(values_of))
                elif with_place:
                    parts["geometry"].append(pd.Series([read_shape(blob) for blob in kept[-1]], dtype=object))
                if not rows:
                    break
        return pd.DataFrame({name: pd.concat(parts[name], ignore_index=True) for name in wanted}, columns=wanted)

    def count(self, table, where=None):
        """How many rows meet a condition."""
        condition, values = _conditions(table, where)
        with self._plainly():
            return self._connection.execute(_sql("SELECT count(*) FROM", quoted(table.name), condition),
                                            values).fetchone()[0]

    def rows(self, table):
        """Every row as a tuple of stored values, in no order; geometry last."""
        names = table.column_names + ([GEOMETRY] if table.geometry else [])
        with self._plainly():
            yield from self._connection.execute(
                _sql("SELECT", ", ".join(quoted(name) for name in names), "FROM", quoted(table.name)))

    # Writing, between begin() and commit() or rollback()

    def begin(self):
        with self._plainly():
            self._connection.execute("BEGIN IMMEDIATE")

    def commit(self):
        with self._plainly():
            self._connection.execute("COMMIT")

    def rollback(self):
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def append(self, table, frame):
        """Write new rows."""
        names, rows, bounds = self._stored(table, frame)
        first = self._last_row(table) + 1
        with self._writing(table):
            self._connection.executemany(
                _sql("INSERT INTO", quoted(table.name), _list([_ROW, *names]), "VALUES", _marks([_ROW, *names])),
                zip(range(first, first + len(frame)), *rows))
            if bounds is not None:
                self._place(table, np.arange(first, first + len(frame)), bounds)

    def upsert(self, table, frame):
        """Add, change or leave each row, by the table's key; columns that the frame lacks are left as they are."""
        names, rows, bounds = self._stored(table, frame)
        self._check_keys(table, names, rows)
        others = [name for name in names if name not in table.key]
        stored = quoted(table.name)
        with self._writing(table):
            execute = self._connection.execute
            execute(_sql("CREATE TEMP TABLE incoming ( position INTEGER PRIMARY KEY, found INTEGER,",
                         ", ".join(quoted(name) for name in names), ")"))
            self._connection.executemany(
                _sql("INSERT INTO", _INCOMING, _list(["position", *names]), "VALUES", _marks(["position", *names])),
                zip(range(len(frame)), *rows))
            execute(_sql("UPDATE", _INCOMING, "SET found = ( SELECT", quoted(_ROW), "FROM", stored, "WHERE",
                         _all_of("IS", table.key, stored + ".", "incoming."), ")"))
            joined = _sql("FROM", _INCOMING, "WHERE", stored + "." + quoted(_ROW), "= incoming.found")
            moved = []
            if bounds is not None:
                moved = execute(_sql("SELECT position, found", joined.replace("WHERE", ", " + stored + " WHERE"), "AND",
                                     _all_of("IS NOT", [GEOMETRY], stored + ".", "incoming."))).fetchall()
            updated = 0
            if others:
                updated = execute(_sql(
                    "UPDATE", stored, "SET", ", ".join(quoted(name) + " = incoming." + quoted(name) for name in others),
                    joined, "AND (", _all_of("IS NOT", others, stored + ".", "incoming.", " OR "), ")")).rowcount
            first = self._last_row(table) + 1
            added = execute(
                _sql("INSERT INTO", stored, _list([_ROW, *names]), "SELECT ? + position,",
                     ", ".join(quoted(name) for name in names), "FROM", _INCOMING, "WHERE found IS NULL"),
                (first,)).rowcount
            if bounds is not None:
                new = execute(_sql("SELECT position, ? + position FROM", _INCOMING, "WHERE found IS NULL"), (first,))
                placed = np.array([*moved, *new.fetchall()], dtype=np.int64).reshape(-1, 2)
                self._place(table, placed[:, 1], bounds[placed[:, 0]])
            execute(_sql("DROP TABLE", _INCOMING))
        return Counts(added, updated, len(frame) - added - updated)

    def delete(self, table, where=None):
        """Remove rows; gives their number."""
        condition, values = _conditions(table, where)
        with self._writing(table):
            return self._connection.execute(_sql("DELETE FROM", quoted(table.name), condition), values).rowcount

    def reveal(self, table, key_values, value):
        """Give the reveal column of one row its value, once."""
        condition, values = _conditions(table, key_values)
        with self._writing(table):
            changed = self._connection.execute(
                _sql("UPDATE", quoted(table.name), "SET", quoted(table.reveal), "= ?", condition), [value, *values])
            if changed.rowcount != 1:
                raise ConnectError("There is no row of " + table.name + " to reveal " + table.reveal + " of.",
                                   str(changed.rowcount) + " rows")

    def _stored(self, table, frame):
        """(names, one list of stored values per name, bounds or None) of a frame."""
        names = [name for name in table.column_names if name in frame]
        extra = set(frame) - set(names) - {"x", "y", "geometry"}
        if extra:
            raise ValueError("No such columns in " + table.name + ": " + ", ".join(sorted(map(str, extra))))
        rows = [encode(table.column(name), frame[name].reset_index(drop=True)) for name in names]
        if table.geometry == "Point" and "x" in frame:
            blobs, bounds = point_blobs(frame["x"], frame["y"], self._srs[table.name])
        elif table.geometry and "geometry" in frame:
            blobs, bounds = polygon_blobs(frame["geometry"], self._srs[table.name], table.geometry == "MultiPolygon")
        else:
            return names, rows, None
        return [*names, GEOMETRY], [*rows, blobs], bounds

    def _check_keys(self, table, names, rows):
        missing = [name for name in table.key if name not in names]
        if missing:
            raise ValueError("The key of " + table.name + " needs " + ", ".join(missing))
        keys = pd.DataFrame({name: pd.Series(rows[names.index(name)], dtype=object) for name in table.key})
        twice = int(keys.duplicated().sum())
        if twice:
            raise ConnectError(str(twice) + " rows for " + table.name + " repeat the " + " and ".join(table.key)
                               + " of another; keep one of each.")

    def _last_row(self, table):
        return self._connection.execute(
            _sql("SELECT coalesce(max(", quoted(_ROW), "), 0) FROM", quoted(table.name))).fetchone()[0]

    @contextmanager
    def _writing(self, table):
        """Around every write: spatial triggers off, contents row fresh.

        The R-tree's triggers call functions that plain SQLite does not have; :meth:`_place` does their work in bulk,
        and the trigger for DELETE, which needs none, stays.
        """
        with self._plainly():
            triggers = []
            if table.geometry:
                triggers = self._connection.execute(
                    "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ? AND sql LIKE '%ST_%'",
                    (table.name,)).fetchall()
            for name, _ in triggers:
                self._connection.execute(_sql("DROP TRIGGER", quoted(name)))
            yield
            for _, statement in triggers:
                self._connection.execute(statement)
            self._connection.execute(
                "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), "
                "min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?", (*self._extent(table), table.name))

    def _place(self, table, rows, bounds):
        """Write rows' bounds into the R-tree; rows without geometry leave it."""
        tree = quoted("rtree_" + table.name + "_" + GEOMETRY)
        known = np.isfinite(bounds).all(axis=1)
        self._connection.executemany(_sql("DELETE FROM", tree, "WHERE id = ?"), ((row,) for row in rows[~known].tolist()))
        x_min, y_min, x_max, y_max = bounds[known].T.tolist() if known.any() else ([], [], [], [])
        self._connection.executemany(_sql("INSERT OR REPLACE INTO", tree, "VALUES (?, ?, ?, ?, ?)"),
                                     zip(rows[known].tolist(), x_min, x_max, y_min, y_max))

    def _extent(self, table):
        """(min_x, min_y, max_x, max_y) from the R-tree; all None without geometry."""
        if not table.geometry:
            return (None,) * 4
        return self._connection.execute(
            _sql("SELECT min(minx), min(miny), max(maxx), max(maxy) FROM",
                 quoted("rtree_" + table.name + "_" + GEOMETRY))).fetchone()

    @contextmanager
    def _plainly(self):
        """Turn SQLite's errors into sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise ConnectError(self._sentence(str(error)), repr(error)) from error

    def _sentence(self, message):
        name = self.path.name
        if "locked" in message or "busy" in message:
            return "Another program is writing " + name + "; wait until it has finished, then run this again."
        if "readonly" in message or "read-only" in message:
            return name + " cannot be written; allow writing to the file and its folder, then run this again."
        if "full" in message:
            return "The disk that holds " + name + " is full; make room, then run this again."
        if "can never be changed" in message:
            return message
        if "UNIQUE" in message or "NOT NULL" in message:
            return "A row does not fit the tables of " + name + ": " + message + "."
        return name + " cannot be read or is damaged (" + message + "); restore it from a copy."


def _check_file(path):
    """Raise one sentence unless ``path`` is a GeoPackage that can be read."""
    if not path.exists():
        raise ConnectError("There is no workspace " + str(path) + "; create it first, or check the path.")
    if path.is_dir():
        raise ConnectError(str(path) + " is a folder; name the workspace's .gpkg file in it.")
    if not os.access(path, os.R_OK):
        raise ConnectError(str(path) + " cannot be read; ask its owner for permission.")
    with open(path, "rb") as file:
        header = file.read(72)
    if header[:16] != _HEADER or header[68:72] != _APPLICATION:
        raise ConnectError(str(path) + " is not a GeoPackage; choose the .gpkg file of a workspace.")
