"""The tables of a workspace in one GeoPackage file.

GDAL makes the file and its layers, so that every program that reads GeoPackages finds what it expects; SQLite does all
reading and writing afterwards, every write inside one transaction. All SQL of the project is built here: identifiers
come from ``tables.py`` and pass through :func:`quoted`, values are always bound.
"""
import re
import sqlite3
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from osgeo import gdal, ogr, osr

from ...errors import ConnectError
from .columns import decode, encode, to_json
from .file_access import Opened
from .file_check import FileCheck
from .geometry import point_blobs, polygon_blobs, read_points, read_polygons
from .rtree import RTree
from .tables import TABLES

GEOMETRY = "geom"
_ROW = "fid"
_INCOMING = "temp.incoming"
WAIT_SECONDS = 10.0
_READ_ROWS = 50_000
_MANY_ROWS = 10_000
_SENTENCES = {
    "locked": "Another program is writing {file}; wait until it has finished, then run this again.",
    "readonly": "{file} cannot be written; allow writing to the file and its folder, then run this again.",
    "unable to open": "{file} cannot be written; allow writing to the file and its folder, then run this again.",
    "disk is full": "The disk that holds {file} is full; make room, then run this again.",
    "disk I/O error": "The disk of {file} takes or gives no data; make room on it or have it checked, then run this "
                      "again.",
    "can never be": "{message}",
}

_DESCRIBE = ("INSERT INTO gpkg_data_columns (table_name, column_name, description) VALUES (?, ?, ?) "
             "ON CONFLICT (table_name, column_name) DO UPDATE SET description = excluded.description")

_FIELD_TYPES = {
    "text": (ogr.OFTString, ogr.OFSTNone), "local": (ogr.OFTString, ogr.OFSTNone),
    "json": (ogr.OFTString, ogr.OFSTJSON), "integer": (ogr.OFTInteger64, ogr.OFSTNone),
    "boolean": (ogr.OFTInteger, ogr.OFSTBoolean), "real": (ogr.OFTReal, ogr.OFSTNone),
    "date": (ogr.OFTDate, ogr.OFSTNone), "utc": (ogr.OFTDateTime, ogr.OFSTNone),
}
_STORED_TYPES = {"text": "TEXT", "local": "TEXT", "json": "TEXT", "integer": "INTEGER", "boolean": "BOOLEAN",
                 "real": "REAL", "date": "DATE", "utc": "DATETIME"}
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


def create(path, crs, frames):
    """Make a GeoPackage at ``path`` with every table of ``tables.py`` in the coordinate system ``crs``.

    ``frames`` maps names of tables to their first rows.
    """
    system = osr.SpatialReference()
    system.SetFromUserInput(crs)
    _create_layers(path, system)
    with closing(sqlite3.connect(path)) as connection, connection:
        for table in TABLES.values():
            for statement in _rules(table):
                connection.execute(statement)
            connection.executemany(_DESCRIBE, [(table.name, column.name, column.help) for column in table.columns])
    with closing(GeoPackage(path)) as store:
        store.begin()
        for name, frame in frames.items():
            store.append(TABLES[name], frame)
        store.commit()


def _create_layers(path, system):
    try:
        source = ogr.GetDriverByName("GPKG").CreateDataSource(str(path), options=["ADD_GPKG_OGR_CONTENTS=NO"])
    except RuntimeError:  # with GDAL's exceptions on; without them it gives None
        source = None
    if source is None:
        raise OSError(gdal.GetLastErrorMsg())
    source.StartTransaction()
    for table in TABLES.values():
        layer = source.CreateLayer(table.name, system if table.geometry else None,
                                   _GEOMETRY_TYPES.get(table.geometry, ogr.wkbNone),
                                   ["GEOMETRY_NAME=" + GEOMETRY, "FID=" + _ROW, "DESCRIPTION=" + table.help])
        for column in table.columns:
            kind, detail = _FIELD_TYPES[column.type]
            definition = ogr.FieldDefn(column.name, kind)
            definition.SetSubType(detail)
            definition.SetNullable(not column.required)
            layer.CreateField(definition)
    source.CommitTransaction()
    # GDAL closes a file when the last reference to it is gone.
    layer = source = None


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
               "WHEN EXISTS (SELECT 1 FROM", quoted(table.name), "WHERE", same_key, "OR",
               _all_of("=", [_ROW], quoted(table.name) + ".", "NEW."), ")", refusal)
    allowed = []
    if table.reveal:
        others = [_ROW] + [name for name in table.column_names if name != table.reveal]
        allowed = ["WHEN NOT ( OLD." + quoted(table.reveal), "IS NULL AND", _all_of("IS", others, "OLD.", "NEW."), ")"]
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
        null = "OR " + name + " IS NULL" if None in values else ""
        # One bound value for any number of them: SQLite limits how many a statement may have.
        return _sql("(", name, "IN (SELECT value FROM json_each(?))", null, ")"), [to_json(values)]
    value, = encode(column, [wanted])
    return name + " IS ?", [value]


@dataclass
class _Touched:
    """What a transaction has yet to do for one table: statements to run, and changes of place in order."""

    statements: list
    placed: list = field(default_factory=list)

    def last_places(self):
        """(rows without place, rows with place, their bounds): each row once, as it was placed last."""
        rows = np.concatenate([rows for rows, _ in self.placed])
        bounds = np.concatenate([bounds for _, bounds in self.placed])
        rows, last = np.unique(rows[::-1], return_index=True)
        bounds = bounds[::-1][last]
        known = np.isfinite(bounds).all(axis=1)
        return rows[~known], rows[known], bounds[known]


class GeoPackage:
    """The tables in one file. One object serves one thread at a time.

    Parameters
    ----------
    path : str or pathlib.Path
        An existing GeoPackage.
    """

    def __init__(self, path):
        self.path = Path(path)
        with self._plainly():
            self._opened = Opened(self.path, WAIT_SECONDS)
            self._connection = self._opened.connection
            self._connection.execute("PRAGMA cache_size = -262144")
            self._connection.execute("PRAGMA trusted_schema = OFF")  # a file from somebody else runs nothing of theirs
            self._check_tables()
            self._srs = dict(self._connection.execute("SELECT table_name, srs_id FROM gpkg_geometry_columns"))
            self.table_names = {name for name, in self._connection.execute("SELECT table_name FROM gpkg_contents")}
            self._lacking = self._find_lacking()

    def close(self):
        self._opened.close()

    @property
    def read_only(self):
        """Whether this account can only read the file."""
        return self._opened.read_only

    # Reading

    def read(self, table, columns=None, where=None, order_by=None):
        """A data frame of some columns; see ``Workspace.read``."""
        wanted = [column.name for column in table.frame_columns] if columns is None else list(columns)
        plain = [name for name in wanted if name not in table.place_names]
        stored = self._selected(table, plain)
        if len(plain) < len(wanted):
            stored.append(quoted(GEOMETRY))
        order = [order_by] if isinstance(order_by, str) else list(order_by or [])
        condition, values = _conditions(table, where)
        statement = _sql("SELECT", ", ".join(stored), "FROM", quoted(table.name), condition, "ORDER BY",
                         ", ".join([quoted(table.column(name).name) for name in order] + [quoted(_ROW)]))
        parts = {name: [] for name in wanted}
        with self._plainly():
            cursor = self._connection.execute(statement, values)
            rows = cursor.fetchmany(_READ_ROWS)
            while rows or not parts[wanted[0]]:
                kept = list(zip(*rows)) or [()] * len(stored)
                for name, column in zip(plain, kept):
                    parts[name].append(_decoded(table, name, column))
                if len(plain) < len(wanted):
                    place = _read_place(table, kept[-1])
                    for name in set(wanted) - set(plain):
                        parts[name].append(place[name])
                rows = cursor.fetchmany(_READ_ROWS)
        return pd.DataFrame({name: pd.concat(parts[name], ignore_index=True) for name in wanted})

    def count(self, table, where=None):
        """How many rows meet a condition."""
        condition, values = _conditions(table, where)
        with self._plainly():
            return self._connection.execute(_sql("SELECT count(*) FROM", quoted(table.name), condition),
                                            values).fetchone()[0]

    def stamp(self, table):
        """Text that changes with every write to a table, also one of another program."""
        with self._plainly():
            changed = self._connection.execute("SELECT last_change FROM gpkg_contents WHERE table_name = ?",
                                               (table.name,)).fetchone()[0]
        return str(changed) + " " + str(self.count(table))

    def distinct(self, table, column, where=None):
        """Different values of a column, in order."""
        column = table.column(column)
        condition, values = _conditions(table, where)
        with self._plainly():
            found = self._connection.execute(_sql("SELECT DISTINCT", *self._selected(table, [column.name]), "FROM",
                                                  quoted(table.name), condition, "ORDER BY", quoted(column.name)),
                                             values).fetchall()
        return _decoded(table, column.name, [value for value, in found]).tolist()

    def totals(self, table, amount, by, where=None):
        """Sums of a column by the values of another one; see ``Workspace.totals``."""
        by, amount = table.column(by), table.column(amount)
        condition, values = _conditions(table, where)
        with self._plainly():
            found = self._connection.execute(
                _sql("SELECT", quoted(by.name), ", total(", quoted(amount.name), ") FROM", quoted(table.name),
                     condition, "GROUP BY", quoted(by.name)), values).fetchall()
        keys, sums = zip(*found) if found else ((), ())
        return pd.DataFrame({by.name: _decoded(table, by.name, keys), amount.name: np.array(sums, dtype=float)})

    def rows(self, table):
        """Every row as a tuple of stored values, in no order; geometry last."""
        names = table.column_names + ([GEOMETRY] if table.geometry else [])
        with self._plainly():
            yield from self._connection.execute(
                _sql("SELECT", ", ".join(self._selected(table, names)), "FROM", quoted(table.name)))

    def _selected(self, table, names):
        """Columns to select; NULL for those that a file made by an earlier version lacks."""
        lacking = [column.name for column in self._lacking.get(table.name, [])]
        return [_sql("NULL AS", quoted(name)) if name in lacking else quoted(name) for name in names]

    def _check_tables(self):
        """Raise one sentence where a view or a virtual table stands in the place of one of our tables."""
        kinds = self._connection.execute("SELECT name, type, coalesce(sql, '') FROM sqlite_master").fetchall()
        for name, kind, made in kinds:
            if name.lower() in TABLES and kind != "trigger" and not made.lower().startswith("create table"):
                raise ConnectError("{} is not a workspace as it was made: its table {} is a {}. Restore it from a copy."
                                   .format(self.path.name, name, "view" if kind == "view" else "virtual table"))

    def _find_lacking(self):
        """Table -> columns that may be empty and that the file does not have yet."""
        lacking = {}
        for table in TABLES.values():
            present = self._present(table)
            missing = [column for column in table.columns if column.name not in present and not column.required]
            if present and missing:
                lacking[table.name] = missing
        return lacking

    def _present(self, table):
        return {name for name, in self._connection.execute("SELECT name FROM pragma_table_info(?)", (table.name,))}

    def _add_lacking(self):
        """Give a file made by an earlier version the columns that have come since."""
        for name, columns in self._lacking.items():
            for column in columns:
                self._connection.execute(_sql("ALTER TABLE", quoted(name), "ADD COLUMN", quoted(column.name),
                                              _STORED_TYPES[column.type]))
                self._connection.execute(_DESCRIBE, (name, column.name, column.help))
        self._lacking = {}

    def faults(self):
        """Sentences about a damaged file, what is missing, what is foreign, what was removed; empty if none."""
        with self._plainly():
            rules = {table.name: list(_rules(table)) for table in TABLES.values()}
            return FileCheck(self._connection, TABLES, rules, self._lacking, quoted).faults()

    # Writing, between begin() and commit() or rollback()

    def begin(self, for_good=False):
        """Begin a transaction; ``for_good`` also writes zeros over what it removes."""
        if self._connection.in_transaction:
            raise RuntimeError("one transaction at a time")
        if self.read_only:
            raise ConnectError(_SENTENCES["readonly"].format(file=self.path.name))
        self._touched, self._failed = {}, False
        with self._plainly():
            self._connection.execute("PRAGMA secure_delete = " + ("ON" if for_good else "OFF"))
            self._connection.execute("BEGIN IMMEDIATE")
            # Somebody else may have added them since the file was opened.
            self._lacked = self._lacking = self._find_lacking() if self._lacking else {}
            self._add_lacking()

    def commit(self):
        if self._failed:
            raise RuntimeError("a write of this transaction has failed: it can only be rolled back")
        with self._plainly():
            for name, touched in self._touched.items():
                self._finish(TABLES[name], touched)
            self._connection.execute("COMMIT")

    def compact(self):
        """Give back the room of rows that were removed, so that nothing of them stays in the file."""
        with self._plainly():
            self._connection.execute("VACUUM")
            # In the mode with a write-ahead log the old pages are in the file, and the new ones in the log, until here.
            busy, *_ = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        if busy:
            raise ConnectError("Another program has " + self.path.name + " open, so what was removed is still in it; "
                               "close it there, then run this again.")

    def rollback(self):
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
            self._lacking = self._lacked

    def append(self, table, frame):
        """Write new rows."""
        self._insert(table, *self._stored(table, frame))

    def upsert(self, table, frame):
        """Add, change or leave each row, by the table's key; columns that the frame lacks are left as they are."""
        names, rows, bounds = self._stored(table, frame)
        _check_keys(table, names, rows)
        if not self.count(table):
            self._insert(table, names, rows, bounds)
            return Counts(len(frame), 0, 0)
        stored, execute = quoted(table.name), self._connection.execute
        given = ", ".join(quoted(name) for name in names)
        others = [name for name in names if name not in table.key]
        changes = _all_of("IS NOT", others, stored + ".", "incoming.", " OR ") or "0"
        with self._writing(table, len(frame)):
            first = self._last_row(table) + 1
            execute(_sql("CREATE TEMP TABLE incoming ( _position INTEGER PRIMARY KEY, _row INTEGER,", given, ")"))
            self._connection.executemany(
                _sql("INSERT INTO temp.incoming", _list(["_position", *names]), "VALUES", _marks(["", *names])),
                zip(range(len(frame)), *rows))
            execute(_sql("UPDATE temp.incoming SET _row = ( SELECT", quoted(_ROW), "FROM", stored, "WHERE",
                         _all_of("IS", table.key, stored + ".", "incoming."), ")"))
            found = stored + "." + quoted(_ROW) + " = incoming._row"
            placed = []
            if bounds is not None:
                placed = execute(_sql(
                    "SELECT _position, _row FROM temp.incoming JOIN", stored, "ON", found, "WHERE",
                    _all_of("IS NOT", [GEOMETRY], stored + ".", "incoming."),
                    "UNION ALL SELECT _position, ? + _position FROM temp.incoming WHERE _row IS NULL"),
                    (first,)).fetchall()
            updated = execute(_sql(
                "UPDATE", stored, "SET", ", ".join(quoted(name) + " = incoming." + quoted(name) for name in names),
                "FROM temp.incoming WHERE", found, "AND (", changes, ")")).rowcount
            added = execute(_sql("INSERT INTO", stored, _list([_ROW, *names]), "SELECT ? + _position,", given,
                                 "FROM temp.incoming WHERE _row IS NULL"), (first,)).rowcount
            execute("DROP TABLE temp.incoming")
            if placed:
                positions, row_ids = np.array(placed, dtype=np.int64).T
                self._place(table, row_ids, bounds[positions])
        return Counts(added, updated, len(frame) - added - updated)

    def delete(self, table, where=None):
        """Remove rows; gives their number."""
        condition, values = _conditions(table, where)
        execute = self._connection.execute
        with self._writing(table):
            if table.geometry:
                gone = np.array(execute(_sql("SELECT", quoted(_ROW), "FROM", quoted(table.name), condition),
                                        values).fetchall(), dtype=np.int64).reshape(-1)
                self._place(table, gone, np.full((len(gone), 4), np.nan))
            return execute(_sql("DELETE FROM", quoted(table.name), condition), values).rowcount

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
        place = table.place_names
        extra = set(frame) - set(names) - set(place)
        if extra:
            raise ValueError("No such columns in " + table.name + ": " + ", ".join(sorted(map(str, extra))))
        rows = [encode(table.column(name), frame[name].reset_index(drop=True)) for name in names]
        if not place or place[0] not in frame:
            return names, rows, None
        if table.geometry == "Point":
            blobs, bounds = point_blobs(frame["x"], frame["y"], self._srs[table.name])
        else:
            blobs, bounds = polygon_blobs(frame["geometry"], self._srs[table.name], table.geometry == "MultiPolygon")
        return [*names, GEOMETRY], [*rows, blobs], bounds

    def _insert(self, table, names, rows, bounds):
        count = len(rows[0]) if rows else 0
        first = self._last_row(table) + 1
        with self._writing(table, count):
            key = self._away(table, "key") if self._is_bulk(table, count) else []
            self._connection.executemany(
                _sql("INSERT INTO", quoted(table.name), _list([_ROW, *names]), "VALUES", _marks(["", *names])),
                zip(range(first, first + count), *rows))
            for statement in key:
                self._connection.execute(statement)
            if bounds is not None:
                self._place(table, np.arange(first, first + count), bounds)

    def _last_row(self, table):
        return self._connection.execute(
            _sql("SELECT coalesce(max(", quoted(_ROW), "), 0) FROM", quoted(table.name))).fetchone()[0]

    @contextmanager
    def _writing(self, table, new_rows=0):
        """Around every write. What costs time per row is put off to :meth:`_finish`, once per transaction.

        The R-tree's triggers call functions that plain SQLite does not have, so they are away from the first write to
        the commit, and :class:`RTree` does their work in bulk. To sort an index once is several times faster than to
        keep it in order for each of many rows.
        """
        with self._plainly():
            touched = self._touched.get(table.name)
            if touched is None:
                touched = self._touched[table.name] = _Touched(self._away(table, "trigger"))
            if self._is_bulk(table, new_rows):
                touched.statements.extend(self._away(table, "index"))
            try:
                yield
            except BaseException:
                self._failed = True
                raise

    def _is_bulk(self, table, new_rows):
        # The triggers of append-only tables need their index for every row.
        return new_rows >= _MANY_ROWS and not table.append_only and new_rows >= self.count(table)

    def _away(self, table, kind):
        """Drop the spatial triggers, the key's index or the other indexes; gives statements that bring them back."""
        pattern = {"trigger": "rtree%", "key": table.name + "_key", "index": table.name + "_index%"}[kind]
        found = self._connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE type = ? AND tbl_name = ? AND name LIKE ?",
            ("trigger" if kind == "trigger" else "index", table.name, pattern)).fetchall()
        for what, name, _ in found:
            self._connection.execute(_sql("DROP", what, quoted(name)))
        return [statement for _, _, statement in found]

    def _place(self, table, rows, bounds):
        """Remember rows that are new, have moved or, with bounds NaN, have no place any more, for the R-tree."""
        self._touched[table.name].placed.append((rows, bounds))

    def _finish(self, table, touched):
        """Bring the R-tree, indexes, triggers and the contents row of a table up to date before the commit."""
        extent = (None,) * 4
        if table.geometry:
            tree = RTree(self._connection, "rtree_" + table.name + "_" + GEOMETRY, quoted)
            if touched.placed:
                tree.change(*touched.last_places(), self.count(table))
            extent = tree.extent()
        for statement in touched.statements:
            self._connection.execute(statement)
        self._connection.execute(
            "UPDATE gpkg_contents SET last_change = strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), "
            "min_x = ?, min_y = ?, max_x = ?, max_y = ? WHERE table_name = ?", (*extent, table.name))

    @contextmanager
    def _plainly(self):
        """Turn SQLite's errors into sentences."""
        try:
            yield
        except sqlite3.Error as error:
            raise ConnectError(_sentence(str(error), self.path.name), repr(error)) from error


def _decoded(table, name, values):
    """A column from what is stored; one sentence where somebody put there what this plugin never writes."""
    try:
        return decode(table.column(name), values)
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise ConnectError("Table " + table.name + " holds values in " + name + " that this plugin never writes; run "
                           "Check workspace, which names their rows.", repr(error)) from error


def _read_place(table, blobs):
    """The columns of a frame that hold a table's geometry, from its blobs."""
    if table.geometry == "Point":
        return {name: pd.Series(values) for name, values in zip(("x", "y"), read_points(blobs))}
    return {"geometry": pd.Series(read_polygons(blobs))}


def _check_keys(table, names, rows):
    missing = [name for name in table.key if name not in names]
    if missing:
        raise ValueError("The key of " + table.name + " needs " + ", ".join(missing))
    keys = pd.DataFrame({name: pd.Series(rows[names.index(name)], dtype=object) for name in table.key})
    twice = int(keys.duplicated().sum())
    if twice:
        raise ConnectError(str(twice) + " rows for " + table.name + " repeat the " + " and ".join(table.key)
                           + " of another; keep one of each.")


def _sentence(message, file_name):
    """What an error of SQLite means for the user."""
    broken = re.match(r"(UNIQUE|NOT NULL) constraint failed: (.*)", message)
    if broken:
        columns = " and ".join(part.split(".")[-1] for part in broken[2].split(", "))
        table = broken[2].split(".")[0]
        if broken[1] == "UNIQUE":
            return "A row with the same " + columns + " is in " + table + " already; nothing was written."
        return "A row for " + table + " has no " + columns + "; nothing was written."
    for sign, sentence in _SENTENCES.items():
        if sign in message:
            return sentence.format(file=file_name, message=message)
    return file_name + " cannot be read or is damaged (" + message + "); restore it from a copy."
